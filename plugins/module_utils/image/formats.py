# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image file is, by its content and never by its name, and how large its disk is.

PRIVATE: module_utils of this collection are not an interface.
"""

from types import ModuleType
from typing import Iterable, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import ReadAt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import COOKIE
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.image import vhd_file
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_file import RAW, VHD, Image

#: Headers of image formats: (offset, bytes, format).
_IMAGE_MAGIC = (
    (0, b"QFI\xfb", "qcow2"),
    (0, b"KDMV", "vmdk"),
    (0, b"COWD", "vmdk"),
    (0, b"\xbe\xba\xfe\xca", "vmdk"),
    (0, b"# Disk DescriptorFile", "vmdk"),
    (64, b"\x7f\x10\xda\xbe", "vdi"),
    (0, b"vhdxfile", "vhdx"),
)

#: Headers that no disk begins with: those above, and that of a dynamic VHD.
_NO_DISK_MAGIC = _IMAGE_MAGIC + ((0, COOKIE, VHD),)

_DECOMPRESS = "decompress it first"
_EXTRACT = "extract the disk from it first"

#: What looks like an image's file but holds no disk: (offset, bytes, id of the problem, what it is, fix).
_NOT_A_DISK = (
    (0, b"\x1f\x8b\x08", "compressed", "compressed (gzip)", _DECOMPRESS),
    (0, b"\xfd7zXZ\0", "compressed", "compressed (xz)", _DECOMPRESS),
    (0, b"\x28\xb5\x2f\xfd", "compressed", "compressed (zstd)", _DECOMPRESS),
    (0, b"BZh", "compressed", "compressed (bzip2)", _DECOMPRESS),
    (0, b"\x04\x22\x4d\x18", "compressed", "compressed (lz4)", _DECOMPRESS),
    (0, b"7z\xbc\xaf\x27\x1c", "archive", "an archive (7z)", _EXTRACT),
    (0, b"PK\x03\x04", "archive", "an archive (zip)", _EXTRACT),
    (257, b"ustar", "archive", "an archive (tar or OVA)", _EXTRACT),
    (32769, b"CD001", "installation_medium", "an ISO 9660 image, an installation medium", "install from it to a disk and give that disk"),
    (0, b"QED\0", "unknown_format", "an image in the QED format", "convert it with `qemu-img convert -f qed -O raw` first"),
    (0, b"WithoutFreeSpace", "unknown_format", "an image in the Parallels format", "convert it with `qemu-img convert -f parallels -O raw` first"),
    (0, b"WithouFreSpacExt", "unknown_format", "an image in the Parallels format", "convert it with `qemu-img convert -f parallels -O raw` first"),
)

#: These begin a disk only when the user says that it is raw.
_RAW_ON_REQUEST = ((0, b"LUKS\xba\xbe", "encrypted", "encrypted (LUKS)", "decrypt it first, or set format: raw when the whole disk shall stay encrypted"),)


def read_image(read_at: ReadAt, file_size: int, path: str, wanted: str = "auto", repair_footer: bool = False) -> Image:
    """Return the Image that the file holds.

    read_at: callable (offset, length) -> bytes, shorter at the end of the file.
    wanted: str, ``auto`` or the format that the user says.
    repair_footer: bool, take a fixed VHD whose only fault is its footer's checksum.
    Raises ImagewrightError: it holds no disk, is damaged, depends on other files, or is not of the wanted format.
    """
    if file_size == 0:
        raise refusal(path, "empty", "it is empty", "give the image of a disk")
    vhd = vhd_file.read_image(read_at, file_size, path, repair_footer)
    if vhd:
        if vhd.dynamic is None and vhd.virtual_size and wanted == "auto":
            _refuse_image_inside(read_at, vhd, path)
        # a fixed VHD called raw (also by qemu-img's own probing) is still one: its footer is no part of the disk
        return _matching(vhd, "vpc" if wanted == "raw" and vhd.dynamic is None else wanted, path)
    found = _format_by_magic(read_at, _IMAGE_MAGIC)
    if found:
        return _matching(_reader(found).read_image(read_at, file_size, path), wanted, path)
    for offset, magic, problem_id, what, fix in _NOT_A_DISK + (() if wanted == "raw" else _RAW_ON_REQUEST):
        if read_at(offset, len(magic)) == magic:
            raise refusal(path, problem_id, f"it is {what}, not a disk", fix)
    if wanted != "raw" and _is_text(read_at(0, SECTOR)):
        raise refusal(path, "not_a_disk", "it is a text, not a disk", "give the image of a disk, or set format: raw when the disk shall begin so")
    return _matching(_raw_image(file_size), wanted, path)


def check_blocks(read_at: ReadAt, file_size: int, path: str, image_format: str) -> None:
    """Check the places of all blocks of an image that ``read_image`` takes, which needs time for a large one.

    Raises ImagewrightError: one is past the end of the file, or where another is.
    """
    if image_format == "vmdk":  # `qemu-img check` looks at those of the others
        _reader(image_format).check_grains(read_at, file_size, path)


def require_whole_sectors(image: Image, path: str, size_is_given: bool) -> None:
    """Check that a disk, raw or in a VHD, ends with a whole sector, or that the user has said how large it shall be.

    Raises ImagewrightError: it does not.
    """
    rest = image.virtual_size % SECTOR
    if image.format in (RAW, VHD) and rest and not size_is_given:
        raise refusal(
            path,
            "not_whole_sectors",
            f"the size of its disk, {show_size(image.virtual_size)}, is no multiple of 512 bytes: part of the last sector is missing",
            "get the whole image, or set size to pad it with zeros",
        )


def image_inside(read_at: ReadAt) -> Optional[str]:
    """Return the format (str) of the image that lies where a fixed VHD's disk should begin, or None when none does.

    A footer that was put behind an image which is not raw makes such a VHD: Azure takes it, and no machine boots from it.
    """
    return _format_by_magic(read_at, _NO_DISK_MAGIC)


def _reader(image_format: str) -> ModuleType:
    """Return the module that reads a format of _IMAGE_MAGIC, imported for such a file alone: what a module imports is compiled at each of its runs."""
    if image_format == "qcow2":
        from ansible_collections.imagewright.azure.plugins.module_utils.image import qcow2

        return qcow2
    if image_format == "vmdk":
        from ansible_collections.imagewright.azure.plugins.module_utils.image import vmdk

        return vmdk
    if image_format == "vdi":
        from ansible_collections.imagewright.azure.plugins.module_utils.image import vdi

        return vdi
    from ansible_collections.imagewright.azure.plugins.module_utils.image import vhdx

    return vhdx


def _refuse_image_inside(read_at: ReadAt, vhd: Image, path: str) -> None:
    inside = image_inside(read_at)
    if inside:
        raise refusal(
            path,
            "image_inside",
            f"it is a VHD footer behind a whole {inside} image, which is no disk",
            f"take the footer off a copy with `truncate -s {vhd.virtual_size}` and convert that, or set format: vpc when the disk shall begin so",
        )


def _format_by_magic(read_at: ReadAt, magics: Iterable[Tuple[int, bytes, str]]) -> Optional[str]:
    for offset, magic, name in magics:
        if read_at(offset, len(magic)) == magic:
            return name
    return None


def _is_text(octets: bytes) -> bool:
    """Return whether the first bytes of a file are those of a text; a sector that was cut within a character is one, too."""
    text = octets.decode("utf-8", "ignore")
    return len(text.encode()) > len(octets) - 4 and all(character.isprintable() or character in "\t\r\n\f" for character in text)


def _raw_image(file_size: int) -> Image:
    return Image(RAW, file_size, None, None, [])


def _matching(image: Image, wanted: str, path: str) -> Image:
    if wanted not in ("auto", image.format):
        raise ImagewrightError(f"cannot read {path} as {wanted}: its content is {image.format}; leave format out, or set format: {image.format}")
    return image
