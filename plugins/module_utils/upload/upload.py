# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upload from the first question to the receipt.

The footer is the last page that is written, so that what an interruption leaves is never taken for a whole VHD.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import uuid
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.progress import Progress
from ansible_collections.imagewright.azure.plugins.module_utils.upload import plan as plans
from ansible_collections.imagewright.azure.plugins.module_utils.upload import failures, ranges, transfer
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Blob, Properties
from ansible_collections.imagewright.azure.plugins.module_utils.upload.journal import Journal, JournalState
from ansible_collections.imagewright.azure.plugins.module_utils.upload.plan import Choices, UploadPlan
from ansible_collections.imagewright.azure.plugins.module_utils.upload.ranges import Range
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import FOOTER, OpenVhd


class UploadSettings(NamedTuple):
    """How to work. parallel: workers; verify: ``false``, ``true`` or ``content``."""

    choices: Choices
    parallel: int
    verify: str


class UploadOutcome(NamedTuple):
    """What was done. plan: that was carried out; items: of the whole VHD, None when nobody had to look; sent: of this run;
    cleared: bytes that an older upload had left; verified: of size, ranges, content, footer.
    """

    plan: UploadPlan
    items: Optional[List[Range]]
    sent: List[Range]
    cleared: int
    digest: Optional[str]
    etag: Optional[str]
    verified: List[str]


def decide(source: OpenVhd, blob: Blob, state: Optional[JournalState], settings: UploadSettings, progress: Progress) -> Tuple[UploadPlan, Optional[Properties]]:
    """Return (UploadPlan, blob.Properties or None): what there is to do for this source at this target. Nothing is written anywhere.

    state: journal.JournalState or None.
    Raises ImagewrightError: the target cannot be reached, or may not be written.
    """
    url, choices = blob.address.url, settings.choices
    found = blob.properties()
    if blob.address.managed_disk:
        written = blob.spans() if found is not None else []
        plan = plans.managed_disk(found, written, state, source.identity, choices, url)
    else:
        plan = plans.page_blob(found, state, source.identity, choices, url)
    if found is None or not plan.action.startswith("compare"):
        return _writable(plan, found, url), found
    items, verified = _survey(source, settings), ["digest"]
    same = plan.action == "compare_content" or found.metadata.get(plans.DIGEST) == ranges.digest_of_ranges(items, source.size)
    trusted = plan.action == "compare_digest" and ((state is not None and state.etag == found.etag) or not plans.modified_since(found))
    if same and not trusted:
        same, verified = _same_content(source, blob, items, settings, progress), ["ranges", "content", "footer", "size"]
    source.check_unchanged()
    if same:
        return plans.UploadPlan("unchanged", "the same content is there", verified=verified), found
    return _writable(plans.differs(found, choices, url), found, url), found


def _writable(plan: UploadPlan, found: Optional[Properties], url: str) -> UploadPlan:
    """Return the UploadPlan, unless it would write to a blob whose lease has no end.

    Raises ImagewrightError: it would.
    """
    if plan.action != "unchanged" and found is not None and found.leased_for_ever:
        raise failures.leased_for_ever(url)
    return plan


def predict(source: OpenVhd, plan: UploadPlan, settings: UploadSettings) -> UploadOutcome:
    """Return the UploadOutcome that carry_out() would have, as far as it can be known before."""
    if plan.action == "unchanged":
        return UploadOutcome(plan, None, [], 0, None, None, list(plan.verified))
    items = _survey(source, settings)
    sent = [item for item in items if plan.sent.get((item.offset, item.length)) != item.digest]
    return UploadOutcome(plan, items, sent, 0, ranges.digest_of_ranges(items, source.size), None, [])


def leave_receipt(source: OpenVhd, blob: Blob, journal: Journal, found: Properties) -> None:
    """Write into the journal that the target, as it was found, holds the source; the next run need not compare them again.

    found: blob.Properties, as of decide().
    """
    digest = found.metadata.get(plans.DIGEST) or (journal.state.digest if journal.state else None)
    if digest:
        known = found.metadata.get(plans.UPLOAD) or (journal.state.upload if journal.state else str(uuid.uuid4()))
        journal.begin(known, blob.address.url, source.identity)
        journal.complete(blob.address.url, found.etag, digest)


def carry_out(source: OpenVhd, blob: Blob, plan: UploadPlan, journal: Journal, settings: UploadSettings, progress: Progress) -> UploadOutcome:
    """Upload, verify, and leave the receipt in the journal; return the UploadOutcome.

    Raises ImagewrightError: something failed; what has arrived is in the journal, and there is no footer at the other end.
    """
    plan = _prepare(source, blob, plan, journal, settings)
    keeping = contextlib.nullcontext() if blob.address.managed_disk else transfer.lease_kept(blob)
    with keeping, _ending_told(blob, journal):
        done = transfer.send(source, blob, plan.sent, journal.record, settings.parallel, progress)
        footer = _footer_range(source)
        cleared = 0 if plan.action == "create" else transfer.clear_stale(blob, done.ranges, footer.offset)
        verified = _verify_disk(source, blob, done.ranges, journal, settings, progress)
        source.check_unchanged()
        blob.put(footer, source.footer())
        journal.record(footer)
        source.check_unchanged()
        verified += _verify_footer(source, blob, settings)
        items = done.ranges + [footer]
        digest = ranges.digest_of_ranges(items, source.size)
        etag = _finish(source, blob, journal, digest)
    return UploadOutcome(plan, items, done.sent + [footer], cleared, digest, etag, verified)


