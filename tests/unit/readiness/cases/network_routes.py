# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what takes the place of the lease's routes, and of the first card itself."""

from unit.readiness.cases.common import MANAGED_BY_NETWORKMANAGER, PROFILE
from unit.readiness.guest_tree import UNITS, WANTS

_LEFT_ALONE = {"/etc/cloud/cloud.cfg.d/99-x.cfg": "network: {config: disabled}\n"}
_FILE = "/etc/systemd/network/10-azure.network"
_KEYFILE = "/etc/NetworkManager/system-connections/card.nmconnection"
_INTERFACES = "/etc/network/interfaces"
_PLAN = "/etc/netplan/50-own.yaml"
_OLD = {"/usr/lib/systemd/libsystemd-shared-247.so": ""}
_BY_IFUPDOWN = {
    **_LEFT_ALONE,
    f"{WANTS}/systemd-networkd.service": None,
    _FILE: None,
    f"{UNITS}/networking.service": "[Install]\n",
    f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
    "/sbin/dhclient": "program",
}
_ROUTE_8 = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"


def _networkd(more, match=_ROUTE_8):
    return {**_LEFT_ALONE, _FILE: match + more}


def _keyfile(more):
    return {**MANAGED_BY_NETWORKMANAGER, "/etc/cloud/cloud.cfg": None, _KEYFILE: PROFILE + more}


def _ifupdown(more):
    return {**_BY_IFUPDOWN, _INTERFACES: "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n" + more}


def _netplan(more):
    return {
        **_LEFT_ALONE,
        "/usr/lib/systemd/system-generators/netplan": ("program", "netplan"),
        _FILE: None,
        _PLAN: "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n" + more,
    }


_FIXED_BESIDE_A_SLIP = "network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses: [192.0.2.9/24]\n  bonds:\n    bond0:\n      slaves: [eth1]\n"

