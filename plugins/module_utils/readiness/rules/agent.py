# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure Linux agent: installed, enabled, with all that it needs, and at one with cloud-init.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, python_packages, services, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import called_programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines
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
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, NOBODY, TWICE, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_restraints import PROVISIONING
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.starting import service_outcome
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_LEAST_VERSION = (2, 2, 41)  # CERT test 39
_OFF = "cloud-init=disabled"


@rule(
    "R40a",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The Azure Linux agent is installed",
    fault="The Azure Linux agent is not installed",
    why="The agent reports the machine as ready and runs extensions; without a report Azure declares the creation failed after 40 minutes.",
    cure="Run the role guest_agent.",
    source="Microsoft: create-upload-generic; agent-linux",
)
def installed(context):
    """Return passed with the path of the agent's program."""
    path = installation.program(context.tree)
    if path is not None:
        return passed(path)
    alone = services.state(context.tree, ["cloud-init"]) != services.MISSING
    return failed(
        [Evidence(installation.PROGRAMS[0], None, "not there")],
        "cloud-init alone can provision, but then every virtual machine must be created with provisionVMAgent=false." if alone else "",
    )


@rule(
    "R40b",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The Azure Linux agent starts at boot, and may do its work",
    fault="The Azure Linux agent does not start at boot, or its unit keeps it from its work",
    why="An agent that is not started neither provisions nor reports ready.",
    cure="Run the role guest_agent, or `systemctl enable walinuxagent` (Debian, Ubuntu) or `waagent` (others); `systemctl unmask` it first where it is masked.",
    source="Microsoft: agent-linux",
)
def enabled(context):
    """Return failed when no service of the installed agent is enabled, or the one that is has it do something else than provision."""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    others = _other_commands(context)
    if others:
        return failed(others)
    return service_outcome(context, installation.SERVICES, PROVISIONING)


