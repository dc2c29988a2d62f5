# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user whom Azure makes: its shell, and that the machine stays up once it is made.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed, failed_if, not_applicable, passed, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, NOBODY, TWICE, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER

_USERADD = "/etc/default/useradd"
_IDENTIFY = "/etc/cloud/ds-identify.cfg"
_SHELL = re.compile(r"^\s*SHELL=[\"']?([^\"'\s#]*)")
_KEY = re.compile(r"^\s*(policy|datasource):\s*([^#]*)")
#: Shells that let nobody in.
_CLOSED = ("nologin", "false", "true", "halt", "shutdown", "sync")
_OFF = re.compile(
    r"(?:^|[/\s;&])(poweroff|halt|shutdown|reboot)(?:$|[\s;&])|systemctl\s+(?:\S+\s+)*?(poweroff|halt|reboot)\b|(?:^|[/\s;&])init\s+([06])(?:$|[\s;&])"
)
_CANCELLED = re.compile(r"shutdown\s+-c\b")
_NOT_USED = "cloud-init does not provision this guest"


@rule(
    "R40g",
    step=PROVISIONER,
    severity=ERROR,
    title="The user of Azure gets a shell that runs",
    fault="The user of Azure gets a shell that lets nobody in",
    why="sshd turns a user away whose shell is not there, and ends the session of one whose shell is nologin.",
    cure="Correct SHELL= in /etc/default/useradd, or system_info: default_user: shell: of cloud-init; or install the shell.",
    source="useradd(8); cloudinit/distros; OpenSSH auth.c, allowed_user",
)
def shell_runs(context):
    """Return failed with what gives the user a shell that is not there, cannot run, or lets nobody in."""
    tree, who = context.tree, provisioner(context.tree).who
    if who == NOBODY:
        return not_applicable("nobody provisions this guest")
    place = _of_cloud_init(context) if who in (CLOUD_INIT, TWICE) else None
    place = place or _of_useradd(context)
    if place is None:
        return passed("the system's default shell")
    shell = place.text.rpartition("=")[2].rpartition(": ")[2]
    if posixpath.basename(shell) in _CLOSED:
        return failed([place._replace(text=f"{place.text}: it lets nobody in")])
    wrong = [obstacle for obstacle in programs.obstacles(tree, shell) if obstacle.kind != programs.UNKNOWN]
    return failed_if([place._replace(text=f"{place.text}: {programs.sentence(wrong[0])}")] if wrong else [])


def _of_cloud_init(context):
    documents, faults = context.shared(config.documents)
    found = None if faults else config.value(documents, "system_info", "default_user", "shell")
    return Evidence(found.path, found.line, f"shell: {found.value}") if found and isinstance(found.value, str) and found.value else None


def _of_useradd(context):
    found = [(number, match.group(1)) for number, text in context.lines(_USERADD) for match in [_SHELL.match(text)] if match and match.group(1)]
    return Evidence(_USERADD, found[-1][0], f"SHELL={found[-1][1]}") if found else None


@rule(
    "R42m",
    step=PROVISIONER,
    severity=ERROR,
    title="ds-identify lets cloud-init look for Azure",
    fault="ds-identify keeps cloud-init from Azure",
    why="ds-identify decides in systemd's generator whether cloud-init starts, and which sources it may ask: policy: disabled and the name of another "
    "cloud are its last word.",
    cure="Remove /etc/cloud/ds-identify.cfg, or write `datasource: Azure` there.",
    source="cloud-init tools/ds-identify",
)
def identified(context):
    """Return failed with the line of ds-identify.cfg that switches cloud-init off, or names sources without Azure."""
    if provisioner(context.tree).who not in (CLOUD_INIT, TWICE):
        return not_applicable(_NOT_USED)
    found = [(number, text, match.group(1), match.group(2)) for number, text in context.lines(_IDENTIFY) for match in [_KEY.match(text)] if match]
    last = {key: (number, text, value) for number, text, key, value in found}
    evidence = []
    if "policy" in last and last["policy"][2].split(",")[0].strip() in ("disabled", "report"):
        evidence.append(Evidence(_IDENTIFY, last["policy"][0], last["policy"][1].strip()))
    if "datasource" in last and "azure" not in re.findall(r"\w+", last["datasource"][2].lower()):
        evidence.append(Evidence(_IDENTIFY, last["datasource"][0], last["datasource"][1].strip()))
    return failed_if(evidence)


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
    if provisioner(context.tree).who not in (CLOUD_INIT, TWICE):
        return not_applicable(_NOT_USED)
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
            if match and not _CANCELLED.search(text) and not (key == "runcmd" and ("reboot" in match.groups() or "6" in match.groups())):
                evidence.append(Evidence(commands.path, commands.line, f"{key}: {text}"))
    return failed_if(evidence)


RULES = [shell_runs, identified, stays_on]
