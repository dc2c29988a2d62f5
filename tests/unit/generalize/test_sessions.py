# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells that somebody types into, told from those that run a command."""

import os
import pwd
import pty
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import sessions


@pytest.mark.parametrize(
    "arguments, terminal, expected",
    [
        (["-bash"], 34816, True),
        (["/bin/bash"], 34816, True),
        (["bash", "-i"], 34816, True),
        (["/usr/bin/zsh", "-l"], 34816, True),
        (["-ash"], 1025, True),
        (["-bash"], 0, False),
        (["bash", "-c", "sleep 9"], 34816, False),
        (["bash", "script.sh"], 34816, False),
        (["python3"], 34816, False),
        ([], 0, False),
    ],
)
def test_a_shell_that_waits_for_a_command_is_told_from_one_that_runs_one(arguments, terminal, expected):
    assert sessions.is_interactive(arguments, terminal) is expected


def test_a_shell_at_a_terminal_is_named_with_its_user():
    controller, terminal = pty.openpty()
    shell = subprocess.Popen(["setsid", "--ctty", "bash", "-i"], stdin=terminal, stdout=terminal, stderr=terminal, env=dict(os.environ, HOME="/nowhere"))
    try:
        os.read(controller, 1)  # its prompt
        told = sessions.warnings()
    finally:
        shell.kill()
        shell.wait()
        os.close(controller)
        os.close(terminal)

    user = pwd.getpwuid(os.geteuid()).pw_name
    assert [text for text in told if text.startswith(f"a shell of {user} waits at a terminal")]
