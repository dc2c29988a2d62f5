# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values for which netplan refuses its files, each as `netplan generate` took or refused it."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.network import netplan_values


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mtu", "jumbo"),
        ("mtu", True),
        ("nameservers", "8.8.8.8"),
        ("nameservers", {"addresses": "8.8.8.8"}),
        ("nameservers", {"addresses": ["dns.local"]}),
        ("addresses", ["10.0.0.1"]),
        ("addresses", "10.0.0.1/24"),
        ("gateway4", "10.0.0.300"),
        ("routes", {"to": "default", "via": "10.0.0.1"}),
        ("optional", "maybe"),
        ("dhcp4", 1),
        ("match", "eth0"),
        ("dhcp4-overrides", ["use-dns"]),
        ("link-local", "ipv4"),
    ],
)
def test_a_value_of_another_kind_is_refused(key, value):
    assert netplan_values.is_refused(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mtu", 1400),
        ("mtu", "1400"),
        ("nameservers", {"addresses": ["8.8.8.8", "2001:db8::1"], "search": ["a.b"]}),
        ("addresses", ["10.0.0.1/24", {"10.0.0.2/24": {"lifetime": 0}}]),
        ("gateway4", "10.0.0.1"),
        ("routes", [{"to": "default", "via": "10.0.0.1"}]),
        ("dhcp4", True),
        ("dhcp4", "Yes"),
        ("optional", "no"),
        ("match", {"name": "eth0"}),
        ("dhcp4-overrides", {"use-dns": False}),
        ("link-local", []),
        ("set-name", 7),
        ("nameservers", None),
    ],
)
def test_a_value_that_netplan_takes_is_right(key, value):
    assert not netplan_values.is_refused(key, value)
