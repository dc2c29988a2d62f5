# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""swap_off on trees, and what it reads of /proc/swaps and of initramfs images."""

import gzip
import shutil

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import resume, swap_places
from ansible_collections.imagewright.azure.plugins.module_utils.storage import swap_off

PROC_SWAPS = (
    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    "/dev/sda2                               partition\t524284\t\t0\t\t-2\n"
    "/swap\\040file                           file\t\t1024\t\t0\t\t-3\n"
    "/dev/zram0                              partition\t4096\t\t0\t\t100\n"
)


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
    guest(
        tmp_path,
        {
            "/etc/fstab": "/swapfile none swap sw 0 0\n/dev/sda2 none swap sw 0 0\n# /old none swap sw 0 0\n/swap\\040two none swap sw 0 0\n",
            "/swapfile": "x",
            "/old": "x",
            "/swap two": "x",
            "/var/lib/more": "x",
            "/etc/systemd/system/var-lib-more.swap": "[Swap]\nWhat=/var/lib/more\n",
            "/etc/initramfs-tools/conf.d/resume": "RESUME=UUID=97dd\n",
        },
    )

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


@pytest.mark.parametrize("files", [("/etc/dracut.conf.d/x.conf", "/usr/bin/dracut"), ("/usr/bin/dracut",), ("/usr/sbin/dracut",), ("/sbin/dracut",)])
def test_dracut_is_told_to_leave_resume_out(tmp_path, files):
    """Wherever its program is, and before anybody else has made the directory."""
    tree = guest(tmp_path, dict.fromkeys(files, ""))

    assert [(edit.path, edit.after) for edit in resume.edits_of(tree)] == [("/etc/dracut.conf.d/azure-no-resume.conf", 'omit_dracutmodules+=" resume "\n')]


def test_a_directory_that_another_generator_left_makes_no_configuration(tmp_path):
    assert resume.edits_of(guest(tmp_path, {"/etc/dracut.conf.d/x.conf": ""})) == []


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
    (root / "boot").mkdir()
    (root / "boot/initrd.img-1").write_bytes(archive(files))
    return LiveTree(str(root))


def archive(files):
    """Return a compressed image (bytes) that holds files ({name: text})."""
    return gzip.compress(b"".join(member(name, text.encode()) for name, text in files.items()) + member("TRAILER!!!", b""))


@pytest.mark.parametrize(
    "files, expected",
    [
        ({"conf/conf.d/resume": "RESUME=UUID=97dd\n"}, True),
        ({"conf/conf.d/zz-resume-auto": "RESUME=/dev/sda2\n"}, True),
        ({"etc/cmdline.d/95resume.conf": " resume=UUID=97dd\n"}, True),
        ({"conf/conf.d/resume": "RESUME=none\n", "init": "RESUME=/dev/sda2\n"}, False),
        ({"init": "#!/bin/sh\n"}, False),
    ],
)
def test_an_image_resumes_when_it_names_a_device(tmp_path, files, expected):
    assert swap_off.resumes(image(tmp_path, files), "/boot/initrd.img-1", False) is expected


def test_a_damaged_image_is_built_again_and_one_that_nothing_here_reads_after_a_change(tmp_path):
    tree = guest(tmp_path, {"/boot/initrd.img-1": "no image", "/boot/initrd.img-2": "hsqs"})

    assert swap_off.resumes(tree, "/boot/initrd.img-1", False) is True
    assert [swap_off.resumes(tree, "/boot/initrd.img-2", changed) for changed in (True, False)] == [True, False]


NEW = {"init": "#!/bin/sh\n", "conf/conf.d/resume": "RESUME=none\n"}


def debian(root, built=None):
    """Make a guest with a swap file that a unit starts, and two kernels whose images resume; mkinitramfs writes the image built ({name: text})."""
    guest(
        root,
        {
            "/etc/systemd/system/data-more.swap": "[Swap]\nWhat=/data/more\n",
            "/data/more": "x",
            "/etc/initramfs-tools/conf.d/resume": "RESUME=UUID=97dd\n",
            "/usr/sbin/mkinitramfs": '#!/bin/busybox sh\n/bin/busybox cp /new.img "$2"\n',
            "/usr/sbin/update-initramfs": "#!/bin/busybox sh\nmkinitramfs\n",
            "/boot/vmlinuz-6.1": "x",
            "/boot/vmlinuz-6.2": "x",
            "/lib/modules/6.1/modules.dep": "",
            "/lib/modules/6.2/modules.dep": "",
            "/bin/busybox": "",
        },
    )
    shutil.copy(shutil.which("busybox"), root / "bin/busybox")
    for program in ("mkinitramfs", "update-initramfs"):
        (root / "usr/sbin" / program).chmod(0o755)
    (root / "new.img").write_bytes(archive(NEW if built is None else built))
    for version in ("6.1", "6.2"):
        (root / f"boot/initrd.img-{version}").write_bytes(archive(dict(NEW, **{"conf/conf.d/resume": "RESUME=UUID=97dd\n"})))


def resuming(root):
    return [name for name in ("6.1", "6.2") if b"97dd" in gzip.decompress((root / f"boot/initrd.img-{name}").read_bytes())]


def test_a_run_that_was_stopped_after_the_configuration_was_written_is_finished(tmp_path, run_module):
    debian(tmp_path)
    (tmp_path / "etc/initramfs-tools/conf.d/resume").write_text("RESUME=none\n")  # as far as the first run came
    (tmp_path / "boot/initrd.img-6.2").write_bytes(archive(NEW))
    (tmp_path / "data/more").unlink()

    result = run_module("swap_off", root=tmp_path)

    assert not result["failed"], result
    assert (result["rebuilt"], result["resume"], result["removed"]) == (["/boot/initrd.img-6.1"], [], ["/etc/systemd/system/data-more.swap"])
    assert resuming(tmp_path) == []
    assert run_module("swap_off", root=tmp_path)["changed"] is False


def test_an_image_that_still_resumes_is_an_error_and_everything_is_as_it_was(tmp_path, run_module):
    debian(tmp_path, built=dict(NEW, **{"conf/conf.d/site": "RESUME=/dev/sda2\n"}))

    result = run_module("swap_off", root=tmp_path)

    assert result["msg"].startswith(
        "cannot rebuild /boot/initrd.img-6.1 for kernel 6.1: the new image still has RESUME=/dev/sda2 (conf/conf.d/site); look for RESUME="
    )
    assert resuming(tmp_path) == ["6.1", "6.2"] and (tmp_path / "data/more").exists()
    assert (tmp_path / "etc/initramfs-tools/conf.d/resume").read_text() == "RESUME=UUID=97dd\n"


def test_a_swap_file_that_nothing_names_any_more_is_found_by_its_signature(tmp_path, run_module):
    guest(tmp_path, {"/swap.img": "\0" * 4086 + "SWAPSPACE2", "/swap/big": "\0" * 65526 + "SWAPSPACE2", "/swap/README": "SWAPSPACE2", "/swap.txt": "x"})

    assert run_module("swap_off", root=tmp_path)["removed"] == ["/swap.img", "/swap/big"]
    assert run_module("swap_off", root=tmp_path)["changed"] is False
