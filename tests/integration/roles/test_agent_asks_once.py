# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role guest_agent asks the guest as often as it must: always by itself, and where it has installed something; in prepare the survey has asked."""

import json

import pytest

ALONE = {
    "prepare_image_kind": "generalized",
    "prepare_deprovision": False,
    "prepare_shutdown": False,
    **{f"prepare_guest_{topic}": False for topic in ("kernel", "swap", "boot", "ssh", "sudoers", "network", "time")},
}


@pytest.fixture(scope="module")
def prepared(fresh_guest):
    """The guest after prepare has installed the agent, with what that run did."""
    play = fresh_guest.role("prepare", ALONE)
    assert not play.failed, play.output
    return fresh_guest, play


def questions(play):
    """Return how often the role asked the guest, by module: what it included, skipped or worked out here does not count."""
    here = ("assert", "include_tasks", "include_vars", "set_fact", "fail", "debug", "validate_argument_spec")
    asked = [event["action"].rpartition(".")[2] for event in play.tasks if event["status"] != "skipped" and ".guest_agent : " in event["task"]]
    return {module: asked.count(module) for module in asked if module not in here}


def topics(play):
    """Return the topics of the role's tasks that were not skipped."""
    return {event["task"].rpartition(" : ")[2].partition(" | ")[0] for event in play.tasks if event["status"] != "skipped" and " | " in event["task"]}


def test_the_run_that_installs_the_agent_looks_at_what_came_and_believes_the_survey_before(prepared):
    _guest, play = prepared

    assert questions(play) == {"guest_agent_info": 1, "guest_packages": 2, "waagent_conf": 1}


def test_a_guest_that_is_ready_is_asked_by_prepare_alone(prepared):
    guest, _first = prepared
    play = guest.role("prepare", ALONE)

    assert not play.failed and play.changed_tasks() == []
    assert questions(play) == {}
    assert [event["status"] for event in play.tasks if event["task"].endswith("Run the roles that have work")] == ["skipped"]


def test_an_agent_that_was_switched_off_is_started_at_boot(prepared):
    guest, _first = prepared
    guest.run("systemctl disable -q walinuxagent")
    play = guest.role("prepare", ALONE)

    assert [task.rpartition(" | ")[2] for task in play.changed_tasks()] == ["Start the agent at boot"]
    assert guest.output("systemctl is-enabled walinuxagent") == "enabled"


@pytest.mark.parametrize(
    "tag, expected",
    [
        ("guest_agent_package", {"Package"}),
        ("R37", {"Package"}),
        ("guest_agent_cloud_init", set()),
        ("guest_agent_configuration", {"Configuration"}),
    ],
)
def test_a_tag_runs_the_tasks_of_its_topic_and_the_look(prepared, tag, expected):
    guest, _first = prepared
    play = guest.role("guest_agent", {"guest_agent_provisioning": "waagent"}, options=("--tags", tag))

    assert not play.failed, play.output
    assert topics(play) == {"Look", "Contradictions"} | expected


def test_by_itself_the_role_looks_whatever_a_preflight_found_before(prepared, tmp_path):
    guest, _first = prepared
    role = "imagewright.azure.guest_agent"
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        json.dumps(
            [
                {
                    "name": "Look",
                    "hosts": "guests",
                    "tasks": [
                        {"name": "Preflight", "ansible.builtin.import_role": {"name": role, "tasks_from": "preflight"}},
                        {"name": "Switch cloud-init off", "ansible.builtin.command": "install -D /dev/null /etc/cloud/cloud-init.disabled"},
                    ],
                },
                {
                    "name": "Install",
                    "hosts": "guests",
                    "tasks": [{"name": "Role", "ansible.builtin.import_role": {"name": role}, "vars": {"guest_agent_provisioning": "cloud-init"}}],
                },
            ]
        )
    )
    try:
        play = guest.playbook(playbook)
    finally:
        guest.run("rm -rf /etc/cloud")

    (message,) = play.failed_tasks()
    assert "/etc/cloud/cloud-init.disabled keeps it from running" in message
