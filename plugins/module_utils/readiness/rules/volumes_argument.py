# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system and the volumes that the started command line names: those of the disk.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import initramfs_of, last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import starts_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import (
    has_identifier,
    logical_volumes,
    mount_points,
    named_volume,
    root_kind,
    volume_groups,
)
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mount_options

#: What a driver mounts besides its own. Source: Linux fs/ext4/super.c.
_ALSO_MOUNTS = {"ext4": ("ext2", "ext3"), "ext3": ("ext2",)}
_KINDS = {"ext2": "ext", "ext3": "ext", "ext4": "ext", "xfs": "xfs", "btrfs": "btrfs"}
_UUID = re.compile(r"(?:luks-)?([0-9a-fA-F-]{36}|[0-9a-fA-F]{8}(?::[0-9a-fA-F]{8}){3})")


@rule(
    "R64a",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The root is mounted as the file system that it is",
    fault="The root is to be mounted as another file system than it is",
    why="The initramfs mounts the root as rootfstype= and rootflags= say; when that fails the boot ends in its shell.",
    cure="Remove rootfstype= and rootflags= with grub_cmdline, or correct them.",
    source="Linux Documentation/admin-guide/kernel-parameters; dracut.cmdline(7)",
)
def root_file_system(context):
    """Return failed with each rootfstype= and rootflags= of a started entry that do not suit the root of /etc/fstab, or the disk."""
    lines = started_lines(context)
    if not lines:
        return not_applicable("no boot loader that is known here starts this guest")
    known, evidence = context.shared(root_kind), []
    for line in lines:
        kind = last(line, "rootfstype")
        if kind is not None and _is_other(context, (kind.value or "").split(","), known):
            evidence.append(_told(kind, f"the root is {known}" if known else "no such file system is on this disk"))
        flags = last(line, "rootflags")
        unknown = mount_options.unknown(known, (flags.value or "").split(",")) if flags is not None else []
        if unknown:
            evidence.append(_told(flags, f"the root is {known}, which does not know {', '.join(unknown)}"))
    return failed_if(evidence)


def _is_other(context, wanted, known):
    """Return whether none of the wanted file systems ([str]) can be the root's."""
    if "auto" in wanted or wanted == [""]:
        return False
    if known and any(known == kind or known in _ALSO_MOUNTS.get(kind, ()) for kind in wanted):
        return False
    kinds = {_KINDS[kind] for kind in wanted if kind in _KINDS}
    if not known:
        held = {volume.holds for volume in context.disk.volumes} if context.disk is not None else None
        return held is not None and bool(kinds) and not kinds.intersection(held) and not held.intersection(("lvm", "luks", "md"))
    return True


@rule(
    "R64b",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The volumes on the started command line are on this disk",
    fault="The started command line names a volume that is not on this disk",
    why="dracut waits for each volume of rd.lvm.lv=, rd.luks.uuid= and rd.md.uuid=, also for one that nothing needs, and ends in its emergency shell.",
    cure="Remove the parameter with grub_cmdline absent.",
    source="dracut.cmdline(7); dracut wait_for_dev",
)
def volumes_are_there(context):
    """Return failed with each volume of a started entry that the disk has not; a warning when only resume= names one."""
    if context.disk is None:
        return not_applicable("what is on the disk is not known here")
    evidence, waited_for = [], False
    for line in started_lines(context):
        for parameter in line.parameters:
            missing = _MISSING.get(parameter.name) or _of_verity(context, line, parameter.name)
            if missing and not _is_off(line, parameter.name) and missing(context, parameter.value or ""):
                evidence.append(_told(parameter, "there is no such volume on this disk"))
                waited_for = waited_for or parameter.name != "resume"
    return failed_if(evidence, severity=ERROR if waited_for else WARNING)


def _of_verity(context, line, name):
    """Return what tells whether the volume of a root hash is missing, None where nothing is mounted from it.

    Only systemd in the initramfs mounts it; outside systemd waits a minute and a half for it, and goes on. Source: systemd-veritysetup-generator(8),
    systemd-fstab-generator(8), both tried with 252.
    """
    replaced = {"roothash": "root", "usrhash": "mount.usr"}.get(name)
    if replaced is None or last(line, replaced) is not None or last(line, f"systemd.verity_{name[:-4]}_data") is not None:
        return None
    return _verity if any(starts_systemd(files) for files in initramfs_of(context, line.entry)) else None


def _verity(context, value):
    """Return whether no partition has the UUID that a hash begins with."""
    digits = value.lower()
    parts = [digits[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))]
    return bool(re.match(r"[0-9a-f]{32}", digits)) and named_volume(context, f"PARTUUID={'-'.join(parts)}") is False


