# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``Defaults`` of sudoers with which sudo runs no command, or none that does its work, and those with which it finds none by its name.

Source: sudoers(5), "SUDOERS OPTIONS"; each tried with sudo 1.9.13.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_places
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_access, sudoers_aliases, sudoers_lines, sudoers_privileges

#: An option that holds for everybody. value: str, True or False; path, line: where; text: str, as written.
Option = collections.namedtuple("Option", "value path line text")

_ITEM = re.compile(r"([! \t]*)([A-Za-z_]+)\s*(?:=\s*(.*))?\Z", re.DOTALL)
#: Options with which sudo keeps what a command reads or writes.
_KEEPING = ("log_input", "log_output", "log_stdin", "log_stdout", "log_stderr", "log_ttyin", "log_ttyout")
_KEPT_IN = "/var/log/sudo-io"
#: The smallest limit, bytes or files, with which no shell was seen to end before its first command.
_LEAST = {"rlimit_as": 4 * 1024 * 1024, "rlimit_data": 128 * 1024, "rlimit_stack": 4096, "rlimit_nofile": 4}
_USUAL = ("bin/ls", "bin/cat", "sbin/ip", "sbin/reboot")
_ANYWHERE = ("*", "/")


def options(entries):
    """Return {name: Option} of the options that hold for everybody after all entries; entries: as sudoers.entries gives them."""
    aliases, found = sudoers_aliases.aliases(entries), {}
    for path, line in sudoers_access.in_effect(entries):
        for start, end, _name, _is_on in sudoers_lines.defaults_items(line):
            match = _ITEM.match(line.clean[start:end])
            if match and sudoers_access.is_for_everybody(sudoers_lines.binding(line), aliases):
                value = match.group(1).count("!") % 2 == 0 if match.group(3) is None else match.group(3).strip().strip('"')
                found[match.group(2)] = Option(value, path, line.number, " ".join(line.clean[start:end].split()))
    return found


def refusals(tree, known, mounted):
    """Return [(Option, why no command runs (str))].

    known: as of options; mounted: [str], the places at which something is mounted, of which the tree need not have the content.
    """
    found = [(known[name], cause) for name, cause in (("runchroot", _of_root(tree, known)), ("runcwd", _of_directory(tree, known, mounted))) if cause]
    found += [(known["logfile"], cause) for cause in [_of_log(tree, known, mounted)] if cause]
    found += [(option, cause) for option, cause in [_of_kept(tree, known)] if cause]
    found += [(known["noexec"], "no command may start another")] if _is_on(known, "noexec") else []
    found += [(known["closefrom"], "sudo closes its own output, and ends without a word")] if _text(known, "closefrom") in ("0", "1") else []
    limit = sudoers_privileges.seconds(_text(known, "command_timeout"))
    found += [(known["command_timeout"], "every command is ended after some seconds")] if limit and limit < sudoers_access.LEAST_SECONDS else []
    for name, least in _LEAST.items():
        # the soft one, ahead of the comma
        value = _text(known, name).partition(",")[0].strip()
        if value.isdigit() and int(value) < least:
            found.append((known[name], f"no program starts with less than {least}"))
    return found


def doubts(known):
    """Return [(Option, what becomes of a command (str))] of the options that leave a way (``sudo -u root``), or that hang on another machine."""
    account, switch = _text(known, "runas_default"), _switch(known)
    found = [(known["runas_default"], f"a command runs as {account}, unless root is asked for (-u root)")] if account not in ("", "root", "#0") else []
    if _is_on(known, "requiretty"):
        found.append((known["requiretty"], "a command that ssh is given, as Ansible and Packer do, has no terminal, and gets no root"))
    if switch is not None and _text(known, "log_servers") and not _is_on(known, "ignore_iolog_errors"):
        found.append((known["log_servers"], f"no command runs where none of these servers answers, for they are to keep what it writes ({switch.text})"))
    return found


def without_commands(tree, known, mounted):
    """Return the Option secure_path (None when all is well) whose directories have none of the usual commands; a shell is found all the same."""
    folders = _text(known, "secure_path").split(":")
    if folders == [""] or any(_is_mounted(folder, mounted) for folder in folders):
        return None
    usual = {posixpath.basename(name) for name in _USUAL}
    there = {name for folder in ("/bin", "/usr/bin", "/sbin", "/usr/sbin") for name in usual if tree.exists(f"{folder}/{name}")}
    has_one = any(tree.exists(f"{folder}/{name}") for folder in folders if folder.startswith("/") for name in there)
    return known["secure_path"] if there and not has_one else None


def _text(known, name):
    """Return the value (str) of an option, "" without one or with a flag."""
    value = known[name].value if name in known else ""
    return value if isinstance(value, str) else ""


def _is_on(known, name, otherwise=False):
    return known[name].value is not False if name in known else otherwise


def _of_root(tree, known):
    """Return what is wrong (str) with the directory that every command has for its root; ~ is that of root."""
    path = _text(known, "runchroot").replace("~", "/root", 1)
    if not path.startswith("/") or path in _ANYWHERE or unit_places.is_made_at_boot(tree, path):
        return ""
    # a link of it may lead where only the command itself gets to
    has_programs = any(tree.lstat(posixpath.join(path, folder)) is not None for folder in ("bin", "usr/bin"))
    return "" if has_programs else "there is no program in it, and every command is looked for there"


def _of_directory(tree, known, mounted):
    """Return what is wrong (str) with the directory in which every command is started."""
    path = _text(known, "runcwd")
    if not path.startswith("/") or tree.is_dir(path) or unit_places.is_made_at_boot(tree, path) or _is_mounted(path, mounted):
        return ""
    return "there is no such directory, and every command is started in it"


def _of_log(tree, known, mounted):
    """Return what is wrong (str) with the file of the log, where sudo was told not to go on without it; it makes no directory for the file."""
    path = _text(known, "logfile")
    if not path.startswith("/") or _is_on(known, "ignore_logfile_errors", True) or not _is_on(known, "log_allowed", True):
        return ""
    if tree.is_dir(path):
        return "it is a directory, and sudo was told not to go on without its log (!ignore_logfile_errors)"
    folder = posixpath.dirname(path)
    if tree.is_dir(folder) or unit_places.is_made_at_boot(tree, folder) or _is_mounted(path, mounted):
        return ""
    return f"there is no directory {folder}, and sudo was told not to go on without its log (!ignore_logfile_errors)"


def _of_kept(tree, known):
    """Return (Option, what is wrong (str)) of the directory for what commands read and write, which sudo makes with those above it; else (None, "")."""
    switch = _switch(known)
    if switch is None or _is_on(known, "ignore_iolog_errors") or _text(known, "log_servers"):
        return None, ""
    option = known.get("iolog_dir", switch)
    path = (_text(known, "iolog_dir") or _KEPT_IN).partition("%")[0].rstrip("/")
    if path.startswith(("/proc/", "/sys/")):
        return option, f"nothing is made there, and sudo does not go on when it cannot keep what a command writes ({switch.text})"
    while path not in ("", "/") and not tree.exists(path):
        path = posixpath.dirname(path)
    wrong = path.startswith("/") and not tree.is_dir(path)
    return option, f"{path} is no directory, and sudo does not go on when it cannot keep what a command writes ({switch.text})" if wrong else ""


def _switch(known):
    """Return the Option by which sudo keeps what a command reads or writes, None without one."""
    return next((known[name] for name in _KEEPING if _is_on(known, name)), None)


def _is_mounted(path, mounted):
    return any(place != "/" and (path + "/").startswith(place.rstrip("/") + "/") for place in mounted)
