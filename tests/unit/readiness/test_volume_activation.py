# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A logical volume that LVM passes over is told where the boot needs it."""

import collections

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Logical, Volume
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import volume_activation
from unit.readiness.guest_tree import ELF_X86_64, GRUB_CFG, IN_INITRAMFS, INITRAMFS, UUID, good_guest, initramfs, write

Mount = collections.namedtuple("Mount", "path volume file_system")
FileSystem = collections.namedtuple("FileSystem", "kind")
Disk = collections.namedtuple("Disk", "volumes format kinds")

SKIP, BY_HAND = "ACTIVATION_SKIP", "NOAUTOACTIVATE"
DRACUT = {"scripts/functions": None, "usr/lib/dracut/hooks/x": b""}
ALPINE = {"scripts/functions": None, "sbin/nlplug-findfs": ELF_X86_64}
OLD_DEBIAN = {"scripts/local-top/lvm2": b"#!/bin/sh\n"}
NAMED = "rd.lvm.lv=vg0/root"
UNAME = b'global {\n\tsystem_id_source = "uname"\n}\n'
OF_LOCAL = {"etc/lvm/lvm.conf": b'global {\n\tsystem_id_source = "lvmlocal"\n}\n'}


def volume_of(name, flags=(), system_id=""):
    return Volume(f"logical volume vg0/{name}", "ext", None, None, None, Logical("vg0", name, name * 16, ("linear",), tuple(flags), system_id))


def context(root, volumes, inside=None, line="", fstab=""):
    """Return the Context of a guest on logical volumes; volumes: {mount point: Volume}; inside: of the initramfs; line: of the kernel."""
    good_guest(root)
    write(root, "/boot/grub/grub.cfg", GRUB_CFG.replace(f"root=UUID={UUID}", f"root=UUID={UUID} {line}"))
    write(root, "/etc/fstab", f"UUID={UUID} / ext4 defaults 0 1\n{fstab}")
    write(root, INITRAMFS, initramfs(IN_INITRAMFS, {"sbin/lvm": ELF_X86_64, **(inside or {})}))
    tree = LiveTree(str(root))
    tree.mounts = [Mount(path, volume, FileSystem("ext")) for path, volume in volumes.items()]
    return Context(tree, Disk(list(volumes.values()), "raw", {}))


@pytest.mark.parametrize(
    ("flags", "system_id", "inside", "line"),
    [
        ([SKIP], "", {}, ""),
        ([BY_HAND], "", {}, ""),
        ([BY_HAND], "", OLD_DEBIAN, ""),
        ([SKIP], "", DRACUT, ""),
        ([SKIP], "", DRACUT, "rd.lvm.lv=vg0/other"),
        ([SKIP], "", ALPINE, ""),
        ([], "builder", {}, ""),
        ([], "builder", DRACUT, NAMED),
        ([], "builder", {**OF_LOCAL, "etc/lvm/lvmlocal.conf": b'local {\n\tsystem_id = "other"\n}\n'}, ""),
    ],
)
def test_a_root_that_an_initramfs_does_not_activate_is_told(tmp_path, flags, system_id, inside, line):
    outcome = volume_activation.root_is_activated.check(context(tmp_path, {"/": volume_of("root", flags, system_id)}, inside, line))
    assert (outcome.status, outcome.severity) == ("failed", None)
    assert [place.path for place in outcome.evidence] == [INITRAMFS] and "vg0" in outcome.evidence[0].text


@pytest.mark.parametrize(
    ("flags", "system_id", "inside", "line"),
    [
        ([], "", {}, ""),
        ([SKIP, BY_HAND], "", DRACUT, NAMED),  # lvchange -K -ay
        ([BY_HAND], "", DRACUT, ""),  # vgchange -ay
        ([BY_HAND], "", ALPINE, ""),
        ([], "builder", {**OF_LOCAL, "etc/lvm/lvmlocal.conf": b'local {\n\tsystem_id = "builder"\n}\n'}, ""),
        ([], "builder", {"etc/lvm/lvmlocal.conf": b'local {\n\textra_system_ids = [ "builder" ]\n}\n'}, ""),
        ([], "builder", {"etc/lvm/lvm.conf": UNAME}, ""),  # hangs on the name of the machine that runs
    ],
)
def test_a_root_that_every_initramfs_activates_is_right(tmp_path, flags, system_id, inside, line):
    assert volume_activation.root_is_activated.check(context(tmp_path, {"/": volume_of("root", flags, system_id)}, inside, line)).status == "passed"


@pytest.mark.parametrize("source", ["/dev/vg0/data", "/dev/mapper/vg0-data", f"UUID={UUID[:-1]}f"])
@pytest.mark.parametrize(("flags", "system_id"), [([SKIP], ""), ([BY_HAND], ""), ([], "builder")])
def test_a_mount_whose_volume_is_passed_over_is_told(tmp_path, source, flags, system_id):
    volumes = {"/": volume_of("root"), "/data": volume_of("data", flags, system_id)}
    outcome = volume_activation.mounts_are_activated.check(context(tmp_path, volumes, fstab=f"{source} /data ext4 defaults 0 2\n"))
    assert outcome.status == "failed" and [(place.path, place.line) for place in outcome.evidence] == [("/etc/fstab", 2)]


@pytest.mark.parametrize(
    ("flags", "options", "line"), [([], "defaults", ""), ([SKIP], "nofail", ""), ([BY_HAND], "noauto", ""), ([SKIP], "defaults", "rd.lvm.lv=vg0/data")]
)
def test_a_mount_whose_volume_is_activated_or_that_nobody_waits_for_is_right(tmp_path, flags, options, line):
    volumes = {"/": volume_of("root"), "/data": volume_of("data", flags)}
    given = context(tmp_path, volumes, line=line, fstab=f"/dev/vg0/data /data ext4 {options} 0 2\n")
    assert volume_activation.mounts_are_activated.check(given).status == "passed"
