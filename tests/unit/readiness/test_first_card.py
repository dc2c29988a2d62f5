# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules of the first card say of guests whose managers' files disagree, and how serious it is."""

import sys

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import card_addresses
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import first_card
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import network
from unit.network.guests import enabled
from unit.trees import write_tree

NETWORKD, INTERFACES = "/etc/systemd/network", "/etc/network/interfaces"
RULES = {rule.id: rule for rule in network.RULES + first_card.RULES}
STATIC = "auto {0}\niface {0} inet static\n  address 10.0.0.5/24\n"


def outcome(root, rule, files):
    """Return the Outcome of a rule on a guest of the files."""
    write_tree(root, {"/usr/lib/systemd/systemd": "", **files})
    return RULES[rule].check(Context(LiveTree(str(root))))


@pytest.mark.parametrize("card, severity", [("eth0", None), ("ens3", None), ("eth1", "warning"), ("eth2", "warning")])
def test_a_fixed_address_of_a_further_card_is_a_warning(tmp_path, card, severity):
    found = outcome(tmp_path, "R34c", {INTERFACES: STATIC.format(card)})

    assert (found.status, found.severity) == ("failed", severity)


def test_a_fixed_address_of_the_first_card_makes_that_of_the_second_no_lesser_fault(tmp_path):
    found = outcome(tmp_path, "R34c", {INTERFACES: STATIC.format("eth1") + STATIC.format("eth0")})

    assert (found.status, found.severity, [place.line for place in found.evidence]) == ("failed", None, [2, 5])


@pytest.mark.parametrize(
    "stanza, severity",
    [
        ("iface vlan7 inet dhcp\n vlan-raw-device eth0\n", "warning"),
        ("iface bond0 inet dhcp\n bond-slaves eth0\n", None),
        ("iface bond0 inet dhcp\n bond-slaves eth0\niface bond0.7 inet dhcp\n", None),
    ],
)
def test_a_vlan_alone_leaves_the_card_below_it_what_it_is(tmp_path, stanza, severity):
    found = outcome(tmp_path, "R34f", {**enabled("networking"), INTERFACES: stanza})

    assert (found.status, found.severity) == ("failed", severity)


def test_what_only_the_running_machine_can_tell_is_unknown(tmp_path):
    found = outcome(
        tmp_path,
        "R34b",
        {
            **enabled("systemd-networkd"),
            NETWORKD + "/10-x.network": "[Match]\nKernelVersion=6.*\n[Network]\nDHCP=no\n",
            NETWORKD + "/20-x.network": "[Match]\nName=eth*\n[Network]\nDHCP=yes\n",
        },
    )

    assert found.status == "unknown" and [place.path for place in found.evidence] == [NETWORKD + "/10-x.network", NETWORKD + "/20-x.network"]


def test_yaml_that_nothing_can_read_is_an_error_that_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(ImagewrightError, match="python3-yaml"):
        outcome(tmp_path, "R34b", {**enabled("systemd-networkd"), "/etc/netplan/a.yaml": "network: {}\n"})


def test_a_bond_that_cloud_init_s_card_is_put_into_is_found(tmp_path):
    files = {
        **enabled("systemd-networkd"),
        **enabled("cloud-init"),
        "/usr/bin/cloud-init": "",
        "/usr/sbin/netplan": "",
        "/etc/netplan/99-bond.yaml": "network:\n  bonds:\n    bond0:\n      interfaces: [eth0]\n      addresses: [10.0.0.5/24]\n",
    }

    found = outcome(tmp_path, "R34b", files)

    assert found.status == "failed" and (found.evidence[0].path, found.evidence[0].line) == ("/etc/netplan/99-bond.yaml", 4)


@pytest.mark.parametrize(
    "parameter, fixed",
    [
        ("ip=10.0.0.5::10.0.0.1:255.255.255.0:web1:eth0:none", True),
        ("ip=10.0.0.5", True),
        ("ip=10.0.0.5::10.0.0.1:255.255.255.0::eth0:dhcp", False),
        ("ip=dhcp", False),
        ("ip=eth0:dhcp", False),
        ("ip=:::::eth0:dhcp", False),
        ("ip=", False),
        ("ip", False),
        ("rd.ip=10.0.0.5", False),
        ("ip=999:", False),
    ],
)
def test_a_parameter_that_gives_an_address(parameter, fixed):
    assert card_addresses.gives_an_address(parameter) is fixed


@pytest.mark.parametrize(
    "files, status",
    [
        ({}, "not_applicable"),
        ({"/etc/resolv.conf": "->/run/systemd/resolve/resolv.conf"}, "failed"),
        ({"/etc/resolv.conf": "->/run/systemd/resolve/resolv.conf", **enabled("systemd-resolved")}, "passed"),
        ({"/etc/resolv.conf": "->/var/run/NetworkManager/resolv.conf", **enabled("NetworkManager")}, "passed"),
        ({"/etc/resolv.conf": "->/etc/gone.conf"}, "failed"),
        ({"/etc/resolv.conf": "->/etc/own.conf", "/etc/own.conf": "nameserver 9.9.9.9\n"}, "passed"),
        ({"/etc/resolv.conf": "nameserver 127.0.0.53\n"}, "passed"),
        ({"/etc/resolv.conf": "nameserver 10.0.2.3\n"}, "failed"),
        ({"/etc/resolv.conf": "nameserver 10.0.2.3\n", **enabled("NetworkManager")}, "passed"),
    ],
)
def test_the_resolvers_file_is_made_or_written_by_somebody(tmp_path, files, status):
    assert outcome(tmp_path, "R72", files).status == status


@pytest.mark.parametrize("rule", ["R34c", "R34d"])
@pytest.mark.parametrize(("more", "severity"), [({f"{NETWORKD}/20-dhcp.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"}, "warning"), ({}, None)])
def test_a_file_of_networkd_for_the_address_of_another_card_is_no_error_beside_the_right_one(tmp_path, rule, more, severity):
    files = {f"{NETWORKD}/10-old.network": "[Match]\nMACAddress=00:50:56:01:02:03\n[Network]\nAddress=10.0.0.5/24\n", **more}
    found = outcome(tmp_path, rule, files)

    assert (found.status, found.severity) == ("failed", severity)


@pytest.mark.parametrize(
    ("name", "severity"),
    [("eth0", "warning"), ("eth*", None), ("eth0 ens3", None)],
)
def test_a_fixed_address_in_a_file_that_networkd_does_not_take_for_the_first_card_is_no_error(tmp_path, name, severity):
    asking = {f"{NETWORKD}/20-dhcp.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"}
    other = f"[Match]\nName={name}\n[Network]\nAddress=10.0.0.5/24\n"
    found = outcome(tmp_path, "R34c", {**asking, f"{NETWORKD}/30-old.network": other})
    assert (found.status, found.severity) == ("failed", severity)


def test_a_fixed_address_in_the_file_that_networkd_takes_for_the_first_card_is_an_error(tmp_path):
    asking = {f"{NETWORKD}/20-dhcp.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"}
    found = outcome(tmp_path, "R34c", {**asking, f"{NETWORKD}/10-old.network": "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.5/24\n"})
    assert (found.status, found.severity) == ("failed", None)
