# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that no real network has: refused by name, or read in linear time."""

import pytest
from bounds import bounded
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from unit.network.guests import after, guest

MIB = 1024 * 1024
FILES = [
    ("ifupdown", "/etc/network/interfaces", "iface eth0 inet static\n address 10.0.0.5\n"),
    ("ifcfg", "/etc/sysconfig/network-scripts/ifcfg-eth0", "A=b\n"),
    ("networkmanager", "/etc/NetworkManager/system-connections/a", "[connection]\ntype=ethernet\n"),
    ("networkd", "/etc/systemd/network/a.network", "[Match]\nName=eth0\n"),
    ("wicked", "/etc/sysconfig/network/ifcfg-eth0", "A=b\n"),
    ("ifupdown", "/etc/udev/rules.d/a.rules", 'SUBSYSTEM=="net", ATTR{address}=="x", NAME="y"\n'),
]


@pytest.mark.parametrize("manager, path, line", FILES)
def test_a_file_larger_than_any_real_one_is_refused_by_name(tmp_path, manager, path, line):
    tree = guest(tmp_path, {path: line * (2 * MIB // len(line))})

    with bounded(), pytest.raises(ImagewrightError, match=f"cannot read {path}: it has more than 1024 KiB, which no configuration of a network has"):
        after(tree, manager)


@pytest.mark.parametrize("manager, path, line", FILES)
def test_a_file_that_is_read_is_read_in_linear_time(tmp_path, manager, path, line):
    tree = guest(tmp_path, {path: line * (MIB // len(line) - 1)})

    with bounded():
        after(tree, manager)
