# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewalls that let SSH in, or keep it away, under a condition that is never, or always, so on Azure; and managers of networks by their own files."""

from integration.broken.ways_boot import NETWORK
from integration.broken.ways_network import (
    DHCP,
    INPUT_OF_IPTABLES,
    INPUT_OF_NFT,
    NM_CONF,
    NM_PROFILE,
    ifupdown,
    iptables,
    network_manager,
    nftables,
)
from integration.broken.ways_root import networkd

_ARP = "table arp filter {\n chain input {\n  type filter hook input priority 0; policy drop;%s\n }\n}\n"
_OPEN_OF_NFT = INPUT_OF_NFT.replace("policy drop", "policy accept")
_OPEN_OF_IPTABLES = INPUT_OF_IPTABLES.replace("INPUT DROP", "INPUT ACCEPT").replace("*filter\n", "*filter\n:OUTPUT ACCEPT [0:0]\n")
_RECENT = "-A INPUT -p tcp --dport 22 -m recent --%s --name KNOCK -j ACCEPT"
_SET = INPUT_OF_NFT.replace(" chain in", " set ok { type ipv4_addr; %s}\n chain in") % ("%s", "ip saddr @ok tcp dport 22 accept")

_OF_OLD = "/etc/systemd/network/10-old.network", "[Match]\nMACAddress=00:50:56:01:02:03\n[Network]\nAddress=10.0.0.5/24\n"

_ETH0 = "interface-name=eth0\n[ipv4]\nmethod=auto\n"
_STATE = "/var/lib/NetworkManager/NetworkManager.state"
_ELSEWHERE = "[main]\nno-auto-default=*\n[keyfile]\npath=/etc/nm-profiles\n"
_BUS_HERE = "/etc/dbus-1/system-local.conf"


def managed(path, text, mode=0o644):
    """Return the way in which an image that NetworkManager sets up has a file, and cloud-init still writes its profile."""

    def change(layer):
        layer.needs("/etc/systemd/system/multi-user.target.wants/NetworkManager.service")
        layer.write(path, text, mode)

    return change


def elsewhere(layer):
    """NetworkManager has a profile in a folder of its own, where it looks for it."""
    managed(NM_CONF, _ELSEWHERE)(layer)
    layer.write("/etc/nm-profiles/first.nmconnection", "[connection]\nid=first\ntype=ethernet\n" + _ETH0, 0o600)


def owned(layer):
    """The only profile is somebody's, and not root's."""
    network_manager(_ETH0, "[main]\nno-auto-default=*\n")(layer)
    layer.status(NM_PROFILE, uid=1000, gid=1000)


