# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The methods: each where it is the cheapest, each with the same right result."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import destination
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import AlignRequest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import align as vhd_align
from conftest import COLLECTIONS, RUNNER, run_module_process
from integration.vhd.images import (
    GIB,
    MIB,
    allocated,
    append,
    call,
    digest,
    footer,
    gpt_disk,
    gpt_is_sound,
    patch,
    qemu_size,
    raw_disk,
    same_content,
    vhdi_size,
)

SCATTERED = tuple((number * 3 * MIB + 65536, 200 * 1024) for number in range(40))


def align(src, **options):
    """Return the result of vhd_align, which must succeed."""
    result = run_module_process("vhd_align", src=os.fspath(src), **options)
    assert not result["failed"], result["msg"]
    return result


@pytest.mark.parametrize(("kind", "method"), [("ext4", "sparse_copy"), ("xfs", "reflink"), ("btrfs", "reflink")])
@pytest.mark.parametrize("missing", [0, 1, 1000])
def test_a_raw_disk_is_copied_by_the_cheapest_method_of_its_file_system(file_system, kind, method, missing):
    folder = file_system(kind)
    disk = raw_disk(folder / "a.raw", 200 * MIB - 512 * missing, data=SCATTERED)
    before = digest(disk)
    assert align(disk, check=True)["method"] == method
    result = align(disk)
    os.sync()
    assert (result["method"], result["virtual_size"], result["file_size"]) == (method, 200 * MIB, 200 * MIB + 512)
    assert digest(disk) == before
    same_content(disk, "raw", result["dest"])
    assert qemu_size(result["dest"]) == vhdi_size(result["dest"]) == 200 * MIB
    assert allocated(result["dest"]) <= allocated(disk) * 1.02 + 8192
    if method == "reflink":
        assert result["bytes_written"] == 512
    again = align(disk)
    assert (again["changed"], again["method"], again["bytes_written"]) == (False, "unchanged", 0)


def test_a_disk_goes_from_one_file_system_to_another(file_system):
    disk = raw_disk(file_system("xfs") / "a.raw", 200 * MIB - 512, data=SCATTERED)
    result = align(disk, dest=os.fspath(file_system("btrfs") / "a.vhd"))
    assert result["method"] == "sparse_copy"
    same_content(disk, "raw", result["dest"])
    assert allocated(result["dest"]) <= allocated(disk) * 1.02 + 65536


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_a_disk_is_changed_in_place_by_a_few_sectors(file_system, kind):
    disk = gpt_disk(file_system(kind) / "a.raw", 200 * MIB - 512 * 37)
    result = align(disk, in_place=True)
    assert (result["method"], result["bytes_written"]) == ("in_place", 512 + 33 * 512 + 512 + 512)
    gpt_is_sound(disk, disk.parent)
    again = align(disk, in_place=True)
    assert (again["changed"], again["bytes_written"]) == (False, 0)


def test_a_fixed_vhd_that_is_not_aligned_grows_in_place(tmp_path):
    disk = append(gpt_disk(tmp_path / "a.vhd", 100 * MIB - 512 * 3), footer(100 * MIB - 512 * 3))
    result = align(disk, in_place=True)
    assert (result["method"], result["virtual_size"]) == ("in_place", 100 * MIB)
    assert result["footer"]["unique_id"] == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    gpt_is_sound(disk, tmp_path)
    assert qemu_size(disk) == 100 * MIB


def test_a_fixed_vhd_grows_in_place_and_its_old_footer_is_wiped(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 20 * MIB), footer(20 * MIB))
    content = disk.read_bytes()[: 20 * MIB]
    align(disk, in_place=True, size="30MiB")
    assert disk.read_bytes()[: 30 * MIB] == content + bytes(10 * MIB)


def test_the_creator_of_a_vhd_is_made_readable_in_place_only(tmp_path):
    disk = append(raw_disk(tmp_path / "a.vhd", 100 * MIB), footer(100 * MIB, creator=b"vbox", geometry=(1003, 12, 17)))
    assert align(disk)["method"] == "unchanged"
    assert align(disk, in_place=True)["bytes_written"] == 512
    assert qemu_size(disk) == 100 * MIB
    assert align(disk, in_place=True)["method"] == "unchanged"


