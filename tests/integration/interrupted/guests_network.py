# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of each network manager."""

from integration.interrupted.guests_text import text_case

RED_HAT, SUSE = "/etc/sysconfig/network-scripts", "/etc/sysconfig/network"

#: {manager: files of a guest whose first card has a fixed address}
MANAGERS = {
    "ifupdown": {
        "/etc/network/interfaces": "source interfaces.d/*\nauto lo\niface lo inet loopback\n",
        "/etc/network/interfaces.d/ens3": "auto ens3\niface ens3 inet static\n  address 192.0.2.3/24\n",
    },
    "networkd": {"/etc/systemd/network/lan.network": "[Match]\nMACAddress=52:54:00:12:34:56\n[Network]\nAddress=192.0.2.3/24\n"},
    "networkmanager": {
        "/etc/NetworkManager/system-connections/lan.nmconnection": "[connection]\ntype=ethernet\ninterface-name=ens3\n",
        f"{RED_HAT}/ifcfg-ens4": "DEVICE=ens4\nBOOTPROTO=static\nIPADDR=192.0.2.6\n",
    },
    "netplan": {"/etc/netplan/00-installer.yaml": "network: {ethernets: {ens3: {addresses: [192.0.2.5/24]}}}\n"},
    "ifcfg": {
        f"{RED_HAT}/ifcfg-ens192": "DEVICE=ens192\nHWADDR=52:54:00:12:34:56\nBOOTPROTO=none\nIPADDR=192.0.2.5\n",
        "/etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=build7\n",
    },
    "wicked": {f"{SUSE}/ifcfg-eth1": "BOOTPROTO='static'\n", f"{SUSE}/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\n'},
}
NAMES = {"/etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth7"\n', "/etc/hostname": "x\n"}

CASES = [
    text_case(f"network_dhcp, {manager}", "network_dhcp", dict(files, **NAMES), backup, manager=manager)
    for manager, files in MANAGERS.items()
    for backup in (False, True)
    if not backup or manager == "networkmanager"
]
