# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB: it reads the file systems of its menu and of the kernel, whose features Linux may know and GRUB not, and finds the kernel there.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu
from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import grub_loopback, grub_statements
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import root_kind
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: Features of ext4 that no GRUB has.
_OF_EXT = ("casefold", "ea_inode", "inline_data")
#: Features of XFS that GRUB has since 2.14.
_OF_XFS, _SINCE = ("exchange", "metadir", "parent"), (2, 14)
_PLAIN = ("ext2", "ext3", "ext4", "xfs")
_VERSION = re.compile(rb"\0(2)\.(\d\d)[^\0]{0,40}\0")
_MOST_MODULE = 1024 * 1024  # bytes
_FSTAB = "/etc/fstab"


@rule(
    "R14o",
    step=LOADER,
    severity=ERROR,
    title="GRUB reads the file systems of its menu and of the kernel",
    fault="GRUB does not read the file system of its menu or of the kernel",
    why="GRUB has a reader of its own for each file system, and takes one with a feature that it does not have for an unknown file system: it stops at its "
    "prompt.",
    cure="Make the file system without the feature (`mkfs.ext4 -O ^inline_data,^casefold,^ea_inode`, `mkfs.xfs -i exchange=0 -n parent=0`), or have /boot on "
    "one of its own.",
    source="GRUB grub-core/fs/ext2.c, EXT2_DRIVER_SUPPORTED_INCOMPAT; grub-core/fs/xfs.c, XFS_SB_FEAT_INCOMPAT_SUPPORTED",
)
def reads_its_file_systems(context):
    """Return failed with each place of a started entry's menu, kernel and initramfs on a file system with a feature that its GRUB has not."""
    found = {}
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME]:
        for path in [path for path in (entry.path, entry.kernel) + tuple(entry.initrds or ()) if path]:
            place, features = _file_system(context.tree, path)
            lacking = [name for name in sorted(features) if name in _OF_EXT or name in _OF_XFS and _is_older(context.tree, entry.path)]
            if lacking:
                found.setdefault(place, Evidence(path, None, f"GRUB does not read a file system with {', '.join(lacking)}"))
    return failed_if(list(found.values()))


def _file_system(tree, path):
    """Return (mount point, features) of the file system of a path; ("", ()) when they are not known."""
    place = tree.resolve(path)
    while place != "/":
        place = posixpath.dirname(place)
        features = tree.file_system_features(place)
        if features is not None:
            return place, features
    return "", ()


def _is_older(tree, menu):
    """Return whether the GRUB of a menu says itself that it is one before 2.14."""
    for path in tree.glob(f"{posixpath.dirname(menu)}/*/normal.mod"):
        said = _VERSION.search(tree.read_bytes(path, _MOST_MODULE))
        if said:
            return tuple(int(number) for number in said.groups()) < _SINCE
    return False


@rule(
    "R14p",
    step=LOADER,
    severity=ERROR,
    title="The kernel is where GRUB looks for it on the file system that it searches",
    fault="The kernel, or its initramfs, is not where GRUB looks for it on the file system that it searches",
    why="A path in a menu counts from the top of the file system that GRUB searches: with /vmlinuz of a menu that was made for a /boot of its own, GRUB finds "
    "nothing once /boot is a directory of the root, nor with /boot/vmlinuz where /boot is one.",
    cure="Run update-grub or grub2-mkconfig in the guest, with its own file systems mounted.",
    source="GRUB manual, File name syntax, search, linux",
)
def kernel_is_found(context):
    """Return failed with each file that a started entry loads from the file system of / or /boot, which it searches by its UUID, and that is not there."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME]:
        root = re.search(r"\broot=UUID=(\S+)", entry.cmdline or "")
        lines = [statement for statement in grub_statements.statements(context, entry) if grub_statements.runs(statement) is not False]
        searched = {statement.words[-1].lower() for statement in lines if statement.words[0].startswith("search")}
        tops = {**context.shared(_top_of_boot), **({root.group(1).lower(): "/"} if root is not None and context.shared(root_kind) in _PLAIN else {})}
        top = tops.get(next(iter(searched))) if len(searched) == 1 else None
        if top is None or grub_loopback.loop_of(context, entry):
            continue
        for statement in [statement for statement in lines if statement.words[0].startswith(("linux", "initrd"))]:
            named = statement.words[1:2] if statement.words[0].startswith("linux") else statement.words[1:]
            gone = [path for path in named if path.startswith("/") and "$" not in path and not context.tree.exists(posixpath.join(top, path[1:]))]
            found += [Evidence(entry.path, statement.line, f"{statement.words[0]} {path}: it is not there on the file system of {top}") for path in gone]
    return failed_if(found)


def _top_of_boot(tree):
    """Return {UUID: "/boot"} of the file system that /etc/fstab has for /boot; a volume of Btrfs has other tops than its own, and is left out."""
    entries = fstab.entries(tree.read_text(_FSTAB)) if tree.is_file(_FSTAB) else []
    named = [device_names.parse(entry.device) for entry in entries if entry.mount_point == "/boot" and entry.kind in _PLAIN]
    return {value: "/boot" for kind, value in named[-1:] if kind == "uuid"}


RULES = [reads_its_file_systems, kernel_is_found]
