# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifupdown: /etc/network/interfaces of Debian and Alpine.

Every Ethernet stanza becomes plain DHCP, started when its card appears: on Azure the first card is eth0, and a card
that is not there must not hold up the boot. Bridges, VLANs, the loopback and comments stay as they are.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import Change, is_ethernet, remove

PATH = "/etc/network/interfaces"
FIRST_CARD = "eth0"

#: Words that begin a stanza. Source: interfaces(5).
_STANZA = re.compile(r"\s*(iface|auto|allow-\S+|mapping|source|source-directory|rename|no-auto-down|no-scripts|template)(\s|$)")
_EMPTY = "# The loopback network interface\nauto lo\niface lo inet loopback\n"


def has_ethernet(tree):
    """Return whether a file configures an Ethernet card."""
    return any(_ethernet_stanzas(tree.read_text(path)) for path in files(tree))


def files(tree):
    """Return the paths ([str]) that ifupdown reads, the main file first, when they are there."""
    drop_ins = [path for path in tree.glob("/etc/network/interfaces.d/*") if tree.is_file(path)]
    return ([PATH] if tree.is_file(PATH) else []) + drop_ins


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
    main = after.get(PATH, _EMPTY)
    if FIRST_CARD not in {name for text in after.values() for name in _ethernet_stanzas(text)}:
        main = main.rstrip("\n") + f"\n\n# The first card of an Azure machine\nallow-hotplug {FIRST_CARD}\niface {FIRST_CARD} inet dhcp\n"
    changes.append(Change(PATH, texts.get(PATH), main, 0o644, f"DHCP on {FIRST_CARD}"))
    return changes


def _ethernet_stanzas(text):
    """Return the names ([str]) of the Ethernet cards that have an iface stanza."""
    words = [line.split() for line in text.splitlines()]
    return [line[1] for line in words if len(line) > 1 and line[0] == "iface" and is_ethernet(line[1])]


def _with_dhcp(text):
    """Return text with every Ethernet stanza as DHCP on IPv4, without options, started by hotplug."""
    lines, inside, seen = [], False, set()
    for line in text.splitlines(keepends=True):
        if _STANZA.match(line):
            inside = False
            words = line.split()
            if words[0] == "iface" and len(words) > 1 and is_ethernet(words[1]):
                inside = True
                line = "" if words[1] in seen else _dhcp_line(line, words)
                seen.add(words[1])
            elif words[0] == "auto":
                line = _hotplugged(line, words)
        elif inside and line.strip() and not line.lstrip().startswith("#"):
            continue  # an option of the stanza: address, hwaddress, dns-nameservers, up ...
        lines.append(line)
    return "".join(lines)


def _dhcp_line(line, words):
    wanted = ["iface", words[1], "inet", "dhcp"]
    return line if words == wanted else " ".join(wanted) + "\n"


def _hotplugged(line, words):
    """Return an auto line with its Ethernet cards moved to an allow-hotplug line."""
    cards = [name for name in words[1:] if is_ethernet(name)]
    if not cards:
        return line
    others = [name for name in words[1:] if name not in cards]
    return (f"auto {' '.join(others)}\n" if others else "") + f"allow-hotplug {' '.join(cards)}\n"
