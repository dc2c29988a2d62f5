# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of the whole preparation says exactly what a real run then does, on a guest with every fault."""

from lab.calls import calls

QUICK = {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}

#: What comes last, and nothing else.
END = {
    "prepare_image_kind": "generalized",
    "prepare_package_lists": False,
    **{f"prepare_guest_{topic}": False for topic in ("kernel", "swap", "boot", "ssh", "agent", "sudoers", "network", "time")},
}


def test_check_mode_predicts_every_change_and_the_second_run_has_none(faulty_guest):
    before = faulty_guest.output("find /etc /boot -xdev -type f -exec sha256sum {} + | sort | sha256sum")

    predicted = faulty_guest.role("prepare", QUICK, check=True)
    unchanged = faulty_guest.output("find /etc /boot -xdev -type f -exec sha256sum {} + | sort | sha256sum")
    first = faulty_guest.role("prepare", QUICK)
    second = faulty_guest.role("prepare", QUICK)

    assert not predicted.failed and not first.failed and not second.failed, predicted.output + first.output + second.output
    assert unchanged == before
    assert predicted.changed_tasks() == first.changed_tasks()
    assert len(first.changed_tasks()) >= 12
    assert second.changed_tasks() == []
    assert len(calls(second)) <= 10, calls(second)


def test_check_mode_predicts_the_end_and_leaves_the_guest_as_it_is(faulty_guest):
    """The last test: the guest is off after it."""
    before = faulty_guest.output("ls /etc/ssh; cat /etc/machine-id")

    predicted = faulty_guest.role("prepare", END, check=True)
    unchanged = faulty_guest.output("ls /etc/ssh; cat /etc/machine-id")
    done = faulty_guest.role("prepare", END)

    assert not predicted.failed and not done.failed, predicted.output + done.output
    assert unchanged == before and "ssh_host_" in before
    assert predicted.changed_tasks() == done.changed_tasks()
    assert [task.rpartition(" : ")[2] for task in done.changed_tasks()] == ["Generalize | Take away what belongs to this machine"]
