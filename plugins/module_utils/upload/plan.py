# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide what an upload has to do, from what is at the other end and what the journal tells. Pure: no I/O.

PRIVATE: module_utils of this collection are not an interface.
"""

import datetime
from typing import List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import limits
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Span
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import show_size
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Properties
from ansible_collections.imagewright.azure.plugins.module_utils.upload.journal import JournalState
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import Identity


class UploadPlan(NamedTuple):
    """What is to be done.

    action: ``unchanged``; ``create`` where nothing is; ``resume`` what we began; ``restart`` what we began; ``replace`` what others wrote;
    ``compare_digest`` or ``compare_content`` first, and decide again with differs(). reason: for the person who reads.
    sent: {(offset, length): digest} that need not be sent again; verified: what was read back to come to this plan.
    """

    action: str
    reason: str
    sent: Mapping[Tuple[int, int], str] = {}
    verified: Sequence[str] = ()


class Choices(NamedTuple):
    """Options of the module that decide. changed_source: restart or fail; content: compare content whatever else there is."""

    resume: bool
    changed_source: str
    overwrite: bool
    content: bool


#: Names in the blob's metadata.
UPLOAD, STATE, DIGEST, COMPLETED = ("imagewright_upload", "imagewright_state", "imagewright_digest", "imagewright_completed")

#: A blob that was modified this much later than its upload was completed was modified by somebody else.
SETTLED = datetime.timedelta(seconds=30)


def require_room(size: int, managed_disk: bool, url: str) -> None:
    """Check that a VHD of this size (int, bytes) fits into its target at all.

    Raises ImagewrightError: a page blob takes less.
    """
    if not managed_disk and size > limits.LARGEST_PAGE_BLOB:
        raise ImagewrightError(
            f"cannot upload to {url}: a page blob takes {show_size(limits.LARGEST_PAGE_BLOB)}, so a disk of"
            f" {show_size(limits.LARGEST_IN_PAGE_BLOB)}, and the VHD has {show_size(size)}; upload it straight to a managed disk:"
            f" `az disk create --upload-type Upload --upload-size-bytes {size}`, then `az disk grant-access --access-level Write`"
        )


def page_blob(found: Optional[Properties], state: Optional[JournalState], identity: Identity, choices: Choices, url: str) -> UploadPlan:
    """Return the UploadPlan for a page blob in a storage account.

    found: blob.Properties or None; state: journal.JournalState or None; identity: source.Identity; url: str, for the error.
    Raises ImagewrightError: it may not be written as the choices are.
    """
    if found is None:
        return UploadPlan("create", "there is no such blob")
    if found.blob_type != "PageBlob":
        raise ImagewrightError(
            f"cannot upload to {url}: it is a {found.blob_type} and a VHD has to be a PageBlob, which Azure does not change; "
            "delete the blob, or choose another name"
        )
    ours = state if state is not None and found.metadata.get(UPLOAD) == state.upload else None
    if found.metadata.get(STATE) == "complete" and found.size == identity.size:
        if ours and ours.digest and ours.source == identity and ours.etag == found.etag and not choices.content:
            return UploadPlan("unchanged", "neither the VHD nor the blob has changed since it was uploaded")
        return UploadPlan("compare_content" if choices.content else "compare_digest", "the blob was uploaded before")
    if ours and not ours.digest:
        return _ours(ours, identity, choices)
    return differs(found, choices, url)


def managed_disk(found: Optional[Properties], written: List[Span], state: Optional[JournalState], identity: Identity, choices: Choices, url: str) -> UploadPlan:
    """Return the UploadPlan for the page blob behind a managed disk.

    written: [(start, end)] of pages that hold something; the rest as page_blob.
    Raises ImagewrightError: the disk is not there or of another size, or it may not be written as the choices are.
    """
    if found is None:
        raise ImagewrightError(
            f"cannot upload to {url}: there is no managed disk behind the address; create it with `az disk create --upload-type Upload "
            f"--upload-size-bytes {identity.size}` and ask for its address with `az disk grant-access --access-level Write`"
        )
    if found.size != identity.size:
        raise ImagewrightError(
            f"cannot upload to {url}: the disk was made for {found.size} bytes and the VHD has {identity.size}; "
            f"create the disk with --upload-size-bytes {identity.size}"
        )
    if state is not None and state.digest and state.source == identity:
        if state.etag == found.etag and not choices.content:
            return UploadPlan("unchanged", "neither the VHD nor the disk has changed since it was uploaded")
        return UploadPlan("compare_content", "the disk was uploaded before")
    if state is not None and not state.digest:
        if state.etag not in (None, found.etag) and not choices.overwrite:
            raise foreign_writer(url)
        if state.etag in (None, found.etag):
            return _ours(state, identity, choices)
    if not written:
        return UploadPlan("create", "the disk is empty")
    if choices.overwrite:
        return UploadPlan("replace", "the disk holds other data")
    raise ImagewrightError(f"cannot upload to {url}: the disk holds data already, which this machine did not upload; set overwrite=true to replace it")


def differs(found: Properties, choices: Choices, url: str) -> UploadPlan:
    """Return the UploadPlan for a target that holds something else.

    Raises ImagewrightError: overwrite is not chosen.
    """
    if choices.overwrite:
        return UploadPlan("replace", "the target holds something else")
    content = "an unfinished upload that this machine has no journal of" if found.metadata.get(STATE) == "uploading" else "other content"
    raise ImagewrightError(
        f"cannot upload to {url}: it exists and has {content} ({found.size} bytes, modified {found.modified}); "
        "choose another name, or set overwrite=true to replace it"
    )


def foreign_writer(url: str) -> ImagewrightError:
    """Return the ImagewrightError for a target that somebody else wrote to, or leased, between two runs."""
    return ImagewrightError(
        f"cannot go on with the upload to {url}: somebody else has written to it, or leased it, since it was interrupted; "
        "find out who, then set overwrite=true to start afresh"
    )


def modified_since(found: Properties) -> bool:
    """Return whether the blob was modified after its upload was completed, as far as its own metadata tells."""
    try:
        completed = datetime.datetime.fromtimestamp(int(found.metadata[COMPLETED]), datetime.timezone.utc)
    except (KeyError, ValueError, OverflowError, OSError):
        return True
    return found.modified - completed > SETTLED


def _ours(state: JournalState, identity: Identity, choices: Choices) -> UploadPlan:
    if state.source != identity:
        if choices.changed_source == "fail":
            raise ImagewrightError(
                "cannot go on with the upload: the VHD has changed since it was interrupted, and changed_source is fail; "
                "bring the VHD back, or set changed_source=restart"
            )
        return UploadPlan("restart", "the VHD has changed since the upload was interrupted")
    if not choices.resume:
        return UploadPlan("restart", "an interrupted upload is there, and resume is false")
    return UploadPlan("resume", "an interrupted upload is there", state.sent)
