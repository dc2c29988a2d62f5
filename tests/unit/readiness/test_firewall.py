# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall that is loaded at the next boot, and what becomes of the packets of the platform and of SSH in it."""

import pytest
from bounds import bounded
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import firewall
from unit.readiness.guest_tree import UNITS, WANTS
from unit.trees import write_tree

NFT, IPTABLES, UFW_RULES, UFW = "/etc/nftables.conf", "/etc/iptables/rules.v4", "/etc/ufw/user.rules", "/etc/default/ufw"
ZONE, FIREWALLD = "/etc/firewalld/zones/public.xml", "/etc/firewalld/firewalld.conf"


def on(unit):
    """Return the files that start a unit at boot."""
    return {
        f"{UNITS}/{unit}.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
        f"{WANTS}/{unit}.service": f"->{UNITS}/{unit}.service",
    }


NFTABLES, PERSISTENT = on("nftables"), on("netfilter-persistent")
UFW_ON = {
    **on("ufw"),
    "/etc/ufw/ufw.conf": "ENABLED=yes\n",
    UFW: 'DEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n',
    UFW_RULES: "*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n",
}
FIREWALLD_ON = {**on("firewalld"), FIREWALLD: "# x\nDefaultZone=public\n"}

OUT_OVER_LINES = """#!/usr/sbin/nft -f
flush ruleset
table inet filter {
    chain output {
        type filter hook output priority 0
        policy drop
        oif lo accept
        ct state established,related accept
        tcp dport { 53, 443 } accept
    }
}
"""
#: what WALinuxAgent 2.9 and later saves
AGENTS_OWN = """*security
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A OUTPUT -d 168.63.129.16/32 -p tcp -m tcp --dport 53 -j ACCEPT
-A OUTPUT -d 168.63.129.16/32 -p tcp -m owner --uid-owner 0 -j ACCEPT
-A OUTPUT -d 168.63.129.16/32 -p tcp -m conntrack --ctstate INVALID,NEW -j DROP
COMMIT
"""
CLOSED = "*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"


def chain(hook, *rules, policy="drop"):
    head = f"table inet filter {{\n chain x {{\n  type filter hook {hook} priority filter; policy {policy};\n"
    return head + "".join(f"  {rule}\n" for rule in rules) + " }\n}\n"


