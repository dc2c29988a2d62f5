# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init: finds Azure, and nothing of the installation stands in its way.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init, stages as cloud_init_stages
from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed, unknown)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, datasources, provisioner

_NOT_USED = "cloud-init does not provision this guest"
_LEAST_VERSION = (21, 2)


def finds_azure(context):
    """R42a"""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(_NOT_USED)
    names, place = datasources(context.tree)
    if names is None:
        return passed("cloud-init looks for every source it knows, Azure among them")
    return passed(evidence=[place]) if "Azure" in names else failed([place], "Azure is not in the list.")


def azure_alone(context):
    """R42b"""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(_NOT_USED)
    names, place = datasources(context.tree)
    if names is None:
        return failed([Evidence("/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg", None, "no datasource_list is set")])
    return failed_if([] if [name for name in names if name != "None"] in ([], ["Azure"]) else [place])


def leftovers(context):
    """R42c"""
    return failed_if(Evidence(path, None, "left by an installer") for path in cloud_init.leftovers(context.tree))


def all_stages(context):
    """R42d"""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(_NOT_USED)
    names = [("cloud-config", "cloud-config"), ("cloud-final", "cloud-final"), ("cloud-init-local", "cloud-init-local")]
    return failed_if(Evidence("/etc/systemd/system", None, f"{name}: {state}") for name, unit in names
                     for state in [services.state(context.tree, [unit])] if state in (services.MASKED, services.DISABLED))


def version(context):
    """R42e"""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(_NOT_USED)
    found = cloud_init.version(context.tree)
    if found is None:
        return unknown("the version of cloud-init was not found")
    text = f"{found[0]}.{found[1]}"
    return passed(text) if found >= _LEAST_VERSION else failed([Evidence("cloudinit/version.py", None, text)])


def tells_the_host(context):
    """R42g"""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(_NOT_USED)
    files = ["/etc/cloud/cloud.cfg"] + context.tree.glob("/etc/cloud/cloud.cfg.d/*.cfg")
    told = context.find(files, lambda text: re.match(r"\s+type\s*:\s*[\"']?hyperv\b", text))
    return passed(evidence=told) if told else failed([Evidence("/etc/cloud/cloud.cfg.d", None, "no reporting of the type hyperv")])


def resource_disk_early(context):
    """R42h"""
    if provisioner(context.tree).who != CLOUD_INIT:
        return not_applicable(_NOT_USED)
    stages = cloud_init_stages.stages(context.shared(cloud_init_stages.texts))
    names = cloud_init_stages.RESOURCE_DISK
    if cloud_init_stages.is_early(stages, names):
        return passed()
    late = [Evidence(stages[key].path, item.line, f"{item.text} in {key}") for key in stages if key != cloud_init_stages.INIT
            for item in stages[key].items if item.name in names]
    return failed(late or [Evidence(stage.path, stage.line, f"{' and '.join(names)} are not in {key} in this order")
                           for key, stage in stages.items() if key == cloud_init_stages.INIT]
                  or [Evidence(cloud_init_stages.PATH, None, f"there is no list {cloud_init_stages.INIT}")])


def grows_root(context):
    """R42f"""
    tree = context.tree
    if any(tree.exists(f"{folder}/{name}") for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin") for name in ("growpart", "systemd-repart")):
        return passed()
    return failed([Evidence("/usr/bin/growpart", None, "not there")])


RULES = [
    Rule("R42a", "cloud-init finds Azure", ERROR,
         "With a list of data sources that leaves Azure out, cloud-init finds none: no user, no key, no report.",
         "Set datasource_list: [ Azure ] in /etc/cloud/cloud.cfg.d/91-azure_datasource.cfg (role guest_agent).",
         "Microsoft: create-upload-generic; cloudinit-prepare-custom-image", finds_azure, "guest_agent"),
    Rule("R42b", "cloud-init looks for Azure alone", NOTE,
         "Every other source that cloud-init may ask costs boot time, and one that answers from the network of the virtual machine is trusted.",
         "Set datasource_list: [ Azure ] in /etc/cloud/cloud.cfg.d/91-azure_datasource.cfg (role guest_agent).",
         "Microsoft: create-upload-generic", azure_alone, "guest_agent"),
    Rule("R42c", "No leftovers of the installer hold cloud-init back", WARNING,
         "These files of Ubuntu's installers turn cloud-init's network set-up off, or name the installer as its only source.",
         "Remove the file (role guest_agent).", "Microsoft: create-upload-ubuntu", leftovers, "guest_agent"),
    Rule("R42d", "All stages of cloud-init run", ERROR,
         "Users, keys and the report come from different stages: one that is off leaves the machine half provisioned.",
         "Enable cloud-init-local, cloud-init, cloud-config and cloud-final (role guest_agent).", "Microsoft: create-upload-generic", all_stages,
         "guest_agent"),
    Rule("R42e", "cloud-init is 21.2 or later", NOTE,
         "Earlier ones need the provisioning DVD (UDF) for everything; from 21.2 on the metadata service can do.",
         "Update cloud-init.", "Microsoft: create-upload-generic; cloud-init changelog", version, "guest_agent"),
    Rule("R42f", "The root can grow with the disk", NOTE,
         "A virtual machine is often made with a larger disk than the image: without growpart the rest stays unused.",
         "Install cloud-guest-utils (Debian, Ubuntu) or cloud-utils-growpart (role guest_agent).", "Microsoft: create-upload-generic", grows_root,
         "guest_agent"),
    Rule("R42g", "cloud-init tells the host how far it is", NOTE,
         "What cloud-init did is then seen from Azure when a machine is not reached.",
         "Add reporting: {telemetry: {type: hyperv}} to /etc/cloud/cloud.cfg.d/10-azure-kvp.cfg (role guest_agent).",
         "Microsoft: create-upload-generic; create-upload-ubuntu", tells_the_host, "guest_agent",
         choice="Red Hat's page writes Reporting with a capital letter, a key that cloud-init does not know."),
    Rule("R42h", "cloud-init sets the resource disk up in its first stage", WARNING,
         "Services start and users log in before a later stage: they find no swap, and what they write to /mnt is hidden when the disk is mounted.",
         "Move disk_setup and mounts to cloud_init_modules in /etc/cloud/cloud.cfg (cloud_init_early).",
         "Microsoft: redhat-create-upload-vhd; cloud-init's own cloud.cfg", resource_disk_early, "guest_agent; cloud_init_early",
         choice="Red Hat's page does so before cloud-init 23; a file that an upgrade kept is looked at too."),
]
