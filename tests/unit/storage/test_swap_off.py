# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""swap_off on trees, and what it reads of /proc/swaps and of initramfs images."""

import gzip

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.storage import resume, swap_places
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree

PROC_SWAPS = ("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
              "/dev/sda2                               partition\t524284\t\t0\t\t-2\n"
              "/swap\\040file                           file\t\t1024\t\t0\t\t-3\n"
              "/dev/zram0                              partition\t4096\t\t0\t\t100\n")


def guest(root, files):
    for path, text in files.items():
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return LiveTree(str(root))


def test_swap_in_memory_is_not_on_the_disk():
    assert [swap.path for swap in swap_places.active(PROC_SWAPS)] == ["/dev/sda2", "/swap file"]
    assert [swap.path for swap in swap_places.active(PROC_SWAPS, zram=True)] == ["/dev/sda2", "/swap file", "/dev/zram0"]


def test_swap_files_units_and_resume_go(tmp_path, run_module):
    guest(tmp_path, {"/etc/fstab": "/swapfile none swap sw 0 0\n/dev/sda2 none swap sw 0 0\n# /old none swap sw 0 0\n/swap\\040two none swap sw 0 0\n",
                     "/swapfile": "x", "/old": "x", "/swap two": "x",
                     "/var/lib/more": "x", "/etc/systemd/system/var-lib-more.swap": "[Swap]\nWhat=/var/lib/more\n",
                     "/etc/initramfs-tools/conf.d/resume": "RESUME=UUID=97dd\n"})

    result = run_module("swap_off", root=tmp_path)

    assert not result["failed"], result
    assert result["removed"] == ["/swap two", "/swapfile", "/var/lib/more", "/etc/systemd/system/var-lib-more.swap"]
    assert (tmp_path / "old").exists() and not (tmp_path / "swapfile").exists()
    assert (tmp_path / "etc/initramfs-tools/conf.d/resume").read_text() == "RESUME=none\n"
    assert run_module("swap_off", root=tmp_path)["changed"] is False


def test_check_mode_predicts_and_changes_nothing(tmp_path, run_module):
    guest(tmp_path, {"/etc/fstab": "/swapfile none swap sw 0 0\n", "/swapfile": "x", "/etc/initramfs-tools/initramfs.conf": "MODULES=most\n"})

    predicted = run_module("swap_off", root=tmp_path, check=True)

    assert (tmp_path / "swapfile").exists() and not (tmp_path / "etc/initramfs-tools/conf.d").exists()
    done = run_module("swap_off", root=tmp_path)
    assert (predicted["removed"], predicted["resume"], predicted["changed"]) == (done["removed"], done["resume"], done["changed"])


def test_files_can_be_kept(tmp_path, run_module):
    guest(tmp_path, {"/etc/fstab": "/swapfile none swap sw 0 0\n", "/swapfile": "x"})

    assert run_module("swap_off", root=tmp_path, files="keep")["changed"] is False
    assert (tmp_path / "swapfile").exists()


def test_dracut_is_told_to_leave_resume_out(tmp_path):
    tree = guest(tmp_path, {"/etc/dracut.conf.d/x.conf": "", "/usr/bin/dracut": ""})

    assert [(edit.path, edit.after) for edit in resume.edits_of(tree)] == [("/etc/dracut.conf.d/azure-no-resume.conf", 'omit_dracutmodules+=" resume "\n')]


def test_the_partition_of_a_tree_cannot_be_wiped(tmp_path, run_module):
    result = run_module("swap_off", root=tmp_path, partition="wipe")

    assert result["failed"] and "its disk is not known" in result["msg"]


def member(name, content):
    """Return a member of a cpio archive in the format newc of cpio(5)."""
    fields = [1, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
    header = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return header + b"\0" * (-len(header) % 4) + content + b"\0" * (-len(content) % 4)


def image(root, files):
    """Return the LiveTree of a guest whose initramfs holds files ({name: text})."""
    content = b"".join(member(name, text.encode()) for name, text in files.items()) + member("TRAILER!!!", b"")
    (root / "boot").mkdir()
    (root / "boot/initrd.img-1").write_bytes(gzip.compress(content))
    return LiveTree(str(root))


@pytest.mark.parametrize("files, expected", [
    ({"conf/conf.d/resume": "RESUME=UUID=97dd\n"}, True),
    ({"conf/conf.d/zz-resume-auto": "RESUME=/dev/sda2\n"}, True),
    ({"etc/cmdline.d/95resume.conf": " resume=UUID=97dd\n"}, True),
    ({"conf/conf.d/resume": "RESUME=none\n", "init": "RESUME=/dev/sda2\n"}, False),
    ({"init": "#!/bin/sh\n"}, False),
])
def test_an_image_resumes_when_it_names_a_device(tmp_path, files, expected):
    assert resume.resumes(image(tmp_path, files), "/boot/initrd.img-1") is expected


def test_a_damaged_image_may_resume(tmp_path):
    guest(tmp_path, {"/boot/initrd.img-1": "no image"})

    assert resume.resumes(LiveTree(str(tmp_path)), "/boot/initrd.img-1") is True
