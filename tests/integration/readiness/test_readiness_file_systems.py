# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One guest on every file system and layout that is read: the verdict on its image is that on its files, in every place and line."""

import pathlib
import shutil

import pytest
from unit.image import images
from unit.image.images import ESP, LINUX, LVM, MIB, empty_disk, put, run, split_logical_volume
from unit.readiness import guest_tree
from unit.readiness.guest_tree import ELF_X86_64, FILES, INITRAMFS, IN_INITRAMFS, KERNEL, MODULES, UUID, good_guest, initramfs, module, write

LAYOUTS = ["ext4", "xfs", "btrfs", "lvm", "ext4 with /boot", "xfs with /boot", "btrfs with /boot on xfs"]
BOOT_UUID = "22222222-3333-4444-5555-666666666666"
#: Faults in several files, and where each shows: rule -> (path, line).
FAULTS = {"R13a": ("/etc/fstab", 3), "R19b": ("/etc/modprobe.d/hard.conf", 1), "R46c": ("/etc/ssh/sshd_config", 2), "R17a": (INITRAMFS, None)}

#: What only an image answers: of the file, its partitions and boot code; of what is on the disk; of a root whose own modes and free space are known.
OF_AN_IMAGE = (
    {"R00b", "R01", "R02", "R04", "R07", "R09", "R10", "R12a", "R14a", "R14b", "R15", "R52", "R52b", "R52c", "R58", "R59"}
    | {"R13c", "R13d", "R64b"}
    | {"R45c", "R68e", "R68g"}
)

#: Drivers of what the root lies on, by kind of layout; ext4 is in the guest already.
DRIVERS = {"xfs": {"xfs": "fs/xfs/xfs.ko"}, "btrfs": {"btrfs": "fs/btrfs/btrfs.ko"}, "lvm": {"dm_mod": "drivers/md/dm-mod.ko"}}


def guest_on(layout, place, left_out=()):
    """Return a right guest (its folder) that starts from a root in the layout; left_out: [str], drivers that its initramfs lacks."""
    root = good_guest(place)
    drivers = DRIVERS.get(layout.split()[0], {})
    for name, path in drivers.items():
        write(root, f"/lib/modules/{KERNEL}/kernel/{path}", module(name))
    index = "".join(f"kernel/{path}:\n" for path in drivers.values())
    dep = pathlib.Path(f"{root}/lib/modules/{KERNEL}/modules.dep")
    dep.write_text(dep.read_text() + index)
    members = {f"lib/modules/{KERNEL}/kernel/{path}": module(name) for name, path in drivers.items()}
    members[f"lib/modules/{KERNEL}/modules.dep"] = guest_tree.MODULES_DEP + index
    if layout == "lvm":
        members["sbin/lvm"] = ELF_X86_64
    write(root, INITRAMFS, initramfs([name for name in IN_INITRAMFS if name in MODULES and name not in left_out], members))
    return root


@pytest.fixture(autouse=True)
def same_identifier(monkeypatch):
    """Let the makers of file systems use the UUID that the guest's files name."""
    monkeypatch.setattr(images, "ROOT_UUID", UUID)


def file_system(kind, path, folder, size, uuid=UUID):
    """Write the folder's files into a file system of a kind."""
    images.ROOT_UUID = uuid
    return {"ext4": images.ext4, "xfs": images.xfs, "btrfs": images.btrfs}[kind](path, folder, size)


def esp(place):
    """Write an EFI system partition with the fallback loader."""
    return images.esp(place / "esp", 16 * MIB)


