# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a partition holds, by its first bytes.

PRIVATE: module_utils of this collection are not an interface.
Source: libblkid's superblock probes (util-linux).
"""

import io
import uuid
from typing import Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream

#: What is looked for: (offset, bytes, what), the first that matches counts.
_MAGIC = (
    (0, b"LUKS\xba\xbe", "luks"),
    (0, b"-FVE-FS-", "bitlocker"),
    (3, b"-FVE-FS-", "bitlocker"),
    (3, b"NTFS    ", "ntfs"),
    (3, b"EXFAT   ", "exfat"),
    (0, b"XFSB", "xfs"),
    (0x438, b"\x53\xef", "ext"),
    (0x10040, b"_BHRfS_M", "btrfs"),
    (0xFF6, b"SWAPSPACE2", "swap"),
    (0xFF6, b"SWAP-SPACE", "swap"),
    (0x1FF6, b"SWAPSPACE2", "swap"),
    (0xFFF6, b"SWAPSPACE2", "swap"),
    (0x3FF6, b"SWAPSPACE2", "swap"),
    (0x7FF6, b"SWAPSPACE2", "swap"),
    (0, b"LABELONE", "lvm"),
    (512, b"LABELONE", "lvm"),
    (1024, b"LABELONE", "lvm"),
    (1536, b"LABELONE", "lvm"),
    (0, b"hsqs", "squashfs"),
    (1024, b"\xe2\xe1\xf5\xe0", "erofs"),
    (1024, b"\x10\x20\xf5\xf2", "f2fs"),
    (0x8001, b"CD001", "iso9660"),
    (82, b"FAT32   ", "fat"),
    (54, b"FAT16   ", "fat"),
    (54, b"FAT12   ", "fat"),
    (54, b"FAT     ", "fat"),
)

#: What people call it.
NAMES = {
    "luks": "an encrypted LUKS volume",
    "bitlocker": "an encrypted BitLocker volume",
    "ntfs": "a Windows NTFS file system",
    "exfat": "an exFAT file system",
    "xfs": "an XFS file system",
    "ext": "an ext2/3/4 file system",
    "btrfs": "a Btrfs file system",
    "swap": "swap space",
    "lvm": "an LVM physical volume",
    "squashfs": "a squashfs file system",
    "erofs": "an EROFS file system",
    "f2fs": "an F2FS file system",
    "iso9660": "an ISO 9660 file system",
    "fat": "a FAT file system",
    "md": "a part of a software RAID",
    "zfs": "a ZFS pool",
    "empty": "nothing that is known",
}


def identify(stream: Stream) -> str:
    """Return what the stream holds (str, a key of NAMES).

    stream: binary, seekable.
    """
    # one read answers nearly all; the rest lies at 64 KiB
    head = _read(stream, 0, 0x10000 + 4096)
    if _is_raid(stream, head):
        return "md"
    for offset, magic, what in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return what
    return "zfs" if _is_zfs(stream) else "empty"


def identity(stream: Stream, holds: str) -> Tuple[str, str]:
    """Return (UUID, label), lower case and "" where there is none, of what is no file system: swap space and LUKS.

    holds: str, what identify said.
    """
    if holds == "swap":
        # behind the boot block of 1 KiB: version, last page, number of bad pages
        octets = _read(stream, 1024 + 12, 32)
        return (str(uuid.UUID(bytes=octets[:16])) if any(octets[:16]) else "", _text(octets[16:])) if len(octets) == 32 else ("", "")
    if holds == "luks":
        return _text(_read(stream, 168, 40)).lower(), ""
    return "", ""


def _text(octets: bytes) -> str:
    return octets.split(b"\0")[0].decode("utf-8", "surrogateescape")


def _is_raid(stream: Stream, head: bytes) -> bool:
    """Whether a Linux software RAID member with metadata 1.x is here (0.90 and 1.0 keep theirs at the end)."""
    if any(head[offset : offset + 4] == b"\xfc\x4e\x2b\xa9" for offset in (0, 4096)):
        return True
    size = stream.seek(0, io.SEEK_END)
    # 1.0: 8 KiB before the end, in whole 4 KiB
    return size > 16384 and _read(stream, (size - 8192) & ~4095, 4) == b"\xfc\x4e\x2b\xa9"


def _is_zfs(stream: Stream) -> bool:
    # uberblocks begin at 128 KiB of the first label
    return _read(stream, 131072, 8) in (b"\x0c\xb1\xba\0\0\0\0\0", b"\0\0\0\0\0\xba\xb1\x0c")


def _read(stream: Stream, offset: int, length: int) -> bytes:
    stream.seek(offset)
    return stream.read(length)
