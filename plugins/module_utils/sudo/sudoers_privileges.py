# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user specifications of sudoers give: users, commands, and whether a password is asked for.

Source: sudoers(5), "SUDOERS FILE FORMAT".

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_aliases, sudoers_lines

#: One command of a user specification. users, runas: [(negated, word)], runas None when none is written; password: bool, asked for;
#: negated: bool and command: str, the command word; noexec: bool, the command may start no other; timeout: int, seconds that it may take, or None.
Privilege = collections.namedtuple("Privilege", "users runas password negated command noexec timeout")

_TAGS = re.compile(r"(NO)?(EXEC|FOLLOW|INTERCEPT|LOG_INPUT|LOG_OUTPUT|MAIL|PASSWD|SETENV)\Z")

_OPTIONS = re.compile(r"(ROLE|TYPE|PRIVS|LIMITPRIVS|APPARMOR_PROFILE|TIMEOUT|NOTBEFORE|NOTAFTER|CWD|CHROOT)\Z")

_TIME = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.IGNORECASE)

_TOKEN = re.compile(r'(?:%:?|\+)?(?:"(?:[^"\\]|\\.)*(?:"|\Z)|(?:[^\s"=,():!\\]|\\.)+)|[=,():!]')


def privileges(line):
    """Return what a user specification gives ([Privilege]); [] for every other line."""
    text = line.clean.strip("\ufeff \t")
    if not text or sudoers_lines.include(line) or re.match(r"Defaults|(User|Runas|Host|Cmnd|Cmd)_Alias\s", text):
        return []
    tokens = _TOKEN.findall(text)
    users, position = _user_list(tokens)
    found = []
    while position < len(tokens):
        if tokens[position] == "=":
            more, position = _commands(users, tokens, position + 1)
            found += more
        else:
            position += 1
    return found


def seconds(text):
    """Return the seconds (int) of a time of sudoers (str: ``90``, ``1m30s``), None of none or of 0, which is no limit."""
    match = _TIME.fullmatch(text)
    parts = [int(number or 0) for number in match.groups()] if match else [0]
    return sum(number * unit for number, unit in zip(parts, (86400, 3600, 60, 1))) or None


def fault(line):
    """Return what sudo's parser stops at in a Line (str), None when that is nothing which is looked for here: an alias or a rule that is cut off.

    sudo before 1.9.3 refuses to work for one such line, later ones leave it out.
    """
    text = line.clean.strip("\ufeff \t\n\r")
    if not text or sudoers_lines.include(line) or text.startswith("Defaults"):
        return None
    if sudoers_aliases.ALIAS.match(text):
        definitions = re.split(r"(?<!\\):(?=\s*[A-Z][A-Z0-9_]*\s*=)", sudoers_aliases.ALIAS.match(text).group(2))
        return None if all(re.match(r"\s*[A-Z][A-Z0-9_]*\s*=\s*\S", each) for each in definitions) else "an alias without a name or a member"
    tokens = _TOKEN.findall(text)
    if "=" not in tokens:
        return "a rule without ="
    before, behind = tokens[: tokens.index("=")], tokens[tokens.index("=") + 1 :]
    words = [token for token in before if token != "!"]
    if sum(1 for one, other in zip(words, words[1:]) if not {one, other} & {",", ":"}) > 1:
        return "more than users and hosts before ="
    if behind[:1] == ["("]:
        if ")" not in behind:
            return "( is not closed"
        behind = behind[_index(behind, ")", 0) + 1 :]
    return None if behind else "a rule without a command"


def _user_list(tokens):
    """Return ([(negated, word)] up to the first word that no comma joins, the position (int) behind it)."""
    for index, token in enumerate(tokens):
        if token not in ("!", ",") and tokens[index + 1 : index + 2] != [","]:
            return _members(tokens[: index + 1]), index + 1
    return _members(tokens), len(tokens)


def _members(tokens):
    """Return the words of a list ([(negated, word)])."""
    members, negated = [], False
    for token in tokens:
        if token == "!":
            negated = not negated
        elif token != ",":
            members.append((negated, token.strip('"')))
            negated = False
    return members


def _commands(users, tokens, position):
    """Return ([Privilege] from a position (int) of the tokens up to the next host list, the position of that)."""
    found, runas, password, negated, command = [], None, True, False, None
    noexec, timeout = False, None
    while position < len(tokens):
        token, following = tokens[position], tokens[position + 1 : position + 2]
        if token == "(":
            close = _index(tokens, ")", position)
            # groups behind the colon, or nothing at all, leave the invoking user
            runas = _members(" ".join(tokens[position + 1 : close]).partition(":")[0].split())
            position = close
        elif command is None and _TAGS.match(token) and following == [":"]:
            password = {"PASSWD": True, "NOPASSWD": False}.get(token, password)
            noexec = {"EXEC": False, "NOEXEC": True}.get(token, noexec)
            position += 1
        elif command is None and _OPTIONS.match(token) and following == ["="]:
            timeout = seconds("".join(tokens[position + 2 : position + 3])) if token == "TIMEOUT" else timeout
            position += 2
        elif token == "!" and command is None:
            negated = not negated
        elif token == ":":
            break
        elif token == ",":
            negated, command = False, None
        elif command is None:
            command = token
            found.append(Privilege(users, runas, password, negated, command, noexec, timeout))
        position += 1
    return found, position + 1


def _index(tokens, token, position):
    """Return where a token is next, from a position on (int); behind the last one where it is not."""
    try:
        return tokens.index(token, position)
    except ValueError:
        return len(tokens)
