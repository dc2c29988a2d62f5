# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest mounts and swaps on: names that are the same on Azure, and devices that are on the disk.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines
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
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import generator, starts_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import initramfs_of, last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE, SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import identifiers, named_volume
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab, mount_lines
from ansible_collections.imagewright.azure.plugins.module_utils.storage import swap_makers, swap_places

#: Directories that every system fills.
_OF_SYSTEM = ("boot", "etc", "home", "opt", "root", "usr", "var")
_FSTAB = "/etc/fstab"
_FIX = "guest_swap; fstab_clean"
#: A file system named by what is on it, or by its partition.
_TAG = re.compile(r"(?:/dev/disk/by-)?(UUID|LABEL|PARTUUID|PARTLABEL)[=/](.+)", re.IGNORECASE)
#: Directories that every provisioning or login goes through.
_LOOKED_INTO = ("/home", "/root", "/tmp", "/var", "/var/lib", "/var/lib/cloud", "/var/lib/waagent", "/var/log", "/var/tmp")


def _entries(tree):
    return fstab.entries(tree.read_text(_FSTAB)) if tree.is_file(_FSTAB) else []


def _is_needed(entry):
    """Whether the boot stops without it: systemd goes to the emergency shell when a mount without nofail does not come up.

    What is mounted when somebody looks stops nothing, unless who provisions and logs in looks: whatever is below it is an error then. A line whose mount
    point is no absolute path is left out.
    """
    options = entry.options.split(",")
    if set(mount_lines.AUTOMOUNT) & set(options):
        return entry.mount_point.rstrip("/") in _LOOKED_INTO
    return entry.kind != "swap" and entry.mount_point.startswith("/") and "nofail" not in options and "noauto" not in options


def _shown(entry):
    return Evidence(_FSTAB, entry.line, entry.text.strip())


@rule(
    "R12b",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by=_FIX,
    title="Nothing swaps on the OS disk",
    fault="The system swaps on the OS disk",
    why="Swap on the OS disk is slow, costs I/O budget and fails the certification; it belongs on the temporary disk.",
    cure="Run the role guest_swap (fstab_clean).",
    source="Microsoft: create-upload-generic; certification test 41",
    choice="The guides of 2015 and 2017 make swap by the agent on the temporary disk, today's by cloud-init: R44 decides which.",
)
def no_swap(context):
    """Return failed with each swap line of /etc/fstab and each unit that swaps on the OS disk."""
    evidence = [_shown(entry) for entry in context.shared(_entries) if fstab.is_swap(entry)]
    evidence += [Evidence(path, None, "a unit that swaps on the OS disk") for path in swap_places.units(context.tree)]
    evidence += [Evidence(path, None, "a service that makes a swap file at each boot") for path in swap_makers.links(context.tree)]
    evidence += [Evidence(place.path, place.line, place.text) for place in swap_makers.told(context.tree)]
    return failed_if(evidence)


@rule(
    "R12d",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    fixed_by="guest_swap; swap_off",
    title="No partition is made swap again at each boot",
    fault="/etc/crypttab makes a partition swap at each boot, whatever is on it",
    why="The device is another one on Azure: what lies on it, the temporary disk or a data disk, is overwritten at the first boot.",
    cure="Run the role guest_swap, which takes the line out together with that of /etc/fstab.",
    source="crypttab(5)",
)
def no_random_swap(context):
    """Return failed with each line of /etc/crypttab that has the option swap; a warning when it names its device by an identifier."""
    used = {entry.device for entry in context.shared(_entries)}
    found = [
        (number, text)
        for number, text in context.lines(swap_makers.CRYPTTAB)
        if swap_makers.is_random_swap(text) and not _waits_for_somebody(text.split(), used)
    ]
    by_name = any(not text.split()[1].upper().startswith(("UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=")) for _number, text in found)
    return failed_if([Evidence(swap_makers.CRYPTTAB, number, text.strip()) for number, text in found], severity=ERROR if by_name else WARNING)


