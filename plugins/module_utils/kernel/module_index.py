# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The indices of modules that depmod writes and kmod reads, modules.dep.bin and its like: whether one is whole.

PRIVATE: module_utils of this collection are not an interface.
Source: kmod libkmod/libkmod-index.c.
"""

import struct

_HEADER = struct.Struct(">III")  # magic, version, place of the root with its flags
_MAGIC, _MAJOR = 0xB007F457, 2
_PLACE, _PREFIX, _VALUES, _CHILDREN = 0x0FFFFFFF, 0x80000000, 0x40000000, 0x20000000
_LONGEST = 4096  # bytes of a node
_MOST = 64 * 1024 * 1024  # bytes of an index; that of a distribution's kernel has one MiB


def problem(tree, path, keys):
    """Return why kmod does not find modules by an index (str), "" when it does.

    tree: Tree; path: str; keys: [str], names that have to be in it, with ``_``.
    """
    size = tree.stat(path).size
    with tree.open(path) as stream:
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return "is cut off"
        magic, version, root = _HEADER.unpack(header)
        if magic != _MAGIC or version >> 16 != _MAJOR:
            return "is no index of modules"
        if root & _PLACE >= size:
            return "is cut off"
        # at once: each of its nodes would be read with what lies around it
        content = header + stream.read(min(size, _MOST)) if keys else b""
    lost = [key for key in keys if not _has(content, root, key.encode())]
    return f"does not have {', '.join(lost)}" if lost else ""


def _has(content, place, key):
    """Return whether an index (bytes) has a key (bytes) below a node. place: int, with its flags."""
    while place & _PLACE:
        octets = content[place & _PLACE : (place & _PLACE) + _LONGEST]
        position = 0
        if place & _PREFIX:
            prefix, end, _rest = octets.partition(b"\0")
            if not end or not key.startswith(prefix):
                return False
            key, position = key[len(prefix) :], len(prefix) + 1
        if not key:
            return bool(place & _VALUES)
        if not place & _CHILDREN or len(octets) < position + 2:
            return False
        first, last = octets[position], octets[position + 1]
        child = position + 2 + 4 * (key[0] - first)
        if not first <= key[0] <= last or len(octets) < child + 4:
            return False
        place, key = struct.unpack_from(">I", octets, child)[0], key[1:]
    return False
