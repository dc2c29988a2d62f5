# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to a plan over every boot loader of a guest, and from what was written back to what will boot.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import os

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2, grub2_menu, menu_places, unchanged
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import is_subject
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.reading import Reading
from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits, files
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.core.work_directory import work_directory
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

#: What a run will do. edits: [Edit]; sources: [dict]; warnings: [str]; generators: [Generator] that have work to do;
#: before, after: entries ([BootEntry]) now and predicted; titles: {path: [str]} of every menu of GRUB 2 now; given: {path: [str]},
#: the parameters that the edited sources give to the entries of a generated file; next_kernel: str or None, predicted.
WholePlan = collections.namedtuple("WholePlan", "edits sources warnings generators before after titles given next_kernel")


def plan(tree, loaders, wanted, options, regenerate):
    """Return the WholePlan for all boot loaders of a guest.

    loaders: adapters; wanted: cmdline_changes.CmdlineRequest; options: boot_entry.Options; regenerate: bool.
    Raises ImagewrightError: something cannot be edited with certainty, or a command line becomes too long.
    """
    tree = Reading(tree)
    plans = [loader.plan(tree, wanted, options) for loader in loaders]
    # the file that must not be older than /etc/default/grub comes last
    planned_edits = sorted([edit for planned in plans for edit in planned.edits], key=lambda edit: edit.path == menu_places.KERNEL_CMDLINE)
    edited = Reading(EditedTree(tree, planned_edits)) if planned_edits else tree  # which has been read
    before = [entry for loader in loaders for entry in loader.entries(tree)]
    after, generators, lines, warnings = [], [], [], [warning for planned in plans for warning in planned.warnings]
    for loader, planned in zip(loaders, plans):
        to_do = _needed_generators(tree, loader, planned, wanted, options)
        if to_do and not regenerate:
            warnings.append(f"{', '.join(generator.output for generator in to_do)} is not up to date and was not regenerated, because regenerate is false")
        if regenerate:
            _check_ready(tree, to_do)
            generators += to_do
        predicted = loader.predict(tree, edited) if to_do else loader.entries(edited)
        entries = predicted if regenerate else loader.entries(edited)
        if not to_do:
            check(entries, wanted, options)
        after += entries
        lines.append((not entries, loader.next_kernel(edited, predicted)))
    given = {path: parameters for loader in loaders if _is_generated(loader) for path, parameters in loader.given(edited).items()} if generators else {}
    unchanged.check(_that_stay(tree, before, after), after, wanted, options, given)
    machine = machine_of(tree)
    for entry in after:
        if is_subject(entry, options):
            kernel_cmdline.check_length(entry.cmdline, machine, f"{entry.path} line {entry.line}")
    next_kernel = first_line(lines)
    kernel_cmdline.check_length(next_kernel or "", machine, "the next kernel's boot entry")
    warnings += _warnings_of_others(tree, after, wanted)
    return WholePlan(
        planned_edits,
        [source for planned in plans for source in planned.sources],
        warnings,
        generators,
        before,
        after,
        grub2_menu.titles(tree) if grub2 in loaders else {},
        given,
        next_kernel,
    )


def first_line(lines):
    """Return the next kernel's line (str or None) of [(whether the loader has no entries, line or None)]: loaders with entries first."""
    return next((line for _unused, line in sorted(lines, key=lambda item: item[0]) if line is not None), None)


def renew(tree):
    """Write /etc/kernel/cmdline again as it is when it is older than /etc/default/grub: Red Hat's kernel-install would not believe it.

    tree: LiveTree.
    """
    if not tree.is_file(menu_places.KERNEL_CMDLINE):
        return
    from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import kernel_install

    if kernel_install.is_overruled(tree):
        files.write(tree.host_path(kernel_install.MAIN), tree.read_bytes(kernel_install.MAIN))


def regenerate(tree, generators):
    """Run the generators ([Generator]) in the guest's root; what they must not rewrite is put back as it was edited.

    tree: LiveTree.
    Raises ImagewrightError: one is not installed, or failed.
    """
    kept = {path: tree.read_bytes(path) for path in _protected(tree)} if generators else {}
    done = []
    for generator in generators:
        if generator.aside:
            _write_aside(tree, generator)
        elif generator.argv not in done:
            commands.run(generator.argv, generator.doing, root=tree.root)
            done.append(generator.argv)
    for path, content in kept.items():
        if not tree.is_file(path) or tree.read_bytes(path) != content:
            files.write(tree.host_path(path), content)


def _write_aside(tree, generator):
    """Have a generator write its file into a directory that only we can read, and put what it wrote into its place."""
    with work_directory(tree, "boot-menu") as work:
        new = f"{work}/.{os.path.basename(generator.output)}.{files.MARK}new"
        commands.run(generator.argv + ["-o", new], generator.doing, root=tree.root)
        if not tree.is_file(new):
            raise ImagewrightError(f"cannot {generator.doing}: {generator.argv[0]} ended without an error but wrote nothing; run it by hand")
        files.write(tree.host_path(generator.output), tree.read_bytes(new))


