# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bad a route is that stands beside those of the lease: it is waited for, as good as the lease's, or taken before it."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import first_card_routes
from unit.readiness.cases.common import MANAGED_BY_NETWORKMANAGER, PROFILE
from unit.readiness.guest_tree import good_guest, write
from unit.readiness.test_rules import change

NETWORKD = "/etc/systemd/network/10-azure.network"
KEYFILE = "/etc/NetworkManager/system-connections/card.nmconnection"


@pytest.fixture
def guest(tmp_path):
    """The root of a right guest, whose network is left to its network manager."""
    root = good_guest(tmp_path / "guest")
    write(root, "/etc/cloud/cloud.cfg.d/99-x.cfg", "network: {config: disabled}\n")
    return root


@pytest.mark.parametrize(
    ("version", "more", "severity"),
    [
        (252, "Gateway=192.168.1.1\n", "warning"),
        (249, "[Route]\nGateway=192.168.1.1\n", "warning"),
        (247, "[Route]\nGateway=192.168.1.1\n", None),
        (252, "[Route]\nDestination=169.254.169.254\nType=blackhole\n", "warning"),
        (252, "[Route]\nGateway=192.168.1.1\nGatewayOnLink=yes\nMetric=1024\n", "warning"),
        (252, "[Route]\nGateway=192.168.1.1\nGatewayOnLink=yes\n", None),
    ],
)
def test_a_route_of_networkd(guest, version, more, severity):
    write(guest, f"/usr/lib/systemd/libsystemd-shared-{version}.so", "")
    write(guest, NETWORKD, "[Match]\nName=eth0\n[Network]\nDHCP=yes\n" + more)
    found = first_card_routes.routes_are_the_leases.check(Context(LiveTree(str(guest))))
    assert (found.status, found.severity) == ("failed", severity)


@pytest.mark.parametrize(("metric", "severity"), [("", "warning"), (",100", "warning"), (",50", None)])
def test_a_default_route_of_networkmanager(guest, metric, severity):
    change(guest, {**MANAGED_BY_NETWORKMANAGER, "/etc/cloud/cloud.cfg.d/99-x.cfg": None})
    write(guest, KEYFILE, PROFILE + f"[ipv4]\nmethod=auto\nroute1=0.0.0.0/0,192.168.1.1{metric}\n")
    found = first_card_routes.routes_are_the_leases.check(Context(LiveTree(str(guest))))
    assert (found.status, found.severity) == ("failed", severity)


def test_a_wicked_route(tmp_path):
    root = good_guest(tmp_path / "guest")
    change(root, {path: content for path, content in MANAGED_BY_NETWORKMANAGER.items() if content is None})
    write(root, "/usr/lib/systemd/system/wicked.service", "[Install]\n")
    write(root, "/etc/systemd/system/multi-user.target.wants/wicked.service", "")
    write(root, "/etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO=dhcp\nSTARTMODE=auto\n")
    write(root, "/etc/sysconfig/network/ifroute-eth0", "# own\n168.63.129.16/32 - - - blackhole\n")
    found = first_card_routes.routes_are_the_leases.check(Context(LiveTree(str(root))))
    assert [(place.path, place.line) for place in found.evidence] == [("/etc/sysconfig/network/ifroute-eth0", 2)]
    write(root, "/etc/sysconfig/network/ifroute-eth0", "10.9.0.0/16 10.0.0.1 - eth0\n10.0.0.0/8 - - - unreachable\n")
    assert first_card_routes.routes_are_the_leases.check(Context(LiveTree(str(root)))).status == "passed"
