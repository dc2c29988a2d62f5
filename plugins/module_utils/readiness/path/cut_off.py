# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cuts a machine off that has come up: commands of the boot that take the network, the server or the provisioner down, or close the logins.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.core import units
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_commands, card_name
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_needs import started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import iptables, loaded, nftables
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import taken_away, taken_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_TAKES_AWAY, _BRINGS_BACK = ("stop", "kill", "disable", "mask"), ("start", "restart", "enable", "unmask", "reload-or-restart")
_NOLOGIN = ("/etc/nologin", "/run/nologin", "/var/run/nologin")
_SSH = 22


@rule(
    "R69e",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Nothing of the boot cuts the machine off",
    fault="Something of the boot cuts the machine off",
    why="A command that runs at every boot takes the network down, stops the SSH server or whoever provisions, or closes the logins: the machine runs "
    "and nobody reaches it.",
    cure="Disable the unit (`systemctl disable`), or remove the line.",
    source="ip-link(8), ip-route(8), systemctl(1), iptables(8), nft(8), pam_nologin(8)",
    choice="Scripts are read as far as their layout tells: what stands in a condition or a loop is not counted.",
)
def stays_reachable(context):
    """Return failed with each command of the boot after which the machine is not reached, or nobody logs in."""
    runs = context.facts(boot_commands.commands)
    card = card_name.first_card(context.tree)[0].name
    by_place = collections.OrderedDict()
    for run in runs:
        by_place.setdefault(run.path, []).append(run)
    found = [(run, cause) for own in by_place.values() for run, cause in _harm(context, own, card)]
    known = context.shared(Units)
    skipped = {unit for unit in {run.unit for run, _cause in found if run.unit} if units.can_start(known, unit).state == units.SKIPPED}
    return failed_if(Evidence(run.path, run.line, f"{run.text}: {cause}") for run, cause in found if run.unit not in skipped)


def _harm(context, runs, card):
    return cutting(runs, card, started(context)) + firewalls(context, runs) + taken_away.taken(context, runs)


def cutting(runs, card, needed):
    """Return [(BootCommand, what it does)] of the commands of one place; one that a later one takes back is none. needed: {str}, as of started."""
    found = {}
    for run in runs:
        words = boot_commands.words_of(run.command)
        for what in _brought_back(words):
            found.pop(what, None)
        what, cause = cut(words, card, needed)
        if what:
            found[what] = (run, cause)
    return list(found.values())


def cut(words, card, needed):
    """Return (what a command takes away, the sentence), ("", "") of any other command.

    words: [str], from the program on; card: str, name of the first card; needed: {str}, names of units without their suffix.
    """
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    for command in card_commands.of_words(words, card):
        if command.what != card_commands.DEFAULT:  # its gateway is in no network of the card, so it fails
            return card if command.taken == "card" else command.taken, f"it {card_commands.SAID[command.what]}"
    if name in ("systemctl", "service"):
        verb, named = _of_systemctl(name, rest)
        unit = next((_stem(each) for each in named if _stem(each) in needed), "") if verb in _TAKES_AWAY else ""
        return (unit, f"{unit} does not stay started") if unit else ("", "")
    if set(_NOLOGIN) & set(taken_files.written(words)):
        return "nologin", "nobody but root may log in while this file is there"
    return "", ""


def _of_systemctl(name, rest):
    """Return (verb, [unit]) of the words of systemctl or service."""
    plain = [word for word in rest if not word.startswith("-")]
    return (plain[1] if plain[1:] else "", plain[:1]) if name == "service" else (plain[0] if plain else "", plain[1:])


def _brought_back(words):
    """Return what a command brings back ([str]), as of cut."""
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    if name in ("systemctl", "service"):
        verb, named = _of_systemctl(name, rest)
        return [_stem(unit) for unit in named] if verb in _BRINGS_BACK else []
    if name == "ip" and "up" in rest or name in ("ifup", "ifconfig"):
        return [word for word in rest if word not in ("up", "dev")]
    if name == "ip" and {"add", "replace"} & set(rest) and "default" in rest and "via" in rest:
        return ["route"]
    if name == "rm" and set(_NOLOGIN) & set(rest):
        return ["nologin"]
    return rest if name == "modprobe" and not {"-r", "--remove"} & set(rest) else []