def _waits_for_somebody(words, used):
    """Return whether a line of crypttab is set up by hand alone: noauto, and no line of fstab names it. words: [str]; used: devices ({str}) of fstab."""
    return "noauto" in (words + [""] * 4)[3].split(",") and f"/dev/mapper/{words[0]}" not in used


@rule(
    "R13a",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    fixed_by=_FIX,
    title="/etc/fstab names devices by UUID or label",
    fault="/etc/fstab names a device by a name that changes",
    why="The disk's name is another one on Azure, and differs between sizes (sda, sdb, nvme0n1): the mount fails and the boot stops in the emergency shell.",
    cure="Run the role guest_swap (fstab_clean identifiers: uuid).",
    source="Microsoft: create-upload-ubuntu, nvme-linux",
)
def stable_names(context):
    """Return failed with each line that names a device by its controller or number; a warning when the boot does not wait for any."""
    unstable = [entry for entry in context.shared(_entries) if fstab.is_unstable(entry)]
    needed = any(_is_needed(entry) for entry in unstable)
    return failed_if([_shown(entry) for entry in unstable], severity=ERROR if needed else WARNING)


@rule(
    "R13f",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Mount units name devices by what is on them",
    fault="A mount unit names a device by a name that changes",
    why="The disk's name is another one on Azure, and differs between sizes: a unit that local-fs.target requires ends the boot in the emergency shell.",
    cure="Have What=/dev/disk/by-uuid/... in the unit, or disable it.",
    source="systemd.mount(5); Microsoft: nvme-linux",
)
def stable_names_of_units(context):
    """Return failed with each enabled mount unit that names a device by its controller or number; a warning when the boot does not wait for any."""
    units = [line for line in context.shared(mount_lines.mount_lines) if line.path != _FSTAB and fstab.UNSTABLE.match(line.device)]
    return failed_if([Evidence(line.path, line.line, line.text) for line in units], severity=ERROR if any(line.required for line in units) else WARNING)


@rule(
    "R13c",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    fixed_by="fstab_clean",
    title="Every device of /etc/fstab and of mount units is on this disk",
    fault="/etc/fstab or a mount unit names a device that is not on this disk",
    why="An entry for a disk that only the old machine had makes systemd wait 90 seconds, then stop in the emergency shell; so does a drive for CDs or "
    "floppies, for Azure has a disc in it at the first boot alone, of another kind. Below an automount whose device is not there nothing is found.",
    cure="Remove the entry, or give it the option nofail where it has none, or noauto for a CD; disable the mount unit.",
    source="systemd.mount(5); systemd.automount(5); Microsoft: agent-linux, provisioning DVD",
    choice="A device that systemd may go on without (nofail), as that of a data disk which is attached later, is a note; one of /home, /var and their like "
    "is missed all the same: a warning.",
)
def devices_are_there(context):
    """Return failed with each line and mount unit whose device nothing on the disk is; a warning when the boot does not need any, a note with nofail."""
    lines = [line for line in context.shared(mount_lines.mount_lines) if line.path != _FSTAB]
    missing = [entry for entry in context.shared(_entries) if _is_needed(entry) and fstab.is_removable(entry.device)]
    units = [line for line in lines if line.required and fstab.is_removable(line.device)]
    if identifiers(context) is None and not missing and not units:
        return not_applicable("what is on the disk is not known here")
    missing += [entry for entry in context.shared(_entries) if _is_not_found(context, entry)]
    units += [line for line in lines if _is_not_found(context, line)]
    found = [_shown(entry) for entry in missing] + [Evidence(line.path, line.line, line.text) for line in units]
    if any(_is_needed(entry) for entry in missing) or any(line.required for line in units):
        return failed_if(found)
    if units or not all(_may_fail(entry) for entry in missing):
        return failed_if(found, severity=WARNING)
    return failed_if(found, "With nofail the boot neither needs it nor waits for it.", NOTE)


def _may_fail(entry):
    """Whether nobody misses it: a swap is waited for with nofail, too, and what is below an automount by whoever looks; of the system's own more is missed."""
    options = entry.options.split(",")
    is_of_system = entry.mount_point.split("/")[1:2] in [[name] for name in _OF_SYSTEM]
    return entry.kind != "swap" and "nofail" in options and not is_of_system and not set(mount_lines.AUTOMOUNT) & set(options)


