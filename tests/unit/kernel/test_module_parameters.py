# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which values a parameter of a module takes, as kernel/params.c of Linux reads them."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.module_parameters import is_taken, kinds


def test_the_kinds_are_those_of_modinfo():
    modinfo = b"license=GPL\0parm=ring_size:Ring buffer size\0parmtype=ring_size:uint\0hv.parmtype=max-queues:array of int\0"
    assert kinds(modinfo) == {"ring_size": "uint", "max_queues": "array of int"}


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        ("int", "128", True),
        ("int", "-1", True),
        ("int", "0x80", True),
        ("int", "017", True),
        ("int", "08", False),
        ("int", "64K", False),
        ("int", "", False),
        ("int", None, False),
        ("int", "2147483648", False),
        ("uint", "4294967295", True),
        ("uint", "-1", False),
        ("byte", "256", False),
        ("bool", None, True),
        ("bool", "on", True),
        ("bool", "N", True),
        ("bool", "perhaps", False),
        ("charp", "anything", True),
        ("array of int", "1,2,3", True),
        ("array of int", "1,x", False),
        ("a kind of its own", "x", True),
    ],
)
def test_a_value_is_taken_by_its_kind(kind, value, taken):
    assert is_taken(kind, value) is taken
