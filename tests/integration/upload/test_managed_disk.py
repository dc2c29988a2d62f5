# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Straight to a managed disk: page writes and nothing else. The emulator has no disks; a page blob made before stands in for one."""

import functools

import pytest

from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = vhds.MIB


@pytest.fixture
def disk(target, vhd):
    """The page blob behind an empty disk, and a proxy that sees what is asked of it."""
    target.blob().create_page_blob(32 * MIB + 512)
    with proxy(target.azurite.port) as (port, faults):
        yield f"http://127.0.0.1:{port}/{target.azurite.account}/{target.container}/disk.vhd?" + target.azurite.sas(target.container, "disk.vhd", "rw"), faults


@pytest.fixture
def upload(upload, disk, tmp_path):
    return functools.partial(
        upload, url=disk[0], target="managed_disk", journal=tmp_path / "journal", account=None, container=None, blob=None, endpoint=None, account_key=None
    )


def operations(faults):
    """Return the set of operations that were asked for."""
    names = set()
    for request in faults.requests:
        component = next((part[5:] for part in request.path.split("?")[1].split("&") if part.startswith("comp=")), "")
        names.add(f"{request.method} {component} {request.headers.get('x-ms-page-write', '')}".strip())
    return names


def test_only_page_writes_and_reads_are_used(upload, disk, target, vhd, tmp_path):
    result = upload(verify="content")

    assert not result["failed"], result["msg"]
    assert operations(disk[1]) == {"HEAD", "GET", "GET pagelist", "PUT page update"}
    assert not any("x-ms-lease-id" in request.headers for request in disk[1].requests)
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)
    assert result["target"] == "managed_disk" and "sig=" not in result["url"]


@pytest.mark.slow
def test_second_run_changes_nothing(upload, disk):
    upload()

    assert not upload()["changed"]


def test_disk_of_another_size_is_refused(upload, target):
    target.blob().resize_blob(64 * MIB + 512)

    assert "the disk was made for 67109376 bytes and the VHD has 33554944" in upload()["msg"]


def test_disk_that_is_not_there_is_refused(upload, target):
    target.blob().delete_blob()

    assert "there is no managed disk behind the address" in upload()["msg"]


def test_disk_with_data_is_only_written_when_told_to_and_what_was_there_is_zeroed(upload, disk, target, vhd, tmp_path):
    target.blob().upload_page(b"x" * MIB, 20 * MIB, MIB)
    target.blob().upload_page(b"f" * 512, 32 * MIB, 512)

    refused = upload()
    result = upload(overwrite=True, verify="content")

    assert "the disk holds data already" in refused["msg"]
    assert result["bytes_cleared"] == MIB
    assert operations(disk[1]) == {"HEAD", "GET", "GET pagelist", "PUT page update"}
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_interrupted_upload_goes_on(upload, disk, target, vhd, tmp_path):
    disk[1].plan = lambda request: "503" if request.is_page_write and sum(r.is_page_write for r in disk[1].requests) > 3 else None
    failed = upload(retries=1, parallel=1)
    disk[1].plan = lambda request: None

    result = upload()

    assert failed["failed"] and result["resumed"] and result["ranges"] == 3
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


@pytest.mark.slow
def test_somebody_who_writes_to_the_disk_between_two_runs_is_noticed(upload, disk, target):
    disk[1].plan = lambda request: "503" if request.is_page_write and sum(r.is_page_write for r in disk[1].requests) > 3 else None
    upload(retries=0, parallel=1)
    disk[1].plan = lambda request: None
    target.blob().upload_page(b"x" * 512, 2 * MIB, 512)

    assert "somebody else has written to it" in upload()["msg"]
    assert upload(overwrite=True)["changed"]
