# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PAM stack of a service: its modules, and those that are not there.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: pam.conf(5); _pam_parse_conf_file and _pam_load_module of Linux-PAM: a module that cannot be loaded fails, and what its control says of
a failure follows; ``-`` before the type has it say nothing of that, and no more. A line that PAM does not understand is a module that fails, and so is a jump
behind the end of the stack. The carriage return of a line end of Windows is a part of the last word, the name of a module or file that is not there.
Tried with Linux-PAM 1.5.2.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header, programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_places import PAM_FOLDERS

#: One line. kind: auth, account, session or password; control: str, ``required`` or ``[default=die ...]``; module: str; arguments: (str, ...).
PamLine = collections.namedtuple("PamLine", "path line kind control module arguments text")

#: What a service cannot do without and is not there. line: int or None; kind: as of a PamLine, "" of a whole file, which every kind needs.
Missing = collections.namedtuple("Missing", "path line text kind")

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
#: What counts for a service that has no file.
_OTHER = "other"
#: What a module has for each kind. Source: pam_modules.h.
_FUNCTIONS = {"auth": b"pam_sm_authenticate\0", "account": b"pam_sm_acct_mgmt\0", "session": b"pam_sm_open_session\0", "password": b"pam_sm_chauthtok\0"}
_MOST_MODULE = 4 * 1024 * 1024  # bytes; real ones have less than one MiB
_ALL = 1 << 30  # lines: as many as there are
_BLANK, _RETURN = " \t\n", "\r"
_SHOWN_RETURN = "^M"  # as `cat -A` does
_LINE = re.compile(r"-?(auth|account|session|password)[ \t]+(\[[^\]]*\]|[^\[\s]\S*)[ \t]+([^ \t]+)(.*)", re.IGNORECASE)
_BEGINNING = re.compile(r"-?(auth|account|session|password)\b", re.IGNORECASE)
_CONTROLS = ("required", "requisite", "sufficient", "optional")
_ACTIONS = ("ok", "done", "bad", "die", "ignore", "reset")
#: What a module may answer. Source: _pam_tokens.h.
_ANSWERS = (
    *("success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient", "authinfo_unavail"),
    *("user_unknown", "maxtries", "new_authtok_reqd", "acct_expired", "session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data"),
    *("conv_err", "authtok_err", "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort", "authtok_expired"),
    *("module_unknown", "bad_item", "conv_again", "incomplete", "default"),
)
#: Modules that let a new user pass, and those that have no opinion of it.
_SUCCEEDING, _SILENT = ("pam_unix.so", "pam_permit.so", "pam_localuser.so"), ("pam_nologin.so", "pam_warn.so", "pam_echo.so")
_INCLUDE = re.compile(r"@include[ \t]+([^ \t]+)", re.IGNORECASE)


def uses_pam(tree):
    """Return whether the guest has services of PAM at all."""
    return any(tree.listdir(folder) for folder in PAM_FOLDERS)


def service_path(tree, service):
    """Return the path (str) of a service's file, None without one."""
    return next((f"{folder}/{service}" for folder in PAM_FOLDERS if tree.is_file(f"{folder}/{service}")), None)


def stack(tree, service):
    """Return ([PamLine], [Missing] files) of a service with all that it includes; of one without a file those of ``other``.

    Raises ImagewrightError: files include each other, or are too many.
    """
    lines, missing, read = [], [], [0]
    _read(tree, service, None, lines, missing, read, ())
    return lines, missing


def module_paths(tree, name):
    """Return the paths ([str]) at which a module (str, ``pam_limits.so``) is."""
    return [f"{folder}/{name}" for pattern in _MODULES for folder in tree.glob(pattern) if tree.is_file(f"{folder}/{name}")]


