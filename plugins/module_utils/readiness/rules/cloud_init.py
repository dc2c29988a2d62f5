# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init: finds Azure, and nothing of the installation stands in its way.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init, kernel_parameters, stages as cloud_init_stages
from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_restraints import PROVISIONING
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import having
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, NOT_CLOUD_INIT, datasources, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.starting import held_back, started_line
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER

#: A machine that keeps its identity has its users and keys: cloud-init may find no source there, such as the one its installer named.
_PROVISIONED = ("generalized", "before_deprovision")
_LEAST_VERSION = (21, 2)
#: Where an answer of NoCloud may lie in the image.
_NOCLOUD = ("/var/lib/cloud/seed/nocloud", "/var/lib/cloud/seed/nocloud-net")
#: Versions whose ds-identify finds no source in a block list; others fall back to every source that they know.
_MISREADS_BLOCK_LISTS = ((23, 4),)


@rule(
    "R42a",
    step=PROVISIONER,
    kinds=_PROVISIONED,
    severity=ERROR,
    fixed_by="guest_agent",
    title="cloud-init finds Azure",
    fault="cloud-init does not find Azure",
    why="With a list of data sources that leaves Azure out, cloud-init finds none: no user, no key, no report.",
    cure="Set datasource_list: [ Azure ] in /etc/cloud/cloud.cfg.d/91-azure_datasource.cfg (role guest_agent).",
    source="Microsoft: create-upload-generic; cloudinit-prepare-custom-image",
)
def finds_azure(context):
    """Return failed with the list of data sources that leaves Azure out, where cloud-init provisions."""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(NOT_CLOUD_INIT)
    told = having(context, lambda word: word in kernel_parameters.overriding(word) and word.startswith(("ds=", "ci.ds=")))
    if told:
        return failed(told, "The kernel's command line names another source, and wins over every file.")
    names, place = datasources(context.tree)
    if place is not None and place.text.partition("#")[0].strip().endswith(":") and cloud_init.version(context.tree) in _MISREADS_BLOCK_LISTS:
        return failed([place], "ds-identify of this cloud-init takes a list of several lines for an empty one: write datasource_list: [ Azure ].")
    if names is None:
        return passed("cloud-init looks for every source it knows, Azure among them")
    return passed(evidence=[place]) if "Azure" in names else failed([place], "Azure is not in the list.")


@rule(
    "R42b",
    step=PROVISIONER,
    severity=NOTE,
    fixed_by="guest_agent",
    title="cloud-init looks for Azure alone",
    fault="cloud-init looks for other clouds than Azure",
    why="Every other source that cloud-init may ask costs boot time, and one that answers from the network of the virtual machine is trusted.",
    cure="Set datasource_list: [ Azure ] in /etc/cloud/cloud.cfg.d/91-azure_datasource.cfg (role guest_agent).",
    source="Microsoft: create-upload-generic",
)
def azure_alone(context):
    """Return failed when no list of data sources is set, or it names others beside Azure; an error where what is asked first has an answer in the image."""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(NOT_CLOUD_INIT)
    names, place = datasources(context.tree)
    seeds = _seeds(context.tree, names)
    if seeds:
        return failed(seeds, severity=ERROR)
    if names is None:
        return failed([Evidence("/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg", None, "no datasource_list is set")])
    return failed_if([] if [name for name in names if name != "None"] in ([], ["Azure"]) else [place])


def _seeds(tree, names):
    """Return the [Evidence] of the answer of NoCloud that lies in the image, when it is asked before Azure. names: [str] of the list, or None.

    Source: cloudinit/sources/DataSourceNoCloud.py; util.pathprefix2dict.
    """
    order = [name for name in names or ("NoCloud", "Azure") if name in ("NoCloud", "Azure")]
    found = [f"{folder}/meta-data" for folder in _NOCLOUD if tree.is_file(f"{folder}/meta-data") and tree.is_file(f"{folder}/user-data")]
    return [Evidence(path, None, "cloud-init takes this, and never asks Azure") for path in found] if order[:1] == ["NoCloud"] else []


