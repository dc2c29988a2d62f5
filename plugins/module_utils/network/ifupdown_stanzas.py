# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of ifupdown: lines, stanzas, and what is made of other cards in them.

Source: interfaces(5); ifenslave's and bridge-utils' and vlan's own pages; ifupdown-ng's and ifupdown2's for bond-members and bridge-ports.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import of_c
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import VLAN, Master
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

PATH = "/etc/network/interfaces"

#: Words that begin a stanza.
STANZA = re.compile(r"(iface|auto|allow-\S+|mapping|source|source-directory|rename|no-auto-down|no-scripts|template)\Z")
#: Names of files that source-directory reads.
_DIRECTORY_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")

#: An iface stanza. card, family, method: str; options: [[str]], the words of each line below it; place: Place of its first line.
CardStanza = collections.namedtuple("CardStanza", "card family method options place")

#: Options that name the parts of a card, with dashes: of the master itself.
_PARTS = {
    "bond-slaves": "bond",
    "bond-members": "bond",
    "bond-ports": "bond",
    "slaves": "bond",
    "bridge-ports": "bridge",
    "vlan-raw-device": VLAN,
    "team-ports": "team",
}
#: An option of a part names its master; a command does the same.
_MASTER = {"bond-master": "bond", "bridge-master": "bridge"}
_COMMANDS = (
    re.compile(r"\bifenslave\s+(?P<master>\S+)\s+(?P<card>\S+)"),
    re.compile(r"\bbrctl\s+addif\s+(?P<master>\S+)\s+(?P<card>\S+)"),
    re.compile(r"\bip\s+link\s+set\s+(?:dev\s+)?(?P<card>\S+)\s+master\s+(?P<master>\S+)"),
)


def files(tree):
    """Return the paths ([str]) that ifupdown reads, the main file first: that one, and what it and they include."""
    found, waiting = {}, [PATH]
    while waiting:
        path = waiting.pop(0)
        if path not in found and tree.is_file(path):
            found[path] = True
            waiting += [name for _raw, words in logical_lines(text_of(tree, path)) for name in _included(tree, path, words)]
    return list(found)


def logical_lines(text):
    """Return [(raw text with its line ends, words)] of the lines; a backslash at its end continues one that is no comment.

    A comment and a blank line have no words.
    """
    found = []
    for raw in re.findall(r"[ \t]*#[^\n]*\n?|(?:[^\n]*\\\n)*[^\n]*\n?", text):
        if raw:
            found.append((raw, [] if raw.lstrip().startswith("#") else of_c(raw.replace("\\\n", " ")).split()))
    return found


def stanzas(path, text):
    """Return the iface stanzas ([CardStanza]) of a file."""
    found, number, inside = [], 1, None
    for raw, words in logical_lines(text):
        if words and STANZA.match(words[0]):
            inside = None
            if words[0] == "iface" and len(words) > 1:
                family, method = _inherited(words, found) or ((words[2:3] or [""])[0], (words[3:4] or [""])[0])
                inside = CardStanza(words[1], family, method, [], Place(path, number, raw.strip()))
                found.append(inside)
        elif inside is not None and words:
            inside.options.append(words)
        number += raw.count("\n")
    return [_of_newer(stanza) for stanza in found]


def _of_newer(stanza):
    """Return a stanza (CardStanza) with the family and method that ifupdown-ng, Alpine's, takes from its lines where the iface line has none.

    Source: interfaces(5) of ifupdown-ng, use.
    """
    if stanza.family or stanza.method:
        return stanza
    used = [words[1] for words in stanza.options if words[0] == "use" and len(words) > 1]
    fixed = any(words[0] == "address" for words in stanza.options)
    method = next((name for name in ("dhcp", "loopback", "static") if name in used), "static" if fixed else "")
    return stanza._replace(family="inet", method=method) if method else stanza


def _inherited(words, found):
    """Return (family, method) of an iface line that has those of a stanza before it, ``iface eth0 inherits base``; None of any other."""
    if words[2:3] != ["inherits"]:
        return None
    return next(((stanza.family, stanza.method) for stanza in found if [stanza.card] == words[3:4]), None)


def masters(found):
    """Return the Masters ([Master]) that the stanzas ([CardStanza]) make."""
    made = []
    for stanza in found:
        name = stanza.card
        for words in stanza.options:
            option = words[0].replace("_", "-")
            if option in _PARTS:
                made.append(Master(_PARTS[option], name, stanza.place, _cards(words[1:])))
            elif option in _MASTER and len(words) > 1:
                made.append(Master(_MASTER[option], words[1], stanza.place, [name]))
            elif words[0] in ("up", "pre-up", "post-up"):
                made += _by_command(" ".join(words[1:]), name, stanza.place)
        if re.fullmatch(r"[A-Za-z0-9]+\.[0-9]{1,4}", name):
            made.append(Master(VLAN, name, stanza.place, [name.partition(".")[0]]))
    return [master for master in made if master.members]


def _cards(words):
    """Return the cards ([str]) that the words of an option name; ``all`` and ``regex`` may mean any."""
    if words[:1] == ["none"]:
        return []
    if words[:1] == ["all"] or "regex" in words or "glob" in words:
        return ["e*"]
    return words


def _by_command(command, card, place):
    """Return the Masters that a command of a stanza makes."""
    found = []
    for pattern in _COMMANDS:
        match = pattern.search(command)
        if match:
            names = [match.group(group).replace("$IFACE", card).replace("${IFACE}", card) for group in ("master", "card")]
            found.append(Master("bridge" if "brctl" in command else "bond", names[0], place, [names[1]]))
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
