# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volume groups that lvm2 itself made on loop devices; what is in their volumes was put there by the arithmetic of the test."""

import contextlib
import io
import os
import pathlib
import re
import time

import pytest
from unit.image.images import LVM, MIB, empty_disk, run

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import lvm, lvm_text
from ansible_collections.imagewright.azure.plugins.module_utils.disk.lvm_reader import Readers
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage

QUIET = ("--driverloaded", "n", "-q")
EXTENT = 4 * MIB
GROUP = f"test-{os.getpid()}"  # lvm2 sees the devices of every test that runs at the time
STARTS = (1, 101)  # MiB, of the two partitions of 100 MiB


@contextlib.contextmanager
def devices(disk):
    """Give the partitions as loop devices."""
    loops = [run("losetup", "--find", "--show", "--offset", start * MIB, "--sizelimit", 100 * MIB, disk).strip() for start in STARTS]
    try:
        yield loops
    finally:
        for loop in loops:
            run("losetup", "--detach", loop)
        for left in [path for folder in ("backup", "archive") for path in pathlib.Path("/etc/lvm", folder).glob(GROUP + "*")]:
            left.unlink()


def two_partitions(tmp_path):
    """Return a disk with two empty partitions for LVM."""
    return empty_disk(tmp_path / "disk.raw", 202 * MIB, *[(start, 100, LVM) for start in STARTS])


def volume_of(disk, name):
    """Return the volume of this name."""
    return next(opened.volume for opened in DiskImage(str(disk)).volumes if opened.volume.name == f"logical volume {GROUP}/{name}")


def start_of(volume, length):
    """Return the first bytes of a volume."""
    volume.stream.seek(0)
    return volume.stream.read(length)


def write(disk, offset, octets):
    with open(disk, "r+b") as stream:
        stream.seek(offset)
        stream.write(octets)


def test_a_striped_volume_is_read(tmp_path):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, *loops)
        run("vgcreate", *QUIET, GROUP, *loops)
        run("lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", "striped", "-i", "2", "-I", "64k", "-l", "4", GROUP)
    content = b"".join(b"%07d " % number for number in range(4 * EXTENT // 8))
    chunk = 64 * 1024
    for number in range(len(content) // chunk):
        place = STARTS[number % 2] * MIB + MIB + number // 2 * chunk  # the first extent is 1 MiB behind the partition's start
        write(disk, place, content[number * chunk : (number + 1) * chunk])
    volume = volume_of(disk, "striped")
    assert volume.error is None and volume.stream.size == 4 * EXTENT
    assert start_of(volume, 4 * EXTENT) == content
    volume.stream.seek(3 * chunk - 5)
    assert volume.stream.read(10) == content[3 * chunk - 5 : 3 * chunk + 5]


@pytest.mark.parametrize("exported", [True, False])
def test_a_group_that_is_exported_is_started_by_no_machine(tmp_path, exported):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, *loops)
        run("vgcreate", *QUIET, GROUP, *loops)
        run("lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", "root", "-l", "4", GROUP)
        run("vgexport", *QUIET, GROUP)
        if not exported:
            run("vgimport", *QUIET, GROUP)
    volume = volume_of(disk, "root")
    assert (volume.stream is None) is exported
    assert not exported or f"vgimport {GROUP}" in volume.error


@pytest.mark.parametrize(
    ("programs", "flags", "system_id"),
    [
        ([], (), ""),
        ([["lvchange", "--setactivationskip", "y", GROUP + "/root"]], ("ACTIVATION_SKIP",), ""),
        ([["lvchange", "--setautoactivation", "n", GROUP + "/root"]], ("NOAUTOACTIVATE",), ""),
        (
            [["vgchange", "--setautoactivation", "n", GROUP], ["lvchange", "--setactivationskip", "y", GROUP + "/root"]],
            ("ACTIVATION_SKIP", "NOAUTOACTIVATE"),
            "",
        ),
        ([["lvchange", "--setactivationskip", way, GROUP + "/root"] for way in "yn"], (), ""),
        ([["vgchange", "--yes", "--systemid", "builder", GROUP]], ("WRITE_LOCKED",), "builder"),
    ],
)
def test_what_keeps_lvm_from_a_volume_is_known(tmp_path, programs, flags, system_id):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, *loops)
        run("vgcreate", *QUIET, GROUP, *loops)
        run("lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", "root", "-l", "4", GROUP)
        for program, *words in programs:
            run(program, *QUIET, *words)
    logical = volume_of(disk, "root").logical
    assert (logical.flags, logical.system_id) == (flags, system_id)


def test_metadata_that_goes_past_the_end_of_its_ring_is_read(tmp_path):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, "--metadatasize", "64k", *loops)
        run("vgcreate", *QUIET, GROUP, *loops)
        run("lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", "root", "-l", "2", GROUP)
        for number in range(200):
            run("vgchange", *QUIET, "--addtag", f"tag-{number:03d}-" + "x" * 100, GROUP)
            header = disk.read_bytes()[MIB + 4096 : MIB + 4096 + 512]
            size, (at, length) = int.from_bytes(header[32:40], "little"), (int.from_bytes(header[place : place + 8], "little") for place in (40, 48))
            if at + length > size:
                break
        else:
            pytest.fail("the text never went past the end")
    write(disk, STARTS[0] * MIB + MIB, b"first")
    volume = volume_of(disk, "root")
    assert volume.error is None and start_of(volume, 5) == b"first"


