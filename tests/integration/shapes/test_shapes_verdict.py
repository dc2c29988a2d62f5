# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on disks in the shape of other distributions, as they are built: what is planted is found, and nothing else is."""

from lab import disk, line, shapes

PLANTED = {"R02", "R12b", "R13a", "R17a", "R19b", "R27a", "R30a", "R34d", "R35", "R46c", "R47"}


def failed(image):
    """Return the ids of the rules that failed on an image, but for what no guest has before it is prepared."""
    return {finding["id"] for finding in line.judge(image)["findings"] if finding["status"] == "failed" and finding["severity"] != "note"}


def test_every_fault_of_a_guest_like_rhel_9_is_found_on_its_disk():
    found = failed(disk.cached_disk(shapes.plan("rhel9", faulty=True)))
    assert PLANTED - found == set()
