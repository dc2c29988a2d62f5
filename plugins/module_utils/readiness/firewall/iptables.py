# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as iptables-save writes them: /etc/iptables/rules.v4, /etc/sysconfig/iptables, ufw's files.

Source: iptables(8), iptables-extensions(8), iptables-restore(8).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall.packets import ACCEPT, DROP, GOTO, JUMP, RETURN, Condition, Hook, PacketRule

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
}
#: Options that narrow nothing: names of modules whose own options follow, comments, what a target does.
_IDLE = ("-m", "--match", "--comment", "--reject-with", "--log-prefix", "--log-level", "-c", "--to-ports", "--to-port", "--to-destination")
_TABLES = ("filter", "security", "mangle", "raw", "nat")
#: Chains of the table nat that say where a packet goes: to another port, or to another machine.
_SENT_ELSEWHERE = ("PREROUTING", "OUTPUT")
_ELSEWHERE = ("REDIRECT", "DNAT")
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')


def tables(path, text, wanted=("filter", "security", "mangle", "raw")):
    """Return {table: ({chain: policy, None for one of the user's}, {chain: [PacketRule]}, {chain: place of its policy})} of a text.

    wanted: [str], tables whose rules drop packets.
    """
    found, table = {}, None
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
            rule = _rule(words[2:], place)
            if line.startswith(("-I", "--insert")):
                rules.insert(0, rule)
            else:
                rules.append(rule)
    return {name: content for name, content in found.items() if name in wanted}


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


def _rule(words, place):
    conditions, verdict, target, negated, position = [], None, "", False, 0
    while position < len(words):
        word, value = words[position], words[position + 1] if position + 1 < len(words) else ""
        position += 1
        if word == "!":
            negated = True
            continue
        if word in ("-j", "--jump", "-g", "--goto"):
            verdict, target = _VERDICTS.get(value, GOTO if word in ("-g", "--goto") else JUMP), value
            verdict = DROP if _is_elsewhere(words) else verdict
            position += 1
        elif word == "--syn":
            conditions.append(Condition("first", negated, []))
        elif word in _OPTIONS:
            position += 1
            if value == "!":
                negated, value = True, words[position] if position < len(words) else ""
                position += 1
            conditions.append(Condition(_OPTIONS[word], negated, value.split(",")))
        elif word in _IDLE:
            position += 1
        elif word.startswith("-"):
            conditions.append(Condition(None, negated, []))
            position += bool(value) and not value.startswith("-") and value != "!"
        negated = False
    return PacketRule(conditions, verdict, target, place)
