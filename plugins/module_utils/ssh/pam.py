# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PAM stack of a service: its modules, and those that are not there.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: pam.conf(5); _pam_parse_conf_file and _pam_load_module of Linux-PAM: a module that cannot be loaded fails, and what its control says of
a failure follows; ``-`` before the type takes it silently out.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: One line. kind: auth, account, session or password; control: str, ``required`` or ``[default=die ...]``; module: str; arguments: (str, ...).
PamLine = collections.namedtuple("PamLine", "path line kind control module arguments text")

#: What a service cannot do without and is not there. line: int or None.
Missing = collections.namedtuple("Missing", "path line text")

FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
_MODULES = (
    "/lib/security",
    "/lib64/security",
    "/usr/lib/security",
    "/usr/lib64/security",
    "/lib/*-linux-*/security",
    "/usr/lib/*-linux-*/security",
    "/usr/lib/pam",
    "/lib/pam",
)
_MOST_FILES = 64
_SHELLS, _USUAL_SHELLS = "/etc/shells", ("/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh")
_USUAL_NAME = "azureuser"  # what Azure calls the user when nobody says so
_LINE = re.compile(r"(-?)(auth|account|session|password)[ \t]+(\[[^\]]*\]|\S+)[ \t]+(\S+)(.*)", re.IGNORECASE)
_INCLUDE = re.compile(r"@include[ \t]+(\S+)", re.IGNORECASE)


def uses_pam(tree):
    """Return whether the guest has services of PAM at all."""
    return any(tree.listdir(folder) for folder in FOLDERS)


def service_path(tree, service):
    """Return the path (str) of a service's file, None without one."""
    return next((f"{folder}/{service}" for folder in FOLDERS if tree.is_file(f"{folder}/{service}")), None)


def stack(tree, service):
    """Return ([PamLine], [Missing] files) of a service with all that it includes.

    Raises ImagewrightError: files include each other, or are too many.
    """
    lines, missing, read = [], [], [0]
    _read(tree, service, None, lines, missing, read, ())
    return lines, missing


def missing(tree, service, kinds=("auth", "account", "session")):
    """Return what the service fails by ([Missing]): an included file, or a module whose failure counts, that is not there."""
    lines, found = stack(tree, service)
    folders = [folder for pattern in _MODULES for folder in tree.glob(pattern)]
    for line in lines:
        if line.kind in kinds and _counts(line) and not _is_there(tree, folders, line.module):
            found.append(Missing(line.path, line.line, f"{line.text}: there is no {line.module}"))
    return found


def denied(tree, service, kinds):
    """Return the [PamLine] by which the service turns everybody away: a pam_deny of one of the kinds that nothing before can jump over or end the stack at."""
    found, passed = [], set()
    for line in stack(tree, service)[0]:
        if line.kind not in kinds or line.kind in passed:
            continue
        if posixpath.basename(line.module) == "pam_deny.so" and _fails(line):
            found.append(line)
            passed.add(line.kind)
        elif line.control == "sufficient" or line.control.startswith("[") and not _only_goes_on(line):
            passed.add(line.kind)
    return found


def turned_away(tree, service, kinds, groups):
    """Return [(PamLine, cause)] of pam_listfile and pam_succeed_if that turn away a user whom nobody knew when the image was made.

    kinds: as of missing; groups: {str}, those of the user, None when they are not known.
    """
    found = []
    for line in stack(tree, service)[0]:
        if line.kind not in kinds or not _fails(line):
            continue
        name, words = posixpath.basename(line.module), " ".join(line.arguments)
        options = dict(word.partition("=")[::2] for word in line.arguments)
        if name == "pam_listfile.so" and (options.get("item"), options.get("sense")) == ("user", "allow"):
            path = options.get("file", "")
            known = tree.read_text(path).split() if tree.is_file(path) else []
            if _USUAL_NAME not in known and (known or options.get("onerr") != "succeed"):
                found.append((line, f"{path} does not have the user"))
        elif name == "pam_succeed_if.so":
            wanted = re.search(r"\buser ingroup (\S+)", words)
            if wanted and groups is not None and not set(wanted.group(1).split(":")) & groups:
                found.append((line, "the user is not in the group"))
            wanted = re.search(r"\buser (?:=|in) (\S+)", words)
            if wanted and _USUAL_NAME not in wanted.group(1).split(":"):
                found.append((line, "the user is another one"))
        elif name == "pam_exec.so":
            program = next((word for word in line.arguments if word.startswith("/")), None)
            if program is not None and tree.lstat(program) is None and not program.startswith("/run/"):
                found.append((line, f"there is no {program}"))
        elif name == "pam_shells.so" and tree.is_file(_SHELLS) and not set(_USUAL_SHELLS) & set(tree.read_text(_SHELLS).split()):
            found.append((line, f"{_SHELLS} has no shell of a new user's"))
    return found


def _fails(line):
    """Return whether the failure of a line's module (authentication or permission) is one of the service."""
    return line.control in ("required", "requisite") or line.control.startswith("[") and _actions(line).get("default") in ("bad", "die")


def _only_goes_on(line):
    """Return whether the next line is asked whatever the module says, or the service fails."""
    return set(_actions(line).values()) <= {"ok", "ignore", "bad", "die", "reset"}


def _actions(line):
    """Return {answer of the module: what follows} of a control in brackets."""
    return dict(word.partition("=")[::2] for word in line.control.strip("[]").split())


def _read(tree, service, kind, lines, missing_files, read, including):
    read[0] += 1
    path = service_path(tree, service) if "/" not in service else service if tree.is_file(service) else None
    if path is None:
        missing_files.append(
            Missing(including[-1][0] if including else posixpath.join(FOLDERS[0], service), including[-1][1] if including else None, f"there is no {service}")
        )
        return
    if path in [place[0] for place in including] or read[0] > _MOST_FILES:
        raise ImagewrightError(f"cannot read {path}: PAM's files include each other, or more than {_MOST_FILES}; remove one of the includes")
    text = re.sub(r"\\\r?\n", "  ", tree.read_text(path)) if "\\" in tree.read_text(path) else tree.read_text(path)
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.partition("#")[0].strip()
        whole = _INCLUDE.match(content)
        if whole:
            _read(tree, whole.group(1), kind, lines, missing_files, read, including + ((path, number),))
            continue
        match = _LINE.match(content)
        if not match or kind and match.group(2).lower() != kind:
            continue
        silent, its_kind, control, module, rest = match.groups()
        if control.lower() in ("include", "substack"):
            _read(tree, module, its_kind.lower(), lines, missing_files, read, including + ((path, number),))
        elif not silent:
            lines.append(PamLine(path, number, its_kind.lower(), control.lower(), module, tuple(rest.split()), content))


def _counts(line):
    """Return whether a failure of the line's module is one of the service."""
    if line.control in ("required", "requisite"):
        return True
    if line.control.startswith("["):
        actions = _actions(line)
        return actions.get("module_unknown", actions.get("default", "bad")) in ("bad", "die")
    # without it nobody gets past the pam_deny behind
    return line.control == "sufficient" and posixpath.basename(line.module) == "pam_unix.so"


def _is_there(tree, folders, module):
    return tree.is_file(module) if module.startswith("/") else any(tree.is_file(f"{folder}/{module}") for folder in folders)
