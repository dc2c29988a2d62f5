# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal beside a VHD: what has arrived at the other end, so that the next run goes on from there.

The first line is a JSON object, each further line says that one range arrived. It holds no secret. A line counts
only when it is whole, so that a kill at any moment costs no more than the ranges that were under way.

PRIVATE: module_utils of this collection are not an interface.
"""

import fcntl
import hashlib
import json
import os
import re
import threading
from typing import Any, Dict, NamedTuple, Optional, TextIO, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.upload.address import Address
from ansible_collections.imagewright.azure.plugins.module_utils.upload.ranges import Range
from ansible_collections.imagewright.azure.plugins.module_utils.upload.vhd import Identity


class JournalState(NamedTuple):
    """What a journal tells.

    upload: UUID of the upload, which is also the id of its lease; source: of the VHD; sent: {(offset, length): digest};
    etag: of the blob when nothing was under way; digest: of the whole VHD once all of it has arrived.
    """

    upload: str
    source: Identity
    sent: Dict[Tuple[int, int], str]
    etag: Optional[str]
    digest: Optional[str]


_FORMAT = "imagewright upload 1"
_SENT = re.compile(r"sent (\d+) (\d+) ([0-9a-f]{32})")
_ETAG = re.compile(r"etag (\S+)")


def path_for(src: str, address: Address, chosen: Optional[str] = None) -> str:
    """Return where the journal of an upload is: chosen, or a name beside the VHD that is another one for each target."""
    if chosen:
        return chosen
    return f"{os.path.realpath(src)}.upload-{hashlib.sha256(address.url.encode()).hexdigest()[:12]}"


def read(path: str) -> Optional[JournalState]:
    """Return the JournalState that the journal tells, or None when there is none, or none of this form.

    Raises ImagewrightError: it cannot be read.
    """
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return _parse(stream)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os_error(f"read the journal {path}", error) from None


class Journal:
    """The journal of one upload, locked while it is open; a context manager.

    Raises ImagewrightError: it cannot be written, or another upload of the same VHD to the same target is at work.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._writing = threading.Lock()
        descriptor = None
        while descriptor is None:
            descriptor = _open_locked(path)
        self._descriptor: int = descriptor
        #: None before begin().
        self.state: Optional[JournalState] = read(path)

    def __enter__(self) -> "Journal":
        return self

    @property
    def upload(self) -> str:
        """Return the id (str, UUID) of the upload that the journal is about. Raises ValueError: of none yet, begin() comes first."""
        if self.state is None:
            raise ValueError(f"the journal {self.path} is about no upload yet")
        return self.state.upload

    def __exit__(self, *unused: object) -> None:
        empty = os.fstat(self._descriptor).st_size == 0
        if empty:
            os.unlink(self.path)
        os.close(self._descriptor)

    def begin(self, upload: str, url: str, source: Identity) -> None:
        """Forget everything before; from here on it is about this upload (str, UUID) of this source (Identity)."""
        self._rewrite({"upload": upload, "url": url, "source": list(source), "etag": None, "digest": None})
        self.state = read(self.path)

    def record(self, item: Range) -> None:
        """Write that a Range has arrived."""
        self._append(f"sent {item.offset} {item.length} {item.digest}\n")

    def stopped(self, etag: str) -> None:
        """Write that nothing is under way, and the blob's ETag."""
        self._append(f"etag {etag}\n")

    def complete(self, url: str, etag: str, digest: str) -> None:
        """Write that all has arrived, in place of the list of ranges; the next run compares with this."""
        source = list(self.state.source) if self.state else []
        self._rewrite({"upload": self.upload, "url": url, "source": source, "etag": etag, "digest": digest})

    def _rewrite(self, header: Dict[str, Any]) -> None:
        line = json.dumps(dict(header, format=_FORMAT), sort_keys=True) + "\n"
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, line.encode("ascii"))
            os.fsync(self._descriptor)
        except OSError as error:
            raise _not_written(self.path, error) from None

    def _append(self, line: str) -> None:
        try:
            with self._writing:
                os.write(self._descriptor, line.encode("ascii"))
        except OSError as error:
            raise _not_written(self.path, error) from None


def _open_locked(path: str) -> Optional[int]:
    """Return the descriptor of the journal, locked; None when an upload that ended has removed it before it was locked."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_written(path, error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    except FileNotFoundError:
        pass
    except OSError:
        os.close(descriptor)
        raise ImagewrightError(f"cannot upload with the journal {path}: another upload of this VHD to this target is at work; wait for it to end") from None
    os.close(descriptor)
    return None


def _parse(stream: TextIO) -> Optional[JournalState]:
    try:
        header = json.loads(stream.readline())
        if header["format"] != _FORMAT:
            return None
        upload, source, etag, digest = header["upload"], Identity(*header["source"]), header["etag"], header["digest"]
    except (ValueError, TypeError, KeyError):
        return None
    sent = {}
    for line in stream:
        found = _SENT.fullmatch(line[:-1]) if line.endswith("\n") else None
        if found:
            sent[(int(found.group(1)), int(found.group(2)))] = found.group(3)
        # an ETag is of use only as long as nothing was sent after it
        stopped = _ETAG.fullmatch(line[:-1]) if line.endswith("\n") else None
        etag = stopped.group(1) if stopped else None
    return JournalState(upload, source, sent, etag, digest)


def _not_written(path: str, error: OSError) -> ImagewrightError:
    wrong = from_os_error(f"write the journal {path}", error)
    return ImagewrightError(f"{wrong}; or set `journal` to a file that can be written", **wrong.details)
