# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a run asked its guest: each call of a module takes as long as the line is slow."""

#: What runs on the controller alone; all else is a call to the guest.
HERE = (
    "add_host",
    "assert",
    "check_names",
    "debug",
    "fail",
    "include_role",
    "include_tasks",
    "include_vars",
    "set_fact",
    "show",
    "validate_argument_spec",
)


def calls(play) -> list:
    """Return "task: item" of each call to the guest, in order; a loop calls once for each item.

    play: playing.Play of one guest
    """
    ran = [
        (event, item)
        for event in play.tasks
        if event["status"] != "skipped" and event["action"].rpartition(".")[2] not in HERE
        for item in event["result"].get("results", [{}])
    ]
    return [f"{event['task']}: {item.get('item', '')}" for event, item in ran if not item.get("skipped")]