def _is_off(line, name):
    """Return whether dracut is told to leave that kind of volume alone: rd.lvm=0 and its like."""
    switch = last(line, name.rpartition(".")[0]) if name.startswith("rd.") else None
    return switch is not None and switch.value == "0"


def _logical_volume(context, value):
    known = logical_volumes(context.disk)
    return known is not None and tuple(value.split("/", 1)) not in known


def _volume_group(context, value):
    known = volume_groups(context.disk)
    return known is not None and value not in known


def _encrypted(context, value):
    return _of_kind(context, "luks", value.partition("=")[0])


def _raid(context, value):
    return _of_kind(context, "md", value)


def _of_kind(context, kind, value):
    """Return whether the disk certainly has no volume of a kind with the UUID that begins with value."""
    if not any(volume.holds == kind for volume in context.disk.volumes):
        return not any(volume.holds == "lvm" or volume.error for volume in context.disk.volumes) or kind == "md"
    match = _UUID.match(value)
    return bool(match) and has_identifier(context, kind, match.group(1)) is False


def _resume(context, value):
    """Return whether the disk certainly has no such swap; what swap there is called is not known everywhere."""
    return named_volume(context, value) is False and not any(volume.holds == "swap" for volume in context.disk.volumes)


_MISSING = {
    "rd.lvm.lv": _logical_volume,
    "rd.lvm.vg": _volume_group,
    "rd_LVM_LV": _logical_volume,
    "rd.luks.uuid": _encrypted,
    "rd_LUKS_UUID": _encrypted,
    "rd.luks.name": _encrypted,
    "rd.md.uuid": _raid,
    "rd_MD_UUID": _raid,
    "resume": _resume,
}


def _told(parameter, cause):
    return parameter.place._replace(text=f"{parameter.text}: {cause}; {parameter.place.text}")


@rule(
    "R64c",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The FIPS check of the initramfs finds /boot",
    fault="The FIPS check of the initramfs does not find /boot",
    why="dracut's module fips compares the kernel with its checksum in /boot before it mounts the root; where /boot is a file system of its own and boot= "
    "does not name it, the boot ends there.",
    cure="Add boot=UUID=... of /boot with grub_cmdline present.",
    source="dracut modules.d/01fips/fips.sh; Red Hat: switching to FIPS mode",
)
def fips_finds_boot(context):
    """Return failed with each started entry that has fips=1 and no boot=, on a guest of Red Hat's or SUSE's family whose /boot is a file system of its own."""
    lines = [line for line in started_lines(context) if last(line, "fips") is not None and last(line, "fips").value == "1"]
    if not lines or context.shared(distribution).family not in ("redhat", "suse") or "/boot" not in context.shared(mount_points):
        return not_applicable("no entry that starts has fips=1, or /boot is a part of the root")
    return failed_if(_told(last(line, "fips"), "there is no boot=, and /boot is a file system of its own") for line in lines if last(line, "boot") is None)


@rule(
    "R64d",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The root begins at the subvolume that holds the system",
    fault="The root begins at a subvolume that holds no system",
    why="Without subvol= in rootflags= the kernel mounts the default subvolume, mostly the top, which holds no more than the others: there is no init. A name "
    "that is no subvolume's is not mounted at all.",
    cure="Have rootflags=subvol=NAME with grub_cmdline, or make the system's subvolume the default one (`btrfs subvolume set-default`).",
    source="btrfs(5), subvol=, subvolid=; Linux fs/btrfs/super.c; dracut.cmdline(7), rootflags=",
)
def root_begins_at_a_system(context):
    """Return failed with the rootflags=, or the root= without any, by which a started entry mounts a subvolume that is not there, or holds no system."""
    if context.tree.has_system(()) is None:
        return not_applicable("the root is on no Btrfs that is read here")
    found = []
    for line in started_lines(context):
        root, flags = last(line, "root"), last(line, "rootflags")
        options = ((flags.value if flags is not None else "") or "").split(",")
        if root is None or any("$" in option for option in options) or context.tree.has_system(options) is not False:
            continue
        named = next((option for option in reversed(options) if option.startswith(("subvol=", "subvolid="))), None)
        found.append(
            _told(flags, f"there is no system at {named}") if named else _told(root, "without subvol= in rootflags=, and the default subvolume has no system")
        )
    return failed_if(found)


RULES = [root_file_system, volumes_are_there, fips_finds_boot, root_begins_at_a_system]
