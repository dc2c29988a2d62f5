# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file systems of mounts are those that the kernel which starts has; told of a whole system, not of a part of its files."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import mount_kinds
from unit.readiness.cases.common import FSTAB
from unit.readiness.guest_tree import KERNEL, good_guest, write

FOLDER = f"/lib/modules/{KERNEL}"


class Whole(LiveTree):
    """A guest's own root."""

    has_own_root = True


def outcome(root, line, files=()):
    good_guest(root)
    for path, text in {"/etc/fstab": FSTAB + line + "\n", **dict(files)}.items():
        write(root, path, text)
    return mount_kinds.file_systems_are_known.check(Context(Whole(str(root))))


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("UUID=1-2 /data reiserfs defaults 0 2", "error"),
        ("tank/data /data zfs defaults 0 0", "error"),
        ("UUID=1-2 /data jfs,xfs defaults 0 2", "error"),
        ("UUID=1-2 /data jfs defaults,nofail 0 2", "warning"),
    ],
)
def test_a_type_that_the_kernel_has_not_is_found(tmp_path, line, severity):
    found = outcome(tmp_path, line)
    assert (found.status, found.severity, found.evidence[0].line) == ("failed", severity, 2)


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("UUID=1-2 /data ext3 defaults 0 2", {}),
        ("UUID=1-2 /data xfs defaults 0 2", {f"{FOLDER}/modules.builtin": "kernel/fs/xfs/xfs.ko\n"}),
        ("UUID=1-2 /data exfat defaults 0 2", {f"{FOLDER}/modules.alias": "# Aliases\nalias fs-exfat exfat_own\n"}),
        ("tank/data /data zfs defaults 0 0", {"/usr/sbin/mount.zfs": "program"}),
        ("UUID=1-2 /data jfs,vfat defaults 0 2", {}),
        ("/srv /mnt none bind 0 0", {}),
    ],
)
def test_a_type_that_the_kernel_has_is_right(tmp_path, line, files):
    assert outcome(tmp_path, line, files).status == "passed"


def test_a_kernel_without_lists_of_modules_is_not_judged(tmp_path):
    assert outcome(tmp_path, "UUID=1-2 /data jfs defaults 0 2", {f"{FOLDER}/modules.dep": ""}).status == "not_applicable"
