# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upload decides to do, case by case."""

import datetime

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.upload import plan
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Properties
from ansible_collections.imagewright.azure.plugins.module_utils.upload.journal import JournalState
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import Identity

URL = "https://acct.blob.core.windows.net/vhds/x.vhd"
VHD = Identity(1049088, 1700000000000000000, 42)
TOUCHED = VHD._replace(mtime_ns=1800000000000000000)
SENT = {(0, 65536): "a" * 32}
NOON = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.timezone.utc)
UPLOADING = {"imagewright_upload": "ours", "imagewright_state": "uploading"}
COMPLETE = {"imagewright_upload": "ours", "imagewright_state": "complete", "imagewright_digest": "d" * 64, "imagewright_completed": str(int(NOON.timestamp()))}
USUAL = plan.Choices(resume=True, changed_source="restart", overwrite=False, content=False)


def blob(metadata=None, size=VHD.size, etag="1", kind="PageBlob", modified=NOON):
    return Properties(size, etag, kind, metadata or {}, modified)


def journal(upload="ours", source=VHD, sent=None, etag=None, digest=None):
    return JournalState(upload, source, SENT if sent is None else sent, etag, digest)


RECEIPT = journal(sent={}, etag="1", digest="d" * 64)

PAGE_BLOB = {
    "nothing there": (None, None, USUAL, "create"),
    "nothing there any more": (None, journal(), USUAL, "create"),
    "ours, unfinished": (blob(UPLOADING), journal(), USUAL, "resume"),
    "ours, unfinished, not to be resumed": (blob(UPLOADING), journal(), USUAL._replace(resume=False), "restart"),
    "ours, unfinished, VHD changed": (blob(UPLOADING), journal(source=TOUCHED), USUAL, "restart"),
    "ours, unfinished, VHD changed, to fail": (
        blob(UPLOADING),
        journal(source=TOUCHED),
        USUAL._replace(changed_source="fail"),
        "the VHD has changed since it was interrupted",
    ),
    "unfinished of another machine": (blob(UPLOADING), None, USUAL, "an unfinished upload that this machine has no journal of"),
    "unfinished of another upload": (blob(UPLOADING), journal(upload="another"), USUAL, "an unfinished upload"),
    "unfinished of another machine, overwrite": (blob(UPLOADING), None, USUAL._replace(overwrite=True), "replace"),
    "complete, receipt": (blob(COMPLETE), RECEIPT, USUAL, "unchanged"),
    "complete, receipt, VHD touched": (blob(COMPLETE), RECEIPT._replace(source=TOUCHED), USUAL, "compare_digest"),
    "complete, receipt, blob changed": (blob(COMPLETE, etag="2"), RECEIPT, USUAL, "compare_digest"),
    "complete, receipt, compare content": (blob(COMPLETE), RECEIPT, USUAL._replace(content=True), "compare_content"),
    "complete, no receipt": (blob(COMPLETE), None, USUAL, "compare_digest"),
    "complete, killed before the receipt": (blob(COMPLETE), journal(), USUAL, "compare_digest"),
    "complete, another size": (blob(COMPLETE, size=512), RECEIPT, USUAL, "it exists and has other content"),
    "of somebody else": (blob(), None, USUAL, "it exists and has other content"),
    "of somebody else, overwrite": (blob(), journal(), USUAL._replace(overwrite=True), "replace"),
    "block blob": (blob(kind="BlockBlob"), None, USUAL._replace(overwrite=True), "it is a BlockBlob"),
}


@pytest.mark.parametrize("case", PAGE_BLOB)
def test_page_blob(case):
    found, state, choices, expected = PAGE_BLOB[case]
    decide(lambda: plan.page_blob(found, state, VHD, choices, URL), expected)


DISK = {
    "not there": (None, [], None, USUAL, "there is no managed disk"),
    "another size": (blob(size=1048576), [], None, USUAL, "--upload-size-bytes 1049088"),
    "empty": (blob(), [], None, USUAL, "create"),
    "with data": (blob(), [(0, 512)], None, USUAL, "the disk holds data already"),
    "with data, overwrite": (blob(), [(0, 512)], None, USUAL._replace(overwrite=True), "replace"),
    "unfinished, killed": (blob(), [(0, 512)], journal(), USUAL, "resume"),
    "unfinished, ended, nobody wrote": (blob(), [(0, 512)], journal(etag="1"), USUAL, "resume"),
    "unfinished, ended, somebody wrote": (blob(), [(0, 512)], journal(etag="0"), USUAL, "somebody else has written to it"),
    "unfinished, ended, somebody wrote, overwrite": (blob(), [(0, 512)], journal(etag="0"), USUAL._replace(overwrite=True), "replace"),
    "complete, receipt": (blob(), [(0, 512)], RECEIPT, USUAL, "unchanged"),
    "complete, receipt, disk changed": (blob(etag="2"), [(0, 512)], RECEIPT, USUAL, "compare_content"),
    "complete, VHD changed": (blob(), [(0, 512)], RECEIPT._replace(source=TOUCHED), USUAL, "the disk holds data already"),
}


@pytest.mark.parametrize("case", DISK)
def test_managed_disk(case):
    found, written, state, choices, expected = DISK[case]
    decide(lambda: plan.managed_disk(found, written, state, VHD, choices, URL), expected)


def decide(call, expected):
    """Compare the action that call decides on, or the error that it raises, with what is expected."""
    if " " in expected or expected.startswith("--"):
        with pytest.raises(ImagewrightError) as error:
            call()
        assert expected in str(error.value)
    else:
        result = call()
        assert result.action == expected
        assert result.sent == (SENT if expected == "resume" else {})


@pytest.mark.parametrize("seconds, expected", [(0, False), (2, False), (31, True), (86400, True)])
def test_a_blob_that_was_modified_after_its_completion(seconds, expected):
    assert plan.modified_since(blob(COMPLETE, modified=NOON + datetime.timedelta(seconds=seconds))) is expected


@pytest.mark.parametrize("completed", [None, "soon", "9" * 40])
def test_without_a_time_of_completion_nothing_is_trusted(completed):
    assert plan.modified_since(blob(dict(COMPLETE, imagewright_completed=completed) if completed else {})) is True