def _prepare(source: OpenVhd, blob: Blob, plan: UploadPlan, journal: Journal, settings: UploadSettings) -> UploadPlan:
    """Make the target ready to be written, with the journal begun before; return the UploadPlan, which may have become another one."""
    url = blob.address.url
    if plan.action == "resume" and not blob.address.managed_disk and not blob.resume_lease(journal.upload):
        if plan.sent and not settings.choices.overwrite:
            raise plans.foreign_writer(url)
        # without a range it was killed before it had the lease: nothing is lost
        plan = plans.UploadPlan("replace", "somebody else has written to it") if plan.sent else plans.UploadPlan("restart", plan.reason)
    if plan.action != "resume":
        upload = journal.state.upload if plan.action == "restart" and journal.state else str(uuid.uuid4())
        journal.begin(upload, url, source.identity)
        if not blob.address.managed_disk:
            _create(source, blob, plan, upload)
    if plan.action != "create":
        _remove_footer(source, blob, plan)
    return plan


def _create(source: OpenVhd, blob: Blob, plan: UploadPlan, upload: str) -> None:
    metadata = {plans.UPLOAD: upload, plans.STATE: "uploading"}
    if plan.action == "create":
        blob.create(source.size, metadata, replace=False)
        blob.acquire_lease(upload)
    else:
        blob.acquire_lease(upload)
        blob.create(source.size, metadata, replace=True)


def _remove_footer(source: OpenVhd, blob: Blob, plan: UploadPlan) -> None:
    """Clear a footer that is there while data is missing, so that at no moment a wrong disk looks whole."""
    footer = _footer_range(source)
    if (footer.offset, footer.length) not in plan.sent and ranges.subtract([(footer.offset, source.size)], blob.spans()) == []:
        blob.clear(footer.offset, source.size)


def _finish(source: OpenVhd, blob: Blob, journal: Journal, digest: str) -> str:
    """Mark the upload complete at the other end and here; return the blob's ETag."""
    found = blob.properties()
    if found is None or found.size != source.size:
        raise ImagewrightError(
            f"cannot confirm the upload to {blob.address.url}: it has {found.size if found else 0} bytes and the VHD {source.size}; "
            "find out what else writes to it, and run the task again with overwrite=true"
        )
    etag = found.etag
    if not blob.address.managed_disk:
        etag = blob.set_metadata(
            {plans.UPLOAD: journal.upload, plans.STATE: "complete", plans.DIGEST: digest, plans.COMPLETED: str(int(found.modified.timestamp()))}
        )
    journal.complete(blob.address.url, etag, digest)
    if not blob.address.managed_disk:
        # it would run out by itself: no reason to call a complete upload failed
        with contextlib.suppress(ImagewrightError):
            blob.release_lease()
    return etag


@contextlib.contextmanager
def _ending_told(blob: Blob, journal: Journal) -> Iterator[None]:
    """When the upload to a managed disk fails, write the disk's ETag into the journal: it has no lease that proves who wrote."""
    try:
        yield
    except Exception:
        if blob.address.managed_disk:
            with contextlib.suppress(ImagewrightError):
                found = blob.properties()
                if found is not None:
                    journal.stopped(found.etag)
        raise


def _verify_disk(source: OpenVhd, blob: Blob, items: List[Range], journal: Journal, settings: UploadSettings, progress: Progress) -> List[str]:
    """Compare what arrived, before the footer makes it a VHD; return [str] of what was compared."""
    if settings.verify == "false":
        return []
    try:
        transfer.compare_spans(blob, items, source.size - FOOTER)
        if settings.verify == "content":
            transfer.compare_content(blob, items, settings.parallel, progress)
            return ["ranges", "content"]
        return ["ranges"]
    except ImagewrightError as error:
        if "mismatch" in error.details:
            journal.begin(journal.upload, blob.address.url, source.identity)
        raise


def _verify_footer(source: OpenVhd, blob: Blob, settings: UploadSettings) -> List[str]:
    if settings.verify == "false":
        return []
    footer = _footer_range(source)
    if blob.get(footer.offset, footer.length) != source.footer():
        raise transfer.different(blob, footer.offset, source.size, "its footer is not that of the VHD")
    return ["footer", "size"]


def _same_content(source: OpenVhd, blob: Blob, items: List[Range], settings: UploadSettings, progress: Progress) -> bool:
    """Return whether the blob holds what the source holds, by reading it back."""
    try:
        transfer.compare_spans(blob, items, source.size)
        transfer.compare_content(blob, items, settings.parallel, progress)
    except ImagewrightError as error:
        if "mismatch" in error.details:
            return False
        raise
    return True


def _survey(source: OpenVhd, settings: UploadSettings) -> List[Range]:
    """Return [Range] of everything in the source that is not zero, footer included."""
    return sorted(transfer.survey(source, settings.parallel)) + [_footer_range(source)]


def _footer_range(source: OpenVhd) -> Range:
    return ranges.range_of(source.size - FOOTER, source.footer())
