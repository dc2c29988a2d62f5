# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a login runs before the user's first command: whether one of them ends the session, or never ends itself.

PRIVATE: module_utils of this collection are not an interface.
Source: bash(1), INVOCATION, PROMPT_COMMAND, trap, set; sshd(8), SSHRC: what /etc/ssh/sshrc exits with counts for nothing, and sshd waits for its end;
newgrp(1) and su(1), which ask for a password that nobody has; update-motd(5). Each was tried with bash 5.2, those of zsh with zsh 5.9.
"""

import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands, other_shells, shell_aliases, shell_conditions, shell_kinds
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import commands_of, unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import pam

_SSHRC, _PROFILE, _SKELETON = "/etc/ssh/sshrc", shell_kinds.PROFILE, shell_kinds.SKELETON
_MOTD_SCRIPTS, _MOTD_MODULES = "/etc/update-motd.d", ("/usr/lib/*-linux-*/security/pam_motd.so", "/lib/*-linux-*/security/pam_motd.so")
_MOST_MODULE = 1024 * 1024  # bytes; a real one has some 20 KiB
#: The names that run-parts --lsbsysinit runs.
_RUN_PARTS = re.compile(r"[A-Za-z0-9_-]+")
#: Programs that are no session, and end.
_NO_SHELL = r"(?:false|true|nologin|echo|printf|cat|sleep|date|uptime|logout|exit)"
_BIN = r"(?:/usr)?(?:/s?bin/)?"
#: bash takes no TERM while it reads its files, but sshd's own process above it does.
_KILLED = r"kill\s+(?:-(?:s\s+)?(?:SIG)?(?:KILL|HUP|9|1)\s+[\"']?\$\$|(?:-\S+\s+)*[\"']?\$(?:PPID|\{PPID\}))"
_LEAVES = rf"(?:exit|logout)\b|exec\s+{_BIN}{_NO_SHELL}(?:\s|$)|{_KILLED}|suspend\s+-f"
_ENDS = re.compile(
    rf"{_LEAVES}|exec\s+(?:[^<]*\s)?0?<\s*(?:/dev/null\b|&-)|exec\s+{_BIN}(?:su|runuser|login)(?:\s|$)"
    rf"|(?:(?:export|readonly|(?:declare|typeset)(?:\s+-\w+)*)\s+)?PROMPT_COMMAND=[\"']?(?:{_LEAVES})|trap\s+(?:--\s+)?[\"']?(?:{_LEAVES}).*\sDEBUG\b"
)
#: zsh goes on without its input, and knows no PROMPT_COMMAND.
_ENDS_ZSH = re.compile(rf"{_LEAVES}|exec\s+{_BIN}(?:su|runuser|login)(?:\s|$)|trap\s+(?:--\s+)?[\"']?(?:{_LEAVES}).*\sDEBUG\b")
#: A shell that cannot run the program of an exec ends while it reads its files; one that writes nowhere shows nothing.
_RUN = re.compile(r"exec\s+(?:-[la]+\s+)?([A-Za-z0-9_./-]+)(?:\s+[^|&;<>(){}=`$]*)?")
_SILENT = re.compile(r"exec\s+(?:\d?>&?\d\s+)*(?:&|1)?>>?\s*(?!/dev/(?:tty|std|pts|fd)|/proc/self/)(/[\w./-]+)(?:\s+\d?>&?\S+)*\s*")
_NEW_GROUP = re.compile(rf"exec\s+{_BIN}(?:newgrp|sg)\s+(?:-l?\s+)?([A-Za-z_][\w.-]*)")
#: In a file that root's shell reads, too, it comes back to it.
_AGAIN = re.compile(rf"exec\s+{_BIN}sudo\s+(?:-i|--login|{_BIN}su\s+(?:-|-l|--login))\s*$")
_ENDLESS = re.compile(r"(?:while\s+(?::|true)|until\s+false)\s*;(?!.*\b(?:break|exit|return|exec)\b).*\bdone\b")
#: A shell of its own that reads the same files again.
_LOGIN_SHELL = re.compile(rf"exec\s+(?:-l\s+{_BIN}(?:bash|sh|dash)\b|{_BIN}(?:bash\s+(?:-[a-z]*l[a-z]*|--login)|(?:sh|dash)\s+-[a-z]*l[a-z]*)(?:\s|$))")
_ZSH_AGAIN = re.compile(rf"exec\s+(?:(?P<login>-l)\s+{_BIN}zsh\b|{_BIN}zsh(?:\s+-i)?(?P<flag>\s+(?:-[a-z]*l[a-z]*|--login))?\s*$)")
_SAME_SHELL = re.compile(rf"exec\s+{_BIN}bash(?:\s+-i)?\s*$")
#: Limits of a shell with which it starts no program, or none that runs: a number less than this, as ulimit takes it.
_LIMIT = re.compile(r"ulimit\s+(?:-[HS]*S[HS]*\s+)?-[HS]*([uvnds])\s+(\d+)\s*$")
_HARD = re.compile(r"ulimit\s+-H\w?\b")
_LEAST = {"u": 5, "v": 2048, "n": 5, "d": 128, "s": 16}
_ENVIRONMENT, _PROMPT = "/etc/environment", re.compile(rf"(?:export\s+)?PROMPT_COMMAND=[\"']?(?:{_LEAVES})")
_STOPS_AT_FAULTS, _GOES_ON = re.compile(r"set\s+(?:-[A-Za-z]*e[A-Za-z]*\b|.*-o\s+errexit)"), re.compile(r"set\s+(?:\+[A-Za-z]*e|\+o\s+errexit)")
_JOINS = re.compile(r"&&|\|")
_SOURCES = re.compile(r"(?:\.|source)\s+[\"']?(~|\$HOME|\$\{HOME\})?(/[\w./-]+)[\"']?\s*")
_READS = re.compile(r"(?m)(?:^|[\s;])(?:\.|source)[ \t]+[\"']?(/[\w./-]+)")
_RETURNS, _IS_INTERACTIVE = re.compile(r"\b(?:return|exit)\b"), re.compile(r"PS1|\$-|^\s*\*\)\s*return")


def ending(context, groups=None):
    """Return the [Evidence] of each line of the files that every login reads first, which ends the session whatever is the case, or never ends.

    groups: {str} of who logs in, None when they are not known.
    """
    shell = shell_kinds.kind(context)
    paths, own = shell_kinds.files(context, shell)
    if shell in (shell_kinds.FISH, shell_kinds.CSH):
        return other_shells.ending(context, shell, paths) + _endless(context, [_SSHRC] + _of_motd(context), {})
    around = shell_conditions.Surroundings(context.tree, groups, _all_text(context, [_ENVIRONMENT] + paths))
    lines = {path: unguarded(shell_conditions.joined(context.lines(path))) for path in paths}
    known = shell_aliases.called(lines)
    ends = _ENDS_ZSH if shell == shell_kinds.ZSH else _ENDS
    found = [
        Evidence(path, number, f"{words}: it ends every login")
        for path in paths
        for number, words in lines[path]
        if _ends(known.get((path, number), words), ends, around, path not in own)
    ]
    found += [evidence for path in paths for evidence in (_at_a_fault(path, lines[path], around) if shell != shell_kinds.ZSH else [])]
    found += _circles(context, lines)
    found += [
        Evidence(path, number, f"{words}: {cause}")
        for path in paths
        for number, words in lines[path]
        for cause in [next(filter(None, (_hinders(command, path, shell, around) for command in commands_of(words))), "")]
        if cause
    ]
    found += _of_environment(context) if shell == shell_kinds.BASH else []
    return found + _endless(context, [_SSHRC] + paths + _of_motd(context), lines)


def _endless(context, paths, lines):
    """Return the [Evidence] of the lines of files that have no end; lines: {path: as of unguarded} of those that are read already."""
    return [
        Evidence(path, number, f"{words}: every login waits for its end, and it has none")
        for path in paths
        for number, words in lines.get(path) or unguarded(context.lines(path))
        if any(_never_ends(command) for command in commands_of(words))
    ]


def _all_text(context, paths):
    """Return the text (str) of files, and of those that they have the shell read."""
    texts = [context.text(path) for path in paths]
    inner = {match.group(1) for text in texts for match in _READS.finditer(text)} - set(paths)
    return "\n".join(texts + [context.text(path) for path in sorted(inner)])


def _ends(words, ends, around, is_of_all):
    """Return whether a line ends the session; ends: pattern of commands; is_of_all: bool, root's shell reads it, too."""
    condition = shell_conditions.condition(words)
    commands = condition.commands if condition and shell_conditions.holds(condition, around) else commands_of(words)
    return any(ends.match(command) or is_of_all and _AGAIN.match(command) or _is_foreign(command, around.groups) for command in commands)


