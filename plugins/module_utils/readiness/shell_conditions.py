# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of a shell's lines of which the image tells how they end: a program that is nowhere, a directory of a package, a group of the user.

PRIVATE: module_utils of this collection are not an interface.
Source: bash(1); test(1); grep(1). What the first boot may make, or another user may be, is not decided.
"""

import collections
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import command_results, programs

#: Where and for whom lines are run. tree; groups: {str} of who logs in, None when they are not known; text: str, all that was read before, which may define a
#: function, an alias or a directory of programs.
Surroundings = collections.namedtuple("Surroundings", "tree groups text")

#: A line ``TEST && COMMANDS``, or ``||``. is_or: bool; commands: [str].
ShellCondition = collections.namedtuple("ShellCondition", "test is_or commands")

_LINE = re.compile(r"((?:[^&|]|\|(?!\|)|&>|>&)+?)\s*(&&|\|\|)\s*(\{\s.*\s?\}|[^&|{}()]+(?:\d?>&\d|&>)?[^&|{}()]*)\s*;?\s*")
_SHORT_IF = re.compile(r"if\s+(.+?)\s*;\s*then\s+(.+?)\s*;?\s*fi\s*;?\s*")
_IF = re.compile(r"if\s+(.+?)\s*;\s*then\s*")
_INNER = re.compile(r"(?:if|while|until|for|case|else|elif|then|do)\b|.*\{\s*$")
_MOST_LINES = 20
_LONGEST = 2000  # bytes of a line that a person writes
_SILENCED = re.compile(r"\s*(?:&>>?|\d?>>?)\s*(?:/dev/null|&\d)")
_NAME = r"[A-Za-z_][\w.+-]*"
_LOOKED_UP = re.compile(rf"(?:command\s+-[vV]|which|type(?:\s+-[pPt])?|hash)\s+({_NAME})\s*")
_TESTED = re.compile(r"(?:test\s+(.+)|\[\s+(.+)\s+\]|\[\[\s+(.+)\s+\]\])\s*")
_OF_FILE = re.compile(r"(-[edfrsx])\s+(/[\w./+-]+)")
_ENTERED = re.compile(r"(cd|pushd|\.|source)\s+[\"']?(/[\w./+-]+)[\"']?")
#: What every session of a new user over SSH has, and of whom it is: a number from 1000 on, and another name than root's.
_OF_SSH = re.compile(r"(-n|-z)\s+\"?\$\{?SSH_(?:CONNECTION|CLIENT|TTY)\}?\"?")
_OF_NUMBER = re.compile(r"\"?(?:\$\(id\s+-u\)|`id\s+-u`|\$E?UID|\$\{E?UID\})\"?\s+(-ne|!=|-gt|-ge|-eq|==?|-lt|-le)\s+\"?(\d{1,4})\"?")
_OF_NAME = re.compile(r"\"?(?:\$USER|\$LOGNAME|\$\{(?:USER|LOGNAME)\}|\$\((?:whoami|id\s+-un)\)|`(?:whoami|id\s+-un)`)\"?\s+(!=|==?)\s+[\"']?root[\"']?")
_FIRST_NUMBER = 1000
_COUNTED = re.compile(r"\"?\$\(.*\|\s*wc\s+-l\s*\)\"?\s+-ge\s+0")
_OF_GROUPS = re.compile(r"(?:id(?:\s+-\w+)*|groups)(?:\s+\"?\$\{?(?:USER|LOGNAME)\}?\"?)?\s*\|\s*[ef]?grep\s+((?:-[qwx]+\s+)*)([\"']?)([\w-]+)\2\s*")
_CALLED = re.compile(rf"({_NAME}|/[\w./+-]+)(?:\s+[^|&;<>(){{}}=`$]*)?")
#: Where packages put what is there, and a boot puts nothing; what the platform installs later.
_OF_PACKAGES, _LATER = ("/usr/", "/opt/", "/bin/", "/sbin/", "/lib/"), ("/usr/local/", "/opt/microsoft")
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/games", "/usr/local/games", "/snap/bin", "/opt/bin")
_OF_BASH = frozenset(
    re.findall(
        r"\w+",
        "alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs disown do done echo elif else enable esac "
        "eval exec exit export false fc fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd "
        "read readarray readonly return select set shift shopt source suspend test then time times trap true type typeset "
        "ulimit umask unalias unset until wait while",
    )
)


def joined(lines):
    """Return the lines ([(number, text)]) with each plain if of theirs as one line ``TEST && { COMMAND; ... }``, as far as that says the same."""
    found, position = [], 0
    while position < len(lines):
        number, text = lines[position]
        short, match = _SHORT_IF.fullmatch(text.strip()), _IF.fullmatch(text.strip())
        body = _body(lines, position + 1) if match else None
        if short and not re.search(r"\b(?:else|elif|if|then)\b", short.group(2)):
            text = f"{short.group(1)} && {{ {short.group(2)}; }}"
        elif body is not None:
            text = f"{match.group(1)} && {{ {'; '.join(body)}; }}"
            position += len(body) + 1
        found.append((number, text))
        position += 1
    return found


def _body(lines, start):
    """Return the commands ([str]) up to the next fi, None where one of them is more than a command, or a line is empty or a comment."""
    found = []
    for _number, text in lines[start : start + _MOST_LINES]:
        words = text.strip()
        if words == "fi":
            return found or None
        if not words or words.startswith("#") or _INNER.match(words) or words.count('"') % 2 or words.count("'") % 2 or words.endswith(("\\", "|", "&")):
            return None
        found.append(words.rstrip(";"))
    return None


def condition(line):
    """Return the ShellCondition that a line (str) is, None of any other."""
    match = _LINE.fullmatch(line) if len(line) <= _LONGEST else None
    if not match:
        return None
    then = match.group(3).strip()
    inner = then[1:-1] if then.startswith("{") else then
    plain = re.sub(r"\"[^\"]*\"|'[^']*'", lambda quoted: quoted.group().replace(";", "\0"), inner)
    if re.search(r"&&|\|\|", plain):
        return None
    return ShellCondition(match.group(1).strip(), match.group(2) == "||", [part.replace("\0", ";").strip() for part in plain.split(";") if part.strip()])


def holds(condition_of, around):
    """Return whether the commands of a ShellCondition are run for everybody; around: Surroundings."""
    return result(condition_of.test, around) is (not condition_of.is_or)


def result(test, around):
    """Return whether a test (str) succeeds; None where it cannot be told."""
    test = _SILENCED.sub("", test).strip()
    if test.startswith("! "):
        inner = result(test[2:], around)
        return None if inner is None else not inner
    looked_up, tested, of_groups, called = (pattern.fullmatch(test) for pattern in (_LOOKED_UP, _TESTED, _OF_GROUPS, _CALLED))
    if test in ("true", ":", "false"):
        return test != "false"
    if looked_up:
        return is_program(looked_up.group(1), around)
    if tested:
        return _of_test(next(filter(None, tested.groups())), around.tree)
    entered = _ENTERED.fullmatch(test)
    if entered:
        return _of_path("-d" if entered.group(1) in ("cd", "pushd") else "-f", entered.group(2), around.tree)
    if of_groups:
        return _of_groups(of_groups, around.groups)
    return False if called and is_program(called.group(1), around) is False else None


def result_for_root(test, tree):
    """Return whether a test (str) of a script that root runs at the boot succeeds; None where it cannot be told, as of what the boot may make."""
    test = _SILENCED.sub("", test).strip()
    if test.startswith("! "):
        inner = result_for_root(test[2:], tree)
        return None if inner is None else not inner
    looked_up, tested = _LOOKED_UP.fullmatch(test), _TESTED.fullmatch(test)
    if test in ("true", ":", "false"):
        return test != "false"
    if looked_up:
        return is_program(looked_up.group(1), Surroundings(tree, None, ""))
    words = next(filter(None, tested.groups()), "").replace('"', "").replace("'", "").strip() if tested else ""
    negated, match = words.startswith("! "), _OF_FILE.fullmatch(words[2:].strip() if words.startswith("! ") else words)
    if match is None or not match.group(2).startswith(_OF_PACKAGES) or match.group(2).startswith(_LATER) or not programs.is_whole_system(tree):
        return None
    passed = command_results.passes(tree, match.group(1), match.group(2))
    return passed if passed is None else passed is not negated


def is_program(name, around):
    """Return whether a name or a path is one of a program: True, False, or None where it cannot be told."""
    if name in _OF_BASH or not programs.is_whole_system(around.tree):
        return True if name in _OF_BASH else None
    if name.startswith("/"):
        return _of_path("-e", name, around.tree)
    folders = _FOLDERS + tuple(re.findall(r"[=:\"](/[\w./-]+)", "\n".join(text for text in around.text.split("\n") if "PATH" in text)))
    for folder in folders:
        status = around.tree.stat(f"{folder}/{name}")
        if status is not None:
            return True if stat.S_ISREG(status.mode) and status.mode & stat.S_IXOTH else None
    return None if re.search(rf"(?:^|[\s;]){re.escape(name)}\s*\(\)|(?:alias|function)\s+{re.escape(name)}\b", around.text) else False


def _of_test(words, tree):
    if words.startswith("! "):
        inner = _of_test(words[2:].strip(), tree)
        return None if inner is None else not inner
    of_session = _of_session(words)
    if of_session is not None:
        return of_session
    match = _OF_FILE.fullmatch(words.replace('"', "").replace("'", "").strip())
    return _of_path(match.group(1), match.group(2), tree) if match else True if _COUNTED.fullmatch(words) else None


def _of_session(words):
    """Return the result of a test for what every session of a new user has, None of any other test."""
    of_ssh, of_number, of_name = _OF_SSH.fullmatch(words), _OF_NUMBER.fullmatch(words), _OF_NAME.fullmatch(words)
    if of_ssh:
        return of_ssh.group(1) == "-n"
    if of_name:
        return of_name.group(1) == "!="
    if of_number:
        sign, number = of_number.group(1), int(of_number.group(2))
        if number < _FIRST_NUMBER:
            return sign in ("-ne", "!=", "-gt", "-ge")
        return {"-ge": True, "-lt": False}.get(sign) if number == _FIRST_NUMBER else None
    return None


def _of_path(sign, path, tree):
    """Return whether a path of a package passes a test for a file, None of any other path."""
    if not path.startswith(_OF_PACKAGES) or path.startswith(_LATER) or not programs.is_whole_system(tree):
        return None
    # whether it may be read, or run, is another thing for a user than for root
    passed = command_results.passes(tree, sign, path)
    return passed if passed is False or sign in ("-e", "-d", "-f") else None


def _of_groups(match, groups):
    """Return False when none of the groups has the word that grep looks for; that another user is in it cannot be told."""
    options, word = match.group(1), match.group(3)
    is_whole = "w" in options or "x" in options
    return None if groups is None or any(word == group or word in group and not is_whole for group in groups) else False
