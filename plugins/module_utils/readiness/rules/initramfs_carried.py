# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an initramfs brings along of the machine that it was built on: filters of devices, names of cards.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import carried
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import (
    FIX,
    LVM,
    RAID,
    generator,
    images,
    judged,
    root_facts,
    starts_systemd,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD, INITRAMFS, SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import starting_parameters
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import named_volume
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab, lvm_devices
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines

#: The root's disk as Azure's sizes name it: SCSI and NVMe.
_DISKS_OF_AZURE = (
    "/dev/sda",
    "/dev/sda1",
    "/dev/sda2",
    "/dev/sda3",
    "/dev/sda4",
    "/dev/sda5",
    "/dev/sdb2",
    "/dev/nvme0n1p1",
    "/dev/nvme0n1p2",
    "/dev/nvme0n1p3",
    "/dev/nvme0n1p4",
)


@rule(
    "R66b",
    step=INITRAMFS,
    severity=ERROR,
    title="No initramfs hides the root's disk from LVM or RAID",
    fault="An initramfs hides the root's disk from LVM or RAID",
    why="A filter of lvm.conf, its file system.devices, or a DEVICE line of mdadm.conf, that names the disks of the build host takes no other: the root is "
    "never put together. Nor is it where a list of lvm.conf names other volumes alone.",
    cure="Take the filter out, or let it accept every disk, remove /etc/lvm/devices/system.devices, and build the image again.",
    source="lvm.conf(5); lvmdevices(8); mdadm.conf(5)",
)
def disks_are_seen(context):
    """Return failed with each line of lvm.conf or mdadm.conf inside an image that leaves out the disks of Azure, and LVM's file of devices that does."""
    facts = context.facts(root_facts)
    if not facts.layers & {LVM, RAID}:
        return not_applicable("the root is on neither LVM nor RAID")
    evidence = []
    for image in [image for image in context.shared(images) if image.files]:
        wrong = (
            _lvm_filters(image.files) + _lvm_lists(context, image.files) + _lvm_devices(image.files, uses_devices_file(context)) if LVM in facts.layers else []
        )
        wrong += _mdadm_devices(image.files) if RAID in facts.layers else []
        evidence += [Evidence(image.kernel.image, None, text) for text in wrong]
    return failed_if(evidence)


def _lvm_filters(files):
    found = []
    for path in ["/etc/lvm/lvm.conf", *files.glob("/etc/lvm/*local.conf")]:
        text = files.read_text(path) if files.is_file(path) else ""
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r"\s*(?:global_)?filter\s*=\s*\[(.*)\]", line)
            if match and not any(_accepts(re.findall(r'"([^"]*)"', match.group(1)), disk) for disk in _DISKS_OF_AZURE):
                found.append(f"{path[1:]} line {number} inside: {line.strip()}")
    return found


def _lvm_lists(context, files):
    """Return what ([str]) of lvm.conf has LVM activate other volumes than the root's alone; the second list is for who activates all, and not one by its name.

    A name with @ is one of tags, by which the volume may be among them.
    """
    groups = {group for parameter in starting_parameters(context, "root") for group in _groups_of(parameter.value or "")}
    names = "volume_list|auto_activation_volume_list" if generator(files) == "initramfs-tools" else "volume_list"
    found = []
    for path in ["/etc/lvm/lvm.conf", *files.glob("/etc/lvm/*local.conf")] if groups else []:
        text = files.read_text(path) if files.is_file(path) else ""
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(rf"\s*(?:activation/)?(?:{names})\s*=\s*\[([^\]]*)\]", line)
            listed = [name.split("/")[0] for name in re.findall(r'"([^"]*)"', match.group(1))] if match else []
            if match and "@" not in match.group(1) and not groups.intersection(listed):
                found.append(f"{path[1:]} line {number} inside: {line.strip()}")
    return found


def _groups_of(device):
    """Return the volume group ([str]) of a device (str, as in root=), [] when it names none."""
    kind, value = device_names.parse(device)
    if kind == "mapper" and "-" in value.replace("--", ""):
        return [value.replace("--", "\0").partition("-")[0].replace("\0", "-")]
    return [value.split("/")[0]] if kind == "logical" else []


def uses_devices_file(context):
    """Return whether LVM uses its file of devices when its configuration does not say: Red Hat's since version 9, and Fedora's."""
    guest = context.shared(distribution)
    return guest.family == "redhat" and (guest.name == "fedora" or guest.version >= (9,))


def _lvm_devices(files, is_usual):
    cause = lvm_devices.leaves_out(files.read_text(lvm_devices.PATH)) if lvm_devices.is_used(files, is_usual) else ""
    return [f"{lvm_devices.PATH[1:]} inside: {cause}"] if cause else []


