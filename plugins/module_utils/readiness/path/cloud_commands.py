# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: the commands that cloud-init runs do not take away what it has just set up.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_commands import BootCommand
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_needs import started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import cut_off, taken_away, taken_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER

_HOST_KEYS = tuple(f"/etc/ssh/ssh_host_{kind}_key" for kind in ("rsa", "ecdsa", "ed25519"))
_MAKES_HOST_KEYS = re.compile(r"\b(?:ssh-keygen|sshd-keygen|openssh-server|cloud-init\s+clean|(?:re)?start\s+sshd?|sshd?(?:\.service)?\s+(?:re)?start)\b")
_ECHO = re.compile(r"((?:/bin/)?echo(?: -[ne]+)?|printf)\s+(.*?)\s*(>>?)\s*(/\S+)$")


@rule(
    "R42q",
    step=PROVISIONER,
    severity=ERROR,
    title="The commands of cloud-init leave the way in as it is",
    fault="A command of cloud-init takes the way in away",
    why="A clean-up of the build in bootcmd or runcmd runs on every machine made of the image, after its user, keys and network are set up.",
    cure="Take the command out of /etc/cloud/cloud.cfg.d.",
    source="cloudinit/config/cc_bootcmd.py, cc_runcmd.py",
    choice="A command that a later one takes back, and what stands in a condition, is not counted.",
)
def commands_leave_the_way_in(context):
    """Return failed with each command that takes the network, the server or the user away; unknown when nothing here reads YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    card, needed = card_name.first_card(context.tree)[0].name, started(context)
    found = []
    for key in ("bootcmd", "runcmd"):
        runs = commands_of_list(documents, key)
        found += cut_off.cutting(runs, card, needed) + (cut_off.firewalls(context, runs) if runs else [])
        found += taken_away.taken(context, runs)
        # runcmd runs when the server is there already
        found += [
            (run, "it comes before the network and the server, which wait for it") for run in runs if key == "bootcmd" and boot_commands.never_ends(run.command)
        ]
        found += _without_host_keys(runs) if key == "runcmd" else []
    return failed_if(Evidence(run.path, run.line, f"{run.text}: {cause}") for run, cause in found)


def _without_host_keys(runs):
    """Return [(BootCommand, what it does)] of the command that removes the server's host keys, which are made once for a machine, and no later one makes."""
    gone = []
    for run in runs:
        words = boot_commands.words_of(run.command)
        if _MAKES_HOST_KEYS.search(run.command):
            gone = []
        elif len(taken_files.removed(words, _HOST_KEYS)) == len(_HOST_KEYS):
            gone = [(run, "the SSH server has no host key any more, and ends each connection")]
    return gone


def commands_of_list(documents, key):
    """Return the [BootCommand] of one of cloud-init's lists of commands: those of a shell's line, one by one."""
    listed = config.value(documents, key)
    found = []
    for item in listed.value if listed is not None and isinstance(listed.value, list) else []:
        words = [str(word) for word in item] if isinstance(item, list) else None
        text = " ".join(words) if words else str(item)
        command = " ".join(shlex.quote(word) for word in words) if words else text
        found += [
            BootCommand(listed.path, listed.line, f"{key}: {text}", part, "")
            for line in command.split("\n")
            for whole in ([line] if words else re.split(r"(?<!\\);", line))
            for part in boot_commands.parts_of(whole)
        ]
    return found


def written_by_commands(documents, key):
    """Return [(BootCommand, path, text, whether it is added)] of the commands of a list that write a line into a file: ``echo LINE >> FILE``."""
    found = []
    for run in commands_of_list(documents, key):
        match = _ECHO.match(run.command.strip())
        if match and "$" not in match.group(2):
            quoted = match.group(2).strip()
            line = quoted[1:-1] if quoted[:1] in ("'", '"') and quoted[-1:] == quoted[:1] and len(quoted) > 1 else quoted
            text = (line.replace("\\n", "\n") if match.group(1).endswith(("printf", "-e")) else line) + ("" if match.group(1) == "printf" else "\n")
            found.append((run, match.group(4).strip("'\""), text, match.group(3) == ">>"))
    return found


RULES = [commands_leave_the_way_in]
