# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifupdown: /etc/network/interfaces of Debian and Alpine.

Every Ethernet stanza becomes plain DHCP, started when its card appears: on Azure the first card is eth0, and a card
that is not there must not hold up the boot. The loopback, comments, and bridges and VLANs of no such card stay as they are.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch

from ansible_collections.imagewright.azure.plugins.module_utils.network import ifupdown_before, ifupdown_faults, ifupdown_stanzas
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import Change, is_ethernet, remove
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIRST, FIXED, NOT_STARTED, NOTHING, CardAnswer
from ansible_collections.imagewright.azure.plugins.module_utils.network.ifupdown_stanzas import PATH, STANZA, files, logical_lines
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import order
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

_EMPTY = "# The loopback network interface\nauto lo\niface lo inet loopback\n"
_STARTING = ("auto", "allow-auto", "allow-hotplug")


def has_ethernet(tree):
    """Return whether a file configures an Ethernet card."""
    return any(is_ethernet(stanza.card) for stanza in stanzas(tree))


def stanzas(tree):
    """Return the iface stanzas ([ifupdown_stanzas.CardStanza]) of all files."""
    return [stanza for path, text in ifupdown_faults.texts(tree).items() for stanza in ifupdown_stanzas.stanzas(path, text)]


def mentions(tree, card):
    """Return the Places of the stanzas of a card (first_card.Card)."""
    return [stanza.place for stanza in stanzas(tree) if is_of(stanza, card)]


def answer(tree, card=FIRST):
    """Return the CardAnswer of ifupdown for a card: all its stanzas are applied, where a line starts it."""
    wrong = ifupdown_faults.fault(tree)
    if wrong is not None:
        return CardAnswer(NOTHING, [wrong])
    own = [stanza for stanza in stanzas(tree) if is_of(stanza, card) and stanza.family == "inet"]
    asking = [stanza.place for stanza in own if stanza.method == "dhcp"]
    if not own:
        return CardAnswer(NOTHING, [stanza.place for stanza in stanzas(tree) if is_ethernet(stanza.card)])
    if not any(starts(text, card.name) for text in ifupdown_faults.texts(tree).values()):
        return CardAnswer(NOT_STARTED, [stanza.place for stanza in own])
    left_out = ifupdown_before.not_set_up(tree, card.name)
    if left_out is not None:
        return CardAnswer(NOT_STARTED, [left_out])
    failing = [stanza.place for stanza in own if any(ifupdown_before.fails(tree, words) for words in stanza.options)]
    if failing:
        return CardAnswer(NOT_STARTED, [failing[0]._replace(text=f"{failing[0].text}: a command before it is not there, or fails")])
    if asking:
        return CardAnswer(DHCP, asking)
    return CardAnswer(FIXED if any(stanza.method == "static" for stanza in own) else NOTHING, [stanza.place for stanza in own])


def masters(tree):
    """Return the Masters of the files."""
    return ifupdown_stanzas.masters(stanzas(tree))


def starts(text, card=FIRST.name):
    """Return whether a line of the text starts the card when it appears, or at boot."""
    return any(
        fnmatch.fnmatchcase(card, name.strip("/").split("/")[0])
        for _raw, words in logical_lines(text)
        if words[:1] and words[0] in _STARTING
        for name in words[1:]
    )


def plan(tree, settings):
    """Return the Changes that make the first card ask for its address by DHCP.

    settings.masters: [Master], those that are to go.
    """
    gone = order(settings.masters)
    kept = {member for master in masters(tree) if master.name not in gone for member in master.members}
    texts = {path: text_of(tree, path) for path in files(tree)}
    after = {path: _with_dhcp(text, gone, kept) for path, text in texts.items()}
    changes = []
    for path, text in texts.items():
        if path != PATH and text != after[path] and not after[path].strip():
            changes.append(remove(tree, path, "described a card of this machine alone"))
        elif path != PATH and text != after[path]:
            changes.append(Change(path, text, after[path], 0o644, "DHCP instead of an address of this machine"))
    main, lines = after.get(PATH, _EMPTY), []
    if not any(starts(text) for text in after.values()):
        lines.append(f"allow-hotplug {FIRST.name}\n")
    if FIRST.name not in {stanza.card for path, text in after.items() for stanza in ifupdown_stanzas.stanzas(path, text)}:
        lines.append(f"iface {FIRST.name} inet dhcp\n")
    if lines:
        main = main.rstrip("\n") + "\n\n# The first card of an Azure machine\n" + "".join(lines)
    changes.append(Change(PATH, texts.get(PATH), main, 0o644, f"DHCP on {FIRST.name}"))
    first = {
        path: min([gone.get(stanza.card, len(gone)) for stanza in ifupdown_stanzas.stanzas(path, text)], default=len(gone)) for path, text in texts.items()
    }
    return sorted(changes, key=lambda change: first.get(change.path, 0))


def is_of(stanza, card):
    """Return whether a stanza is of the card; ``iface eth0=office`` and ``/eth*`` are forms of it."""
    return fnmatch.fnmatchcase(card.name, stanza.card.partition("=")[2] or stanza.card.strip("/"))


def _with_dhcp(text, gone, kept):
    """Return text with every Ethernet stanza as DHCP on IPv4, without options, started by hotplug.

    gone: {name: int}, masters whose stanzas go; kept: {str}, names of cards that are parts of others and stay as they are.
    """
    lines, inside, seen = [], False, set()
    for raw, words in logical_lines(text):
        if words and STANZA.match(words[0]):
            inside = False
            if words[0] == "iface" and len(words) > 1 and words[1] not in kept:
                further_address = ":" in words[1] and is_ethernet(words[1].partition(":")[0])
                inside = is_ethernet(words[1]) or words[1] in gone or further_address
                if inside:
                    raw = "" if words[1] in seen or words[1] in gone or further_address else _dhcp_line(raw, words)
                    seen.add(words[1])
            elif words[0] in _STARTING:
                raw = _hotplugged(raw, words, gone, kept)
        elif inside and words:
            continue  # an option of the stanza: address, hwaddress, dns-nameservers, up ...
        lines.append(raw)
    return "".join(lines)


def _dhcp_line(raw, words):
    wanted = ["iface", words[1], "inet", "dhcp"]
    return raw if words == wanted else " ".join(wanted) + "\n"


def _hotplugged(raw, words, gone, kept):
    """Return a line that starts cards without those that are gone, and with its Ethernet cards moved from auto to an allow-hotplug line."""
    names = [name for name in words[1:] if name not in gone and not (":" in name and is_ethernet(name.partition(":")[0]))]
    cards = [name for name in names if words[0] == "auto" and is_ethernet(name) and name not in kept]
    if names == words[1:] and not cards:
        return raw
    others = [name for name in names if name not in cards]
    return (f"{words[0]} {' '.join(others)}\n" if others else "") + (f"allow-hotplug {' '.join(cards)}\n" if cards else "")
