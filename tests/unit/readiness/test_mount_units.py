# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mount unit that systemd refuses: each was tried with systemd 252, which left out local-fs.target where it was required."""

import pytest
from unit.readiness.cases.system_manager import unit_of
from unit.readiness.guest_tree import GRUB_CFG, good_guest
from unit.readiness.test_rules import change

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import mount_units

_ELSEWHERE = "What=tmpfs\nWhere=/srv/other\nType=tmpfs\n"


@pytest.mark.parametrize(
    ("pulled", "menu", "severity"),
    [
        ("requires", GRUB_CFG, "error"),
        ("requires", GRUB_CFG.replace(" ro ", " rw "), "warning"),
        ("wants", GRUB_CFG, "warning"),
    ],
)
def test_a_refused_unit_stops_the_start_where_the_root_stays_read_only(tmp_path, pulled, menu, severity):
    good_guest(tmp_path)
    change(tmp_path, {**unit_of("srv-data", _ELSEWHERE, pulled), "/boot/grub/grub.cfg": menu})
    found = mount_units.units_are_taken.check(Context(LiveTree(str(tmp_path))))
    assert (found.status, found.severity) == ("failed", severity)
