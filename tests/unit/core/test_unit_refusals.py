# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd refuses a unit for."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files, unit_refusals


def refused(text):
    """Return the lines of a service's settings for which systemd refuses it."""
    return [setting.line for setting, _cause in unit_refusals.of_service(unit_files.parse(f"[Service]\n{text}\n", "/own.service"))]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ExecStart=/usr/sbin/sshd -D -o Banner=%z", 2),
        ("ExecStart=/usr/bin/true\nExecStart=\nExecStart=/usr/bin/date +%%%F", 4),
        ("ExecStart=/usr/bin/true\nExecStart=/usr/bin/true", 3),
    ],
)
def test_a_command_that_systemd_does_not_take_is_told(text, line):
    assert refused(text) == [line]


@pytest.mark.parametrize(
    "text", ["ExecStart=/usr/bin/date +%%F %H %i", "ExecStart=/usr/bin/true\nExecStartPost=/usr/bin/date +%F", "ExecStart=/usr/bin/true 100%"]
)
def test_specifiers_that_it_knows_are_right(text):
    assert refused(text) == []