def _hinders(command, path, shell, around):
    """Return why (str) a command of a file that a kind of shell reads leaves a session no way to do anything, "" of any other."""
    again = _ZSH_AGAIN.match(command) if shell == shell_kinds.ZSH else None
    if again and (again.group("login") or again.group("flag") or path.endswith(("zshrc", "zshenv"))):
        return "the new shell reads this file again, and so on without end"
    if shell != shell_kinds.ZSH and (_LOGIN_SHELL.match(command) or path.endswith("bashrc") and _SAME_SHELL.match(command)):
        return "the new shell reads this file again, and so on without end"
    run, silent = _RUN.fullmatch(command), _SILENT.fullmatch(command)
    if run and shell_conditions.is_program(run.group(1), around) is False:
        return f"there is no {run.group(1)}, and the shell ends"
    if silent:
        return f"all that the session writes goes to {silent.group(1)}, and nobody sees it"
    limit = _LIMIT.match(command) if shell != shell_kinds.ZSH else None
    if limit and not _HARD.match(command) and int(limit.group(2)[:12]) < _LEAST[limit.group(1)]:
        return "no program runs with so little"
    return ""


def _of_environment(context):
    """Return the [Evidence] of a command of /etc/environment with which bash ends at its first prompt, where pam_env gives it to every session."""
    lines = pam.stack(context.tree, "sshd")[0] if pam.service_path(context.tree, "sshd") else []
    if not any(line.module == "pam_env.so" and "readenv=0" not in line.arguments for line in lines):
        return []
    return [
        Evidence(_ENVIRONMENT, number, f"{text.strip()}: it ends every login") for number, text in context.lines(_ENVIRONMENT) if _PROMPT.match(text.strip())
    ]


