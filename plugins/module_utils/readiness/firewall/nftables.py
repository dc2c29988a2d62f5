# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nftables' files: tables in braces over any number of lines, commands (``add rule ...``), includes, variables and sets.

Source: nft(8).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.nftables_rules import rules_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import MOST_RULES, ACCEPT, DROP, Hook, without

_FAMILIES = ("ip", "inet", "netdev")
_ALL_FAMILIES = _FAMILIES + ("ip6", "arp", "bridge")
#: Where a packet that comes in, or goes out, passes.
_HOOKS = {"input": "input", "prerouting": "input", "ingress": "input", "output": "output", "postrouting": "output", "egress": "output"}
#: Where a chain of the type nat says where a packet goes.
_SENT_ELSEWHERE = ("prerouting", "output")
_FIRST = "eth0"
_TOKEN = re.compile(r"""#[^\n]*|"[^"\n]*"|\\\n|[{};\n]|[^\s{};"#,]+|,""")
_MOST_FILES, _MOST_TOKENS, _MOST_SHOWN = 200, 200000, 200
_INCLUDES_FROM = "/etc/"
#: Names that systemd gives to cards of other machines, which have them on their PCI bus, and what may give such a name to one of Azure's.
_OF_ANOTHER_MACHINE = re.compile(r"en[ops]\d\w*|em\d+")
_NAMING = ("/etc/systemd/network/*.link", "/usr/lib/systemd/network/*.link", "/etc/udev/rules.d/*.rules", "/etc/netplan/*.yaml")
#: Words of a rule by which something of a table of ARP may get through, and those of one that asks for nothing.
_LETTING = {"accept", "jump", "goto", "return", "queue", "vmap"}
_WITHOUT_CONDITION = {"drop", "counter", "log"}
#: Where a guest has what calls nft, beside the service.
_SCRIPTS = (
    "/usr/local/bin/*",
    "/usr/local/sbin/*",
    "/etc/systemd/system/*.service",
    "/etc/cron*/*",
    "/etc/crontab",
    "/etc/rc.local",
    "/etc/network/if-*.d/*",
    "/etc/networkd-dispatcher/*/*",
    "/etc/NetworkManager/dispatcher.d/*",
    "/opt/*",
    "/opt/*/*",
    "/opt/*/bin/*",
)
_MOST_SCRIPT = 256 * 1024


class NftablesRefused(ImagewrightError):
    """nft takes no line of a file for one that it cannot. place: (path, line, text) of that one."""

    def __init__(self, place, cause):
        super().__init__(f"nft loads nothing of {place[0]}, for line {place[1]}: {cause}")
        self.place, self.cause = place, cause


class NftablesToken(str):
    """A word with its place: path, line and that line's text."""

    place = ("", None, "")


def hooks(tree, path):
    """Return the Hooks ([Hook]) of IPv4 that a file and what it includes load.

    Raises ImagewrightError: the files are more than any real ones; NftablesRefused: nft takes none of them.
    """
    return hooks_of(tree, path, text_of(tree, path, MOST_RULES))


def hooks_of(tree, path, text):
    """Return what hooks does, of a text (str) that has the place of a file at path."""
    reading = _Reading(tree)
    reading.text(path, text)
    found = []
    for key, chains in reading.tables.items():
        if key[0] in _FAMILIES:
            sets = _known_sets(reading, key)
            made = {
                name: [rule for statement in statements for rule in rules_of(statement, reading.variables, sets)]
                for name, (_head, statements) in chains.items()
            }
            if reading.marks:
                made = {name: without(rules, "mark") for name, rules in made.items()}
            found += [Hook(head[0], head[1], made, name, head[2]) for name, (head, _statements_of_it) in chains.items() if head is not None]
        elif key[0] == "arp":
            found += _of_arp(chains)
    return found


def _is_gone(tree, name):
    """Return whether Azure has no card of a name (str), and nothing gives one that name: ``iif`` and ``oif`` take a card alone that is there."""
    if not _OF_ANOTHER_MACHINE.fullmatch(name):
        return False
    return not any(name in text_of(tree, path) for pattern in _NAMING for path in tree.glob(pattern) if tree.is_file(path))


def _known_sets(reading, key):
    """Return {name: [str]} of the sets of a table whose elements are known: no rule adds to them, and where one is empty, no script of the guest."""
    found = {
        name: [value for element in elements for value in (reading.variables.get(element[1:], [element]) if element.startswith("$") else [element])]
        for name, elements in reading.sets.get(key, {}).items()
        if name not in reading.growing
    }
    if all(found.values()):
        return found
    filled = _are_filled_by_scripts(reading.tree)
    return {name: elements for name, elements in found.items() if elements or not filled}


