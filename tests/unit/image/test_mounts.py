# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root that is judged is the one that boots, and every Linux file system of the disk is mounted or told."""

import pytest
from unit.image.images import ESP, LINUX, MIB, ROOT_UUID, btrfs, empty_disk, esp, ext4, mounted, put, run

from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import disk_facts

OTHER_UUID = "99999999-2222-3333-4444-555555555555"
HOME_TYPE = "933AC7E1-2EB4-4F13-B844-0E14E2AEF915"
VAR_TYPE = "4D21B016-B534-45C2-A9FB-5C16E091FD2D"
SIZE = 24  # MiB, of each partition


def root(folder, name, fstab, **files):
    """Write the files of a small root and return its folder; files: path with dots for slashes in front of the last part -> text."""
    for path in ("etc", "usr/sbin", "boot", "home", "var"):
        (folder / path).mkdir(parents=True)
    for path, text in {"etc/fstab": fstab, "etc/hostname": name + "\n", "etc/os-release": "ID=debian\n"}.items():
        (folder / path).write_text(text)
    for path, text in files.get("more", {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def plain(folder, mark):
    """Write a folder of one file and return it."""
    folder.mkdir()
    (folder / "mark").write_text(mark)
    return folder


def disk_of(tmp_path, *parts):
    """Return a disk with a partition for each (file or None, type)."""
    disk = empty_disk(tmp_path / "disk.raw", (len(parts) * SIZE + 2) * MIB, *[(1 + number * SIZE, SIZE, kind) for number, (_part, kind) in enumerate(parts)])
    for number, (part, _kind) in enumerate(parts):
        if part is not None:
            put(disk, part, (1 + number * SIZE) * MIB)
    return disk


def grub_cfg(parameters):
    """Return a grub.cfg with one entry."""
    return f"menuentry 'Linux' {{\n  linux /vmlinuz {parameters}\n  initrd /initrd.img\n}}\n"


def names(tree):
    """Return {mount point: text of the file "mark"}."""
    return {mount.path: tree.read_text(mount.path + "/mark") for mount in tree.mounts if mount.path != "/"}


def test_of_several_roots_that_is_judged_which_the_boot_entries_start(tmp_path):
    fstab = "LABEL=BOOT /boot ext4 defaults 0 2\n"
    boot = tmp_path / "boot"
    (boot / "grub").mkdir(parents=True)
    (boot / "grub/grub.cfg").write_text(grub_cfg(f"root=UUID={OTHER_UUID} ro"))
    disk = disk_of(
        tmp_path,
        (ext4(tmp_path / "p1", boot, SIZE * MIB, "ext4", "-U", "random", "-L", "BOOT"), LINUX),
        (ext4(tmp_path / "p2", root(tmp_path / "old", "old", fstab), SIZE * MIB), LINUX),
        (ext4(tmp_path / "p3", root(tmp_path / "new", "new", fstab), SIZE * MIB, "ext4", "-U", OTHER_UUID), LINUX),
    )
    with ImageTree(disk) as tree:
        assert tree.read_text("/etc/hostname") == "new\n"
        assert tree.left_out == ["partition 2 holds an ext2/3/4 file system with another Linux system, which is not looked at"]
        assert tree.mount_problems == []


def test_a_root_whose_own_menu_starts_it_comes_before_one_that_has_no_menu(tmp_path):
    menu = {"boot/grub/grub.cfg": grub_cfg(f"root=UUID={OTHER_UUID}")}
    disk = disk_of(
        tmp_path,
        (ext4(tmp_path / "p1", root(tmp_path / "old", "old", f"UUID={ROOT_UUID} / ext4\n"), SIZE * MIB), LINUX),
        (ext4(tmp_path / "p2", root(tmp_path / "new", "new", "", more=menu), SIZE * MIB, "ext4", "-U", OTHER_UUID), LINUX),
    )
    with ImageTree(disk) as tree:
        assert tree.read_text("/etc/hostname") == "new\n"


def subvolumes(tmp_path, flags, fstab="", default=None):
    """Return a disk whose Btrfs has the roots @old and @new, and @home; the menu of each starts what flags say."""
    part = tmp_path / "part"
    (tmp_path / "empty").mkdir()
    btrfs(part, tmp_path / "empty", 128 * MIB)
    with mounted(part, tmp_path / "mounted") as place:
        for name in ("@old", "@new", "@home"):
            run("btrfs", "subvolume", "create", place / name)
        for name in ("@old", "@new"):
            root(
                tmp_path / name,
                name,
                f"UUID={ROOT_UUID} / btrfs subvol={name} 0 0\n" + fstab,
                more={"boot/grub/grub.cfg": grub_cfg(f"root=UUID={ROOT_UUID} {flags}")},
            )
            run("cp", "-r", f"{tmp_path / name}/.", place / name)
        (place / "@home/mark").write_text("home")
        if default:
            run("btrfs", "subvolume", "set-default", place / default)
    disk = empty_disk(tmp_path / "disk.raw", 130 * MIB, (1, 128, LINUX))
    put(disk, part, MIB)
    return disk


@pytest.mark.parametrize(
    ("flags", "default", "judged"),
    [
        ("rootflags=subvol=@new", "@old", "@new"),
        ("rootflags=subvol=@old", "@new", "@old"),
        ("rootflags=noatime,subvol=/@new", None, "@new"),
        ("ro", "@new", "@new"),
        ("ro", "@old", "@old"),
    ],
)
def test_of_the_subvolumes_that_is_judged_which_the_entry_starts(tmp_path, flags, default, judged):
    with ImageTree(subvolumes(tmp_path, flags, default=default)) as tree:
        assert tree.read_text("/etc/hostname") == judged + "\n"


def test_a_system_is_where_mount_options_let_its_root_begin(tmp_path):
    with ImageTree(subvolumes(tmp_path, "rootflags=subvol=@new", default="@old")) as tree:
        said = {options: tree.has_system(options.split(",")) for options in ("noatime,subvol=/@new", "subvol=@home", "subvol=@gone", "subvolid=9999", "ro")}

    assert said == {"noatime,subvol=/@new": True, "subvol=@home": False, "subvol=@gone": False, "subvolid=9999": False, "ro": True}


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ("subvol=@homes", ["cannot find the Btrfs subvolume @homes"]),
        ("subvolid=9999", ["the identifier 9999"]),
        ("subvol=@homes,nofail", []),
        ("subvol=@homes,noauto", []),
        ("subvol=@home", []),
    ],
)
def test_a_wrong_subvolume_of_home_is_told_and_leaves_the_root(tmp_path, options, problems):
    disk = subvolumes(tmp_path, "rootflags=subvol=@new", f"UUID={ROOT_UUID} /home btrfs {options} 0 0\n")
    with ImageTree(disk) as tree:
        assert tree.read_text("/etc/hostname") == "@new\n"
        assert len(tree.mount_problems) == len(problems) and all(words in told for words, told in zip(problems, tree.mount_problems))
        assert tree.exists("/home/mark") == (options == "subvol=@home")


