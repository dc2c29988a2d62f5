# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal tells what arrived, and nothing that is not whole."""

import datetime
import fcntl
import os
import types

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.upload import address, journal, upload
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Properties
from ansible_collections.imagewright.azure.plugins.module_utils.upload.ranges import Range
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import Identity

SOURCE = Identity(1048576 + 512, 1700000000123456789, 42)
UPLOAD = "11111111-2222-3333-4444-555555555555"
ITEM = Range(65536, 512, "a" * 32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "disk.vhd.upload"


def test_what_is_written_is_read_again(path):
    with journal.Journal(path) as written:
        written.begin(UPLOAD, "https://acct/vhds/x", SOURCE)
        written.record(ITEM)

    assert journal.read(path) == journal.JournalState(UPLOAD, SOURCE, {(65536, 512): "a" * 32}, None, None)


def test_an_etag_counts_only_as_long_as_nothing_is_sent_after_it(path):
    with journal.Journal(path) as written:
        written.begin(UPLOAD, "https://acct/vhds/x", SOURCE)
        written.stopped('"0x1"')
        assert journal.read(path).etag == '"0x1"'
        written.record(ITEM)

    assert journal.read(path).etag is None


def test_a_complete_upload_leaves_a_receipt(path):
    with journal.Journal(path) as written:
        written.begin(UPLOAD, "https://acct/vhds/x", SOURCE)
        written.record(ITEM)
        written.complete("https://acct/vhds/x", '"0x2"', "d" * 64)

    assert journal.read(path) == journal.JournalState(UPLOAD, SOURCE, {}, '"0x2"', "d" * 64)


def test_every_cut_of_a_journal_tells_whole_lines_only(path, tmp_path):
    with journal.Journal(path) as written:
        written.begin(UPLOAD, "https://acct/vhds/x", SOURCE)
        for number in range(3):
            written.record(ITEM._replace(offset=number * 65536))
    content = path.read_bytes()

    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        state = journal.read(path)
        whole_lines = content[:length].count(b"\n")
        if whole_lines:
            assert sorted(state.sent) == [(number * 65536, 512) for number in range(whole_lines - 1)]
        else:
            assert state is None or state.sent == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 4096,
        b"not json\n",
        b"[]\n",
        b"{}\n",
        b'{"format": "another"}\n',
        b'{"format": "imagewright upload 1", "source": [1, 2, 3], "etag": null, "digest": null}\n',  # of which upload?
        b'{"format": "imagewright upload 1", "source": [1, 2, 3], "etag": null, "upload": "x"}\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_journal_is_as_none(path, content):
    path.write_bytes(content)

    assert journal.read(path) is None


def test_one_upload_at_a_time(path):
    with journal.Journal(path), pytest.raises(ImagewrightError, match="another upload of this VHD to this target is at work"):
        journal.Journal(path)


def test_a_symbolic_link_is_not_followed(path, tmp_path):
    (tmp_path / "victim").write_text("precious")
    path.symlink_to(tmp_path / "victim")

    with pytest.raises(ImagewrightError):
        journal.Journal(path)
    assert (tmp_path / "victim").read_text() == "precious"


def test_only_the_owner_reads_it_and_an_unused_one_leaves_nothing(path):
    with journal.Journal(path):
        assert os.stat(path).st_mode & 0o777 == 0o600

    assert not path.exists()


def test_each_target_has_its_own_beside_the_vhd(tmp_path):
    one, two = (journal.path_for(str(tmp_path / "d.vhd"), address.from_names("acct", "vhds", name)) for name in ("x", "y"))

    assert one != two and os.path.dirname(one) == os.path.realpath(tmp_path)
    assert journal.path_for("d.vhd", None, "/elsewhere/journal") == "/elsewhere/journal"


def test_a_journal_that_is_removed_before_it_is_locked_is_made_anew(path, monkeypatch):
    flock = fcntl.flock

    def remove_first(descriptor, operation):
        monkeypatch.setattr(fcntl, "flock", flock)
        path.unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with journal.Journal(path) as ours:
        ours.begin(UPLOAD, "https://acct/vhds/x", SOURCE)
        assert journal.read(path) == journal.JournalState(UPLOAD, SOURCE, {}, None, None)


@pytest.mark.parametrize(("named", "is_kept"), [({"imagewright_upload": UPLOAD}, True), ({}, False)])
def test_a_blob_that_does_not_say_which_upload_it_is_of_gets_a_receipt_all_the_same(path, named, is_kept):
    moment = datetime.datetime(2026, 11, 22, tzinfo=datetime.timezone.utc)
    found = Properties(SOURCE.size, '"0x3"', "PageBlob", {"imagewright_state": "complete", "imagewright_digest": "d" * 64, **named}, moment)
    blob = types.SimpleNamespace(address=types.SimpleNamespace(url="https://acct/vhds/x"))
    with journal.Journal(path) as written:
        upload.leave_receipt(types.SimpleNamespace(identity=SOURCE), blob, written, found)

    state = journal.read(path)
    assert (state.upload == UPLOAD, state.source, state.etag, state.digest) == (is_kept, SOURCE, '"0x3"', "d" * 64)
