# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the network."""

from unit.readiness.cases.common import MANAGED_BY_NETWORKMANAGER, PROFILE
from unit.readiness.guest_tree import UNITS, WANTS

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R34a", {f"{WANTS}/systemd-networkd.service": None, "/etc/systemd/network/10-azure.network": None}, ("/etc/systemd/system", None)),
    ("R34a", {f"{WANTS}/systemd-networkd.service": None, f"{WANTS}/NetworkManager.service": ("link", f"{UNITS}/NetworkManager.service")},
     ("/etc/systemd/system", None)),
    ("R34b", {"/etc/systemd/network/10-azure.network": "[Match]\nName=ens3\n\n[Network]\nDHCP=yes\n", f"{WANTS}/cloud-init.service": None,
              f"{WANTS}/cloud-init-local.service": None}, ("/etc/systemd/network/10-azure.network", 2)),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/system-connections/ens3.nmconnection": PROFILE + "interface-name=ens3\n"},
     ("/usr/lib/NetworkManager/conf.d/00-server.conf", 2)),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/system-connections/any.nmconnection": PROFILE + "[ipv4]\nmethod=disabled\n"},
     ("/etc/NetworkManager/system-connections/any.nmconnection", 5)),
    ("R34b", {"/etc/systemd/network/10-azure.network": "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n", f"{WANTS}/cloud-init.service": None,
              f"{WANTS}/cloud-init-local.service": None}, ("/etc/systemd/network/10-azure.network", 2)),
    ("R34b", {"/etc/systemd/network/10-azure.network": None, f"{WANTS}/cloud-init.service": None, f"{WANTS}/cloud-init-local.service": None,
              "/etc/network/interfaces": "iface eth0 inet dhcp\n"}, ("/etc/network/interfaces", 1)),
    ("R34c", {"/etc/systemd/network/10-azure.network": "[Match]\nName=eth0\n\n[Network]\nAddress=10.1.2.3/24\n"},
     ("/etc/systemd/network/10-azure.network", 5)),
    ("R34c", {"/etc/network/interfaces": "auto eth0\niface eth0 inet static\n  address 10.1.2.3\n"}, ("/etc/network/interfaces", 2)),
    ("R34d", {"/etc/systemd/network/10-azure.network": "[Match]\nMACAddress=52:54:00:12:34:56\n\n[Network]\nDHCP=yes\n"},
     ("/etc/systemd/network/10-azure.network", 2)),
    ("R34d", {"/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nLLADDR='52:54:00:12:34:56'\n"}, ("/etc/sysconfig/network/ifcfg-eth0", 2)),
    ("R34e", {"/etc/sysconfig/network/dhcp": "# x\nDHCLIENT_SET_HOSTNAME=\"yes\"\n"}, ("/etc/sysconfig/network/dhcp", 2)),
    ("R34f", {"/etc/systemd/network/10-azure.network": "[Match]\nName=eth0\n\n[Network]\nBond=bond0\n"}, ("/etc/systemd/network/10-azure.network", 5)),
    ("R35", {"/etc/udev/rules.d/70-persistent-net.rules": '# card\nSUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"\n'},
     ("/etc/udev/rules.d/70-persistent-net.rules", 2)),
    ("R36", {"/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules": None}, ("/etc/udev/rules.d", None)),
    ("R38", {"/usr/lib/udev/rules.d/80-azure-disk.rules": None}, ("/usr/lib/udev/rules.d", None)),
    ("R39b", {"/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n", f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
              f"{UNITS}/networking.service": "[Install]\n"}, ("/sbin/dhclient", None)),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R34e", {"/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="no"\n'}),
    ("R39b", {"/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n", f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
              f"{UNITS}/networking.service": "[Install]\n", "/sbin/dhclient": "program"}),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [("R34b", {**MANAGED_BY_NETWORKMANAGER, **files}) for files in [
    {"/etc/NetworkManager/system-connections/any.nmconnection": PROFILE},
    {"/etc/NetworkManager/system-connections/eth0.nmconnection": PROFILE + "interface-name=eth0\n[ipv4]\nmethod=auto\n"},
    {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n"},
    {"/etc/NetworkManager/conf.d/00-server.conf": "# replaces the one of the package\n"},
]]
