# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB Legacy (0.97): its menu, which is edited in place, and what SUSE's perl-Bootloader makes new stanzas of.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import menu_lst, menu_places, reading, variables
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry, LoaderPlan, guest_path
from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

NAME = "grub_legacy"

SYSCONFIG = "/etc/sysconfig/bootloader"
#: Variables of SYSCONFIG that hold Linux arguments: by kind of entry. XEN_APPEND is the hypervisor's.
_APPEND = collections.OrderedDict([("DEFAULT_APPEND", "normal"), ("XEN_KERNEL_APPEND", "normal"), ("FAILSAFE_APPEND", "rescue")])


def is_present(tree):
    """Return whether the guest has a menu of GRUB Legacy."""
    return bool(_menus(tree))


def plan(tree, wanted, options):
    """Return the LoaderPlan for every menu, and for SUSE's /etc/sysconfig/bootloader."""
    edits, sources = [], []
    recovery, rescue = options.recovery == "change", options.rescue == "change"
    for path, before in _menus(tree).items():
        after = menu_lst.change(before, wanted, recovery, rescue)
        sources += _described(path, before, after)
        edits.append(Edit(path, before, after))
    if tree.is_file(SYSCONFIG):
        before = reading.text(tree, SYSCONFIG)
        after = _changed_sysconfig(before, wanted, rescue)
        sources += [
            {"path": SYSCONFIG, "variable": name, "before": old, "after": new}
            for name, old, new in zip(_APPEND, _appends(before), _appends(after))
            if old is not None
        ]
        edits.append(Edit(SYSCONFIG, before, after))
    warnings = [
        f"{path}: it has no `# kopt=` between its marks for default options, so update-grub will give a new kernel `root=... ro` alone; "
        "run update-grub once and this task again"
        for path, text in _menus(tree).items()
        if menu_lst.has_automagic(text) and menu_lst.next_kernel(text) is None
    ]
    return LoaderPlan([edit for edit in edits if edit.before != edit.after], sources, warnings, False)


def entries(tree):
    """Return the entries ([BootEntry]) of every menu."""
    return [
        BootEntry(
            NAME,
            path,
            stanza.line,
            stanza.title,
            guest_path(tree, stanza.kernel),
            [guest_path(tree, initrd) for initrd in stanza.initrds],
            menu_lst.arguments(text, stanza),
            stanza.kind,
        )
        for path, text in _menus(tree).items()
        for stanza in reading.parsed(tree, path, menu_lst.stanzas)
    ]


def next_kernel(tree, entries):
    """Return the command line (str) of the next kernel: from Debian's comments, SUSE's variables, or the default stanza."""
    for text in _menus(tree).values():
        line = menu_lst.next_kernel(text)
        if line is not None:
            return line
        if menu_lst.has_automagic(text):
            return None
        default = menu_lst.default_stanza(text)
        current = [] if default is None else kernel_cmdline.split(menu_lst.arguments(text, default))
        append = _appends(reading.text(tree, SYSCONFIG))[0] if tree.is_file(SYSCONFIG) else None
        if append is not None:
            return " ".join([parameter for parameter in current if kernel_cmdline.key(parameter) == "root"] + kernel_cmdline.split(append))
        return " ".join(current)
    return None


def _menus(tree):
    """Return {path: text} of the menus, links followed."""
    return collections.OrderedDict((tree.resolve(path), text) for path, text in reading.texts(tree, menu_places.GRUB_LEGACY).items() if menu_lst.is_menu(text))


def _described(path, before, after):
    """Return [{path, variable, before, after}] of the stanzas and the magic comments of a menu."""
    found = [
        {"path": path, "variable": old.name, "before": before[old.start : old.end], "after": after[new.start : new.end]}
        for old, new in zip(menu_lst.magic(before), menu_lst.magic(after))
        if not old.name.startswith("xen")
    ]
    return found + [
        {"path": path, "variable": f"kernel ({old.title})", "before": menu_lst.arguments(before, old), "after": menu_lst.arguments(after, new)}
        for old, new in zip(menu_lst.stanzas(before), menu_lst.stanzas(after))
        if old.kind != "other"
    ]


def _changed_sysconfig(text, wanted, rescue):
    """Return the text of SUSE's file with the Request brought into the variables that it sets."""
    for name, kind in _APPEND.items():
        sources = [variables.source(text, SYSCONFIG)]
        if kind == "rescue" and not rescue or not any(assignment.name == name for assignment in sources[0].shell.assignments):
            continue
        value = variables.evaluate(sources, name, appends=True)
        tokens = kernel_cmdline.tokenize(variables.text_of(value))
        changes = cmdline_changes.plan([token.text for token in tokens], wanted)
        text = variables.edit(sources, value, cmdline_changes.spans(tokens, changes)).get(SYSCONFIG, text)
        written = variables.text_of(variables.evaluate([variables.source(text, SYSCONFIG)], name, appends=True))
        cmdline_changes.check_kept([token.text for token in tokens], kernel_cmdline.split(written), wanted, SYSCONFIG)
    return text


def _appends(text):
    """Return the values ([str or None]) of the variables of _APPEND."""
    values = shell_variables.values(text, SYSCONFIG)
    return [values.get(name) for name in _APPEND]
