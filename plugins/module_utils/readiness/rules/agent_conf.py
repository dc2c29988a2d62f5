# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""waagent.conf: what it tells the agent to do with updates, the resource disk and extensions, and whether it says so.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_options import is_noexec
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import KEYS, SWITCH

_CONF = "/etc/waagent.conf"
_ASLEEP = "/var/lib/waagent/disable_agent"


@rule(
    "R41",
    step=PROVISIONER,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by="guest_agent; waagent_conf",
    title="The agent updates itself",
    fault="The agent does not update itself",
    why="An agent that stays old loses support; the certification fails images that turn updates off. Debian's package does.",
    cure="Set AutoUpdate.UpdateToLatestVersion=y and AutoUpdate.Enabled=y (waagent_conf, role guest_agent).",
    source="Microsoft: certification test 51; agent-linux",
)
def auto_update(context):
    """Return failed with the line of waagent.conf that turns the agent's updates off."""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    places = _settings(context)
    newer, older = places.get("AutoUpdate.UpdateToLatestVersion"), places.get("AutoUpdate.Enabled")
    deciding = newer or older
    off = deciding is not None and (deciding[0] or "").lower() == "n"
    return failed_if([deciding[1]] if off else [])


@rule(
    "R44",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="guest_agent",
    title="The resource disk has one owner",
    fault="The resource disk has two owners",
    why="The agent and cloud-init race for the temporary disk: formatted twice, mounted in two places, boot held up.",
    cure="With cloud-init: ResourceDisk.Format=n and ResourceDisk.EnableSwap=n, and swap by cloud-init (role guest_agent).",
    source="Microsoft: create-upload-generic, swap-configuration",
    choice="The guides of 2015 and 2017 let the agent format the disk and make swap; today's say it must not where cloud-init provisions.",
)
def resource_disk(context):
    """Return failed with the settings by which the agent formats the disk too, or asks for swap that it never makes."""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    places = _settings(context)
    wanted = [places[key] for key in ("ResourceDisk.Format", "ResourceDisk.EnableSwap") if (places.get(key, ("", None))[0] or "").lower() == "y"]
    by_cloud_init = provisioner(context.tree).who == CLOUD_INIT
    if by_cloud_init:
        return failed_if([place for unused, place in wanted], "cloud-init, which provisions this guest, sets the resource disk up too.")
    swap = places.get("ResourceDisk.EnableSwap")
    if swap and (swap[0] or "").lower() == "y" and (places.get("ResourceDisk.Format", ("n", None))[0] or "n").lower() != "y":
        return failed([swap[1]], "It has no effect: the agent makes swap only with ResourceDisk.Format=y.")
    return passed()


@rule(
    "R45",
    step=PROVISIONER,
    severity=NOTE,
    fixed_by="waagent_conf",
    title="waagent.conf says what it seems to say",
    fault="waagent.conf does not say what it seems to say",
    why="The agent ignores unknown keys silently, takes the last of two equal ones, and its default for anything but y or n.",
    cure="Correct the line, best with waagent_conf, which refuses what the agent would ignore.",
    source="WALinuxAgent conf.py",
    choice="The guides show comments behind values (## NOTE: ...), which the agent's README forbids and today's parser copes with.",
)
def known_keys(context):
    """Return failed with each line that the agent ignores or reads in another way than a person does."""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    evidence, seen = [], {}
    lines = dict(context.lines(_CONF))
    for setting in conf.settings(context.tree.read_text(_CONF)):
        text = lines.get(setting.number, "").strip()
        if setting.key.startswith("#"):
            continue
        if setting.key in seen:
            evidence.append(Evidence(_CONF, setting.number, f"{text}: set again (line {seen[setting.key]} is lost)"))
        seen[setting.key] = setting.number
        key = KEYS.get(setting.key)
        if key is None:
            evidence.append(Evidence(_CONF, setting.number, f"{text}: no agent knows this key"))
        elif key.kind == SWITCH and setting.value is not None and setting.value.lower() not in ("y", "n"):
            evidence.append(Evidence(_CONF, setting.number, f"{text}: neither y nor n, the agent takes its default"))
        elif "#" in text.partition("=")[2]:
            evidence.append(Evidence(_CONF, setting.number, f"{text}: a comment behind a value is not supported"))
    return failed_if(evidence)


@rule(
    "R57",
    step=PROVISIONER,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by="waagent_conf",
    title="The agent runs extensions",
    fault="The agent does not run extensions",
    why="Without extensions neither passwords can be reset nor disks encrypted, nor backups made from Azure; the certification runs one. They are "
    "unpacked and started below /var/lib/waagent.",
    cure="Set Extensions.Enabled=y (waagent_conf); remove /var/lib/waagent/disable_agent; take noexec from the line of /etc/fstab.",
    source="Microsoft: agent-linux; marketplace certification",
)
def extensions(context):
    """Return failed with the line of waagent.conf that turns extensions off, and with that which mounts their place without the right to run programs."""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    setting = _settings(context).get("Extensions.Enabled")
    evidence = [setting[1]] if setting and (setting[0] or "").lower() == "n" else []
    if context.tree.exists(_ASLEEP):
        evidence.append(Evidence(_ASLEEP, None, "as long as it is there, the agent sleeps after it has provisioned"))
    places = ("/var", "/var/lib", "/var/lib/waagent")
    return failed_if(
        evidence
        + [
            Evidence(line.path, line.line, line.text)
            for line in context.shared(mount_lines)
            if line.mount_point.rstrip("/") in places and is_noexec(line.options)
        ]
    )


def _settings(context):
    """Return {key: (value, Evidence)} of waagent.conf, the last line of a key winning as for the agent."""
    lines = dict(context.lines(_CONF))
    return {
        setting.key: (setting.value, Evidence(_CONF, setting.number, lines.get(setting.number, "").strip()))
        for setting in conf.settings(context.tree.read_text(_CONF))
    }


RULES = [auto_update, resource_disk, known_keys, extensions]
