# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine leaves in its image of itself, checked on an image that is provisioned anew.

PRIVATE: module_utils of this collection are not an interface.
"""

import stat

from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts, traces
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import WAAGENT, provisioner, provisioning_setting
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

_GENERALIZED = ("generalized",)
_MAKES_KEYS = "Provisioning.RegenerateSshHostKeyPair"
#: What else makes host keys at boot: Red Hat's and Fedora's units, SUSE's program, the scripts of Red Hat 6, SLES 11 and OpenRC.
_KEY_MAKERS = ("/*/systemd/system/sshd-keygen*", "/usr/lib/systemd/system/sshd-keygen*", "/usr/lib/systemd/system/sshdgenkeys.service",
               "/usr/sbin/sshd-gen-keys-start", "/etc/init.d/sshd", "/etc/rc.d/init.d/sshd")
_LARGEST_HISTORY = 1024  # bytes, R50
_LARGE_LOGS = 100 * 1024 * 1024  # bytes
_DEPROVISION = "Run the role guest_deprovision (prepare_image_kind: generalized), then shut down and convert."
_FIX = "guest_deprovision"


def _homes(tree):
    return accounts.homes(accounts.accounts(tree)) if tree.is_file("/etc/passwd") else ["/root"]


def _traces(tree):
    return traces.traces(tree, _homes(tree))


def _left(context, *reasons):
    return [Evidence(trace.path, None, trace.reason) for trace in context.shared(_traces) if trace.reason in reasons]


def host_keys(context):
    """R49a"""
    return failed_if(_left(context, "SSH host key of this machine"))


def machine_id(context):
    """R49b"""
    return failed_if(_left(context, "machine id", "machine id of D-Bus"))


def agent_state(context):
    """R49c"""
    places = ("/var/lib/waagent/provisioned", "/var/lib/waagent/ovf-env.xml")
    return failed_if(Evidence(path, None, "the agent takes this machine for a provisioned one") for path in places if context.tree.exists(path))


def host_keys_made(context):
    """R49g"""
    tree = context.tree
    if provisioner(tree).who != WAAGENT:
        return not_applicable("the agent does not provision this guest")
    makers = [path for pattern in _KEY_MAKERS for path in tree.glob(pattern)]
    path = installation.conf_path(tree) or installation.PATHS[0]
    text = tree.read_text(path) if tree.is_file(path) else ""
    if makers or (conf.parse(text).get(_MAKES_KEYS) or "n").lower() == "y":
        return passed()
    line = [setting for setting in conf.settings(text) if setting.key == _MAKES_KEYS][-1:]
    return failed([Evidence(path, line[0].number, f"{_MAKES_KEYS}={line[0].value}") if line else Evidence(path, None, f"{_MAKES_KEYS} is not set: n")])


def cloud_init_state(context):
    """R49d"""
    found = context.tree.glob("/var/lib/cloud/instance") + context.tree.glob("/var/lib/cloud/instances/*") + context.tree.glob("/var/lib/cloud/sem/*")
    return failed_if(Evidence(path, None, "state of an earlier first boot") for path in found)


def leases_and_seeds(context):
    """R49e"""
    return failed_if(_left(context, "DHCP lease of this machine", "state of NetworkManager", "random seed of this machine",
                           "systemd's credential key of this machine", "name servers of this machine's network"))


def registration(context):
    """R56"""
    return failed_if(Evidence("/etc", None, warning) for warning in traces.warnings(context.tree))


def histories(context):
    """R50"""
    evidence = []
    for place in _left(context, "history of commands"):
        status = context.tree.stat(place.path)
        size = status.size if status else 0
        if context.profile == "azure" and size or size > _LARGEST_HISTORY or size and not place.path.endswith("bash_history"):
            evidence.append(place._replace(line=1, text=f"history of commands, {size} bytes"))
    return failed_if(evidence)


def hostname(context):
    """R49f"""
    name = context.text("/etc/hostname").strip()
    generic = ("", "localhost", "localhost.localdomain", "localhost.localdomain.localdomain", "debian", "ubuntu", "linux", "azure")
    return failed_if([] if name.lower() in generic else [Evidence("/etc/hostname", 1, name)])


def logs(context):
    """R48e"""
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


def provisioning_off(context):
    """R53"""
    if not context.tree.exists("/etc/waagent.conf"):
        return not_applicable("no Azure agent is installed")
    setting, evidence = provisioning_setting(context.tree)
    return failed_if([] if setting == "disabled" else [evidence])


RULES = [
    Rule("R48e", "The logs are small", NOTE,
         "Logs of the machine that the image was made on tell of it, and every virtual machine carries them.",
         "Remove old logs before the image is made: guest_deprovision with guest_deprovision_logs.", "Microsoft: create-upload-generic", logs, _FIX,
         kinds=_GENERALIZED),
    Rule("R49a", "No SSH host keys are in the image", WARNING,
         "All virtual machines of the image would have the same host keys: whoever reads the image can pose as any of them.",
         _DEPROVISION, "WALinuxAgent deprovision; certification", host_keys, _FIX, marketplace=ERROR, kinds=_GENERALIZED),
    Rule("R49b", "The machine id is empty", WARNING,
         "Machines with the same id get the same DHCP client identity, journal and cluster identity.",
         _DEPROVISION + " Or empty /etc/machine-id (do not delete it).", "machine-id(5)", machine_id, _FIX, kinds=_GENERALIZED),
    Rule("R49c", "The agent will provision the machine", ERROR,
         "With its marker of an earlier provisioning the agent creates no user, sets no key and does not report ready: Azure gives up after 40 minutes.",
         _DEPROVISION, "WALinuxAgent pa/provision", agent_state, _FIX, kinds=_GENERALIZED,
         choice="The older guides deprovision without +user, today's with it; waagent deletes that user only on a machine that Azure provisioned, "
                "so the role deletes the build's users itself."),
    Rule("R49d", "cloud-init starts as on a first boot", WARNING,
         "Leftovers of an earlier instance let cloud-init skip steps, or keep the earlier network and users.",
         "Run guest_deprovision, which runs `cloud-init clean --logs --seed`.", "cloud-init clean", cloud_init_state, _FIX, kinds=_GENERALIZED),
    Rule("R49e", "No leases, seeds or name servers of the old machine are left", NOTE,
         "They belong to the network and the entropy of the machine that the image was made on.", _DEPROVISION,
         "WALinuxAgent deprovision", leases_and_seeds, _FIX, kinds=_GENERALIZED),
    Rule("R49f", "The host name is a general one", NOTE,
         "Until it is provisioned a virtual machine shows the name of the machine that the image was made on.", _DEPROVISION,
         "WALinuxAgent deprovision", hostname, _FIX, kinds=_GENERALIZED),
    Rule("R49g", "SSH host keys are made at the first boot", ERROR,
         "Deprovisioning takes the host keys away; where nobody makes new ones, the SSH server does not start.",
         "Set Provisioning.RegenerateSshHostKeyPair=y in waagent.conf (role guest_agent).", "WALinuxAgent pa/provision/default.py", host_keys_made,
         "guest_agent; waagent_conf", kinds=_GENERALIZED,
         choice="The agent's default without the key is n, its own file says y, and Ubuntu's says n, for there cloud-init makes them."),
    Rule("R50", "No command histories are in the image", NOTE,
         "Histories hold what was typed, at times passwords; the certification takes .bash_history of at most 1 KiB.", _DEPROVISION,
         "Microsoft: certification test 48", histories, _FIX, marketplace=ERROR, kinds=_GENERALIZED,
         choice="`export HISTSIZE=0` of the older guides only affects the shell it is typed in; the files themselves are removed."),
    Rule("R53", "A machine that keeps its identity is not provisioned again", ERROR,
         "An image with its users and keys that is provisioned anew gets a new host name and user, or fails to report ready.",
         "Set Provisioning.Agent=disabled (prepare_image_kind: specialized does).", "Microsoft: disable-provisioning", provisioning_off,
         "guest_agent; waagent_conf", kinds=("specialized",)),
    Rule("R56", "The guest is not registered with its vendor or a domain", WARNING,
         "All virtual machines of the image would share the registration of one.", "Unregister the guest before the image is made.",
         "Microsoft: redhat-create-upload-vhd, suse-create-upload-vhd", registration, "", kinds=_GENERALIZED),
]
