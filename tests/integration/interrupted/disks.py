# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that become VHDs: in place, by a copy of their data, by qemu-img; and the upload of one, with Azure played by a directory."""

import datetime
import io
import json
import struct
import zlib

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.upload import client
from ansible_collections.imagewright.azure.plugins.module_utils.upload.blob import Properties
from ansible_collections.imagewright.azure.plugins.module_utils.upload import failures  # noqa: F401 pylint: disable=unused-import  # imported once, in the parent
from integration.interrupted.examination import Case
from integration.vhd.images import MIB, append, call, footer, gpt_disk

SIZE = 3 * MIB - 512 * 5


def _sound_disk(content):
    """Return whether the data of a disk that is changed in place are there, and its primary table is right."""
    header = bytearray(content[512 : 512 + 92])
    stored = struct.unpack_from("<I", header, 16)[0]
    header[16:20] = bytes(4)
    table = zlib.crc32(content[1024 : 1024 + 16384]) == struct.unpack_from("<I", header, 88)[0]
    return table and zlib.crc32(header) == stored and any(content[2 * MIB : 2 * MIB + 100 * 1024]) and len(content) % 512 == 0


def _without_identity(path, content):
    """Return the content of a VHD without what its footer tells of the source's file: time, checksum, unique id."""
    if content[-512:-504] != b"conectix":
        return content
    return content[: -512 + 24] + bytes(4) + content[-512 + 28 : -512 + 64] + bytes(20) + content[-512 + 84 :]


def in_place_case(kind):
    """Return the Case of vhd_align on a disk that is changed itself, a raw one or a VHD."""

    def build(place):
        disk = gpt_disk(place / "guest/a.disk", SIZE)
        if kind == "VHD":
            append(disk, footer(SIZE))

    def between(path, content):
        whole = path == "guest/a.disk" and _sound_disk(content)
        return whole and (kind == "raw" or content[-512:-504] == b"conectix")

    return Case(
        f"vhd_align, in place, {kind}",
        "vhd_align",
        build,
        lambda place: {"src": str(place / "guest/a.disk"), "in_place": True},
        undoes=False,
        normal=_without_identity,
        between=between,
    )


def copy_case(name, image_format, there_already=False):
    """Return the Case of vhd_align that writes a file of its own."""

    def build(place):
        raw = gpt_disk(place / "guest/a.raw", SIZE)
        if image_format != "raw":
            call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, place / "guest/a.img")
            raw.unlink()
        if there_already:
            (place / "guest/a.vhd").write_bytes(b"old")

    def arguments(place):
        return {"src": str(place / "guest" / ("a.raw" if image_format == "raw" else "a.img")), "dest": str(place / "guest/a.vhd"), "overwrite": there_already}

    # when the last fsync fails, of the directory, the new file is there and whole
    return Case(f"vhd_align, {name}", "vhd_align", build, arguments, undoes=False, normal=_without_identity)


class Azure:
    """A page blob in a directory: each request is one operation, and half of a page write is nothing."""

    def __init__(self, operations, folder, address):
        self.address, self._operations, self._content, self._state = address, operations, folder / "content", folder / "state"

    def _request(self, name, call):
        try:
            return self._operations.at("write", "request", name, call)
        except OSError as error:
            raise ImagewrightError(f"cannot upload to {self.address.url}: {error.strerror}") from None

    def _read(self):
        if not self._state.exists():
            return None
        with io.FileIO(str(self._state)) as stream:
            return json.loads(stream.readall())

    def _save(self, **changes):
        state = dict(self._read() or {}, **changes)
        state["changes"] = state.get("changes", 0) + 1
        with io.FileIO(str(self._state), "w") as stream:
            stream.write(json.dumps(state).encode())
        return f'"{state["changes"]}"'

    def properties(self):
        state = self._read()
        if state is None:
            return None
        modified = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        return Properties(state["size"], f'"{state["changes"]}"', "PageBlob", state["metadata"], modified)

    def create(self, size, metadata, replace):
        def call():
            if self._state.exists() and not replace:
                raise ImagewrightError("cannot create the page blob: it is there")
            with io.FileIO(str(self._content), "w") as stream:
                stream.truncate(size)
            self._save(size=size, metadata=metadata, pages=[])

        self._request("create", call)

    def put(self, item, content):
        def call():
            with io.FileIO(str(self._content), "r+") as stream:
                stream.seek(item.offset)
                stream.write(content)
            self._save(pages=sorted(set(map(tuple, self._read()["pages"])) | {(item.offset, item.offset + item.length)}))

        self._request("put", call)

    def clear(self, start, end):
        def call():
            with io.FileIO(str(self._content), "r+") as stream:
                stream.seek(start)
                stream.write(bytes(end - start))
            self._save(pages=[page for page in self._read()["pages"] if page[1] <= start or page[0] >= end])

        self._request("clear", call)

    def get(self, offset, length):
        with io.FileIO(str(self._content)) as stream:
            stream.seek(offset)
            return stream.read(length)

    def spans(self):
        return [tuple(page) for page in self._read()["pages"]]

    def set_metadata(self, metadata):
        return self._request("set the metadata", lambda: self._save(metadata=metadata))

    def acquire_lease(self, lease_id):
        def call():
            if self._read().get("lease") not in (None, lease_id):
                raise ImagewrightError("cannot take the lease: somebody else has it")
            self._save(lease=lease_id)

        self._request("take the lease", call)

    def resume_lease(self, lease_id):
        return self._read().get("lease") == lease_id

    def renew_lease(self):
        pass

    def release_lease(self):
        self._request("release the lease", lambda: self._save(lease=None))


def upload_case():
    """Return the Case of vhd_upload: what it did is in its journal, and nobody takes what is half there for a whole VHD."""

    def build(place):
        (place / "guest/azure").mkdir()
        append(gpt_disk(place / "guest/a.vhd", 3 * MIB), footer(3 * MIB))

    def prepare(operations, place):
        client.connect = lambda address, *_options: Azure(operations, place / "guest/azure", address)

    def arguments(place):
        return {"src": str(place / "guest/a.vhd"), "url": "https://acct.blob.core.windows.net/vhds/a.vhd?sig=x", "parallel": 1, "allow_problems": True}

    def normal(path, content):
        if path == "guest/azure/state":
            state = json.loads(content)
            return json.dumps([state["size"], state["metadata"].get("imagewright_state"), state["pages"]]).encode()
        return b"journal" if ".vhd.upload-" in path else content

    def between(path, content):
        return path == "guest/azure/state" or (path == "guest/azure/content" and not any(content[-512:]))

    return Case("vhd_upload", "vhd_upload", build, arguments, prepare, undoes=False, normal=normal, between=between)


CASES = [
    in_place_case("raw"),
    in_place_case("VHD"),
    copy_case("copy", "raw"),
    copy_case("copy over an older file", "raw", True),
    copy_case("qemu-img", "qcow2"),
    copy_case("dynamic VHD", "vpc"),
    upload_case(),
]
