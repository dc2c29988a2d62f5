# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole line on a faulty guest of each Debian, provisioned by the agent and by cloud-init: prepared, deprovisioned, and nobody gets in."""

import json
import subprocess
from pathlib import Path

import pytest
from lab import container, disk, nspawn, ssh
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

QUICK = {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}
DEPROVISION = Path(__file__).parents[3] / "extensions/molecule/guest_deprovision/converge.yml"

#: Asks the installed agent, not a parser of ours.
PROGRAM = """
import json
from azurelinuxagent.common import conf
conf.load_conf_from_file('/etc/waagent.conf')
print(json.dumps([conf.get_provisioning_agent(), conf.get_resourcedisk_format(), conf.get_resourcedisk_enable_swap(),
                  conf.get_resourcedisk_swap_size_mb(), conf.get_resourcedisk_mountpoint(), conf.get_autoupdate_enabled()]))
"""
SEEN = {"waagent": ["waagent", True, True, 1024, "/mnt/resource", True], "cloud-init": ["cloud-init", False, False]}


@pytest.fixture(scope="module", params=["bookworm", "bullseye", "trixie"])
def suite(request):
    return request.param


@pytest.fixture(scope="module", params=["waagent", "cloud-init"])
def line(request, suite):
    """(guest, provisioner, [check, first, second run]) of the preparation, on the root partition of a faulty disk."""
    record = container.start(image=disk.cached_disk(Plan(Recipe(suite=suite), faulty=True)), suite=suite, owned=True)
    try:
        guest = LiveGuest(record)
        guest.run("systemctl is-system-running --wait", check=False)
        guest.run(
            "useradd -m carol && echo carol:a-password-of-hers | chpasswd && install -d -o carol -m 700 /home/carol/.ssh"
            " && cp /root/.ssh/authorized_keys /home/carol/.ssh/ && chown carol /home/carol/.ssh/authorized_keys"
            " && echo secret > /home/carol/.bash_history"
        )
        variables = dict(QUICK, guest_agent_provisioning=request.param, guest_agent_swap_mb=1024)
        yield guest, request.param, [guest.role("prepare", variables, check=True), guest.role("prepare", variables), guest.role("prepare", variables)]
    finally:
        container.stop(record, at_once=True)


def generalized(play):
    (result,) = [event["result"] for event in play.tasks if event["task"].endswith("Take away what belongs to this machine")][:1]
    return result


def test_check_mode_predicts_the_preparation_and_the_second_run_has_nothing_to_do(line):
    predicted, first, second = line[2]

    assert not predicted.failed, predicted.output
    assert not first.failed, first.output
    assert not second.failed, second.output
    assert predicted.changed_tasks() == first.changed_tasks()
    assert second.changed_tasks() == []


def test_the_agents_own_parser_sees_what_was_asked(line):
    guest, provisioner, _plays = line
    seen = json.loads(guest.output(["python3", "-c", PROGRAM]))

    assert seen[: len(SEEN[provisioner])] == SEEN[provisioner] and seen[-1] is True


def test_who_provisions_starts_at_boot(line):
    guest, provisioner, _plays = line

    assert guest.output("systemctl is-enabled walinuxagent") == "enabled"
    # of a unit that is not there systemd 257 says so, and older ones say nothing
    cloud_init = guest.run("systemctl is-enabled cloud-init-local", check=False).stdout.strip()
    assert cloud_init in (["enabled"] if provisioner == "cloud-init" else ["", "not-found"])


def test_nobody_gets_in_after_the_deprovisioning_that_check_mode_showed(line):
    guest = line[0]
    predicted = guest.playbook(DEPROVISION, check=True)
    real = guest.playbook(DEPROVISION)

    assert not predicted.failed and not real.failed, predicted.output + real.output
    shown, done = generalized(predicted), generalized(real)
    assert shown["removed"] == done["removed"] and shown["accounts"] == done["accounts"]
    assert {"carol", "admin", "root"} <= {account["name"] for account in shown["accounts"]}

    # Azure's first boot makes new host keys; who had a key or a password before is asked to come in
    nspawn.shell(guest.record, "ssh-keygen -A && systemctl restart ssh")
    for user in ("root", "admin", "carol"):
        login = subprocess.run(ssh.argv(guest.record, ["true"], user=user), capture_output=True, text=True, check=False)
        assert login.returncode == 255 and "Permission denied" in login.stderr, (user, login.stderr)
    assert nspawn.shell(guest.record, "awk -F: '$2 !~ /^[!*]/ {print $1}' /etc/shadow") == ""
    assert nspawn.shell(guest.record, "find / -xdev -name authorized_keys -size +0 2>/dev/null") == ""