@rule(
    "R70k",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="LVM's file of devices does not leave the disk out",
    fault="LVM's file of devices leaves the disk out",
    why="Volumes that the initramfs has not opened are not found once the root is there: a mount that the start waits for ends in the emergency shell, and "
    "the next initramfs has the file too.",
    cure="Remove /etc/lvm/devices/system.devices: LVM looks at every disk then; or make it again on Azure with `vgimportdevices -a`.",
    source="lvmdevices(8); dracut modules.d/90lvm",
)
def devices_file(context):
    """Return failed with the file that leaves the disk out: an error when the start mounts a logical volume that the initramfs does not open."""
    if not lvm_devices.is_used(context.tree, uses_devices_file(context)):
        return not_applicable("LVM uses no file of devices")
    cause = lvm_devices.leaves_out(context.tree.read_text(lvm_devices.PATH))
    opened = {parameter.value.split("/")[-1] for parameter in starting_parameters(context, "rd.lvm.lv") if parameter.value}
    waiting = [line for line in context.shared(mount_lines) if line.required and line.mount_point != "/" and _is_logical(line.device, opened)]
    evidence = [Evidence(lvm_devices.PATH, None, cause)] + [Evidence(line.path, line.line, line.text) for line in waiting]
    return failed_if(evidence if cause else [], severity=ERROR if waiting else WARNING)


def _is_logical(device, opened):
    """Return whether a device (str) is a logical volume that is none of the opened ones ({str}, their names)."""
    kind, value = device_names.parse(device)
    if kind == "mapper" and "-" in value.replace("--", ""):
        return value.replace("--", "\0").rpartition("-")[2].replace("\0", "-") not in opened
    return kind == "logical" and value.split("/")[-1] not in opened


@rule(
    "R66c",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="No initramfs waits for a device of the build machine",
    fault="An initramfs waits for a device that is not on this disk",
    why="dracut writes into the image what the machine of the build had: a disk that it waits for, or a line of its own fstab, ends in its emergency shell.",
    cure="Build the image again on what the machine will have (`dracut --force --no-hostonly`, or the role guest_boot), without --add-device and --mount.",
    source="dracut(8), --add-device, --add-fstab, --mount; dracut-lib.sh, wait_for_dev",
)
def waits_for_no_other(context):
    """Return failed with each device inside an image that its systemd or dracut waits for, and that is not on the disk or has a name that changes."""

    def judge(image):
        waited = _waited_for(image.files)
        return [f"{place[1:]} inside: waits for {device}" for place, device in waited if fstab.UNSTABLE.match(device) or named_volume(context, device) is False]

    return judged(context, judge)


def _waited_for(files):
    """Return [(path, device)] of what an image of dracut waits for before it goes on."""
    found = []
    for path in [path for folder in ("/lib", "/usr/lib", "/var/lib") for path in files.glob(folder + "/dracut/hooks/initqueue/finished/devexists-*")]:
        text = files.read_text(path) if files.is_file(path) else ""
        found += [(path, device.replace("\\\\", "\\")) for device in re.findall(r"-e\s+[\"']?(/dev/[^\s\"'\]]+)", text)]
    for path in files.glob("/etc/systemd/system/*.target.requires/*.device") + files.glob("/etc/systemd/system/initrd*.target.wants/*.device"):
        found.append((path, unit_files.path_of(path.rpartition("/")[2])))
    if starts_systemd(files) and files.is_file("/etc/fstab"):
        entries = fstab.entries(files.read_text("/etc/fstab"))
        found += [("/etc/fstab", entry.device) for entry in entries if not {"nofail", "noauto"} & set(entry.options.split(",")) and entry.kind != "swap"]
    return list(dict.fromkeys(found))


def _accepts(patterns, device):
    """Return whether the filters of LVM ([str], such as ``a|^/dev/sda|``) take a device: the first that matches decides, none means yes."""
    for pattern in patterns:
        if len(pattern) < 3:
            continue
        try:
            if re.search(pattern[2:].rsplit(pattern[1], 1)[0] if pattern[1] in pattern[2:] else pattern[2:], device):
                return pattern[0] == "a"
        except re.error:
            return True
    return True


def _mdadm_devices(files):
    found = []
    for path in ("/etc/mdadm.conf", "/etc/mdadm/mdadm.conf"):
        for number, line in enumerate(files.read_text(path).splitlines() if files.is_file(path) else [], 1):
            words = line.split()
            if words[:1] and words[0].upper() == "DEVICE" and not any(_names_azures(word) for word in words[1:]):
                found.append(f"{path[1:]} line {number} inside: {line.strip()}")
    return found


def _names_azures(word):
    return word in ("partitions", "containers") or re.match(r"/dev/(\*|sd|nvme|\[|disk/by-)", word) is not None


@rule(
    "R67",
    step=FIRST_CARD,
    severity=WARNING,
    fixed_by="guest_network; guest_boot; initrd_modules",
    title="No initramfs names a card by the MAC address of the old machine",
    fault="An initramfs names a card by the MAC address of the old machine",
    why="udev runs in the initramfs first: a name that is given to the old card there is taken, and the first card of the new machine gets another one.",
    cure="Run the role guest_boot (initrd_modules left_out: [network_names]), which rebuilds the image without it.",
    source="hooks/udev of initramfs-tools; systemd.link(5)",
)
def names_no_card(context):
    """Return failed with each rule of udev and each .link file inside an image that names a card by its MAC address."""
    evidence = []
    for image in [image for image in context.shared(images) if image.files]:
        for path in image.files.glob("/etc/udev/rules.d/*.rules") + image.files.glob("/etc/systemd/network/*.link"):
            if image.files.is_file(path):
                lines = carried.names_by_address(image.files.read_text(path))
                evidence += [Evidence(image.kernel.image, None, f"{path[1:]} inside: {line}") for line in lines[:1]]
    return failed_if(evidence)


RULES = [disks_are_seen, devices_file, waits_for_no_other, names_no_card]
