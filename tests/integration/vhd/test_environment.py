# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine around: its space, its limits, its qemu-img, and the modes of a module."""

import os
import sys

import pytest
from conftest import run_module_process
from integration.vhd.aligning import align, refused
from integration.vhd.images import MIB, call, dynamic_vhd, patch, qcow2, raw_disk, same_content


@pytest.fixture
def without_qemu_img(tmp_path):
    """An interpreter for which qemu-img is another file: a function (content or None) -> path."""

    def make(content):
        fake = tmp_path / "fake-qemu-img"
        fake.write_text(content or "")
        fake.chmod(0o755 if content else 0o644)
        wrapper = tmp_path / "python-without-qemu-img"
        wrapper.write_text(f'#!/bin/sh\nexec unshare --mount sh -c \'mount --bind {fake} /usr/bin/qemu-img && exec "$@"\' sh {sys.executable} "$@"\n')
        wrapper.chmod(0o755)
        return os.fspath(wrapper)

    return make


def test_27_a_destination_without_space_is_refused_before_the_copy(tmp_path, small_file_system):
    disk = raw_disk(tmp_path / "a.raw", 40 * MIB, data=((0, 20 * MIB),))
    refused(disk, "its data needs", "free", dest=small_file_system / "a.vhd")
    assert list(small_file_system.iterdir()) == []


def test_27_space_that_is_only_set_aside_in_the_source_needs_none(tmp_path, small_file_system):
    call("fallocate", "--length", 200 * MIB, tmp_path / "a.raw")
    disk = patch(tmp_path / "a.raw", MIB, b"x" * 4096)
    os.sync()
    for check in (True, False):
        result = align(disk, dest=os.fspath(small_file_system / "a.vhd"), check=check)
        assert not result["failed"], result["msg"]
    told = run_module_process("vhd_info", path=disk, dest=small_file_system / "b.vhd")
    assert not told["failed"], told["msg"]
    same_content(disk, "raw", small_file_system / "a.vhd")


def test_27_what_a_killed_run_has_left_counts_as_space(tmp_path, small_file_system):
    stale = small_file_system / ".a.vhd.imagewright-partial"
    stale.write_bytes(b"x" * 10 * MIB)
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB, data=((0, 5 * MIB),))
    results = [align(disk, dest=os.fspath(small_file_system / "a.vhd"), check=check) for check in (True, False)]
    for result in results:
        assert not result["failed"], result["msg"]
        assert any(f"{stale}, the unfinished file of a run that was killed" in warning for warning in result["warnings"])
    assert os.listdir(small_file_system) == ["a.vhd"]


def test_27_a_destination_that_runs_full_leaves_nothing_behind(tmp_path, small_file_system):
    raw = tmp_path / "a.raw"
    raw.write_bytes(b"compressible" * (20 * MIB // 12) + bytes(8))
    call("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, tmp_path / "a.qcow2")
    result = align(tmp_path / "a.qcow2", dest=os.fspath(small_file_system / "a.vhd"))
    assert result["failed"] and "no space left" in result["msg"], result
    assert list(small_file_system.iterdir()) == []


def test_41_a_file_system_with_a_lower_limit_refuses_before_the_copy(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 300 * MIB, data=((0, 100 * MIB),))
    limited = tmp_path / "python-limited"
    limited.write_text(f'#!/bin/sh\nulimit -f {200 * 1024 * 2}\nexec {sys.executable} "$@"\n')
    limited.chmod(0o755)
    result = align(disk, python=os.fspath(limited))
    assert result["failed"] and "does not take files of this size" in result["msg"], result
    assert sorted(os.listdir(tmp_path)) == ["a.raw", "python-limited"]


def test_42_raw_and_vhd_images_need_no_qemu_img(tmp_path, without_qemu_img):
    python = without_qemu_img(None)
    raw = raw_disk(tmp_path / "a.raw", 20 * MIB)
    assert align(raw, python=python)["method"] == "sparse_copy"
    disk = dynamic_vhd(tmp_path / "d.vhd")
    result = align(disk, dest=os.fspath(tmp_path / "e.vhd"), python=python)
    assert result["method"] == "sparse_copy"
    same_content(disk, "vpc", result["dest"])


def test_42_other_images_without_qemu_img_are_refused_and_the_package_named(tmp_path, without_qemu_img):
    refused(qcow2(tmp_path / "a.qcow2"), "qemu-utils on Debian", python=without_qemu_img(None))


def test_42_an_old_qemu_img_is_refused_for_what_it_cannot_do(tmp_path, without_qemu_img):
    old = without_qemu_img("#!/bin/sh\necho 'qemu-img version 2.5.0, Copyright (c) 2004-2008 Somebody'\necho '  convert [-c] [-p]'\n")
    refused(qcow2(tmp_path / "a.qcow2"), "2.5.0", "version 5.0 or later", python=old)
    assert align(raw_disk(tmp_path / "b.raw", 20 * MIB), python=old)["method"] == "sparse_copy"


@pytest.mark.parametrize("image_format", ["raw", "qcow2", "vdi", "vhdx", "vmdk", "vpc"])
def test_42_check_mode_writes_nothing_and_tells_method_and_sizes(tmp_path, image_format):
    raw = raw_disk(tmp_path / "a.img", 20 * MIB + 512 * 3)
    disk = raw
    if image_format != "raw":
        disk = tmp_path / f"a.{image_format}"
        call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, disk)
    dest = os.fspath(tmp_path / "result.vhd")
    before = sorted(os.listdir(tmp_path)), os.stat(tmp_path).st_mtime_ns
    foretold = align(disk, dest=dest, check=True)
    assert (sorted(os.listdir(tmp_path)), os.stat(tmp_path).st_mtime_ns) == before
    done = align(disk, dest=dest)
    for key in ("changed", "method", "source_virtual_size", "virtual_size", "file_size", "footer", "diff"):
        assert foretold[key] == done[key], key
    assert done["bytes_written"] <= foretold["bytes_written"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("src", "", "src is empty"),
        ("wait_released", -1, "wait_released is negative"),
        ("max_size", "0", "no disk is that small"),
        ("size", "-5", "not a size"),
        ("alignment", "1.5MiB", "whole MiB only"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, option, value, words):
    options = dict({"src": os.fspath(raw_disk(tmp_path / "a.raw", 20 * MIB))}, **{option: value})
    result = run_module_process("vhd_align", **options)
    assert result["failed"] and words in result["msg"], result
    assert os.listdir(tmp_path) == ["a.raw"]
