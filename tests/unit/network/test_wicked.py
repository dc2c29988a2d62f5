# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wicked's own XML files are not read: what only they may say is not known."""

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
