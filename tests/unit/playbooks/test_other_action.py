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
    module._task, module._load_name = SimpleNamespace(args=arguments), action.__name__
    module.run(task_vars={})
    return runs


def services(monkeypatch, before, check=False, **arguments):
    """Return (result, [(name, arguments)] of the other actions) of guest_services on a running guest whose services have the states before."""
    runs = []

    def looked(action, **_options):
        assert action._task.check_mode, "a running guest is only looked at by the module"
        split = {option: [name.strip() for name in text.split(",")] for option, text in arguments.items()}
        on, off = split.get("enabled", []), split.get("disabled", [])
        found = {name: before.get(name, "missing") for name in on + off}
        after = dict(found, **dict.fromkeys(on, "enabled"), **{name: "disabled" for name in off if found[name] == "enabled"})
        return {"changed": after != found, "before": found, "services": after}

    def run_other(_action, name, given, _variables):
        runs.append((name, given))
        return {"changed": True}

    monkeypatch.setattr(guest_services, "run_other", run_other)
    monkeypatch.setattr(guest_services.ActionBase, "run", lambda *_words: {})
    monkeypatch.setattr(guest_services.ActionModule, "_execute_module", looked)
    action = guest_services.ActionModule.__new__(guest_services.ActionModule)
    action._task = SimpleNamespace(args=arguments, check_mode=check)
    result = action.run(task_vars={})
    assert action._task.check_mode is check
    return result, runs


def test_a_running_guest_is_switched_by_ansibles_own_module_where_it_has_to_be(monkeypatch):
    before = {"waagent": "disabled", "chronyd": "enabled", "sshd": "masked", "ntpd": "enabled", "ntpsec": "disabled"}

    result, runs = services(monkeypatch, before, enabled="waagent, chronyd, sshd", disabled="ntpd, ntpsec, openntpd")

    assert result["changed"] and runs == [
        ("ansible.builtin.service", {"name": "waagent", "enabled": True}),
        ("ansible.builtin.systemd_service", {"name": "sshd", "masked": False}),
        ("ansible.builtin.service", {"name": "sshd", "enabled": True}),
        ("ansible.builtin.service", {"name": "ntpd", "enabled": False, "state": "stopped"}),
        # it may run all the same
        ("ansible.builtin.service", {"name": "ntpsec", "enabled": False, "state": "stopped"}),
    ]


def test_check_mode_tells_that_a_mask_is_taken_off_and_asks_nobody(monkeypatch):
    result, runs = services(monkeypatch, {"sshd": "masked"}, check=True, enabled="sshd")

    assert result["changed"] and runs == []


def test_a_running_guest_that_is_right_is_only_looked_at(monkeypatch):
    result, runs = services(monkeypatch, {"sshd": "enabled"}, enabled="sshd", disabled="ntpd")

    assert not result["changed"] and runs == []


@pytest.mark.parametrize("names", [["chrony", "sudo"], "chrony,sudo"])
def test_a_list_of_packages_may_be_one_text(monkeypatch, names):
    assert asked(monkeypatch, guest_packages, names=names) == [("ansible.builtin.package", {"name": ["chrony", "sudo"], "state": "present"})]


@pytest.mark.parametrize("action, misspelled", [(guest_services, {"enable": ["waagent"]}), (guest_packages, {"name": ["chrony"]})])
def test_an_option_that_the_module_does_not_have_is_refused(monkeypatch, action, misspelled):
    with pytest.raises(AnsibleError, match=next(iter(misspelled))):
        asked(monkeypatch, action, **misspelled)