def test_what_a_deleted_or_foreign_subvolume_leaves_is_an_empty_directory(tmp_path):
    part = tmp_path / "part"
    (tmp_path / "empty").mkdir()
    btrfs(part, tmp_path / "empty", 128 * MIB)
    with mounted(part, tmp_path / "mounted") as place:
        run("btrfs", "subvolume", "create", place / "@")
        run("cp", "-r", f"{root(tmp_path / 'files', 'web', '')}/.", place / "@")
        run("btrfs", "subvolume", "create", place / "@/var/nested")
        (place / "@/var/nested/mark").write_text("nested")
        run("btrfs", "subvolume", "snapshot", place / "@", place / "@snapshot")
        run("btrfs", "subvolume", "set-default", place / "@snapshot")
    disk = empty_disk(tmp_path / "disk.raw", 130 * MIB, (1, 128, LINUX))
    put(disk, part, MIB)
    with ImageTree(disk) as tree:
        assert tree.listdir("/var") == ["nested"] and tree.is_dir("/var/nested") and tree.listdir("/var/nested") == []


@pytest.mark.parametrize(
    "line",
    [
        r"/dev/disk/by-label/my\x20var /var ext4 defaults 0 2",
        r"LABEL=my\040var /var ext4 defaults 0 2",
        r"/dev/disk/by-partlabel/a\x20partition /var ext4 defaults 0 2",
        "/dev/sda2 /var ext4 defaults 0 2",
    ],
)
def test_a_file_system_is_found_by_every_name_of_fstab(tmp_path, line):
    disk = disk_of(
        tmp_path,
        (ext4(tmp_path / "p1", root(tmp_path / "root", "web", line + "\n"), SIZE * MIB), LINUX),
        (ext4(tmp_path / "p2", plain(tmp_path / "var", "var"), SIZE * MIB, "ext4", "-U", "random", "-L", "my var"), LINUX),
    )
    run("sfdisk", "--part-label", disk, "2", "a partition")
    with ImageTree(disk) as tree:
        assert names(tree) == {"/var": "var"} and tree.left_out == []


UNIT = "[Mount]\nWhat=/dev/disk/by-label/VAR\nWhere=/var\nType=ext4\n"