def _are_filled_by_scripts(tree):
    """Return whether a script or unit of the guest's own calls nft for an element of a set."""
    paths = [path for pattern in _SCRIPTS for path in tree.glob(pattern) if tree.is_file(path) and tree.stat(path).size <= _MOST_SCRIPT]
    return any("nft" in text and "element" in text for text in (text_of(tree, path) for path in paths))


def _of_arp(chains):
    """Return the Hooks ([Hook]) of a table of ARP that lets nothing through: without ARP nobody finds the machine, nor it its gateway."""
    if any(set(words) & _LETTING for _head, statements in chains.values() for words in statements):
        return []
    found = []
    for name, (head, statements) in chains.items():
        dropping = next((words[0].place for words in statements if "drop" in words and set(words) <= _WITHOUT_CONDITION), None)
        if head is not None and (dropping or head[1] == DROP):
            found.append(Hook(head[0], DROP, {}, name, dropping or head[2]))
    return found


class _Reading:
    """What the files say so far.

    tables: {(family, table): {chain: (head or None, [statement])}}; a head is (hook, policy, place); sets: {(family, table): {name: [str]}};
    growing: {str}, names of sets that get elements while the machine runs; marks: bool, whether a rule marks packets.
    """

    def __init__(self, tree):
        self.tree = tree
        self.tables, self.variables, self.sets, self.growing, self.marks = {}, {}, {}, set(), False
        self.files = self.tokens = 0

    def file(self, path):
        """Read a file."""
        self.files += 1
        if self.files > _MOST_FILES:
            raise ImagewrightError(f"cannot read {path}: nftables' files include more than {_MOST_FILES} others; look whether they include each other")
        self.text(path, text_of(self.tree, path, MOST_RULES))

    def text(self, path, text):
        """Read the text of a file."""
        tokens = _tokens(path, text)
        self.tokens += len(tokens)
        if self.tokens > _MOST_TOKENS:
            raise ImagewrightError(f"cannot read {path}: nftables' files have more than {_MOST_TOKENS} words")
        pairs = list(zip(tokens, tokens[1:]))
        gone = next((name for word, name in pairs if word in ("iif", "oif") and _is_gone(self.tree, name.strip('"'))), None)
        if gone is not None:
            raise NftablesRefused(gone.place, f"{gone} is no card of a machine on Azure; iifname and oifname take the names of cards that are not there")
        self.marks = self.marks or ("mark", "set") in pairs
        self.growing.update(str(name[1:]) for verb, name in pairs if verb in ("add", "update") and name.startswith("@"))
        for statement, block in _statements(tokens):
            self.statement(statement, block)

    def statement(self, words, block):
        """Take a statement of a file: its words, and the tokens of its braces or None."""
        if words[0] == "include":
            self.include(words[1].strip('"'), words[1].place)
        elif words[0] in ("define", "redefine") and len(words) > 2:
            self.variables[words[1]] = [word for word in (words[3:] if len(words) > 3 else []) + (block or []) if word not in ("{", "}", ",", "\n")]
        elif words[0] == "flush" and words[1:2] in (["ruleset"], []):
            self.tables.clear()
            self.sets.clear()
        elif words[0] == "table":
            self.table(words[1:], block or [])
        elif words[0] in ("add", "create", "insert") and len(words) > 2:
            self.command(words[0], words[1], words[2:], block)

    def include(self, pattern, place):
        """Read what a line includes; a pattern may fit no file, a name must be there."""
        target = pattern if pattern.startswith("/") else _INCLUDES_FROM + pattern
        found = [path for path in self.tree.glob(target) if self.tree.is_file(path)]
        if not found and not any(character in target for character in "*?["):
            raise NftablesRefused(place, f"it includes {target}, which is not there")
        for path in found:
            self.file(path)

    def table(self, words, block):
        """Take a table in braces."""
        key = _key(words)
        chains = self.tables.setdefault(key, {})
        for statement, inner in _statements(block):
            if statement[0] == "chain" and len(statement) > 1:
                self.chain(chains, statement[1], _statements(inner or []))
            elif statement[0] in ("set", "map") and len(statement) > 1:
                self.set(key, statement[1], inner or [])

    def command(self, verb, kind, words, block):
        """Take a command: add table, add chain, add rule."""
        family = words[:1] if words[0] in _ALL_FAMILIES else ["ip"]
        rest = words[1:] if words[0] in _ALL_FAMILIES else words
        key = _key(family + rest[:1])
        chains = self.tables.setdefault(key, {})
        if kind == "chain" and len(rest) > 1:
            self.chain(chains, rest[1], _statements(block or []))
        elif kind == "rule" and len(rest) > 2:
            whole = rest[2:] + ([] if block is None else block)
            head, statements = chains.setdefault(str(rest[1]), (None, []))
            if verb == "insert":
                statements.insert(0, whole)
            else:
                statements.append(whole)
        elif kind in ("set", "map") and len(rest) > 1:
            self.set(key, rest[1], block or [])
        elif kind == "element" and len(rest) > 1:
            self.sets.setdefault(key, {}).setdefault(str(rest[1]), []).extend(_listed(rest[2:] + (block or [])))

    def set(self, key, name, block):
        """Take a set of a table: its elements, and whether it is one that grows."""
        self.sets.setdefault(key, {}).setdefault(str(name), []).extend(_elements(block))
        if {"dynamic", "timeout"} & set(block):
            self.growing.add(str(name))

    def chain(self, chains, name, statements):
        """Take a chain: its type and policy, and its rules."""
        head, rules = chains.get(str(name), (None, []))
        for words, block in statements:
            if words[0] == "type" and "hook" in words[:-1]:
                hook = words[words.index("hook") + 1]
                asked = _HOOKS if words[1:2] == ["filter"] else _SENT_ELSEWHERE if words[1:2] == ["nat"] else ()
                if hook in asked and _is_of_the_first_card(words, block):
                    head = (_HOOKS[hook], ACCEPT, words[0].place)
            elif words[0] == "policy" and head is not None:
                head = (head[0], DROP if words[1:2] == ["drop"] else ACCEPT, words[0].place)
            else:
                rules.append(words + (block or []))
        chains[str(name)] = (head, rules)


