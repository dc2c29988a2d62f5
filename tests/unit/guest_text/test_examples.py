# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the text modules' documentation runs, and every option has one or is explained on the module's page."""

import importlib
import pathlib

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
MODULES = ["chrony_clock", "cloud_init_early", "fstab_clean", "guest_agent_info", "modprobe_allow", "sshd_options", "sudoers_clean", "waagent_conf"]


def documentation(name):
    module = importlib.import_module(f"ansible_collections.imagewright.azure.plugins.modules.{name}")
    return yaml.safe_load(module.DOCUMENTATION), yaml.safe_load(module.EXAMPLES)


def page_examples(name):
    """Return the tasks ([dict]) in the YAML blocks of the module's page."""
    blocks = (CHECKOUT / f"docs/{name}.md").read_text().split("```yaml\n")[1:]
    return [task for block in blocks for task in yaml.safe_load(block.split("```")[0])]


def examples(name):
    return [task for task in documentation(name)[1] + page_examples(name) if f"imagewright.azure.{name}" in task]


CASES = [(name, number) for name in MODULES for number in range(len(examples(name)))]


@pytest.fixture
def root(tmp_path):
    """Return a guest that has every file that the modules look for."""
    for path, text in {
        "/etc/chrony.conf": "makestep 1 3\n",
        "/etc/cloud/cloud.cfg": "cloud_init_modules:\n - ssh\n",
        "/etc/waagent.conf": "HttpProxy.Host=proxy\n",
        "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n",
        "/etc/fstab": "UUID=x / ext4\n/dev/sda2 none swap\n",
        "/etc/modprobe.d/cis.conf": "blacklist udf\n",
        "/etc/sudoers": "Defaults targetpw\nALL ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n",
    }.items():
        (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.lstrip("/")).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name, number", CASES)
def test_an_example_runs(name, number, root, run_module):
    arguments = examples(name)[number][f"imagewright.azure.{name}"] or {}
    if name == "sudoers_clean":
        # visudo is asked in tests/integration
        arguments = dict(arguments, validate=False)
    result = run_module(name, **dict(arguments, root=root))
    assert not result["failed"], result


@pytest.mark.parametrize("name", MODULES)
def test_every_option_is_shown_or_explained(name):
    shown = {option for task in examples(name) for option in task[f"imagewright.azure.{name}"] or {}}
    page = (CHECKOUT / f"docs/{name}.md").read_text()
    options = documentation(name)[0]["options"]
    assert [option for option in options if option not in shown and f"`{option}" not in page] == []
