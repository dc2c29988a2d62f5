# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upload that was interrupted goes on, and notices what changed meanwhile."""

import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from conftest import COLLECTIONS, RUNNER  # tests/conftest.py

from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = vhds.MIB
PIECES = [(2 * MIB + index * 768 * 1024, 512 * 1024) for index in range(60)]
PARALLEL = 4


@pytest.fixture
def upload(upload, tmp_path):
    """The usual upload, with one journal whichever address is used: the proxy's or the emulator's own."""
    return functools.partial(upload, journal=tmp_path / "journal")


@pytest.fixture
def big(tmp_path):
    """A VHD of 60 ranges of 512 KiB."""
    return vhds.make(tmp_path / "big.vhd", 64, PIECES)


def start(target, src, port, **arguments):
    """Start vhd_upload in a process of its own, and return it."""
    options = target.options(
        src=str(src), endpoint=f"http://127.0.0.1:{port}/{target.azurite.account}", parallel=PARALLEL, journal=str(src.parent / "journal"), **arguments
    )
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, "vhd_upload"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, PYTHONPATH=str(COLLECTIONS)),
    )
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    process.stdin.close()
    process.stdin = None
    return process


def writes(faults):
    return [request for request in faults.requests if request.is_page_write]


def kill_after(process, faults, count):
    """Kill the process once count more page writes have begun; return whether it was still at work."""
    wanted = len(writes(faults)) + count
    deadline = time.monotonic() + 60
    while len(writes(faults)) < wanted and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    process.stderr.close()
    return alive


def interrupt(target, src, count=8):
    """Begin an upload and kill it in the middle."""
    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.03
        assert kill_after(start(target, src, port), faults, count)


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_each_kill_costs_one_range_a_worker_at_most_and_the_content_is_equal(target, upload, big, tmp_path, times):
    kills = 0
    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.03
        for _kill in range(times):
            kills += kill_after(start(target, big, port), faults, 5)
        assert kills == times
        assert target.blob().get_blob_properties().metadata["imagewright_state"] == "uploading"
        assert target.blob().download_blob(64 * MIB, 512).readall() == bytes(512), "no footer before all is there"
        faults.delay = 0
        result = upload(src=big, endpoint=f"http://127.0.0.1:{port}/{target.azurite.account}", verify="content")
        sent = len(writes(faults))

    assert result["resumed"] and result["changed"]
    assert result["ranges"] < 62
    assert sent <= 62 + kills * PARALLEL
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(big)
    assert not upload(src=big)["changed"]


@pytest.mark.slow
def test_check_mode_tells_how_much_is_left(target, upload, big):
    interrupt(target, big)

    predicted = upload(src=big, check=True)
    result = upload(src=big)

    assert predicted["resumed"] and predicted["bytes_uploaded"] == result["bytes_uploaded"] < 60 * 512 * 1024


@pytest.mark.slow
def test_resume_false_starts_afresh_without_overwrite(target, upload, big):
    interrupt(target, big)

    result = upload(src=big, resume=False)

    assert (result["action"], result["resumed"], result["ranges"]) == ("restart", False, 62)


def test_a_changed_source_starts_afresh_and_nothing_old_is_left(target, upload, big, tmp_path):
    interrupt(target, big, 30)
    vhds.make(big, 64, PIECES[1::2], seed=3)

    result = upload(src=big)

    assert (result["action"], result["resumed"]) == ("restart", False)
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(big)


@pytest.mark.slow
def test_a_changed_source_fails_when_told_to(target, upload, big):
    interrupt(target, big)
    os.utime(big)

    result = upload(src=big, changed_source="fail")

    assert "the VHD has changed since it was interrupted" in result["msg"]


@pytest.mark.slow
def test_a_change_that_hides_its_time_is_found_by_the_content(target, upload, big, tmp_path):
    interrupt(target, big, 20)
    before = os.stat(big)
    with open(big, "r+b") as stream:  # the first range becomes another one, the second one zero
        stream.seek(2 * MIB)
        stream.write(b"changed" * 64)
        stream.seek(PIECES[1][0])
        stream.write(bytes(512 * 1024))
    os.utime(big, ns=(before.st_atime_ns, before.st_mtime_ns))

    result = upload(src=big)

    assert not result["failed"], result["msg"]
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(big)


