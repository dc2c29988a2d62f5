# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bonds, teams, bridges and VLANs that hold the first card: refused by name, or taken apart when asked. Trees written after documents."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.network import managers
from ansible_collections.imagewright.azure.plugins.module_utils.network.masters import holding
from unit.network.guests import after, apply, guest

IFCFG, KEYFILES, NETWORKD, SUSE = ("/etc/sysconfig/network-scripts", "/etc/NetworkManager/system-connections", "/etc/systemd/network", "/etc/sysconfig/network")
INTERFACES = "/etc/network/interfaces"

#: manager, files, masters that hold the first card, paths that go with them
HELD = [
    ("ifupdown", {INTERFACES: "auto bond0\niface bond0 inet static\n address 10.0.0.2/24\n bond-slaves eth0 eth1\n"}, ["bond0"], []),
    ("ifupdown", {INTERFACES: "auto bond0\niface bond0 inet dhcp\n bond-slaves none\nauto ens3\niface ens3 inet manual\n bond-master bond0\n"}, ["bond0"], []),
    ("ifupdown", {INTERFACES: "auto br0\niface br0 inet static\n address 10.0.0.2/24\n bridge_ports eth0\n"}, ["br0"], []),
    ("ifupdown", {INTERFACES: "auto br0\niface br0 inet dhcp\n bridge_ports regex eth.*\n"}, ["br0"], []),
    ("ifupdown", {INTERFACES: "iface eth0 inet manual\nauto eth0.7\niface eth0.7 inet static\n address 10.0.0.2/24\n"}, ["eth0.7"], []),
    ("ifupdown", {INTERFACES: "auto vlan7\niface vlan7 inet dhcp\n vlan-raw-device eth0\n"}, ["vlan7"], []),
    ("ifupdown", {INTERFACES: "auto bond0\niface bond0 inet dhcp\n up ifenslave bond0 eth0\n"}, ["bond0"], []),
    (
        "ifupdown",
        {
            INTERFACES: "source interfaces.d/*\n",
            INTERFACES + ".d/bond0": "auto bond0\niface bond0 inet manual\n bond-slaves eth0\n",
            INTERFACES + ".d/br0": "auto br0\niface br0 inet static\n address 10.0.0.2/24\n bridge_ports bond0\n",
        },
        ["bond0", "br0"],
        [INTERFACES + ".d/bond0", INTERFACES + ".d/br0"],
    ),
    (
        "ifcfg",
        {
            IFCFG + "/ifcfg-bond0": 'DEVICE=bond0\nTYPE=Ethernet\nBONDING_OPTS="mode=4"\nIPADDR=10.0.0.2\n',
            IFCFG + "/ifcfg-eth0": "DEVICE=eth0\nTYPE=Ethernet\nMASTER=bond0\nSLAVE=yes\n",
            IFCFG + "/ifcfg-eth1": "DEVICE=eth1\nTYPE=Ethernet\nMASTER=bond0\nSLAVE=yes\n",
        },
        ["bond0"],
        [IFCFG + "/ifcfg-bond0", IFCFG + "/ifcfg-eth1"],
    ),
    (
        "ifcfg",
        {IFCFG + "/ifcfg-br0": "DEVICE=br0\nTYPE=Bridge\nBOOTPROTO=dhcp\n", IFCFG + "/ifcfg-em1": "DEVICE=em1\nBRIDGE=br0\n"},
        ["br0"],
        [IFCFG + "/ifcfg-br0", IFCFG + "/ifcfg-em1"],
    ),
    (
        "ifcfg",
        {IFCFG + "/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=none\n", IFCFG + "/ifcfg-eth0.5": "DEVICE=eth0.5\nVLAN=yes\nIPADDR=10.0.0.2\n"},
        ["eth0.5"],
        [IFCFG + "/ifcfg-eth0.5"],
    ),
    (
        "networkmanager",
        {
            IFCFG + "/ifcfg-team0": "DEVICE=team0\nDEVICETYPE=Team\nUUID=a1\nIPADDR=10.0.0.2\n",
            IFCFG + "/ifcfg-team0-port": "DEVICE=ens3\nDEVICETYPE=TeamPort\nTEAM_MASTER_UUID=a1\n",
        },
        ["team0"],
        [IFCFG + "/ifcfg-team0", IFCFG + "/ifcfg-team0-port"],
    ),
    (
        "networkmanager",
        {
            KEYFILES + "/bond0.nmconnection": "[connection]\ntype=bond\nuuid=u1\ninterface-name=bond0\n[ipv4]\nmethod=manual\n",
            KEYFILES + "/port.nmconnection": "[connection]\ntype=ethernet\ncontroller=u1\nport-type=bond\n",
        },
        ["bond0"],
        [KEYFILES + "/bond0.nmconnection", KEYFILES + "/port.nmconnection"],
    ),
    (
        "networkmanager",
        {
            KEYFILES + "/br0": "[connection]\ntype=bridge\ninterface-name=br0\n",
            KEYFILES + "/p": "[connection]\ntype=ethernet\ninterface-name=eth0\nmaster=br0\nslave-type=bridge\n",
        },
        ["br0"],
        [KEYFILES + "/br0", KEYFILES + "/p"],
    ),
    (
        "networkmanager",
        {KEYFILES + "/vlan.nmconnection": "[connection]\ntype=vlan\ninterface-name=vlan7\n[vlan]\nparent=eth0\nid=7\n"},
        ["vlan7"],
        [KEYFILES + "/vlan.nmconnection"],
    ),
    (
        "netplan",
        {"/etc/netplan/a.yaml": "network:\n  ethernets: {ens3: {}, ens4: {}}\n  bonds: {bond0: {interfaces: [ens3, ens4], dhcp4: yes}}\n"},
        ["bond0"],
        ["/etc/netplan/a.yaml"],
    ),
    (
        "netplan",
        {
            "/etc/netplan/a.yaml": "network:\n  ethernets:\n    lan: {match: {macaddress: '52:54:00:12:34:56'}}\n",
            "/etc/netplan/b.yaml": "network:\n  bridges:\n    br0:\n      interfaces:\n      - lan\n      dhcp4: true\n"
            "  vlans:\n    br0.7: {link: br0, id: 7}\n",
        },
        ["br0", "br0.7"],
        ["/etc/netplan/a.yaml", "/etc/netplan/b.yaml"],
    ),
    (
        "networkd",
        {
            NETWORKD + "/bond0.netdev": "[NetDev]\nName=bond0\nKind=bond\n",
            NETWORKD + "/bond0.network": "[Match]\nName=bond0\n[Network]\nDHCP=yes\n",
            NETWORKD + "/eth.network": "[Match]\nName=eth0 eth1\n[Network]\nBond=bond0\n",
        },
        ["bond0"],
        [NETWORKD + "/bond0.netdev", NETWORKD + "/bond0.network", NETWORKD + "/eth.network"],
    ),
    ("networkd", {NETWORKD + "/a.network": "[Match]\nType=ether\n[Network]\nBridge=br0\n"}, ["br0"], [NETWORKD + "/a.network"]),
    (
        "wicked",
        {SUSE + "/ifcfg-bond0": "STARTMODE=auto\nBONDING_MASTER=yes\nBONDING_SLAVE_0=eth0\nBONDING_SLAVE_1='eth1'\n", SUSE + "/ifcfg-eth0": "BOOTPROTO=none\n"},
        ["bond0"],
        [SUSE + "/ifcfg-bond0"],
    ),
    ("wicked", {SUSE + "/ifcfg-br0": "BRIDGE='yes'\nBRIDGE_PORTS='eth0'\nIPADDR=10.0.0.2/24\n"}, ["br0"], [SUSE + "/ifcfg-br0"]),
    ("wicked", {SUSE + "/ifcfg-vlan7": "ETHERDEVICE=eth0\nVLAN_ID=7\n"}, ["vlan7"], [SUSE + "/ifcfg-vlan7"]),
]

