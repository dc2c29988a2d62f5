# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What in sshd's configuration ends sshd before anybody can connect.

Pure: settings in, faults out.

PRIVATE: module_utils of this collection are not an interface.
Source: process_server_config_line of servconf.c; sshd ends with the first of them, and a connection by a socket likewise.
"""

import collections
import ipaddress
import re

from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_keywords as keywords
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import SOME, effective_of, seconds

#: One line that sshd ends with. cause: str, for a person.
SshdFault = collections.namedtuple("SshdFault", "path line text cause")

#: How the first word of some settings looks.
_SHAPES = {
    "setenv": re.compile(r"[^=]+="),
    "streamlocalbindmask": re.compile(r"0?[0-7]{1,3}\Z"),
    "rekeylimit": re.compile(r"(?:default|0|1[6-9]|[2-9][0-9]|[0-9]{3,12}|[0-9]{1,12}[kKmMgG])\Z"),
    "persourcemaxstartups": re.compile(r"(?:none|[0-9]{1,9})\Z"),
    "fingerprinthash": re.compile(r"(?:md5|sha1|sha256|sha384|sha512)\Z", re.IGNORECASE),
    "ipqos": re.compile(r"(?:none|af[1-4][1-3]|cs[0-7]|ef|le|lowdelay|throughput|reliability|0x[0-9a-f]+|[0-9]+)\Z", re.IGNORECASE),
}
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
#: A keyword that every sshd has, and bytes around it in which the others are.
_TYPICAL, _NEAR = b"clientaliveinterval\0", 16384


def faults(settings, program=b""):
    """Return the faults ([SshdFault]) in settings ([sshd_config.SshdSetting]).

    program: bytes of the guest's sshd, which has all keywords and algorithms that it knows as text; of a build that is not known here it decides
    alone. b"" where it could not be read.
    """
    knows = program if _TYPICAL in program else b""
    found, subsystems, once = [], set(), _takes_a_subsystem_once(program)
    for setting in settings:
        cause = _cause(setting, knows)
        if setting.keyword == "subsystem" and setting.value.split():
            name = setting.value.split()[0]
            cause = cause or ("this sshd takes each subsystem once" if once and name in subsystems else None)
            subsystems.add(name)
        if cause:
            found.append(SshdFault(setting.path, setting.line, f"{setting.keyword} {setting.value}".strip(), cause))
    for command in ("AuthorizedKeysCommand", "AuthorizedPrincipalsCommand"):
        value, path, line = effective_of(settings, command, "none")
        if value.lower() != "none" and effective_of(settings, f"{command}User")[0] is None:
            found.append(SshdFault(path, line, f"{command.lower()} {value}", f"{command}User is not set"))
    return found


def _takes_a_subsystem_once(program):
    """Return whether this sshd ends with a subsystem that is set twice, as those before 9.5 do; False for a program that does not say its version."""
    match = re.search(rb"OpenSSH_([0-9]+)\.([0-9]+)", program)
    return match is not None and (int(match.group(1)), int(match.group(2))) < (9, 5)


def _knows(program, keyword):
    """Return whether sshd has a keyword (str): one of OpenSSH's stands anywhere in it, another near them, for functions of the C library have names, too."""
    name = keyword.encode("ascii", "replace") + b"\0"
    if not program or keyword in keywords.ALL:
        return name in program if program else keyword in keywords.ALL
    start = program.index(_TYPICAL)
    return name in program[max(start - _NEAR, 0) : start + _NEAR]


def _cause(setting, program):
    keyword, words = setting.keyword, setting.value.split()
    if not keyword:
        return "it has no value" if len(words) == 1 and words[0].lower() in keywords.ALL else "it is no line of sshd"
    if not _knows(program, keyword):
        return "this sshd knows no such keyword"
    if not words:
        return "it has no value"
    if any(word.startswith('"') for word in words):  # those that are closed are resolved
        return "its quotation mark is not closed"
    if keyword == "match":
        return _cause_of_match(words, program)
    if setting.scope == SOME and keyword in keywords.GLOBAL_ONLY:
        return "it may not stand behind Match"
    return _cause_of_value(keyword, words, program)


