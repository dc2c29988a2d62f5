# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bad input gets from the roles: one error that names the thing and the cure, and a guest as it was."""

import json
import subprocess

import pytest
from lab import playing

#: Everything of a guest that a role could have changed.
STATE = (
    "find /etc /boot /root /home /var/lib/dpkg/status -xdev -type f ! -path '*/.ansible/*' ! -name .sudo_as_admin_successful "
    "! -path '/etc/ssh/*' -exec sha256sum {} + | sort | sha256sum"
)


@pytest.fixture(autouse=True)
def no_facts_before_the_role(monkeypatch):
    """As in the playbook: the role itself looks at the guest's Python before any module runs."""
    monkeypatch.setenv("ANSIBLE_GATHERING", "explicit")


@pytest.fixture(autouse=True)
def booted(fresh_guest):
    """The first boot writes files of its own; what is compared below must come after it."""
    fresh_guest.run("systemctl is-system-running --wait", check=False)


def the_error(play):
    """Return the message of the one task that failed."""
    assert play.failed
    messages = play.failed_tasks()
    assert len(messages) == 1, messages
    return messages[0]


def test_a_task_without_root_rights_is_told_to_become_root(fresh_guest):
    before = fresh_guest.output(STATE)

    play = fresh_guest.role("prepare", {"ansible_become": False})

    assert "tasks run as admin (uid 1000)" in the_error(play) and "set become to true" in the_error(play)
    assert fresh_guest.output(STATE) == before


def test_a_python_that_is_too_old_is_named_with_the_ansible_core_for_it(fresh_guest):
    fresh_guest.write("/opt/old/python3", '#!/bin/sh\necho "$3 3.6"\n', mode="755")

    message = the_error(fresh_guest.role("prepare", {"ansible_python_interpreter": "/opt/old/python3"}))

    assert "its Python is 3.6 (/opt/old/python3)" in message and "ansible-core 2.16" in message and "docs/roles.md" in message


def test_no_python_at_all_is_said_in_words(fresh_guest):
    message = the_error(fresh_guest.role("prepare", {"ansible_python_interpreter": "/opt/nothing/python3"}))

    assert "it has no Python that Ansible finds (/opt/nothing/python3)" in message and "install python3" in message


def test_a_package_that_cannot_be_had_is_named_with_its_cure(fresh_guest):
    before = fresh_guest.output(STATE)

    play = fresh_guest.role("guest_agent", {"guest_agent_package": "no-such-agent"})

    assert "cannot install the package no-such-agent" in play.failed_tasks()[-1] and "guest_agent_source" in play.failed_tasks()[-1]
    assert fresh_guest.output(STATE) == before


def test_an_agent_that_would_wait_for_a_disabled_cloud_init_is_stopped(fresh_guest):
    fresh_guest.write("/etc/cloud/cloud-init.disabled", "")
    try:
        message = the_error(fresh_guest.role("guest_agent", {"guest_agent_provisioning": "cloud-init"}))
    finally:
        fresh_guest.run("rm -r /etc/cloud")

    assert "/etc/cloud/cloud-init.disabled keeps it from running" in message and "guest_agent_provisioning to waagent" in message
    assert not fresh_guest.exists("/etc/waagent.conf")


def test_two_owners_of_the_resource_disk_are_stopped(fresh_guest):
    before = fresh_guest.output(STATE)

    message = the_error(fresh_guest.role("guest_agent", {"guest_agent_provisioning": "cloud-init", "guest_agent_settings": {"ResourceDisk.Format": True}}))

    assert "ResourceDisk.Format" in message and "cloud-init does so too" in message
    assert fresh_guest.output(STATE) == before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Resourcedisk.Format": True}, "cannot set the key 'Resourcedisk.Format' in /etc/waagent.conf: no agent reads it"),
        ({"ResourceDisk.SwapSizeMB": "2 GB"}, "cannot set ResourceDisk.SwapSizeMB to '2 GB' in /etc/waagent.conf: the key takes a whole number"),
    ],
)
def test_a_setting_that_the_agent_would_not_take_is_refused_before_it_is_installed(fresh_guest, settings, words):
    before = fresh_guest.output(STATE)

    message = the_error(fresh_guest.role("guest_agent", {"guest_agent_settings": settings}))

    assert words in message
    assert fresh_guest.output(STATE) == before and not fresh_guest.exists("/usr/sbin/waagent")


