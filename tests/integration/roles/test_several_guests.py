# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several guests in one run of the playbook, some of the inventory: one that fails stops alone, and its disk is not converted."""

import json

import pytest
from lab import container, disk, inventory, playing
from lab.files import copy_sparse
from lab.live import LiveGuest
from lab.paths import CHECKOUT
from lab.recipe import Plan, Recipe

PLAYBOOK = CHECKOUT / "playbooks" / "prepare-azure.yml"

#: What takes long and has tests of its own.
QUICK = {f"prepare_guest_{topic}": False for topic in ("kernel", "boot", "agent", "sudoers", "network", "time")}


@pytest.fixture
def two_guests(tmp_path):
    """Two live guests, each on the root partition of a disk of its own, and their disks."""
    cached = disk.cached_disk(Plan(Recipe()))
    guests = {}
    try:
        for name in ("good", "bad"):
            image = tmp_path / f"{name}.raw"
            copy_sparse(cached, image)
            guests[name] = LiveGuest(container.start(image=image, keep=True, owned=True), name, azure_image_src=str(image))
        yield guests
    finally:
        for guest in guests.values():
            container.stop(guest.record, at_once=True)


def hooks(folder):
    """Write a task file for each moment at which the playbook runs the user's own tasks, and return the variable that names them."""
    (folder / "hooks").mkdir()
    tasks = {
        "before_changes": [{"ansible.builtin.command": "grep -q /swapfile /etc/fstab", "changed_when": False, "failed_when": False}],
        "after_preparation": [{"ansible.builtin.copy": {"content": "by a hook", "dest": "/etc/prepared"}}],
        "after_image": [{"ansible.builtin.copy": {"content": "", "dest": "{{ azure_vhd }}.signed"}}],
    }
    for name, list_of_tasks in tasks.items():
        (folder / "hooks" / f"{name}.yml").write_text(json.dumps(list_of_tasks))
    return {name: str(folder / "hooks" / f"{name}.yml") for name in tasks}


def test_a_guest_that_fails_stops_alone_and_its_disk_is_not_converted(two_guests, tmp_path):
    good, bad = two_guests["good"], two_guests["bad"]
    away = {
        **inventory.host_variables(good.record),
        "ansible_port": 1,
        "azure_image_src": str(tmp_path / "good.raw"),
        "azure_image_dest": str(tmp_path / "away.vhd"),
    }
    hosts = {name: (guest.record, {"azure_image_src": str(tmp_path / f"{name}.raw")}) for name, guest in two_guests.items()}
    everyone = json.loads(inventory.inventory(hosts))
    everyone["guests"]["hosts"]["away"] = away
    # fails in the middle, after the look at what may stop it
    bad.run("echo '/swapfile none swap sw 0 0' >> /etc/fstab && chattr +i /etc/fstab")

    everyone["guests"]["hosts"]["another"] = {**away, "azure_image_dest": str(tmp_path / "another.vhd")}

    play = playing.playbook(
        json.dumps(everyone), PLAYBOOK, {**QUICK, "azure_readiness": False, "azure_hooks": hooks(tmp_path)}, options=("--limit", "good,bad,away")
    )

    assert play.returncode != 0
    assert play.hosts["good"]["failures"] == play.hosts["good"]["unreachable"] == 0
    assert play.hosts["bad"]["failures"] == 1 and play.hosts["away"]["failures"] == 1 and "another" not in play.hosts
    assert "/etc/fstab" in play.failed_tasks()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.raw", "good.raw", "good.vhd", "good.vhd.signed", "hooks"]
    ran = [event["task"] for event in play.tasks if event["host"] == "good"]
    assert [task for task in ran if "user's tasks" in task] == [
        "Run the user's tasks before the first change",
        "Run the user's tasks after the preparation",
        "Run the user's tasks after the image",
    ]
    assert "good: specialized image, not checked" in play.output and "next       ansible-playbook imagewright.azure.upload" in play.output
    assert (tmp_path / "good.vhd").stat().st_size % (1024 * 1024) == 512
    assert bad.output("systemctl is-system-running", check=False) in ("running", "degraded"), "the guest that failed is still on"
    assert not container.guests.alive(good.record.process), "the other one is off"
