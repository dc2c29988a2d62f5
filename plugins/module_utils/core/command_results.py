# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command ends that a unit runs before or after its program, where the guest's files tell it: tests for files, looks for a text, a shell's exit.

PRIVATE: module_utils of this collection are not an interface.
Source: test(1), grep(1), mountpoint(1), systemd-detect-virt(1), sh(1). What the first boot may make is not decided; nothing is run.
"""

import posixpath
import re
import shlex
import stat
from typing import Callable, Dict, List, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core import machine_conditions
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: Where a boot, or the first one, may make what is asked for.
_OF_A_BOOT = ("/dev/", "/home/", "/mnt/", "/proc/", "/run/", "/sys/", "/tmp/", "/var/")
_DMI = re.compile(r"/sys/(?:class|devices/virtual)/dmi/id/(\w+)")
_SHELLS = ("sh", "bash", "dash")
#: What only the shell itself tells: variables, globs, redirections, lines of several commands, loops.
_OF_SHELL = re.compile(r"[$`*?<>(){}\n&|;]|\b(if|while|until|for|case)\b")
_SIGNS = re.compile(r"[\\.*\[\]^$+?{}|()]")
_LARGEST = 1024 * 1024  # bytes of a file that is looked through
#: Programs that fail where one of the files that they are given is not there.
_READERS = (
    "cat",
    "ls",
    "stat",
    "head",
    "tail",
    "wc",
    "md5sum",
    "sha256sum",
    "cmp",
    "diff",
    "chmod",
    "chown",
    "chgrp",
    "rm",
    "rmdir",
    "cp",
    "mv",
    "source",
    ".",
)
#: Of these those that make files; and other programs that make none.
_MAKERS, _QUIET = ("cp", "mv"), ("sshd", "sleep", "true", "false", "echo", "systemctl")
_FORCED = {"rm": "f", "chmod": "f", "chown": "f", "chgrp": "f"}


def succeeds(tree: Tree, command: str) -> Optional[bool]:
    """Return whether a command line (str) ends well, None where that cannot be told, or the tree is not a whole guest's."""
    if not tree.has_own_root:
        return None
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    name = posixpath.basename(words[0]) if words else ""
    if name in _SHELLS:
        return _of_shell(tree, words[1:])
    return None if any(sign in command for sign in "$%*?") else _of_words(tree, words)


def may_make(tree: Tree, command: str) -> bool:
    """Return whether a command line (str) may make files that one behind it asks for: all but programs that are known to make none."""
    name = posixpath.basename(command.split()[0]) if command.split() else ""
    return name in _MAKERS or name not in _RESULTS and name not in _QUIET and succeeds(tree, command) is None


def _of_shell(tree: Tree, words: List[str]) -> Optional[bool]:
    """Return how a shell with ``-c`` ends: of commands one after the other the last counts, or an exit before it."""
    if len(words) != 2 or not re.match(r"-[a-z]*c$", words[0]):
        return None
    last: Optional[bool] = None
    for part in [each.strip() for each in words[1].split(";") if each.strip()]:
        ended = re.match(r"exit(?:\s+(\d+))?$", part)
        if ended:
            return not int(ended.group(1)) % 256 if ended.group(1) else last
        if re.match(r"(exit|exec|set|trap)\b", part):
            return None
        last = _of_list(tree, part)
        if last is None and re.search(r"\b(exit|exec|if|while|until|for|case)\b|[{}()]", part):
            return None
    return last


def _of_list(tree: Tree, text: str) -> Optional[bool]:
    """Return how ``A && B`` or ``A || B`` ends, or one command."""
    parts = re.split(r"\s*(&&|\|\|)\s*", text)
    outcome = _of_text(tree, parts[0])
    for operator, part in zip(parts[1::2], parts[2::2]):
        following = _of_text(tree, part)
        if operator == "&&":
            outcome = False if outcome is False or outcome and following is False else True if outcome and following else None
        else:
            outcome = True if outcome is True else following if outcome is False else None
    return outcome


def _of_text(tree: Tree, text: str) -> Optional[bool]:
    silenced = re.sub(r"\s*(?:&>>?|\d?>>?)\s*(?:/dev/null|&\d)", "", text).strip()
    if _OF_SHELL.search(silenced):
        return None
    try:
        words = shlex.split(silenced)
    except ValueError:
        return None
    if words[:1] == ["!"]:
        inner = _of_words(tree, words[1:])
        return None if inner is None else not inner
    ended = re.match(r"exit(?:\s+(\d+))?$", silenced)
    return not int(ended.group(1) or 0) % 256 if ended else _of_words(tree, words)


def _of_words(tree: Tree, words: List[str]) -> Optional[bool]:
    name = posixpath.basename(words[0]) if words else ""
    if name in ("true", "false", ":"):
        return name != "false"
    if name == "[" and words[-1:] != ["]"]:
        return None
    known = _RESULTS.get(name)
    return known(tree, words[1:]) if known else None