#: SSH comes in from the addresses of one network.
SOME = {**PERSISTENT, IPTABLES: CLOSED + "-A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT\n"}
#: rule, files, (path, line) of what drops the packet
BROKEN = [
    ("R39c", {**NFTABLES, NFT: "table inet f {\n chain c {\n type filter hook prerouting priority -300;\n tcp dport 22 drop\n }\n}\n"}, (NFT, 4)),
    ("R39c", {**NFTABLES, NFT: "table netdev f {\n chain c {\n type filter hook ingress device eth0 priority 0; policy drop;\n }\n}\n"}, (NFT, 3)),
    ("R39c", {**PERSISTENT, IPTABLES: "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 22 -j DROP\nCOMMIT\n"}, (IPTABLES, 3)),
    ("R39", {**PERSISTENT, IPTABLES: "*filter\n-A OUTPUT -d 168.63.129.16 -j DROP\n:OUTPUT ACCEPT [0:0]\n"}, (IPTABLES, 2)),
    ("R39", {**PERSISTENT, IPTABLES: "*filter\n:OUTPUT DROP [0:0]\n"}, (IPTABLES, 2)),
    (
        "R39",
        {**PERSISTENT, IPTABLES: "*filter\n:OUTPUT ACCEPT [0:0]\n:OUT - [0:0]\n-A OUTPUT -j OUT\n-A OUT -p udp -j ACCEPT\n-A OUT -j REJECT\n"},
        (IPTABLES, 6),
    ),
    ("R39", {**PERSISTENT, IPTABLES: "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"}, (IPTABLES, 2)),
    ("R39", {**PERSISTENT, IPTABLES: AGENTS_OWN.replace("-m owner --uid-owner 0", "-m owner --uid-owner 1000")}, (IPTABLES, 6)),
    (
        "R39",
        {
            "/etc/network/if-pre-up.d/iptables": "#!/bin/sh\n/sbin/iptables-restore < /etc/iptables.rules\n",
            "/etc/iptables.rules": "*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n",
        },
        ("/etc/iptables.rules", 2),
    ),
    ("R39", {**NFTABLES, NFT: OUT_OVER_LINES}, (NFT, 6)),
    (
        "R39",
        {**NFTABLES, NFT: 'include "/etc/nftables.d/*.nft"\n', "/etc/nftables.d/out.nft": chain("output", "udp dport 53 accept")},
        ("/etc/nftables.d/out.nft", 3),
    ),
    (
        "R39",
        {**NFTABLES, NFT: chain("output", "ip daddr { 10.0.0.0/8, 169.254.0.0/16 } counter reject with icmp type net-unreachable", policy="accept")},
        (NFT, 4),
    ),
    ("R39", {**NFTABLES, NFT: "define hosts = { 168.63.129.16 }\n" + chain("output", "ip daddr $hosts drop", policy="accept")}, (NFT, 5)),
    (
        "R39",
        {**NFTABLES, NFT: "add table ip f\nadd chain ip f o { type filter hook output priority 0; policy drop; }\nadd rule ip f o oifname lo accept\n"},
        (NFT, 2),
    ),
    ("R39", {**UFW_ON, UFW: 'DEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="DROP"\n'}, (UFW, 2)),
    (
        "R39",
        {
            **FIREWALLD_ON,
            "/etc/firewalld/direct.xml": '<direct>\n<rule priority="0" table="filter" ipv="ipv4" chain="OUTPUT">-d 169.254.169.254 -j DROP</rule>\n</direct>\n',
        },
        ("/etc/firewalld/direct.xml", 2),
    ),
    (
        "R39",
        {**FIREWALLD_ON, "/etc/firewalld/direct.xml": '<direct>\n<passthrough ipv="ipv4">-I OUTPUT 1 -p tcp -j REJECT</passthrough>\n</direct>\n'},
        ("/etc/firewalld/direct.xml", 2),
    ),
    ("R39c", {**PERSISTENT, IPTABLES: CLOSED}, (IPTABLES, 2)),
    ("R39c", {**PERSISTENT, IPTABLES: CLOSED + "-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT\n"}, (IPTABLES, 2)),
    ("R39c", {**PERSISTENT, IPTABLES: CLOSED + "-A INPUT -p tcp --dport 22 -j ACCEPT\n", "/etc/ssh/sshd_config": "Port 2222\n"}, (IPTABLES, 2)),
    ("R39c", {**NFTABLES, NFT: chain("input", "ct state established,related accept", "iifname lo accept", "tcp dport 443 accept")}, (NFT, 3)),
    ("R39c", {**NFTABLES, NFT: chain("input", "ct state vmap { established : accept, related : accept, invalid : drop }")}, (NFT, 3)),
    # what ufw's own file says before the rules of the user
    (
        "R39c",
        {
            **UFW_ON,
            UFW_RULES: "*filter\n:ufw-user-input - [0:0]\nCOMMIT\n",
            "/etc/ufw/before.rules": "*filter\n:ufw-not-local - [0:0]\n"
            "-A ufw-before-input -j ufw-not-local\n-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN\n"
            "-A ufw-not-local -m limit --limit 3/min -j ufw-logging-deny\n-A ufw-not-local -j DROP\nCOMMIT\n",
        },
        (UFW, 1),
    ),
    ("R39c", {**PERSISTENT, IPTABLES: CLOSED + "-A INPUT -j ours\n-A ours -m geoip --src-cc SE -j RETURN\n-A ours -j REJECT\n"}, (IPTABLES, 2)),
    ("R39c", {**UFW_ON, UFW_RULES: "*filter\n:ufw-user-input - [0:0]\nCOMMIT\n"}, (UFW, 1)),
    # the first packet of a connection goes through the chains of nat, and iptables-restore takes this policy
    ("R39c", {**NFTABLES, NFT: "table ip f {\n chain c {\n type nat hook prerouting priority -100; policy drop;\n }\n}\n"}, (NFT, 3)),
    ("R39c", {**PERSISTENT, IPTABLES: "*nat\n:PREROUTING DROP [0:0]\nCOMMIT\n"}, (IPTABLES, 2)),
    ("R39d", SOME, (IPTABLES, 2)),
    ("R39c", {**FIREWALLD_ON, FIREWALLD: "DefaultZone=drop\n"}, (FIREWALLD, 1)),
    ("R39c", {**FIREWALLD_ON, ZONE: '<zone>\n<service name="dhcpv6-client"/>\n<!-- <service name="ssh"/> -->\n</zone>\n'}, (ZONE, None)),
]

