# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of managers that leave the lease's name servers out, and of NetworkManager beside the network script."""

from unit.readiness.cases.common import MANAGED_BY_NETWORKMANAGER, PROFILE
from unit.readiness.guest_tree import UNITS, WANTS

_KEYFILE, _IFCFG = "/etc/NetworkManager/system-connections/card.nmconnection", "/etc/sysconfig/network-scripts/ifcfg-eth0"
_CONF = "/etc/NetworkManager/conf.d/90-own.conf"
_DHCP = "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\nTYPE=Ethernet\n"
#: The network script of Red Hat beside NetworkManager, or alone.
_SCRIPT = {"/etc/init.d/network": "#!/bin/sh\n", "/etc/rc.d/rc3.d/S10network": ("link", "/etc/init.d/network"), "/sbin/dhclient": "program"}
_WITHOUT_MANAGER = {path: content for path, content in MANAGED_BY_NETWORKMANAGER.items() if "NetworkManager" not in path}
_BY_SCRIPT = {**_WITHOUT_MANAGER, **_SCRIPT}
_BY_WICKED = {
    **_WITHOUT_MANAGER,
    f"{UNITS}/wicked.service": "[Install]\n",
    f"{WANTS}/wicked.service": ("link", f"{UNITS}/wicked.service"),
    "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
}
_OF_WICKED, _FIXED = "/etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO='static'\nIPADDR='10.1.1.5/24'\nSTARTMODE='auto'\n"
_SUSE16 = {"/etc/os-release": 'ID="sles"\nID_LIKE="suse opensuse"\nVERSION_ID="16.0"\nPRETTY_NAME="SUSE Linux Enterprise Server 16.0"\n'}
_RHEL9, _RHEL10 = (
    {"/etc/os-release": f'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="{version}"\nPRETTY_NAME="Red Hat {version}"\n'} for version in ("9.4", "10.0")
)
_NSSWITCH = "/etc/nsswitch.conf"
_NETCONFIG = "/etc/sysconfig/network/config"
_NETWORKD = "/etc/systemd/network/10-azure.network"
_NETPLAN = "/etc/netplan/01-net.yaml"
_WITHOUT_CLOUD_INIT = {f"{WANTS}/cloud-init.service": None, f"{WANTS}/cloud-init-local.service": None}
_BY_RESOLVED = {f"{UNITS}/systemd-resolved.service": "[Install]\n", f"{WANTS}/systemd-resolved.service": ("link", f"{UNITS}/systemd-resolved.service")}


def _keyfile(ipv4="", ipv6=""):
    return {**MANAGED_BY_NETWORKMANAGER, _KEYFILE: f"{PROFILE}[ipv4]\nmethod=auto\n{ipv4}[ipv6]\nmethod=auto\n{ipv6}"}


def _ifcfg(more, files=MANAGED_BY_NETWORKMANAGER):
    return {**files, _IFCFG: _DHCP + more}


def _conf(text):
    return {**_keyfile(), _CONF: text}


def _networkd(more):
    return {**_WITHOUT_CLOUD_INIT, _NETWORKD: f"[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n{more}"}


