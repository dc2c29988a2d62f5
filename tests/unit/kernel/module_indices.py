# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indices of modules as depmod writes them, made without depmod."""

import struct


def index_of(names):
    """Return an index (bytes) that has names ([str]), with a node for each letter."""
    octets = bytearray(struct.pack(">III", 0xB007F457, 0x20001, 0))
    struct.pack_into(">I", octets, 8, _node(octets, names))
    return bytes(octets)


def _node(octets, endings):
    """Write the node of what is left of some names behind octets, those below it first; return its place with its flags (int)."""
    below = {letter: _node(octets, [ending[1:] for ending in endings if ending[:1] == letter]) for letter in sorted({ending[:1] for ending in endings} - {""})}
    place, node = len(octets), b""
    if below:
        place |= 0x20000000
        letters = range(ord(min(below)), ord(max(below)) + 1)
        node += bytes([letters[0], letters[-1]]) + b"".join(struct.pack(">I", below.get(chr(letter), 0)) for letter in letters)
    if "" in endings:
        place |= 0x40000000
        node += struct.pack(">II", 1, 0) + b"kernel/module.ko:\0"
    octets.extend(node)
    return place