def _is_foreign(command, groups):
    """Return whether a command takes on a group that who logs in is not in."""
    match = _NEW_GROUP.match(command)
    return bool(match) and groups is not None and match.group(1) not in groups


def _never_ends(command):
    return not command.endswith("&") and (boot_commands.never_ends(command) or bool(_ENDLESS.match(command)))


def _at_a_fault(path, lines, around):
    """Return the [Evidence] of a command that fails where the shell was told to end with the first that does (set -e)."""
    stops = False
    for number, words in lines:
        for command in commands_of(words):
            stops = bool(_STOPS_AT_FAULTS.match(command)) or stops and not _GOES_ON.match(command)
            if stops and not _JOINS.search(command) and shell_conditions.result(command, around) is False:
                return [Evidence(path, number, f"{words}: it fails, and the shell of every login ends with it (set -e)")]
    return []


def _circles(context, lines):
    """Return the [Evidence] of a line by which files that a login reads have each other read without end; lines: {path: [(number, words)]}."""
    read = {path: _read_by(context, path, lines[path], set(lines)) for path in lines}
    if _PROFILE in read and "/etc/profile.d" in context.text(_PROFILE):
        read[_PROFILE] += [(None, path) for path in lines if path.startswith("/etc/profile.d/")]
    return [
        Evidence(path, number, f"it reads {target}, which comes back to it without end")
        for path in lines
        for number, target in read[path]
        if number and _reaches(read, target, path)
    ]


def _read_by(context, path, lines, known):
    """Return [(line, path)] of the files of known ({str}) that a file has the shell read whatever is the case."""
    guards = [number for number, text in context.lines(path) if _RETURNS.search(text.partition("#")[0]) and not _IS_INTERACTIVE.search(text)]
    found = []
    for number, words in lines:
        condition = shell_conditions.condition(words)
        for command in condition.commands if condition and not condition.is_or else commands_of(words):
            match = _SOURCES.fullmatch(command)
            target = (_SKELETON if match.group(1) else "") + match.group(2) if match else ""
            is_asked = condition is None or target and re.fullmatch(rf"(?:\[+|test)\s+-[efrs]\s+\S*{re.escape(match.group(2))}\S?\s*\]*", condition.test)
            if target in known and context.tree.is_file(target) and is_asked and not any(guard < number for guard in guards):
                found.append((number, target))
    return found


def _reaches(read, start, end):
    """Return whether one file has the shell read another, by way of others or itself."""
    seen, pending = set(), [start]
    while pending:
        path = pending.pop()
        if path == end:
            return True
        if path not in seen:
            seen.add(path)
            pending += [target for _number, target in read.get(path, ())]
    return False


def _of_motd(context):
    """Return the paths ([str]) of the scripts that pam_motd runs at each login, where it is one that does."""
    tree = context.tree
    asked = pam.stack(tree, "sshd")[0] if pam.service_path(tree, "sshd") else []
    is_asked = any(line.module == "pam_motd.so" and "noupdate" not in line.arguments for line in asked)
    modules = [path for pattern in _MOTD_MODULES for path in (tree.glob(pattern) if is_asked else [])]
    if not any(_MOTD_SCRIPTS.encode("ascii") in tree.read_bytes(path, _MOST_MODULE) for path in modules):
        return []
    paths = [f"{_MOTD_SCRIPTS}/{name}" for name in (tree.listdir(_MOTD_SCRIPTS) if tree.is_dir(_MOTD_SCRIPTS) else []) if _RUN_PARTS.fullmatch(name)]
    return [path for path in paths if tree.is_file(path) and tree.stat(path).mode & stat.S_IXUSR and tree.read_bytes(path, 2) == b"#!"]
