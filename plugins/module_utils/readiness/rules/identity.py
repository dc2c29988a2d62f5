# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine leaves in its image of itself, checked on an image that is provisioned again.

PRIVATE: module_utils of this collection are not an interface.
"""

import stat

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts, traces
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed_if,
    not_applicable,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import provisioning_setting
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import IDENTITY

_GENERALIZED = ("generalized",)
_LARGEST_HISTORY = 1024  # bytes, R50
_LARGE_LOGS = 100 * 1024 * 1024  # bytes
_DEPROVISION = "Run the role guest_deprovision (prepare_image_kind: generalized), then shut down and convert."
_FIX = "guest_deprovision"


def _homes(tree):
    return accounts.homes(accounts.known_accounts(tree)) if tree.is_file("/etc/passwd") else ["/root"]


def _traces(tree):
    return traces.traces(tree, _homes(tree))


def _left(context, *kinds):
    return [Evidence(trace.path, None, traces.reason(trace)) for trace in context.shared(_traces) if trace.kind in kinds]


@rule(
    "R49a",
    step=IDENTITY,
    severity=WARNING,
    marketplace=ERROR,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="No SSH host keys are in the image",
    fault="SSH host keys are in the image",
    why="All virtual machines of the image would have the same host keys: whoever reads the image can pose as any of them.",
    cure=_DEPROVISION,
    source="WALinuxAgent deprovision; certification",
)
def host_keys(context):
    """Return failed with each host key of the SSH server."""
    return failed_if(_left(context, traces.HOST_KEYS))


@rule(
    "R49b",
    step=IDENTITY,
    severity=WARNING,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="The machine id is empty",
    fault="The machine id is not empty",
    why="Machines with the same id get the same DHCP client identity, journal and cluster identity.",
    cure=_DEPROVISION + " Or empty /etc/machine-id (do not delete it).",
    source="machine-id(5)",
)
def machine_id(context):
    """Return failed with each file that holds an id of the machine."""
    return failed_if(_left(context, traces.MACHINE_ID, traces.DBUS_ID))


@rule(
    "R49c",
    step=IDENTITY,
    severity=ERROR,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="The agent will provision the machine",
    fault="The agent takes the machine for a provisioned one",
    why="With its marker of an earlier provisioning the agent creates no user, sets no key and does not report ready: Azure gives up after 40 minutes.",
    cure=_DEPROVISION,
    source="WALinuxAgent pa/provision",
    choice="The older guides deprovision without +user, today's with it; waagent deletes that user only on a machine that Azure provisioned, so the role "
    "deletes the build's users itself.",
)
def agent_state(context):
    """Return failed with each marker of an earlier provisioning in the agent's state."""
    places = ("/var/lib/waagent/provisioned", "/var/lib/waagent/ovf-env.xml")
    return failed_if(Evidence(path, None, "the agent takes this machine for a provisioned one") for path in places if context.tree.exists(path))


@rule(
    "R49d",
    step=IDENTITY,
    severity=WARNING,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="cloud-init starts as on a first boot",
    fault="cloud-init has state of an earlier first boot",
    why="Leftovers of an earlier instance let cloud-init skip steps, or keep the earlier network and users.",
    cure="Run guest_deprovision, which runs `cloud-init clean --logs --seed`.",
    source="cloud-init clean",
)
def cloud_init_state(context):
    """Return failed with each instance and semaphore of an earlier boot in cloud-init's state; an error where cloud-init keeps the instance for ever."""
    found = context.tree.glob("/var/lib/cloud/instance") + context.tree.glob("/var/lib/cloud/instances/*") + context.tree.glob("/var/lib/cloud/sem/*")
    kept = _kept_for_ever(context) if context.tree.exists("/var/lib/cloud/instance") else []
    return failed_if(kept + [Evidence(path, None, "state of an earlier first boot") for path in found], severity=ERROR if kept else None)


def _kept_for_ever(context):
    """Return the [Evidence] of what lets cloud-init trust the instance that it knows, whatever machine it is on. Source: cloudinit/stages.py."""
    documents, faults = context.shared(config.documents)
    setting = None if faults else config.value(documents, "manual_cache_clean")
    marker = "/var/lib/cloud/instance/manual-clean"
    found = [Evidence(setting.path, setting.line, "manual_cache_clean: true")] if setting is not None and setting.value is True else []
    return found + ([Evidence(marker, None, "cloud-init trusts the instance that it knows")] if context.tree.exists(marker) else [])


@rule(
    "R49e",
    step=IDENTITY,
    severity=NOTE,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="No leases, seeds or name servers of the old machine are left",
    fault="Leases, seeds or name servers of the old machine are left",
    why="They belong to the network and the entropy of the machine that the image was made on.",
    cure=_DEPROVISION,
    source="WALinuxAgent deprovision",
)
def leases_and_seeds(context):
    """Return failed with each lease, seed, credential key and list of name servers that the old machine left."""
    return failed_if(_left(context, traces.LEASE, traces.NETWORKMANAGER, traces.SEED, traces.CREDENTIAL_KEY, traces.NAME_SERVERS))