def _is_not_found(context, entry):
    """Return whether no device has the name of an entry, or it is written in other letters than udev's; the root is mounted before udev is asked."""
    there = named_volume(context, entry.device)
    return there is False or there is True and entry.mount_point != "/" and device_names.is_misspelt(entry.device)


@rule(
    "R13d",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The root that the kernel is told is on this disk",
    fault="The root that the kernel is told is not on this disk",
    why="A UUID of another disk, after a clone or a new file system, ends in the initramfs shell.",
    cure="Correct root= with grub_cmdline, or run update-grub in the guest.",
    source="Linux init/do_mounts.c",
)
def root_is_there(context):
    """Return failed with each command line whose root= (the last one counts), boot=, mount.usr=, real_root= or cryptdevice= names nothing on the disk."""
    if context.disk is None or identifiers(context) is None:
        apart = _other_than_fstab(context)
        return failed(apart) if apart else not_applicable("what is on the disk is not known here")
    evidence = []
    for line in context.shared(command_lines):
        for name in ("root", "real_root", "boot", "mount.usr", "cryptdevice"):
            for value in kernel_cmdline.values(line.text, name)[-1:]:
                device = (value or "").partition(":")[0] if name == "cryptdevice" else value or ""
                if named_volume(context, device) is False:
                    evidence.append(line.place._replace(text=f"{name}={value} is not on this disk: {line.place.text}"))
    evidence += _misspelt_roots(context)
    return failed_if(evidence) if context.shared(command_lines) else not_applicable("no boot loader that is known here starts this guest")


def _other_than_fstab(context):
    """Return the [Evidence] of what starts with a root=, boot= or mount.usr= that is another file system than /etc/fstab has there: one of them is gone.

    With the root of /etc/fstab gone systemd cannot mount the root to write.
    """
    found = []
    for line in started_lines(context):
        for name, mount_point in (("root", "/"), ("boot", "/boot"), ("mount.usr", "/usr")):
            parameter = last(line, name)
            entries = [entry for entry in context.shared(_entries) if entry.mount_point == mount_point]
            told, said = (_tag(parameter.value or "") if parameter is not None else None), (_tag(entries[-1].device) if entries else None)
            if told is not None and said is not None and told[0] == said[0] and told[1] != said[1]:
                found.append(parameter.place._replace(text=f"{parameter.text}, and {_FSTAB} line {entries[-1].line} has {entries[-1].device} at {mount_point}"))
    return found


def _tag(device):
    """Return (kind, value) of a file system that is named by what is on it, None of any other; a UUID in small letters."""
    match = _TAG.match(device.strip("\"'"))
    return (match.group(1).lower(), match.group(2).lower()) if match else None


def _misspelt_roots(context):
    """Return the [Evidence] of each started root= in other letters than udev's and blkid's, which the initramfs asks for it."""
    roots = [(line, last(line, "root")) for line in started_lines(context)]
    return [
        root.place._replace(text=f"{root.text}: blkid and udev have it in other letters, large or small: {root.place.text}")
        for line, root in roots
        if root is not None and device_names.is_misspelt(root.value or "")
        if any(generator(files) == "initramfs-tools" or starts_systemd(files) for files in initramfs_of(context, line.entry))
    ]


@rule(
    "R13e",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    title="/etc/fstab has the root",
    fault="/etc/fstab has no line for the root",
    why="Without an entry the root may stay mounted read-only, and is not checked.",
    cure="Add a line for / with its UUID.",
    source="fstab(5)",
)
def has_root(context):
    """Return passed with the lines that mount /, failed when there is none."""
    roots = [entry for entry in context.shared(_entries) if entry.mount_point == "/"]
    return passed(evidence=[_shown(entry) for entry in roots]) if roots else failed([Evidence(_FSTAB, None, "no entry for /")])


RULES = [no_swap, no_random_swap, stable_names, stable_names_of_units, devices_are_there, root_is_there, has_root]