def touched(tree, generators):
    """Return the guest paths ([str]) that regenerate may write."""
    if not generators:
        return []
    outputs = [generator.output for generator in generators]
    return outputs + [path + ".new" for path in outputs] + _protected(tree)


def _protected(tree):
    """Return the paths ([str]) that a generator may rewrite with what it probes; the reader of entries is imported where one runs."""
    from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls

    return bls.protected(tree)


def read_back(tree, loaders, wanted, options, regenerated, change):
    """Return the entries ([BootEntry]) that are on the disk now.

    regenerated: bool, False when generated files were to be left as they are; change: WholePlan.
    Raises ImagewrightError: one that was to be changed is not as wanted, or anything that was not asked for is another than before.
    """
    entries, tree = [], Reading(tree)
    for loader in loaders:
        found = loader.entries(tree)
        outputs = [] if regenerated else [generator.output for generator in _generators(tree, loader)]
        check([entry for entry in found if entry.path not in outputs], wanted, options)
        entries += found
    unchanged.check(_that_stay(tree, change.before, entries), entries, wanted, options, change.given)
    if grub2 in loaders:
        unchanged.check_titles(change.titles, grub2_menu.titles(tree), options)
    return entries


def _that_stay(tree, before, after):
    """Return the entries ([BootEntry]) of before without those whose kernel is not there any more, which a generator leaves out."""
    left = {(entry.path, entry.title, entry.kernel) for entry in after}
    return [entry for entry in before if (entry.path, entry.title, entry.kernel) in left or tree.is_file(entry.kernel)]


def check(entries, wanted, options):
    """Raise ImagewrightError when an entry ([BootEntry]) that was to be changed is not as wanted."""
    for entry in entries:
        if is_subject(entry, options) and not cmdline_changes.is_right(entry.cmdline, wanted):
            right = cmdline_changes.change(entry.cmdline, wanted)
            raise ImagewrightError(
                f"cannot prove the kernel command line of {entry.title!r} in {entry.path} line {entry.line}: "
                f"it would boot with {entry.cmdline!r} instead of {right!r}; look for what overrides it, "
                "e.g. a script in /etc/grub.d"
            )


def described(before, after):
    """Return [{path, title, kernel, before, after}] of the entries; before is None for an entry that is new."""
    old = collections.defaultdict(list)
    for entry in before:
        old[_identity(entry)].append(entry.cmdline)
    found = []
    for entry in after:
        lines = old[_identity(entry)]
        found.append(
            {
                "path": entry.path,
                "title": entry.title,
                "kernel": entry.kernel,
                "kind": entry.kind,
                "before": lines.pop(0) if lines else None,
                "after": entry.cmdline,
            }
        )
    return found


def machine_of(tree):
    """Return the machine (`uname -m`) that the guest's programs are for, "" when it cannot be told."""
    try:
        return architecture(tree)[0]
    except ImagewrightError:
        return ""


def _identity(entry):
    return entry.loader, entry.path, entry.title, entry.kernel


def _needed_generators(tree, loader, planned, wanted, options):
    """Return the generators of a boot loader that have work to do: all when a source changes, else those of stale files."""
    generators = _generators(tree, loader)
    if planned.regenerate or not generators:
        return generators
    stale = loader.stale(tree, wanted, options)
    return [generator for generator in generators if generator.output in stale]


def _generators(tree, loader):
    """Return the Generators ([Generator]) of a boot loader: none of one whose files are edited themselves."""
    return loader.generators(tree, getattr(tree, "root", "/")) if _is_generated(loader) else []


def _is_generated(loader):
    return hasattr(loader, "generators")


def _check_ready(tree, generators):
    """Raise ImagewrightError when the guest lacks the program that one of the generators is, or its output cannot be written."""
    for generator in generators:
        if not commands.find(generator.argv[0], getattr(tree, "root", "/")):
            raise ImagewrightError(
                f"cannot {generator.doing}: {generator.argv[0]} is not installed in the guest; install it, or edit the sources alone with `regenerate: false`"
            )
        edits.check_writable(tree, generator.output)


def _warnings_of_others(tree, entries, wanted):
    return [
        f"{entry.path} line {entry.line}: the entry {entry.title!r} is written by hand and was left as it is; "
        "change it where it comes from (such as /etc/grub.d/40_custom) if it is to have the parameters too"
        for entry in entries
        if entry.kind == "other"
        and entry.loader == grub2.NAME
        and tree.is_file(entry.kernel)
        and "memtest" not in entry.kernel
        and not cmdline_changes.is_right(entry.cmdline, wanted)
    ]
