# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which features of a file system a version of Linux knows. Pure.

A disk that a newer mkfs made than the guest's own has features that an older kernel refuses.

PRIVATE: module_utils of this collection are not an interface.
Source: Linux fs/ext4/ext4.h (EXT4_FEATURE_*), fs/xfs/libxfs/xfs_format.h (XFS_SB_FEAT_*), include/uapi/linux/btrfs.h
(BTRFS_FEATURE_*) and their history; ext4(5), xfs(5), btrfs(5).
"""

import re

#: No kernel of Linux's own has it: Android's.
_NEVER = (1000000, 0)
#: Feature -> (first version, whether only a mount to write needs it).
_OF_EXT = {
    "mmp": ((3, 0), False),
    "bigalloc": ((3, 2), True),
    "metadata_csum": ((3, 5), True),
    "quota": ((3, 6), True),
    "inline_data": ((3, 8), False),
    "encrypt": ((4, 1), False),
    "metadata_csum_seed": ((4, 4), False),
    "project": ((4, 5), True),
    "ea_inode": ((4, 13), False),
    "large_dir": ((4, 13), False),
    "casefold": ((5, 2), False),
    "verity": ((5, 4), True),
    "shared_blocks": (_NEVER, True),
}
_SINCE = {
    "ext2": _OF_EXT,
    "ext3": _OF_EXT,
    "ext4": _OF_EXT,
    "xfs": {
        "finobt": ((3, 16), True),
        "sparse": ((4, 2), False),
        "meta_uuid": ((4, 3), False),
        "rmapbt": ((4, 8), True),
        "reflink": ((4, 9), True),
        "inobtcount": ((5, 10), True),
        "bigtime": ((5, 10), False),
        "nrext64": ((5, 19), False),
        "exchange": ((6, 10), False),
        "parent": ((6, 10), False),
        "metadir": ((6, 13), False),
        "zoned": ((6, 15), False),
    },
    "btrfs": {
        "skinny-metadata": ((3, 10), False),
        "no-holes": ((3, 14), False),
        "free-space-tree": ((4, 5), True),
        "metadata-uuid": ((5, 0), False),
        "raid1c34": ((5, 5), False),
        "zoned": ((5, 12), False),
        "verity": ((5, 15), True),
        "block-group-tree": ((6, 1), True),
        "raid-stripe-tree": ((6, 7), False),
        "squota": ((6, 7), False),
    },
}
_VERSION = re.compile(r"(\d+)\.(\d+)")
#: Names of kernels whose makers take over features from newer ones.
_WITH_BACKPORTS = re.compile(r"\.el\d|-default$|-1[0-9]{5}\.")


def unknown(kind, features, version, written):
    """Return the names ([str]) of those features of a file system that a kernel does not know and refuses it for.

    kind: str, ``ext4``; features: {str}, as of Tree.file_system_features; version: str, of the kernel; written: bool, whether it is mounted to write.
    """
    said = _VERSION.match(version)
    if said is None:
        return []
    own, known = (int(said.group(1)), int(said.group(2))), _SINCE.get(kind, {})
    return sorted(name for name in features if name in known and known[name][0] > own and (written or not known[name][1]))


def may_have_more(version):
    """Return whether the kernel of a version (str) may know more than Linux did then: Red Hat's and SUSE's."""
    return _WITH_BACKPORTS.search(version) is not None
