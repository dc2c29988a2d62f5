# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of people are deleted with their homes, the one that Ansible is logged in with too; a kept one and the system's stay."""

import pytest
from lab import nspawn

pytestmark = pytest.mark.slow

REMOVE = {"guest_deprovision_accounts": "remove", "guest_deprovision_keep_accounts": ["oona"]}


def test_people_go_and_a_kept_account_and_the_systems_stay(suite_guest):
    suite_guest.run("systemctl is-system-running --wait", check=False)
    suite_guest.run(
        "useradd -m carol && useradd -m oona && useradd --system --home /var/lib/meter meter && echo oona:a-password | chpasswd"
        " && mkdir -p /home/oona/.ssh && cp /root/.ssh/authorized_keys /home/oona/.ssh/ && touch /home/carol/letter"
    )
    system = set(suite_guest.output("cut -d: -f1 /etc/passwd").split()) - {"carol", "admin"}

    predicted = suite_guest.role("guest_deprovision", REMOVE, check=True)
    assert suite_guest.exists("/home/carol/letter")
    real = suite_guest.role("guest_deprovision", REMOVE)

    assert not predicted.failed and not real.failed, predicted.output + real.output
    (shown, done) = ([event["result"]["accounts"] for event in play.tasks if "accounts" in event["result"]][0] for play in (predicted, real))
    assert shown == done
    assert {account["name"]: account["action"] for account in done} == {"root": "lock", "admin": "remove", "carol": "remove", "oona": "keep"}
    assert set(nspawn.shell(suite_guest.record, "cut -d: -f1 /etc/passwd").split()) == system
    assert nspawn.shell(suite_guest.record, "ls /home").split() == ["oona"]
    assert nspawn.shell(suite_guest.record, "awk -F: '$2 !~ /^[!*]/ {print $1}' /etc/shadow").split() == ["oona"]
    assert nspawn.shell(suite_guest.record, "ls /home/oona/.ssh").split() == ["authorized_keys"]
    assert nspawn.shell(suite_guest.record, "ls /etc/shadow- /etc/ssh/ssh_host* /root/.ssh/authorized_keys 2>/dev/null || true") == ""
