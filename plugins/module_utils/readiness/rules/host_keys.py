# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of the SSH server: somebody makes them at the first boot of an image that is provisioned again.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, unit_files, units
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import called_programs, sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

#: As Debian 13's unit is, for the first boot alone, in a guest that has a machine-id.
_PASSED_OVER = (units.SKIPPED, units.FAILS, units.MASKED)
_MAKES_KEYS, _KIND = "Provisioning.RegenerateSshHostKeyPair", "Provisioning.SshHostKeyPairType"
_KINDS = ("rsa", "ecdsa", "ed25519")  # that sshd looks for by default, since 7.0

#: What else makes host keys at boot: Red Hat's and Fedora's units, SUSE's program, the scripts of Red Hat 6, SLES 11, OpenRC and Void.
_KEY_MAKERS = (
    "/*/systemd/system/sshd-keygen*",
    "/usr/lib/systemd/system/sshd-keygen*",
    "/usr/lib/systemd/system/sshdgenkeys.service",
    "/usr/sbin/sshd-gen-keys-start",
    "/etc/init.d/sshd",
    "/etc/rc.d/init.d/sshd",
    "/etc/sv/sshd/run",
)


@rule(
    "R49g",
    step=SSH,
    severity=ERROR,
    kinds=("generalized",),
    fixed_by="guest_agent; waagent_conf",
    title="SSH host keys are made at the first boot",
    fault="Nothing makes SSH host keys at the first boot",
    why="Deprovisioning takes the host keys away; where nobody makes new ones, the SSH server does not start.",
    cure="Set Provisioning.RegenerateSshHostKeyPair=y in waagent.conf (role guest_agent); where cloud-init provisions, take ssh_genkeytypes out, and have "
    "ssh-keygen of openssh-client.",
    source="WALinuxAgent pa/provision/default.py",
    choice="The agent's default without the key is n, its own file says y, and Ubuntu's says n, for there cloud-init makes them.",
)
def host_keys_made(context):
    """Return failed when the agent provisions, does not make host keys, and no unit or script of the distribution does."""
    tree = context.tree
    who = provisioner(tree).who
    makers = key_makers(tree)
    if who == CLOUD_INIT:
        return failed_if([] if any(not _leaves_them_to_cloud_init(tree, path) for path in makers) else _of_cloud_init(context))
    if who != WAAGENT:
        return not_applicable("nobody provisions this guest")
    makes_keys, place = agent_makes_keys(tree)
    if makes_keys:
        return failed_if(_unusable_kind(context))
    return passed() if makers else failed([place])


def _leaves_them_to_cloud_init(tree, path):
    """Return whether a unit that makes host keys is passed over where cloud-init starts, as Red Hat's is by a drop-in of cloud-init's package."""
    name = posixpath.basename(path).replace("@.", "@rsa.")
    known = tree.known(unit_files.Units)
    settings = known.readable_settings(known.find(name)) or [] if name.endswith(".service") else []
    return any(setting.key == "ConditionPathExists" and setting.value.startswith("!/run/") and "cloud-init.target" in setting.value for setting in settings)


def _of_cloud_init(context):
    """Return the [Evidence] of what has cloud-init delete the host keys, and make or bring none that sshd looks for."""
    documents = context.shared(config.documents)[0]
    kinds, keys, deletes = (config.said(documents, key) for key in ("ssh_genkeytypes", "ssh_keys", "ssh_deletekeys"))
    if deletes is not None and deletes.value is False and context.tree.glob("/etc/ssh/ssh_host_*_key"):
        return []
    if keys is not None and isinstance(keys.value, dict):
        usable = [kind for kind in _KINDS if str(keys.value.get(f"{kind}_private", "")).lstrip().startswith("-----BEGIN ")]
        return [] if usable else [Evidence(keys.path, keys.line, "ssh_keys has no private key of a kind that sshd looks for, and cloud-init makes none beside")]
    if kinds is None or isinstance(kinds.value, list) and set(map(str, kinds.value)) & set(_KINDS) or kinds.value in _KINDS:
        return _of_program(context)
    cause = f"{kinds.value}: cloud-init makes no host key of a kind that sshd looks for" if kinds.value else "is empty: cloud-init makes no host keys"
    return [Evidence(kinds.path, kinds.line, f"ssh_genkeytypes {cause}")]


def _of_program(context):
    """Return the [Evidence] of an ssh-keygen by which cloud-init makes no host keys."""
    if called_programs.place(context.tree, "ssh-keygen") is None and programs.is_whole_system(context.tree):
        return [Evidence("/usr/bin/ssh-keygen", None, "not there: cloud-init deletes the host keys, and makes others with it")]
    return called_programs.useless(context, ("ssh-keygen",))


def _unusable_kind(context):
    """Return the [Evidence] of the kind of host keys that the agent makes in place of all others, when sshd does not look for it, or nobody can make it."""
    tree = context.tree
    path = installation.conf_path(tree) or installation.PATHS[0]
    found = [setting for setting in conf.settings(tree.read_text(path) if tree.is_file(path) else "") if setting.key == _KIND and setting.value]
    kind = found[-1].value if found else "rsa"
    named = [setting.value for setting in context.facts(sshd_started.settings) if setting.keyword == "hostkey"]
    looked_for = named or [f"/etc/ssh/ssh_host_{each}_key" for each in _KINDS]
    made = _KINDS if kind == "auto" else (kind,)
    if any(path.endswith(f"/ssh_host_{each}_key") for path in looked_for for each in made) or named and any("ssh_host_" not in path for path in named):
        return []
    cause = (
        "sshd looks for other host keys, which the agent deletes"
        if kind in _KINDS
        else "sshd has no such host key by default, and the agent deletes the others"
    )
    return [Evidence(path, found[-1].number if found else None, f"{_KIND}={kind}: {cause}")]


def key_makers(tree):
    """Return the paths ([str]) of what makes host keys at boot, besides whoever provisions: not of a unit that the next boot certainly passes over."""
    known = tree.known(unit_files.Units)
    paths = [path for pattern in _KEY_MAKERS for path in tree.glob(pattern) if tree.is_file(path)]
    return [
        path for path in paths if not path.endswith(".service") or "@" in path or units.can_start(known, posixpath.basename(path)).state not in _PASSED_OVER
    ]


def agent_makes_keys(tree):
    """Return (whether the agent's configuration has it make host keys, the Evidence of the line, without a number where there is none)."""
    path = installation.conf_path(tree) or installation.PATHS[0]
    found = [setting for setting in conf.settings(tree.read_text(path) if tree.is_file(path) else "") if setting.key == _MAKES_KEYS]
    if not found:
        return False, Evidence(path, None, f"{_MAKES_KEYS} is not set: n")
    return (found[-1].value or "n").lower() == "y", Evidence(path, found[-1].number, f"{_MAKES_KEYS}={found[-1].value}")


RULES = [host_keys_made]