#: {what was done: how}
WAYS = {
    # NetworkManager
    "NetworkManager: networking is off": managed(_STATE, "[main]\nNetworkingEnabled=false\nWirelessEnabled=true\n"),
    "NetworkManager: profiles are looked for elsewhere": managed(NM_CONF, _ELSEWHERE),
    "NetworkManager: its only profile is not root's": owned,
    "NetworkManager: D-Bus has a local file that is no XML": managed(_BUS_HERE, '<busconfig>\n  <policy context="default">\n</busconfig>\n'),
    "NetworkManager: D-Bus has an empty local file": managed(_BUS_HERE, ""),
    # networkd and ifupdown
    "networkd: a word of DHCP in other letters": networkd("[Match]\nName=eth0\n[Network]\nDHCP=IPv4\n"),
    "ifupdown: a stanza inherits from none": ifupdown("auto eth0\niface eth0 inet dhcp inherits base\n"),
    # nftables
    "nftables: no ARP comes in": nftables(_ARP % ""),
    "nftables: no ARP goes out": nftables(_ARP.replace("input", "output") % "\n  counter drop"),
    "nftables: ssh at the address of the old machine alone": nftables(INPUT_OF_NFT % "ip daddr 192.168.1.10 tcp dport 22 accept"),
    "nftables: what is not for the old address is dropped": nftables(_OPEN_OF_NFT % "ip daddr != 192.168.1.10 tcp dport 22 drop"),
    "nftables: ssh from a set that is empty": nftables(_SET % ""),
    "nftables: ssh for those with a mark": nftables(INPUT_OF_NFT % "meta mark 0x77 tcp dport 22 accept"),
    "nftables: no ssh for those without a mark": nftables(_OPEN_OF_NFT % "tcp dport 22 meta mark != 0x77 drop"),
    "nftables: ssh until a day that is over": nftables(INPUT_OF_NFT % 'tcp dport 22 meta time < "2020-01-01" accept'),
    "nftables: no connection but none": nftables(_OPEN_OF_NFT % "tcp dport 22 ct count over 0 drop"),
    "nftables: every new connection is dropped": nftables(_OPEN_OF_NFT % "tcp flags & (syn|ack) == syn drop"),
    "nftables: whatever has the flag of new connections": nftables(_OPEN_OF_NFT % "tcp flags syn reject"),
    "nftables: one new connection a day": nftables(_OPEN_OF_NFT % "tcp dport 22 ct state new limit rate over 1/day burst 1 packets drop"),
    "nftables: ssh from another card's address": nftables(INPUT_OF_NFT % "ether saddr 00:50:56:01:02:03 tcp dport 22 accept"),
    "nftables: every length is dropped": nftables(_OPEN_OF_NFT % "tcp dport 22 meta length 0-65535 drop"),
    "nftables: ssh for broadcasts": nftables(INPUT_OF_NFT % "meta pkttype broadcast tcp dport 22 accept"),
    "nftables: packets end at the first router": nftables(
        "table ip f {\n chain out {\n  type filter hook postrouting priority mangle; policy accept;\n  ip ttl set 1\n }\n}\n"
    ),
    # iptables
    "iptables: no connection but none": iptables(
        _OPEN_OF_IPTABLES % "-A INPUT -p tcp --dport 22 --syn -m connlimit --connlimit-above 0 --connlimit-mask 32 --connlimit-saddr -j REJECT"
    ),
    "iptables: ssh from another card's address": iptables(INPUT_OF_IPTABLES % "-A INPUT -m mac --mac-source 00:50:56:01:02:03 -p tcp --dport 22 -j ACCEPT"),
    "iptables: ssh for those on a list that nobody fills": iptables(INPUT_OF_IPTABLES % (_RECENT % "rcheck")),
    "iptables: ssh until a day that is over": iptables(INPUT_OF_IPTABLES % "-A INPUT -p tcp --dport 22 -m time --datestop 2020-01-01 -j ACCEPT"),
    "iptables: every length is dropped": iptables(_OPEN_OF_IPTABLES % "-A INPUT -p tcp --dport 22 -m length --length 0:65535 -j DROP"),
    "iptables: the server's greeting is dropped": iptables(_OPEN_OF_IPTABLES % '-A OUTPUT -p tcp -m string --string "SSH-2.0" --algo bm -j DROP'),
    "iptables: packets end at the first router": iptables("*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j TTL --ttl-set 1\nCOMMIT\n"),
    "iptables: ssh at the address of the old machine alone": iptables(INPUT_OF_IPTABLES % "-A INPUT -d 192.168.1.10/32 -p tcp --dport 22 -j ACCEPT"),
    "iptables: ssh for those with a mark": iptables(INPUT_OF_IPTABLES % "-A INPUT -m mark --mark 0x77 -p tcp --dport 22 -j ACCEPT"),
    "iptables: every new connection is dropped": iptables(_OPEN_OF_IPTABLES % "-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP"),
    "iptables: one new connection a day": iptables(INPUT_OF_IPTABLES % "-A INPUT -p tcp --dport 22 -m limit --limit 1/day --limit-burst 1 -j ACCEPT"),
}

