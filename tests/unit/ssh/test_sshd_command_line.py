# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd's own command line as getopt takes it."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_command_line
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_command_line import Argument
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import GLOBAL, SshdSetting


def parsed(*words):
    return sshd_command_line.parse([Argument(word, "/unit", 3) for word in words])


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (["-D"], []),
        (["-Dp", "2200"], [("port", "2200")]),
        (["-p2200", "-h/key", "-g", "30"], [("port", "2200"), ("hostkey", "/key"), ("logingracetime", "30")]),
        (["-oPort=22", "-o", "AllowUsers  a b"], [("port", "22"), ("allowusers", "a b")]),
        (["-4D"], [("addressfamily", "inet")]),
        (["-6"], [("addressfamily", "inet6")]),
        (["-E", "-t", "-e"], []),  # the log is called -t
    ],
)
def test_an_option_is_the_setting_that_it_stands_for(words, settings):
    line = parsed(*words)
    assert [(setting.keyword, setting.value) for setting in line.settings] == settings
    assert line.faults == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [(["-t"], "-t"), (["-De", "-Td"], "-T"), (["-D", "no"], "no"), (["-Z"], "-Z"), (["-D", "-f"], "-f"), (["--", "-D"], "-D")],
)
def test_what_ends_sshd_is_named(words, fault):
    assert parsed(*words).faults[0].text == fault


def test_the_configuration_is_the_last_that_is_named():
    assert parsed("-f", "/a", "-D", "-f/b").conf == Argument("/b", "/unit", 3)
    assert parsed("-D").conf is None


def test_a_port_of_the_command_line_takes_those_of_the_configuration_away():
    configured = [SshdSetting("/conf", 1, "port", "22", GLOBAL), SshdSetting("/conf", 2, "usepam", "yes", GLOBAL)]
    assert [setting.value for setting in sshd_command_line.joined(parsed("-p", "2200"), configured)] == ["2200", "yes"]
    assert [setting.value for setting in sshd_command_line.joined(parsed("-oPort=2200"), configured)] == ["2200", "22", "yes"]