#: manager, files: the first card is in none of these
FREE = [
    ("ifupdown", {INTERFACES: "auto br0\niface br0 inet static\n address 10.9.0.1/24\n bridge_ports none\n"}),
    ("ifupdown", {INTERFACES: "iface eth0 inet dhcp\nauto bond0\niface bond0 inet static\n address 10.9.0.1/24\n bond-slaves eth1 eth2\n"}),
    ("ifcfg", {IFCFG + "/ifcfg-bond0": 'DEVICE=bond0\nTYPE=Ethernet\nBONDING_OPTS="mode=4"\n', IFCFG + "/ifcfg-eth1": "DEVICE=eth1\nMASTER=bond0\n"}),
    ("networkmanager", {KEYFILES + "/virbr0.nmconnection": "[connection]\ntype=bridge\ninterface-name=virbr0\n"}),
    ("networkmanager", {KEYFILES + "/p.nmconnection": "[connection]\ntype=ethernet\ninterface-name=eth2\nmaster=bond0\nslave-type=bond\n"}),
    ("netplan", {"/etc/netplan/a.yaml": "network: {bridges: {br0: {addresses: [10.9.0.1/24]}}}\n"}),
    ("networkd", {NETWORKD + "/a.network": "[Match]\nName=eth1\n[Network]\nBond=bond0\n"}),
    ("networkd", {NETWORKD + "/a.network": "[Match]\nDriver=mlx5_core\n[Network]\nBond=bond0\n"}),
    ("wicked", {SUSE + "/ifcfg-br0": "BRIDGE='yes'\nBRIDGE_PORTS=''\nIPADDR=10.9.0.1/24\n"}),
]


