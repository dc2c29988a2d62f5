# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name that udev gives the first card, and how network_dhcp lets it keep the kernel's."""

import pytest
from bounds import bounded
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.network import udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.network.card_name import first_card
from ansible_collections.imagewright.azure.plugins.module_utils.network import network_dhcp
from unit.network.guests import SETTINGS, apply, guest
from unit.network.guests import after as planned

ETC, USR, RULES = "/etc/systemd/network", "/usr/lib/systemd/network", "/etc/udev/rules.d"
#: What systemd's udev brings.
DEFAULT = {
    USR + "/99-default.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel database onboard slot path\n",
    USR + "/73-usb-net-by-mac.link": "[Match]\nPath=*-usb-*\n[Link]\nNamePolicy=mac\n",
}


@pytest.mark.parametrize(
    "files, name, place",
    [
        ({}, "eth0", None),
        (DEFAULT, "eth0", None),
        ({**DEFAULT, ETC + "/10-lan.link": "[Match]\nOriginalName=eth*\n[Link]\nName=lan0\n"}, "lan0", (ETC + "/10-lan.link", 4)),
        ({**DEFAULT, ETC + "/10-lan.link": "[Match]\nDriver=hv_netvsc\n[Link]\nNamePolicy=path\nName=lan0\n"}, "lan0", (ETC + "/10-lan.link", 5)),
        ({**DEFAULT, ETC + "/10-lan.link": "[Match]\nDriver=virtio_net\n[Link]\nName=lan0\n"}, "eth0", None),
        ({**DEFAULT, ETC + "/10-lan.link": "[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=lan0\n"}, "eth0", None),
        (
            {ETC + "/05-first.link": "[Match]\nType=ether\n[Link]\nMTUBytes=1400\n", ETC + "/10-lan.link": "[Match]\nType=ether\n[Link]\nName=lan0\n"},
            "eth0",
            None,
        ),
        ({ETC + "/10-mac.link": "[Match]\nOriginalName=*\n[Link]\nNamePolicy=mac\n"}, "enx000d3a000000", (ETC + "/10-mac.link", 4)),
        (
            {RULES + "/70-net.rules": 'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{type}=="1", KERNEL=="eth*", NAME="lan0"\n'},
            "lan0",
            (RULES + "/70-net.rules", 1),
        ),
        ({RULES + "/70-net.rules": 'SUBSYSTEM=="net", KERNEL=="eth0", \\\n  NAME:="lan0"\n'}, "lan0", (RULES + "/70-net.rules", 1)),
        ({RULES + "/70-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", KERNEL=="eth*", NAME="lan0"\n'}, "eth0", None),
        ({RULES + "/70-net.rules": 'SUBSYSTEM=="net", DRIVERS=="virtio_net", NAME="lan0"\n'}, "eth0", None),
        ({RULES + "/70-net.rules": 'SUBSYSTEM=="net", KERNEL!="lo", PROGRAM="/usr/sbin/name", NAME="%c"\n'}, "eth0", None),
        ({"/usr/lib/udev/rules.d/70-net.rules": 'SUBSYSTEM=="net", KERNEL=="eth*", NAME="lan0"\n', RULES + "/70-net.rules": ""}, "eth0", None),
        (
            {RULES + "/70-a.rules": 'SUBSYSTEM=="net", KERNEL=="eth*", NAME="a0"\n', RULES + "/71-b.rules": 'SUBSYSTEM=="net", KERNEL=="eth*", NAME="b0"\n'},
            "b0",
            (RULES + "/71-b.rules", 1),
        ),
    ],
)
def test_the_name_of_the_first_card(tmp_path, files, name, place):
    card, found = first_card(guest(tmp_path, files))

    assert card.name == name
    assert (found and (found.path, found.line)) == place


@pytest.mark.parametrize(
    "files, left",
    [
        (
            {RULES + "/70-net.rules": '# ours\nSUBSYSTEM=="net", KERNEL=="eth*", NAME="lan0"\nSUBSYSTEM=="tty", MODE="0600"\n'},
            {RULES + "/70-net.rules": '# ours\nSUBSYSTEM=="tty", MODE="0600"\n'},
        ),
        ({RULES + "/70-net.rules": 'SUBSYSTEM=="net", KERNEL=="eth*", NAME="lan0"\n'}, {}),
        ({ETC + "/10-lan.link": "[Match]\nType=ether\n[Link]\nName=lan0\n", ETC + "/11-lan.link": "[Match]\nType=ether\n[Link]\nName=lan1\n"}, {}),
    ],
)
def test_what_renames_the_first_card_goes_and_no_more(tmp_path, files, left):
    tree = guest(tmp_path, files)

    after = apply(tree, "networkd")

    assert {"/" + path: text for path, text in after.items() if "udev/rules.d/7" in path or path.endswith(".link")} == left
    assert first_card(tree)[0].name == "eth0"
    assert planned(tree, "networkd") == {}


def test_a_packages_file_that_renames_it_is_masked(tmp_path):
    tree = guest(tmp_path, {USR + "/10-lan.link": "[Match]\nType=ether\n[Link]\nName=lan0\n"})

    apply(tree, "networkd")

    assert first_card(tree)[0].name == "eth0"
    assert tree.read_text(ETC + "/10-lan.link").startswith("# Nothing")


def test_a_name_that_shall_stay_and_that_nothing_configures_is_refused_with_its_place(tmp_path):
    tree = guest(tmp_path, {ETC + "/10-lan.link": "[Match]\nType=ether\n[Link]\nName=lan0\n"})

    with pytest.raises(ImagewrightError, match="10-lan.link line 4 calls it lan0: 'Name=lan0'"):
        network_dhcp.plan(tree, "networkd", SETTINGS, persistent_names="keep")


def test_a_name_that_shall_stay_and_that_is_configured_is_right(tmp_path):
    tree = guest(
        tmp_path, {ETC + "/10-lan.link": "[Match]\nType=ether\n[Link]\nName=lan0\n", ETC + "/20-lan.network": "[Match]\nName=lan* eth*\n[Network]\nDHCP=yes\n"}
    )

    assert [change.path for change in network_dhcp.plan(tree, "networkd", SETTINGS, persistent_names="keep") if "sriov" not in change.path] == []


@pytest.mark.parametrize("text", ['ATTR{address}=="' * 60000, 'A=="x", ' * 100000, "\\\n" * 300000, 'NAME="' + "x" * 900000])
def test_a_file_of_rules_is_read_in_linear_time(text):
    with bounded():
        udev_rules.rules(text)