def missing(tree, service, program, kinds=("auth", "account", "session")):
    """Return the modules ([Missing]) that the service fails by: one whose failure counts is not there, or is none for this; of files stack tells.

    program: guest path of what asks PAM, and loads the modules.
    """
    lines, found = stack(tree, service)[0], []
    libraries = Libraries(tree, programs.inspect_file)
    folders = [folder for pattern in _MODULES for folder in tree.glob(pattern)]
    for line in lines:
        if line.kind in kinds and not line.module:
            found.append(Missing(line.path, line.line, f"{line.text}: PAM does not understand the line, and turns everybody away", line.kind))
        elif line.kind in kinds and _counts(line):
            paths = [line.module] if line.module.startswith("/") else [f"{folder}/{line.module}" for folder in folders]
            path = next((path for path in paths if tree.is_file(path)), None)
            if path is None:
                found.append(Missing(line.path, line.line, f"{line.text}: there is no {_shown(line.module)}", line.kind))
            elif not _answers(tree, path, line.kind):
                found.append(Missing(line.path, line.line, f"{line.text}: {line.module} has no answer to {line.kind}", line.kind))
            else:
                wrong = programs.why_not_loaded(tree, path, program, libraries)
                found += [Missing(line.path, line.line, f"{line.text}: {wrong}", line.kind)] if wrong else []
    return found


def denied(tree, service, kinds):
    """Return the [PamLine] by which the service turns everybody away: a pam_deny of one of the kinds that is asked whatever those before it say."""
    return [line for line in asked(tree, service, kinds) if posixpath.basename(line.module) == "pam_deny.so" and fails(line)]


def undecided(tree, service, kinds):
    """Return the [Missing] by which a stack turns everybody away though no module does: a jump behind its end, or no line that lets anybody pass."""
    found = []
    for kind in kinds:
        lines = [line for line in stack(tree, service)[0] if line.kind == kind]
        for position, line in enumerate(lines):
            following = action(line, "success") if posixpath.basename(line.module) in _SUCCEEDING else ""
            if following.isdigit() and int(following[:9]) > len(lines) - position - 1:
                found.append(Missing(line.path, line.line, f"{line.text}: it jumps behind the last line, and PAM turns everybody away", kind))
        if lines and not any(_lets_pass(line) for line in lines):
            text = f"{lines[-1].text}: no line of {kind} lets anybody pass, as pam_permit.so at its end does"
            found.append(Missing(lines[-1].path, lines[-1].line, text, kind))
    return found


def _lets_pass(line):
    name = posixpath.basename(line.module)
    if name in _SILENT and "successok" not in line.arguments or name == "pam_deny.so":
        return False
    return not line.control.startswith("[") or _actions(line).get("success", _actions(line).get("default")) in ("ok", "done")


def asked(tree, service, kinds):
    """Return the [PamLine] of the kinds that are asked whatever the lines before them say: none before jumps over them, or ends the stack well."""
    found, skipped = [], {}
    for line in stack(tree, service)[0]:
        if line.kind not in kinds or skipped.get(line.kind) == _ALL:
            continue
        if skipped.get(line.kind):
            skipped[line.kind] -= 1
        else:
            found.append(line)
        skipped[line.kind] = max(skipped.get(line.kind, 0), _most_skipped(line))
    return found


def action(line, answer):
    """Return what follows an answer of the line's module (str, as in pam.conf(5): ``user_unknown``): ``ok``, ``bad``, ``die``, ``ignore`` and so on."""
    if line.control.startswith("["):
        actions = _actions(line)
        return actions.get(answer, actions.get("default", "bad"))
    return "ignore" if line.control in ("sufficient", "optional") else {"required": "bad", "requisite": "die"}.get(line.control, "bad")


def options(line):
    """Return {name: value} of a line's arguments, "" of one without a value; those in brackets may have blanks."""
    words = re.findall(r"\[(?:[^\]\\]|\\.)*\]|\S+", " ".join(line.arguments))
    return dict(word.strip("[]").partition("=")[::2] for word in words)


def fails(line):
    """Return whether the failure of a line's module (authentication or permission) is one of the service."""
    return line.control in ("required", "requisite") or line.control.startswith("[") and _actions(line).get("default") in ("bad", "die")


