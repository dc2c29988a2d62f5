# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The minutes of a week that a list of times of time.conf has."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.ssh import pam_time


@pytest.mark.parametrize(
    ("times", "minutes"),
    [
        ("Al0000-2400", 10080),
        ("!Al0000-2400", 0),
        ("Wk0000-0001", 5),
        ("Wk0800-1800", 3000),
        ("Wd0000-2400", 2880),
        ("MoMo0000-2400", 0),  # a day that is named twice is none
        ("AlFr0000-2400", 8640),
        ("Al1800-0800", 5880),  # over midnight
        ("SaTu1200-1300|SaSu1400-1500", 240),
        ("Al0800-1800&!Wk0000-2400", 1200),
        ("whenever", None),
    ],
)
def test_a_list_of_times_has_so_many_minutes(times, minutes):
    assert pam_time.allowed(times) == minutes
