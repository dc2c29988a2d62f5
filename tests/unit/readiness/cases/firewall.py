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

_OF_CARD = _HEAD % "input" + "  %s tcp dport 22 accept\n}\n}\n"

BROKEN_FILES = [
    ("R39e", {**_LOADED, _NFT: 'flush ruleset\ninclude "/etc/nftables/gone.nft"\n'}, (_NFT, 2)),
    ("R39e", {**_LOADED, _NFT: _OF_CARD % 'iif "ens192"'}, (_NFT, 5)),
    ("R39e", {**_LOADED, _NFT: _OF_CARD % "meta iif eno1"}, (_NFT, 5)),
    ("R39", {**_LOADED, "/etc/nftables.conf": _HEAD % "output" + "}\n}\n"}, ("/etc/nftables.conf", 3)),
    ("R39c", {**_LOADED, "/etc/nftables.conf": _HEAD % "input" + "}\n}\n"}, ("/etc/nftables.conf", 3)),
]

RIGHT_FILES = [
    ("R39e", {**_LOADED, _NFT: _OF_CARD % "iifname ens192"}),
    *[("R39e", {**_LOADED, _NFT: _OF_CARD % f"iif {name}"}) for name in ("lo", "eth0", "docker0", "$lan", "2")],
    ("R39e", {**_LOADED, _NFT: _OF_CARD % "iif ens192", "/etc/systemd/network/10-own.link": "[Match]\nDriver=hv_netvsc\n[Link]\nName=ens192\n"}),
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
    ("R39c", {**_LOADED, _NFT: _OF_CARD % "iif ens192"}),  # nft takes none of it
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

#: Conditions that never, or always, hold on Azure: the file but for its rule, the rule, and the line that closes the port.
_INPUT_OF_NFT = _HEAD % "input" + "  %s\n }\n}\n"
_DROPPING = "*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m state --state ESTABLISHED -j ACCEPT\n%s\nCOMMIT\n"
_ACCEPTING = _DROPPING.replace("INPUT DROP", "INPUT ACCEPT")
_CLOSED_BY_NFT = [
    "ip daddr 192.168.1.10 tcp dport 22 accept",
    "ip daddr { 192.168.1.10, 127.0.0.0/8 } accept",
    "meta mark 0x77 tcp dport 22 accept",
    "ct mark 1 accept",
    'tcp dport 22 meta time < "2020-01-01" accept',
    'tcp dport 22 meta time "2019-01-01 10:00" - "2019-01-02 10:00" accept',
    "ether saddr 00:50:56:01:02:03 tcp dport 22 accept",
    "ether daddr 00:50:56:01:02:03 tcp dport 22 accept",
    "meta pkttype { broadcast, multicast } accept",
    "tcp dport 22 meta length < 40 accept",
    "tcp dport 22 ct count 0 accept",
    "tcp flags == ack tcp dport 22 accept",
    "limit rate 1/day burst 1 packets accept",
]
_DROPPED_BY_NFT = [
    "ip daddr != 192.168.1.10 drop",
    "tcp dport 22 ct count over 0 drop",
    "tcp flags & (syn|ack) == syn drop",
    "tcp flags & (fin | syn | rst | ack) == syn drop",
    "tcp flags syn / syn,ack drop",
    "tcp flags syn drop",
    "tcp flags { syn } drop",
    "ct state new limit rate over 1/day burst 1 packets drop",
    "meta length 0-65535 drop",
    "ip length >= 40 reject",
    'meta time > "2020-01-01" drop',
    "meta mark != 1 drop",
]
_LET_IN_BY_NFT = [
    "ip daddr 10.0.0.0/8 tcp dport 22 accept",
    "tcp dport 22 ct count over 10 drop\n  tcp dport 22 accept",
    "tcp dport 22 ct count 10 accept",
    "tcp flags & (fin|syn|rst|ack) != syn ct state new drop\n  tcp dport 22 accept",
    "tcp flags & (syn|rst) == (syn|rst) drop\n  tcp flags syn tcp dport 22 accept",
    "tcp flags & syn accept",
    "tcp dport 22 limit rate 10/minute burst 5 packets accept",
    "tcp dport 22 limit rate over 400 kbytes/second burst 1 kbytes drop\n  tcp dport 22 accept",
    "ether saddr 12:34:56:78:9a:bc ether type ip tcp dport 22 accept",
    "meta pkttype host tcp dport 22 accept",
    'meta time < "2020-01-01" drop\n  tcp dport 22 accept',
    "meta hour 08:00-18:00 tcp dport 22 accept",
    "meta length > 1500 drop\n  meta mark 0 tcp dport 22 accept",
    "meta mark set 1\n  meta mark 1 accept",
    "tcp dport 7000 add @ok { ip saddr timeout 1m }\n  ip saddr @ok tcp dport 22 accept",
]
BROKEN_FILES += [("R39c", {**_LOADED, _NFT: _INPUT_OF_NFT % each}, (_NFT, 3)) for each in _CLOSED_BY_NFT]
BROKEN_FILES += [("R39c", {**_LOADED, _NFT: _OPEN % each}, (_NFT, 4)) for each in _DROPPED_BY_NFT]
CONTROLS += [("R39c", {**_LOADED, _NFT: _INPUT_OF_NFT % each}) for each in _LET_IN_BY_NFT]
_SET = "table inet filter {\n set ok {\n  type ipv4_addr\n%s }\n chain x {\n  type filter hook input priority 0; policy drop;\n  ip saddr @ok accept\n }\n}\n%s"
_ARP = "table arp filter {\n chain x {\n  type filter hook %s priority 0; policy %s;\n  %s\n }\n}\n"
_BY_IPTABLES = "-A INPUT %s -p tcp --dport 22 -j %s"
BROKEN_FILES += [
    ("R39c", {**_LOADED, _NFT: _SET % ("", "")}, (_NFT, 6)),
    ("R39c", {**_LOADED, _NFT: _SET % ("", "add element ip other ok { 203.0.113.7 }\n")}, (_NFT, 6)),
    ("R39c", {**_LOADED, _NFT: _ARP % ("input", "drop", "")}, (_NFT, 3)),
    ("R39", {**_LOADED, _NFT: _ARP % ("output", "accept", "counter drop")}, (_NFT, 4)),
    ("R39c", {**_LOADED, _NFT: "table ip f {\n chain x {\n  type filter hook output priority 0;\n  ip ttl set 1\n }\n}\n"}, (_NFT, 4)),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-d 192.168.1.10/32", "ACCEPT")), (_V4, 2)),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m mac --mac-source 00:50:56:01:02:03", "ACCEPT")), (_V4, 2)),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m recent --rcheck --name KNOCK", "ACCEPT")), (_V4, 2)),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m time --datestop 2020-01-01", "ACCEPT")), (_V4, 2)),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m mark --mark 0x1/0xff", "ACCEPT")), (_V4, 2)),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m pkttype --pkt-type broadcast", "ACCEPT")), (_V4, 2)),
    ("R39c", _saved(_ACCEPTING % _BY_IPTABLES % ("-m length --length 0:65535", "DROP")), (_V4, 5)),
    ("R39c", _saved(_ACCEPTING % _BY_IPTABLES % ("--syn -m connlimit --connlimit-above 0", "REJECT")), (_V4, 5)),
    ("R39c", _saved(_ACCEPTING % _BY_IPTABLES % ("--tcp-flags SYN,ACK,FIN,RST SYN", "DROP")), (_V4, 5)),
    ("R39c", _saved(_ACCEPTING % '-A OUTPUT -p tcp -m string --string "SSH-2.0" --algo bm -j DROP'), (_V4, 5)),
    ("R39c", _saved("*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j TTL --ttl-set 1\nCOMMIT\n"), (_V4, 3)),
]
CONTROLS += [
    ("R39c", {**_LOADED, _NFT: _SET % ("elements = { 203.0.113.7 }\n", "")}),
    ("R39c", {**_LOADED, _NFT: _SET % ("", "add element inet filter ok { 203.0.113.7 }\n")}),
    ("R39c", {**_LOADED, _NFT: _SET % ("flags timeout\n", "")}),
    ("R39c", {**_LOADED, _NFT: _SET % ("", ""), "/usr/local/sbin/mine": "#!/bin/sh\nnft add element inet filter ok { $1 }\n"}),
    ("R39c", {**_LOADED, _NFT: _ARP % ("input", "drop", "arp operation { request, reply } accept")}),
    ("R39c", {**_LOADED, _NFT: _ARP % ("input", "accept", "arp operation nak drop")}),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m mac --mac-source 12:34:56:78:9A:BC", "ACCEPT"))),
    ("R39c", _saved(_DROPPING % ("-A INPUT -p tcp --dport 70 -m recent --set --name KNOCK\n" + _BY_IPTABLES % ("-m recent --rcheck --name KNOCK", "ACCEPT")))),
    ("R39c", _saved(_DROPPING % ("-A INPUT -j MARK --set-mark 1\n" + _BY_IPTABLES % ("-m mark --mark 1", "ACCEPT")))),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m limit --limit 1/day --limit-burst 5", "ACCEPT"))),
    ("R39c", _saved(_DROPPING % _BY_IPTABLES % ("-m time --datestart 2020-01-01 --datestop 2038-01-01", "ACCEPT"))),
    ("R39c", _saved(_ACCEPTING % _BY_IPTABLES % ("-m length --length 1500:65535", "DROP"))),
    ("R39c", _saved(_ACCEPTING % _BY_IPTABLES % ("--syn -m connlimit --connlimit-above 10", "REJECT"))),
    ("R39c", _saved(_ACCEPTING % _BY_IPTABLES % ("--tcp-flags ALL NONE", "DROP"))),
    ("R39c", _saved("*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j TTL --ttl-set 65\nCOMMIT\n")),
]