#: Nothing is wrong with these.
RIGHT = [
    {**NFTABLES, NFT: "table inet f {\n chain c {\n type filter hook prerouting priority -300;\n tcp dport 23 drop\n }\n}\n"},
    {**NFTABLES, NFT: "table netdev f {\n chain c {\n type filter hook ingress device eth1 priority 0; policy drop;\n }\n}\n"},
    {**NFTABLES, NFT: "table ip f {\n chain c {\n type nat hook prerouting priority -100; policy accept;\n tcp dport 80 redirect to 8080\n }\n}\n"},
    {
        **PERSISTENT,
        IPTABLES: "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp --dport 22 -j DROP\nCOMMIT\n",
    },
    {IPTABLES: "*filter\n:INPUT DROP [0:0]\n:OUTPUT DROP [0:0]\n"},
    {NFT: OUT_OVER_LINES},  # nothing loads them
    {"/etc/ufw/ufw.conf": "ENABLED=no\n", **on("ufw"), UFW: 'DEFAULT_OUTPUT_POLICY="DROP"\n'},
    {**PERSISTENT, IPTABLES: AGENTS_OWN},
    UFW_ON,
    FIREWALLD_ON,
    {**NFTABLES, NFT: chain("output", "ip daddr 168.63.129.16 tcp dport != 53 skuid != 0 ct state invalid,new counter drop", policy="accept")},
    {
        **FIREWALLD_ON,
        "/etc/firewalld/direct.xml": '<passthrough ipv="ipv4">-t security -A OUTPUT -d 168.63.129.16 -p tcp -m owner --uid-owner 0 -j ACCEPT</passthrough>\n'
        '<passthrough ipv="ipv4">-t security -A OUTPUT -d 168.63.129.16 -p tcp -m conntrack --ctstate INVALID,NEW -j DROP</passthrough>\n',
    },
    {**PERSISTENT, IPTABLES: CLOSED + '-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -m comment --comment "who we are" -j ACCEPT\n'},
    {**PERSISTENT, IPTABLES: CLOSED.replace("INPUT DROP", "INPUT ACCEPT") + "-A INPUT -j ours\n-A ours -m geoip --src-cc SE -j RETURN\n-A ours -j DROP\n"},
    {
        **PERSISTENT,
        IPTABLES: CLOSED + "-A INPUT -p tcp --dport 22 -m recent --update --seconds 30 --hitcount 6 -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\n",
    },
    {**PERSISTENT, IPTABLES: CLOSED + "-A INPUT ! -i eth0 -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 20:30,80 -j ACCEPT\n-A INPUT -j REJECT\n"},
    {**NFTABLES, NFT: OUT_OVER_LINES.replace("53, 443", "53, 80, 443")},
    {**NFTABLES, NFT: chain("output", "meta skuid 0 accept", "ct state established accept")},
    {**NFTABLES, NFT: chain("output", "ip daddr { 168.63.129.16, 169.254.169.254 } accept", "tcp sport ssh accept")},
    {
        **NFTABLES,
        NFT: chain("input", "ct state established,related accept", "jump ours").replace(
            "table inet filter {\n", "table inet filter {\n chain ours {\n  tcp dport ssh accept\n }\n"
        ),
    },
    {**NFTABLES, NFT: chain("input", "ct state vmap { established : accept, related : accept, invalid : drop }", "tcp dport @open accept")},
    {
        **NFTABLES,
        NFT: chain(
            "input",
            "ct state { established, related } accept",
            "ip6 saddr ::/0 drop",
            "icmp type echo-request drop",
            "udp dport 22 drop",
            "tcp dport 22 limit rate 10/minute accept",
        ),
    },
    {**NFTABLES, NFT: "table ip6 filter {\n chain o {\n  type filter hook output priority 0; policy drop;\n }\n}\n"},
    {**NFTABLES, NFT: "table inet f {\n chain fwd {\n  type filter hook forward priority 0; policy drop;\n }\n}\n"},
    {
        **FIREWALLD_ON,
        FIREWALLD: "DefaultZone=office\n",
        "/etc/firewalld/zones/office.xml": '<zone target="DROP">\n <port protocol="tcp" port="22"/>\n</zone>\n',
    },
    {**FIREWALLD_ON, FIREWALLD: "DefaultZone=drop\n", "/etc/firewalld/zones/trusted.xml": '<zone target="ACCEPT"><interface name="eth0"/></zone>\n'},
    {**FIREWALLD_ON, FIREWALLD: "DefaultZone=drop\n", "/etc/firewalld/zones/home.xml": '<zone><source ipset="own"/><service name="ssh"/></zone>\n'},
]


def found(root, files):
    """Return {id: Outcome} of the rules on a guest of the files."""
    write_tree(root, {"/usr/lib/systemd/systemd": "", "/etc/ssh/sshd_config": "\n", **files})
    return {rule.id: rule.check(Context(LiveTree(str(root)))) for rule in firewall.RULES}


@pytest.mark.parametrize("rule, files, place", BROKEN)
def test_what_is_dropped_is_found_where_it_is(tmp_path, rule, files, place):
    outcome = found(tmp_path, files)[rule]

    assert outcome.status == "failed"
    assert (outcome.evidence[0].path, outcome.evidence[0].line) == place


def test_ssh_that_comes_from_some_addresses_alone_is_not_kept_away(tmp_path):
    assert found(tmp_path, SOME)["R39c"].status == "passed"


@pytest.mark.parametrize("files", RIGHT)
def test_what_resembles_a_closed_firewall_and_is_none_passes(tmp_path, files):
    assert {outcome.status for outcome in found(tmp_path, files).values()} <= {"passed", "not_applicable"}


@pytest.mark.parametrize(
    "files, cause",
    [
        ({**NFTABLES, NFT: 'include "/etc/nftables.conf"\n'}, "include more than 200 others"),
        (
            {
                **PERSISTENT,
                IPTABLES: "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j c0\n" + "".join(f"-A c{number} -j c{number + 1}\n" * 2 for number in range(28)),
            },
            "its chains jump too often",
        ),
        ({**NFTABLES, NFT: "x " * 300000}, "more than 200000 words"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place_in_a_moment(tmp_path, files, cause):
    with bounded(), pytest.raises(ImagewrightError) as caught:
        found(tmp_path, files)

    assert cause in str(caught.value)
