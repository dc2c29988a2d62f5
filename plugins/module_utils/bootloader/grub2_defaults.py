# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub with its drop-ins: where grub-mkconfig takes kernel parameters and GRUB's own settings from.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_script, reading, shared_line, variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

MAIN = "/etc/default/grub"
DROP_INS = "/etc/default/grub.d/*.cfg"
SHARED, NORMAL, RECOVERY = "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_RECOVERY"
NAMES = (SHARED, NORMAL, RECOVERY)

#: Rounds of editing after which variables that refer to each other count as unsolvable.
_MAX_ROUNDS = 12


class Defaults:
    """The texts of /etc/default/grub and its drop-ins, each parsed once, and what the shell makes of them.

    texts: {path: text}, in the order in which grub-mkconfig reads them; appends: bool, whether the guest's /bin/sh knows ``+=``.
    Raises ImagewrightError: the shell could not read one.
    """

    def __init__(self, texts, appends, parsed=()):
        parsed = {source.path: source for source in parsed}
        self.texts, self.appends = texts, appends
        self.sources = [parsed[path] if path in parsed and parsed[path].shell.text == text else variables.source(text, path) for path, text in texts.items()]
        self.environment = variables.environment(self.sources, appends)

    def value(self, name):
        """Return the Value of a variable, None when it is not set. Raises ImagewrightError: only running the shell could tell it."""
        return variables.value_in(self.environment, name)

    def effective(self, name):
        """Return the value (str) of a variable. Raises ImagewrightError: as value."""
        return variables.text_of(self.value(name))

    def parameters(self, name):
        """Return the parameters ([str]) of a variable as they are written. Raises ImagewrightError: as value."""
        return [token.text for token in grub_script.tokens(self.effective(name))]

    def assigned(self, name):
        """Return [(VariablesFile, Assignment)] of a variable, in order."""
        return [(source, assignment) for source in self.sources for assignment in source.shell.assignments if assignment.name == name]

    def with_texts(self, texts):
        """Return Defaults with the texts ({path: text}) of some files put in; the main file, if it is new, comes first."""
        changed = collections.OrderedDict(self.texts)
        changed.update(texts)
        if MAIN in texts:
            changed.move_to_end(MAIN, last=False)
        return Defaults(changed, self.appends, self.sources)


def read(tree):
    """Return the Defaults of the guest. Raises ImagewrightError: a file cannot be read."""
    values = getattr(tree, "values", {})
    if Defaults not in values:
        paths = [MAIN] if tree.is_file(MAIN) else []
        if reads_drop_ins(tree):
            paths += [path for path in tree.glob(DROP_INS) if tree.is_file(path)]
        values[Defaults] = Defaults(collections.OrderedDict((path, reading.text(tree, path)) for path in paths), knows_append(tree))
    return values[Defaults]


def reads_drop_ins(tree):
    """Return whether the guest's grub-mkconfig reads /etc/default/grub.d (a patch of Debian's that not all have)."""
    scripts = [
        path for path in ("/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig", "/usr/sbin/grub2-mkconfig", "/usr/bin/grub2-mkconfig") if tree.is_file(path)
    ]
    return not scripts or any("default/grub.d" in reading.text(tree, path) for path in scripts)


def knows_append(tree):
    """Return whether the guest's /bin/sh knows ``+=``."""
    return tree.exists("/bin/sh") and posixpath.basename(tree.resolve("/bin/sh")) in ("bash", "zsh", "ksh", "mksh")


def change(defaults, wanted, recovery):
    """Return the Defaults with the Request brought into GRUB_CMDLINE_LINUX and its companions.

    A parameter that is set somewhere is changed there. A new one goes into GRUB_CMDLINE_LINUX, of which normal and
    recovery entries are made.
    recovery: bool, bring what recovery entries get to the wanted state too.
    Raises ImagewrightError: a variable is not plain text, its variables refer to each other, or GRUB would end the kernel's line in one.
    """
    _check_expressible(wanted)
    before = [defaults.parameters(name) for name in NAMES]
    for _unused in range(_MAX_ROUNDS):
        lines = [defaults.parameters(name) for name in NAMES]
        planned = shared_line.plan(*lines, wanted=wanted, recovery=recovery)
        changed = [index for index in (1, 2, 0) if _changes_something(lines[index], planned[index])]
        if not changed:
            cmdline_changes.check_kept([parameter for line in before for parameter in line], [parameter for line in lines for parameter in line], wanted, MAIN)
            if wanted.present or wanted.absent:
                check_ends(defaults)
            return defaults
        for index in changed:
            if defaults.parameters(NAMES[index]) == lines[index]:  # else it refers to what was just changed: plan again
                defaults = _with_changes(defaults, NAMES[index], planned[index])
    if recovery and "--" in defaults.parameters(RECOVERY):
        raise ImagewrightError(
            f"cannot set the parameters in {MAIN}: {RECOVERY} ends the kernel's parameters with `--`, and {SHARED} comes after "
            "it in recovery entries; take the `--` out, or leave these entries with `recovery: keep`"
        )
    raise ImagewrightError(f"cannot set the parameters in {MAIN}: {SHARED}, {NORMAL} and {RECOVERY} refer to each other; write each of them as plain text")


