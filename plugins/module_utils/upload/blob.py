# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page blob at the other end: the only place that speaks to the storage service.

Every method sends one request (with the SDK's retries) and raises ImagewrightError, with the service's error
code in its details, when the service refuses it.

PRIVATE: module_utils of this collection are not an interface.
"""

import base64
import contextlib
import datetime
import functools
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.annotations import Span
from ansible_collections.imagewright.azure.plugins.module_utils.upload import failures, service_codes
from ansible_collections.imagewright.azure.plugins.module_utils.upload.address import Address
from ansible_collections.imagewright.azure.plugins.module_utils.upload.ranges import LARGEST_PUT, Range, range_of


class Properties(NamedTuple):
    """What the service tells of a blob. size: bytes; leased_for_ever: whether somebody has a lease of it without end."""

    size: int
    etag: str
    blob_type: str
    metadata: Dict[str, str]
    modified: datetime.datetime
    leased_for_ever: bool = False


#: Seconds that a lease lasts unless it is renewed: the longest that is not for ever, so that nothing stays locked when we die.
LEASE = 60


class Blob:
    """One page blob, or the page blob behind a managed disk; made by client.connect."""

    def __init__(self, client: Any, address: Address, secrets: Iterable[str], retries: int) -> None:
        self.address = address
        self.secrets = secrets
        self._client = client
        self._retries = retries
        self._lease: Any = None

    def properties(self) -> Optional[Properties]:
        """Return the Properties, or None when there is no such blob."""
        with self._failures("read the properties"):
            try:
                found = self._client.get_blob_properties()
            except self._sdk("ResourceNotFoundError") as error:
                # a HEAD's answer has no body, and emulators send no code: ask in a way that tells what is missing
                if failures.code_of(error) == "BlobNotFound" or self._missing_code() == "BlobNotFound":
                    return None
                raise
        kind = str(getattr(found.blob_type, "value", found.blob_type))
        return Properties(found.size, found.etag, kind, dict(found.metadata or {}), found.last_modified, found.lease.duration == "infinite")

    def _missing_code(self) -> str:
        try:
            self._client.download_blob(offset=0, length=512)
        except self._sdk("ResourceNotFoundError") as error:
            return failures.code_of(error)
        return ""

    def create(self, size: int, metadata: Dict[str, str], replace: bool) -> None:
        """Create the blob, all zero; return nothing.

        size: int, bytes; metadata: {str: str}; replace: bool, take the place of what is there.
        Raises ImagewrightError: there is one already and replace is false.
        """
        headers = {} if replace else {"If-None-Match": "*"}
        with self._failures("create the page blob"):
            try:
                self._client.create_page_blob(size, metadata=metadata, headers=headers, **self._held())
            except self._sdk("ResourceExistsError") as error:
                # the SDK's name for every conflict; where the blob is there, the answer to an attempt before may have been lost: then it is ours
                if replace or failures.code_of(error) != "BlobAlreadyExists" or self._client.get_blob_properties().metadata != metadata:
                    raise

    def put(self, item: Range, content: bytes) -> None:
        """Write a range, with the digest that the service compares it with.

        item: Range; content: bytes, a multiple of 512, LARGEST_PUT at most: asserted here, for emulators take more.
        Raises ValueError: it is not. Raises ImagewrightError, as every method does: the service cannot be reached, or refuses it.
        """
        offset, length = item.offset, len(content)
        if not content or length > LARGEST_PUT or length % 512 or offset % 512 or length != item.length:
            raise ValueError(f"a page write of {length} bytes for {item}")
        headers = {"Content-MD5": base64.b64encode(bytes.fromhex(item.digest)).decode("ascii")}
        self._again(f"write bytes {offset}-{offset + length - 1}", lambda: self._client.upload_page(content, offset, length, headers=headers, **self._held()))

    def clear(self, start: int, end: int) -> None:
        """Make a range zero. A managed disk is written zeros: it takes plain page writes only."""
        while start < end:
            length = min(end - start, LARGEST_PUT)
            if self.address.managed_disk:
                zeros = bytes(length)
                self.put(range_of(start, zeros), zeros)
            else:
                self._again(f"clear bytes {start}-{start + length - 1}", functools.partial(self._clear_page, start, length))
            start += length

    def _clear_page(self, start: int, length: int) -> Any:
        return self._client.clear_page(start, length, **self._held())

    def get(self, offset: int, length: int) -> bytes:
        """Return length bytes at offset.

        Raises ImagewrightError: the service sent fewer.
        """
        with self._failures(f"read back bytes {offset}-{offset + length - 1}"):
            content = self._client.download_blob(offset, length, max_concurrency=1).readall()
        if len(content) != length:
            raise ImagewrightError(f"cannot read back bytes {offset}-{offset + length - 1} of {self.address.url}: it sent {len(content)} bytes")
        return content

    def spans(self) -> List[Span]:
        """Return where the blob has pages that were written: [(start, end)] in bytes."""
        with self._failures("list the page ranges"):
            return [(item.start, item.end + 1) for item in self._client.list_page_ranges() if not item.cleared]

    def set_metadata(self, metadata: Dict[str, str]) -> str:
        """Replace the metadata and return the blob's new ETag (str)."""
        with self._failures("set the metadata"):
            return self._client.set_blob_metadata(metadata, **self._held())["etag"]

    def acquire_lease(self, lease_id: str) -> None:
        """Take the lease of the blob; later writes say so. A lease that has this id already goes on.

        lease_id: str, UUID.
        Raises ImagewrightError: somebody else has it.
        """
        lease = self._lease_client(lease_id)
        with self._failures("take the lease"):
            lease.acquire(lease_duration=LEASE)
        self._lease = lease

    def resume_lease(self, lease_id: str) -> bool:
        """Renew the lease of an earlier run and return whether that worked.

        The service renews a lease, even one that has run out, only when nobody has written to the blob or leased it since.
        Source: Azure Storage REST reference, Lease Blob.
        """
        lease = self._lease_client(lease_id)
        with self._failures("renew the lease"):
            try:
                lease.renew()
            except self._sdk("HttpResponseError") as error:
                if failures.code_of(error) in service_codes.LEASE_CODES:
                    return False
                raise
        self._lease = lease
        return True

    def renew_lease(self) -> None:
        """Renew the lease that we hold."""
        with self._failures("renew the lease"):
            self._lease.renew()

    def release_lease(self) -> None:
        """Give the lease back."""
        lease, self._lease = self._lease, None
        with self._failures("release the lease"):
            lease.release()

    def _lease_client(self, lease_id: str) -> Any:
        from azure.storage.blob import BlobLeaseClient

        return BlobLeaseClient(self._client, lease_id=lease_id)

    def _held(self) -> Dict[str, Any]:
        return {"lease": self._lease} if self._lease else {}

    def _again(self, doing: str, request: Callable[[], Any]) -> Any:
        """Send a request; do so again when it arrived damaged, or when our lease has run out while nobody else wrote."""
        for attempt in range(self._retries, -1, -1):
            try:
                with self._failures(doing):
                    return request()
            except ImagewrightError as error:
                code = error.details.get("error_code")
                if not attempt or code not in ("Md5Mismatch", "LeaseLost") or (code == "LeaseLost" and not self._still_ours()):
                    raise

    def _still_ours(self) -> bool:
        return self._lease is not None and self.resume_lease(self._lease.id)

    @contextlib.contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        """Turn every exception of the SDK, and of what it stands on, into an ImagewrightError without secrets."""
        try:
            yield
        except ImagewrightError:
            raise
        except Exception as error:
            raise failures.translate(error, doing, self.address, self.secrets) from None

    @staticmethod
    def _sdk(name: str) -> Any:
        from azure.core import exceptions

        return getattr(exceptions, name)
