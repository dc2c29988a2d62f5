# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_network leaves."""

import re


def test_no_rule_names_a_card_by_its_address(host):
    assert not host.file("/etc/udev/rules.d/70-persistent-net.rules").exists
    assert host.run(r"grep -rlsE 'ATTR\{address\}==.*NAME' /etc/udev/rules.d").stdout == ""


def test_virtual_functions_are_left_to_their_synthetic_card(host):
    rules = host.file("/etc/udev/rules.d/10-azure-unmanaged-sriov.rules").content_string
    assert re.search(r'DRIVERS=="mana\|mlx4_core\|mlx5_core".*ENV\{NM_UNMANAGED\}="1"', rules)
    network = host.file("/etc/systemd/network/01-azure-unmanaged-sriov.network").content_string
    assert "Unmanaged=yes" in network and "mana" in network


def test_networkd_asks_for_an_address_on_any_card(host):
    files = host.run("cat /etc/systemd/network/*.network").stdout
    assert re.search(r"^DHCP=(yes|ipv4)", files, re.MULTILINE)
    assert not re.search(r"^(Permanent)?MACAddress=", files, re.MULTILINE)