def test_a_networkmanager_that_the_package_would_remove_is_kept(fresh_guest):
    unit = "/etc/systemd/system/NetworkManager.service"
    install_unit(fresh_guest, "NetworkManager")  # by hand, for a container has it masked while it runs
    fresh_guest.run("systemctl daemon-reload")
    try:
        message = the_error(fresh_guest.role("guest_agent"))
    finally:
        fresh_guest.run(f"rm -f {unit} /etc/systemd/system/multi-user.target.wants/NetworkManager.service; systemctl daemon-reload")

    assert "conflicts with NetworkManager" in message and "guest_agent_networkmanager to remove" in message


def test_settings_that_say_otherwise_who_provisions_are_refused(fresh_guest):
    before = fresh_guest.output(STATE)
    message = the_error(fresh_guest.role("guest_agent", {"guest_agent_provisioning": "waagent", "guest_agent_settings": {"Provisioning.Agent": "cloud-init"}}))
    assert "sets Provisioning.Agent to cloud-init" in message and "(waagent) means waagent; take it out of guest_agent_settings" in message
    assert fresh_guest.output(STATE) == before


def install_unit(guest, name):
    """Write a unit that starts at boot, in the place of one that a package would bring."""
    guest.write(f"/etc/systemd/system/{name}.service", "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
    guest.run(f"ln -s /etc/systemd/system/{name}.service /etc/systemd/system/multi-user.target.wants/{name}.service")


def test_a_firewall_that_blocks_azure_is_named_with_its_line(fresh_guest):
    fresh_guest.write("/etc/iptables/rules.v4", "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -d 168.63.129.16/32 -j DROP\nCOMMIT\n")
    install_unit(fresh_guest, "netfilter-persistent")
    try:
        message = the_error(fresh_guest.role("guest_network", {"guest_network_platform": "fail"}, options=("--tags", "R39")))
        assert "will not reach Azure: /etc/iptables/rules.v4 line 3: -A OUTPUT -d 168.63.129.16/32 -j DROP; Allow both addresses" in message
        assert not fresh_guest.role("guest_network", options=("--tags", "R39")).failed
    finally:
        fresh_guest.run(
            "rm -r /etc/iptables; rm /etc/systemd/system/netfilter-persistent.service /etc/systemd/system/multi-user.target.wants/netfilter-persistent.service"
        )


def test_two_network_managers_are_stopped(fresh_guest):
    fresh_guest.write("/etc/network/interfaces", "auto eth0\niface eth0 inet dhcp\n")
    install_unit(fresh_guest, "networking")
    before = fresh_guest.output(STATE)
    try:
        message = the_error(fresh_guest.role("guest_network"))
        assert "networkd (/" in message and "ifupdown (/etc/systemd/system/multi-user.target.wants/networking.service)" in message
        assert "are both enabled" in message and "disable all but one" in message
        assert fresh_guest.output(STATE) == before
    finally:
        fresh_guest.run("rm -r /etc/network /etc/systemd/system/multi-user.target.wants/networking.service /etc/systemd/system/networking.service")


def test_a_wrong_choice_is_refused_before_anything_is_changed(fresh_guest):
    message = the_error(fresh_guest.role("prepare", {"prepare_image_kind": "generalised"}))

    assert "prepare_image_kind" in message and "generalized, specialized" in message


@pytest.mark.parametrize("connection", ["local", "under-another-name"])
def test_the_controller_is_never_deprovisioned(connection):
    inventory = json.dumps({"guests": {"hosts": {"web1": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}}}})
    machine_id = subprocess.run(["cat", "/etc/machine-id"], capture_output=True, text=True, check=False).stdout
    # by its name alone the connection looks like any other; the root directory gives it away
    variables = {} if connection == "local" else {"ansible_connection": "ansible.builtin.local"}

    play = playing.role(inventory, "guest_deprovision", variables, host="web1", check=True)

    assert "it is the controller itself" in the_error(play)
    assert not [task for task in play.tasks if "Take away" in task["task"]]
    assert subprocess.run(["cat", "/etc/machine-id"], capture_output=True, text=True, check=False).stdout == machine_id


def test_an_unreachable_guest_stops_alone(fresh_guest, tmp_path):
    inventory = json.loads(fresh_guest.inventory)
    away = dict(next(iter(inventory["guests"]["hosts"].values())), ansible_port=1)
    inventory["guests"]["hosts"]["away"] = away
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{"name": "Run", "hosts": "guests", "gather_facts": False, "roles": [{"role": "imagewright.azure.guest_ssh"}]}]))

    play = playing.playbook(json.dumps(inventory), playbook)

    assert play.returncode != 0
    assert play.hosts["away"]["unreachable"] == 1 and play.hosts[fresh_guest.host]["failures"] == 0
