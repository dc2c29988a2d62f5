# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures of this ring give real guests."""

import pytest
from lab import faults, layout
from lab.recipe import Plan, Recipe


def test_the_guest_is_a_booted_debian_with_no_failed_unit(guest):
    assert guest.output(["systemctl", "is-system-running", "--wait"]) == "running"
    assert "bookworm" in guest.read("/etc/os-release")


def test_a_module_runs_over_ssh_and_its_result_comes_back(guest):
    first = guest.module("ansible.builtin.copy", dest="/root/note", content="one\n")
    again = guest.module("ansible.builtin.copy", dest="/root/note", content="one\n")
    assert (first["changed"], again["changed"]) == (True, False)
    assert guest.read("/root/note") == "one\n"


def test_check_mode_changes_nothing_and_gives_the_diff(guest):
    guest.write("/root/checked", "before\n", mode="0600")
    result = guest.module("ansible.builtin.copy", check=True, dest="/root/checked", content="after\n")
    assert result["changed"]
    assert "after" in str(result["diff"])
    assert guest.read("/root/checked") == "before\n"


def test_reading_a_file_that_is_not_there_is_an_exception(guest):
    with pytest.raises(FileNotFoundError):
        guest.read("/root/none")


def test_a_failing_module_is_a_result_and_no_exception(guest):
    result = guest.module("ansible.builtin.file", path="/root/none", state="file")
    assert result["failed"]
    assert "/root/none" in result["msg"]


def test_the_user_has_sudo_and_is_not_root(guest):
    assert guest.output(["id", "-un"], user="admin") == "admin"
    assert guest.output(["sudo", "-n", "id", "-un"], user="admin") == "root"


def test_a_playbook_tells_what_each_task_did(guest, tmp_path):
    path = tmp_path / "play.yml"
    path.write_text("""
- hosts: guests
  gather_facts: false
  tasks:
    - name: Write a file
      ansible.builtin.copy:
        dest: /root/played
        content: x
""")
    first, again = guest.playbook(path), guest.playbook(path)
    assert first.changed_tasks() == [f"{guest.host}: Write a file"]
    assert (first.failed, again.changed) == (False, 0)


def test_update_grub_writes_entries_on_a_disk_guest(disk_guest):
    disk_guest.run(["sed", "-i", 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="probe=1"/', "/etc/default/grub"])
    disk_guest.run(["update-grub"])
    entries = [line.split() for line in disk_guest.read("/boot/grub/grub.cfg").splitlines() if line.strip().startswith("linux")]
    assert entries
    assert all("probe=1" in entry for entry in entries)
    assert all(entry[2].startswith("root=UUID=") for entry in entries)


def test_a_faulty_guest_shows_every_planted_fault(faulty_guest):
    planted = faults.faults(layout.layout(Plan(Recipe(), faulty=True)))
    missing = [fault.name for fault in planted if fault.text and not faults.locate(faulty_guest.read, fault)]
    assert missing == []


def test_a_faulty_guest_has_no_hyperv_driver_even_after_a_rebuild(faulty_guest):
    faulty_guest.run(["update-initramfs", "-u"])
    listed = faulty_guest.output("lsinitramfs /boot/initrd.img-*")
    assert "virtio_scsi" in listed
    assert "hv_" not in listed


def test_every_suite_boots_and_takes_ansible(suite_guest):
    assert suite_guest.output(["systemctl", "is-system-running", "--wait"]) == "running"
    assert not suite_guest.module("ansible.builtin.ping")["failed"]
