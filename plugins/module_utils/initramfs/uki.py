# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the initramfs inside a unified kernel image (UKI): an EFI program with it in the section ``.initrd``.

Source: the UAPI group's specification of unified kernel images; Microsoft's PE format.

PRIVATE: module_utils of this collection are not an interface.
"""

import io

from ansible_collections.imagewright.azure.plugins.module_utils.disk import pe
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CorruptImage


class _Part(io.RawIOBase):
    """The length bytes of a binary stream from where it stands."""

    def __init__(self, stream, length):
        super().__init__()
        self._stream, self._left = stream, length

    def readable(self):
        """Return True."""
        return True

    def readinto(self, buffer):
        """Read into the buffer and return how many bytes."""
        content = self._stream.read(min(len(buffer), self._left))
        buffer[: len(content)] = content
        self._left -= len(content)
        return len(content)


def is_uki(stream):
    """Return whether the binary stream, which stands at its start then, is an EFI program."""
    start = stream.read(2)
    stream.seek(0)
    return start == b"MZ"


def section(stream, wanted, where):
    """Return a binary stream of a section of an EFI program, or None when it has none of that name.

    wanted: str, e.g. ``.initrd`` or ``.uname``, which has the kernel's version.
    Raises CorruptImage: it is not a whole EFI program.
    """
    try:
        found = pe.find_section(stream, wanted.encode())
    except pe.PeError:
        raise CorruptImage(f"cannot read {where}: it is no whole EFI program; build the unified kernel image again") from None
    if found is None:
        return None
    stream.seek(found.offset)
    return io.BufferedReader(_Part(stream, min(found.memory, found.size) if found.memory else found.size), 256 * 1024)
