# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--check --diff` of the whole preparation shows the same with the survey as where each role looks itself, on every faulty guest of the lab."""

import json
import sys
from pathlib import Path

import pytest
from lab import container, disk, playing, shapes
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe
from unit.trees import write_tree

from integration.roles.test_survey_on_a_tree import GUEST

pytestmark = pytest.mark.slow

KINDS = {"generalized": {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}}
KINDS["cloud-init"] = {**KINDS["generalized"], "guest_agent_provisioning": "cloud-init", "guest_agent_swap_mb": 512}
KINDS["specialized"] = {"prepare_image_kind": "specialized", "prepare_shutdown": False}

#: Each with every fault of lab.faults; the shapes with those of their distribution besides.
PLANS = {
    "bookworm": Plan(Recipe(), faulty=True),
    "bullseye": Plan(Recipe(suite="bullseye"), faulty=True),
    "trixie": Plan(Recipe(suite="trixie"), faulty=True),
    "dracut": Plan(Recipe(initramfs="dracut"), faulty=True),
    "UEFI": Plan(Recipe(firmware="uefi"), "gpt", faulty=True),
    "GRUB Legacy": Plan(Recipe(loader="grub-legacy"), faulty=True),
    **{name: shapes.plan(name, faulty=True) for name in shapes.SHAPES},
}


@pytest.fixture(scope="module", params=PLANS)
def guest(request):
    plan = PLANS[request.param]
    record = container.start(image=disk.cached_disk(plan), suite=plan.recipe.suite, owned=True)
    try:
        live = LiveGuest(record)
        live.run("systemctl is-system-running --wait", check=False)
        yield live
    finally:
        container.stop(record, at_once=True)


def shown(play):
    """Return what a run would do: [(task, its difference)] of what it would change, and [message] of what stopped it."""
    changed = [(event["task"], event["result"].get("diff")) for event in play.tasks if event["status"] == "ok" and event["result"].get("changed")]
    return changed, [message.rpartition(": cannot ")[2] for message in play.failed_tasks()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_survey_takes_nothing_from_what_check_mode_shows(guest, kind):
    surveyed = guest.role("prepare", KINDS[kind], check=True)
    looked = guest.role("prepare", {**KINDS[kind], "__prepare_surveys": False}, check=True)

    if looked.failed:
        # the survey stops before the first change at what a role would stop at in its turn
        assert surveyed.failed and shown(surveyed)[0] == []
        assert shown(looked)[1][0] in shown(surveyed)[1][0]
    else:
        assert not surveyed.failed, surveyed.output
        assert shown(surveyed) == shown(looked) and len(shown(looked)[0]) >= 10


#: What needs packages, a boot loader that starts or a network manager is asked of the guests above.
TREES_ALONE = {
    "prepare_guest_boot": False,
    "prepare_guest_network": False,
    "guest_agent_install": False,
    "guest_kernel_daemons": False,
    "guest_ssh_install": False,
    "guest_swap_resume": "keep",
    "guest_time_install": False,
}
#: Recorded trees: (os-release, where chrony has its configuration, services).
SYSTEMS = {
    "debian12": ('ID=debian\nVERSION_ID="12"\n', "/etc/chrony/chrony.conf", ("chrony", "ssh", "walinuxagent")),
    "ubuntu2404": ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', "/etc/chrony/chrony.conf", ("chrony", "ssh", "walinuxagent")),
    "rhel9": ('ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n', "/etc/chrony.conf", ("chronyd", "sshd", "waagent")),
    "sles15": ('ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n', "/etc/chrony.conf", ("chronyd", "sshd", "waagent")),
    "azurelinux3": ('ID=azurelinux\nVERSION_ID="3.0"\n', "/etc/chrony.conf", ("chronyd", "sshd", "waagent")),
}


def recorded(root, release, chrony, services):
    """Write the guest of a system below a directory: swap, a ban, sudo for all, an SSH server without keep-alive, an agent that does not provision."""
    left_out = ("/etc/systemd", "/usr/lib/systemd/system", "/var/lib/dpkg", "/etc/chrony", "/etc/network")
    files = {path: text for path, text in GUEST.items() if not path.startswith(left_out)}
    files.update({"/etc/os-release": release, chrony: "pool pool.example iburst\n", "/etc/waagent.conf": "Provisioning.Agent=disabled\n"})
    files.update({"/usr/lib/systemd/systemd": ""})
    files.update({f"/usr/lib/systemd/system/{name}.service": "[Install]\nWantedBy=multi-user.target\n" for name in services})
    files.update({f"/etc/systemd/system/multi-user.target.wants/{name}.service": f"->/usr/lib/systemd/system/{name}.service" for name in services})
    write_tree(root, files)
    (root / "bin/sh").write_bytes(Path("/bin/sh").read_bytes())


def test_the_survey_takes_nothing_from_what_check_mode_shows_of_recorded_trees(tmp_path):
    for name, system in SYSTEMS.items():
        recorded(tmp_path / name, *system)
    hosts = {name: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "prepare_root": str(tmp_path / name)} for name in SYSTEMS}
    everyone = json.dumps({"all": {"hosts": hosts}})

    surveyed, looked = (
        playing.role(everyone, "prepare", {**KINDS["generalized"], **TREES_ALONE, "__prepare_surveys": surveys}, check=True) for surveys in (True, False)
    )

    assert not surveyed.failed and not looked.failed, surveyed.output + looked.output
    for name in SYSTEMS:
        assert of(name, surveyed) == of(name, looked) and len(of(name, looked)) >= 6, name


def of(host, play):
    """Return [(task, its difference)] of what a run would change on a host."""
    return [
        (event["task"], event["result"].get("diff"))
        for event in play.tasks
        if event["host"] == host and event["status"] == "ok" and event["result"].get("changed")
    ]