def test_somebody_who_breaks_the_lease_and_writes_is_noticed(target, upload, big):
    from azure.storage.blob import BlobLeaseClient

    interrupt(target, big)
    BlobLeaseClient(target.blob()).break_lease(0)
    target.blob().upload_page(b"x" * 512, 2 * MIB, 512)

    result = upload(src=big)

    assert "somebody else has written to it" in result["msg"]
    assert upload(src=big, overwrite=True)["action"] == "replace"


def test_somebody_who_takes_the_lease_while_we_upload_ends_it(target, big, upload):
    from azure.storage.blob import BlobLeaseClient

    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.05
        process = start(target, big, port)
        while len(writes(faults)) < 6:
            time.sleep(0.01)
        BlobLeaseClient(target.blob()).break_lease(0)
        BlobLeaseClient(target.blob()).acquire(15)
        out, _err = process.communicate(timeout=60)
    result = json.loads(out)

    assert result["failed"] and "somebody else holds its lease, or took it while we wrote" in result["msg"]
    assert target.blob().download_blob(64 * MIB, 512).readall() == bytes(512)


@pytest.mark.slow
def test_our_lease_that_ran_out_is_renewed_when_nobody_wrote(target, big, upload, tmp_path):
    interrupt(target, big)
    time.sleep(0.1)
    journal = json.loads(pathlib.Path(upload(src=big, check=True)["journal"]).read_text().splitlines()[0])
    from azure.storage.blob import BlobLeaseClient

    lease = BlobLeaseClient(target.blob(), lease_id=journal["upload"])
    lease.acquire(15)
    time.sleep(16)
    assert target.blob().get_blob_properties().lease.state == "expired"

    assert upload(src=big)["resumed"]
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(big)


def test_two_uploads_of_one_vhd_to_one_target_do_not_meet(target, big, upload):
    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.05
        process = start(target, big, port)
        while len(writes(faults)) < 3:
            time.sleep(0.01)
        second = upload(src=big, endpoint=f"http://127.0.0.1:{port}/{target.azurite.account}")
        out, _err = process.communicate(timeout=60)

    assert "another upload of this VHD to this target is at work" in second["msg"]
    assert json.loads(out)["changed"]


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda stream: stream.truncate(40 * MIB), "changed while it was uploaded|was cut to 41943040 bytes while it was uploaded"),
        (lambda stream: (stream.seek(3 * MIB), stream.write(b"x")), "it changed while it was uploaded"),
    ],
)
def test_a_source_that_changes_while_it_is_uploaded_is_noticed(target, big, upload, change, message):
    import re

    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.04
        process = start(target, big, port)
        while len(writes(faults)) < 8:
            time.sleep(0.01)
        with open(big, "r+b") as stream:
            change(stream)
        out, _err = process.communicate(timeout=60)
    result = json.loads(out)

    assert result["failed"] and re.search(message, result["msg"]), result["msg"]
    assert target.blob().download_blob(64 * MIB, 512).readall() == bytes(512)
    assert target.blob().get_blob_properties().metadata["imagewright_state"] == "uploading"


@pytest.mark.slow
def test_a_source_that_is_replaced_by_another_file_is_noticed(target, big, upload, tmp_path):
    other = vhds.make(tmp_path / "other.vhd", 64, PIECES, seed=9)
    with proxy(target.azurite.port) as (port, faults):
        faults.delay = 0.04
        process = start(target, big, port)
        while len(writes(faults)) < 8:
            time.sleep(0.01)
        os.rename(other, big)
        out, _err = process.communicate(timeout=60)

    assert "it changed while it was uploaded (" in json.loads(out)["msg"]


@pytest.mark.slow
def test_a_journal_holds_no_secret_and_only_its_owner_reads_it(target, upload, big):
    interrupt(target, big)
    journal = upload(src=big, check=True)["journal"]

    assert oct(os.stat(journal).st_mode)[-3:] == "600"
    text = pathlib.Path(journal).read_text()
    assert target.azurite.key not in text and "sig=" not in text


@pytest.mark.slow
def test_a_damaged_journal_never_makes_data_go_missing(target, upload, big, tmp_path):
    interrupt(target, big, 20)
    journal = upload(src=big, check=True)["journal"]
    lines = pathlib.Path(journal).read_text().splitlines(keepends=True)
    with open(journal, "w") as stream:
        stream.writelines([lines[0], "sent 2097152 524288 " + "0" * 32 + "\n", "\0" * 100 + "\n", *lines[5:-1], lines[-1][:30]])

    result = upload(src=big, verify="content")

    assert result["resumed"]
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(big)
