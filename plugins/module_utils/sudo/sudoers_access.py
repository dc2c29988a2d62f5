# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may become root by a sudoers tree, and by other ways.

Source: sudoers(5), "SUDOERS FILE FORMAT"; the last entry that matches wins.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_lines

#: One command of a user specification. users, runas: [(negated, word)], runas None when none is written; password: bool, asked for;
#: negated: bool and command: str, the command word.
Privilege = collections.namedtuple("Privilege", "users runas password negated command")

#: Who may run everything as root. user: str as written (``bob``, ``%wheel``, ``ALL``); password: bool; path, line: where.
Grant = collections.namedtuple("Grant", "user password path line")

#: An option by which sudo asks for another account's password. option: ``targetpw``, ``rootpw`` or ``runaspw``; path, line: where.
OtherPassword = collections.namedtuple("OtherPassword", "option path line")

#: The aliases that may stand in a `Defaults` entry of each kind.
_BOUND_TO = {":": "User", "@": "Host", ">": "Runas", "!": "Cmnd"}

#: More than a system's aliases stand for, however they are nested.
MOST_WORDS = 100000

_TAGS = re.compile(r"(NO)?(EXEC|FOLLOW|INTERCEPT|LOG_INPUT|LOG_OUTPUT|MAIL|PASSWD|SETENV)\Z")
_OPTIONS = re.compile(r"(ROLE|TYPE|PRIVS|LIMITPRIVS|APPARMOR_PROFILE|TIMEOUT|NOTBEFORE|NOTAFTER|CWD|CHROOT)\Z")
_TOKEN = re.compile(r'(?:%:?|\+)?(?:"(?:[^"\\]|\\.)*(?:"|\Z)|(?:[^\s"=,():!\\]|\\.)+)|[=,():!]')
_ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)", re.DOTALL)


def grants(entries):
    """Return the Grants ([Grant]) that hold after all entries, in the order in which they were given.

    entries: [(path, sudoers_lines.SudoersLine)], as sudoers.entries gives them.
    """
    aliases = _aliases(entries)
    granted = collections.OrderedDict()
    for path, line in entries:
        for privilege in privileges(line):
            if not _is_everything(privilege, aliases) or not _as_root(privilege.runas, aliases):
                continue
            for negated, user in _expanded(privilege.users, aliases):
                if negated or privilege.negated:
                    granted.pop(user, None)
                    if user == "ALL":
                        granted.clear()
                else:
                    granted.pop(user, None)
                    granted[user] = Grant(user, privilege.password, path, line.number)
    return list(granted.values())


def asks_other_password(entries):
    """Return the OtherPassword that sudo asks everybody for who wants to be root, or None."""
    return next(iter(other_passwords(entries)), None)


def other_passwords(entries):
    """Return the OtherPasswords ([OtherPassword]) that are on for everybody after all entries; one that is turned off later is off."""
    aliases = _aliases(entries)
    states = collections.OrderedDict.fromkeys(sudoers_lines.OTHER_PASSWORDS)
    for path, line in _in_effect(entries):
        for _start, _end, name, is_on in sudoers_lines.defaults_items(line):
            if name in states and _is_for_everybody(sudoers_lines.binding(line), aliases):
                states[name] = OtherPassword(name, path, line.number) if is_on else None
    return [state for state in states.values() if state]


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


def fault(line):
    """Return what sudo's parser stops at in a Line (str), None when that is nothing which is looked for here: an alias or a rule that is cut off.

    sudo before 1.9.3 refuses to work for one such line, later ones leave it out.
    """
    text = line.clean.strip("\ufeff \t\n\r")
    if not text or sudoers_lines.include(line) or text.startswith("Defaults"):
        return None
    if _ALIAS.match(text):
        definitions = re.split(r"(?<!\\):(?=\s*[A-Z][A-Z0-9_]*\s*=)", _ALIAS.match(text).group(2))
        return None if all(re.match(r"\s*[A-Z][A-Z0-9_]*\s*=\s*\S", each) for each in definitions) else "an alias without a name or a member"
    tokens = _TOKEN.findall(text)
    if "=" not in tokens:
        return "a rule without ="
    behind = tokens[tokens.index("=") + 1 :]
    if behind[:1] == ["("]:
        if ")" not in behind:
            return "( is not closed"
        behind = behind[_index(behind, ")", 0) + 1 :]
    return None if behind else "a rule without a command"


def ways_to_root(tree, entries):
    """Return how somebody can become root ([str], for people): a grant that reaches an account, a password or a key of root's.

    Groups and users that the guest's files do not know may be in a directory service and count.
    """
    reachable = _known(tree)
    ways = [f"{grant.user} may run everything ({grant.path} line {grant.line})" for grant in grants(entries) if _reaches_somebody(reachable, grant.user)]
    password = _fields(tree, "/etc/shadow").get("root", ["root", "*"])[1:2]
    if password and (password[0] == "" or re.match(r"\$|_|[./0-9A-Za-z]{13}\Z", password[0])):
        ways.append("root has a password (/etc/shadow)")
    root_login = sshd_config.effective(tree, "PermitRootLogin", "prohibit-password")[0]
    keys = tree.read_text("/root/.ssh/authorized_keys") if tree.is_file("/root/.ssh/authorized_keys") else ""
    # keys behind options such as command="..." do not give a shell
    if root_login != "no" and re.search(r"(?m)^(ssh|ecdsa|sk)-\S+ ", keys):
        ways.append("root has an SSH key (/root/.ssh/authorized_keys)")
    return ways


