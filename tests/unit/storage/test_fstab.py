# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab: entries as mount reads them, edits that keep every other byte, and the module around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

FSTAB = """\
# /etc/fstab: static file system information.
/dev/sda1\t/      ext4 errors=remount-ro 0 1
UUID=B4D1-7A2F  /boot/efi vfat umask=0077 0 2

  /dev/nvme0n1p3 none swap sw 0 0
/swap\\040file none swap defaults
/dev/zram0 none swap defaults,pri=100 0 0
/dev/disk/cloud/azure_resource-part2 none swap sw,nofail,comment=cloudconfig 0 2
/dev/mapper/vg-home /home xfs defaults
"""


def test_entries_carry_their_line_and_what_escapes_mean():
    found = fstab.entries(FSTAB)
    assert [(entry.line, entry.device, entry.mount_point, entry.kind) for entry in found] == [
        (2, "/dev/sda1", "/", "ext4"),
        (3, "UUID=B4D1-7A2F", "/boot/efi", "vfat"),
        (5, "/dev/nvme0n1p3", "none", "swap"),
        (6, "/swap file", "none", "swap"),
        (7, "/dev/zram0", "none", "swap"),
        (8, "/dev/disk/cloud/azure_resource-part2", "none", "swap"),
        (9, "/dev/mapper/vg-home", "/home", "xfs"),
    ]


def test_only_swap_of_the_os_disk_counts():
    assert [entry.line for entry in fstab.entries(FSTAB) if fstab.is_swap(entry)] == [5, 6]


@pytest.mark.parametrize(
    "device, unstable",
    [
        ("/dev/sda1", True),
        ("/dev/hda", True),
        ("/dev/vdb2", True),
        ("/dev/xvda1", True),
        ("/dev/nvme0n1p1", True),
        ("/dev/mmcblk0p1", True),
        ("/dev/disk/by-id/dm-uuid-LVM-x", False),
        ("/dev/disk/by-id/dm-name-vg-root", False),
        ("/dev/disk/by-id/md-uuid-1:2:3:4", False),
        ("/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-x-root", False),
        ("/dev/disk/by-id/md-name-host:0", False),
        ("/dev/disk/by-id/lvm-pv-uuid-x", False),
        ("/dev/disk/by-id/dm-uuid-mpath-36", True),
        ("/dev/disk/by-id/dm-uuid-part1-mpath-36", True),
        ("/dev/disk/by-id/dm-name-mpatha", True),
        ("/dev/disk/by-id/wwn-0x5", True),
        ("/dev/dm-0", True),
        ("/dev/root", True),
        ("/dev/disk/by-path/pci-0000:00:1f.2-ata-1", True),
        ("/dev/disk/by-id/ata-x-part1", True),
        ("UUID=x", False),
        ("LABEL=x", False),
        ("PARTUUID=x", False),
        ("/dev/mapper/vg-root", False),
        ("/dev/vg/root", False),
        ("/dev/disk/by-uuid/x", False),
        ("/dev/sr0", False),
        ("/dev/fd0", False),
        ("/dev/md0", False),
        ("tmpfs", False),
        ("server:/export", False),
    ],
)
def test_names_that_depend_on_the_controller_are_unstable(device, unstable):
    assert fstab.is_unstable(fstab.entries(f"{device} /x ext4")[0]) is unstable


def test_entries_become_comments_or_go():
    gone = [entry for entry in fstab.entries(FSTAB) if fstab.is_swap(entry)]
    lines = FSTAB.splitlines(True)
    assert fstab.without(FSTAB, gone) == "".join(lines[:4] + ["# " + lines[4], "# " + lines[5]] + lines[6:])
    assert fstab.without(FSTAB, gone, "remove") == "".join(lines[:4] + lines[6:])


def test_an_identifier_replaces_the_device_and_no_blank():
    assert fstab.with_identifiers("  /dev/sda1\t\t/ ext4\r\n/dev/sda10 /x ext4", {"/dev/sda1": "UUID=a-b"}) == "  UUID=a-b\t\t/ ext4\r\n/dev/sda10 /x ext4"


