# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a command deletes, empties or moves away, besides rm: find, xargs, unlink, shred, truncate, a redirection, /dev/null in a file's place, mv.

PRIVATE: module_utils of this collection are not an interface.
Source: find(1), xargs(1), truncate(1), shred(1), install(1), ln(1), dd(1); POSIX, Shell Command Language 2.7, Redirection.
"""

import fnmatch
import posixpath
import re

_EMPTIED = re.compile(r"(?::|true|(?:/bin/)?cat\s+/dev/null|(?:/bin/)?echo\s+-n|printf\s+(?:''|\"\"))?\s*>\|?\s*(/[^\s;&|<>]+)\s*$")
_REMOVING = ("rm", "unlink", "shred")
#: Tests of find that can be told from a path alone, with the number of their words, and what only changes the order or prints.
_TOLD = {"-name": 2, "-path": 2, "-wholename": 2, "-type": 2, "-mindepth": 2, "-maxdepth": 2, "-xdev": 1, "-mount": 1, "-depth": 1, "-print": 1, "-print0": 1}


def removed(words, known):
    """Return those of the known files ([str]) that a command deletes, or moves to another place. words: [str], as of boot_commands.words_of.

    Of rm it is not asked whether it removes directories.
    """
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    if name == "find":
        return _found(rest, known) if _is_deleting(rest) else []
    named = _plain(rest, ("-n", "-s"))
    if name == "rm":
        return _named(named, known)
    if name == "unlink" or name == "shred" and any(re.match(r"-[a-z]*u|--remove", word) for word in rest):
        return _named(named, known)
    if name == "mv" and len(named) > 1 and not any(word.startswith(("-t", "--target", "-b", "--backup")) for word in rest):
        return _named(named[:-1], known)
    return []


def emptied(command, words, known):
    """Return those of the known files ([str]) that a command (str; words: its words) leaves empty, or /dev/null in the place of."""
    match = _EMPTIED.match(command.strip())
    if match:
        return _named([match.group(1)], known)
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    named = _plain(rest, ("-m", "-o", "-g", "--mode", "--owner", "--group"))
    if name == "truncate" and re.search(r"(?:^|\s)(?:-s\s*|--size[= ])0(?=\s|$)", " ".join(rest)):
        return _named([word for word in named if word != "0"], known)
    if (
        name in ("cp", "install")
        and named[:1] == ["/dev/null"]
        or name == "ln"
        and named[:1] == ["/dev/null"]
        and any(re.match(r"-[a-z]*f", each) for each in rest)
    ):
        return _named(named[1:], known)
    if name == "dd" and {"if=/dev/null", "if=/dev/zero", "if=/dev/urandom"} & set(rest):
        return _named([word[len("of=") :] for word in rest if word.startswith("of=")], known)
    return []


def made(command, words):
    """Return the path (str) that a command writes, copies or links something to, "" without one: what was taken away before may be there again."""
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    written = re.search(r">>?\s*(/[^\s;&|<>]+)\s*$", command.strip())
    if written and not _EMPTIED.match(command.strip()):
        return written.group(1)
    return rest[-1] if name in ("cp", "mv", "install", "ln", "tee", "rsync", "mkdir", "touch", "curl", "wget") and rest else ""


def synchronized(tree, words, known):
    """Return those of the known files ([str]) that rsync deletes, for a directory of this tree that it copies to theirs has none of their name."""
    rest, plain = words[1:], [word for word in words[1:] if not word.startswith("-")]
    recursive = any(re.match(r"-[a-zA-Z]*[ar]|--(archive|recursive)$", word) for word in rest)
    chooses = any(re.match(r"--(exclude|include|filter|files-from|max-delete|dry-run|existing|backup)|-[a-zA-Z]*[nfFCb]", word) for word in rest)
    deletes = any(word.startswith("--del") for word in rest)
    if not (recursive and deletes) or chooses or len(plain) != 2 or not plain[0].startswith("/") or not tree.is_dir(plain[0]):
        return []
    source, target = plain[0].rstrip("/"), plain[1].rstrip("/")
    target = target if plain[0].endswith("/") else f"{target}/{posixpath.basename(source)}"
    return [path for path in known if path.startswith(target + "/") and tree.lstat(source + path[len(target) :]) is None]


def written(words):
    """Return the paths ([str]) that the words of a command have a shell, or tee, cp and their like, write to."""
    found = [after for before, after in zip(words, words[1:]) if re.match(r"\d?>>?\|?$", before)]
    found += [match.group(1) for match in (re.match(r"\d?>>?\|?(/.+)$", word) for word in words) if match]
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    if "|" in words and "tee" in [posixpath.basename(word) for word in words]:
        return found + [word for word in words[words.index("|") + 1 :] if word.startswith("/")]
    return found + ([word for word in rest if not word.startswith("-")][-1:] if name in ("cp", "install", "ln", "mv", "tee", "touch") else [])


def _is_deleting(rest):
    """Return whether the words of find, and what stands behind a pipe, delete what it finds."""
    commands = [rest[index + 1] for index, word in enumerate(rest[:-1]) if word in ("-exec", "-execdir", "|")]
    behind = next((rest[index + 1 :] for index, word in enumerate(rest) if word == "|"), [])
    by_xargs = behind[:1] == ["xargs"] and any(posixpath.basename(word) in _REMOVING for word in behind[1:])
    return "-delete" in rest or any(posixpath.basename(word) in _REMOVING for word in commands) or by_xargs


def _found(rest, known):
    """Return those of the known files that find finds; none where it asks for more than a path tells."""
    rest = [word for word in rest if word not in ("-H", "-L", "-P")]
    first = next((index for index, word in enumerate(rest) if word.startswith(("-", "(", "!", "|"))), len(rest))
    starts, tests, position = [path.rstrip("/") or "/" for path in rest[:first]], [], first
    while position < len(rest) and rest[position] not in ("-delete", "-exec", "-execdir", "|"):
        count = _TOLD.get(rest[position])
        if count is None:
            return []
        tests.append(rest[position : position + count])
        position += count
    return [path for path in known if any(_passes(path, start, tests) for start in starts if (path + "/").startswith(start.rstrip("/") + "/"))]


def _passes(path, start, tests):
    """Return whether a file below one of find's starts is found."""
    depth = path[len(start.rstrip("/")) :].count("/")
    for test in tests:
        word, value = test[0], test[-1]
        if word == "-name" and not fnmatch.fnmatchcase(posixpath.basename(path), value):
            return False
        if word in ("-path", "-wholename") and not fnmatch.fnmatchcase(path, value):
            return False
        if word == "-type" and "f" not in value.split(","):
            return False
        if word in ("-mindepth", "-maxdepth") and (not value.isdigit() or (depth < int(value) if word == "-mindepth" else depth > int(value))):
            return False
    return True


def _plain(rest, with_value):
    """Return the words that are no options, nor the value of one of those that have one."""
    return [word for before, word in zip([""] + rest, rest) if not word.startswith("-") and before not in with_value]


def _named(words, known):
    """Return those of the known files that words name, as patterns of the shell or by a directory that they are in."""
    found = []
    for path in known:
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(2, len(parts) + 1)]
        if any(_is_meant(word.rstrip("/"), each) for word in words if word.startswith("/") for each in above):
            found.append(path)
    return found


def _is_meant(pattern, path):
    patterns, parts = pattern.split("/"), path.split("/")
    return len(patterns) == len(parts) and all(map(fnmatch.fnmatchcase, parts, patterns))