def _zone(inside, **files):
    """Return the files of a guest whose default zone of firewalld has nothing but some elements."""
    return {**_of("firewalld"), f"{_FIREWALLD}/firewalld.conf": "DefaultZone=own\n", _OWN_ZONE: f"<zone>\n{inside}\n</zone>\n", **files}


def _rich(inside, family=' family="ipv4"'):
    return _zone(f"<rule{family}>{inside}<accept/></rule>")


def _suse(text, **files):
    """Return the files of a guest with SuSEfirewall2."""
    return {**_of("SuSEfirewall2"), _SUSE: text, **files}


_OWN_ZONE, _SUSE = f"{_FIREWALLD}/zones/own.xml", "/etc/sysconfig/SuSEfirewall2"
_NEAR, _SSH = '<source address="192.168.0.0/16"/>', '<service name="ssh"/>'
_HOME = {f"{_FIREWALLD}/zones/home.xml": f"<zone>{_NEAR}{_SSH}</zone>\n"}

BROKEN_FILES += [
    *[("R39d", _rich(inside)) + ((_OWN_ZONE, None),) for inside in (_NEAR + _SSH, _NEAR, _NEAR + '<port protocol="tcp" port="22"/>')],
    ("R39d", _zone('<service name="http"/>', **_HOME), (_OWN_ZONE, None)),
    ("R39d", _zone('<service name="http"/>', **{f"{_FIREWALLD}/zones/trusted.xml": f'<zone target="ACCEPT">{_NEAR}</zone>\n'}), (_OWN_ZONE, None)),
    *[
        ("R39c", _rich(inside, family), (_OWN_ZONE, None))
        for inside, family in (
            ('<service name="http"/>', ""),
            ('<port protocol="udp" port="22"/>', ""),
            (_SSH, ' family="ipv6"'),
            ('<protocol value="icmp"/>', ""),
        )
    ],
    ("R39c", _suse('FW_DEV_EXT="eth0"\nFW_SERVICES_EXT_TCP=""\n'), (_SUSE, 2)),
    ("R39c", _suse('FW_DEV_EXT="any"\nFW_SERVICES_EXT_TCP="80 443 8000:9000"\nFW_CONFIGURATIONS_EXT="apache2"\n'), (_SUSE, 2)),
    ("R39c", _suse(""), (_SUSE, None)),
    ("R39c", _suse('FW_DEV_EXT="eth1"\nFW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="yes"\nFW_SERVICES_EXT_TCP="ssh"\n'), (_SUSE, 2)),
    ("R39d", _suse('FW_DEV_EXT="any"\nFW_TRUSTED_NETS="192.168.0.0/16,tcp,22"\n'), (_SUSE, 1)),
]