@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("qcow2", []),
        ("qcow2", ["-c"]),
        ("qcow2", ["-o", "compat=0.10"]),
        ("vmdk", []),
        ("vmdk", ["-o", "subformat=streamOptimized"]),
        ("vdi", []),
        ("vdi", ["-o", "static=on"]),
        ("vhdx", []),
        ("vhdx", ["-o", "subformat=fixed"]),
        ("vpc", ["-o", "force_size=on"]),
        ("vpc", ["-o", "subformat=fixed,force_size=on"]),
        ("vpc", []),
    ],
    ids=str,
)
def test_every_format_gives_the_same_disk(tmp_path, image_format, options):
    raw = raw_disk(tmp_path / "a.raw", 200 * MIB - 512 * 1000, data=SCATTERED[:20])
    disk = tmp_path / "a.image"
    call("qemu-img", "convert", "-f", "raw", "-O", image_format, *options, raw, disk)
    before = digest(disk)
    result = align(disk, dest=os.fspath(tmp_path / "a.vhd"), sha256=True)
    assert result["source_format"] == image_format
    assert digest(disk) == before
    same_content(disk, image_format, result["dest"])
    same_content(raw, "raw", result["dest"])
    assert result["sha256"] == digest(result["dest"])
    assert qemu_size(result["dest"]) == vhdi_size(result["dest"]) == result["virtual_size"]
    assert align(disk, dest=result["dest"])["method"] == "unchanged"


