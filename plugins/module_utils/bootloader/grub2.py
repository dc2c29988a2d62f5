# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2 whose grub.cfg grub-mkconfig generates from /etc/default/grub.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_defaults, grub2_menu, reading
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Generator, LoaderPlan, is_subject
from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline_changes

NAME = grub2_menu.NAME


def is_present(tree):
    """Return whether GRUB 2 is set up in the guest: its defaults or a menu of its."""
    return tree.is_file(grub2_defaults.MAIN) or bool(grub2_menu.menus(tree))


def plan(tree, wanted, options):
    """Return the LoaderPlan for /etc/default/grub and its drop-ins, and for menus that nothing generates."""
    menus = grub2_menu.menus(tree)
    if menus and not any(grub2_menu.is_generated(text) or grub2_menu.uses_bls(path, text) for path, text in menus.items()):
        by_hand = _plan_by_hand(menus, wanted, options)
        if not tree.is_file(grub2_defaults.MAIN):
            return by_hand
        # whoever runs grub-mkconfig some day, such as a kernel package, must not undo it
        edits, sources = _planned_defaults(tree, wanted, options)
        return LoaderPlan(by_hand.edits + edits, by_hand.sources + sources, by_hand.warnings, False)
    edits, sources = _planned_defaults(tree, wanted, options)
    generated = [(path, text) for path, text in menus.items() if grub2_menu.is_generated(text)]
    only_settings = bool(generated) and all(grub2_menu.uses_bls(path, text) for path, text in generated)
    new_settings = any(source["before"] != source["after"] for source in sources if source["variable"] in options.settings)
    return LoaderPlan(edits, sources, _warnings(menus), new_settings if only_settings else bool(edits))


def _planned_defaults(tree, wanted, options):
    """Return ([Edit], [source]) of /etc/default/grub and its drop-ins."""
    before = grub2_defaults.read(tree)
    recovery = options.recovery == "change" and makes_recovery_entries(before)
    after = grub2_defaults.with_settings(grub2_defaults.change(before, wanted, recovery), options.settings)
    edits = [Edit(path, before.texts.get(path), text) for path, text in after.texts.items() if text != before.texts.get(path)]
    return edits, grub2_defaults.described(before, after) + grub2_defaults.described_settings(before, after, options.settings)


def _plan_by_hand(menus, wanted, options):
    """Return the LoaderPlan for menus that no grub-mkconfig writes (such as Azure Linux 2.0's): their `linux` lines are the source.

    Raises ImagewrightError: settings are asked for, which no generator would read.
    """
    if options.settings:
        raise ImagewrightError(
            f"cannot set {', '.join(options.settings)} by settings in {', '.join(menus)}: it was not written by "
            "grub-mkconfig, so /etc/default/grub is not read; write the commands into the file itself"
        )
    edits, sources, warnings = [], [], []
    for path, before in menus.items():
        after = grub2_menu.change_by_hand(path, before, wanted, options.recovery == "change", options.rescue == "change")
        edits += [Edit(path, before, after)] if after != before else []
        sources += grub2_menu.described(path, before, after)
        warnings += [
            f"{path}: the entry {source['variable']} takes parameters from {word}, which is set elsewhere; they were not looked at"
            for source in grub2_menu.described(path, before, after)
            for word in source["after"].split()
            if word.startswith("$")
        ]
    return LoaderPlan(edits, sources, warnings, False)


def makes_recovery_entries(defaults):
    """Return whether grub-mkconfig makes recovery entries of its Defaults: unless GRUB_DISABLE_RECOVERY says true."""
    return [assignment.value for _unused, assignment in defaults.assigned("GRUB_DISABLE_RECOVERY")[-1:]] != ["true"]


def entries(tree):
    """Return the entries ([BootEntry]) of every grub.cfg."""
    return grub2_menu.entries(tree)


def predict(before, after):
    """Return the entries ([BootEntry]) of the guest once grub.cfg is generated again from the edited sources.

    before, after: Tree.
    """
    old, new = _values(before), _values(after)
    generated = {path for path, text in grub2_menu.menus(before).items() if grub2_menu.is_generated(text)}
    return [grub2_menu.predict(entry, old, new) if entry.path in generated else entry for entry in grub2_menu.entries(before)]


