# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs images taken apart and put together again, so that a test can take something out of one."""

import collections
import subprocess

#: mode: int, with type bits; content: bytes.
Member = collections.namedtuple("Member", "mode content")

_COMPRESSED = {b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x8b": "gzip", b"\xfd7zXZ": "xz"}


def read(image):
    """Return (bytes of the archives of microcode, {name: Member} of all others, which the kernel unpacks over each other) of an image (bytes)."""
    offset, early, members = 0, 0, {}
    while image[offset : offset + 6] == b"070701":
        found, offset = _members(image, offset)
        while image[offset : offset + 4] == bytes(4):
            offset += 4
        if members or not all(name.split("/")[0] in (".", "kernel", "early_cpio") for name in found):
            members.update(found)
        else:
            early = offset
    if offset < len(image):
        program = next(name for magic, name in _COMPRESSED.items() if image[offset:].startswith(magic))
        unpacked = subprocess.run([program, "-dc"], input=image[offset:], stdout=subprocess.PIPE, check=True).stdout
        members.update(_members(unpacked, 0)[0])
    return image[:early], members


def written(members):
    """Return the compressed archive (bytes) of members ({name: Member})."""
    parts = [_member(name, member) for name, member in members.items()] + [_member("TRAILER!!!", Member(0, b""))]
    return subprocess.run(["zstd", "-q", "-1", "-c"], input=b"".join(parts), stdout=subprocess.PIPE, check=True).stdout


def _members(archive, offset):
    members = {}
    while True:
        fields = [int(archive[offset + 6 + 8 * number : offset + 14 + 8 * number], 16) for number in range(13)]
        size, length = fields[6], fields[11]
        name = archive[offset + 110 : offset + 110 + length - 1].decode("utf-8", "surrogateescape")
        start = offset + 110 + length + -(110 + length) % 4
        offset = start + size + -size % 4
        if name == "TRAILER!!!":
            return members, offset
        members[name] = Member(fields[1], archive[start : start + size])


def _member(name, member):
    stored = name.encode("utf-8", "surrogateescape") + b"\0"
    fields = [0, member.mode, 0, 0, 1, 0, len(member.content), 0, 0, 0, 0, len(stored), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + stored
    return head + bytes(-len(head) % 4) + member.content + bytes(-len(member.content) % 4)
