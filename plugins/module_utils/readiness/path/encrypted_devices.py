# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what /etc/crypttab opens, and whom it waits for.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage import crypttab, fstab, mount_lines


def _entries(tree):
    return crypttab.entries(tree.read_text(crypttab.PATH)) if tree.is_file(crypttab.PATH) else []


def _shown(entry):
    return Evidence(crypttab.PATH, entry.line, entry.text)


@rule(
    "R71a",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="No disk is written with a random key by a name that changes",
    fault="A disk with a name that changes is written with a random key",
    why="The disk that has this name on Azure, an attached data disk among others, is overwritten at the start.",
    cure="Take the line out, together with the line of /etc/fstab that uses it, or name the partition by PARTUUID.",
    source="crypttab(5)",
)
def no_random_key_by_name(context):
    """Return failed with each line that has a random key and a device whose name another machine gives to another disk; of swap speaks R12d."""
    return failed_if(
        _shown(entry)
        for entry in context.shared(_entries)
        if crypttab.has_random_key(entry) and "swap" not in entry.options and fstab.UNSTABLE.match(entry.device)
    )


@rule(
    "R71b",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    title="No encrypted device waits for a passphrase",
    fault="An encrypted device waits for a passphrase",
    why="Each start waits until somebody types it at the console; that of the root is asked for before the network is up.",
    cure="Use Azure's encryption at host instead, or let the key come from a file or a TPM; give a data disk the option nofail.",
    source="crypttab(5)",
)
def no_passphrase(context):
    """Return failed with each line whose key a person types, as where its file is not there.

    It is an error for the root and for what the start mounts, a warning for others that are not nofail.
    """
    tree = context.tree
    waiting = [entry for entry in context.shared(_entries) if crypttab.waits_for_passphrase(entry) or _lacks_its_key(tree, entry)]
    roots = context.facts(_root_devices)
    of_root = [entry for entry in waiting if ("mapper", entry.name) in roots]
    mounted = {device_names.parse(line.device) for line in context.shared(mount_lines.mount_lines) if line.required}
    needed = [entry for entry in waiting if entry not in of_root and ("mapper", entry.name) in mounted]
    others = [entry for entry in waiting if entry not in of_root + needed and "nofail" not in entry.options]
    return failed_if(
        [_shown(entry) for entry in of_root + needed + others],
        "The root waits for a passphrase at every start." if of_root else "What the start mounts waits for a passphrase." if needed else "",
        severity=ERROR if of_root + needed else WARNING,
    )


def _lacks_its_key(tree, entry):
    """Return whether the file with the key is not there, so that systemd asks for a passphrase."""
    made_at_boot = ("/run/", "/dev/", "/var/run/", "/mnt/", "/media/")
    return (
        entry.key.startswith("/")
        and ":" not in entry.key
        and not entry.key.startswith(made_at_boot)
        and not tree.exists(entry.key)
        and crypttab.waits_for_passphrase(entry._replace(key="none"))
    )


def _root_devices(context):
    """Return the names ({(kind, value)}) of the root, by fstab and by the boot entries."""
    named = [line.device for line in context.shared(mount_lines.mount_lines) if line.mount_point == "/"]
    named += [value or "" for line in context.shared(command_lines) for value in kernel_cmdline.values(line.text, "root")]
    return {device_names.parse(name) for name in named}


RULES = [no_random_key_by_name, no_passphrase]