#: {what was done: how}
CONTROLS = {
    # NetworkManager
    "NetworkManager: networking is on": managed(_STATE, "[main]\nNetworkingEnabled=true\nWirelessEnabled=false\nWWANEnabled=false\n"),
    "NetworkManager: a profile elsewhere": elsewhere,
    "NetworkManager: profiles are looked for elsewhere, and one is made by itself": managed(NM_CONF, "[keyfile]\npath=/etc/nm-profiles\n"),
    "NetworkManager: D-Bus has a local file": managed(
        _BUS_HERE,
        '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"\n'
        ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n<busconfig>\n <limit name="max_replies_per_connection">512</limit>\n</busconfig>\n',
    ),
    "NetworkManager: D-Bus has a file of an administrator that is no XML": managed("/etc/dbus-1/system.d/own.conf", "<busconfig>\n"),
    # networkd and ifupdown
    "networkd: yes in other letters": networkd("[Match]\nName=eth0\n[Network]\nDHCP=Yes\nDHCP=IPv6\n"),
    "networkd: a file that begins with the mark of its order": networkd("\ufeff" + DHCP),
    "networkd: a file for the address of the old card beside": lambda layer: (layer.needs(NETWORK), layer.write(*_OF_OLD)),
    "ifupdown: a stanza inherits from another": ifupdown("auto eth0\niface base inet dhcp\n  metric 5\niface eth0 inet dhcp inherits base\n"),
    "nftables: some ARP comes in": nftables(_ARP % "\n  arp operation { request, reply } accept"),
    "nftables: bridges drop": nftables("table bridge filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n }\n}\n"),
    "nftables: ssh at any address of a network": nftables(INPUT_OF_NFT % "ip daddr 10.0.0.0/8 tcp dport 22 accept"),
    "nftables: ssh from a set with elements": nftables(_SET % "flags interval; elements = { 0.0.0.0/0 } "),
    "nftables: ssh from a set that a command fills": nftables((_SET % "") + "add element inet f ok { 203.0.113.7 }\n"),
    "nftables: ssh from a set that rules fill": nftables(
        _SET.replace("  ip saddr @ok", "  tcp dport 7000 add @ok { ip saddr timeout 1m }\n  ip saddr @ok") % "flags dynamic; "
    ),
    "nftables: a mark that a rule sets": nftables(
        (INPUT_OF_NFT % "meta mark 0x77 accept")
        + "table inet m {\n chain pre {\n  type filter hook prerouting priority -150;\n  tcp dport 22 meta mark set 0x77\n }\n}\n"
    ),
    "nftables: ssh after a day that is over": nftables(INPUT_OF_NFT % 'tcp dport 22 meta time > "2020-01-01" accept'),
    "nftables: ten connections of one": nftables(_OPEN_OF_NFT % "tcp dport 22 ct count over 10 reject"),
    "nftables: connections that begin without their flag": nftables(
        INPUT_OF_NFT % "tcp flags & (fin|syn|rst|ack) != syn ct state new drop\n  tcp flags & (fin | syn) == (fin | syn) drop\n  tcp dport 22 accept"
    ),
    "nftables: some new connections a minute": nftables(INPUT_OF_NFT % "tcp dport 22 ct state new limit rate 10/minute burst 5 packets accept"),
    "nftables: too many new connections a minute": nftables(
        INPUT_OF_NFT % "tcp dport 22 ct state new limit rate over 10/minute burst 20 packets drop\n  tcp dport 22 accept"
    ),
    "nftables: ssh from Azure's gateway": nftables(INPUT_OF_NFT % "ether saddr 12:34:56:78:9a:bc tcp dport 22 accept"),
    "nftables: packets that are too long": nftables(_OPEN_OF_NFT % "tcp dport 22 meta length > 1500 drop"),
    "iptables: ten connections of one": iptables(
        _OPEN_OF_IPTABLES % "-A INPUT -p tcp --dport 22 --syn -m connlimit --connlimit-above 10 --connlimit-mask 32 -j REJECT"
    ),
    "iptables: those who try too often": iptables(
        INPUT_OF_IPTABLES % "-A INPUT -p tcp --dport 22 -m state --state NEW -m recent --set --name SSH --rsource\n"
        "-A INPUT -p tcp --dport 22 -m state --state NEW -m recent --update --seconds 60 --hitcount 4 --name SSH --rsource -j DROP\n"
        "-A INPUT -p tcp --dport 22 -j ACCEPT"
    ),
    "iptables: ssh for those who knock": iptables(
        INPUT_OF_IPTABLES % f"-A INPUT -p tcp --dport 7000 -m recent --set --name KNOCK -j DROP\n{_RECENT % 'rcheck --seconds 30'}"
    ),
    "iptables: some new connections a minute": iptables(
        INPUT_OF_IPTABLES % "-A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -m limit --limit 10/min --limit-burst 5 -j ACCEPT"
    ),
    "iptables: packets of odd flags": iptables(
        INPUT_OF_IPTABLES % "-A INPUT -p tcp --tcp-flags ALL NONE -j DROP\n-A INPUT -p tcp --tcp-flags SYN,FIN SYN,FIN -j DROP\n"
        "-A INPUT -p tcp ! --syn -m state --state NEW -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT"
    ),
    "iptables: ssh from Azure's gateway": iptables(INPUT_OF_IPTABLES % "-A INPUT -m mac --mac-source 12:34:56:78:9A:BC -p tcp --dport 22 -j ACCEPT"),
    "iptables: packets live longer": iptables("*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j TTL --ttl-set 65\nCOMMIT\n"),
    "iptables: another word goes out": iptables(_OPEN_OF_IPTABLES % '-A OUTPUT -p tcp -m string --string "PRIVATE KEY" --algo bm -j DROP'),
    "iptables: a mark that a rule sets": iptables(
        "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 22 -j MARK --set-mark 0x77\nCOMMIT\n"
        + INPUT_OF_IPTABLES % "-A INPUT -m mark --mark 0x77 -j ACCEPT"
    ),
}
