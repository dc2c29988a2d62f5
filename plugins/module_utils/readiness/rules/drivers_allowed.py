# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers of Hyper-V, of the DVD and of the EFI system partition are not banned.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import DRIVERS_OF_DISK
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import bans, needed_by
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS, PROVISIONER, SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.drivers import dvd_severity


@rule(
    "R19b",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_kernel; modprobe_allow",
    title="udf is not banned",
    fault="udf is banned",
    why="CIS hardening bans udf; then the provisioning DVD cannot be mounted and no user is made.",
    cure="Remove the line (modprobe_allow).",
    source="Microsoft: create-upload-generic",
)
def udf_allowed(context):
    """Return failed with each line of modprobe.d, and of a started command line, that bans udf; a warning where cloud-init can do without the DVD."""
    return _allowed(context, ("udf",), dvd_severity(context))


@rule(
    "R19d",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_kernel; modprobe_allow",
    title="The DVD drive's drivers are not banned",
    fault="A driver of the DVD drive is banned",
    why="A hardening rule against CD-ROMs keeps the provisioning data from being read.",
    cure="Remove the line (modprobe_allow).",
    source="Microsoft: create-upload-generic",
)
def dvd_allowed(context):
    """Return failed with each ban of the drive or its file system, in modprobe.d or on a started line; a warning where cloud-init can do without."""
    return _allowed(context, ("sr_mod", "cdrom", "isofs", "iso9660"), dvd_severity(context))


@rule(
    "R20b",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    fixed_by="guest_kernel; modprobe_allow",
    title="vfat is not banned",
    fault="vfat is banned",
    why="CIS hardening bans vfat; then neither the EFI system partition nor a FAT provisioning disk can be mounted.",
    cure="Remove the line (modprobe_allow).",
    source="Microsoft: create-upload-generic",
)
def vfat_allowed(context):
    """Return failed with each line of modprobe.d, and of a started command line, that bans vfat, fat or the code page of their names."""
    return _allowed(context, ("vfat", "fat", "nls_cp437", "nls_iso8859_1", "nls_ascii"))


@rule(
    "R17e",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by="modprobe_allow",
    title="No driver that Azure needs is banned in modprobe.d",
    fault="A driver that Azure needs is banned in modprobe.d",
    why="A hardening rule (blacklist, or install DRIVER /bin/false) keeps the driver from being loaded.",
    cure="Remove the line (modprobe_allow).",
    source="modprobe.d(5)",
)
def hyperv_allowed(context):
    """Return failed with each line of modprobe.d that keeps a driver of Hyper-V's disk or network from being loaded."""
    return _allowed(context, DRIVERS_OF_DISK + ("hv_netvsc", "pci_hyperv", "nvme", "nvme_core", "hv_utils"), on_command_line=False)


def _allowed(context, names, severity=None, on_command_line=True):
    read = context.shared(modprobe.texts)
    names = [name for name in names if name not in context.shared(kernels.built_in_everywhere)]
    beneath = needed_by(context, names)
    found = [ban for name in names for ban in modprobe.bans_in(read, name)]
    found += [ban for name in sorted(beneath) for ban in modprobe.bans_in(read, name) if modprobe.is_for_all(ban)]
    places = [Evidence(ban.path, ban.line, ban.text) for ban in found] + (bans(context, names, beneath) if on_command_line else [])
    return failed_if(list(dict.fromkeys(places)), severity=severity)


RULES = [hyperv_allowed, udf_allowed, dvd_allowed, vfat_allowed]