def test_a_physical_volume_without_metadata_belongs_to_the_group_that_another_describes(tmp_path):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, "--metadatacopies", "0", loops[0])
        run("pvcreate", *QUIET, loops[1])
        run("vgcreate", *QUIET, GROUP, *loops)
        run("lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", "root", "-l", "2", GROUP, loops[0])
        start = int(run("pvs", *QUIET, "--noheadings", "--units", "b", "--nosuffix", "-o", "pe_start", loops[0]))
    write(disk, STARTS[0] * MIB + start, b"first")
    volume = volume_of(disk, "root")
    assert volume.error is None and start_of(volume, 5) == b"first"
    assert volume.logical.group == GROUP and re.fullmatch(r"[0-9A-Za-z]{64}", volume.logical.uuid)


def test_a_physical_volume_of_no_group_is_nothing(tmp_path):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, loops[0])
    assert [(opened.volume.name, opened.volume.holds) for opened in DiskImage(str(disk)).volumes] == [("partition 1", "lvm"), ("partition 2", "empty")]


def test_a_volume_on_another_disk_says_so(tmp_path):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, *loops)
        run("vgcreate", *QUIET, GROUP, *loops)
        run("lvcreate", *QUIET, "-an", "-Zn", "-Wn", "-n", "root", "-l", "2", GROUP, loops[1])
    write(disk, STARTS[1] * MIB, bytes(2048))
    assert "on other disks (pv1)" in volume_of(disk, "root").error


def test_damaged_metadata_is_damage(tmp_path):
    disk = two_partitions(tmp_path)
    with devices(disk) as loops:
        run("pvcreate", *QUIET, loops[0])
        run("vgcreate", *QUIET, GROUP, loops[0])
    content = disk.read_bytes()
    write(disk, content.index(b"extent_size = 8192"), b"extent_size = 4096")
    errors = [opened.error for opened in DiskImage(str(disk)).volumes if opened.error]
    assert len(errors) == 1 and "its metadata has a wrong checksum" in errors[0]


def test_the_text_is_read_with_its_comments_lists_and_nested_sections():
    text = (
        'group { # a comment { with braces\n id = "a\\"b" status = ["A", "B"]\n n = -5 empty = []\n lv { s { stripes = [\n"pv0", 3\n] } }\n}\ncontents = "x"\n'
    )
    assert lvm_text.parse(text) == {"group": {"id": 'a"b', "status": ["A", "B"], "n": -5, "empty": [], "lv": {"s": {"stripes": ["pv0", 3]}}}, "contents": "x"}


@pytest.mark.parametrize("text", ["a {", "a = [1,", "a =", "}", "a b", "a { b = 1 } }", "x { " * 30])
def test_a_text_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError):
        lvm_text.parse(text)


