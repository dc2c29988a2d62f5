# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a kernel takes a module of another."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.module_file import other_kernel

_INFO = b"license=GPL\0vermagic=5.14.0-70.el9.x86_64 SMP preempt mod_unload modversions \0"


@pytest.mark.parametrize(
    ("sections", "version", "expected"),
    [
        ({".modinfo": _INFO}, "5.14.0-70.el9.x86_64", ""),
        ({".modinfo": _INFO}, "5.14.0-427.el9.x86_64", "5.14.0-70.el9.x86_64"),
        ({".modinfo": _INFO, "__versions": b"crc"}, "5.14.0-427.el9.x86_64", ""),
        ({".text": b"code"}, "5.14.0-427.el9.x86_64", ""),
    ],
)
def test_the_version_decides_where_no_symbol_has_a_checksum(sections, version, expected):
    assert other_kernel(sections, version) == expected
