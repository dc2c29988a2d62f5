# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The features of an ext2/3/4 file system that cannot be read here, by the names that mkfs.ext4 and tune2fs have for them.

PRIVATE: module_utils of this collection are not an interface.
Source: linux/fs/ext4/ext4.h (EXT4_FEATURE_*); e2fsprogs, lib/e2p/feature.c.
"""

import struct
from typing import List

from ansible_collections.imagewright.azure.plugins.module_utils.core.annotations import Stream

_SUPERBLOCK, _FEATURES = 1024, struct.Struct("<92xIII")  # compatible, incompatible, read-only compatible

#: Incompatible features that are read: filetype, needs_recovery, extent, 64bit, mmp, flex_bg, ea_inode, metadata_csum_seed, large_dir, inline_data,
#: encrypt and casefold (of directories that ask for it).
_READ = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
_NAMES = {0x1: "compression", 0x8: "journal_dev", 0x10: "meta_bg", 0x1000: "dirdata"}
_BIGALLOC = 0x200  # read-only compatible; blocks lie in clusters
#: Of which a kernel may not know each, with names: incompatible, and read-only compatible.
_INCOMPATIBLE = {
    0x100: "mmp",
    0x400: "ea_inode",
    0x2000: "metadata_csum_seed",
    0x4000: "large_dir",
    0x8000: "inline_data",
    0x10000: "encrypt",
    0x20000: "casefold",
}
_READ_ONLY = {
    0x100: "quota",
    0x200: "bigalloc",
    0x400: "metadata_csum",
    0x1000: "read-only",
    0x2000: "project",
    0x4000: "shared_blocks",
    0x8000: "verity",
}


def names(incompatible: int, read_only: int) -> List[str]:
    """Return the names of the features that decide whether a kernel mounts a file system, and whether to write."""
    found = [name for bit, name in _INCOMPATIBLE.items() if incompatible & bit]
    return found + [name for bit, name in _READ_ONLY.items() if read_only & bit]


def unreadable(stream: Stream) -> List[str]:
    """Return the names of the features of a file system that cannot be read here.

    stream: binary, seekable, of the file system.
    """
    stream.seek(_SUPERBLOCK)
    octets = stream.read(_FEATURES.size)
    if len(octets) < _FEATURES.size:
        return []
    _compatible, incompatible, read_only = _FEATURES.unpack(octets)
    strange = incompatible & ~_READ
    names = [_NAMES.get(1 << bit, f"incompatible feature 0x{1 << bit:x}") for bit in range(32) if strange >> bit & 1]
    return names + (["bigalloc"] if read_only & _BIGALLOC else [])