def stale(tree, wanted, options):
    """Return the paths ([str]) of generated grub.cfg files that are not as wanted though their sources are.

    A run that ended between the sources and the menu leaves them so. Of settings the menu's entries say nothing: there it is stale
    when a source is younger than it.
    """
    linux, default, _unused = _values(tree)
    generated = {path for path, text in grub2_menu.menus(tree).items() if grub2_menu.is_generated(text)}
    found = {
        entry.path
        for entry in grub2_menu.entries(tree)
        if (is_subject(entry, options) and not cmdline_changes.is_right(entry.cmdline, wanted))
        or (entry.kind != "other" and not grub2_menu.has_asked(entry, linux, default, wanted))
    }
    if options.settings:
        changed = max([tree.stat(path).mtime for path in grub2_defaults.read(tree).texts] or [0])
        found |= {path for path in generated if tree.stat(path).mtime < changed}
    return sorted(generated & found)


def given(tree):
    """Return {path: [str]}: the parameters that the variables give to the entries of each generated grub.cfg."""
    parameters = [parameter for value in _values(tree) for parameter in grub2_menu.grub_script.passed(value)]
    return {path: parameters for path, text in grub2_menu.menus(tree).items() if grub2_menu.is_generated(text)}


def generators(tree, root):
    """Return the Generators ([Generator]) that write every generated grub.cfg again.

    root: str, where the guest's root is on this machine.
    Raises ImagewrightError: the guest has a generated grub.cfg and no program to generate it.
    """
    found = []
    for path, text in grub2_menu.menus(tree).items():
        if grub2_menu.is_generated(text):
            argv = _command(tree, path, root)
            found.append(Generator(argv, f"regenerate {path}", path, argv != ["update-grub"]))
    return found


def next_kernel(tree, entries):
    """Return the command line (str) that the next installed kernel will get: its device as now, the rest from the sources.

    entries: [BootEntry], those of this loader once its menu is up to date.
    None when grub.cfg takes its entries from Boot Loader Specification files.
    """
    menus = grub2_menu.menus(tree)
    if any(grub2_menu.uses_bls(path, text) for path, text in menus.items()):
        return None
    entry = next((entry for entry in entries if entry.kind == "normal"), None)
    if entry is not None and not grub2_menu.is_generated(menus[entry.path]):
        return entry.cmdline
    grub2_defaults.check_ends(grub2_defaults.read(tree), allowed=";\n#")
    linux, default, recovery = _values(tree)
    if entry is None:
        return " ".join(grub2_menu.grub_script.passed(f"{linux} {default}"))
    return grub2_menu.predict(entry, (linux, default, recovery), (linux, default, recovery)).cmdline


def _values(tree):
    """Return the values (str) of the three variables."""
    return tuple(grub2_defaults.read(tree).effective(name) for name in grub2_defaults.NAMES)


def _command(tree, path, root):
    """Return the arguments ([str]) of the guest's own generator for one grub.cfg.

    grub-mkconfig ends with `cat new > grub.cfg`: whoever pulls the plug then has half a menu. So it writes aside. Only an
    update-grub that is more than Debian's wrapper of it is run as it is.
    """
    wrapper = commands.find("update-grub", root)
    if path == "/boot/grub/grub.cfg" and wrapper and not _only_calls_mkconfig(tree, wrapper):
        return ["update-grub"]
    for name in ("grub2-mkconfig", "grub-mkconfig"):
        if commands.find(name, root):
            return [name]
    return ["grub-mkconfig"]


def _only_calls_mkconfig(tree, wrapper):
    lines = [line.strip() for line in reading.text(tree, wrapper).splitlines()] if tree.is_file(wrapper) else []
    return [line for line in lines if line and not line.startswith("#")] == ["set -e", 'exec grub-mkconfig -o /boot/grub/grub.cfg "$@"']


def _warnings(menus):
    if not menus:
        return ["there is no grub.cfg yet: the parameters take effect when grub-mkconfig first writes one"]
    return []
