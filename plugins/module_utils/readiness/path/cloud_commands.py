# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: the commands that cloud-init runs do not take away what it has just set up.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_commands import BootCommand
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_needs import started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import cut_off, taken_away
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_ECHO = re.compile(r"((?:/bin/)?echo(?: -[ne]+)?|printf)\s+(.*?)\s*(>>?)\s*(/\S+)$")
_OF_USERS = ("userdel", "deluser")


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
        runs = _commands(documents, key)
        found += cut_off.cutting(runs, card, needed) + (cut_off.firewalls(context, runs) if runs else [])
        found += taken_away.taken(context, runs)
        # runcmd runs when the server is there already
        found += [
            (run, "it comes before the network and the server, which wait for it") for run in runs if key == "bootcmd" and boot_commands.never_ends(run.command)
        ]
        found += [(run, cause) for run in runs for cause in [_removal(boot_commands.words_of(run.command))] if cause]
    return failed_if(Evidence(run.path, run.line, f"{run.text}: {cause}") for run, cause in found)


def _commands(documents, key):
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
            for whole in ([line] if words else line.split(";"))
            for part in boot_commands.parts_of(whole)
        ]
    return found


def written_by_commands(documents, key):
    """Return [(BootCommand, path, text, whether it is added)] of the commands of a list that write a line into a file: ``echo LINE >> FILE``."""
    found = []
    for run in _commands(documents, key):
        match = _ECHO.match(run.command.strip())
        if match and "$" not in match.group(2):
            quoted = match.group(2).strip()
            line = quoted[1:-1] if quoted[:1] in ("'", '"') and quoted[-1:] == quoted[:1] and len(quoted) > 1 else quoted
            text = (line.replace("\\n", "\n") if match.group(1).endswith(("printf", "-e")) else line) + ("" if match.group(1) == "printf" else "\n")
            found.append((run, match.group(4).strip("'\""), text, match.group(3) == ">>"))
    return found


def _removal(words):
    """Return what a command takes from the user (str), "" of any other command."""
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    plain = [word for word in rest if not word.startswith("-")]
    if name in _OF_USERS and DEFAULT_NAME in plain:
        return "the user is gone"
    if (
        name in ("usermod", "chsh")
        and DEFAULT_NAME in plain
        and {"-s", "--shell"} & set(rest)
        and any(posixpath.basename(word) in programs.NO_SHELLS for word in plain)
    ):
        return "the user has no shell any more"
    # a password that is locked leaves the key as it is
    return "the user may log in no more" if name == "usermod" and DEFAULT_NAME in plain and {"-e", "--expiredate"} & set(rest) else ""


RULES = [commands_leave_the_way_in]
