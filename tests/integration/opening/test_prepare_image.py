# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook prepare_image on whole disks of several kinds, each booted from what it made. The guests were never started before."""

import hashlib
import json
import os
import subprocess

import pytest
from lab import bootcheck, cleanup, demo, demo_image, disk, line, playing, shapes
from lab.line import BOOT_TIME
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

from .guests import held

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")]

#: {guest: its disk}
GUESTS = {
    "GRUB Legacy": Plan(Recipe(loader="grub-legacy"), faulty=True),
    "dracut": Plan(Recipe(initramfs="dracut"), faulty=True),
    "Btrfs": Plan(Recipe(file_system="btrfs"), faulty=True),
    "in the shape of RHEL 9": shapes.plan("rhel9", faulty=True),
    "in the shape of Ubuntu": shapes.plan("ubuntu", faulty=True),
}
#: {guest: variables}. cloud-init asks Azure for twenty minutes in what it is to provision, and nobody answers here.
VARIABLES = {"in the shape of Ubuntu": {"prepare_image_kind": "specialized"}}


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path):
    """The proof that this machine holds nothing of an image in the end."""
    yield
    assert held(tmp_path) == ([], [], [])


def digest(path):
    """Return the SHA-256 (str) of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_of(plan, folder):
    """Return a private copy (path) of the disk of a plan."""
    path = folder / "disk.raw"
    subprocess.run(["cp", "--sparse=always", disk.cached_disk(plan), path], check=True)
    return path


def assert_boots(vhd):
    check = bootcheck.boot_check(vhd, timeout=BOOT_TIME)
    assert check.report.kernel and check.report.login and not check.error, check.text[-3000:]


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_of_each_kind_boots_from_what_was_made_of_its_image(name, tmp_path):
    image, vhd = copy_of(GUESTS[name], tmp_path), tmp_path / "disk.vhd"
    before = digest(image)

    play = demo_image.prepare(image, vhd, VARIABLES.get(name, {}))

    assert play.changed > 5 and digest(image) == before and sorted(os.listdir(tmp_path)) == ["disk.raw", "disk.vhd"]
    assert_boots(vhd)


def test_a_guest_without_any_python_boots_from_what_was_made_of_its_image(tmp_path):
    image, vhd = copy_of(Plan(Recipe(), faulty=True), tmp_path), tmp_path / "disk.vhd"
    demo_image.change(image, "rm -rf /usr/bin/python3* /usr/lib/python3*")

    demo_image.prepare(image, vhd, {"prepare_guest_agent": False, "image_readiness_required": False})

    assert all(
        answer.good for answer in demo_image.ask(vhd) if answer.probe.name in ("kernel console", "Hyper-V drivers in initramfs", "sudo", "names in fstab")
    )
    assert_boots(vhd)


def test_a_generator_that_writes_another_root_fails_and_all_is_as_before(tmp_path):
    image = copy_of(Plan(Recipe(), faulty=True), tmp_path)
    inside = {"ansible_connection": "imagewright.azure.opened_image", "imagewright_image_session": "{{ opened.session }}"}
    digests = {"ansible.builtin.command": "sha256sum {{ opened.root }}/boot/grub/grub.cfg {{ opened.root }}/etc/default/grub", "vars": inside}
    tasks = [
        {"name": "Open", "imagewright.azure.image_session": {"path": str(image)}, "register": "opened"},
        {"name": "Take the links away by which grub-mkconfig finds the UUID", "ansible.builtin.command": "rm -r /dev/disk", "vars": inside},
        {"name": "Before", **digests},
        {
            "name": "Generate",
            "imagewright.azure.grub_cmdline": {"root": "{{ opened.root }}", "present": ["console=ttyS0"]},
            "vars": inside,
            "register": "generated",
            "failed_when": "generated is not failed",
        },
        {"name": "After", **digests},
        {"name": "Close", "imagewright.azure.image_session": {"path": str(image), "state": "closed", "session": "{{ opened.session }}"}},
    ]
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))

    play = playing.playbook('{"all": {}}', path, diff=False)

    assert not play.failed, play.output
    results = {event["task"]: event["result"] for event in play.tasks}
    assert "and got 'root=/dev/sda1', which was not asked for" in results["Generate"]["msg"]
    assert results["Before"]["stdout"] == results["After"]["stdout"]


def test_check_mode_predicts_and_leaves_no_file(tmp_path):
    image, vhd = copy_of(Plan(Recipe(), faulty=True), tmp_path), tmp_path / "disk.vhd"
    before = digest(image)

    predicted = demo_image.prepare(image, vhd, {}, check=True)

    assert "Cmdline | Set and remove kernel parameters" in "\n".join(predicted.changed_tasks())
    assert [path.name for path in tmp_path.iterdir()] == ["disk.raw"] and digest(image) == before


def test_without_network_the_missing_packages_are_one_error_and_all_is_as_it_was(tmp_path):
    image, vhd = copy_of(Plan(Recipe(), faulty=True), tmp_path), tmp_path / "disk.vhd"
    before = digest(image)

    play = playing.playbook(
        demo_image.INVENTORY, demo_image.PLAYBOOK, {"image": str(image), "image_dest": str(vhd), **demo_image.KIND, "image_network": False}, diff=False
    )

    assert sum(counts["failures"] for counts in play.hosts.values()) == 1, play.output
    error = play.failed_tasks()[-1]
    assert "cannot install the package waagent" in error and "image_network=true" in error and "guest_agent_package_files" in error
    assert os.listdir(tmp_path) == ["disk.raw"] and digest(image) == before


def test_the_verdict_is_the_one_of_the_same_guest_prepared_live(tmp_path):
    plan = Plan(Recipe(), faulty=True)
    image, vhd = copy_of(plan, tmp_path), tmp_path / "of-image.vhd"
    demo_image.prepare(image, vhd, {})
    live_vhd = tmp_path / "of-live.vhd"
    record = demo.start("container", plan.recipe, image)
    try:
        live = LiveGuest(record, "faulty", azure_image_src=str(image), azure_image_dest=str(live_vhd))
        demo.play(live, demo.GENERALIZED, tmp_path / "play.log")
    finally:
        cleanup.stop(record, at_once=True)

    verdicts = [line.judge(path, "generalized") for path in (vhd, live_vhd)]

    assert [verdict["ready"] for verdict in verdicts] == [True, True]
    of_image, of_live = ({finding["id"]: (finding["severity"], finding["status"]) for finding in verdict["findings"]} for verdict in verdicts)
    assert of_image == of_live
