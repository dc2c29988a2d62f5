# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether there is something to do for a topic, as a role of prepare is one, and what.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, installed, services
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.survey import stand_in
from ansible_collections.imagewright.azure.plugins.module_utils.survey.modules import MODULES

#: What one module would do. result: dict, its result in check mode, or None; error: str, or ""; warnings: [str].
Planned = collections.namedtuple("Planned", "result error warnings")

#: {module: {key of its result: what becomes of the paths in it}}, of what is changed beside the files in the difference.
_NAMED = {
    "swap_off": {"stopped": "is no swap any more", "removed": "is removed", "wiped": "is wiped", "rebuilt": "is built anew"},
    "grub_cmdline": {"regenerated": "is generated anew"},
}


def plan(module, arguments, root):
    """Return what a module would do (Planned).

    module: str, a key of MODULES; arguments: dict; root: str, of the guest, unless the arguments have their own.
    """
    given = dict({"root": root}, **arguments)
    asked = MODULES[module]()
    try:
        module_stand_in = stand_in.of_arguments(module, asked.ARGUMENTS, given)
    except ImagewrightError as error:
        return Planned(None, str(error), [])
    try:
        result = asked.run(module_stand_in)
    except ImagewrightError as error:
        return Planned(None, str(error), module_stand_in.warnings)
    except OSError as error:
        return Planned(None, str(from_os_error(f"use {error.filename}" if error.filename else "use the disk", error)), module_stand_in.warnings)
    return Planned(result, "", module_stand_in.warnings)


def look(tree, topic, busy, there):
    """Return {work, todo, follows, problems, warnings} of a topic; what is to do is told as what holds when it is done.

    tree: LiveTree; topic: dict, as the module's option topics; busy: set of str, topics before it that have work.
    there: {package: whether it is installed, None where that is not known}.
    """
    todo = [f"package {name} is installed{'' if there[name] is False else ' where it is not'}" for name in topic["packages"] if not there[name]]
    to_come = bool(todo)
    todo += topic["notes"]
    todo += [line for wanted in topic["services"] for line in _of_service(tree, wanted)]
    todo += [line for path, content in sorted(topic["files"].items()) for line in _of_file(tree, path, content)]
    follows, problems, warnings = sorted(busy & set(topic["after"])), [], []
    for part in topic["parts"]:
        planned = plan(part["module"], part["arguments"], tree.root)
        warnings += planned.warnings
        if planned.error and to_come:
            follows.append("packages")
            todo.append(f"{part['module']} sets up what the packages bring")
        elif planned.error:
            problems.append(planned.error)
        elif planned.result["changed"]:
            todo += changes(part["module"], planned.result)
    return {"work": bool(todo or follows or problems), "todo": todo, "follows": follows, "problems": problems, "warnings": warnings}


def changes(module, result):
    """Return what a module would change ([str]), a line each: files, images, devices."""
    lines = []
    for difference in result.get("diff") or []:
        lines.append(f"{difference['before_header']}{_size(difference)}")
    for kernel in result.get("kernels") or []:
        if kernel["rebuilt"]:
            lines.append(f"{kernel['image']} is built anew")
    lines += [f"{path} {what}" for key, what in _NAMED.get(module, {}).items() for path in result[key]]
    return lines or [f"{module} has work"]


def _size(difference):
    """Return how many lines of a file change (str)."""
    before, after = ([line for line in difference[side].split("\n") if line] for side in ("before", "after"))
    if not before or not after:
        return " is new" if after else " is removed"
    gone, come = collections.Counter(before), collections.Counter(after)
    number = max(sum((gone - come).values()), sum((come - gone).values()))
    return f": {number} line{'' if number == 1 else 's'}"


def _of_service(tree, wanted):
    """Return what is to do for {names, enabled}: one of the names starts at boot, or none of them does."""
    states = services.states(tree, wanted["names"])
    on = [name for name, state in states.items() if state == services.ENABLED]
    if wanted["enabled"]:
        return [] if on else [f"service {wanted['names'][-1]} starts at boot"]
    return [f"service {name} does not start at boot any more" for name in on]


def _of_file(tree, path, content):
    """Return what is to do for a file that is to have the content (str), or not to be there (None)."""
    before = edits.read(tree, path)
    if before == content and (content is None or stat.S_IMODE(tree.stat(path).mode) == 0o644):
        return []
    return [f"{path} " + ("is new" if before is None else "is removed" if content is None else "is written anew")]


def packages(tree, topics):
    """Return {package: whether it is installed, None where that is not known} of all that topics ([dict]) ask for."""
    return installed.installed(tree, sorted({name for topic in topics for name in topic["packages"]}))