CONTROLS += [
    *[("R39d", _rich(inside)) for inside in (_SSH, '<source address="0.0.0.0/0"/>' + _SSH, '<source address="10.0.0.0/8" invert="true"/>' + _SSH)],
    *[("R39d", _zone(inside)) for inside in (_SSH, '<port protocol="tcp" port="20-30"/>', '<protocol value="tcp"/>', '<service name="own"/>')],
    ("R39d", _zone(_SSH, **_HOME)),
    ("R39c", _rich('<source ipset="own"/>' + _SSH)),
    ("R39c", _zone('<service name="http"/>', **_HOME)),
    *[
        ("R39d", _suse(text))
        for text in (
            'FW_DEV_EXT="eth0"\nFW_SERVICES_EXT_TCP="ssh"\n',
            'FW_DEV_EXT="any"\nFW_SERVICES_EXT_TCP="20:1024"\n',
            'FW_DEV_EXT="any"\nFW_CONFIGURATIONS_EXT="sshd"\n',
            'FW_DEV_EXT="eth1"\nFW_DEV_INT="eth0"\nFW_PROTECT_FROM_INT="no"\n',
            'FW_SERVICES_ACCEPT_EXT="0/0,tcp,22"\n',
            'FW_ZONE_DEFAULT="no"\nFW_DEV_EXT="eth1"\n',
        )
    ],
    ("R39c", _suse('FW_DEV_EXT="any"\nFW_CUSTOMRULES="/etc/sysconfig/scripts/SuSEfirewall2-custom"\n')),
    ("R39c", {_SUSE: 'FW_DEV_EXT="any"\n'}),  # which nobody starts
]

# Azure Linux, and Photon
_IP4SAVE = "/etc/systemd/scripts/ip4save"
_CLOSED_BY = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n%sCOMMIT\n"
BROKEN_FILES += [("R39c", {**_of("iptables"), _IP4SAVE: _CLOSED_BY % ""}, (_IP4SAVE, 2))]
CONTROLS += [("R39c", {**_of("iptables"), _IP4SAVE: _CLOSED_BY % "-A INPUT -p tcp --dport 22 -j ACCEPT\n"}), ("R39c", {_IP4SAVE: _CLOSED_BY % ""})]
