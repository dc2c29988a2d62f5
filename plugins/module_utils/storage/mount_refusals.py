# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that a file system knows and refuses all the same: of the features that it lacks, or of how it is mounted already. Pure.

PRIVATE: module_utils of this collection are not an interface.
Source: Linux fs/ext4/super.c (ext4_check_journal_data_mode, ext4_check_quota_consistency, __ext4_remount), fs/xfs/xfs_super.c
(xfs_fs_validate_params), fs/btrfs/super.c (btrfs_check_features, btrfs_remount).
"""

import collections

_EXT = ("ext2", "ext3", "ext4")
_MODE, _NO_DELAY = "data", ("nodelalloc", "data=journal")
#: What a later mount cannot change, and what ext4 says then, which shows that a kernel has the check.
_KEPT = (
    (("dax",), b"can't change dax mount option while remounting"),
    (("nombcache", "no_mbcache"), b"can't enable nombcache during remount"),
    (("nodelalloc",), b"can't disable delalloc during remount"),
    (("journal_dev", "journal_path"), b"Cannot specify journal on remount"),
)

#: A refused option. option: str; cause: str; sure: bool, False where a file system may have defaults of its own that nobody could read.
RefusedOption = collections.namedtuple("RefusedOption", "option cause sure")


def of_any_mount(kind, options, features):
    """Return the [RefusedOption] of options that do not go together, or not with the features of the file system.

    kind: str, ``ext4``; options: [str]; features: {str} as of Tree.file_system_features, None when they are not known.
    """
    if kind in _EXT:
        return _of_ext(options, features)
    if kind == "btrfs":
        return _of_btrfs(options, features)
    if kind == "xfs" and "norecovery" in options and "ro" not in options:
        return [RefusedOption("norecovery", "without a recovery it is mounted read-only alone", True)]
    return []


def of_a_later_mount(kind, options, first, features, driver):
    """Return the [RefusedOption] of options that cannot be changed any more once the file system is mounted.

    first: [str], options of the mount that is there; driver: bytes, content of the driver's module, b"" when it is not known.
    """
    if kind not in _EXT:
        return []
    found = []
    wanted, there = _last(options, _MODE), _data_mode(first, features)
    if wanted and wanted != there and (features is None or "has_journal" in features):
        found.append(
            RefusedOption(f"data={wanted}", f"it is mounted with data={there}, which no later mount changes", _last(first, _MODE) != "" or features is not None)
        )
    for names, message in _KEPT:
        found += [
            RefusedOption(option, "no later mount changes it", True)
            for option in options
            if option.partition("=")[0] in names and option not in first and message in driver and not (option in _NO_DELAY and set(_NO_DELAY) & set(first))
        ]
    return found


def _of_ext(options, features):
    names, found = [option.partition("=")[0] for option in options], []
    mode = _data_mode(options, features)
    if features is not None and "has_journal" in features and "journal_async_commit" in names and mode == "ordered":
        found.append(RefusedOption("journal_async_commit", "it does not go with data=ordered", True))
    if mode == "journal" and "delalloc" in names:
        found.append(RefusedOption("delalloc", "it does not go with data=journal", True))
    if "prjquota" in names and features is not None and "project" not in features:
        found.append(RefusedOption("prjquota", "the file system lacks the feature project (tune2fs -O project)", True))
    return found


def _of_btrfs(options, features):
    given = [option for option in options if option.partition("=")[0] in ("space_cache", "nospace_cache")]
    if not given or given[-1] == "space_cache=v2" or "clear_cache" in options or features is None or "free-space-tree" not in features:
        return []
    return [RefusedOption(given[-1], "the file system has a free space tree, which is not given up (space_cache=v2)", True)]


def _data_mode(options, features):
    """Return the mode of the journal's data (str) of a mount of ext4 with some options."""
    own = [name[len("default-data=") :] for name in features or () if name.startswith("default-data=")]
    return _last(options, _MODE) or (own[0] if own else "ordered")


def _last(options, name):
    """Return the last value (str) of an option, "" without one."""
    return next((option.partition("=")[2] for option in reversed(options) if option.startswith(name + "=")), "")