@rule(
    "R56",
    step=IDENTITY,
    severity=WARNING,
    kinds=_GENERALIZED,
    title="The guest is not registered with its vendor or a domain",
    fault="The guest is registered with its vendor or a domain",
    why="All virtual machines of the image would share the registration of one.",
    cure="Unregister the guest before the image is made.",
    source="Microsoft: redhat-create-upload-vhd, suse-create-upload-vhd",
)
def registration(context):
    """Return failed with each sign of a registration."""
    return failed_if(Evidence(found.path, None, f"{found.what}: {found.fix}") for found in traces.registrations(context.tree))


@rule(
    "R50",
    step=IDENTITY,
    severity=NOTE,
    marketplace=ERROR,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="No command histories are in the image",
    fault="Command histories are in the image",
    why="Histories hold what was typed, at times passwords; the certification takes .bash_history of at most 1 KiB.",
    cure=_DEPROVISION,
    source="Microsoft: certification test 48",
    choice="`export HISTSIZE=0` of the older guides only affects the shell it is typed in; the files themselves are removed.",
)
def histories(context):
    """Return failed with each history that holds something; in the marketplace profile a .bash_history of 1 KiB is accepted."""
    evidence = []
    for place in _left(context, traces.HISTORY):
        status = context.tree.stat(place.path)
        size = status.size if status else 0
        if context.profile == "azure" and size or size > _LARGEST_HISTORY or size and not place.path.endswith("bash_history"):
            evidence.append(place._replace(line=1, text=f"history of commands, {size} bytes"))
    return failed_if(evidence)


@rule(
    "R49f",
    step=IDENTITY,
    severity=NOTE,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="The host name is a general one",
    fault="The host name is that of the old machine",
    why="Until it is provisioned a virtual machine shows the name of the machine that the image was made on.",
    cure=_DEPROVISION,
    source="WALinuxAgent deprovision",
)
def hostname(context):
    """Return failed when /etc/hostname has a name that is none of the general ones."""
    name = context.text("/etc/hostname").strip()
    generic = ("", "localhost", "localhost.localdomain", "localhost.localdomain.localdomain", "debian", "ubuntu", "linux", "azure")
    return failed_if([] if name.lower() in generic else [Evidence("/etc/hostname", 1, name)])


@rule(
    "R48e",
    step=IDENTITY,
    severity=NOTE,
    kinds=_GENERALIZED,
    fixed_by=_FIX,
    title="The logs are small",
    fault="The logs are large",
    why="Logs of the machine that the image was made on tell of it, and every virtual machine carries them.",
    cure="Remove old logs before the image is made: guest_deprovision with guest_deprovision_logs.",
    source="Microsoft: create-upload-generic",
)
def logs(context):
    """Return failed with the largest files of /var/log when all of them take more than 100 MiB."""
    total, largest = _size_below(context.tree, "/var/log", 4)
    evidence = [Evidence(path, None, f"{size // 1048576} MiB") for size, path in sorted(largest, reverse=True)[:5]]
    return failed_if(evidence if total > _LARGE_LOGS else [], f"/var/log holds {total // 1048576} MiB.")


def _size_below(tree, folder, depth):
    """Return (bytes, [(bytes, path)]) of the files in a directory; deeper ones than depth do not count."""
    total, found = 0, []
    for name in tree.listdir(folder)[:20000]:
        path = f"{folder}/{name}"
        status = tree.lstat(path)
        if status is None:
            continue
        if stat.S_ISDIR(status.mode) and depth:
            below, more = _size_below(tree, path, depth - 1)
            total, found = total + below, found + more
        elif stat.S_ISREG(status.mode):
            total += status.size
            found.append((status.size, path))
    return total, found


@rule(
    "R53",
    step=IDENTITY,
    severity=ERROR,
    kinds=("specialized",),
    fixed_by="guest_agent; waagent_conf",
    title="A machine that keeps its identity is not provisioned again",
    fault="A machine that keeps its identity is provisioned again",
    why="An image with its users and keys that is provisioned again gets a new host name and user, or fails to report ready.",
    cure="Set Provisioning.Agent=disabled (prepare_image_kind: specialized does).",
    source="Microsoft: disable-provisioning",
)
def provisioning_off(context):
    """Return passed when Provisioning.Agent is disabled."""
    if not context.tree.exists("/etc/waagent.conf"):
        return not_applicable("no Azure agent is installed")
    setting, evidence = provisioning_setting(context.tree)
    return failed_if([] if setting == "disabled" else [evidence])


RULES = [logs, host_keys, machine_id, agent_state, cloud_init_state, leases_and_seeds, hostname, histories, provisioning_off, registration]