def _of_test(tree: Tree, words: List[str]) -> Optional[bool]:
    """Return the result of test(1) with one operand or a comparison of two texts."""
    words = words[:-1] if words[-1:] == ["]"] else words
    if words[:1] == ["!"] and len(words) > 1:
        inner = _of_test(tree, words[1:])
        return None if inner is None else not inner
    if len(words) == 3 and words[1] in ("=", "==", "!="):
        return (words[0] == words[2]) == (words[1] != "!=")
    if len(words) == 2 and words[0] in ("-n", "-z"):
        return bool(words[1]) == (words[0] == "-n")
    return _of_path(tree, words[0], words[1]) if len(words) == 2 and words[1].startswith("/") else None


def _of_path(tree: Tree, sign: str, path: str) -> Optional[bool]:
    return None if posixpath.normpath(path).startswith(_OF_A_BOOT) else passes(tree, sign, path)


def passes(tree: Tree, sign: str, path: str) -> Optional[bool]:
    """Return whether a path passes a test (``-e``, ``-d``) of test(1) for root, as it is in the image; None of a test that is not known."""
    is_of_link = sign in ("-L", "-h")
    status = tree.lstat(path) if is_of_link else tree.stat(path)
    if status is None:
        return False if is_of_link or sign in ("-e", "-f", "-d", "-r", "-w", "-s", "-x", "-a") else None
    answers = {"-e": True, "-a": True, "-d": stat.S_ISDIR(status.mode), "-f": stat.S_ISREG(status.mode), "-s": status.size > 0}
    answers.update({"-x": bool(status.mode & 0o111), "-L": stat.S_ISLNK(status.mode), "-h": stat.S_ISLNK(status.mode), "-r": True})
    return answers.get(sign)


def _of_grep(tree: Tree, words: List[str]) -> Optional[bool]:
    """Return whether grep finds a plain text in one file."""
    options = "".join(word.lstrip("-") for word in words if re.match(r"-[a-zA-Z]+$", word))
    plain = [word for word in words if not word.startswith("-")]
    if len(plain) != 2 or set(options) - set("qsiFwxEm") or len(options) != sum(len(word) - 1 for word in words if word.startswith("-")):
        return None
    text, path = plain[0], plain[1]
    if not path.startswith("/") or "F" not in options and _SIGNS.search(text):
        return None
    content = _content(tree, path)
    if content is None:
        return False if tree.lstat(path) is None and not posixpath.normpath(path).startswith(_OF_A_BOOT) else None
    edges = {"w": r"(?<!\w)(?:%s)(?!\w)", "x": r"^(?:%s)$"}
    pattern = next((edges[sign] for sign in "xw" if sign in options), "%s") % re.escape(text)
    return bool(re.search(pattern, content, re.MULTILINE | (re.IGNORECASE if "i" in options else 0)))


def _content(tree: Tree, path: str) -> Optional[str]:
    """Return the text of a file of the guest's, or of what Azure's firmware says of itself; None of any other, or one that is too large."""
    field = _DMI.match(path)
    if field:
        own = machine_conditions.FIRMWARE.get(field.group(1))
        return None if own is None else own + "\n"
    if posixpath.normpath(path).startswith(_OF_A_BOOT) or not tree.is_file(path):
        return None
    status = tree.stat(path)
    return None if status is None or status.size > _LARGEST else tree.read_bytes(path, _LARGEST).decode("utf-8", "replace")


def _of_virtualization(unused_tree: Tree, words: List[str]) -> Optional[bool]:
    if {"-c", "--container", "-r", "--chroot", "--private-users"} & set(words):
        return False
    return True if not set(words) - {"-v", "--vm", "-q", "--quiet"} else None


def _of_mount_point(tree: Tree, words: List[str]) -> Optional[bool]:
    places = [word for word in words if not word.startswith("-")]
    return machine_conditions.path_is_mount_point(places[0], tree, None) if len(places) == 1 and set(words) <= {"-q", "--quiet", places[0]} else None


def _of_readers(name: str) -> Callable[[Tree, List[str]], Optional[bool]]:
    """Return what tells that a program fails, for a file that it is given is not there; that it ends well is not told."""

    def failing(tree: Tree, words: List[str]) -> Optional[bool]:
        options = "".join(word for word in words if re.match(r"-[A-Za-z]+$", word)) + "".join("f" for word in words if word == "--force")
        if _FORCED.get(name, "-") in options.replace("-", "") or any(word.startswith("--") for word in words):
            return None
        paths = [word for word in words if word.startswith("/")]
        given = paths[:-1] if name in ("cp", "mv") else paths
        gone = [path for path in given if not posixpath.normpath(path).startswith(_OF_A_BOOT) and tree.lstat(path) is None]
        return False if gone else None

    return failing


_RESULTS: Dict[str, Callable[[Tree, List[str]], Optional[bool]]] = {
    **{name: _of_readers(name) for name in _READERS},
    "test": _of_test,
    "[": _of_test,
    "grep": _of_grep,
    "egrep": _of_grep,
    "fgrep": _of_grep,
    "systemd-detect-virt": _of_virtualization,
    "mountpoint": _of_mount_point,
}
