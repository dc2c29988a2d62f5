# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule asks of a packet beside its addresses and ports, and whether that is ever, or always, so on Azure: who sends it, its mark, flags, length, time.

Source: iptables-extensions(8), nft(8).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

#: The address from which Azure's network hands every packet to a card. Source: Microsoft: virtual network FAQ; `ip neigh` of any machine there.
GATEWAY = "12:34:56:78:9a:bc"
#: A day that is over when an image is uploaded, whenever that is.
PAST = "2026-01-01"
#: With what a server of SSH begins. Source: RFC 4253, 4.2.
GREETING = "SSH-2.0-OpenSSH"
#: Bytes of a packet that opens a connection, with its options, and of the largest one that Ethernet carries.
_OPENING, _LARGEST = (40, 100), 1500
#: Flags of what opens a connection, and of what belongs to one that is open.
_FLAGS = {"new": [{"syn"}], "established": [{"ack"}, {"ack", "psh"}, {"syn", "ack"}]}
_ALL_FLAGS = {"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"}
EQUAL, ANY = "equal", "any"


def by_flags(how, mask, *values):
    """Return the values ([str]) of a condition on flags.

    how: EQUAL, those of the mask ({str}) are one of the values ({str} each), or ANY, at least one of the mask is there.
    """
    return [how, " ".join(sorted(mask))] + [" ".join(sorted(value)) for value in values]


def flags(text):
    """Return the flags ({str}) of a text, ``SYN,ACK`` or ``(syn | ack)``, None where a word is no flag."""
    words = [word for word in re.split(r"[\s,|()]+", text.lower()) if word and word not in ("none", "0", "0x0")]
    named = _ALL_FLAGS if words == ["all"] else set(words)
    return named if named <= _ALL_FLAGS else None


def is_past(moment):
    """Return whether a moment (str, ``2020-01-01T10:00``) is over for certain."""
    return re.match(r"\d{4}-\d\d(?:-\d\d)?", moment) is not None and moment[:10] < PAST


def _is_unmarked(values, _packet):
    """Return whether what nobody marked fits one of the marks, ``0x77`` or ``0x0/0xff``."""
    try:
        return any(int(value.partition("/")[0], 0) == 0 for value in values)
    except ValueError:
        return None


def _is_as_long(values, packet):
    """Return whether a packet has one of the lengths, ``60`` or ``0:65535``."""
    verdicts = []
    for value in values:
        first, colon, last = value.partition(":")
        numbers = (first or "0", (last or "65535") if colon else first)
        if not all(number.isdigit() for number in numbers):
            return None
        least, most = (int(number) for number in numbers)
        if packet.state == "new":
            verdicts.append(True if least <= _OPENING[0] and most >= _OPENING[1] else False if most < _OPENING[0] or least > _OPENING[1] else None)
        else:
            verdicts.append(True if least <= _OPENING[0] and most >= _LARGEST else None)
    return True if True in verdicts else None if None in verdicts else False


def _has_flags(values, packet):
    how, mask, wanted = values[0], set(values[1].split()), [set(value.split()) for value in values[2:]]
    verdicts = {bool(has & mask) if how == ANY else has & mask in wanted for has in _FLAGS[packet.state]}
    return verdicts.pop() if len(verdicts) == 1 else None


def _is_answer(_values, packet):
    """Return whether a packet is of what the server answers to who logs in."""
    return packet.hook == "output" and packet.state == "established"


#: {key of a Condition: (values, packets.Packet) -> whether it fits, None when that cannot be told}.
FITTING = {
    "never": lambda values, packet: False,
    "always": lambda values, packet: True,
    "mac": lambda values, packet: packet.hook == "input" and GATEWAY in [value.lower() for value in values],
    "cast": lambda values, packet: bool({"unicast", "host"} & set(values)),
    "mark": _is_unmarked,
    "length": _is_as_long,
    "flags": _has_flags,
    "answer": _is_answer,
    # each connection begins with it, and not each packet has it
    "greeting": lambda values, packet: True if _is_answer(values, packet) and values[0] in GREETING else None,
}
