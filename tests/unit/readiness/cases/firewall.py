# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of firewalls; more of them in test_firewall.py."""

from unit.readiness.guest_tree import UNITS, WANTS

_LOADED = {
    f"{UNITS}/nftables.service": "[Service]\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n[Install]\nWantedBy=multi-user.target\n",
    f"{WANTS}/nftables.service": ("link", f"{UNITS}/nftables.service"),
}
_NFT, _V4, _FIREWALLD = "/etc/nftables.conf", "/etc/iptables/rules.v4", "/etc/firewalld"
_OPEN = "table inet filter {\n chain x {\n  type filter hook input priority filter; policy accept;\n  %s\n }\n}\n"
_NAT = "table ip nat {\n chain x {\n  type nat hook %s priority -100;\n  %s\n }\n}\n"
_ZONE = '<?xml version="1.0"?>\n<zone>\n<service name="ssh"/>\n%s\n</zone>\n'


def _saved(text):
    return {**_of("netfilter-persistent"), _V4: text}


def _of(name):
    return {
        f"{UNITS}/{name}.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
        f"{WANTS}/{name}.service": ("link", f"{UNITS}/{name}.service"),
    }


def _public(more, **files):
    return {**_of("firewalld"), f"{_FIREWALLD}/firewalld.conf": "DefaultZone=public\n", f"{_FIREWALLD}/zones/public.xml": _ZONE % more, **files}


_HEAD = "table inet filter {\n chain x {\n  type filter hook %s priority filter; policy drop;\n  ct state established accept\n"

BROKEN_FILES = [
    ("R39", {**_LOADED, "/etc/nftables.conf": _HEAD % "output" + "}\n}\n"}, ("/etc/nftables.conf", 3)),
    ("R39c", {**_LOADED, "/etc/nftables.conf": _HEAD % "input" + "}\n}\n"}, ("/etc/nftables.conf", 3)),
]

RIGHT_FILES = [
    ("R39d", {**_LOADED, _NFT: _HEAD % "input" + "  tcp dport 22 accept\n}\n}\n"}),
    ("R39", {**_LOADED, "/etc/nftables.conf": _HEAD % "output" + "  meta skuid root accept\n}\n}\n"}),
    ("R39c", {**_LOADED, "/etc/nftables.conf": _HEAD % "input" + "  tcp dport 22 accept\n}\n}\n"}),
]

_REDIRECTED = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n%s\nCOMMIT\n"
_POLICY = '<?xml version="1.0"?>\n<policy target="DROP" priority="%s">\n<ingress-zone name="ANY"/>\n<egress-zone name="HOST"/>\n%s</policy>\n'
BROKEN_FILES += [
    ("R39d", {**_LOADED, _NFT: _OPEN % "ip saddr != 192.168.1.0/24 tcp dport 22 drop"}, (_NFT, 4)),
    ("R39d", {**_LOADED, _NFT: _HEAD % "input" + "  ip saddr 192.168.1.0/24 tcp dport 22 accept\n}\n}\n"}, (_NFT, 3)),
    ("R39d", _saved("*filter\n:INPUT DROP [0:0]\n-A INPUT -s 192.168.1.0/24 -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"), (_V4, 2)),
    ("R39c", {**_LOADED, _NFT: _NAT % ("prerouting", "tcp dport 22 redirect to :2222")}, (_NFT, 4)),
    ("R39c", _saved(_REDIRECTED % "-A PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 2222"), (_V4, 4)),
    ("R39c", _saved(_REDIRECTED % "-A PREROUTING -i eth0 -p tcp -m tcp --dport 22 -j DNAT --to-destination 10.9.9.9:22"), (_V4, 4)),
    ("R39", _saved(_REDIRECTED % "-A OUTPUT -d 168.63.129.16/32 -p tcp -j DNAT --to-destination 10.9.9.9"), (_V4, 4)),
    ("R39c", _public('<rule priority="-10">\n<service name="ssh"/>\n<drop/>\n</rule>'), (f"{_FIREWALLD}/zones/public.xml", 4)),
    (
        "R39c",
        _public("", **{f"{_FIREWALLD}/zones/own.xml": '<zone target="%%REJECT%%">\n<source address="0.0.0.0/0"/>\n</zone>\n'}),
        (f"{_FIREWALLD}/zones/own.xml", None),
    ),
    ("R39c", _public("", **{f"{_FIREWALLD}/policies/own.xml": _POLICY % ("-10", "")}), (f"{_FIREWALLD}/policies/own.xml", None)),
    (
        "R39c",
        _public(
            "",
            **{f"{_FIREWALLD}/direct.xml": '<direct>\n<rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-p tcp --dport 22 -j DROP</rule></direct>\n'},
        ),
        (f"{_FIREWALLD}/direct.xml", 2),
    ),
]
CONTROLS = [
    ("R39d", {**_LOADED, _NFT: _OPEN % "ip saddr 192.168.1.0/24 tcp dport 22 drop"}),
    ("R39d", _saved("*filter\n:INPUT DROP [0:0]\n-A INPUT -s 203.0.113.0/24 -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n")),
    ("R39c", {**_LOADED, _NFT: _NAT % ("prerouting", "tcp dport 80 redirect to :8080")}),
    ("R39c", {**_LOADED, _NFT: _NAT % ("prerouting", "tcp dport 22 redirect to :2222"), "/etc/ssh/sshd_config": "Port 2222\n"}),
    (
        "R39c",
        _saved(_REDIRECTED % "-A PREROUTING -p tcp --dport 443 -j DNAT --to-destination 172.17.0.2:443\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"),
    ),
    ("R39", _saved(_REDIRECTED % "-A OUTPUT -d 10.1.1.1/32 -p tcp -j DNAT --to-destination 10.9.9.9\n-A OUTPUT -p tcp -j RETURN")),
    ("R39c", _public('<rule priority="-20"><service name="ssh"/><accept/></rule>\n<rule priority="-10"><service name="ssh"/><drop/></rule>')),
    ("R39c", _public('<rule priority="10"><service name="ssh"/><drop/></rule>')),  # behind the service of the zone
    ("R39c", _public("", **{f"{_FIREWALLD}/zones/drop.xml": '<zone target="DROP">\n<source address="203.0.113.0/24"/>\n</zone>\n'})),
    ("R39c", _public("", **{f"{_FIREWALLD}/policies/own.xml": _POLICY % ("10", "")})),
    ("R39c", _public("", **{f"{_FIREWALLD}/policies/own.xml": _POLICY % ("-10", '<service name="ssh"/>\n')})),
]
