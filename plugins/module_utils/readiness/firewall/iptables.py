# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as iptables-save writes them: /etc/iptables/rules.v4, /etc/sysconfig/iptables, ufw's files.

Source: iptables(8), iptables-extensions(8), iptables-restore(8).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import circumstances
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import (
    ACCEPT,
    DROP,
    GOTO,
    JUMP,
    RETURN,
    Condition,
    Hook,
    PacketRule,
    without,
)

HOOKS = {"INPUT": "input", "OUTPUT": "output", "PREROUTING": "input", "POSTROUTING": "output"}
_VERDICTS = {"ACCEPT": ACCEPT, "DROP": DROP, "REJECT": DROP, "RETURN": RETURN}
#: Options of one word, and what they ask for.
_OPTIONS = {
    "-p": "protocol",
    "--protocol": "protocol",
    "-s": "source",
    "--source": "source",
    "--src": "source",
    "-d": "destination",
    "--destination": "destination",
    "--dst": "destination",
    "-i": "in",
    "--in-interface": "in",
    "-o": "out",
    "--out-interface": "out",
    "--dport": "dport",
    "--destination-port": "dport",
    "--dports": "dport",
    "--destination-ports": "dport",
    "--sport": "sport",
    "--source-port": "sport",
    "--sports": "sport",
    "--source-ports": "sport",
    "--state": "state",
    "--ctstate": "state",
    "--uid-owner": "user",
    "--dst-type": "to",
    "--src-type": "from",
    "--mac-source": "mac",
    "--mark": "mark",
    "--length": "length",
    "--string": "greeting",
    "--pkt-type": "cast",
}
#: Options that narrow nothing: names of modules whose own options follow, comments, what a target does.
_IDLE = (
    "-m",
    "--match",
    "--comment",
    "--reject-with",
    "--log-prefix",
    "--log-level",
    "-c",
    "--to-ports",
    "--to-port",
    "--to-destination",
    "--connlimit-mask",
    "--algo",
    "--ttl-set",
)
_IDLE_ALONE = ("--connlimit-saddr", "--connlimit-daddr", "--kerneltz", "--icase")
_TABLES = ("filter", "security", "mangle", "raw", "nat")
#: Chains of the table nat that say where a packet goes: to another port, or to another machine.
_SENT_ELSEWHERE = ("PREROUTING", "OUTPUT")
_ELSEWHERE = ("REDIRECT", "DNAT")
#: What marks packets, by which a later rule knows them.
_MARKING = re.compile(r"\s(?:-j|--jump|-g|--goto)\s+(?:CONN)?(?:MARK|SECMARK)\s|--set-x?mark\b")
_NAMED = re.compile(r"\s--name\s+(\S+)")
#: The list of the module recent that has no name of its own.
_UNNAMED = "DEFAULT"
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')


def tables(path, text, wanted=("filter", "security", "mangle", "raw")):
    """Return {table: ({chain: policy, None for one of the user's}, {chain: [PacketRule]}, {chain: place of its policy})} of a text.

    wanted: [str], tables whose rules drop packets.
    """
    found, table, filled = {}, None, _filled_lists(text)
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        place = (path, number, line)
        if line.startswith("*"):
            table = line[1:].strip()
            found.setdefault(table, ({}, {}, {}))
        elif table in wanted and line.startswith(":"):
            name, policy = (line[1:].split() + [None, None])[:2]
            found[table][0][name] = policy
            found[table][2][name] = place
        elif table in wanted and re.match(r"(-A|--append|-I|--insert)\s", line):
            words = _words(line)
            rules = found[table][1].setdefault(words[1], [])
            rule = _rule(words[2:], place, filled)
            if line.startswith(("-I", "--insert")):
                rules.insert(0, rule)
            else:
                rules.append(rule)
    if _MARKING.search(text):
        for _policies, chains, _places in found.values():
            chains.update({chain: without(rules, "mark") for chain, rules in chains.items()})
    return {name: content for name, content in found.items() if name in wanted}


def _filled_lists(text):
    """Return the names ({str}) of the lists of the module recent into which a rule of the text puts who sends."""
    return {_list_of(line) for line in text.split("\n") if re.search(r"\s--set(?:\s|$)", line)}