@pytest.mark.parametrize(("enabled", "expected"), [(True, {"/var": "var"}), (False, {})])
def test_a_mount_unit_mounts_when_it_is_enabled(tmp_path, enabled, expected):
    folder = root(tmp_path / "root", "web", "", more={"etc/systemd/system/var.mount": UNIT})
    if enabled:
        (folder / "etc/systemd/system/local-fs.target.wants").mkdir()
        (folder / "etc/systemd/system/local-fs.target.wants/var.mount").symlink_to("/etc/systemd/system/var.mount")
    disk = disk_of(
        tmp_path,
        (ext4(tmp_path / "p1", folder, SIZE * MIB), LINUX),
        (ext4(tmp_path / "p2", plain(tmp_path / "var", "var"), SIZE * MIB, "ext4", "-U", "random", "-L", "VAR"), LINUX),
    )
    with ImageTree(disk) as tree:
        assert names(tree) == expected
        assert tree.left_out == ([] if enabled else ["partition 2 holds an ext2/3/4 file system that nothing mounts, and so nothing in it is looked at"])


def test_partitions_are_mounted_by_their_types_and_that_of_another_machines_var_is_told(tmp_path):
    disk = disk_of(
        tmp_path,
        (ext4(tmp_path / "p1", root(tmp_path / "root", "web", ""), SIZE * MIB), LINUX),
        (ext4(tmp_path / "p2", plain(tmp_path / "home", "home"), SIZE * MIB, "ext4", "-U", "random"), HOME_TYPE),
        (ext4(tmp_path / "p3", plain(tmp_path / "var", "var"), SIZE * MIB, "ext4", "-U", "random"), VAR_TYPE),
    )
    with ImageTree(disk) as tree:
        assert names(tree) == {"/home": "home"}
        assert tree.left_out == ["partition 3 holds an ext2/3/4 file system that nothing mounts, and so nothing in it is looked at"]


@pytest.mark.parametrize(
    ("folders", "place"), [(("boot/efi",), "/boot/efi"), (("efi",), "/efi"), ((), "/boot"), (("efi", "boot/efi"), "/boot/efi"), (("boot/grub",), "/boot/efi")]
)
def test_the_efi_system_partition_is_where_the_system_has_a_place_for_it(tmp_path, folders, place):
    folder = root(tmp_path / "root", "web", "")
    for each in folders:
        (folder / each).mkdir(parents=True)
    disk = disk_of(tmp_path, (esp(tmp_path / "esp", 16 * MIB), ESP), (ext4(tmp_path / "p2", folder, SIZE * MIB), LINUX))
    with ImageTree(disk) as tree:
        assert [mount.path for mount in tree.mounts] == ["/", place]


@pytest.mark.parametrize(("options", "problems"), [("defaults", 1), ("nofail", 0)])
def test_a_software_raid_is_told(tmp_path, options, problems):
    member = tmp_path / "member"
    member.write_bytes(bytes(4096) + b"\xfc\x4e\x2b\xa9" + bytes(8192))
    disk = disk_of(
        tmp_path, (ext4(tmp_path / "p1", root(tmp_path / "root", "web", f"/dev/md0 /data ext4 {options} 0 2\n"), SIZE * MIB), LINUX), (member, LINUX)
    )
    with ImageTree(disk) as tree:
        assert len(tree.mount_problems) == problems and all("partition 2, which holds a part of a software RAID" in told for told in tree.mount_problems)
        assert tree.left_out == ["partition 2 holds a part of a software RAID that cannot be read"]


def test_uuids_of_swap_and_luks_are_known(tmp_path):
    swap, luks = tmp_path / "swap", tmp_path / "luks"
    for path in (swap, luks):
        path.write_bytes(bytes(SIZE * MIB))
    run("mkswap", "-q", "-U", OTHER_UUID, "-L", "SWAP", swap)
    with open(luks, "r+b") as stream:
        stream.write(b"LUKS\xba\xbe\0\2")
        stream.seek(168)
        stream.write(b"0A0A0A0A-2222-3333-4444-555555555555")
    folder = root(tmp_path / "root", "web", "")
    disk = disk_of(tmp_path, (ext4(tmp_path / "p1", folder, SIZE * MIB), LINUX), (swap, LINUX), (luks, LINUX))
    facts = disk_facts.of_image(DiskImage(str(disk)))
    assert {("uuid", OTHER_UUID), ("label", "SWAP"), ("uuid", "0a0a0a0a-2222-3333-4444-555555555555"), ("uuid", ROOT_UUID)} <= facts.identifiers
