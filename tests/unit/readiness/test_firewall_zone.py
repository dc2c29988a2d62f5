# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zone of the first card: firewalld's own, or that which the card's profile names, and its rich rules."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import firewall
from unit.readiness.test_firewall import FIREWALLD, FIREWALLD_ON, ZONE, on
from unit.trees import write_tree

NM_PROFILE = "/etc/NetworkManager/system-connections/eth0.nmconnection"
NM_ON = {**on("NetworkManager"), **FIREWALLD_ON}


def profile(zone, card="eth0"):
    return f"[connection]\nid=x\ntype=ethernet\ninterface-name={card}\n{zone}[ipv4]\nmethod=auto\n"


def ssh(root, files):
    """Return the Outcome of the rule on SSH for a guest."""
    write_tree(root, files)
    return firewall.ssh_comes_in.check(Context(LiveTree(str(root))))


@pytest.mark.parametrize(
    "files, place",
    [
        ({NM_PROFILE: profile("zone=drop\n")}, (NM_PROFILE, 5)),
        ({NM_PROFILE: profile("zone=block\n")}, (NM_PROFILE, 5)),
        ({NM_PROFILE: profile("zone=web\n"), "/etc/firewalld/zones/web.xml": '<zone><service name="http"/></zone>\n'}, (NM_PROFILE, 5)),
        ({ZONE: '<zone>\n<service name="ssh"/>\n<rule family="ipv4">\n<service name="ssh"/>\n<reject/>\n</rule>\n</zone>\n'}, (ZONE, 3)),
        ({ZONE: '<zone>\n<service name="ssh"/>\n<rule><port port="20-30" protocol="tcp"/><drop/></rule>\n</zone>\n'}, (ZONE, 3)),
    ],
)
def test_the_zone_of_the_cards_profile_and_its_rich_rules_refuse_ssh(tmp_path, files, place):
    found = ssh(tmp_path, {**NM_ON, **files})
    assert (found.status, found.evidence[0].path, found.evidence[0].line) == ("failed", *place)


@pytest.mark.parametrize(
    "files",
    [
        {NM_PROFILE: profile("zone=public\n")},
        {NM_PROFILE: profile("zone=trusted\n"), FIREWALLD: "DefaultZone=drop\n"},
        {NM_PROFILE: profile("zone=drop\n", "eth1")},
        {NM_PROFILE: profile("zone=gone\n")},
        {FIREWALLD: "DefaultZone=gone\n"},
        {ZONE: '<zone><service name="ssh"/><rule family="ipv4"><source address="192.0.2.0/24"/><service name="ssh"/><reject/></rule></zone>\n'},
        {ZONE: '<zone><service name="ssh"/><rule family="ipv6"><service name="ssh"/><reject/></rule></zone>\n'},
        {ZONE: '<zone><service name="ssh"/><rule><service name="telnet"/><reject/></rule></zone>\n'},
        {ZONE: '<zone><rule priority="-1"><service name="ssh"/><accept/></rule><rule><service name="ssh"/><drop/></rule></zone>\n'},
        {ZONE: '<zone><service name="ssh"/>\n<!-- <rule><service name="ssh"/><reject/></rule> -->\n</zone>\n'},
    ],
)
def test_a_zone_that_lets_ssh_in_is_right_whatever_others_are_like(tmp_path, files):
    assert ssh(tmp_path, {**NM_ON, **files}).status == "passed"


@pytest.mark.parametrize(("zone", "status"), [("drop", "failed"), ("public", "passed"), ("gone", "passed")])
def test_wicked_names_a_zone_in_its_file(tmp_path, zone, status):
    files = {**on("wicked"), **FIREWALLD_ON, "/etc/sysconfig/network/ifcfg-eth0": f"STARTMODE=auto\nBOOTPROTO=dhcp\nZONE='{zone}'\n"}
    assert ssh(tmp_path, files).status == status
