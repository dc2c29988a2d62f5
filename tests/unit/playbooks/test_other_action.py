# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guest_services and guest_packages ask of Ansible's own actions for a running guest: their options are those of the modules."""

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleError
from ansible_collections.imagewright.azure.plugins.action import guest_packages, guest_services


def asked(monkeypatch, action, **arguments):
    """Return [(name, arguments)] of the other actions that the action runs with the arguments of a task."""
    runs = []
    monkeypatch.setattr(action, "run_other", lambda _action, name, given, _variables: runs.append((name, given)) or {"changed": True})
    module = action.ActionModule.__new__(action.ActionModule)
    module._task = SimpleNamespace(args=arguments)
    module.run(task_vars={})
    return runs


@pytest.mark.parametrize("enabled", [["waagent", "chronyd"], "waagent,chronyd"])
def test_a_list_of_services_may_be_one_text(monkeypatch, enabled):
    assert asked(monkeypatch, guest_services, enabled=enabled, disabled="ntpd") == [
        ("ansible.builtin.service", {"name": "waagent", "enabled": True}),
        ("ansible.builtin.service", {"name": "chronyd", "enabled": True}),
        ("ansible.builtin.service", {"name": "ntpd", "enabled": False, "state": "stopped"}),
    ]


@pytest.mark.parametrize("names", [["chrony", "sudo"], "chrony,sudo"])
def test_a_list_of_packages_may_be_one_text(monkeypatch, names):
    assert asked(monkeypatch, guest_packages, names=names) == [("ansible.builtin.package", {"name": ["chrony", "sudo"], "state": "present"})]


@pytest.mark.parametrize("action, misspelled", [(guest_services, {"enable": ["waagent"]}), (guest_packages, {"name": ["chrony"]})])
def test_an_option_that_the_module_does_not_have_is_refused(monkeypatch, action, misspelled):
    with pytest.raises(AnsibleError, match=next(iter(misspelled))):
        asked(monkeypatch, action, **misspelled)
