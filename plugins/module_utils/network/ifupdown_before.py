# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps ifup from setting a card up: a command or script before it that fails, a setting of its service.

Source: interfaces(5); ifup(8), --read-environment; networking.service, ifup@.service and ifupdown-hotplug of Debian; run-parts(8). Tried with ifupdown 0.8.41:
a script of if-pre-up.d that fails stops all cards.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import posixpath
import re
import shlex
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.ifupdown_stanzas import files, logical_lines
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

_DEFAULTS = "/etc/default/networking"
_SCRIPTS = "/etc/network/if-pre-up.d/*"
_RUN_PARTS = re.compile(r"[A-Za-z0-9_-]+$")
_ASSIGNED = re.compile(r"\s*(CONFIGURE_INTERFACES|EXCLUDE_INTERFACES)=(.*)$")
_SHELLS = ("sh", "bash", "dash", "ash")
#: What a shell has itself, or what is the beginning of more than one command.
_OF_THE_SHELL = (
    *("[", "test", "true", "false", "echo", "printf", "cd", "exit", "set", "export", "unset", ".", ":", "eval", "exec", "command", "sleep", "ulimit", "umask"),
    *("if", "for", "while", "case", "until", "{", "(", "!", "trap", "read", "shift", "return", "local", "type", "wait", "kill", "env", "nohup", "sudo"),
)
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_NOT_OF_THE_DISK = ("/run/", "/sys/", "/proc/", "/dev/", "/var/run/", "/tmp/")
_ASKED = {"-e": "exists", "-f": "is_file", "-d": "is_dir", "-s": "exists", "-r": "exists", "-x": "exists"}
#: A card whose name tells a place on a bus that Azure's first card is not on. Source: systemd.net-naming-scheme(7).
_OF_ANOTHER_BUS = re.compile(r"/sys/class/net/(en[ops]\d+\w*|enx[0-9a-f]{12})(/|$)")


def not_set_up(tree, card):
    """Return the Place of what keeps ifup from setting a card (str, its name) up, before any of its stanza's own lines; None without one."""
    return _excluded(tree, card) or _mapping(tree, card) or _failing_script(tree)


def fails(tree, words):
    """Return whether a line of a stanza ([str], its words) is a command before the card that fails, or whose program is not there, so that ifup gives up."""
    return bool(words[1:]) and words[0] == "pre-up" and _fails(tree, " ".join(words[1:]))


def _fails(tree, command):
    """Return whether a command of a shell (str) fails for certain: what stands in a condition, a variable or a list of alternatives is not known."""
    if re.search(r"\|\||;|[$`*?]|&\s*$", command) or re.match(r"\s*(if|for|while|until|case|!)\s", command):
        return False
    return any(_part_fails(tree, part) for part in command.split("&&"))


def _part_fails(tree, command):
    try:
        words = shlex.split(command.replace("<", " < "), comments=True)
    except ValueError:
        return False
    if not words or "|" in command:
        return False
    name, rest = posixpath.basename(words[0]), words[1:]
    if name in _SHELLS and rest[:1] == ["-c"]:
        return bool(rest[1:]) and _fails(tree, rest[1])
    if name == "false" or words[0] == "exit" and rest[:1] not in ([], ["0"]):
        return True
    if not tree.has_own_root:
        return False
    if "<" in words[:-1] and _is_gone(tree, words[words.index("<") + 1], "exists"):
        return True
    if words[0] in ("test", "[") and len(rest) in (2, 3) and rest[0] in _ASKED:
        return _is_gone(tree, rest[1], _ASKED[rest[0]])
    if words[0].startswith("/"):
        return _is_gone(tree, words[0], "exists")
    return bool(re.match(r"[a-z][A-Za-z0-9_.+-]*$", words[0])) and words[0] not in _OF_THE_SHELL and not any(tree.exists(f"{at}/{words[0]}") for at in _PATH)


def _is_gone(tree, path, question):
    if _OF_ANOTHER_BUS.match(path):
        return True
    return path.startswith("/") and not path.startswith(_NOT_OF_THE_DISK) and not getattr(tree, question)(path)


def _failing_script(tree):
    """Return the Place of the script of if-pre-up.d that fails for every card."""
    for path in tree.glob(_SCRIPTS):
        status = tree.stat(path)
        if not _RUN_PARTS.match(posixpath.basename(path)) or status is None or not stat.S_ISREG(status.mode) or not status.mode & 0o111:
            continue
        wrong = programs.why_not(tree, path) if tree.has_own_root else ""
        if wrong:
            return Place(path, None, f"{wrong}: ifup gives all cards up")
        if re.match(rb"#!.*sh\b", tree.read_bytes(path, 200)):
            number, line = _ending(tree, text_of(tree, path))
            if number is not None:
                return Place(path, number, f"{line}: ifup gives all cards up")
    return None


def _ending(tree, text):
    """Return (line, text) of the command of a script that fails and ends it whatever is the case, (None, "") without one."""
    last = (None, "")
    for number, line in enumerate(text.split("\n"), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        # a word of a condition: of what follows nothing is known
        if re.search(r"\|\||&&|\b(if|case|for|while|until|return|trap)\b|\{", words):
            return None, ""
        if re.match(r"exit\b", words):
            return (number, words) if re.match(r"exit\s+[1-9]", words) else (None, "") if words != "exit" else last
        last = (number, words) if _fails(tree, words) else (None, "")
    return last


def _excluded(tree, card):
    """Return the Place of the setting of Debian's service that leaves a card out which nothing else starts."""
    if not tree.is_file(_DEFAULTS) or _is_hotplugged(tree, card):
        return None
    found = {}
    for number, line in enumerate(text_of(tree, _DEFAULTS).split("\n"), 1):
        match = _ASSIGNED.match(line)
        if match:
            value = match.group(2).partition(" #")[0].strip().strip("\"'")
            found[match.group(1)] = (value, Place(_DEFAULTS, number, line.strip()))
    value, place = found.get("CONFIGURE_INTERFACES", ("", None))
    if value == "no":
        return place
    value, place = found.get("EXCLUDE_INTERFACES", ("", None))
    return place if any(fnmatch.fnmatchcase(card, pattern) for pattern in value.split()) else None


def _is_hotplugged(tree, card):
    """Return whether udev starts a card, whatever the service leaves out."""
    return any(
        fnmatch.fnmatchcase(card, name)
        for path in files(tree)
        for _raw, words in logical_lines(text_of(tree, path))
        if words[:1] == ["allow-hotplug"]
        for name in words[1:]
    )


def _mapping(tree, card):
    """Return the Place of a script that is to tell which configuration a card has, and cannot be run or fails."""
    for path in files(tree):
        number, mapped = 1, False
        for raw, words in logical_lines(text_of(tree, path)):
            if words[:1] == ["mapping"]:
                mapped = any(fnmatch.fnmatchcase(card, pattern) for pattern in words[1:])
            elif words[:1] == ["script"] and mapped and words[1:]:
                if posixpath.basename(words[1]) == "false" or tree.has_own_root and _is_gone(tree, words[1], "exists"):
                    return Place(path, number, f"{raw.strip()}: it does not tell which configuration {card} has")
            elif words[:1] and re.match(r"(iface|auto|allow-|source)", words[0]):
                mapped = False
            number += raw.count("\n")
    return None
