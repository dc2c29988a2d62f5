# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bad line does to an upload: nothing that a retry cannot cure, and a clean end where it cannot."""

import functools
import time

import pytest

from integration.upload import vhds
from integration.upload.fault_proxy import proxy

MIB = vhds.MIB

FAULTS = ["reset after", "503", "cut", *(pytest.param(name, marks=pytest.mark.slow) for name in ("reset before", "500", "md5", "slow"))]


@pytest.fixture
def upload(upload, tmp_path):
    """The usual upload, with one journal whichever address is used: the proxy's or the emulator's own."""
    return functools.partial(upload, journal=tmp_path / "journal")


def through(target, port):
    return f"http://127.0.0.1:{port}/{target.azurite.account}"


@pytest.mark.parametrize("fault", FAULTS)
def test_every_third_request_fails_and_the_upload_succeeds(upload, target, vhd, tmp_path, fault):
    with proxy(target.azurite.port) as (port, faults):
        faults.plan = lambda request: fault if request.number % 3 == 0 and (fault != "md5" or request.is_page_write) else None
        result = upload(endpoint=through(target, port), verify="content", retries=8, parallel=3)

    assert not result["failed"], result["msg"]
    assert faults.injected
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_a_request_that_is_never_answered_is_sent_again_after_the_timeout(upload, target, vhd, tmp_path):
    with proxy(target.azurite.port) as (port, faults):
        faults.plan = lambda request: "lost" if request.is_page_write and len(faults.injected) < 2 else None
        started = time.monotonic()
        result = upload(endpoint=through(target, port), request_timeout=1, retries=4)

    assert not result["failed"], result["msg"]
    assert time.monotonic() - started < 40  # the proxy keeps a request for 60 s
    assert len(faults.injected) == 2
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


@pytest.mark.parametrize(
    "fault, message",
    [
        ("503", "the service is too busy, also after all retries"),
        ("reset before", "the connection failed, also after all retries"),
        pytest.param("500", "the service failed, also after all retries", marks=pytest.mark.slow),
        pytest.param("md5", "what arrived is not what was sent", marks=pytest.mark.slow),
    ],
)
def test_a_line_that_stays_bad_ends_the_upload_cleanly_and_the_next_run_goes_on(upload, target, vhd, tmp_path, fault, message):
    with proxy(target.azurite.port) as (port, faults):
        faults.plan = lambda request: fault if request.is_page_write and sum(r.is_page_write for r in faults.requests) > 3 else None
        failed = upload(endpoint=through(target, port), retries=2, parallel=1)
        faults.plan = lambda request: None
        resumed = upload(endpoint=through(target, port))

    assert message in failed["msg"]
    assert resumed["resumed"] and resumed["ranges"] == 6 - 3
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def test_an_answer_about_the_creation_that_got_lost_is_not_taken_for_another_blob(upload, target, vhd):
    with proxy(target.azurite.port) as (port, faults):
        creation = []

        def lose_creation(request):
            if request.headers.get("x-ms-blob-type") == "PageBlob" and not creation:
                creation.append(request)
                return "reset after"
            return None

        faults.plan = lose_creation
        result = upload(endpoint=through(target, port))

    assert creation and not result["failed"], result.get("msg")


@pytest.mark.slow
def test_nothing_is_claimed_when_the_last_page_fails(upload, target, vhd):
    footer = f"bytes={32 * MIB}-{32 * MIB + 511}"
    with proxy(target.azurite.port) as (port, faults):
        faults.plan = lambda request: "503" if request.is_page_write and request.headers["x-ms-range"] == footer else None
        failed = upload(endpoint=through(target, port), retries=1)

    assert failed["failed"]
    assert target.blob().get_blob_properties().metadata["imagewright_state"] == "uploading"
    assert upload()["ranges"] == 1


def test_content_that_is_damaged_at_the_other_end_is_found_and_sent_again(upload, target, vhd, tmp_path):
    """The emulator lies about one range: what it stored is overwritten with our own lease just before it is compared."""
    state = {}

    def damage(request):
        if request.is_page_write and "lease" not in state:
            state["lease"] = request.headers["x-ms-lease-id"]
        if "comp=pagelist" in request.path and not state.get("done"):
            state["done"] = True
            target.blob().upload_page(b"y" * 512, 2 * MIB, 512, lease=_lease(target, state["lease"]))
        return None

    with proxy(target.azurite.port) as (port, faults):
        faults.plan = damage
        failed = upload(endpoint=through(target, port), verify="content")
    again = upload(verify="content")

    assert "its content is not that of the VHD" in failed["msg"]
    assert again["changed"] and again["ranges"] == 6
    assert vhds.sha256(target.download(tmp_path / "back.vhd")) == vhds.sha256(vhd)


def _lease(target, lease_id):
    from azure.storage.blob import BlobLeaseClient

    return BlobLeaseClient(target.blob(), lease_id=lease_id)
