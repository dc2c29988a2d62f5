# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: cloud-init or the agent starts, reads its configuration, looks for Azure, and leaves the machine on.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import having
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import new_user
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_STATE = "/var/lib/waagent"
_OFF = re.compile(
    r"(?:^|[/\s;&])(poweroff|halt|shutdown|reboot)(?:$|[\s;&])|systemctl\s+(?:\S+\s+)*?(poweroff|halt|reboot)\b|(?:^|[/\s;&])init\s+([06])(?:$|[\s;&])"
)
_AGAIN = re.compile(r"\bcloud-init\s+clean\b[^;&|]*\s(--reboot|-[a-z]*r[a-z]*)(\s|$)")
_CANCELLED = re.compile(r"shutdown\s+-c\b")
#: What cc: has cloud-init look for, up to the list's end or its own.
_SOURCES_OF_KERNEL = re.compile(r"\bcc:.*?datasource_list\s*:\s*([^\]}]*)")


@rule(
    "R42j",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="",
    title="cloud-init can read its files",
    fault="cloud-init cannot read a file of its own",
    why="A file that is no YAML is left out with all that it says: the list of sources, the user, the stages. With a merge_how that it does not know, or a "
    "conf_d that is no path, cloud-init ends; by a merge_how without dict(), or a conf_d, it leaves files out.",
    cure="Correct the file, or remove it; write merge_how: list(append)+dict(recurse_list)+str(), or none.",
    source="cloudinit/util.py, read_conf; cloudinit/mergers",
)
def files_are_yaml(context):
    """Return failed with each file of cloud.cfg(.d) that is no YAML, or ends cloud-init, as a warning with what is left out; unknown without PyYAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    faults = context.shared(config.documents)[1]
    missing = [fault for fault in faults if fault.missing]
    if missing:
        return unknown(missing[0].message)
    if faults:
        return failed([Evidence(fault.path, None, fault.message) for fault in faults])
    return failed_if([Evidence(*place) for place in config.left_out(context.tree)], severity=WARNING)


@rule(
    "R42l",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="guest_agent; grub_cmdline",
    title="The kernel's command line does not configure cloud-init",
    fault="The kernel's command line configures cloud-init",
    why="What stands there wins over Azure's metadata and the files: a network that is off, commands of an installer that every machine runs again.",
    cure="Take network-config= and cc: out (role guest_agent, where cloud-init provisions).",
    source="cloudinit/net/cmdline.py; cloudinit/util.py, read_cc_from_cmdline",
)
def not_configured_by_the_kernel(context):
    """Return failed with each command line that has network-config= or cc:; an error where a list of sources that starts there leaves Azure out."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    lines = [" ".join(parameter.text for parameter in line.parameters) for line in started_lines(context)]
    sources = [match.group(1) for line in lines for match in [_SOURCES_OF_KERNEL.search(line)] if match]
    severity = ERROR if any("azure" not in listed.lower() for listed in sources) else None
    return failed_if(having(context, lambda word: word.startswith(("network-config=", "cc:"))), severity=severity)


@rule(
    "R45a",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The agent has its configuration",
    fault="The agent has no waagent.conf",
    why="Without /etc/waagent.conf the agent ends with an error, and neither provisions nor reports ready.",
    cure="Install the agent's package again, or run the role guest_agent.",
    source="WALinuxAgent, common/conf.py, load_conf_from_file",
)
def has_configuration(context):
    """Return failed when the agent is installed and its configuration is not there, or something else is where it keeps its state."""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    if context.tree.exists(_STATE) and not context.tree.is_dir(_STATE):
        return failed([Evidence(_STATE, None, "is no directory: the agent keeps its state there")])
    return passed() if installation.conf_path(context.tree) else failed([Evidence(installation.PATHS[0], None, "there is no such file")])


@rule(
    "R42m",
    step=PROVISIONER,
    severity=ERROR,
    title="ds-identify lets cloud-init look for Azure",
    fault="ds-identify keeps cloud-init from Azure",
    why="ds-identify decides in systemd's generator whether cloud-init starts, and which sources it may ask: policy: disabled and the name of another "
    "cloud are its last word.",
    cure="Remove /etc/cloud/ds-identify.cfg.",
    source="cloud-init tools/ds-identify",
)
def identified(context):
    """Return failed with the line of ds-identify.cfg that switches cloud-init off, or names sources without Azure."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    last = cloud_init.identify_settings(context.tree)
    evidence = []
    for key, keeps in (("policy", _ends_the_start), ("datasource", _leaves_azure_out)):
        number, line, value = last.get(key, (None, "", ""))
        if number and keeps(value):
            evidence.append(Evidence(cloud_init.DS_IDENTIFY, number, line))
    return failed_if(evidence)


def _ends_the_start(policy):
    return policy.split(",")[0].strip() in ("disabled", "report")


def _leaves_azure_out(sources):
    return "azure" not in re.findall(r"\w+", sources.lower())


@rule(
    "R42n",
    step=PROVISIONER,
    severity=ERROR,
    title="cloud-init leaves the machine on",
    fault="cloud-init powers the machine off",
    why="power_state of the build ends the first start of every machine, and a command in bootcmd each start: Azure shows a machine that is stopped.",
    cure="Take power_state, or the command, out of /etc/cloud/cloud.cfg.d.",
    source="cloudinit/config/cc_power_state_change.py, cc_bootcmd.py, cc_runcmd.py",
)
def stays_on(context):
    """Return failed with power_state that powers off, and with each command of bootcmd and runcmd that does; unknown when nothing here reads YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    evidence = []
    mode, condition = (config.value(documents, "power_state", key) for key in ("mode", "condition"))
    if mode is not None and mode.value in ("poweroff", "halt") and not (condition is not None and condition.value is False):
        evidence.append(Evidence(mode.path, mode.line, f"power_state: mode: {mode.value}"))
    for key in ("bootcmd", "runcmd"):
        commands = config.value(documents, key)
        for command in commands.value if commands is not None and isinstance(commands.value, list) else []:
            text = " ".join(str(word) for word in command) if isinstance(command, list) else str(command)
            match = _OFF.search(text)
            # once for each machine a restart does no harm
            if _AGAIN.search(text):
                evidence.append(Evidence(commands.path, commands.line, f"{key}: {text}: the machine provisions itself and restarts for ever"))
            elif match and not _CANCELLED.search(text) and not (key == "runcmd" and ("reboot" in match.groups() or "6" in match.groups())):
                evidence.append(Evidence(commands.path, commands.line, f"{key}: {text}"))
    return failed_if(evidence)


RULES = [files_are_yaml, not_configured_by_the_kernel, has_configuration, identified, stays_on] + new_user.RULES
