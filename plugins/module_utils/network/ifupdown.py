# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifupdown: /etc/network/interfaces of Debian and Alpine.

Every Ethernet stanza becomes plain DHCP, started when its card appears: on Azure the first card is eth0, and a card
that is not there must not hold up the boot. Bridges, VLANs, the loopback and comments stay as they are.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import Change, is_ethernet, remove

PATH = "/etc/network/interfaces"
FIRST_CARD = "eth0"

#: Words that begin a stanza. Source: interfaces(5).
_STANZA = re.compile(r"(iface|auto|allow-\S+|mapping|source|source-directory|rename|no-auto-down|no-scripts|template)\Z")
#: Names of files that source-directory reads.
_DIRECTORY_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
_EMPTY = "# The loopback network interface\nauto lo\niface lo inet loopback\n"


def has_ethernet(tree):
    """Return whether a file configures an Ethernet card."""
    return any(_ethernet_stanzas(tree.read_text(path)) for path in files(tree))


def files(tree):
    """Return the paths ([str]) that ifupdown reads, the main file first: that one, and what it and they include."""
    found, waiting = [], [PATH]
    while waiting:
        path = waiting.pop(0)
        if path not in found and tree.is_file(path):
            found.append(path)
            waiting += [name for _raw, words in _logical_lines(tree.read_text(path)) for name in _included(tree, path, words)]
    return found


def starts(text, card=FIRST_CARD):
    """Return whether a line of the text starts the card when it appears, or at boot."""
    return any(fnmatch.fnmatchcase(card, name.strip("/").split("/")[0]) for _raw, words in _logical_lines(text)
               if words[:1] in (["auto"], ["allow-auto"], ["allow-hotplug"]) for name in words[1:])


def plan(tree, settings):
    """Return the Changes that make the first card ask for its address by DHCP."""
    texts = {path: tree.read_text(path) for path in files(tree)}
    after = {path: _with_dhcp(text) for path, text in texts.items()}
    changes = []
    for path, text in texts.items():
        if path != PATH and text != after[path] and not after[path].strip():
            changes.append(remove(tree, path, "described a card of this machine alone"))
        elif path != PATH and text != after[path]:
            changes.append(Change(path, text, after[path], 0o644, "DHCP instead of an address of this machine"))
    main, lines = after.get(PATH, _EMPTY), []
    if not any(starts(text) for text in after.values()):
        lines.append(f"allow-hotplug {FIRST_CARD}\n")
    if FIRST_CARD not in {name for text in after.values() for name in _ethernet_stanzas(text)}:
        lines.append(f"iface {FIRST_CARD} inet dhcp\n")
    if lines:
        main = main.rstrip("\n") + "\n\n# The first card of an Azure machine\n" + "".join(lines)
    changes.append(Change(PATH, texts.get(PATH), main, 0o644, f"DHCP on {FIRST_CARD}"))
    return changes


def _logical_lines(text):
    """Return [(raw text with its line ends, words)] of the lines; a backslash at its end continues one that is no comment.

    A comment and a blank line have no words.
    """
    found = []
    for raw in re.findall(r"[ \t]*#[^\n]*\n?|(?:[^\n]*\\\n)*[^\n]*\n?", text):
        if raw:
            found.append((raw, [] if raw.lstrip().startswith("#") else raw.replace("\\\n", " ").split()))
    return found


def _included(tree, path, words):
    """Return the paths ([str]) that a line of the file includes."""
    if words[:1] not in (["source"], ["source-directory"]):
        return []
    targets = [posixpath.join(posixpath.dirname(path), word) for word in words[1:]]
    if words[0] == "source":
        return [name for target in targets for name in tree.glob(target) if tree.is_file(name)]
    folders = [folder for target in targets for folder in tree.glob(target) if tree.is_dir(folder)]
    return [posixpath.join(folder, name) for folder in folders for name in tree.listdir(folder) if _DIRECTORY_NAME.match(name)]


def _ethernet_stanzas(text):
    """Return the names ([str]) of the Ethernet cards that have an iface stanza."""
    return [words[1] for _raw, words in _logical_lines(text) if len(words) > 1 and words[0] == "iface" and is_ethernet(words[1])]


def _with_dhcp(text):
    """Return text with every Ethernet stanza as DHCP on IPv4, without options, started by hotplug."""
    lines, inside, seen = [], False, set()
    for raw, words in _logical_lines(text):
        if words and _STANZA.match(words[0]):
            inside = False
            if words[0] == "iface" and len(words) > 1 and is_ethernet(words[1]):
                inside = True
                raw = "" if words[1] in seen else _dhcp_line(raw, words)
                seen.add(words[1])
            elif words[0] == "auto":
                raw = _hotplugged(raw, words)
        elif inside and words:
            continue  # an option of the stanza: address, hwaddress, dns-nameservers, up ...
        lines.append(raw)
    return "".join(lines)


def _dhcp_line(raw, words):
    wanted = ["iface", words[1], "inet", "dhcp"]
    return raw if words == wanted else " ".join(wanted) + "\n"


def _hotplugged(raw, words):
    """Return an auto line with its Ethernet cards moved to an allow-hotplug line."""
    cards = [name for name in words[1:] if is_ethernet(name)]
    if not cards:
        return raw
    others = [name for name in words[1:] if name not in cards]
    return (f"auto {' '.join(others)}\n" if others else "") + f"allow-hotplug {' '.join(cards)}\n"
