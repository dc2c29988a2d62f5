# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub with its drop-ins: where grub-mkconfig takes kernel parameters and GRUB's own settings from.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_script, shared_line, variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline

MAIN = "/etc/default/grub"
DROP_INS = "/etc/default/grub.d/*.cfg"
SHARED, NORMAL, RECOVERY = "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_RECOVERY"
NAMES = (SHARED, NORMAL, RECOVERY)

#: Rounds of editing after which variables that refer to each other count as unsolvable.
_MAX_ROUNDS = 12


def texts(tree):
    """Return {path: text} of the files that grub-mkconfig reads, in its order."""
    paths = [MAIN] if tree.is_file(MAIN) else []
    if reads_drop_ins(tree):
        paths += [path for path in tree.glob(DROP_INS) if tree.is_file(path)]
    return collections.OrderedDict((path, tree.read_text(path)) for path in paths)


def reads_drop_ins(tree):
    """Return whether the guest's grub-mkconfig reads /etc/default/grub.d (a patch of Debian's that not all have)."""
    scripts = [path for path in ("/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig", "/usr/sbin/grub2-mkconfig", "/usr/bin/grub2-mkconfig")
               if tree.is_file(path)]
    return not scripts or any("default/grub.d" in tree.read_text(path) for path in scripts)


def knows_append(tree):
    """Return whether the guest's /bin/sh knows ``+=``."""
    return tree.exists("/bin/sh") and posixpath.basename(tree.resolve("/bin/sh")) in ("bash", "zsh", "ksh", "mksh")


def effective(files, name, appends):
    """Return the effective value (str) of a variable over {path: text}.

    Raises ImagewrightError: only running the shell could tell it.
    """
    return variables.text_of(variables.evaluate(_sources(files), name, appends))


def change(files, wanted, appends, recovery):
    """Return {path: text} of the files with the Request brought into GRUB_CMDLINE_LINUX and its companions.

    A parameter that is set somewhere is changed there. A new one goes into GRUB_CMDLINE_LINUX, of which normal and
    recovery entries are made.
    recovery: bool, bring what recovery entries get to the wanted state too.
    Raises ImagewrightError: a variable is not plain text, or its variables refer to each other.
    """
    _check_expressible(wanted)
    before = [_parameters(files, name, appends) for name in NAMES]
    for _unused in range(_MAX_ROUNDS):
        lines = [_parameters(files, name, appends) for name in NAMES]
        planned = shared_line.plan(*lines, wanted=wanted, recovery=recovery)
        changed = [index for index in (1, 2, 0) if _changes_something(lines[index], planned[index])]
        if not changed:
            kernel_cmdline.check_kept([parameter for line in before for parameter in line],
                                      [parameter for line in lines for parameter in line], wanted, MAIN)
            return files
        for index in changed:
            if _parameters(files, NAMES[index], appends) == lines[index]:  # else it refers to what was just changed: plan anew
                files = _with_changes(files, NAMES[index], planned[index], appends)
    if recovery and "--" in _parameters(files, RECOVERY, appends):
        raise ImagewrightError(f"cannot set the parameters in {MAIN}: {RECOVERY} ends the kernel's parameters with `--`, and {SHARED} comes after "
                               "it in recovery entries; take the `--` out, or leave these entries with `recovery: keep`")
    raise ImagewrightError(f"cannot set the parameters in {MAIN}: {SHARED}, {NORMAL} and {RECOVERY} refer to each other; "
                           "write each of them as plain text")


