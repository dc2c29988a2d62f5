# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of sparse files: all of the data, none of the holes, whatever the file system can do."""

import errno
import os
import random

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.disk import sparse
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import sparse_copy
from hypothesis import given, settings
from hypothesis import strategies as st

MIB = 1024 * 1024


@pytest.fixture
def files(tmp_path):
    """A function (extents, size) that returns (source, target): a sparse file with random data, and an empty one; both open."""
    opened = []

    def make(extents, size):
        source = os.open(tmp_path / "source", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        target = os.open(tmp_path / "target", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        opened.extend([source, target])
        os.ftruncate(source, size)
        os.ftruncate(target, size)
        for offset, length in extents:
            os.pwrite(source, random.Random(offset).randbytes(length), offset)
        return source, target

    yield make
    for descriptor in opened:
        os.close(descriptor)


def copy(source, target, size):
    """Copy all data extents, and return the bytes written."""
    return sparse_copy.copy_extents(source, target, ((at, at, length) for at, length in sparse.data_extents(source, size)))


EXTENTS = [(0, 4096), (5 * MIB, 3 * MIB), (40 * MIB, 17 * MIB), (70 * MIB - 4096, 4096)]


def test_data_arrives_and_holes_stay(files):
    source, target = files(EXTENTS, 70 * MIB)
    assert copy(source, target, 70 * MIB) == sum(length for _offset, length in EXTENTS)
    assert os.pread(target, 70 * MIB, 0) == os.pread(source, 70 * MIB, 0)
    assert os.fstat(target).st_blocks <= os.fstat(source).st_blocks + 16  # a block or two for the map of the extents


def test_zeros_that_take_space_become_holes(files):
    source, target = files(EXTENTS, 70 * MIB)
    os.pwrite(source, bytes(2 * MIB), 10 * MIB)
    os.pwrite(source, b"x", 11 * MIB + 4096)
    assert copy(source, target, 70 * MIB) == sum(length for _offset, length in EXTENTS) + 65536
    assert os.pread(target, 70 * MIB, 0) == os.pread(source, 70 * MIB, 0)
    assert os.fstat(target).st_blocks < os.fstat(source).st_blocks


def test_on_a_server_the_kernel_has_the_server_copy(files, monkeypatch):
    source, target = files(EXTENTS, 70 * MIB)
    monkeypatch.setattr(sparse_copy, "is_on_a_server", lambda descriptor: True)
    monkeypatch.setattr(os, "preadv", lambda *arguments: pytest.fail("the data came here"))
    assert copy(source, target, 70 * MIB) == sum(length for _offset, length in EXTENTS)
    assert os.pread(target, 70 * MIB, 0) == os.pread(source, 70 * MIB, 0)


def test_the_kind_of_the_file_system_tells_a_server(tmp_path, monkeypatch):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    device = os.fstat(descriptor).st_dev
    assert not sparse_copy.is_on_a_server(descriptor)
    table = f"22 1 {os.major(device)}:{os.minor(device)} / /srv rw,relatime shared:1 - KIND server:/srv rw\n"
    real = open
    for kind, expected in (("nfs4", True), ("ext4", False)):
        (tmp_path / "mountinfo").write_text(table.replace("KIND", kind))
        monkeypatch.setattr("builtins.open", lambda path, *more, **named: real(tmp_path / "mountinfo", *more, **named))
        assert sparse_copy.is_on_a_server(descriptor) is expected
    os.close(descriptor)


@pytest.mark.parametrize("code", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_the_kernel_does_not_copy_it_is_done_through_memory(files, monkeypatch, code):
    source, target = files(EXTENTS, 70 * MIB)

    def refuse(*arguments):
        raise OSError(code, "no")

    monkeypatch.setattr(sparse_copy, "is_on_a_server", lambda descriptor: True)
    monkeypatch.setattr(os, "copy_file_range", refuse)
    assert copy(source, target, 70 * MIB) == sum(length for _offset, length in EXTENTS)
    assert os.pread(target, 70 * MIB, 0) == os.pread(source, 70 * MIB, 0)
    assert os.fstat(target).st_blocks <= os.fstat(source).st_blocks + 16  # a block or two for the map of the extents


def test_where_holes_cannot_be_told_all_is_data(files, monkeypatch):
    source, _target = files(EXTENTS, 70 * MIB)

    def refuse(*arguments):
        raise OSError(errno.EINVAL, "no")

    monkeypatch.setattr(os, "lseek", refuse)
    assert list(sparse.data_extents(source, 70 * MIB)) == [(0, 70 * MIB)]
    assert sparse.data_end(source, 70 * MIB) == 70 * MIB


def test_an_error_of_one_worker_is_raised(files, monkeypatch):
    source, target = files(EXTENTS, 70 * MIB)

    def full(*arguments):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="full"):
        copy(source, target, 70 * MIB)


def test_a_source_that_becomes_shorter_is_an_error_and_no_endless_loop(files):
    source, target = files([(0, MIB)], 2 * MIB)
    with pytest.raises(OSError, match="became shorter"):
        sparse_copy.copy_extents(source, target, [(0, 0, 3 * MIB)])


def test_the_end_of_the_data_is_found(files):
    source, _target = files([(0, 4096), (300 * MIB, 8192)], 1024 * 1024 * MIB)
    assert 300 * MIB + 8192 <= sparse.data_end(source, 1024 * 1024 * MIB) <= 300 * MIB + 8192 + 65536


@settings(max_examples=30, deadline=None)
@given(offsets=st.lists(st.integers(0, 200), unique=True, max_size=8), size=st.integers(201 * 4096, 300 * 4096))
def test_any_layout_is_copied(tmp_path_factory, offsets, size):
    folder = tmp_path_factory.mktemp("layout")
    content = bytearray(size)
    for offset in offsets:
        content[offset * 4096 : offset * 4096 + 100] = b"x" * 100
    with open(folder / "source", "wb+") as source, open(folder / "target", "wb+") as target:
        for offset in offsets:
            os.pwrite(source.fileno(), b"x" * 100, offset * 4096)
        os.ftruncate(source.fileno(), size)
        os.ftruncate(target.fileno(), size)
        copy(source.fileno(), target.fileno(), size)
        assert os.pread(target.fileno(), size, 0) == content
