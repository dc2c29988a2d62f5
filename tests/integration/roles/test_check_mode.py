# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of the whole preparation says exactly what a real run then does, on a guest with every fault."""

QUICK = {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}


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
