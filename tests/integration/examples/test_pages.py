# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules' pages and of docs/variables are understood by a guest: each is run there in check mode, which changes nothing."""

import json

import pytest
from unit.guest_text.test_examples import MODULES as ON_TREES
from unit.packaging.test_tables import ROLES, tables

#: Those that test_module_examples.py carries out: on disk images, on a guest that does not run, by playbooks.
ELSEWHERE = {"check_names", "guest_agent_source", "guest_labels", "guest_packages", "guest_services", "image_session", "show"}

#: Modules whose examples a tree in a temporary directory cannot carry out; tests/unit/guest_text has the others.
MODULES = [name for name in tables.module_names() if name not in ELSEWHERE and name not in ON_TREES and not name.startswith("vhd_")]

#: What an example says of another system than this guest, and what is right for it: its boot loader, its own root, an agent that is yet to come.
HERE = {
    "root": "/",
    "bootloader": "auto",
    "generator": "auto",
    "kernels": ["all"],
    "manager": "auto",
    "guest_boot_initrd_kernels": ["all"],
    "guest_agent_install": True,
    "guest_agent_source": "",
    "guest_agent_package_files": [],
    "guest_time_install": True,
}

#: {name: (module, arguments)}; an example that is on the page and in the documentation is one.
EXAMPLES = {
    f"{name}-{number}": (name, arguments)
    for name in MODULES
    for number, arguments in enumerate(tables.module_examples(name))
    if "image" not in arguments and "compare_with" not in arguments and arguments not in tables.module_examples(name)[:number]
}


@pytest.fixture(scope="module")
def prepared(faulty_guest):
    """The faulty guest, with the account and the file that the examples name."""
    faulty_guest.output("apt-get update")
    faulty_guest.output("id operator || useradd --gid operator --create-home operator")
    faulty_guest.write("/etc/sudoers.d/local", "# site\n")
    return faulty_guest


@pytest.fixture(scope="module")
def carried_out(prepared, tmp_path_factory):
    """Return {name of an example: what became of its task}, all of one play in check mode."""
    tasks = [
        {"name": name, f"imagewright.azure.{module}": {option: HERE.get(option, value) for option, value in arguments.items()}, "ignore_errors": True}
        for name, (module, arguments) in EXAMPLES.items()
    ]
    path = tmp_path_factory.mktemp("examples") / "play.yml"
    path.write_text(json.dumps([{"name": "Carry out examples", "hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return {event["task"]: event for event in prepared.playbook(path, check=True).tasks}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_a_module_is_carried_out(carried_out, name):
    assert carried_out[name]["status"] == "ok", carried_out[name]["result"].get("msg")


@pytest.mark.parametrize("role", [role for role in ROLES if not role.startswith("disk_")])
def test_the_examples_of_a_role_are_carried_out(prepared, role):
    examples = {name: HERE.get(name, value) for name, value in tables.role_examples(role).items() if not name.endswith("_root")}

    play = prepared.role(role, examples, check=True)

    assert not play.failed, play.output
