# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers of what a logical volume is made of are in the initramfs."""

import collections

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Logical, Volume
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import initramfs_root
from unit.readiness.guest_tree import ELF_X86_64, IN_INITRAMFS, INITRAMFS, KERNEL, MODULES_DEP, good_guest, initramfs, module, write

Mount = collections.namedtuple("Mount", "volume file_system")
FileSystem = collections.namedtuple("FileSystem", "kind")
FOLDER = f"lib/modules/{KERNEL}/kernel/drivers/md"


def guest(root, kinds, inside):
    """Return the Context of a guest whose root is a logical volume of segments of the kinds; inside: [str], drivers of the initramfs."""
    good_guest(root)
    names = ("dm-mod", "dm-thin-pool", "dm-raid")
    index = MODULES_DEP + "".join(f"kernel/drivers/md/{name}.ko:\n" for name in names)
    write(root, f"/lib/modules/{KERNEL}/modules.dep", index)
    for name in names:
        write(root, f"/{FOLDER}/{name}.ko", module("dm"))
    own = {f"lib/modules/{KERNEL}/modules.dep": index, "sbin/lvm": ELF_X86_64, **{f"{FOLDER}/{name}.ko": module("dm") for name in inside}}
    write(root, INITRAMFS, initramfs(IN_INITRAMFS, own))
    tree = LiveTree(str(root))
    volume = Volume("logical volume vg0/root", "ext", None, None, None, Logical("vg0", "root", "u" * 64, kinds))
    tree.mounts = [Mount(volume, FileSystem("ext"))]
    return Context(tree)


@pytest.mark.parametrize(
    ("kinds", "inside", "lacking"),
    [
        (("thin",), ["dm-mod"], "dm_thin_pool is not in it"),
        (("raid1",), ["dm-mod"], "dm_raid is not in it"),
        (("linear",), [], "dm_mod is not in it"),
    ],
)
def test_a_driver_of_the_volumes_segments_is_missed(tmp_path, kinds, inside, lacking):
    outcome = initramfs_root.reaches_root.check(guest(tmp_path, kinds, inside))
    assert (outcome.status, [place.text for place in outcome.evidence]) == ("failed", [lacking])


@pytest.mark.parametrize(("kinds", "inside"), [(("thin",), ["dm-mod", "dm-thin-pool"]), (("linear",), ["dm-mod"]), (("striped", "linear"), ["dm-mod"])])
def test_the_drivers_of_the_volumes_segments_are_enough(tmp_path, kinds, inside):
    assert initramfs_root.reaches_root.check(guest(tmp_path, kinds, inside)).status == "passed"