def _is_of_the_first_card(words, block):
    """Return whether a chain is of the first card: it names no device, or that one among others."""
    if "device" in words and words[-1] != "device":
        return words[words.index("device") + 1].strip('"') == _FIRST
    return "devices" not in words or any(word.strip('"') == _FIRST for word in block or [])


def _key(words):
    family = words[0] if words and words[0] in _ALL_FAMILIES else "ip"
    names = words[1:] if words and words[0] in _ALL_FAMILIES else words
    return str(family), str(names[0]) if names else ""


def _elements(block):
    """Return the elements ([str]) of a set, [] of one that is filled elsewhere."""
    words = [word for word in block if word != "\n"]
    if "elements" not in words:
        return []
    start = words.index("elements")
    end = words.index("}", start) if "}" in words[start:] else len(words)
    return _listed(words[start + 1 : end])


def _listed(words):
    return [str(word) for word in words if word not in ("=", "{", "}", ",", "\n")]


def _tokens(path, text):
    found, places, number = [], [(path, number, line.strip()[:_MOST_SHOWN]) for number, line in enumerate(text.split("\n"), 1)], 1
    for match in _TOKEN.finditer(text):
        word = match.group()
        if not word.startswith("#") and word != "\\\n":
            token = NftablesToken(word)
            token.place = places[number - 1]
            if len(found) > _MOST_TOKENS:
                raise ImagewrightError(f"cannot read {path}: nftables' files have more than {_MOST_TOKENS} words")
            found.append(token)
        number += word.count("\n")
    return found


def _statements(tokens):
    """Return [(words, tokens of the braces that follow them, or None)] of a text or block.

    Braces of a rule (``tcp dport { 22, 80 } accept``) stay among its words: only what ends with its braces has a block of its own.
    """
    found, words, position = [], [], 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token in ("\n", ";"):
            if words:
                found.append((words, None))
            words = []
        elif token == "{":
            end, depth = position, 1
            while end < len(tokens) and depth:
                depth += {"{": 1, "}": -1}.get(tokens[end], 0)
                end += 1
            inside = tokens[position : end - 1] if not depth else tokens[position:]
            if words and words[0] in ("table", "chain", "set", "map", "flowtable", "counter", "quota", "limit") or words[1:2] in (["chain"], ["set"], ["map"]):
                found.append((words, inside))
                words = []
            else:
                words += [token] + [word for word in inside if word != "\n"] + [NftablesToken("}")]
            position = end
        else:
            words.append(token)
    return found + ([(words, None)] if words else [])
