# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure Linux agent: installed, enabled, configured, and at one with cloud-init.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed, unknown)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, NOBODY, TWICE, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import KEYS, SWITCH

_LEAST_VERSION = (2, 2, 41)  # CERT test 39
_CONF = "/etc/waagent.conf"


def installed(context):
    """R40a"""
    path = installation.program(context.tree)
    if path is not None:
        return passed(path)
    alone = services.state(context.tree, ["cloud-init"]) != services.MISSING
    return failed([Evidence(installation.PROGRAMS[0], None, "not there")],
                  "cloud-init alone can provision, but then every virtual machine must be created with provisionVMAgent=false." if alone else "")


def enabled(context):
    """R40b"""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    state = services.state(context.tree, installation.SERVICES)
    return failed_if([] if state == services.ENABLED else [Evidence("/etc/systemd/system", None, f"{' and '.join(installation.SERVICES)}: {state}")])


def version(context):
    """R40c"""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    found = installation.version(context.tree)
    if found is None:
        return unknown("the version of the installed agent was not found")
    numbers = tuple(int(part) for part in re.findall(r"\d+", found))
    return passed(found) if numbers >= _LEAST_VERSION else failed([Evidence("azurelinuxagent/common/version.py", None, f"version {found}")])


def python(context):
    """R40d"""
    path = installation.program(context.tree)
    if path is None or not path.endswith("waagent"):
        return not_applicable("the agent is not installed, or is not a script")
    first = context.text(path, 200).partition("\n")[0]
    words = first[2:].split() if first.startswith("#!") else []
    interpreter = words[1] if len(words) > 1 and words[0].endswith("/env") else words[0] if words else ""
    places = [interpreter] if interpreter.startswith("/") else [f"{folder}/{interpreter}" for folder in ("/usr/bin", "/bin", "/usr/local/bin")]
    return failed_if([] if not interpreter or any(context.tree.exists(place) for place in places)
                     else [Evidence(path, 1, f"{first}: there is no such program")])


def tools(context):
    """R40e"""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    folders = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")
    missing = [name for name in ("chpasswd", "useradd", "openssl", "ip", "mount", "sed", "grep")
               if not any(context.tree.exists(f"{folder}/{name}") for folder in folders)]
    return failed_if(Evidence(f"/usr/bin/{name}", None, "not there") for name in missing)


def auto_update(context):
    """R41"""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    places = _settings(context)
    newer, older = places.get("AutoUpdate.UpdateToLatestVersion"), places.get("AutoUpdate.Enabled")
    deciding = newer or older
    off = deciding is not None and (deciding[0] or "").lower() == "n"
    return failed_if([deciding[1]] if off else [])


def agreement(context):
    """R43"""
    answer = provisioner(context.tree)
    if answer.who in (CLOUD_INIT, WAAGENT):
        return passed(f"{answer.who} provisions", answer.evidence)
    if answer.who == NOBODY and answer.wanted == "disabled" and context.kind != "generalized":
        return passed("nobody provisions, as an image that keeps its identity wants", answer.evidence)
    if answer.who == TWICE:
        return failed(answer.evidence, "Two provision the same machine.")
    return failed(answer.evidence, "Nobody provisions the machine.")


def resource_disk(context):
    """R44"""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    places = _settings(context)
    wanted = [places[key] for key in ("ResourceDisk.Format", "ResourceDisk.EnableSwap")
              if (places.get(key, ("", None))[0] or "").lower() == "y"]
    by_cloud_init = provisioner(context.tree).who == CLOUD_INIT
    if by_cloud_init:
        return failed_if([place for unused, place in wanted], "cloud-init, which provisions this guest, sets the resource disk up too.")
    swap = places.get("ResourceDisk.EnableSwap")
    if swap and (swap[0] or "").lower() == "y" and (places.get("ResourceDisk.Format", ("n", None))[0] or "n").lower() != "y":
        return failed([swap[1]], "It has no effect: the agent makes swap only with ResourceDisk.Format=y.")
    return passed()


def known_keys(context):
    """R45"""
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


def extensions(context):
    """R57"""
    if not context.tree.is_file(_CONF):
        return not_applicable("the agent has no configuration")
    setting = _settings(context).get("Extensions.Enabled")
    return failed_if([setting[1]] if setting and (setting[0] or "").lower() == "n" else [])


