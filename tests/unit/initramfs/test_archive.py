# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import random

import pytest
from unit.initramfs import images

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage


PACKAGES = "ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression._PACKAGES"


@pytest.fixture(params=["packages", "programs"])
def means(request, monkeypatch):
    """Read zstd and lz4 by the controller's Python packages, then by the guest's programs."""
    if request.param == "packages":
        pytest.importorskip("zstandard")
        pytest.importorskip("lz4")
    else:
        monkeypatch.setattr(PACKAGES, {})


def names(image):
    return [member.name for member in archive.list_members(io.BytesIO(image), "/boot/initrd")]


def test_members_of_a_plain_archive_are_listed_with_their_kind_and_wanted_content():
    image = images.archive(images.member("lib", b"usr/lib", images.LINK), images.member("./etc/fstab", b"none\n"), images.member("/init", b"x"))
    members = list(archive.list_members(io.BytesIO(image), "/boot/initrd", lambda name: name == "init"))
    assert [(member.name, member.size, member.content) for member in members] == [("lib", 7, b"usr/lib"), ("etc/fstab", 5, None), ("init", 1, b"x")]


@pytest.mark.parametrize("kind", images.COMPRESS)
def test_every_compression_of_the_kernel_is_read_behind_microcode(means, kind):
    image = images.microcode() + images.COMPRESS[kind](images.main_archive())
    assert [name for name in names(image) if name.endswith("hv_storvsc.ko")] == ["usr/lib/modules/6.1.0-13-amd64/kernel/drivers/scsi/hv_storvsc.ko"]


@pytest.mark.parametrize("kind", images.COMPRESS)
def test_large_content_is_read_in_every_compression(means, kind):
    size = 9 * 1024 * 1024 if kind in ("gzip", "zstd", "lz4", "lzo") else 1024 * 1024  # more than one block of each format
    image = images.COMPRESS[kind](images.archive(images.member("init", random.Random(1).randbytes(size))))
    image += bytes(512 - len(image) % 4) + images.archive(images.member("last"))
    assert names(image) == ["init", "last"]


def test_an_archive_that_the_kernel_does_not_see_is_an_error():
    with pytest.raises(CorruptImage, match="an archive starts at byte 1, no multiple of 4: the kernel does not see it"):
        names(b"\0" + images.archive(images.member("init")))


def test_four_parts_of_different_kinds_are_all_read():
    parts = [images.archive(images.member(name)) for name in ("one", "two", "three", "four")]
    image = parts[0] + bytes(100) + images.COMPRESS["gzip"](parts[1]) + images.COMPRESS["zstd"](parts[2]) + bytes(7)
    image += bytes(-len(image) % 4) + parts[3] + bytes(512)
    assert names(image) == ["one", "two", "three", "four"]


def test_several_archives_in_one_compressed_part_are_read():
    assert names(images.COMPRESS["xz"](images.archive(images.member("a")) + bytes(512) + images.archive(images.member("b")))) == ["a", "b"]


def test_checksums_of_the_crc_kind_are_verified():
    whole = images.archive(images.crc_member("init", b"exec switch_root"), magic=b"070702")
    assert names(whole) == ["init"]
    with pytest.raises(CorruptImage, match="'init' at byte 0 does not have its checksum"):
        names(whole.replace(b"exec", b"exeC"))


@pytest.mark.parametrize("kind", ["plain", *images.COMPRESS])
def test_an_image_cut_anywhere_is_an_error_and_never_a_short_list(means, kind):
    payload = images.main_archive()
    image = payload if kind == "plain" else images.COMPRESS[kind](payload)
    cuts = random.Random(kind).sample(range(1, len(image) - 4), min(120, len(image) - 5))
    for cut in cuts:
        with pytest.raises(CorruptImage, match="rebuild the image"):
            names(image[:cut])


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zstd", "lzo"])
def test_a_flipped_bit_in_a_part_with_checksums_is_an_error(means, kind):
    image = images.COMPRESS[kind](images.main_archive())
    whole = names(image)
    chosen = random.Random(kind)
    for _attempt in range(100):
        broken = bytearray(image)
        position = chosen.randrange(len(image))
        broken[position] ^= 1 << chosen.randrange(8)
        try:
            found = names(bytes(broken))
        except ImagewrightError:
            continue
        # gzip's header (time, system) and zstd's unused bits are under no checksum
        assert found == whole, position


def test_what_is_no_initramfs_is_named():
    with pytest.raises(CorruptImage, match="at byte 0 there is neither a cpio archive nor a known compression, but 6e6f7420616e"):
        names(b"not an initramfs at all")
    with pytest.raises(CannotVerify, match="at byte 0 it is a squashfs file system"):
        names(b"hsqs" + bytes(100))
    with pytest.raises(CorruptImage, match="it is empty"):
        names(bytes(4096))


def test_a_name_or_a_size_that_cannot_be_is_an_error():
    image = bytearray(images.archive(images.member("init", b"x")))
    image[94:102] = b"00FFFFFF"
    with pytest.raises(CorruptImage, match="has a name of 16777215 bytes"):
        names(bytes(image))
    image = bytearray(images.archive(images.member("init", b"x")))
    image[54:62] = b"+0000001"
    with pytest.raises(CorruptImage, match="no header of a member"):
        names(bytes(image))


@pytest.mark.parametrize(
    ("kind", "cure"), [("zstd", "program zstd on the guest, or the Python package zstandard"), ("lz4", "program lz4"), ("lzo", "program lzop")]
)
def test_a_compression_that_nothing_here_can_read_is_no_pass(monkeypatch, kind, cure):
    monkeypatch.setattr(commands, "find", lambda name, root="/": None)
    monkeypatch.setattr(PACKAGES, {})
    with pytest.raises(CannotVerify, match=cure):
        names(images.COMPRESS[kind](images.main_archive()))


def test_an_image_that_unpacks_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1 << 20)
    with pytest.raises(CorruptImage, match="unpacks to more than"):
        names(images.COMPRESS["zstd"](images.archive(images.member("init", bytes(1 << 22)))))