def vhd(root, layout, place):
    """Return a fixed VHD (path) with the guest's files in the layout: kind of the root, and of a separate /boot."""
    shutil.rmtree(root / "boot/efi")
    kind, unused, boot = layout.partition(" with /boot")
    path = place / "disk.raw"
    if kind == "lvm":
        empty_disk(path, 480 * MIB, (1, 16, ESP), (17, 460, LVM))
        split_logical_volume(path, 17 * MIB, 460 * MIB, file_system("ext4", place / "root.img", root, 400 * MIB))
    elif unused:
        (root / "etc/fstab").write_text((root / "etc/fstab").read_text() + f"UUID={BOOT_UUID} /boot auto defaults 0 2\n")
        empty_disk(path, 780 * MIB, (1, 16, ESP), (17, 420, LINUX), (437, 320, LINUX))
        shutil.move(root / "boot", place / "boot")
        (root / "boot").mkdir()
        put(path, file_system(boot.removeprefix(" on ") or "ext4", place / "boot.img", place / "boot", 320 * MIB, BOOT_UUID), 437 * MIB)
        put(path, file_system(kind, place / "root.img", root, 420 * MIB), 17 * MIB)
    else:
        empty_disk(path, 440 * MIB, (1, 16, ESP), (17, 420, LINUX))
        put(path, file_system(kind, place / "root.img", root, 420 * MIB), 17 * MIB)
    put(path, esp(place), MIB)
    run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed,force_size", path, place / "disk.vhd")
    return place / "disk.vhd"


def break_guest(root):
    """Plant the FAULTS."""
    write(root, "/etc/fstab", FILES["/etc/fstab"] + "/dev/sdb1 /srv ext4 defaults 0 2\n")
    write(root, "/etc/modprobe.d/hard.conf", "install udf /bin/false\n")
    write(root, "/etc/ssh/sshd_config", "Port 22\nClientAliveInterval 0\n")


def open_findings(result):
    """Return {id: finding} of what failed or is unknown, apart from the advice against LVM."""
    assert not result["failed"], result
    return {found["id"]: found for found in result["findings"] if found["status"] in ("failed", "unknown") and found["id"] != "R10"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_right_guest_is_ready_on_every_file_system(run_module, tmp_path, layout):
    result = run_module("readiness_info", image=vhd(guest_on(layout, tmp_path / "root"), layout, tmp_path))
    assert open_findings(result) == {} and result["ready"] and result["generations"] == [2]
    lvm = {found["status"] for found in result["findings"] if found["id"] == "R10"}
    assert lvm == ({"failed"} if layout == "lvm" else {"passed"})


@pytest.mark.parametrize("layout", ["ext4 with /boot", "lvm", "xfs", "btrfs with /boot on xfs"])
def test_every_fault_is_found_on_every_file_system_where_it_is(run_module, tmp_path, layout):
    root = guest_on(layout, tmp_path / "root", left_out=["hv_vmbus"])
    break_guest(root)
    found = open_findings(run_module("readiness_info", image=vhd(root, layout, tmp_path)))
    assert set(found) == set(FAULTS)
    for rule, (path, line) in FAULTS.items():
        assert {"path": path, "line": line} in [{"path": place["path"], "line": place["line"]} for place in found[rule]["evidence"]], found[rule]


def test_the_files_and_their_image_have_the_same_verdict(run_module, tmp_path):
    root = guest_on("ext4", tmp_path / "root", left_out=["hv_vmbus"])
    break_guest(root)
    of_files = run_module("readiness_info", root=str(root))
    of_image = run_module("readiness_info", image=vhd(root, "ext4", tmp_path))
    files, image = ({found["id"]: found for found in result["findings"]} for result in (of_files, of_image))
    different = {rule for rule in files if files[rule] != image[rule]}
    assert different == OF_AN_IMAGE and set(files) == set(image)
    assert {files[rule]["status"] for rule in different} == {"not_applicable"}


@pytest.mark.parametrize("layout", ["xfs", "lvm"])
def test_a_vhd_that_is_cut_off_says_so(run_module, tmp_path, layout):
    path = pathlib.Path(vhd(good_guest(tmp_path / "root"), layout, tmp_path))
    with open(path, "r+b") as stream:
        stream.truncate(80 * MIB)
    result = run_module("readiness_info", image=str(path))
    found = open_findings(result)
    assert not result["ready"] and {"R00", "R14b"} & set(found)
    assert "fault of this collection" not in str(result) and "Traceback" not in str(result)
    assert any("cut off" in str(each) or "ends at byte" in str(each) for each in found.values())