def _other_commands(context):
    """Return the [Evidence] of a unit that has the agent do another thing than run as its daemon, the one that provisions. Source: agent.py, parse_args."""
    if provisioner(context.tree).who not in (WAAGENT, TWICE):
        return []
    known = context.shared(Units)
    units = [known.find(f"{name}.service") for name in installation.SERVICES]
    starts = [setting for unit in units for setting in unit_files.listed(known.readable_settings(unit) or [], "Service", "ExecStart")]
    found = []
    for setting in starts:
        words = setting.value.lstrip("@-:+!|").split()
        place = next((number for number, word in enumerate(words) if posixpath.basename(word) == "waagent"), None)
        if place is not None and not any(re.match(r"[-/]*(?:daemon|start)\b|\$", word) for word in words[place + 1 :]):
            found.append(Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: only -daemon provisions"))
    return found


@rule(
    "R40c",
    step=PROVISIONER,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by="guest_agent",
    title="The agent is new enough",
    fault="The agent is too old",
    why="The certification takes agents from 2.2.41 on; older ones miss Provisioning.Agent and today's protocol.",
    cure="Install a newer agent package; Oracle Linux 6's is too old for good.",
    source="Microsoft: certification test 39",
)
def version(context):
    """Return failed when the installed agent is older than 2.2.41, unknown when its version was not found."""
    if installation.program(context.tree) is None:
        return not_applicable("the agent is not installed")
    found = installation.version(context.tree)
    if found is None:
        return unknown("the version of the installed agent was not found")
    numbers = tuple(int(part) for part in re.findall(r"\d+", found))
    return passed(found) if numbers >= _LEAST_VERSION else failed([Evidence("azurelinuxagent/common/version.py", None, f"version {found}")])


@rule(
    "R40d",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The agent's Python is there",
    fault="The agent's Python is not there",
    why="The agent is a Python script: without its interpreter, and the library that comes with it, it never starts.",
    cure="Install the interpreter that its first line names, with its library.",
    source="Microsoft: agent-linux; certification test 45",
)
def python(context):
    """Return failed when the interpreter of the agent's first line, or that one's own library, is not in the guest."""
    path = installation.program(context.tree)
    if path is None or not path.endswith("waagent"):
        return not_applicable("the agent is not installed, or is not a script")
    first = context.first_line(path)
    interpreter = python_packages.interpreter(context.tree, path) or ""
    places = [interpreter] if interpreter.startswith("/") else [f"{folder}/{interpreter}" for folder in ("/usr/bin", "/bin", "/usr/local/bin")]
    if interpreter and not any(context.tree.exists(place) for place in places):
        return failed([Evidence(path, 1, f"{first}: there is no such program")])
    gone = python_packages.without_library(context.tree, path)
    return failed_if([Evidence(gone, None, f"{interpreter} does not find os.py and encodings, and ends at once")] if gone else [])


@rule(
    "R40e",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="guest_agent",
    title="The programs that whoever provisions calls are there",
    fault="A program that whoever provisions calls is not there, or does nothing",
    why="The agent creates the user, makes the host keys and configures the network with the system's own tools, by the search path of services; so does "
    "cloud-init the user.",
    cure="Install passwd, openssl, openssh-client, iproute2, mount, sed and grep; remove what is found before them in /usr/local.",
    source="Microsoft: agent-linux",
)
def tools(context):
    """Return failed with each program that the agent calls and that is in none of the usual directories; without useradd nobody makes a user, an error."""
    tree, who = context.tree, provisioner(context.tree).who
    has_agent = installation.program(tree) is not None
    if not has_agent and not (who == CLOUD_INIT and programs.is_whole_system(tree)):
        return not_applicable("the agent is not installed")
    called = ("chpasswd", "useradd", "openssl", "ip", "mount", "sed", "grep") if has_agent else ("useradd",)
    missing = [name for name in called if called_programs.place(tree, name) is None]
    shadowing = called_programs.shadowing(context)
    if shadowing and who != NOBODY:
        return failed(shadowing, severity=ERROR)
    if who == WAAGENT and tree.has_own_root and called_programs.place(tree, "ssh-keygen") is None:
        return failed([Evidence("/usr/bin/ssh-keygen", None, "not there: the agent makes the host keys with it, and gives up without")], severity=ERROR)
    useless = called_programs.useless(context, ("useradd",) if who == CLOUD_INIT else ("useradd", "ssh-keygen", "mount"))
    if useless and who != NOBODY:
        return failed(useless, severity=ERROR)
    if who == CLOUD_INIT and not _by_adduser(tree) and not any(called_programs.place(tree, name) for name in ("passwd", "usermod")):
        places = [Evidence("/usr/bin/passwd", None, "not there, nor is usermod: cloud-init locks the user's password with one of them, and ends without")]
        return failed(places, severity=ERROR)
    makes_users = "useradd" not in missing or who == NOBODY or _by_adduser(tree)
    missing.sort(key=lambda name: name != "useradd")
    return failed_if(
        [Evidence(f"/usr/{'sbin' if name == 'useradd' else 'bin'}/{name}", None, "not there") for name in missing], severity=None if makes_users else ERROR
    )


def _by_adduser(tree):
    """Return whether cloud-init makes users by Alpine's adduser. Source: cloudinit/distros/alpine.py."""
    return provisioner(tree).who == CLOUD_INIT and tree.exists("/sbin/apk") and any(tree.exists(f"{folder}/adduser") for folder in ("/usr/sbin", "/sbin"))


@rule(
    "R43",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent; waagent_conf",
    title="Exactly one provisions the machine: cloud-init or the agent",
    fault="Nobody provisions the machine, or two do",
    why="When nobody does, no user is created and Azure times out; when both do, they overwrite each other's host name, keys and disks.",
    cure="Set Provisioning.Agent=cloud-init with cloud-init enabled, or Provisioning.Agent=waagent with cloud-init disabled (role guest_agent). An image "
    "that keeps its identity is asked about with kind: specialized.",
    source="Microsoft: create-upload-generic; WALinuxAgent conf.py",
    choice="Provisioning.Enabled and Provisioning.UseCloudInit of the older guides are ignored since 2.2.45; Provisioning.Agent decides.",
)
def agreement(context):
    """Return passed when exactly one of cloud-init and the agent provisions, or nobody for an image that keeps its identity and says so."""
    answer = provisioner(context.tree)
    off = [line for line in context.shared(command_lines) if [word for word in line.text.split() if word.startswith("cloud-init=")][-1:] == [_OFF]]
    if answer.who in (CLOUD_INIT, TWICE) and off:
        return failed([line.place._replace(text=f"{_OFF} in {line.place.text}") for line in off], "The kernel's command line switches cloud-init off.")
    if answer.who in (CLOUD_INIT, WAAGENT):
        return passed(f"{answer.who} provisions", answer.evidence)
    if answer.who == NOBODY and answer.wanted == "disabled" and context.kind != "generalized":
        return passed("nobody provisions, as an image that keeps its identity wants", answer.evidence)
    if answer.who == TWICE:
        return failed(answer.evidence, "Two provision the same machine.")
    return failed(answer.evidence, "Nobody provisions the machine.")


RULES = [installed, enabled, version, python, tools, agreement]
