# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole role prepare on a guest that is a small tree of files: what it would change and changes, with its survey and without."""

import json
import sys

import pytest
from lab import playing
from lab.calls import calls
from unit.trees import write_tree

SERVICES = ("chrony", "networking", "ssh", "walinuxagent")
GUEST = {
    "/bin/sh": "",
    "/sbin/ifup": "",
    "/sbin/dhclient": "",
    "/boot/config": "",
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n',
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
    "/etc/shadow": "root:$6$salt$hash:19000::::::\n",
    "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n",
    "/etc/fstab": "UUID=x / ext4\n/dev/sda2 none swap\n",
    "/etc/modprobe.d/cis.conf": "blacklist udf\n",
    "/etc/network/interfaces": "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n address 192.0.2.2/24\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n",
    "/etc/sudoers": "Defaults targetpw\nALL ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n",
    "/etc/waagent.conf": "Provisioning.Agent=waagent\n",
    "/usr/lib/systemd/systemd": "",
    "/usr/sbin/waagent": "",
    "/var/lib/dpkg/info/chrony.list": "/.\n",
    "/var/lib/dpkg/status": "".join(f"Package: {name}\nStatus: install ok installed\n\n" for name in ("chrony", "hyperv-daemons", "openssh-server", "waagent")),
}
GUEST.update({f"/usr/lib/systemd/system/{name}.service": "[Install]\nWantedBy=multi-user.target\n" for name in SERVICES})
GUEST.update({f"/etc/systemd/system/multi-user.target.wants/{name}.service": f"->/usr/lib/systemd/system/{name}.service" for name in SERVICES})
#: What needs a kernel and a boot loader is asked of containers.
VARIABLES = {
    "prepare_image_kind": "generalized",
    "prepare_deprovision": False,
    "prepare_shutdown": False,
    "prepare_guest_boot": False,
    "guest_swap_resume": "keep",
    "guest_network_persistent_names": "keep",
}
#: All that a role does on it, in order.
CHANGES = [
    "Bans | Lift them",
    "Fstab | Take swap and shared folders out, name file systems by UUID",
    "Options | Set them so that they count",
    "Configuration | Set who provisions, swaps and updates",
    "Rules | Take them out",
    "Dhcp | Configure the first card for the next boot",
    "Clock | Have chrony take the time from the clock of Hyper-V",
]


@pytest.fixture
def prepare(tmp_path):
    """Return a function that runs the role on the tree, as a guest in root, and returns what it did."""
    write_tree(tmp_path / "guest", GUEST)
    # its architecture is read from its shell
    with open("/bin/sh", "rb") as shell:
        (tmp_path / "guest/bin/sh").write_bytes(shell.read())
    inventory = json.dumps({"all": {"hosts": {"guest": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}})

    def run(variables=None, **options):
        play = playing.role(inventory, "prepare", {**VARIABLES, "prepare_root": str(tmp_path / "guest"), **(variables or {})}, **options)
        assert not play.failed, play.output
        return play

    return run


def changes(play):
    """Return [(task, its difference)] of what a run changed."""
    return [
        (event["task"].rpartition(" : ")[2], event["result"].get("diff")) for event in play.tasks if event["status"] == "ok" and event["result"].get("changed")
    ]


def test_the_survey_changes_nothing_of_what_is_done_and_a_ready_guest_is_left_out_role_by_role(prepare):
    looked, done, ready = prepare({"__prepare_surveys": False}, check=True), prepare(), prepare()

    assert [task for task, _difference in changes(done)] == CHANGES
    assert changes(done) == changes(looked)
    assert changes(ready) == []
    assert [call.rpartition(": ")[0].rpartition(" : ")[2] for call in calls(ready)] == [
        "Gathering Facts",
        "Preflight | Ask for the guest's Python, the account that tasks run as, what it cannot write, and its disks",
        "Look | Learn which system the guest is",
        "Look | Ask the guest what it has",
        "Survey | Ask the guest what there is to do",
        "Label what is new",
    ]
    assert not [event["task"] for event in ready.tasks if ".guest_" in event["task"] and ".guest_deprovision" not in event["task"]]


def test_a_tag_runs_its_tasks_and_asks_for_no_other_role(prepare):
    play = prepare(options=("--tags", "R47"))

    assert [task for task, _difference in changes(play)] == ["Rules | Take them out"]
    (survey,) = [event["result"] for event in play.tasks if event["task"].endswith("Survey | Ask the guest what there is to do")]
    assert list(survey["topics"]) == ["guest_sudoers"]


def test_what_a_tag_leaves_out_stops_nobody(prepare, tmp_path):
    """The keep-alive could not be set, and is not asked for."""
    (tmp_path / "guest/etc/ssh/sshd_config").unlink()

    play = prepare(check=True, options=("--skip-tags", "guest_ssh_options,guest_agent,guest_kernel,guest_network,guest_time"))

    assert [task for task, _difference in changes(play)] == [CHANGES[1], CHANGES[4]]


@pytest.mark.slow
def test_a_tag_that_is_left_out_leaves_out_its_tasks_alone(prepare):
    play = prepare(options=("--skip-tags", "guest_swap_fstab,guest_time"))

    assert [task for task, _difference in changes(play)] == [CHANGES[0], *CHANGES[2:-1]]


def test_what_one_role_cannot_do_stops_all_before_the_first_change(prepare, tmp_path):
    (tmp_path / "guest/etc/ssh/sshd_config").unlink()
    with pytest.raises(AssertionError) as stopped:
        prepare()

    assert "cannot set options of sshd: there is no /etc/ssh/sshd_config" in str(stopped.value)
    assert (tmp_path / "guest/etc/sudoers").read_text() == GUEST["/etc/sudoers"]
    assert (tmp_path / "guest/etc/fstab").read_text() == GUEST["/etc/fstab"]