def test_a_volume_that_is_made_of_itself_ends():
    logical = {"root": {"id": "x", "status": ["VISIBLE"], "segment1": {"type": "mirror", "start_extent": 0, "extent_count": 1, "mirrors": ["root", 0]}}}
    group = lvm.Group("group", "id", EXTENT, {}, logical, {}, False)
    with pytest.raises(ImagewrightError, match="its metadata is damaged"):
        Readers(group).of("root")


SOUND = """group { id = "g-1" seqno = 1 extent_size = 8192
physical_volumes { pv0 { id = "pv" pe_start = 2048 } }
logical_volumes { root { id = "l-1" status = ["VISIBLE"] segment1 { start_extent = 0 extent_count = 1 type = "striped" stripes = ["pv0", 0] } } } }"""


def logical_volumes(text):
    """Return {name: error or None} of the volumes that a text of metadata describes, on one physical volume."""
    found = {}
    for group in lvm.groups([lvm.Physical("pv", io.BytesIO(bytes(16 * MIB)), 1, [lvm_text.parse(text)])]):
        readers = Readers(group)
        for name in lvm.visible(group):
            lvm.uuid_of(group, name)
            try:
                found[name] = None if readers.of(name)(0, 512) == bytes(512)[: lvm.size_of(group, name)] else "other bytes"
            except ImagewrightError as error:
                found[name] = str(error)
    return found


@pytest.mark.parametrize(
    "right, wrong, words",
    [
        ('id = "g-1"', "id = 7", None),
        ('id = "g-1"', 'id { x = "g" }', None),
        ('status = ["VISIBLE"]', "status = 3", None),
        ("logical_volumes {", "logical_volumes = 3 other {", None),
        ("physical_volumes {", 'physical_volumes = "none" other {', "on other disks (pv0)"),
        ('id = "pv"', "id = [1, 2]", "on other disks (pv0)"),
        ('stripes = ["pv0", 0]', "stripes = 5", "on other disks"),
        ('stripes = ["pv0", 0]', 'stripes = ["pv0", "0x"]', "a stripe names no extent of a physical volume"),
        ('stripes = ["pv0", 0]', 'stripes = [["pv0"], 0]', "a stripe names no extent of a physical volume"),
        ('stripes = ["pv0", 0]', 'stripes = ["pv0", -7]', "a stripe names no extent of a physical volume"),
        ('stripes = ["pv0", 0]', f'stripes = ["pv0", {"9" * 5000}]', "a stripe names no extent of a physical volume"),
        ('type = "striped"', "type = 4", "it is of the kind 'none'"),
        ('type = "striped"', 'type = "raid1" raids = ["one"]', "it is of the kind 'raid1'"),
        ('type = "striped"', 'type = "mirror" mirrors = 4', "it is of the kind 'mirror'"),
        ("extent_count = 1", "extent_count = -1", "it has stripes of 0 bytes"),
    ],
)
def test_metadata_of_another_shape_is_damage_or_describes_nothing(right, wrong, words):
    assert logical_volumes(SOUND) == {"root": None}
    assert SOUND.count(right) == 1
    found = logical_volumes(SOUND.replace(right, wrong))
    assert found == {} if words is None else words in found["root"]


@pytest.mark.parametrize("text", ["a = " + "[" * 100000, "a = [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"])
def test_lists_within_lists_have_a_bound(text):
    with pytest.raises(ValueError):
        lvm_text.parse(text)


def test_volumes_that_are_made_of_each_other_many_times_are_read_in_a_moment():
    segments = "".join(f's{number} {{ start_extent = 0 extent_count = 1 type = "mirror" mirrors = ["lvNEXT", 0] }}\n' for number in range(40))
    volumes = "".join(f'lv{level} {{ status = ["VISIBLE"] {segments.replace("NEXT", str(level + 1))} }}\n' for level in range(8))
    last = 'lv8 { status = ["VISIBLE"] s { start_extent = 0 extent_count = 1 type = "striped" stripes = ["pv0", 0] } }'
    text = SOUND[: SOUND.index("root {")] + volumes + last + "} }"
    started = time.process_time()
    assert set(logical_volumes(text).values()) == {None}  # one by one they would be 40 ** 8
    assert time.process_time() - started < 5