@rule(
    "R42c",
    step=PROVISIONER,
    kinds=_PROVISIONED,
    severity=WARNING,
    fixed_by="guest_agent",
    title="No leftovers of the installer hold cloud-init back",
    fault="Leftovers of the installer hold cloud-init back",
    why="These files of Ubuntu's installers turn cloud-init's network set-up off, or name the installer as its only source.",
    cure="Remove the file (role guest_agent).",
    source="Microsoft: create-upload-ubuntu",
)
def leftovers(context):
    """Return failed with each file of an installer that turns a part of cloud-init off; an error where that is all of it."""
    off = cloud_init.policy_line(context.tree)
    told = {cloud_init.DS_IDENTIFY: Evidence(cloud_init.DS_IDENTIFY, off, "policy: disabled ends the start of cloud-init")} if off else {}
    found = [told.get(path, Evidence(path, None, "left by an installer")) for path in cloud_init.leftovers(context.tree)]
    return failed_if(found, severity=ERROR if off and provisioner(context.tree).who == CLOUD_INIT else None)


@rule(
    "R42d",
    step=PROVISIONER,
    kinds=_PROVISIONED,
    severity=ERROR,
    fixed_by="guest_agent",
    title="All stages of cloud-init run",
    fault="A stage of cloud-init does not run",
    why="Users, keys and the report come from different stages: one that is off leaves the machine half provisioned.",
    cure="Enable cloud-init-local, cloud-init, cloud-config and cloud-final (role guest_agent).",
    source="Microsoft: create-upload-generic",
)
def all_stages(context):
    """Return failed with each unit of cloud-init that is masked or disabled, where cloud-init provisions."""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(NOT_CLOUD_INIT)
    known, line = context.shared(unit_files.Units), started_line(context)
    evidence = []
    for name in cloud_init.SERVICES:
        answer = services.will_start(known, [name], line)
        if answer.state in (units.DISABLED, units.MASKED, units.FAILS, units.SKIPPED):
            evidence += [Evidence(cause.path or "/etc/systemd/system", cause.line, cause.text) for cause in answer.causes]
        else:
            evidence += held_back(known, answer.unit, PROVISIONING) + _without_netcat(context.tree, known.readable_settings(answer.unit) or [])
    return failed_if(evidence)


