# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agents of four Debian releases read what we wrote: azurelinuxagent.common.conf is the judge."""

import random
import re
import shutil

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation, releases
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import KEYS
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.values import file_value

#: What the documents ask for when the agent provisions and makes swap, and what the agent then has to hold.
SETTINGS = {
    "Provisioning.Agent": "waagent",
    "ResourceDisk.Format": True,
    "ResourceDisk.Filesystem": "ext4",
    "ResourceDisk.MountPoint": "/mnt/resource",
    "ResourceDisk.EnableSwap": True,
    "ResourceDisk.SwapSizeMB": 2048,
    "OS.EnableRDMA": False,
    "AutoUpdate.Enabled": True,
}
HELD = {
    "Provisioning.Agent": "waagent",
    "ResourceDisk.Format": True,
    "ResourceDisk.Filesystem": "ext4",
    "ResourceDisk.MountPoint": "/mnt/resource",
    "ResourceDisk.EnableSwap": True,
    "ResourceDisk.SwapSizeMB": 2048,
    "OS.EnableRDMA": False,
    "AutoUpdate.Enabled": True,
}

#: What the texts are made of that any agent reads alike.
FRAGMENTS = [
    "Logs.Verbose",
    "OS.EnableRDMA",
    "a",
    "=",
    "==",
    "y",
    "n",
    "None",
    '"',
    '"y"',
    "'",
    "#",
    " # ",
    " ",
    "\t",
    "\r",
    "\n",
    "\n",
    "\n",
    "\n#",
    "\u00a0",
    "\u2028",
    "é",
    "7",
    "\ufeff",
    "\x0b",
    "\x85",
    "\\",
]


def texts(count=400):
    """Return as many configuration texts, the same in every run."""
    chooser = random.Random(2026)
    return ["".join(chooser.choice(FRAGMENTS) for _unused in range(chooser.randint(1, 40))) for _unused in range(count)]


def version(agent):
    return agent.ask([])["version"]


def guest_of(agent, tmp_path):
    """Return a copy of the agent's package as a guest's root."""
    shutil.copytree(agent.root, tmp_path / "guest", ignore=shutil.ignore_patterns("apt", "*.deb"))
    return tmp_path / "guest"


def test_the_agent_sees_what_was_asked(agent, tmp_path, run_module):
    root = guest_of(agent, tmp_path)
    predicted = run_module("waagent_conf", root=root, settings=SETTINGS, check=True)
    result = run_module("waagent_conf", root=root, settings=SETTINGS)
    assert predicted["diff"] == result["diff"] and result["changed"]
    text = (root / "etc/waagent.conf").read_text()
    configuration = agent.ask([text])["answers"][0]["configuration"]
    assert {key: configuration[key] for key in HELD} == HELD
    assert not run_module("waagent_conf", root=root, settings=SETTINGS)["changed"]


def test_every_other_key_of_the_shipped_file_stays(agent, tmp_path, run_module):
    root = guest_of(agent, tmp_path)
    before = (root / "etc/waagent.conf").read_text()
    run_module("waagent_conf", root=root, settings=SETTINGS)
    after = (root / "etc/waagent.conf").read_text()
    values, now = (answer["values"] for answer in agent.ask([before, after])["answers"])
    assert {key: value for key, value in values.items() if key not in SETTINGS} == {key: value for key, value in now.items() if key not in SETTINGS}


def test_an_unset_key_has_the_agents_default(agent, tmp_path, run_module):
    root = guest_of(agent, tmp_path)
    run_module("waagent_conf", root=root, settings={"ResourceDisk.SwapSizeMB": 7, "HttpProxy.Host": "proxy", "ResourceDisk.Format": True})
    result = run_module("waagent_conf", root=root, settings={"ResourceDisk.SwapSizeMB": None, "HttpProxy.Host": None, "ResourceDisk.Format": None})
    assert result["after"] == {"ResourceDisk.SwapSizeMB": None, "HttpProxy.Host": None, "ResourceDisk.Format": None}
    configuration = agent.ask([(root / "etc/waagent.conf").read_text()])["answers"][0]["configuration"]
    assert [configuration[key] for key in ("ResourceDisk.SwapSizeMB", "HttpProxy.Host", "ResourceDisk.Format")] == [0, None, False]