#: A generator of netplan's that passes over what it refuses.
_GOES_ON = {"/usr/libexec/netplan/generate": "generate --ignore-errors"}

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R34i", _networkd("[Route]\nDestination=168.63.129.16/32\nType=blackhole\n"), (_FILE, 7)),
    ("R34i", _networkd("[Route]\nDestination=0.0.0.0/0\nType=unreachable\nMetric=10\n"), (_FILE, 7)),
    ("R34i", _networkd("[Route]\nGateway=192.168.1.1\nGatewayOnLink=yes\n"), (_FILE, 6)),
    ("R34i", {**_networkd("[Route]\nGateway=192.168.1.1\n"), **_OLD}, (_FILE, 6)),
    ("R34i", {**_networkd("Gateway=192.168.1.1\n"), **_OLD}, (_FILE, 5)),
    ("R34i", _networkd("[Route]\nDestination=10.9.0.0/16\nGateway=_dhcp4\n[Route]\nDestination=168.63.129.16\nType=prohibit\n"), (_FILE, 10)),
    ("R34i", _networkd("[RoutingPolicyRule]\nTo=168.63.129.0/24\nType=blackhole\n"), (_FILE, 7)),
    ("R34i", _networkd("[RoutingPolicyRule]\nType=prohibit\nPriority=100\n"), (_FILE, 6)),
    ("R34i", _keyfile("[ipv4]\nmethod=auto\nroute1=168.63.129.16/32\nroute1_options=type=blackhole\n"), (_KEYFILE, 6)),
    ("R34i", _keyfile("[ipv4]\nmethod=auto\nroute1=0.0.0.0/0,192.168.1.1,50\n"), (_KEYFILE, 6)),
    ("R34i", _keyfile("[ipv4]\nmethod=auto\nrouting-rule1=priority 5 to 168.63.129.16/32 blackhole\n"), (_KEYFILE, 6)),
    ("R34i", _netplan("      routes:\n        - to: 168.63.129.16/32\n          type: blackhole\n"), (_PLAN, 6)),
    ("R34i", _netplan("      routes:\n        - to: default\n          via: 192.168.1.1\n          on-link: true\n"), (_PLAN, 6)),
    ("R34j", _ifupdown("  post-up ip link set eth0 down\n"), (_INTERFACES, 4)),
    ("R34j", _ifupdown("  up /sbin/ip route replace default via 192.168.1.1 dev $IFACE onlink\n"), (_INTERFACES, 4)),
    ("R34j", _ifupdown("  pre-up ip route add blackhole 168.63.129.16\n"), (_INTERFACES, 4)),
    ("R34j", _ifupdown("  up sleep 1; ip addr flush dev $IFACE\n"), (_INTERFACES, 4)),
    ("R34j", _ifupdown("  up ip link set $IFACE netns build\n"), (_INTERFACES, 4)),
    (
        "R34j",
        {**_ifupdown(""), "/etc/network/if-up.d/own": ("program", "#!/bin/sh\nip route del default\n")},
        ("/etc/network/if-up.d/own", 2),
    ),
    (
        "R34j",
        {**_keyfile("[ipv4]\nmethod=auto\n"), "/etc/NetworkManager/dispatcher.d/99-own": ("program", "#!/bin/sh\nip link set eth0 down\n")},
        ("/etc/NetworkManager/dispatcher.d/99-own", 2),
    ),
    ("R34b", _networkd("VRF=blue\n"), (_FILE, 5)),
    ("R34b", _networkd("[DHCPv4]\nRouteTable=100\n"), (_FILE, 6)),
    ("R34b", _networkd("[Link]\nMTUBytes=68\n"), (_FILE, 6)),
    ("R34b", _keyfile("[ipv4]\nmethod=auto\nroute-table=100\n"), (_KEYFILE, 6)),
    ("R34b", _keyfile("[ethernet]\nmtu=100\n[ipv4]\nmethod=auto\n"), (_KEYFILE, 5)),
    ("R34b", _netplan("      mtu: 100\n"), (_PLAN, 6)),
    ("R34b", _netplan("      nameservers: {address: [192.0.2.1]}\n"), (_PLAN, 6)),
    ("R34b", _netplan("      routes:\n        - dest: 10.9.0.0/16\n          via: 10.0.0.1\n"), (_PLAN, 7)),
    ("R34b", _netplan("      dhcp4-overrides:\n        use_dns: false\n"), (_PLAN, 7)),
    ("R34b", _netplan("  bonds:\n    bond0:\n      slaves: [eth1]\n"), (_PLAN, 8)),
    ("R34b", _netplan("  wifi: {}\n"), (_PLAN, 6)),
    ("R34b", _netplan("own: {}\n"), (_PLAN, 6)),
    # since 1.1 the generator goes on, but not in this definition
    ("R34b", {**_netplan(""), **_GOES_ON, _PLAN: "network:\n  version: 2\n  ethernets:\n    eth0:\n      mtu: big\n      dhcp4: true\n"}, (_PLAN, 5)),
    # a fixed address is not the fault of a word elsewhere
    ("R34b", {**_netplan(""), **_GOES_ON, _PLAN: _FIXED_BESIDE_A_SLIP}, (_PLAN, 5)),
    ("R34b", {**_netplan(""), **_GOES_ON, _PLAN: "network:\n  version: 2\n  ethernet:\n    eth0:\n      dhcp4: true\n"}, (_PLAN, 3)),
    ("R34b", _netplan("  vrfs:\n    blue:\n      table: 10\n      interfaces: [eth0]\n"), (_PLAN, 9)),
    ("R34b", _ifupdown("  pre-up false\n"), (_INTERFACES, 4)),
    ("R34b", _ifupdown("  pre-up exit 1\n"), (_INTERFACES, 4)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R34i", _networkd("[Route]\nDestination=168.63.0.0/16\nType=blackhole\n")),  # the lease's route is longer
    ("R34i", _networkd("[Route]\nDestination=10.0.0.0/8\nType=unreachable\n")),
    ("R34i", _networkd("[Route]\nDestination=0.0.0.0/0\nType=unreachable\nMetric=4294967295\n")),  # where no other leads
    ("R34i", _networkd("[Route]\nGateway=_dhcp4\n[Route]\nGateway=fe80::1\n")),
    ("R34i", _networkd("[Route]\nDestination=10.9.0.0/16\nGateway=_dhcp4\nTable=100\n[Route]\nGateway=10.0.0.1\nTable=100\n")),
    ("R34i", _networkd("[RoutingPolicyRule]\nTo=168.63.129.16\nTable=100\n[RoutingPolicyRule]\nFrom=10.9.0.0/16\nType=blackhole\n")),
    ("R34i", _networkd("[RoutingPolicyRule]\nType=unreachable\nPriority=32767\n")),
    ("R34i", _networkd("[RoutingPolicyRule]\nFamily=ipv6\nType=blackhole\n")),
    ("R34i", _keyfile("[ipv4]\nmethod=auto\nroute1=10.9.0.0/16,10.0.0.1\nroute2=0.0.0.0/0,10.0.0.1,500\n")),
    ("R34i", _netplan("      routes:\n        - to: 10.9.0.0/16\n          via: 10.0.0.1\n          on-link: true\n")),
    ("R34i", _netplan("      gateway6: fe80::1\n      dhcp4-overrides: {route-metric: 200}\n")),
    ("R34j", _ifupdown("  gateway 192.168.1.1\n  up ip route add 10.9.0.0/16 via 10.0.0.1 || true\n  pre-up ip link set $IFACE down\n")),
    ("R34j", _ifupdown("  down ip link set eth0 down\n  post-down ip route del default\n  up echo ip link set eth0 down\n")),
    ("R34j", _ifupdown("  up ip link set eth1 down\n  up ip route add blackhole 10.0.0.0/8\n  up ethtool -K $IFACE tso off\n")),
    ("R34j", {**_ifupdown(""), "/etc/network/if-up.d/own": ("program", '#!/bin/sh\n[ "$IFACE" = eth9 ] || exit 0\nip link set $IFACE down\n')}),
    ("R34j", {**_ifupdown(""), "/etc/network/if-up.d/own.sh": ("program", "#!/bin/sh\nip link set eth0 down\n")}),  # run-parts passes over it
    (
        "R34j",
        {
            **_keyfile("[ipv4]\nmethod=auto\n"),
            "/etc/NetworkManager/dispatcher.d/99-own": ("program", '#!/bin/sh\nif [ "$2" = down ]; then\n  ip link set eth0 down\nfi\n'),
        },
    ),
    ("R34b", _networkd("[DHCPv4]\nRouteTable=254\n[Link]\nMTUBytes=1500\n")),
    ("R34b", _networkd("[DHCPv4]\nRouteTable=100\n[RoutingPolicyRule]\nTable=100\n")),
    ("R34b", _networkd("[Link]\nMTUBytes=9000\n")),
    ("R34b", _keyfile("[ethernet]\nmtu=9000\nmac-address-blacklist=52:54:00:12:34:56;\n[ipv4]\nmethod=auto\nroute-table=0\n")),
    ("R34b", _keyfile("[ipv4]\nmethod=auto\nroute-table=100\nrouting-rule1=priority 5 from 0.0.0.0/0 table 100\n")),
    ("R34b", _netplan("      mtu: 1400\n")),
    ("R34b", {**_netplan("      nameserver: {}\n"), **_GOES_ON}),
    ("R34b", {**_netplan("  bonds:\n    bond0:\n      slaves: [eth1]\n  wifi: {}\n"), **_GOES_ON}),
    ("R34b", _netplan("      match: {name: 'e*', driver: [hv_netvsc]}\n      nameservers: {search: [example.org], addresses: [192.0.2.1]}\n")),
    ("R34b", _netplan("      dhcp4-overrides: {use-dns: true, route-metric: 100}\n      optional: true\n  renderer: networkd\n")),
    ("R34b", _ifupdown("  pre-up false || true\n  pre-up exit 0\n")),
]