def _stem(unit):
    return re.sub(r"\.(service|socket)$", "", unit)


def firewalls(context, runs):
    """Return [(BootCommand, what it does)] of rules that the commands of one place load, and that keep the platform or SSH away."""
    found, changes, statements = [], [], []
    for run in runs:
        words = boot_commands.words_of(run.command)
        name = posixpath.basename(words[0]) if words else ""
        if name == "nft" and set(words) & {"-f", "--file"}:
            path = words[(words.index("-f") if "-f" in words else words.index("--file")) + 1 :][:1]
            hooks = nftables.hooks(context.tree, path[0]) if path and context.tree.is_file(path[0]) else []
            found += [(run, f"it keeps the platform or SSH away: {place[2]}") for place in _away(hooks)[:1]]
        elif re.match(r"iptables(-legacy|-nft)?-restore$", name) and not set(words) & {"-n", "--noflush", "-t", "--test"}:
            path = next((word.lstrip("<") for word in words[1:] if word.lstrip("<").startswith("/")), "")
            found += [(run, f"it keeps the platform or SSH away: {place[2]}") for place in _of_saved(context, path)[:1]]
        elif name == "nft":
            statements.append((run, " ".join(shlex.split(run.command)[1:])))
        elif re.match(r"iptables(-legacy|-nft)?$", name):
            changes.append((run, [word for word in words[1:] if word not in ("-w", "--wait", "-4")]))
    written = sum(len(re.findall(r"\biptables\b", text.partition("#")[0])) for _number, text in context.lines(runs[0].path)) if changes else 0
    found += _of_nft(context.tree, statements)
    # of which a part stands in a condition or a variable, nothing is known
    if written != len(changes) or any("$" in word for _run, words in changes for word in words):
        return found
    return found + [(run, "it keeps the platform or SSH away") for run in _of_iptables(changes)]


def _away(hooks):
    result = loaded.Loaded(hooks, [])
    return loaded.keeps_platform_away(result) + loaded.keeps_ssh_away(result, [_SSH])


def _of_saved(context, path):
    """Return the places of the rules in a file (str, "" for none) of iptables-save that keep the platform or SSH away."""
    try:
        return _away(iptables.hooks(path, context.text(path))) if path else []
    except ImagewrightError:
        return []


def _of_nft(tree, statements):
    """Return [(BootCommand, what it does)] of ``nft add rule ...``, behind the rules that the boot loads. statements: [(BootCommand, what nft is told)]."""
    if not statements or any("$" in text for _run, text in statements):
        return []
    before = [f'include "{path}"' for path in loaded.nftables_files(tree)]
    try:
        hooks = nftables.hooks_of(tree, "", "\n".join(before + [text for _run, text in statements]) + "\n")
    except ImagewrightError:
        return []
    lines = sorted({line - 1 - len(before) for path, line, _text in _away(hooks) if not path and line > len(before)})
    return [(statements[line][0], "it keeps the platform or SSH away") for line in lines]


def _of_iptables(changes):
    """Return the [BootCommand] after which packets of the platform or of SSH are dropped. changes: [(BootCommand, [str], words behind iptables)]."""
    saved = ["*filter", ":INPUT ACCEPT", ":OUTPUT ACCEPT"]
    first = len(saved)
    for _run, words in changes:
        table = words[words.index("-t") + 1] if "-t" in words[:-1] else "filter"
        words = [word for position, word in enumerate(words) if word != "-t" and (not position or words[position - 1] != "-t")]
        line = ""
        if words[:1] in (["-P"], ["--policy"]) and words[2:]:
            line = f":{words[1]} {words[2]}"
        elif words[:1] in (["-F"], ["--flush"]) and table == "filter":
            saved = [text if not text.startswith("-") or words[1:] and text.split()[1] != words[1] else "" for text in saved]
        elif words[:1] in (["-A"], ["-I"], ["--append"], ["--insert"]) and words[1:]:
            line = " ".join([words[0], words[1]] + (words[3:] if words[2:] and words[2].isdigit() else words[2:]))
        saved.append(line if table == "filter" else "")
    try:
        places = _away(iptables.hooks("", "\n".join(saved)))
    except ImagewrightError:
        return []
    return [changes[number - 1 - first][0] for number in sorted({place[1] for place in places}) if number > first]


RULES = [stays_reachable]