def _settings(context):
    """Return {key: (value, Evidence)} of waagent.conf, the last line of a key winning as for the agent."""
    lines = dict(context.lines(_CONF))
    return {setting.key: (setting.value, Evidence(_CONF, setting.number, lines.get(setting.number, "").strip()))
            for setting in conf.settings(context.tree.read_text(_CONF))}


RULES = [
    Rule("R40a", "The Azure Linux agent is installed", ERROR,
         "The agent reports the machine as ready and runs extensions; without a report Azure declares the creation failed after 40 minutes.",
         "Run the role guest_agent.", "Microsoft: create-upload-generic; agent-linux", installed, "guest_agent"),
    Rule("R40b", "The Azure Linux agent starts at boot", ERROR,
         "An agent that is not started neither provisions nor reports ready.", "Run the role guest_agent, or `systemctl enable walinuxagent` "
         "(Debian, Ubuntu) or `waagent` (others).", "Microsoft: agent-linux", enabled, "guest_agent"),
    Rule("R40c", "The agent is new enough", WARNING,
         "The certification takes agents from 2.2.41 on; older ones miss Provisioning.Agent and today's protocol.",
         "Install a newer agent package; Oracle Linux 6's is too old for good.", "Microsoft: certification test 39", version, "guest_agent",
         marketplace=ERROR),
    Rule("R40d", "The agent's Python is there", ERROR,
         "The agent is a Python script: without its interpreter it never starts.", "Install the interpreter that its first line names.",
         "Microsoft: agent-linux; certification test 45", python, "guest_agent"),
    Rule("R40e", "The programs that the agent calls are there", WARNING,
         "The agent creates the user, sets its password and configures the network with the system's own tools.",
         "Install passwd, openssl, iproute2, mount, sed and grep.", "Microsoft: agent-linux", tools, "guest_agent"),
    Rule("R41", "The agent updates itself", WARNING,
         "An agent that stays old loses support; the certification fails images that turn updates off. Debian's package does.",
         "Set AutoUpdate.UpdateToLatestVersion=y and AutoUpdate.Enabled=y (waagent_conf, role guest_agent).",
         "Microsoft: certification test 51; agent-linux", auto_update, "guest_agent; waagent_conf", marketplace=ERROR),
    Rule("R43", "Exactly one provisions the machine: cloud-init or the agent", ERROR,
         "When nobody does, no user is created and Azure times out; when both do, they overwrite each other's host name, keys and disks.",
         "Set Provisioning.Agent=cloud-init with cloud-init enabled, or Provisioning.Agent=waagent with cloud-init disabled (role guest_agent). "
         "An image that keeps its identity is asked about with kind: specialized.",
         "Microsoft: create-upload-generic; WALinuxAgent conf.py", agreement, "guest_agent; waagent_conf",
         choice="Provisioning.Enabled and Provisioning.UseCloudInit of the older guides are ignored since 2.2.45; Provisioning.Agent decides."),
    Rule("R44", "The resource disk has one owner", WARNING,
         "The agent and cloud-init race for the temporary disk: formatted twice, mounted in two places, boot held up.",
         "With cloud-init: ResourceDisk.Format=n and ResourceDisk.EnableSwap=n, and swap by cloud-init (role guest_agent).",
         "Microsoft: create-upload-generic, swap-configuration", resource_disk, "guest_agent",
         choice="The guides of 2015 and 2017 let the agent format the disk and make swap; today's say it must not where cloud-init provisions."),
    Rule("R45", "waagent.conf says what it seems to say", NOTE,
         "The agent ignores unknown keys silently, takes the last of two equal ones, and its default for anything but y or n.",
         "Correct the line, best with waagent_conf, which refuses what the agent would ignore.", "WALinuxAgent conf.py", known_keys,
         "waagent_conf", choice="The guides show comments behind values (## NOTE: ...), which the agent's README forbids and today's parser copes with."),
    Rule("R57", "The agent runs extensions", WARNING,
         "With extensions turned off neither passwords can be reset nor disks encrypted, nor backups made from Azure; the certification runs one.",
         "Set Extensions.Enabled=y (waagent_conf).", "Microsoft: agent-linux; marketplace certification", extensions, "waagent_conf",
         marketplace=ERROR),
]
