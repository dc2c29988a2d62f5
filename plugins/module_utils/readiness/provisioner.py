# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who provisions the guest at its first boot on Azure: cloud-init, the agent, both or nobody.

PRIVATE: module_utils of this collection are not an interface.
Source: azurelinuxagent/pa/provision/__init__.py and common/conf.py (Provisioning.Agent since 2.2.45).
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation, releases

WAAGENT, CLOUD_INIT, TWICE, NOBODY = "waagent", "cloud-init", "both", "nobody"
#: Why a rule of cloud-init does not concern a guest.
NOT_CLOUD_INIT = "cloud-init does not provision this guest"

#: who: one of the four; evidence: [Evidence], what tells so; wanted: what Provisioning.Agent says, auto resolved.
Provisioner = collections.namedtuple("Provisioner", "who evidence wanted")


def provisioner(tree):
    """Return the Provisioner of the guest."""
    cloud_init_runs = cloud_init.runs(tree)
    setting, evidence = provisioning_setting(tree)
    agent = installation.program(tree) is not None and services.state(tree, installation.SERVICES) == services.ENABLED
    about = Evidence(*(Place("/etc/systemd/system/cloud-init.target.wants", None, "cloud-init runs at boot") if cloud_init_runs else cloud_init.cause(tree)))
    # what is told first is what is not as it was meant to be
    evidence = [about, evidence] if setting == CLOUD_INIT and not cloud_init_runs and tree.exists(cloud_init.PROGRAM) else [evidence, about]
    if setting == "auto":
        setting = CLOUD_INIT if cloud_init_runs else WAAGENT
    if setting == WAAGENT and agent and cloud_init_runs and _finds_azure(tree):
        return Provisioner(TWICE, evidence, setting)
    if setting == WAAGENT:
        return Provisioner(WAAGENT if agent else CLOUD_INIT if cloud_init_runs else NOBODY, evidence, setting)
    return Provisioner(CLOUD_INIT if cloud_init_runs else NOBODY, evidence, setting)


def is_by_cloud_init(tree):
    """Return whether cloud-init provisions the guest, alone or beside the agent."""
    return provisioner(tree).who in (CLOUD_INIT, TWICE)


def provisioning_setting(tree):
    """Return (what Provisioning.Agent means to the installed agent: auto, waagent, cloud-init or disabled; Evidence)."""
    path = installation.conf_path(tree)
    if path is None or not tree.is_file(path):
        return "auto", Evidence("/etc/waagent.conf", None, "there is no waagent.conf")
    text, version = tree.read_text(path), installation.version(tree)
    meaning = releases.provisioning_agent(conf.parse(text), version)
    keys = releases.provisioning_keys(version)
    found = [
        setting
        for setting in conf.settings(text)
        if setting.key in keys and setting.value and releases.provisioning_agent({setting.key: setting.value}, version) == meaning
    ]
    if not found:
        return meaning or "auto", Evidence(path, None, f"{keys[0]} is not set: {meaning or 'auto'}")
    return meaning, Evidence(path, found[-1].number, f"{found[-1].key}={found[-1].value}")


def datasources(tree):
    """Return (names ([str]) of cloud-init's sources or None when all it knows, Evidence of the line that says so).

    Where this Python cannot read YAML, a list that begins its line is read by its lines.
    """
    documents, faults = config.as_written(tree)
    found = config.value(documents, "datasource_list")
    if found is not None:
        names = found.value if isinstance(found.value, list) else [found.value]
        return [str(name) for name in names], Evidence(found.path, found.line, tree.read_text(found.path).split("\n")[found.line - 1].strip())
    return _datasources_by_line(tree) if any(fault.missing for fault in faults) else (None, None)


def _datasources_by_line(tree):
    for path in reversed(["/etc/cloud/cloud.cfg"] + tree.glob("/etc/cloud/cloud.cfg.d/*.cfg")):
        lines = tree.read_text(path).split("\n") if tree.is_file(path) else []
        for number in range(len(lines), 0, -1):
            if lines[number - 1].startswith("datasource_list:"):
                return _list_at(lines, number - 1), Evidence(path, number, lines[number - 1].strip())
    return None, None


def _list_at(lines, index):
    """Return the items of the YAML list that begins at the line, in either of its two forms."""
    rest = lines[index].partition(":")[2].partition("#")[0].strip()
    if rest:
        return [item.strip(" '\"") for item in rest.strip("[]").split(",") if item.strip()]
    items = []
    for line in lines[index + 1 :]:
        if not line.strip().startswith("-"):
            break
        items.append(line.strip()[1:].partition("#")[0].strip(" '\""))
    return items


def _finds_azure(tree):
    """Whether cloud-init would take Azure for its source: unless its list of sources leaves Azure out."""
    names = datasources(tree)[0]
    return names is None or "Azure" in names
