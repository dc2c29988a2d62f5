# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_dhcp on trees of each network manager; those of Red Hat, SUSE and Ubuntu are written after their documents."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import managers
from ansible_collections.imagewright.azure.plugins.module_utils.network.changes import is_ethernet
from ansible_collections.imagewright.azure.plugins.module_utils.network import network_dhcp
from unit.network.guests import SETTINGS, after, enabled, guest

DEBIAN_STATIC = """# This file describes the network interfaces
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

# the office
auto ens3
iface ens3 inet static
    address 10.0.0.5/24
    gateway 10.0.0.1
    hwaddress ether 52:54:00:12:34:56
iface ens3 inet6 auto

auto br0
iface br0 inet static
    address 192.168.7.1/24
    bridge_ports none
"""

DEBIAN_DHCP = """# This file describes the network interfaces
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

# the office
allow-hotplug ens3
iface ens3 inet dhcp

auto br0
iface br0 inet static
    address 192.168.7.1/24
    bridge_ports none

# The first card of an Azure machine
allow-hotplug eth0
iface eth0 inet dhcp
"""


def test_ifupdown_turns_a_fixed_address_into_dhcp_and_leaves_a_bridge_alone(tmp_path):
    tree = guest(tmp_path, {"/etc/network/interfaces": DEBIAN_STATIC})

    assert after(tree, "ifupdown") == {"/etc/network/interfaces": DEBIAN_DHCP}


def test_ifupdown_removes_a_drop_in_of_one_card_and_keeps_dhcp_on_eth0(tmp_path):
    eth0 = "allow-hotplug eth0\niface eth0 inet dhcp\n"
    main = "source interfaces.d/*\nauto lo\niface lo inet loopback\n"
    tree = guest(
        tmp_path,
        {
            "/etc/network/interfaces": main,
            "/etc/network/interfaces.d/eth0": eth0,
            "/etc/network/interfaces.d/ens3": "auto ens3\niface ens3 inet static\n  address 192.0.2.3/24\n",
        },
    )

    assert after(tree, "ifupdown") == {"/etc/network/interfaces.d/ens3": "allow-hotplug ens3\niface ens3 inet dhcp\n"}


@pytest.mark.parametrize(
    "source, read",
    [
        ("", []),
        ("source /etc/network/interfaces.d/*.cfg", ["a.cfg"]),
        ("source-directory interfaces.d", ["b_1"]),
        ("# source interfaces.d/*", []),
        ("source interfaces.d/a.cfg \\\n  interfaces.d/b_1", ["a.cfg", "b_1"]),
    ],
)
def test_ifupdown_reads_what_its_file_includes_and_no_more(tmp_path, source, read):
    stanza = "auto eth0\niface eth0 inet static\n  address 192.0.2.3/24\n"
    tree = guest(
        tmp_path,
        {
            "/etc/network/interfaces": f"auto lo\niface lo inet loopback\n{source}\n",
            **{f"/etc/network/interfaces.d/{name}": stanza for name in ("a.cfg", "b_1", "c.bak")},
        },
    )
    changed = after(tree, "ifupdown")

    assert [path for path in changed if "interfaces.d" in path] == [f"/etc/network/interfaces.d/{name}" for name in read]
    assert ("iface eth0 inet dhcp" in changed.get("/etc/network/interfaces", "")) == (read == [])


def test_ifupdown_starts_a_card_that_only_had_a_stanza(tmp_path):
    tree = guest(tmp_path, {"/etc/network/interfaces": "auto lo\niface lo inet loopback\niface eth0 inet dhcp\n"})

    assert after(tree, "ifupdown") == {
        "/etc/network/interfaces": "auto lo\niface lo inet loopback\niface eth0 inet dhcp\n\n# The first card of an Azure machine\nallow-hotplug eth0\n"
    }