def test_we_read_any_text_as_the_agent_does(agent):
    cases = texts() + [agent.conf.read_text()]
    answers = agent.ask(cases)["answers"]
    assert [conf.parse(text) for text in cases] == [answer["values"] for answer in answers]


def test_set_values_in_any_text_reach_the_agent(agent):
    wanted = {"Logs.Verbose": "y", "OS.EnableRDMA": "n"}
    answers = agent.ask([conf.set_values(text, wanted)[0] for text in texts()])["answers"]
    assert all(answer["configuration"]["Logs.Verbose"] is True and answer["configuration"]["OS.EnableRDMA"] is False for answer in answers)


def test_a_refused_value_is_one_that_the_agent_replaces_by_its_default(agent):
    refused = {
        "ResourceDisk.Format": ["yes", "true1", "1", "on", "enabled"],
        "ResourceDisk.SwapSizeMB": ["2 GiB", "2048MB", "0x10", "1.5", ""],
        "HttpProxy.Port": ["http", "80a"],
    }
    for key, values in refused.items():
        answers = agent.ask([f"{key}={value}\nAnother=1\n" for value in values] + ["Another=1\n"])["answers"]
        default = answers.pop()["configuration"][key]
        assert [answer["configuration"][key] for answer in answers] == [default] * len(values)
        for value in values:
            try:
                file_value(key, value)
            except ImagewrightError:
                continue
            raise AssertionError(f"{key}={value} was not refused")


def test_our_table_has_every_key_of_the_agent_with_its_kind(agent):
    answer = agent.ask([])
    unknown = [key for keys in answer["kinds"].values() for key in keys if key not in KEYS]
    assert unknown == []
    for kind, keys in answer["kinds"].items():
        for key in keys:
            # read as text by the agent, but good for numbers only
            assert KEYS[key].kind == kind or (key == "OS.RootDeviceScsiTimeout" and KEYS[key].kind == "integer")


def test_a_key_that_we_call_ignored_is_read_nowhere_in_the_agent(agent):
    numbers = agent.ask([])["version"]
    source = "".join(path.read_text() for path in agent.root.glob("usr/lib/python3/dist-packages/azurelinuxagent/common/conf.py"))
    read = set(re.findall(r'conf\.get\w*\(\s*"([^"]+)"', source))
    for key in KEYS:
        if releases.notes({key: "1"}, "", numbers) and "ignores" in releases.notes({key: "1"}, "", numbers)[0]:
            assert key not in read, key


def test_a_key_that_we_do_not_call_ignored_is_read_by_the_agent(agent):
    numbers = agent.ask([])["version"]
    source = "".join(path.read_text() for path in agent.root.glob("usr/lib/python3/dist-packages/azurelinuxagent/common/conf.py"))
    silent = [key for key in KEYS if f'"{key}"' not in source and not any("ignores" in note for note in releases.notes({key: "1"}, "", numbers))]
    assert silent == []


def test_the_installed_version_is_found_without_running_the_agent(agent):
    assert installation.version(LiveTree(str(agent.root))) == version(agent)


def test_defaults_are_those_of_the_newest_agent(newest_agent):
    configuration = newest_agent.ask(["Another=1\n"])["answers"][0]["configuration"]
    for key, value in configuration.items():
        text = {True: "y", False: "n"}[value] if isinstance(value, bool) else str(value)
        # the agent's own table contradicts its code on some experimental keys
        if KEYS[key].default is not None and not key.startswith("Debug."):
            assert KEYS[key].default == text, key
