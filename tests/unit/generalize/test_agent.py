# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's own deprovisioning: what counts as an error."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import agent


def answers(monkeypatch, rc, stderr):
    called = []

    def run(argv, doing, **_options):
        called.append(argv)
        return commands.Completed(argv, rc, "", stderr)

    monkeypatch.setattr(agent.commands, "run", run)
    return called


def test_the_input_output_error_of_virtualbox_is_none(monkeypatch):
    called = answers(monkeypatch, 1, "OSError: [Errno 5] Input/output error\n")

    agent.deprovision()

    assert called == [["waagent", "-force", "-deprovision"]]


def test_any_other_error_is_one(monkeypatch):
    answers(monkeypatch, 1, "AgentConfigError: Missing configuration\n")

    with pytest.raises(ImagewrightError, match="cannot deprovision the guest.*Missing configuration"):
        agent.deprovision()


def test_the_account_of_azure_goes_when_it_is_asked_for(monkeypatch):
    called = answers(monkeypatch, 0, "")

    agent.deprovision(user=True)

    assert called == [["waagent", "-force", "-deprovision+user"]]