def _list_of(line):
    named = _NAMED.search(line)
    return named.group(1) if named else _UNNAMED


def hooks(path, text):
    """Return the Hooks ([Hook]) of a text; what is sent elsewhere by the table nat does not arrive, which is as good as dropped."""
    found = tables(path, text, _TABLES)
    return [
        Hook(HOOKS[chain], DROP if policy == "DROP" else ACCEPT, chains, chain, places[chain])
        for name, (policies, chains, places) in found.items()
        for chain, policy in policies.items()
        if chain in HOOKS and (name != "nat" or chain in _SENT_ELSEWHERE)
    ]


def rule_of(text, place):
    """Return the PacketRule of the words behind a chain's name."""
    return _rule(_words(text), place)


def _words(line):
    return [word[1:-1].replace("\\", "") if word.startswith('"') and len(word) > 1 else word for word in _WORD.findall(line)]


def _is_elsewhere(words):
    """Return whether the target of a rule's words sends a packet to another port, or to another machine."""
    named = [word for word, following in zip(words, words[1:]) if word in ("-j", "--jump") and following in _ELSEWHERE]
    place = next((value for word, value in zip(words, words[1:]) if word in ("--to-ports", "--to-port", "--to-destination")), "")
    return bool(named and place) and not place.startswith("127.")


def _is_short_lived(words):
    """Return whether the target of a rule's words has packets end at the first router."""
    return ("TTL", True) in [(word, before in ("-j", "--jump")) for before, word in zip(words, words[1:])] and _value(words, "--ttl-set") in ("0", "1")


def _value(words, option):
    return next((value for word, value in zip(words, words[1:]) if word == option), None)


def _special(words, position, filled):
    """Return (Condition without its negation, number of words behind the option) of an option with a meaning of its own, None of any other.

    filled: {str} or None, as of _filled_lists, where that is known.
    """
    word, value = words[position], words[position + 1] if position + 1 < len(words) else ""
    if word == "--syn":
        return Condition("first", False, []), 0
    if word == "--tcp-flags":
        mask, wanted = circumstances.flags(value), circumstances.flags("".join(words[position + 2 : position + 3]))
        known = mask is not None and wanted is not None
        return Condition("flags" if known else None, False, circumstances.by_flags(circumstances.EQUAL, mask, wanted) if known else []), 2
    if word in ("--connlimit-above", "--connlimit-upto"):
        return Condition(("always" if word == "--connlimit-above" else "never") if value == "0" else None, False, []), 1
    if word == "--datestop":
        return Condition("never" if circumstances.is_past(value) else None, False, []), 1
    if word in ("--rcheck", "--update") and filled is not None:
        return Condition("never" if _list_of(" " + " ".join(words)) not in filled else None, False, []), 0
    if word == "--limit":
        rare = re.match(r"[01]/d", value) and _value(words, "--limit-burst") == "1"
        return Condition("never" if rare else None, False, []), 1
    return None


def _rule(words, place, filled=None):
    conditions, verdict, target, negated, position = [], None, "", False, 0
    while position < len(words):
        word, value = words[position], words[position + 1] if position + 1 < len(words) else ""
        position += 1
        if word == "!":
            negated = True
            continue
        if word in ("-j", "--jump", "-g", "--goto"):
            verdict, target = _VERDICTS.get(value, GOTO if word in ("-g", "--goto") else JUMP), value
            verdict = DROP if _is_elsewhere(words) or _is_short_lived(words) else verdict
            conditions += [Condition("answer", False, [])] if _is_short_lived(words) else []
            position += 1
        elif _special(words, position - 1, filled) is not None:
            condition, used = _special(words, position - 1, filled)
            conditions.append(condition._replace(negated=negated))
            position += used
        elif word in _OPTIONS:
            position += 1
            if value == "!":
                negated, value = True, words[position] if position < len(words) else ""
                position += 1
            conditions.append(Condition(_OPTIONS[word], negated, value.split(",")))
        elif word in _IDLE:
            position += 1
        elif word in _IDLE_ALONE:
            pass
        elif word.startswith("-"):
            conditions.append(Condition(None, negated, []))
            position += bool(value) and not value.startswith("-") and value != "!"
        negated = False
    return PacketRule(conditions, verdict, target, place)
