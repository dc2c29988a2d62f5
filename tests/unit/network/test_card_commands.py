# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command beside the first card does to it."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.network.card_commands import commands


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("ip link set eth0 down", ["down"]),
        ("/sbin/ip link set dev eth0 down", ["down"]),
        ("ip -4 l set $IFACE down", ["down"]),
        ("sh -c 'sleep 1; ip link set eth0 down'", ["down"]),
        ("sudo ifconfig eth0 down", ["down"]),
        ("ifconfig eth0 0.0.0.0", ["down"]),
        ("nmcli networking off", ["down"]),
        ("nmcli device disconnect eth0", ["down"]),
        ("sleep 1 && ifdown eth0", ["down"]),
        ("ip link set eth0 master br0", ["moved"]),
        ("ip link set eth0 netns build", ["moved"]),
        ("ip address flush dev eth0", ["emptied"]),
        ("ip route flush dev eth0", ["emptied"]),
        ("ip ro f dev eth0", ["emptied"]),
        ("ip route flush table main", ["emptied"]),
        ("ip route flush all", ["emptied"]),
        ("ip route del default", ["emptied"]),
        ("ifdown -a", ["down"]),
        ("networkctl delete eth0", ["down"]),
        ("nmcli --terse dev dis eth0", ["down"]),
        ("nmcli d set eth0 managed no", ["down"]),
        ("modprobe -r hv_netvsc", ["no driver"]),
        ("ip link set eth0 mtu 100", ["small"]),
        ("ip route add blackhole 168.63.129.16", ["refused"]),
        ("ip route add unreachable default", ["refused"]),
        ("ip rule add to 168.63.129.16 blackhole", ["refused"]),
        ("ip rule add prohibit", ["refused"]),
        ("ip route replace default via 192.168.1.1 onlink; ip link set eth0 down", ["default", "down"]),
        ("ip link set eth0 up", []),
        ("ip link set eth1 down", []),
        ("ip link set eth0 mtu 1400", []),
        ("ip route add 10.9.0.0/16 via 10.0.0.1", []),
        ("ip route add blackhole 10.0.0.0/8", []),
        ("ip route add unreachable default metric 4294967295", []),
        ("ip route add default via 10.0.0.1 table 100", []),
        ("ip rule add from 10.9.0.5 prohibit", []),
        ("ip route flush cache", []),
        ("ip route flush dev eth1", []),
        ("ip route flush table 100", []),
        ("ip route flush dev eth1 table main", []),
        ("ip ru flush", []),
        ("nmcli d show eth0", []),
        ("ethtool -K eth0 tso off || ip link set eth0 down", []),
        ("echo ip link set eth0 down", []),
        ("modprobe hv_netvsc", []),
        ("ip link set", []),
        ("ip 'link set eth0 down", []),
        ("# ip link set eth0 down", []),
    ],
)
def test_what_a_command_does_to_the_card(line, done):
    assert [command.what for command in commands(line, "eth0", ("$IFACE",))] == done


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("ip route add default via 192.168.1.1", False),
        ("ip route replace default via 192.168.1.1", False),
        ("ip route replace default via 192.168.1.1 onlink", True),
        ("ip route replace blackhole 168.63.129.16", True),
    ],
)
def test_whether_a_route_has_its_way_beside_those_of_the_lease(line, first):
    assert [command.first for command in commands(line, "eth0")] == [first]