TEXTS = st.lists(
    st.sampled_from(["/dev/sda1", "/dev/sda2", " ", "\t", "\n", "\r\n", "#", "none", "swap", "/", "ext4", "é", "\udcff", "\\040"]), max_size=30
).map("".join)


@given(TEXTS)
def test_of_any_text_only_the_entries_asked_for_change(text):
    swap = [entry for entry in fstab.entries(text) if fstab.is_swap(entry)]
    numbers = {entry.line for entry in swap}
    commented = fstab.without(text, swap)
    assert [line for number, line in enumerate(commented.split("\n"), 1) if number not in numbers] == [
        line for number, line in enumerate(text.split("\n"), 1) if number not in numbers
    ]
    assert not [entry for entry in fstab.entries(commented) if fstab.is_swap(entry)]
    assert fstab.with_identifiers(text, {"/dev/sda1": "/dev/sda1"}) == text


def guest(tmp_path, text=FSTAB):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fstab").write_text(text)
    return tmp_path


def test_the_module_takes_swap_out_and_says_which_lines(tmp_path, run_module):
    root = guest(tmp_path)
    predicted = run_module("fstab_clean", root=root, identifiers="keep", check=True)
    assert (root / "etc/fstab").read_text() == FSTAB
    result = run_module("fstab_clean", root=root, identifiers="keep")
    assert predicted["diff"] == result["diff"] and predicted["entries"] == result["entries"]
    assert result["changed"] and [(entry["line"], entry["after"]) for entry in result["entries"]] == [(5, None), (6, None)]
    assert "\n#   /dev/nvme0n1p3 none swap" in (root / "etc/fstab").read_text()
    assert not run_module("fstab_clean", root=root, identifiers="keep")["changed"]


def test_the_module_stops_at_a_device_it_cannot_tell_and_changes_nothing(tmp_path, run_module):
    root = guest(tmp_path)
    result = run_module("fstab_clean", root=root)
    assert result["failed"] and "/etc/fstab line 2" in result["msg"] and "missing: keep" in result["msg"]
    assert (root / "etc/fstab").read_text() == FSTAB


def test_the_module_keeps_such_a_device_with_a_warning_when_asked(tmp_path, run_module):
    result = run_module("fstab_clean", root=guest(tmp_path), missing="keep", swap="keep")
    assert not result["changed"] and "/etc/fstab line 2" in str(result["warnings"])


def test_the_module_needs_the_file(tmp_path, run_module):
    result = run_module("fstab_clean", root=tmp_path)
    assert result["failed"] and "/etc/fstab: there is no such file" in result["msg"]


@pytest.mark.parametrize(
    "line",
    [
        "share /srv vboxsf defaults 0 0",
        ".host:/x /mnt/hgfs fuse.vmhgfs-fuse allow_other 0 0",
        "x /mnt 9p trans=virtio 0 0",
        "tag /mnt virtiofs defaults 0 0",
        "vmhgfs-fuse#.host:/ /mnt fuse defaults 0 0",
    ],
)
def test_a_folder_that_another_hypervisor_shared_goes(tmp_path, run_module, line):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fstab").write_text(f"UUID=1 / ext4 defaults 0 1\n{line}\n")

    assert not run_module("fstab_clean", root=tmp_path, shared_folders="keep", check=True)["changed"]
    assert run_module("fstab_clean", root=tmp_path)["entries"][0]["line"] == 2
    assert (tmp_path / "etc/fstab").read_text() == f"UUID=1 / ext4 defaults 0 1\n# {line}\n"


@pytest.mark.parametrize("line", ["server:/x /srv nfs defaults 0 0", "//server/x /srv cifs defaults 0 0", "tmpfs /tmp tmpfs defaults 0 0"])
def test_a_folder_of_a_server_stays(tmp_path, run_module, line):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fstab").write_text(line + "\n")

    assert not run_module("fstab_clean", root=tmp_path)["changed"]