@pytest.mark.parametrize("line", ["allow-hotplug eth0", "allow-auto eth0", "auto lo \\\n /eth*"])
def test_ifupdown_leaves_a_card_that_is_started(tmp_path, line):
    tree = guest(tmp_path, {"/etc/network/interfaces": f"{line}\niface lo inet loopback\niface eth0 inet dhcp\n"})

    assert after(tree, "ifupdown") == {}


def test_ifupdown_takes_continued_lines_for_one(tmp_path):
    tree = guest(
        tmp_path,
        {
            "/etc/network/interfaces": "auto lo \\\n eth0\niface lo inet loopback\n# the office \\\niface eth0 \\\n inet static\n"
            " up ip route add 192.0.2.0/24 \\\n  via 192.0.2.1\n"
        },
    )

    assert after(tree, "ifupdown") == {
        "/etc/network/interfaces": "auto lo\nallow-hotplug eth0\niface lo inet loopback\n# the office \\\niface eth0 inet dhcp\n"
    }


@pytest.mark.parametrize(
    "manager, files",
    [
        ("ifupdown", {"/etc/network/interfaces": DEBIAN_STATIC}),
        ("networkd", {"/etc/systemd/network/lan.network": "[Match]\nMACAddress=52:54:00:12:34:56\n[Network]\nDHCP=yes\n"}),
        ("networkmanager", {"/etc/NetworkManager/system-connections/lan.nmconnection": "[connection]\ntype=ethernet\ninterface-name=ens3\n"}),
        ("networkmanager", {"/etc/sysconfig/network-scripts/ifcfg-ens3": "DEVICE=ens3\nBOOTPROTO=static\nIPADDR=10.0.0.5\n"}),
        ("ifcfg", {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nHWADDR=52:54:00:12:34:56\nBOOTPROTO=dhcp\n"}),
        ("wicked", {"/etc/sysconfig/network/ifcfg-eth1": "BOOTPROTO='static'\n", "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\n'}),
        ("netplan", {"/etc/netplan/00-installer.yaml": "network: {ethernets: {ens3: {addresses: [10.0.0.5/24]}}}\n"}),
    ],
)
def test_a_second_run_changes_nothing(tmp_path, run_module, manager, files):
    guest(tmp_path, files)

    first = run_module("network_dhcp", root=tmp_path, manager=manager)
    second = run_module("network_dhcp", root=tmp_path, manager=manager)

    assert first["changed"] and not first["failed"]
    assert second["changed"] is False and second["files"] == []


def test_check_mode_predicts_and_writes_nothing(tmp_path, run_module):
    guest(tmp_path, {"/etc/network/interfaces": DEBIAN_STATIC})

    predicted = run_module("network_dhcp", root=tmp_path, manager="ifupdown", check=True)

    assert (tmp_path / "etc/network/interfaces").read_text() == DEBIAN_STATIC
    assert not (tmp_path / "etc/udev").exists()
    done = run_module("network_dhcp", root=tmp_path, manager="ifupdown")
    assert predicted["files"] == done["files"] and predicted["diff"] == done["diff"]


def test_networkd_keeps_a_file_for_any_card(tmp_path):
    tree = guest(tmp_path, {"/etc/systemd/network/20-dhcp.network": "[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\n"})

    assert after(tree, "networkd") == {}


@pytest.mark.parametrize("names", ["en*", "ens* enp*", "* !eth*"])
def test_networkd_asks_on_eth0_where_a_file_is_for_other_names_alone(tmp_path, names):
    tree = guest(tmp_path, {"/etc/systemd/network/20-wired.network": f"[Match]\nName={names}\n[Network]\nDHCP=yes\n"})

    assert list(after(tree, "networkd")) == ["/etc/systemd/network/50-azure-dhcp.network"]


def test_networkd_replaces_a_file_with_a_fixed_address(tmp_path):
    tree = guest(
        tmp_path,
        {
            "/etc/systemd/network/lan.network": "[Match]\nName=e*\n[Network]\nAddress=10.0.0.5/24\n",
            "/etc/systemd/network/br0.network": "[Match]\nName=br0\n[Network]\nAddress=10.1.0.1/24\n",
        },
    )

    changed = after(tree, "networkd")

    assert changed["/etc/systemd/network/lan.network"] is None
    assert "Name=en* eth*" in changed["/etc/systemd/network/50-azure-dhcp.network"]
    assert "/etc/systemd/network/br0.network" not in changed


def test_networkmanager_replaces_profiles_of_single_cards_but_not_of_a_vpn(tmp_path):
    folder = "/etc/NetworkManager/system-connections"
    tree = guest(
        tmp_path,
        {
            f"{folder}/ens3.nmconnection": "[connection]\nid=ens3\ntype=ethernet\n\n[ethernet]\nmac-address=52:54:00:12:34:56\n\n[ipv4]\nmethod=manual\n",
            f"{folder}/vpn.nmconnection": "[connection]\nid=vpn\ntype=wireguard\n",
        },
    )

    changed = after(tree, "networkmanager")

    assert sorted(changed) == [f"{folder}/azure-ethernet.nmconnection", f"{folder}/ens3.nmconnection"]
    assert changed[f"{folder}/ens3.nmconnection"] is None
    assert "method=auto" in changed[f"{folder}/azure-ethernet.nmconnection"]


def test_networkmanager_replaces_keyfiles_where_ifcfg_files_are_there_too(tmp_path, run_module):
    folder, old = "/etc/NetworkManager/system-connections", "/etc/sysconfig/network-scripts"
    tree = guest(
        tmp_path,
        {
            f"{folder}/ens3.nmconnection": "[connection]\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=10.0.0.5/24\n",
            f"{old}/ifcfg-ens4": "DEVICE=ens4\nBOOTPROTO=static\nIPADDR=10.0.0.6\n",
        },
    )

    changed = after(tree, "networkmanager")

    assert changed[f"{folder}/ens3.nmconnection"] is None and changed[f"{old}/ifcfg-ens4"] is None
    assert "method=auto" in changed[f"{folder}/azure-ethernet.nmconnection"] and len(changed) == 3
    run_module("network_dhcp", root=tmp_path, manager="networkmanager")
    assert not run_module("network_dhcp", root=tmp_path, manager="networkmanager")["changed"]


def test_networkmanager_goes_on_with_keyfiles_where_a_run_was_stopped_between_the_two(tmp_path, run_module):
    tree = guest(
        tmp_path,
        {
            "/etc/NetworkManager/system-connections/azure-ethernet.nmconnection": "[connection]\ntype=ethernet\n",
            "/etc/sysconfig/network-scripts/ifcfg-ens4": "DEVICE=ens4\nBOOTPROTO=static\nIPADDR=192.0.2.6\n",
        },
    )

    changed = after(tree, "networkmanager")

    assert changed["/etc/sysconfig/network-scripts/ifcfg-ens4"] is None
    assert [path for path in changed if path.startswith("/etc/sysconfig")] == ["/etc/sysconfig/network-scripts/ifcfg-ens4"]


@pytest.mark.parametrize("name", ["ifcfg-ens3.bak", "ifcfg-ens3~", "ifcfg-eth0.rpmsave"])
def test_a_copy_of_an_ifcfg_file_is_none(tmp_path, name):
    tree = guest(tmp_path, {f"/etc/sysconfig/network-scripts/{name}": "DEVICE=ens3\nBOOTPROTO=static\nIPADDR=10.0.0.6\n"})

    assert list(after(tree, "networkmanager")) == ["/etc/NetworkManager/system-connections/azure-ethernet.nmconnection"]


def test_a_further_address_of_a_card_goes_with_its_ifcfg_file(tmp_path):
    path = "/etc/sysconfig/network-scripts/ifcfg-eth0:1"
    tree = guest(tmp_path, {path: "DEVICE=eth0:1\nIPADDR=10.0.0.7\n"})

    assert after(tree, "ifcfg")[path] is None


def test_a_keyfile_is_readable_by_root_alone(tmp_path, run_module):
    guest(tmp_path, {"/etc/NetworkManager/NetworkManager.conf": "[main]\n"})

    run_module("network_dhcp", root=tmp_path, manager="networkmanager")

    assert (tmp_path / "etc/NetworkManager/system-connections/azure-ethernet.nmconnection").stat().st_mode & 0o777 == 0o600


def test_red_hat_7_gets_the_ifcfg_of_the_documents(tmp_path):
    folder = "/etc/sysconfig/network-scripts"
    tree = guest(
        tmp_path,
        {
            f"{folder}/ifcfg-ens192": "TYPE=Ethernet\nBOOTPROTO=none\nUUID=0d0b\nHWADDR=52:54:00:12:34:56\nIPADDR=10.0.0.5\n",
            f"{folder}/ifcfg-lo": "DEVICE=lo\n",
            "/etc/sysconfig/network": "# Created by anaconda\n",
        },
    )

    assert after(tree, "networkmanager") == {
        f"{folder}/ifcfg-ens192": None,
        f"{folder}/ifcfg-eth0": "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\nTYPE=Ethernet\nUSERCTL=no\nPEERDNS=yes\nIPV6INIT=no\n"
        "PERSISTENT_DHCLIENT=yes\nNM_CONTROLLED=yes\n",
        "/etc/sysconfig/network": "# Created by anaconda\nNETWORKING=yes\n",
    }


def test_red_hat_6_forgets_its_name(tmp_path):
    tree = guest(tmp_path, {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\n", "/etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=build7\n"})

    assert after(tree, "ifcfg")["/etc/sysconfig/network"] == "NETWORKING=yes\nHOSTNAME=localhost.localdomain\n"


def test_suse_takes_no_name_from_dhcp(tmp_path):
    tree = guest(
        tmp_path,
        {
            "/etc/sysconfig/network/ifcfg-eth1": "BOOTPROTO='static'\n",
            "/etc/sysconfig/network/dhcp": '# a\nDHCLIENT_SET_HOSTNAME="yes"\nWRITE_HOSTNAME_TO_HOSTS="no"\n',
        },
    )

    assert after(tree, "wicked") == {
        "/etc/sysconfig/network/ifcfg-eth1": None,
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
        "/etc/sysconfig/network/dhcp": '# a\nDHCLIENT_SET_HOSTNAME="no"\nWRITE_HOSTNAME_TO_HOSTS="no"\n',
    }


def test_netplan_is_left_to_cloud_init_where_it_provisions(tmp_path):
    tree = guest(tmp_path, {"/etc/netplan/50-cloud-init.yaml": "network: {}\n"})

    assert after(tree, "netplan", cloud_init=True) == {"/etc/netplan/50-cloud-init.yaml": None}
    assert "dhcp4: true" in after(tree, "netplan")["/etc/netplan/50-azure.yaml"]


def test_names_by_mac_address_go_and_other_rules_stay(tmp_path):
    tree = guest(
        tmp_path,
        {
            "/etc/network/interfaces": "allow-hotplug eth0\niface eth0 inet dhcp\n",
            "/etc/udev/rules.d/70-persistent-net.rules": "# empty\n",
            "/etc/udev/rules.d/10-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="lan0"\n',
            "/etc/udev/rules.d/60-disk.rules": 'SUBSYSTEM=="block", ATTR{size}=="1", NAME="x"\n',
            "/etc/systemd/network/10-lan.link": "[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=lan0\n",
            "/etc/systemd/network/99-default.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=kernel\n",
        },
    )

    assert after(tree, "ifupdown") == {
        "/etc/udev/rules.d/70-persistent-net.rules": None,
        "/etc/udev/rules.d/10-net.rules": None,
        "/etc/systemd/network/10-lan.link": None,
    }


@pytest.mark.parametrize(
    "manager, path",
    [
        ("networkd", "/etc/systemd/network/01-azure-unmanaged-sriov.network"),
        ("networkmanager", "/etc/NetworkManager/conf.d/99-azure-unmanaged-devices.conf"),
        ("ifupdown", "/etc/udev/rules.d/10-azure-unmanaged-sriov.rules"),
    ],
)
def test_every_driver_of_virtual_functions_is_left_alone(tmp_path, manager, path):
    written = {change.path: change.after for change in network_dhcp.plan(LiveTree(str(tmp_path)), manager, SETTINGS)}

    assert all(driver in written[path] for driver in ("mana", "mlx4_core", "mlx5_core"))


def test_the_rule_of_azure_vm_utils_is_not_doubled(tmp_path):
    tree = guest(tmp_path, {"/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules": "# theirs\n"})

    assert "/etc/udev/rules.d/10-azure-unmanaged-sriov.rules" not in {c.path for c in network_dhcp.plan(tree, "ifupdown", SETTINGS)}


@pytest.mark.parametrize("manager", ["networkd", "networkmanager", "ifupdown", "netplan"])
def test_without_drivers_no_rule_for_virtual_functions_is_written(tmp_path, manager):
    changes = network_dhcp.plan(LiveTree(str(tmp_path)), manager, SETTINGS._replace(unmanaged_drivers=[]))

    assert not [change.path for change in changes if "unmanaged" in change.path]


@pytest.mark.parametrize("folder", ["/lib", "/usr/lib"])
def test_the_writer_of_persistent_names_is_put_out_of_action_where_there_is_one(tmp_path, run_module, folder):
    name = "75-persistent-net-generator.rules"
    guest(
        tmp_path,
        {
            f"{folder}/udev/rules.d/{name}": 'ACTION=="add", SUBSYSTEM=="net", IMPORT{program}="write_net_rules"\n',
            "/etc/rc3.d/S10network": "->../init.d/network",
            "/etc/init.d/network": "#!/bin/sh\n",
        },
    )

    assert "/etc/udev/rules.d/" + name in [file["path"] for file in run_module("network_dhcp", root=tmp_path)["files"]]
    assert all(line.startswith("#") for line in (tmp_path / "etc/udev/rules.d" / name).read_text().splitlines())
    assert not run_module("network_dhcp", root=tmp_path)["changed"]


def test_a_link_to_nothing_in_the_place_of_that_writer_stays(tmp_path):
    name = "udev/rules.d/75-persistent-net-generator.rules"
    tree = guest(tmp_path, {"/lib/" + name: "x\n", "/etc/" + name: "->/dev/null"})

    assert "/etc/" + name not in {change.path for change in network_dhcp.plan(tree, "ifcfg", SETTINGS)}


@pytest.mark.parametrize(
    "files, found",
    [
        ({"/etc/init.d/rc3.d/S05network": "->../network", "/etc/init.d/network": "#!/bin/sh\n", "/etc/sysconfig/network/config": "\n"}, ["wicked"]),
        ({**enabled("NetworkManager"), **enabled("network")}, ["networkmanager"]),
        (
            {
                **enabled("networking"),
                "/etc/network/interfaces": "auto lo\niface lo inet loopback\n",
                **enabled("systemd-networkd"),
                "/etc/systemd/network/a.network": "[Match]\nName=en*\n",
            },
            ["networkd"],
        ),
        ({**enabled("networking"), "/etc/network/interfaces": DEBIAN_STATIC}, ["ifupdown"]),
        ({"/etc/rc3.d/S10network": "->../init.d/network", "/etc/init.d/network": "#!/bin/sh\n"}, ["ifcfg"]),
        ({"/etc/runlevels/boot/networking": "->/etc/init.d/networking", "/etc/init.d/networking": "#!/sbin/openrc-run\n"}, ["ifupdown"]),
        ({"/etc/systemd/system/multi-user.target.wants/NetworkManager.service": "->/usr/lib/systemd/system/NetworkManager.service"}, []),
        ({"/etc/rc3.d/S10network": "->../init.d/network"}, []),
        ({**enabled("wicked")}, ["wicked"]),
        ({**enabled("systemd-networkd"), "/etc/netplan/a.yaml": "network: {}\n"}, ["netplan"]),
        ({**enabled("systemd-networkd"), "/usr/sbin/netplan": "", "/usr/bin/cloud-init": ""}, ["netplan"]),
        ({**enabled("systemd-networkd"), "/etc/systemd/system/systemd-networkd.service": "->/dev/null"}, []),
    ],
)
def test_the_manager_is_the_one_that_starts_at_boot(tmp_path, files, found):
    assert managers.active(guest(tmp_path, files)) == found


def test_two_managers_are_an_error_that_names_both(tmp_path):
    tree = guest(tmp_path, {**enabled("NetworkManager"), **enabled("networking"), "/etc/network/interfaces": DEBIAN_STATIC})

    with pytest.raises(
        ImagewrightError,
        match=r"networkmanager \(/etc/systemd/system/multi-user.target.wants/NetworkManager.service\) and "
        r"ifupdown \(/etc/systemd/system/multi-user.target.wants/networking.service\) are both enabled.*disable all but one.*option manager",
    ):
        managers.choose(tree)
    assert managers.choose(tree, "ifupdown") == "ifupdown"


def test_no_manager_is_an_error_and_changes_nothing(tmp_path, run_module):
    result = run_module("network_dhcp", root=tmp_path)

    assert result["failed"] and "no network manager is enabled" in result["msg"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name, expected",
    [
        ("eth0", True),
        ("ens3", True),
        ("enp1s0f0", True),
        ("eno1", True),
        ("en*", True),
        ("e*", True),
        ("em1", True),
        ("enx525400123456", True),
        ("br0", False),
        ("lo", False),
        ("bond0", False),
        ("eth0.7", False),
        ("wg0", False),
        ("vlan7", False),
        ("docker0", False),
    ],
)
def test_ethernet_cards_are_told_by_their_names(name, expected):
    assert is_ethernet(name) is expected


IFCFG = {"/etc/sysconfig/network-scripts/ifcfg-ens3": "DEVICE=ens3\nBOOTPROTO=none\nIPADDR=192.0.2.9\n"}
PLUGINS = "/usr/lib64/NetworkManager"


@pytest.mark.parametrize(
    "files, keyfile",
    [
        # RHEL 7 to 9: a directory of the version; RHEL 6: none; 32 bits
        ({f"{PLUGINS}/1.18.8-1.el7/libnm-settings-plugin-ifcfg-rh.so": "", "/etc/os-release": 'ID="rhel"\nVERSION_ID="7.9"\n'}, False),
        ({f"{PLUGINS}/1.46.0-1.el9/libnm-settings-plugin-ifcfg-rh.so": "", "/etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n'}, False),
        ({f"{PLUGINS}/libnm-settings-plugin-ifcfg-rh.so": ""}, False),
        ({"/usr/lib/NetworkManager/libnm-settings-plugin-ifcfg-rh.so": ""}, False),
        # Fedora with the package of its own, and without
        ({f"{PLUGINS}/1.50.0-1.fc40/libnm-settings-plugin-ifcfg-rh.so": "", "/etc/os-release": "ID=fedora\nVERSION_ID=40\n"}, False),
        ({f"{PLUGINS}/1.50.0-1.fc41/libnm-device-plugin-wifi.so": "", "/etc/os-release": "ID=fedora\nVERSION_ID=41\n"}, True),
        # RHEL 10
        ({f"{PLUGINS}/1.52.0-1.el10/libnm-device-plugin-team.so": "", "/etc/os-release": 'ID="rhel"\nVERSION_ID="10.0"\n'}, True),
        # trees without /usr
        ({"/etc/os-release": 'ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.0"\n'}, True),
        ({"/etc/os-release": 'ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="10"\n'}, True),
        ({"/etc/os-release": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.5"\n'}, False),
        ({"/etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n"}, False),
        ({}, False),
    ],
)
def test_ifcfg_files_are_written_where_networkmanager_reads_them(tmp_path, run_module, files, keyfile):
    tree = guest(tmp_path, {**IFCFG, **files})

    changed = after(tree, "networkmanager")

    assert changed["/etc/sysconfig/network-scripts/ifcfg-ens3"] is None
    assert ("/etc/sysconfig/network-scripts/ifcfg-eth0" in changed) is not keyfile
    assert ("/etc/NetworkManager/system-connections/azure-ethernet.nmconnection" in changed) is keyfile
    run_module("network_dhcp", root=tmp_path, manager="networkmanager")
    assert not run_module("network_dhcp", root=tmp_path, manager="networkmanager")["changed"]


UBUNTU = {
    **enabled("systemd-networkd"),
    "/usr/sbin/netplan": "",
    "/usr/bin/cloud-init": "",
    "/usr/lib/systemd/systemd": "",
    "/usr/lib/systemd/system/cloud-init.service": "[Install]\n",
    "/etc/netplan/00-installer-config.yaml": "network: {}\n",
    "/etc/systemd/system/cloud-init.target.wants/cloud-init.service": "->/usr/lib/systemd/system/cloud-init.service",
}
DROP_INS = "/etc/cloud/cloud.cfg.d"
DISABLED = "network: {config: disabled}\n"


@pytest.mark.parametrize(
    "files, left",
    [
        ({}, True),
        ({"/etc/cloud/cloud-init.disabled": ""}, False),
        ({"/etc/systemd/system/cloud-init.service": "->/dev/null"}, False),
        ({"/etc/cloud/cloud.cfg": "network:\n  config: disabled\n"}, False),
        ({f"{DROP_INS}/99-local.cfg": DISABLED}, False),
        ({f"{DROP_INS}/99-local.cfg": "# " + DISABLED}, True),
        ({f"{DROP_INS}/subiquity-disable-cloudinit-networking.cfg": DISABLED, f"{DROP_INS}/50-curtin-networking.cfg": "network: {version: 2}\n"}, True),
    ],
)
def test_the_network_is_left_to_a_cloud_init_that_will_set_it_up(tmp_path, run_module, files, left):
    guest(tmp_path, {**UBUNTU, **files})

    predicted = run_module("network_dhcp", root=tmp_path, check=True)
    done = run_module("network_dhcp", root=tmp_path)

    assert done["cloud_init"] is left and predicted["files"] == done["files"]
    assert not (tmp_path / "etc/netplan/00-installer-config.yaml").exists()
    assert (tmp_path / "etc/netplan/50-azure.yaml").exists() is not left
    assert not left or not (tmp_path / f"{DROP_INS}/subiquity-disable-cloudinit-networking.cfg".lstrip("/")).exists()
    assert not left or not (tmp_path / f"{DROP_INS}/50-curtin-networking.cfg".lstrip("/")).exists()
    assert not run_module("network_dhcp", root=tmp_path)["changed"]


def test_what_ubuntus_installer_wrote_stays_where_cloud_init_is_off(tmp_path, run_module):
    path = f"{DROP_INS}/50-curtin-networking.cfg"
    guest(tmp_path, {**UBUNTU, "/etc/cloud/cloud-init.disabled": "", path: "network: {}\n"})

    assert path not in [file["path"] for file in run_module("network_dhcp", root=tmp_path)["files"]]


@pytest.mark.parametrize("word, taken", [(True, True), ("true", True), (False, False), ("false", False), ("auto", True)])
def test_whether_cloud_init_sets_up_the_network_may_be_said(tmp_path, run_module, word, taken):
    guest(tmp_path, UBUNTU)

    assert run_module("network_dhcp", root=tmp_path, cloud_init=word)["cloud_init"] is taken