def test_the_same_state_of_a_source_gives_the_same_bytes(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    first = digest(align(disk)["dest"])
    os.unlink(tmp_path / "a.vhd")
    assert digest(align(disk)["dest"]) == first


@pytest.mark.parametrize("what", ["source", "destination", "option"])
def test_a_destination_that_is_not_of_this_source_is_kept_unless_overwrite_is_set(tmp_path, what):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    dest = align(disk)["dest"]
    options = {"size": "30MiB"} if what == "option" else {}
    if what != "option":
        patch(disk if what == "source" else dest, 3 * MIB, b"changed")
    before = digest(dest)
    result = run_module_process("vhd_align", src=os.fspath(disk), **options)
    assert result["failed"] and "overwrite: true" in result["msg"]
    assert digest(dest) == before
    os.chmod(dest, 0o640)
    assert align(disk, overwrite=True, **options)["method"] == "sparse_copy"
    assert os.stat(dest).st_mode & 0o777 == 0o640
    same_content(disk, "raw", dest)


@pytest.mark.parametrize("step", [1, 100, 10**7, 10**9, 2 * 10**9], ids=["ext4", "NTFS", "exFAT", "ext3", "FAT"])
def test_a_file_system_that_keeps_coarser_times_does_not_make_the_second_run_fail(tmp_path, step):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    os.utime(disk, ns=(0, 1700000001123456789))
    dest = align(disk)["dest"]
    os.utime(dest, ns=(0, 1700000001123456789 // step * step))
    assert align(disk)["method"] == "unchanged"
    os.utime(dest, ns=(0, 1700000001123456789 + 10**6))
    assert run_module_process("vhd_align", src=os.fspath(disk))["failed"]


def test_the_mode_of_the_source_is_that_of_the_vhd(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    disk.chmod(0o600)
    assert os.stat(align(disk)["dest"]).st_mode & 0o777 == 0o600


# MiB: around the limits of the geometry (127.5 GiB) and of QEMU (2040 GiB)
SIZES = [
    1,
    2,
    19,
    20,
    21,
    99,
    100,
    101,
    127 * 1024,
    127 * 1024 + 513,
    128 * 1024 - 1,
    1024 * 1024,
    2039 * 1024,
    2040 * 1024 - 1,
    2040 * 1024,
    2040 * 1024 + 1,
    2048 * 1024,
    3333 * 1024 + 7,
    4095 * 1024,
]


@pytest.mark.parametrize("mebibytes", SIZES)
@pytest.mark.parametrize("missing", [0, 512, MIB - 512])
@pytest.mark.parametrize("in_place", [False, True])
def test_all_readers_agree_on_every_size(tmp_path, mebibytes, missing, in_place):
    size = mebibytes * MIB
    disk = raw_disk(tmp_path / "a.raw", size - missing, data=((0, 100),))
    result = align(disk, in_place=in_place)
    assert (result["virtual_size"], result["file_size"]) == (size, size + 512)
    assert os.path.getsize(result["dest"]) == size + 512
    assert vhdi_size(result["dest"]) == size
    if size <= 2040 * GIB:
        assert qemu_size(result["dest"]) == size
    seen = run_module_process("vhd_info", path=result["dest"])
    assert (seen["virtual_size"], seen["upload_size"], seen["accepted"]) == (size, size + 512, True)


@pytest.mark.parametrize("name", ["ext4", "xfs", "btrfs"])
def test_a_full_file_system_stops_a_change_in_place_and_nothing_is_changed(file_system, name):
    folder = file_system(name, "400M")
    disk = gpt_disk(folder / "a.raw", 60 * MIB - 512 * 3)
    before, size = digest(disk), disk.stat().st_size
    call("sh", "-c", f"cat /dev/zero >{folder}/filler", accept=(1,))
    call("sh", "-c", f"for i in 1 2 3 4 5 6 7 8; do head -c 4096 /dev/zero >{folder}/filler$i; done", accept=(0, 1, 2))
    os.sync()
    result = run_module_process("vhd_align", src=os.fspath(disk), in_place=True, size="90MiB")
    if result["failed"]:
        assert "no space left" in result["msg"]
        assert (digest(disk), disk.stat().st_size) == (before, size)
    else:  # the file system had a few sectors left
        gpt_is_sound(disk, disk.parent.parent)


@pytest.mark.parametrize("image_format", ["raw", "qcow2", "vpc"])
def test_a_copy_that_fills_its_file_system_leaves_nothing_behind(file_system, tmp_path, monkeypatch, image_format):
    folder = file_system("ext4", "40M")
    raw = raw_disk(tmp_path / "a.raw", 100 * MIB, data=((0, 80 * MIB),))
    disk = raw
    if image_format != "raw":
        disk = tmp_path / "a.image"
        call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, disk)
    # somebody else takes the space after it was looked for
    monkeypatch.setattr(destination, "require_space", lambda dest, needed: None)
    wanted = AlignRequest(os.fspath(disk), f"{folder}/a.vhd", "auto", None, MIB, None, "auto", False, False, True, False, 0, False, None, False)
    with pytest.raises(ImagewrightError, match=f"cannot write {folder}/a.vhd: no space left"):
        vhd_align(wanted)
    assert os.listdir(folder) == ["lost+found"]


def test_progress_is_shown_while_a_playbook_waits(tmp_path):
    raw = raw_disk(tmp_path / "a.raw", 400 * MIB, data=((0, 300 * MIB),))
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / "a.qcow2")
    partial = os.fspath(tmp_path / ".a.vhd.imagewright-partial")
    threading.Thread(target=pause_qemu_img, args=(partial, 4), daemon=True).start()
    lines = []
    with subprocess.Popen(
        [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "imagewright.azure.convert", "-e", f"disk_convert_src={tmp_path}/a.qcow2"],
        env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as playbook:
        for line in playbook.stdout:
            lines.append((time.monotonic(), line))
    ended = time.monotonic()
    shown = [moment for moment, line in lines if "a.vhd: " in line and " %, " in line and " of 300" in line]
    assert playbook.returncode == 0, "".join(line for _moment, line in lines)
    assert shown, "".join(line for _moment, line in lines)
    assert ended - shown[0] > 1  # while it ran, and not at its end


def pause_qemu_img(partial, seconds):
    """Stop the qemu-img that writes the partial file for some seconds, as a slow disk would."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as stream:
                    words = stream.read().split(b"\0")
                if b"convert" in words and words[0].endswith(b"qemu-img") and writes(pid, partial):
                    os.kill(int(pid), 19)
                    time.sleep(seconds)
                    os.kill(int(pid), 18)
                    return
            except (OSError, IndexError):
                continue


def writes(pid, path):
    """Return whether a process has the file open."""
    return any(os.path.exists(path) and os.path.samefile(f"/proc/{pid}/fd/{name}", path) for name in os.listdir(f"/proc/{pid}/fd"))


def test_memory_does_not_grow_with_the_disk(tmp_path):
    idle = peak(raw_disk(tmp_path / "small.raw", 20 * MIB))
    full = peak(raw_disk(tmp_path / "a.raw", 1000 * GIB, data=[(number * GIB, 256 * 1024) for number in range(1000)]))
    assert full - idle < 64 * 1024


def peak(src):
    """Return the most memory (KiB) that a run of vhd_align took."""
    program = "import resource\n" + RUNNER.replace(
        "runpy.run_module(",
        "import atexit; atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))\nrunpy.run_module(",
    )
    process = subprocess.run(
        [sys.executable, "-c", program, "vhd_align"],
        check=True,
        capture_output=True,
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {"src": os.fspath(src)}}).encode(),
        env=dict(os.environ, PYTHONPATH=str(COLLECTIONS)),
    )
    return int(process.stderr.split()[-1])