def _cause_of_value(keyword, words, program):
    """Return what is wrong with the words ([str]) of a keyword (str) that sshd knows, None when nothing is."""
    choices = keywords.CHOICES.get(keyword)
    if choices is not None and words[0].lower() not in choices:
        return f"it takes {', '.join(sorted(choices - {'true', 'false'}))}"
    if keyword == "port" and not _is_port(words[0]):
        return "there is no such port"
    if keyword in keywords.NUMBERS - {"port"} and not _NUMBER.match(words[0]):
        return "it takes a number"
    if keyword in keywords.TIMES and seconds(words[0]) is None:
        return "it takes a time, such as 180 or 3m"
    if len(words) > 1 and (choices is not None or keyword in keywords.NUMBERS | keywords.TIMES):
        return "more stands behind its value"
    if keyword == "subsystem" and len(words) < 2:
        return "it takes a name and a command"
    if keyword in _SHAPES and not _SHAPES[keyword].match(words[0]):
        return "it is no such value"
    if keyword == "rdomain":
        return "no sshd of Linux takes it"
    if keyword == "listenaddress" and "rdomain" in words[1:-1]:
        return f"there is no VRF {words[-1]!r} when sshd starts"
    if keyword in _WORDS and not all(map(_WORDS[keyword], words)):
        return "it takes no such words"
    if keyword == "rekeylimit" and words[1:] and words[1] != "none" and seconds(words[1]) is None:
        return "its second word is no time"
    if keyword == "authenticationmethods":
        return _cause_of_methods(words)
    if keyword in ("allowusers", "denyusers"):
        return next((cause for word in words for cause in [_cause_of_addresses(word.rpartition("@")[2])] if cause), None)
    if keyword == "listenaddress" and re.match(r"(?:[^:]*|\[.*\]):[0-9]+\Z", words[0]) and not _is_port(words[0].rpartition(":")[2]):
        return "there is no such port"
    if keyword == "maxstartups":
        return _cause_of_startups(words[0])
    if keyword in keywords.ALGORITHMS and program:
        return _cause_of_algorithms(words[0], program)
    return None


def _is_port(value):
    return value.lower() in keywords.NAMED_PORTS or bool(_NUMBER.match(value)) and 0 < int(value) < 65536


def _is_forwarded(word):
    return word in ("any", "none") or word.rpartition(":")[2] in ("*", "0") or _is_port(word.rpartition(":")[2])


def _is_block_size(word):
    sizes = word.split(":")
    return len(sizes) < 3 and all(_NUMBER.match(size) and int(size) <= most for size, most in zip(sizes, (32, 128)))


#: What each word of some settings has to be.
_WORDS = {
    "acceptenv": lambda word: "=" not in word,
    "channeltimeout": lambda word: word == "none" or seconds(word.rpartition("=")[2]) is not None,
    "permitlisten": _is_forwarded,
    "permitopen": _is_forwarded,
    "persourcenetblocksize": _is_block_size,
    "pubkeyauthoptions": lambda word: word in ("none", "touch-required", "verify-required"),
}


def _cause_of_methods(words):
    """Return the cause when a list of AuthenticationMethods has what sshd does not know; a part behind a colon names what keyboard-interactive asks."""
    if "any" in words and len(words) > 1:
        return "any stands alone"
    names = [name.partition(":")[0] for word in words if word != "any" for name in word.split(",")]
    unknown = [name for name in names if name not in keywords.METHODS]
    return f"this sshd knows no {unknown[0]!r}" if unknown else None


def _cause_of_addresses(value):
    """Return the cause when a list of networks has one whose address is none of a network; what is no address is a pattern of names."""
    for item in value.split(","):
        address, slash, _length = item.lstrip("!").partition("/")
        try:
            network = slash and ipaddress.ip_address(address) and ipaddress.ip_network(item.lstrip("!"), strict=False)
        except ValueError:
            continue
        if network and str(network.network_address) != str(ipaddress.ip_address(address)):
            return f"{item} has bits behind its length"
    return None


def _cause_of_startups(value):
    if not re.match(r"[0-9]{1,9}(:[0-9]{1,9}:[0-9]{1,9})?\Z", value):
        return "it takes a number, or three with colons between"
    first, *more = map(int, value.split(":"))
    if more and not (first <= more[1] and 1 <= more[0] <= 100):
        return "the first number is above the third, or the share is none from 1 to 100"
    return None if first else "no connection may begin"


def _cause_of_match(words, program):
    position = 0
    if len(words) > 1 and "all" in [word.lower() for word in words[::2]]:
        return "Match all stands alone"
    while position < len(words):
        name, equals, value = words[position].partition("=")
        if program and name.lower().encode("ascii", "replace") not in program:
            return f"this sshd knows no Match {name}"
        if name.lower() in keywords.MATCH_ALONE:
            position += 1
        elif name.lower() in keywords.MATCH_WITH_VALUE:
            position += 1 if equals and value else 2
            if position > len(words):
                return f"Match {name} has no value"
            value = value if equals and value else words[position - 1]
            cause = _cause_of_addresses(value) if name.lower() in ("address", "localaddress") else None
            if name.lower() == "localport" and not all(_is_port(port.lstrip("!")) for port in value.split(",")):
                cause = "there is no such port"
            if cause:
                return f"Match {name}: {cause}"
        else:
            return f"Match knows no {name!r}"
    return None


def _cause_of_algorithms(value, program):
    """Return the cause when a name is in no table of the program; those that are taken away (``-``) and patterns may be any."""
    if value.startswith("-"):
        return None
    for name in value.lstrip("+^").split(","):
        if name == "none":
            return "none is no algorithm that may be asked for"
        if name and not any(sign in name for sign in "*?!") and name.encode("ascii", "replace") + b"\0" not in program:
            return f"this sshd knows no {name!r}"
    return None
