# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wicked's own XML files are not read: what only they may say is not known. Its table of routes loses the gateway of the fixed address."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.network import wicked
from unit.network.guests import guest

IFCFG, NATIVE = "/etc/sysconfig/network/ifcfg-eth0", "/etc/wicked/ifconfig/cards.xml"


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({NATIVE: "<interface><name>eth0</name><ipv4:dhcp/></interface>\n"}, "unsure"),
        ({NATIVE: '<interface><name namespace="ethernet">\n eth0 </name></interface>\n'}, "unsure"),
        ({NATIVE: "<interface><match><class>netif-ethernet</class></match></interface>\n"}, "unsure"),
        ({NATIVE: "<interface><name>dummy0</name></interface>\n"}, "nothing"),
        ({NATIVE: "<interface><name>eth0</name></interface>\n", IFCFG: "STARTMODE=auto\nBOOTPROTO=dhcp\n"}, "dhcp"),
        ({}, "nothing"),
    ],
)
def test_what_only_wickeds_own_files_say_is_not_known(tmp_path, files, what):
    assert wicked.answer(guest(tmp_path, files)).what == what


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("default 192.0.2.1 - -\n", False),
        ("default 192.0.2.1 - eth0\n", False),
        ("0.0.0.0 192.0.2.1 0.0.0.0\n", False),
        ("0.0.0.0/0 192.0.2.1\n", False),
        ("# default 192.0.2.1 - -\n", True),
        ("default 192.0.2.1 - eth1\n", True),
        ("default fe80::1 - -\n", True),
        ("198.51.100.0/24 192.0.2.1 - -\n", True),
        ("default - - - blackhole\n", True),
        ("0.0.0.0 192.0.2.1 255.0.0.0 -\n", True),
    ],
)
@pytest.mark.parametrize("name", ["routes", "ifroute-eth0"])
def test_the_gateway_of_the_old_network_goes_and_no_other_route(tmp_path, run_module, name, line, stays):
    path = f"/etc/sysconfig/network/{name}"
    guest(tmp_path, {IFCFG: "STARTMODE=auto\nBOOTPROTO=static\nIPADDR=192.0.2.7/24\n", path: f"# first\n{line}198.51.100.0/24 - - lo\n"})

    first, second = (run_module("network_dhcp", root=tmp_path, manager="wicked", cloud_init="false") for _time in range(2))

    assert (first.get("msg"), first["changed"], second["changed"]) == (None, True, False)
    assert (tmp_path / path[1:]).read_text() == f"# first\n{line if stays else ''}198.51.100.0/24 - - lo\n"
