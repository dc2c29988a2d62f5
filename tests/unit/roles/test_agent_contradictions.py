# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_agent refuses before it changes anything, and what it notes as work, for guests without an agent."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]

#: Guest: (os_family, guest_agent_root, guest_agent_source).
GUESTS = {
    "running, from source": ("RedHat", "/", "/packages/agent.tar.gz"),
    "mounted, from source": ("RedHat", "/mnt/guest", "/packages/agent.tar.gz"),
    "mounted, from a URL": ("RedHat", "/mnt/guest", "https://example.org/agent.tar.gz"),
    "running, from a URL": ("RedHat", "/", "https://example.org/agent.tar.gz"),
    "mounted, of a package": ("RedHat", "/mnt/guest", ""),
    "mounted, not known": ("Gentoo", "/mnt/guest", ""),
}
FOUND = {
    "agent": {"program": None, "version": None, "configuration": None, "services": {}},
    "cloud_init": {"program": None, "runs": False, "kernel_parameters": [], "switched_off_by": [], "leftovers": [], "services": {}},
    "services": {"NetworkManager": "enabled"},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Return {guest: {contradictions, notes}}, as the role's variables say."""
    folder = tmp_path_factory.mktemp("contradictions")
    hosts = {
        guest: {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "given": {
                "os_family": family,
                "distribution": family,
                "distribution_version": "9.4",
                "distribution_major_version": "9",
                "guest_system_names": ["default", family],
            },
            "root": root,
            "source": source,
        }
        for guest, (family, root, source) in GUESTS.items()
    }
    (folder / "templates").symlink_to(CHECKOUT / "roles/guest_agent/templates")  # ansible-core 2.16 renders all that a variable has
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    wanted = "{{ {'contradictions': __guest_agent_contradictions, 'notes': __guest_agent_survey.notes} | to_json }}"
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars_files": [str(CHECKOUT / f"roles/{path}/main.yml") for path in ("guest_agent/defaults", "guest_agent/vars")],
        "tasks": [
            {"ansible.builtin.set_fact": {"cacheable": True, **{name: f"{{{{ given.{name} }}}}" for name in hosts["mounted, not known"]["given"]}}},
            {"ansible.builtin.set_fact": {"__guest_agent_found": FOUND, "__guest_agent_now": FOUND}},
            {"ansible.builtin.set_fact": {"guest_agent_root": "{{ root }}", "guest_agent_source": "{{ source }}"}},
            {"ansible.builtin.copy": {"dest": f"{folder}/{{{{ inventory_hostname }}}}.json", "content": wanted}},
        ],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    subprocess.run(
        [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "inventory.yml", folder / "play.yml"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".venv/collections")},
        check=True,
        capture_output=True,
        timeout=600,
    )
    return {guest: json.loads((folder / f"{guest}.json").read_text()) for guest in GUESTS}


@pytest.mark.parametrize("guest", ["running, from source", "mounted, from source"])
def test_a_source_archive_is_installed_in_a_guest_that_runs_and_in_one_that_does_not(answers, guest):
    assert answers[guest] == {"contradictions": [], "notes": ["the agent is installed from /packages/agent.tar.gz"]}


def test_a_package_of_a_known_distribution_contradicts_nothing(answers):
    assert answers["mounted, of a package"] == {"contradictions": [], "notes": []}


def test_a_guest_whose_package_nobody_knows_is_refused_with_what_to_set(answers):
    refused = answers["mounted, not known"]["contradictions"]

    assert len(refused) == 1 and "set guest_agent_package to its name, or guest_agent_source to a source archive" in refused[0]


def test_an_archive_that_nobody_fetches_is_refused_before_anything_is_changed(answers):
    assert answers["mounted, from a URL"]["contradictions"] == [
        "cannot install the Azure agent in /mnt/guest from https://example.org/agent.tar.gz: nothing is fetched for a guest that does not run; fetch "
        "the archive, and set guest_agent_source to its path on the controller"
    ]
    assert answers["running, from a URL"]["contradictions"] == []
