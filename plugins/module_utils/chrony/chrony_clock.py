# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module chrony_clock: have chrony take the time from the clock of Hyper-V.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_conf, chronyd
from ansible_collections.imagewright.azure.plugins.module_utils.chrony.invocation import invocation
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, services
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

REFCLOCK = "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"
MAKESTEP = "makestep 1.0 -1"
RULE = "/etc/udev/rules.d/99-ptp_hyperv.rules"

#: {option: what its line looks like}; chronyd itself knows the rest.
_FORMS = {
    "refclock": re.compile(r"refclock[ \t]+\w+[ \t]+\S[^\n]*\Z", re.IGNORECASE),
    "makestep": re.compile(r"makestep[ \t]+-?[0-9.]+(e-?[0-9]+)?[ \t]+-?[0-9]+\Z", re.IGNORECASE),
}
_EXAMPLES = {"refclock": REFCLOCK, "makestep": MAKESTEP}

ARGUMENTS = {
    "refclock": {"type": "str", "default": REFCLOCK},
    "makestep": {"type": "str", "default": MAKESTEP},
    "path": {"type": "path"},
    "create": {"type": "bool", "default": False},
    "wait_for_clock": {"type": "bool", "default": True},
    "start": {"type": "bool", "default": True},
    "service": {"type": "str"},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def plan(tree, path, directives):
    """Return (edits [edits.Edit], {chrony_conf.ChronyLine: its new text, None to remove it}) after which chronyd reads the directives and no other clock.

    path: str, main file, which need not be there. directives: [str].
    Raises ImagewrightError: a line that has to go is in a file that is not the guest's.
    """
    read = _lines(tree, path)
    changes, added = {}, []
    for directive in directives:
        alike = [line for line in read if chrony_conf.kind(line.words) == chrony_conf.kind(chrony_conf.words_of(directive))]
        kept = alike[-1] if alike else None
        if kept and not chrony_conf.is_same(kept.words, chrony_conf.words_of(directive)):
            changes[kept] = directive
        if kept in changes and not chrony_conf.belongs_to_guest(tree, kept.path):
            del changes[kept]
            kept = None
        if kept is None:
            added.append(directive)
        changes.update((line, None) for line in alike if kept is None or _place(tree, line) != _place(tree, kept))
    changes.update((line, None) for line in read if _is_other_clock(line.words, directives))
    changes.update(
        (line, None)
        for line in chrony_conf.source_lines(tree, read)
        if _is_other_clock(line.words, directives) and chrony_conf.belongs_to_guest(tree, line.path)
    )
    # an earlier makestep does no harm where it cannot be removed
    changes = {line: changes[line] for line in sorted(changes) if chrony_conf.belongs_to_guest(tree, line.path) or not _is_step(line)}
    for line in changes:
        if not chrony_conf.belongs_to_guest(tree, line.path):
            raise ImagewrightError(
                f"cannot take {line.text!r} out of {line.path} line {line.line}: the file belongs to a package, or is made again at "
                f"each boot; have {path} not name it (include, confdir), or remove what makes it"
            )
    return _edits(tree, path, changes, added), changes


def run(module):
    """Return the module's result after setting the clock."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    directives = _directives(parameters)
    started = invocation(tree)
    path = parameters["path"] or chrony_conf.find_path(tree)
    _check_is_read(module, tree, started, path)
    if not parameters["create"] and (path is None or not tree.exists(path)):
        raise ImagewrightError(
            f"cannot set the clock: there is no {path or ' nor '.join(chrony_conf.PATHS)}; install chrony first (the role guest_time "
            "does with guest_time_install: true), or give the path of its configuration"
        )
    path = path or chrony_conf.path_to_come(tree)
    planned, changes = plan(tree, path, directives)
    read = _lines(EditedTree(tree, planned), path)
    _check(path, read, directives)
    if planned and tree.is_running_system:
        _check_with_chronyd(tree, read, changes)
    every = planned + _beside(tree, parameters, directives)

    def read_back():
        _check(path, _lines(tree, path), directives)
        printed = chronyd.configuration(path) if tree.is_running_system else None
        if printed is not None:
            _check(path, printed, directives)

    result = edits.apply(module, tree, every, parameters["backup"], activate=read_back if planned else None)
    result.update(
        path=path,
        files=[edit.path for edit in every if edit.before != edit.after],
        removed=[_shown(line) for line, text in changes.items() if text is None],
        replaced=[_shown(line) for line, text in changes.items() if text is not None],
    )
    return result


def _check_is_read(module, tree, started, path):
    """Raise ImagewrightError, or warn, when chronyd does not read what would be edited.

    started: invocation.Invocation; path: str or None.
    """
    place = started.path and (started.path if started.line is None else f"{started.path} line {started.line}")
    if started.directives:
        raise ImagewrightError(f"cannot set the clock: {place} starts chronyd with directives of its own, and it reads no file; take them out there")
    if not started.file or path == started.file and chrony_conf.belongs_to_guest(tree, path):
        return
    if path is None or path == started.file:
        raise ImagewrightError(
            f"cannot set the clock: {place} starts chronyd with -f {started.file}, which "
            + ("is made again at each boot, or belongs to a package" if tree.is_file(started.file) else "is not there before the boot")
            + "; take -f out there, so that chronyd reads its own file"
        )
    read = {line.path for line in _lines(tree, started.file)} if tree.is_file(started.file) else set()
    if path not in read:
        module.warn(f"chronyd does not read {path}: {place} starts it with -f {started.file}")


def _directives(parameters):
    """Return the directives ([str]) asked for. Raises ImagewrightError: one is no line of chrony."""
    directives = {name: parameters[name].strip() for name in _FORMS}
    for name, form in _FORMS.items():
        if directives[name] and not form.match(directives[name]):
            raise ImagewrightError(f"cannot set {name} of chrony to {directives[name]!r}: that is no line of it; write it like {_EXAMPLES[name]!r}")
    if parameters["service"] and not re.match(r"[\w@:.-]+\Z", parameters["service"]):
        raise ImagewrightError(f"cannot have the clock start {parameters['service']!r}: that is no service's name; write it like 'chronyd'")
    return [directive for directive in directives.values() if directive]


def _lines(tree, path):
    return chrony_conf.lines(tree, path) if tree.exists(path) else []


def _is_step(line):
    return chrony_conf.kind(line.words) == ("makestep",)


def _is_other_clock(words, directives):
    """Return whether a line is of a clock that Azure does not have, or that was not asked for."""
    wanted = [chrony_conf.device(chrony_conf.words_of(directive)) for directive in directives]
    return chrony_conf.is_ptp_clock(words) and chrony_conf.device(words) not in [chrony_conf.DEVICE] + wanted


def _place(tree, line):
    """Return what is equal for one line of a file that is read by two names."""
    return tree.resolve(line.path), line.line


def _edits(tree, path, changes, added):
    """Return the edits ([edits.Edit]) of the files: changes as in plan, added ([str]) to the end of path."""
    names, replaced = {}, {}
    for line, text in changes.items():
        names.setdefault(tree.resolve(line.path), line.path)
        replaced.setdefault(tree.resolve(line.path), {})[line.line] = text
    if added:
        names[tree.resolve(path)] = path
    planned = []
    for resolved, name in names.items():
        before = edits.read(tree, name)
        planned.append(edits.Edit(name, before, chrony_conf.with_lines(before or "", replaced.get(resolved, {}), added if name == path else ())))
    return planned


def _beside(tree, parameters, directives):
    """Return the edits ([edits.Edit]) of what names the clock, starts chrony when it appears, and skips it where it is missing."""
    if not parameters["wait_for_clock"] or chrony_conf.DEVICE not in [chrony_conf.device(chrony_conf.words_of(directive)) for directive in directives]:
        return []
    service = parameters["service"] or chrony_conf.service(tree) or chrony_conf.SERVICES[-1]
    with_systemd = services.uses_systemd(tree)
    texts = {RULE: chrony_conf.device_rule(service if parameters["start"] and with_systemd else None)}
    if with_systemd:
        texts[f"/etc/systemd/system/{service}.service.d/10-azure-clock.conf"] = chrony_conf.DROP_IN
    return [edits.Edit(path, edits.read(tree, path), text) for path, text in texts.items()]


def _check(path, read, directives):
    """Raise ImagewrightError unless the directives count in what was read ([chrony_conf.ChronyLine]), and no other clock is in it."""
    for directive in map(chrony_conf.words_of, directives):
        alike = [line for line in read if chrony_conf.kind(line.words) == chrony_conf.kind(directive)]
        wrong = [line for line in alike[-1 if directive[0].lower() == "makestep" else 0 :] if not chrony_conf.is_same(line.words, directive)]
        if wrong or not alike:
            found = f"{wrong[0].path} line {wrong[0].line} has {wrong[0].text!r}" if wrong else "chrony reads no such line"
            raise ImagewrightError(f"cannot set {' '.join(directive)!r} in {path}: {found} after the change; look for another program that writes it")
    for line in read:
        if _is_other_clock(line.words, directives):
            raise ImagewrightError(
                f"cannot take {line.text!r} out of {line.path} line {line.line}: it is there after the change; look for another program that writes it"
            )


def _check_with_chronyd(tree, read, changes):
    """Raise ImagewrightError when chronyd does not take one of the lines ([chrony_conf.ChronyLine]) that it will read; changes as in plan."""
    for line in read:
        name = line.words[1] if line.words[0].lower() == "include" and len(line.words) > 1 else "*"
        if not any(character in name for character in "*?[") and not tree.is_file(name):
            raise _refusal(line, f"there is no {name}", changes)
    # what these bring in is among the lines
    asked = [line for line in read if line.words[0].lower() not in ("include", "confdir")]
    refused = chronyd.refused([line.text for line in asked])
    if refused:
        raise _refusal(asked[refused[0]], refused[1], changes)


def _refusal(line, cause, changes):
    """Return the ImagewrightError for a line that chronyd does not take; its number is the one before the changes."""
    number = line.line
    for gone in [gone.line for gone, text in changes.items() if text is None and gone.path == line.path]:
        number += gone <= number
    return ImagewrightError(f"cannot have chrony read {line.path} line {number}: chronyd does not take {line.text!r}: {cause}; correct it first")


def _shown(line):
    return {"path": line.path, "line": line.line, "text": line.text}