def check_ends(defaults, allowed=""):
    """Raise ImagewrightError when GRUB would end the kernel's line in the midst of a variable.

    allowed: str, characters that may do so: what follows these is lost, while the others leave grub-mkconfig without a menu.
    """
    for name in NAMES:
        text = defaults.effective(name)
        end = grub_script.ending(text)
        if end is None or text[end] in allowed:
            continue
        place = defaults.value(name).places[end]
        source = defaults.sources[place.source]
        parameter = next(token for token in grub_script.tokens(text) if token.start <= end < token.end)
        line = source.shell.text.count("\n", 0, place.atom.start) + 1
        raise ImagewrightError(
            f"cannot set the parameters in {source.path} line {line}: to GRUB the unquoted {text[end]!r} of {name} ends the kernel's "
            f"parameters, in {text[parameter.start : parameter.end]!r}; put single quotes around that parameter, inside of the "
            "quotes that are there, or take it out"
        )


def with_settings(defaults, settings):
    """Return the Defaults with other variables set; a value of None makes every assignment of it a comment.

    Raises ImagewrightError: a variable is assigned where it cannot be changed with certainty.
    """
    for name, value in settings.items():
        assigned = defaults.assigned(name)
        if value is None:
            defaults = defaults.with_texts({source.path: variables.without(source, name) for source, _unused in assigned})
        elif not assigned or assigned[-1][1].operator == "unset":
            path = assigned[-1][0].path if assigned else MAIN
            defaults = defaults.with_texts({path: variables.with_assignment(defaults.texts.get(path, ""), name, value)})
        else:
            source, assignment = assigned[-1]
            if assignment.doubt:
                raise ImagewrightError(
                    f"cannot set {name} in {source.path} line {assignment.line}: {assignment.doubt}; write the value as plain text, outside of any block"
                )
            if assignment.value != value:
                defaults = defaults.with_texts({source.path: variables.with_value(source, assignment, value)})
    return defaults


def described(before, after):
    """Return [{path, variable, before, after}] of the variables that are set before or after ([Defaults]), for the module's result."""
    found = []
    for name in NAMES:
        old, new = before.value(name), after.value(name)
        if old is None and new is None:
            continue
        path = after.sources[new.home[0]].path if new else MAIN
        found.append({"path": path, "variable": name, "before": variables.text_of(old), "after": variables.text_of(new)})
    return found


def described_settings(before, after, settings):
    """Return [{path, variable, before, after}] of other variables; None where one is not set to plain text."""
    found = []
    for name in settings:
        old, new = (defaults.assigned(name)[-1:] for defaults in (before, after))
        values = [assigned[0][1].value if assigned else None for assigned in (old, new)]
        home = new if values[1] is not None else old
        found.append({"path": home[0][0].path if home else MAIN, "variable": name, "before": values[0], "after": values[1]})
    return found


def _changes_something(parameters, changes):
    return bool(changes.additions) or changes.replacements != [[parameter] for parameter in parameters]


def _with_changes(defaults, name, changes):
    """Return the Defaults with the ParameterChanges of one variable made."""
    value = defaults.value(name)
    added = " ".join(map(grub_script.write_parameter, changes.additions))
    if value is None:
        return defaults.with_texts({MAIN: variables.with_assignment(defaults.texts.get(MAIN, ""), name, added)})
    tokens = grub_script.tokens(variables.text_of(value))
    spans = cmdline_changes.spans(tokens, changes._replace(additions=[]), grub_script.write_parameter)
    if changes.additions:
        spans = sorted(spans + [_addition(value, tokens, changes, added)])
    return defaults.with_texts(variables.edit(defaults.sources, value, spans))


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
            raise ImagewrightError(
                f"cannot set {parameter!r} for GRUB 2: GRUB adds backslashes to quotes and backslashes that the kernel "
                "takes as they are; leave these characters out"
            )