def _most_skipped(line):
    """Return the number of next lines that the line may have skipped, _ALL when it may end the stack well."""
    if line.control == "sufficient":
        return _ALL
    # the password of a new user has not expired
    actions = [action for answer, action in _actions(line).items() if answer != "new_authtok_reqd"] if line.control.startswith("[") else ()
    return _ALL if "done" in actions else max([int(action) for action in actions if action.isdigit()] or [0])


def _actions(line):
    """Return {answer of the module: what follows} of a control in brackets."""
    return dict(word.partition("=")[::2] for word in re.sub(r"\s*=\s*", "=", line.control.strip("[]")).split())


def _read(tree, service, kind, lines, missing_files, read, including):
    read[0] += 1
    path = service_path(tree, service) if "/" not in service else service if tree.is_file(service) else None
    path = path or (None if including else service_path(tree, _OTHER))
    if path is None:
        missing_files.append(
            Missing(
                including[-1][0] if including else posixpath.join(PAM_FOLDERS[0], service),
                including[-1][1] if including else None,
                f"there is no {_shown(service)}",
                kind or "",
            )
        )
        return
    if path in [place[0] for place in including] or read[0] > _MOST_FILES:
        raise ImagewrightError(f"cannot read {path}: PAM's files include each other, or more than {_MOST_FILES}; remove one of the includes")
    text = re.sub(r"\\\r?\n", "  ", tree.read_text(path)) if "\\" in tree.read_text(path) else tree.read_text(path)
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.partition("\0")[0].partition("#")[0].strip(_BLANK)
        whole = _INCLUDE.match(content)
        if whole:
            _read(tree, whole.group(1), kind, lines, missing_files, read, including + ((path, number),))
            continue
        beginning, match = _BEGINNING.match(content), _LINE.match(content)
        its_kind = beginning.group(1).lower() if beginning else "auth"  # of what has none of the types PAM makes a line of auth that fails
        if not content or kind and its_kind != kind:
            continue
        if not beginning:
            if content.split()[1:2] not in (["sufficient"], ["optional"]):
                lines.append(PamLine(path, number, its_kind, "required", "", (), _shown(content)))
            continue
        control, module, rest = match.groups()[1:] if match else ("", "", "")
        if control.lower() in ("include", "substack"):
            _read(tree, module, its_kind, lines, missing_files, read, including + ((path, number),))
        elif match and _is_control(control.lower()):
            lines.append(PamLine(path, number, its_kind, control.lower(), module, tuple(rest.split()), _shown(content)))
        else:
            lines.append(PamLine(path, number, its_kind, "required", "", (), _shown(content)))


def _shown(text):
    """Return a text (str) with what nobody sees of it: the carriage return of a line end of Windows."""
    return text.replace(_RETURN, _SHOWN_RETURN)


def _is_control(control):
    """Return whether PAM knows the control (str) of a line."""
    if not control.startswith("["):
        return control in _CONTROLS
    pairs = [word.partition("=") for word in re.sub(r"\s*=\s*", "=", control.strip("[]")).split()]
    return all(answer in _ANSWERS and (following in _ACTIONS or following.isdigit()) for answer, _equals, following in pairs)


def _counts(line):
    """Return whether a failure of the line's module is one of the service."""
    if line.control in ("required", "requisite"):
        return True
    if line.control.startswith("["):
        actions = _actions(line)
        return actions.get("module_unknown", actions.get("default", "bad")) in ("bad", "die")
    # without it nobody gets past the pam_deny behind
    return line.control == "sufficient" and posixpath.basename(line.module) == "pam_unix.so"


def _answers(tree, path, kind):
    """Return whether a module has the function that is called for a kind; True of what is no library. Without it it counts as one that is not there."""
    content = tree.read_bytes(path, _MOST_MODULE)
    return not content.startswith(elf_header.MAGIC) or b"pam_sm_" not in content or _FUNCTIONS[kind] in content
