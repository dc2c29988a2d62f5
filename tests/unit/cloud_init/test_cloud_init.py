# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What switches cloud-init off."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

FILE, WORD = "/etc/cloud/cloud-init.disabled", "cloud-init=disabled"


@pytest.mark.parametrize(
    "file, command_line, expected",
    [
        (False, "", []),
        (False, "ro quiet cloud-init=disabled\n", [WORD]),
        (False, "cloud-init=disabled ro cloud-init=enabled", []),
        (False, "cloud-init=enabled ro cloud-init=disabled", [WORD]),
        (False, "ro my-cloud-init=disabled cloud-init=disabled.", []),
        (True, "ro", [FILE]),
        (True, "cloud-init=disabled", [FILE, WORD]),
    ],
)
def test_a_file_and_the_last_word_of_the_command_line_switch_it_off(tmp_path, file, command_line, expected):
    if file:
        (tmp_path / "etc/cloud").mkdir(parents=True)
        (tmp_path / FILE.lstrip("/")).touch()

    assert cloud_init.switches(LiveTree(str(tmp_path)), command_line) == expected