@pytest.mark.parametrize("manager, files, names, gone", HELD)
def test_what_holds_the_first_card_is_refused_by_name_and_goes_when_asked(tmp_path, manager, files, names, gone):
    tree = guest(tmp_path, files)

    with pytest.raises(ImagewrightError) as refused:
        after(tree, manager)
    removed = [path for path, text in after(tree, manager, "remove").items() if text is None]
    apply(tree, manager, "remove")

    assert all(f" {name} holds " in str(refused.value) for name in names) and "masters: remove" in str(refused.value)
    assert set(gone) <= set(removed)
    assert holding(managers.ADAPTERS[manager].masters(tree)) == []
    assert managers.ADAPTERS[manager].answer(tree).what == "dhcp"
    assert after(tree, manager) == {}


def test_check_mode_shows_what_would_go(tmp_path, run_module):
    guest(tmp_path, HELD[7][1])

    refused = run_module("network_dhcp", root=tmp_path, manager="ifupdown", check=True)
    predicted = run_module("network_dhcp", root=tmp_path, manager="ifupdown", masters="remove", check=True)
    done = run_module("network_dhcp", root=tmp_path, manager="ifupdown", masters="remove")

    assert refused["failed"] and "interfaces.d/br0 line 2: the bridge br0 holds bond0" in refused["msg"]
    assert predicted["diff"] == done["diff"] and "bridge_ports bond0" in str(predicted["diff"])


@pytest.mark.parametrize("manager, files", FREE)
def test_what_does_not_hold_the_first_card_stays(tmp_path, manager, files):
    tree = guest(tmp_path, files)

    kept = {path: text for path, text in files.items() if path != INTERFACES}

    changed = after(tree, manager)
    assert [path for path in kept if path in changed] == []
    assert "bond-slaves" not in str(files) or "bond-slaves eth1 eth2" in changed.get(INTERFACES, str(files))


@pytest.mark.parametrize("manager, files, names, gone", HELD)
def test_a_run_that_is_stopped_after_any_file_is_finished_by_the_next_one(tmp_path, manager, files, names, gone):
    whole = apply(guest(tmp_path / "whole", files), manager, "remove")

    for number in range(1, 8):
        tree = guest(tmp_path / str(number), files)
        apply(tree, manager, "remove", number)
        assert apply(tree, manager, "remove") == whole


def test_a_bond_of_the_shipped_case_is_taken_for_one(tmp_path):
    """initscripts' own sample of a bond says TYPE=Ethernet."""
    tree = guest(tmp_path, FREE[2][1])

    assert [(master.kind, master.name, master.members) for master in managers.ADAPTERS["ifcfg"].masters(tree)] == [("bond", "bond0", ["eth1"])]


def test_a_master_is_named_with_its_place(tmp_path):
    tree = guest(tmp_path, HELD[0][1])

    with pytest.raises(ImagewrightError, match="/etc/network/interfaces line 2: the bond bond0 holds eth0, eth1; take it apart"):
        after(tree, "ifupdown")
