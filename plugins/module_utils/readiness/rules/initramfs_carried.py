# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an initramfs brings along of the machine that it was built on: filters of devices, names of cards.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import carried
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import LVM, RAID, images, root_facts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD, INITRAMFS

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
    why="A filter of lvm.conf, or a DEVICE line of mdadm.conf, that names the disks of the build host takes no other: the root is never put together.",
    cure="Take the filter out, or let it accept every disk, and build the image again.",
    source="lvm.conf(5); mdadm.conf(5)",
)
def disks_are_seen(context):
    """Return failed with each line of lvm.conf or mdadm.conf inside an image that leaves out the disks of Azure."""
    facts = context.facts(root_facts)
    if not facts.layers & {LVM, RAID}:
        return not_applicable("the root is on neither LVM nor RAID")
    evidence = []
    for image in [image for image in context.shared(images) if image.files]:
        wrong = _lvm_filters(image.files) if LVM in facts.layers else []
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


RULES = [disks_are_seen, names_no_card]