def _netplan(more):
    card = "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n"
    return {**_WITHOUT_CLOUD_INIT, _NETWORKD: None, _NETPLAN: card + more, "/usr/sbin/netplan": "program"}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R72", _keyfile("ignore-auto-dns=true\n"), (_KEYFILE, 6)),
    ("R72", _keyfile("ignore-auto-dns=yes\ndns=192.168.1.1;10.1.1.1;\n"), (_KEYFILE, 6)),
    ("R72", _ifcfg("PEERDNS=no\nDNS1=192.168.1.1\n"), (_IFCFG, 5)),
    ("R72", _ifcfg("PEERDNS='no'\n", _BY_SCRIPT), (_IFCFG, 5)),
    ("R72", _conf("[global-dns-domain-*]\nservers=192.168.1.1,192.168.1.2\n"), (_CONF, 2)),
    ("R72", _conf("[main]\ndns=none\n"), (_CONF, 2)),
    ("R72", _conf("[main]\nrc-manager=unmanaged\n"), (_CONF, 2)),
    ("R72", {**_conf("[main]\ndns=none\n"), "/etc/resolv.conf": "nameserver 192.168.1.1\n"}, ("/etc/resolv.conf", 1)),
    ("R34c", {**_BY_WICKED, **_SUSE16, _OF_WICKED: _FIXED}, (_OF_WICKED, 1)),
    ("R34c", {**MANAGED_BY_NETWORKMANAGER, **_RHEL9, _IFCFG: "DEVICE=eth0\nBOOTPROTO=none\nIPADDR=10.1.1.5\n"}, (_IFCFG, 3)),
    ("R72", {**_BY_WICKED, _NETCONFIG: 'NETCONFIG_DNS_POLICY=""\n'}, (_NETCONFIG, 1)),
    ("R72", {**_BY_WICKED, _NETCONFIG: 'NETCONFIG_DNS_POLICY="STATIC"\nNETCONFIG_DNS_STATIC_SERVERS="192.168.1.1"\n'}, (_NETCONFIG, 1)),
    ("R72", _networkd("[DHCPv4]\nUseDNS=no\n"), (_NETWORKD, 7)),
    ("R72", _networkd("DNS=192.168.1.1\n[DHCP]\nUseDNS=false\n"), (_NETWORKD, 8)),
    ("R72", _netplan("      dhcp4-overrides: {use-dns: false}\n"), (_NETPLAN, 6)),
    ("R72", _netplan("      nameservers: {addresses: [10.0.0.1]}\n      dhcp4-overrides:\n        use-dns: false\n"), (_NETPLAN, 7)),
    *[("R72", {_NSSWITCH: f"passwd: files\nhosts: {sources}\n"}, (_NSSWITCH, 2)) for sources in ("files", "files myhostname", "files # dns")],
    ("R34b", _keyfile(ipv6="may-fail=false\n"), (_KEYFILE, 8)),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, _KEYFILE: f"{PROFILE}[ipv4]\nmethod=auto\n[ipv6]\nmethod=dhcp\nmay-fail=no\n"}, (_KEYFILE, 8)),
    ("R34b", _ifcfg("IPV6INIT=yes\nIPV6_FAILURE_FATAL=yes\n"), (_IFCFG, 6)),
    ("R34b", _ifcfg("MTU=200\n"), (_IFCFG, 5)),
    ("R34b", _ifcfg("NM_CONTROLLED=no\n"), (_IFCFG, 5)),  # and nobody else
    ("R34b", _ifcfg("NM_CONTROLLED=no\nONBOOT=no\n", {**MANAGED_BY_NETWORKMANAGER, **_SCRIPT}), (_IFCFG, 6)),
    ("R34b", {**_BY_SCRIPT, _IFCFG: _DHCP.replace("\n", "\r\n")}, (_IFCFG, 1)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    *[("R72", _keyfile(dns)) for dns in ("", "dns=192.168.1.1;\n", "ignore-auto-dns=false\n", "ignore-auto-dns=true\ndns=168.63.129.16;\n")],
    ("R72", {**_keyfile("ignore-auto-dns=true\n"), _KEYFILE.replace("card", "other"): "[connection]\nid=o\ntype=ethernet\nautoconnect-priority=9\n"}),
    *[
        ("R72", _ifcfg(more, files))
        for files in (MANAGED_BY_NETWORKMANAGER, _BY_SCRIPT)
        for more in ("PEERDNS=yes\nDNS1=10.0.0.4\n", "PEERDNS=no\nDNS1=9.9.9.9\n")
    ],
    ("R72", _conf("[global-dns-domain-*]\nservers=9.9.9.9\n")),
    ("R72", _conf("[global-dns-domain-example.com]\nservers=192.168.1.1\n")),
    ("R72", _conf("[main]\ndns=default\nrc-manager=symlink\n")),
    ("R72", {**_conf("[main]\ndns=none\n"), "/etc/resolv.conf": "nameserver 9.9.9.9\n"}),
    *[
        ("R72", {**_BY_WICKED, _NETCONFIG: f"{policy}\nNETCONFIG_DNS_STATIC_SERVERS='10.0.0.4'\n"})
        for policy in ("", "NETCONFIG_DNS_POLICY='STATIC_FALLBACK auto'")
    ],
    ("R72", {**_BY_WICKED, _NETCONFIG: "NETCONFIG_DNS_POLICY='STATIC'\nNETCONFIG_DNS_STATIC_SERVERS='9.9.9.9'\n"}),
    ("R72", _networkd("DNS=192.168.1.1\n")),
    ("R72", _networkd("DNS=9.9.9.9\n[DHCPv4]\nUseDNS=no\n")),
    ("R72", {**_networkd("[DHCPv4]\nUseDNS=no\n"), **_BY_RESOLVED, "/etc/systemd/resolved.conf.d/own.conf": "[Resolve]\nDNS=9.9.9.9\n"}),
    ("R72", {**_networkd("[DHCPv4]\nUseDNS=no\n"), "/etc/resolv.conf": "nameserver 168.63.129.16\n"}),
    ("R72", _netplan("      nameservers: {addresses: [10.0.0.1]}\n")),
    ("R72", _netplan("      nameservers: {addresses: [9.9.9.9]}\n      dhcp4-overrides: {use-dns: false}\n")),
    *[("R34b", _keyfile(ipv6=more)) for more in ("may-fail=true\n", "method=link-local\nmay-fail=false\n", "method=disabled\nmay-fail=false\n")],
    *[
        ("R72", {_NSSWITCH: f"passwd: files\nhosts: {sources}\n"})
        for sources in ("files dns", "mymachines resolve [!UNAVAIL=return] files myhostname dns", "sss")
    ],
    ("R72", {_NSSWITCH: "passwd: files\n"}),
    ("R34b", _keyfile("may-fail=false\n")),
    # what an upgrade left of a tool that is gone
    *[(rule, {**MANAGED_BY_NETWORKMANAGER, **_SUSE16, _OF_WICKED: f"{_FIXED}LLADDR='52:54:00:12:34:56'\n"}) for rule in ("R34c", "R34d")],
    ("R34c", {**MANAGED_BY_NETWORKMANAGER, **_RHEL10, _IFCFG: "DEVICE=eth0\nBOOTPROTO=static\nIPADDR=10.1.1.5\n"}),
    *[
        ("R34b", _ifcfg(more))
        for more in ("IPV6INIT=no\nIPV6_FAILURE_FATAL=yes\n", "IPV4_FAILURE_FATAL=yes\nIPV6INIT=yes\nIPV6_FAILURE_FATAL=no\n", "MTU=9000\n")
    ],
    # as Azure's own page for Red Hat had it: the network script sets up what NetworkManager leaves alone
    ("R34b", _ifcfg("NM_CONTROLLED=no\n", {**MANAGED_BY_NETWORKMANAGER, **_SCRIPT})),
    ("R34b", {**_BY_SCRIPT, _IFCFG: _DHCP}),
]
