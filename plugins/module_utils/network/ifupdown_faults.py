# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line for which Debian's ifupdown reads none of /etc/network/interfaces, though it be of another card; a file that is included is read up to it.

Source: read_interfaces of ifupdown's config.c, tried with 0.8.41; interfaces(5).

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.ifupdown_stanzas import PATH, STANZA, files, logical_lines
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: Debian's own ifup: others, as Alpine's, know more, and go on behind what they do not know.
_DEBIANS = ("/lib/udev/ifupdown-hotplug", "/usr/lib/udev/ifupdown-hotplug")
_METHODS = {
    "inet": ("loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll"),
    "inet6": ("loopback", "auto", "static", "manual", "dhcp", "v4tunnel", "6to4", "ppp"),
    "ipx": ("static", "dynamic"),
    "can": ("static",),
}


def texts(tree):
    """Return {path: text as far as ifupdown reads it} of its files, the main one first."""
    found = {path: text_of(tree, path) for path in files(tree)}
    faults = {path: fault(tree, path) for path in found if path != PATH}
    return {path: _before(text, faults.get(path)) for path, text in found.items()}


def fault(tree, path=PATH):
    """Return the Place of the first line of a file at which Debian's ifupdown gives up, None without one, or where another reads the file."""
    if not tree.is_file(path) or not any(tree.exists(other) for other in _DEBIANS):
        return None
    # where a file is included among the lines of another is not looked up
    known = [words for other in files(tree) if other != path for _raw, words in logical_lines(text_of(tree, other))]
    number, stanza = 1, ""
    for raw, words in logical_lines(text_of(tree, path)):
        wrong = ""
        if words and STANZA.match(words[0]):
            stanza = words[0]
            wrong = _wrong_card(words, known) if stanza == "iface" else ""
        elif words and stanza not in ("iface", "mapping"):
            wrong = "it stands in no stanza"
        elif words[:1] and not words[1:]:
            wrong = "it has no value"
        if wrong:
            return Place(path, number, f"{' '.join(words)}: {wrong}, and ifup reads {'none of its files' if path == PATH else 'no further'}")
        known.append(words)
        number += raw.count("\n")
    return None


def _wrong_card(words, known):
    """Return what is wrong (str) with an iface line ([str]), "" where nothing is. known: [[str]], lines before it."""
    if "inherits" in words[2:]:
        return "" if _has_parent(words, known) else "no stanza before it is there to inherit from"
    if len(words) < 4 or words[3] in _METHODS.get(words[2], ()):
        return ""
    return f"ifup knows no such {'method' if words[2] in _METHODS else 'family'}"


def _has_parent(words, known):
    """Return whether there is the stanza, of the same family, that an iface line inherits from."""
    position = words.index("inherits", 2)
    name, family = words[position + 1 : position + 2], words[2:3] if position > 2 else None
    return any(line[:1] == ["iface"] and line[1:2] == name and family in (None, line[2:3]) for line in known if name)


def _before(text, place):
    return text if place is None else "".join(text.splitlines(keepends=True)[: place.line - 1])