def _without_netcat(tree, settings):
    """Return the [Evidence] of the command of a stage that asks cloud-init's one process through a socket, with a netcat that is not there or has no -U.

    Without it the command ends well, and the process waits for ever. Source: cloudinit/socket.py; nc(1) of OpenBSD.
    """
    found = []
    for setting in unit_files.listed(settings, "Service", "ExecStart"):
        asks = re.search(r"\|\s*(?:/(?:usr/)?bin/)?(nc|netcat|ncat)\s", setting.value)
        if not asks or not tree.has_own_root:
            continue
        program = next((path for folder in ("/usr/bin", "/bin") for path in [f"{folder}/{asks.group(1)}"] if tree.exists(path)), None)
        if program is None or tree.resolve(program).endswith(("/nc.traditional", "/busybox")):
            cause = f"there is no {asks.group(1)}" if program is None else f"{program} is {tree.resolve(program)}, which knows no -U"
            found.append(Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {cause}"))
    return found


@rule(
    "R42e",
    step=PROVISIONER,
    severity=NOTE,
    fixed_by="guest_agent",
    title="cloud-init is 21.2 or later",
    fault="cloud-init is older than 21.2",
    why="Earlier ones need the provisioning DVD (UDF) for everything; from 21.2 on the metadata service can do.",
    cure="Update cloud-init.",
    source="Microsoft: create-upload-generic; cloud-init changelog",
)
def version(context):
    """Return failed when the installed cloud-init is older than 21.2, unknown when its version was not found."""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(NOT_CLOUD_INIT)
    found = cloud_init.version(context.tree)
    if found is None:
        return unknown("the version of cloud-init was not found")
    text = f"{found[0]}.{found[1]}"
    return passed(text) if found >= _LEAST_VERSION else failed([Evidence("cloudinit/version.py", None, text)])


@rule(
    "R42g",
    step=PROVISIONER,
    severity=NOTE,
    fixed_by="guest_agent",
    title="cloud-init tells the host how far it is",
    fault="cloud-init does not tell the host how far it is",
    why="What cloud-init did is then seen from Azure when a machine is not reached.",
    cure="Add reporting: {telemetry: {type: hyperv}} to /etc/cloud/cloud.cfg.d/10-azure-kvp.cfg (role guest_agent).",
    source="Microsoft: create-upload-generic; create-upload-ubuntu",
    choice="Red Hat's page writes Reporting with a capital letter, a key that cloud-init does not know.",
)
def tells_the_host(context):
    """Return passed with the line that has cloud-init report through Hyper-V."""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(NOT_CLOUD_INIT)
    files = ["/etc/cloud/cloud.cfg"] + context.tree.glob("/etc/cloud/cloud.cfg.d/*.cfg")
    told = context.find(files, lambda text: re.match(r"\s+type\s*:\s*[\"']?hyperv\b", text))
    return passed(evidence=told) if told else failed([Evidence("/etc/cloud/cloud.cfg.d", None, "no reporting of the type hyperv")])


@rule(
    "R42h",
    step=PROVISIONER,
    severity=WARNING,
    fixed_by="guest_agent; cloud_init_early",
    title="cloud-init sets the resource disk up in its first stage",
    fault="cloud-init sets the resource disk up too late",
    why="Services start and users log in before a later stage: they find no swap, and what they write to /mnt is hidden when the disk is mounted.",
    cure="Move disk_setup and mounts to cloud_init_modules in /etc/cloud/cloud.cfg (cloud_init_early).",
    source="Microsoft: redhat-create-upload-vhd; cloud-init's own cloud.cfg",
    choice="Red Hat's page does so before cloud-init 23; a file that an upgrade kept is looked at too.",
)
def resource_disk_early(context):
    """Return failed with the stage that has disk_setup and mounts when it is not cloud-init's first."""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(NOT_CLOUD_INIT)
    stages = cloud_init_stages.stages(context.shared(cloud_init_stages.texts))
    names = cloud_init_stages.RESOURCE_DISK
    if cloud_init_stages.is_early(stages, names):
        return passed()
    late = [
        Evidence(stages[key].path, item.line, f"{item.text} in {key}")
        for key in stages
        if key != cloud_init_stages.INIT
        for item in stages[key].items
        if item.name in names
    ]
    return failed(
        late
        or [
            Evidence(stage.path, stage.line, f"{' and '.join(names)} are not in {key} in this order")
            for key, stage in stages.items()
            if key == cloud_init_stages.INIT
        ]
        or [Evidence(cloud_init_stages.PATH, None, f"there is no list {cloud_init_stages.INIT}")]
    )


@rule(
    "R42f",
    step=PROVISIONER,
    severity=NOTE,
    fixed_by="guest_agent",
    title="The root can grow with the disk",
    fault="The root cannot grow with the disk",
    why="A virtual machine is often made with a larger disk than the image: without growpart the rest stays unused.",
    cure="Install cloud-guest-utils (Debian, Ubuntu) or cloud-utils-growpart (role guest_agent).",
    source="Microsoft: create-upload-generic",
)
def grows_root(context):
    """Return passed when growpart or systemd-repart is there."""
    tree = context.tree
    if any(tree.exists(f"{folder}/{name}") for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin") for name in ("growpart", "systemd-repart")):
        return passed()
    return failed([Evidence("/usr/bin/growpart", None, "not there")])


RULES = [finds_azure, azure_alone, leftovers, all_stages, version, grows_root, tells_the_host, resource_disk_early]