def with_settings(files, settings, appends):
    """Return {path: text} with other variables set; a value of None makes every assignment of it a comment.

    Raises ImagewrightError: a variable is assigned where it cannot be changed with certainty.
    """
    for name, value in settings.items():
        sources = _sources(files)
        assigned = [(file, assignment) for file in sources for assignment in file.shell.assignments if assignment.name == name]
        if value is None:
            files = collections.OrderedDict((file.path, variables.without(file, name)) for file in sources)
        elif not assigned or assigned[-1][1].operator == "unset":
            path = assigned[-1][0].path if assigned else MAIN
            files = _with_text(files, path, variables.with_assignment(files.get(path, ""), name, value))
        else:
            file, assignment = assigned[-1]
            if assignment.doubt:
                raise ImagewrightError(f"cannot set {name} in {file.path} line {assignment.line}: {assignment.doubt}; "
                                       "write the value as plain text, outside of any block")
            if assignment.value != value:
                files = _with_text(files, file.path, variables.with_value(file, assignment, value))
    return files


def described(before, after, appends):
    """Return [{path, variable, before, after}] of the variables that are set before or after, for the module's result."""
    found = []
    for name in NAMES:
        old, new = (variables.evaluate(_sources(files), name, appends) for files in (before, after))
        if old is None and new is None:
            continue
        path = _sources(after)[new.home[0]].path if new else MAIN
        found.append({"path": path, "variable": name, "before": variables.text_of(old), "after": variables.text_of(new)})
    return found


def described_settings(before, after, settings):
    """Return [{path, variable, before, after}] of other variables; None where one is not set to plain text."""
    found = []
    for name in settings:
        old, new = (_last_value(files, name) for files in (before, after))
        path = (new[0] if new[1] is not None else old[0]) or MAIN
        found.append({"path": path, "variable": name, "before": old[1], "after": new[1]})
    return found


def _last_value(files, name):
    assigned = [(file.path, assignment.value) for file in _sources(files) for assignment in file.shell.assignments
                if assignment.name == name]
    return assigned[-1] if assigned else (None, None)


def _sources(files):
    return [variables.source(path, text) for path, text in files.items()]


def _with_text(files, path, text):
    changed = collections.OrderedDict(files)
    changed[path] = text
    if path == MAIN:
        changed.move_to_end(MAIN, last=False)
    return changed


def _parameters(files, name, appends):
    """Return the parameters ([str]) of a variable as a kernel gets them."""
    return [token.text for token in grub_script.tokens(effective(files, name, appends))]


def _changes_something(parameters, changes):
    return bool(changes.additions) or changes.replacements != [[parameter] for parameter in parameters]


def _with_changes(files, name, changes, appends):
    """Return {path: text} with the Changes of one variable made."""
    sources = _sources(files)
    value = variables.evaluate(sources, name, appends)
    added = " ".join(map(grub_script.write_parameter, changes.additions))
    if value is None:
        return _with_text(files, MAIN, variables.with_assignment(files.get(MAIN, ""), name, added))
    tokens = grub_script.tokens(variables.text_of(value))
    spans = kernel_cmdline.spans(tokens, changes._replace(additions=[]), grub_script.write_parameter)
    if changes.additions:
        spans = sorted(spans + [_addition(value, tokens, changes, added)])
    edited = variables.edit(sources, value, spans)
    return collections.OrderedDict((path, edited.get(path, text)) for path, text in files.items())


def _addition(value, tokens, changes, added):
    """Return the span that adds parameters at the end of what the variable's first assignment contributes, before a ``--``."""
    inside = [index for index, token in enumerate(tokens) if value.home_start <= token.start and token.end <= value.home_end]
    separator = next((tokens[index] for index in inside if tokens[index].text == "--"), None)
    if separator:
        return separator.start, separator.start, added + " "
    if not inside:
        return value.home_start, value.home_start, added + (" " if value.home_start < len(value.places) else "")
    end = tokens[inside[-1]].end
    kept = any(changes.replacements[index] for index in range(inside[-1] + 1))
    return end, end, (" " if kept else "") + added


def _check_expressible(wanted):
    for parameter in wanted.present:
        written = grub_script.tokens(grub_script.write_parameter(parameter))
        if len(written) != 1 or not kernel_cmdline.same(written[0].text, parameter):
            raise ImagewrightError(f"cannot set {parameter!r} for GRUB 2: GRUB adds backslashes to quotes and backslashes that the kernel "
                                   "takes as they are; leave these characters out")
