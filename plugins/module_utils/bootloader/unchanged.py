# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether boot entries differ from those of before in what was asked for and in nothing else. Values, no I/O.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import is_subject
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

#: Variables of /etc/default/grub that say which entries there are and what they are called; who asks for one asks for that too.
#: Source: GRUB manual, "Simple configuration handling"; the 10_linux of Debian, Ubuntu, Fedora and SUSE.
_SHAPING = frozenset(
    [
        "GRUB_DISTRIBUTOR",
        "GRUB_DISABLE_RECOVERY",
        "GRUB_DISABLE_SUBMENU",
        "GRUB_DISABLE_OS_PROBER",
        "GRUB_OS_PROBER_SKIP_LIST",
        "GRUB_TOP_LEVEL",
        "GRUB_TOP_LEVEL_XEN",
        "GRUB_TOP_LEVEL_OS_PROBER",
        "GRUB_ENABLE_BLSCFG",
        "GRUB_FLAVOUR_ORDER",
        "GRUB_RECOVERY_TITLE",
        "SUSE_BTRFS_SNAPSHOT_BOOTING",
    ]
)
#: Those that say how ``root=`` is written.
_NAMING_ROOT = frozenset(["GRUB_DISABLE_LINUX_UUID", "GRUB_DISABLE_LINUX_PARTUUID", "GRUB_DISABLE_UUID", "GRUB_FORCE_PARTUUID"])

_FIX = (
    "run the generator by hand in the guest and see what it probes (in a chroot it needs /dev, /proc and the guest's own disk), write what "
    "is to stay into the file that it reads, then run this task again"
)


def check(before, after, wanted, options, given=None):
    """Raise ImagewrightError when entries differ in anything that was not asked for.

    before: [BootEntry] of all boot loaders, in order, those left out whose kernel is not there any more and that may go.
    after: [BootEntry], the same; wanted: cmdline_changes.CmdlineRequest; options: boot_entry.Options.
    given: {path: [str]}, the parameters that the sources of a generated file give: an entry that was not up to date may get those.
    """
    old, new, given = _by_path(before), _by_path(after), given or {}
    for path in list(old) + [path for path in new if path not in old]:
        for entry, made in _pairs(path, old.get(path, []), new.get(path, []), options):
            _check_parameters(entry, made, wanted, options, given.get(path, ()))


def check_titles(before, after, options):
    """Raise ImagewrightError when a menu has another title more or less, of whatever system.

    before, after: {path: [str]}.
    """
    if _SHAPING.intersection(options.settings):
        return
    for path, titles in before.items():
        lost = _difference(titles, after.get(path, []))
        added = _difference(after.get(path, []), titles)
        if lost or added:
            raise ImagewrightError(f"cannot prove the boot entries in {path}: {_told(lost, added)}, which was not asked for; {_FIX}")


def _by_path(entries):
    found = collections.OrderedDict()
    for entry in entries:
        found.setdefault(entry.path, []).append(entry)
    return found


def _pairs(path, old, new, options):
    """Return [(entry of before, entry of now)] of one file.

    Raises ImagewrightError: one is new, was left out or has another title.
    """
    names = [(entry.title, entry.kernel) for entry in new]
    if not _SHAPING.intersection(options.settings):
        for entry in old:
            if (entry.title, entry.kernel) not in names:
                raise ImagewrightError(
                    f"cannot prove the boot entry {entry.title!r} of {entry.kernel} in {path} line {entry.line}: it was left out, "
                    f"and the guest would not boot it any more; {_FIX}"
                )
        if [(entry.title, entry.kernel) for entry in old] != names:
            added = _difference(names, [(entry.title, entry.kernel) for entry in old])
            told = f"{added[0][0]!r} of {added[0][1]} is new" if added else "their order is another one"
            raise ImagewrightError(f"cannot prove the boot entries in {path}: {told}, which was not asked for; {_FIX}")
        return list(zip(old, new))
    found = []
    for entry in old:
        same = next((made for made in new if (made.title, made.kernel) == (entry.title, entry.kernel)), None)
        found += [(entry, same)] if same else []
    return found


def _check_parameters(entry, made, wanted, options, given):
    old, new = _values(entry, wanted, options), _values(made, wanted, options)
    lost = [parameter for name, parameters in old.items() for parameter in _difference(parameters, new.get(name, []))]
    added = [parameter for name, parameters in new.items() for parameter in _difference(parameters, old.get(name, []))]
    unexplained = [parameter for parameter in added if lost or parameter not in given]
    if _NAMING_ROOT.intersection(options.settings):
        lost, unexplained = ([parameter for parameter in parameters if kernel_cmdline.key(parameter) != "root"] for parameters in (lost, unexplained))
    if lost or unexplained:
        raise ImagewrightError(
            f"cannot prove the boot entry {entry.title!r} in {entry.path} line {made.line}: {_told(lost, unexplained)}, which was not asked for; {_FIX}"
        )


def _values(entry, wanted, options):
    """Return {name: [parameters]} of what must not differ: all that is not asked for, as it is once the line is as wanted."""
    # an entry that is to be left may follow a source that it shares
    line = kernel_cmdline.split(cmdline_changes.change(entry.cmdline, wanted if is_subject(entry, options) else wanted._replace(present=[])))
    asked = {kernel_cmdline.key(parameter) for parameter in wanted.present}
    with_splash = grub2_menu.SPLASH in asked.union(map(kernel_cmdline.key, wanted.absent))
    found = collections.OrderedDict()
    for parameter in line:
        name = kernel_cmdline.key(parameter)
        if name in asked and (name not in wanted.repeatable or any(cmdline_changes.is_same_repeated(parameter, given) for given in wanted.present)):
            continue
        if with_splash and parameter == grub2_menu.WITH_SPLASH:
            continue
        found.setdefault(name, []).append(parameter)
    return found


def _difference(first, second):
    """Return what is in the first list and not, or less often, in the second, in order."""
    left = collections.Counter(second)
    found = []
    for item in first:
        if left[item]:
            left[item] -= 1
        else:
            found.append(item)
    return found


def _told(lost, added):
    parts = []
    if lost:
        parts.append("it lost " + ", ".join(map(repr, lost)))
    if added:
        parts.append(("and got " if lost else "it got ") + ", ".join(map(repr, added)))
    return " ".join(parts)
