# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_sudoers leaves, as sudo itself reads it."""

import json


def test_sudo_accepts_its_files(host):
    assert host.run("visudo -c").rc == 0


def test_sudo_asks_for_the_own_password_and_not_for_roots(host):
    policy = json.loads(host.run("cvtsudoers -f json /etc/sudoers").stdout)
    assert not any({"targetpw": True} in defaults["Options"] for defaults in policy.get("Defaults", []))


def test_not_everybody_may_become_root(host):
    policy = json.loads(host.run("cvtsudoers -f json /etc/sudoers").stdout)
    assert not any({"username": "ALL"} in spec["User_List"] for spec in policy["User_Specs"])


def test_somebody_may_still_become_root(host):
    assert host.run("sudo -l -U root").rc == 0