def _in_effect(entries):
    """Return the entries with the ``Defaults`` of commands last, as sudo takes them. Source: update_defaults in sudo's defaults.c, tried with sudo 1.9."""

    def is_of_commands(entry):
        binding = sudoers_lines.binding(entry[1])
        return binding is not None and binding.kind == "!"

    return sorted(entries, key=is_of_commands)


def _is_for_everybody(binding, aliases):
    """Return whether the ``Defaults`` entry of a Binding counts for all who become root, but for those that it may name."""
    if not binding.kind:
        return True
    if binding.kind == ">":
        return _as_root(binding.members, aliases)
    kept = [negated for negated, word in _expanded(binding.members, aliases, _BOUND_TO[binding.kind]) if word == "ALL"]
    return bool(kept) and not kept[-1]


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
    while position < len(tokens):
        token, following = tokens[position], tokens[position + 1 : position + 2]
        if token == "(":
            close = _index(tokens, ")", position)
            # groups behind the colon, or nothing at all, leave the invoking user
            runas = _members(" ".join(tokens[position + 1 : close]).partition(":")[0].split())
            position = close
        elif command is None and _TAGS.match(token) and following == [":"]:
            password = {"PASSWD": True, "NOPASSWD": False}.get(token, password)
            position += 1
        elif command is None and _OPTIONS.match(token) and following == ["="]:
            position += 2
        elif token == "!" and command is None:
            negated = not negated
        elif token == ":":
            break
        elif token == ",":
            negated, command = False, None
        elif command is None:
            command = token
            found.append(Privilege(users, runas, password, negated, command))
        position += 1
    return found, position + 1


def _index(tokens, token, position):
    """Return where a token is next, from a position on (int); behind the last one where it is not."""
    try:
        return tokens.index(token, position)
    except ValueError:
        return len(tokens)


def _aliases(entries):
    """Return {(kind, name): [(negated, word)]} of the user, runas and command aliases."""
    found = {}
    for _path, line in entries:
        match = _ALIAS.match(line.clean.strip("\ufeff \t"))
        for definition in re.split(r"(?<!\\):(?=\s*[A-Z][A-Z0-9_]*\s*=)", match.group(2)) if match else []:
            name, _unused, members = definition.partition("=")
            kind = "Cmnd" if match.group(1) == "Cmd" else match.group(1)
            found[kind, name.strip()] = list(dict.fromkeys(_member(word) for word in re.split(r"(?<!\\),", members)))
    return found


def _member(text):
    """Return (negated, word) of one member of an alias; a command keeps its arguments."""
    marks, word = re.match(r"([!\s]*)(.*)", text, re.DOTALL).groups()
    return marks.count("!") % 2 == 1, word.strip()


def _expanded(members, aliases, kind="User"):
    """Return the members ([(negated, word)]) with aliases replaced by what they stand for; an alias inside itself is a word.

    Of a word that comes several times only the last one is left: the last one that matches wins.
    Raises ImagewrightError: they stand for more words than those of any system.
    """
    found, inside, steps = {}, set(), 0
    pending = [(negated, word, False) for negated, word in reversed(members)]
    while pending:
        negated, word, is_end = pending.pop()
        steps += 1
        if steps > MOST_WORDS:
            raise ImagewrightError(
                f"cannot tell who may become root: the alias {members[0][1]} in sudoers stands for more than {MOST_WORDS} words; "
                "look whether the file is damaged"
            )
        if is_end:
            inside.discard(word)
        elif (kind, word) in aliases and word not in inside:
            inside.add(word)
            pending.append((negated, word, True))
            pending += [(negated != inner, name, False) for inner, name in reversed(aliases[kind, word])]
        else:
            found.pop(word, None)
            found[word] = negated
    return [(negated, word) for word, negated in found.items()]


def _is_everything(privilege, aliases):
    members = _expanded([(False, privilege.command)], aliases, "Cmnd")
    return (False, "ALL") in members


def _as_root(runas, aliases):
    """Return whether a runas list lets a command run as root; without a list sudo runs it as root."""
    if runas is None:
        return True
    allowed = False
    for negated, word in _expanded(runas, aliases, "Runas"):
        if word in ("ALL", "root", "#0"):
            allowed = not negated
    return allowed


def _known(tree):
    """Return {word of a user list: whether it stands for an account other than root's} of the groups and user ids of the guest's files."""
    members, numbers, known = {}, {}, {}
    for fields in _fields(tree, "/etc/passwd").values():
        if len(fields) > 3:
            known["#" + fields[2]] = True
            members.setdefault(fields[3], set()).add(fields[0])
    for fields in _fields(tree, "/etc/group").values():
        if len(fields) > 3:
            numbers.setdefault(fields[2], set()).update([name for name in fields[3].split(",") if name])
            everybody = numbers[fields[2]] | members.get(fields[2], set())
            known["%" + fields[0]] = known["%#" + fields[2]] = bool(everybody - {"root"})
    return known


def _reaches_somebody(known, user):
    """Return whether the word of a user list stands for an account other than root's; known: as of _known."""
    if user in ("root", "#0"):
        return False
    if user.startswith("%:") or not user.startswith(("%", "#")):
        return True
    # a group that the guest's files do not know by its name may be in a directory service
    return known.get(user, user.startswith("%") and not user.startswith("%#"))


def _fields(tree, path):
    """Return {first field: fields} of a file such as /etc/passwd."""
    if not tree.is_file(path):
        return {}
    return {line.split(":")[0]: line.split(":") for line in tree.read_text(path).splitlines() if ":" in line}
