# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that a file system refuses. What is expected was seen of Linux 6.18 on loop devices; its messages are in the driver of that kernel."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_refusals import of_a_later_mount, of_any_mount

JOURNAL, WRITEBACK = {"has_journal"}, {"has_journal", "default-data=writeback"}
ORDERED, NO_JOURNAL = {"has_journal", "default-data=ordered"}, set()
DRIVER = b"can't change dax mount option while remounting\0can't enable nombcache during remount\0can't disable delalloc during remount\0"


@pytest.mark.parametrize(
    ("options", "first", "features", "expected"),
    [
        (["data=journal"], [], JOURNAL, [("data=journal", True)]),
        (["data=writeback"], [], JOURNAL, [("data=writeback", True)]),
        (["data=writeback"], [], ORDERED, [("data=writeback", True)]),
        (["data=writeback"], [], None, [("data=writeback", False)]),
        (["data=ordered"], ["data=writeback"], None, [("data=ordered", True)]),
        (["data=ordered"], [], WRITEBACK, [("data=ordered", True)]),
        (["data=ordered"], [], JOURNAL, []),
        (["data=writeback"], [], WRITEBACK, []),
        (["data=journal"], ["data=journal"], JOURNAL, []),
        (["data=journal"], [], NO_JOURNAL, []),
        (["dax=never"], [], JOURNAL, [("dax=never", True)]),
        (["no_mbcache"], [], JOURNAL, [("no_mbcache", True)]),
        (["nodelalloc"], [], JOURNAL, [("nodelalloc", True)]),
        (["nodelalloc"], ["data=journal"], JOURNAL, []),
        (["nodelalloc"], ["nodelalloc"], JOURNAL, []),
        (["noatime", "commit=30", "errors=panic", "discard", "nobarrier", "usrquota"], [], JOURNAL, []),
    ],
)
def test_what_no_later_mount_of_ext4_changes(options, first, features, expected):
    assert [(refusal.option, refusal.sure) for refusal in of_a_later_mount("ext4", options, first, features, DRIVER)] == expected


def test_a_driver_without_the_check_takes_it():
    assert of_a_later_mount("ext4", ["nodelalloc", "dax"], [], JOURNAL, b"") == []


def test_other_file_systems_pass_over_what_they_cannot_change():
    assert of_a_later_mount("btrfs", ["subvol=@", "nodatacow"], [], {"free-space-tree"}, b"") == []
    assert of_a_later_mount("xfs", ["logbsize=64k", "inode32"], [], None, b"") == []


@pytest.mark.parametrize(
    ("kind", "options", "features", "expected"),
    [
        ("ext4", ["journal_async_commit"], JOURNAL, ["journal_async_commit"]),
        ("ext4", ["journal_async_commit", "data=writeback"], JOURNAL, []),
        ("ext4", ["journal_async_commit"], WRITEBACK, []),
        ("ext4", ["journal_async_commit"], NO_JOURNAL, []),
        ("ext4", ["data=journal", "delalloc"], JOURNAL, ["delalloc"]),
        ("ext4", ["prjquota"], JOURNAL, ["prjquota"]),
        ("ext4", ["prjquota"], JOURNAL | {"project"}, []),
        ("ext4", ["prjquota"], None, []),
        ("xfs", ["norecovery"], None, ["norecovery"]),
        ("xfs", ["norecovery", "ro"], None, []),
        ("btrfs", ["subvol=@", "space_cache"], {"free-space-tree"}, ["space_cache"]),
        ("btrfs", ["nospace_cache"], {"free-space-tree"}, ["nospace_cache"]),
        ("btrfs", ["space_cache=v2"], {"free-space-tree"}, []),
        ("btrfs", ["clear_cache", "space_cache=v1"], {"free-space-tree"}, []),
        ("btrfs", ["space_cache"], set(), []),
        ("btrfs", ["space_cache"], None, []),
        ("vfat", ["umask=0077"], None, []),
    ],
)
def test_what_no_mount_takes_together(kind, options, features, expected):
    assert [refusal.option for refusal in of_any_mount(kind, options, features)] == expected
