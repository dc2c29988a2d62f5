# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers that a kernel needs before it has its root: in every initramfs, or built in.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import verify
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.survey import is_started_without_image
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOTE, WARNING, Evidence, failed, passed, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import FIX, root_drivers, root_facts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS

_STORAGE = ("hv_vmbus", "hv_storvsc")
_NETWORK = ("hv_netvsc",)
_DISK = ("sd_mod",)
_NVME = ("nvme", "nvme_core", "pci_hyperv")
_CONSOLE = ("hid_hyperv", "hyperv_keyboard")
_IN_INITRAMFS = _STORAGE + _NETWORK + _DISK + _NVME + _CONSOLE
_CURE = "Run the role guest_boot (initrd_modules), which rebuilds the image and reads it back."

#: Lines of a generator's configuration that leave drivers out, and its files.
_LIMITS = re.compile(r"\s*(?:MODULES=[\"']?(?:dep|list)\b|omit_drivers\+?=|hostonly=[\"']?yes|HOOKS=.*\bautodetect\b|INITRD_MODULES=)")
_GENERATOR_FILES = (
    "/etc/initramfs-tools/initramfs.conf",
    "/etc/initramfs-tools/conf.d/*",
    "/etc/dracut.conf",
    "/etc/dracut.conf.d/*.conf",
    "/usr/lib/dracut/dracut.conf.d/*.conf",
    "/etc/mkinitcpio.conf",
    "/etc/sysconfig/kernel",
)

#: One kernel looked into. verdict: verify.Verification or None; error: ImagewrightError or None.
_Looked = collections.namedtuple("_Looked", "kernel verdict error")


def looked_into(context):
    """Return the [_Looked] of all kernels; each image is read once for all the rules."""
    found, wanted = [], list(_IN_INITRAMFS) + [name for group in root_drivers(context.facts(root_facts)) for name in group]
    for kernel in kernels.installed_kernels(context.tree):
        try:
            found.append(_Looked(kernel, verify.check_image(context.tree, kernel, wanted), None))
        except ImagewrightError as error:
            found.append(_Looked(kernel, None, error))
    return found


def _in_initramfs(context, names, optional=False):
    """Return the Outcome for drivers that every initramfs must have; optional: bool, a kernel may be without such a driver."""
    looked = context.facts(looked_into)
    if not looked:
        return unknown("no kernel that can be booted was found in /boot or by a boot entry")
    evidence, serious, unreadable = [], False, []
    limits = []
    for kernel, verdict, error in looked:
        if kernel.image is None and is_started_without_image(context.tree, kernel):
            continue  # R65a says that its entry loads none
        image = kernel.image or kernel.vmlinuz
        if verdict is None:
            unreadable.append(Evidence(image, None, str(error)))
            continue
        lacks = [name for name in names if name in verdict.missing]
        absent = [] if optional else [name for name in names if name in verdict.unavailable]
        if lacks:
            evidence.append(Evidence(image, None, f"{', '.join(lacks)} missing (kernel {kernel.version})"))
            limits = _limits(context)
        if absent:
            evidence.append(Evidence(kernel.vmlinuz, None, f"kernel {kernel.version} has no driver {', '.join(absent)}"))
        serious = serious or bool(lacks or absent) and kernel.kind != "rescue"
    if evidence:
        return failed(evidence + unreadable + limits, severity=None if serious else WARNING)
    if unreadable:
        return unknown(unreadable[0].text, unreadable)
    return passed(f"in or for all of {len(looked)} kernels")


def _limits(context):
    """Return the Evidence of what makes the generator leave drivers out."""
    paths = [path for pattern in _GENERATOR_FILES for path in context.tree.glob(pattern) if context.tree.is_file(path)]
    return context.find(paths, _LIMITS.match)


@rule(
    "R17a",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="Every kernel finds its disk on Hyper-V: hv_vmbus, hv_storvsc",
    fault="A kernel does not find its disk on Hyper-V: hv_vmbus or hv_storvsc is missing",
    why="The disk hangs on Hyper-V's bus: without both drivers in the initramfs, or built in, the kernel finds no root. A generation 2 machine cannot boot "
    "at all.",
    cure=_CURE,
    source="Microsoft: create-upload-generic",
    choice="The guides of 2015 and 2017 name hv_vmbus and hv_storvsc, today's add hv_netvsc (R17b). Every kernel that a boot entry can start counts, not "
    "only the running one.",
)
def hyperv_storage(context):
    """Return failed with each kernel that has hv_vmbus or hv_storvsc neither built in nor in its initramfs."""
    return _in_initramfs(context, _STORAGE)


@rule(
    "R17b",
    step=INITRAMFS,
    severity=WARNING,
    fixed_by=FIX,
    title="Every initramfs has the network driver hv_netvsc",
    fault="An initramfs lacks the network driver hv_netvsc",
    why="The general page asks for it; it matters where the root or its key comes over the network.",
    cure=_CURE,
    source="Microsoft: create-upload-generic",
)
def hyperv_network(context):
    """Return failed with each kernel that has hv_netvsc neither built in nor in its initramfs."""
    return _in_initramfs(context, _NETWORK)


@rule(
    "R17d",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="Every kernel has the disk driver sd_mod for its start",
    fault="A kernel lacks the disk driver sd_mod for its start",
    why="hv_storvsc brings the controller, sd_mod the disk on it: an initramfs made for another machine (virtio) may lack it.",
    cure=_CURE,
    source="Linux drivers/scsi/Kconfig",
)
def disk_driver(context):
    """Return failed with each kernel that has sd_mod neither built in nor in its initramfs."""
    return _in_initramfs(context, _DISK)


@rule(
    "R18a",
    step=INITRAMFS,
    severity=WARNING,
    fixed_by=FIX,
    title="Every initramfs has the NVMe drivers: nvme, nvme_core, pci_hyperv",
    fault="An initramfs lacks an NVMe driver: nvme, nvme_core or pci_hyperv",
    why="Sizes of v6 and later have NVMe disks only, behind Hyper-V's PCI bus.",
    cure=_CURE,
    source="Microsoft: nvme-linux, enable-nvme-interface",
    choice="Optional on older sizes, the only way on the newest: a warning. pci_hyperv, behind which the NVMe controller is, is our addition.",
)
def nvme(context):
    """Return failed with each kernel that has one of the NVMe drivers neither built in nor in its initramfs."""
    return _in_initramfs(context, _NVME)


@rule(
    "R17g",
    step=INITRAMFS,
    severity=NOTE,
    marketplace=WARNING,
    fixed_by=FIX,
    title="The keyboard of the emulated console works from the start: hid_hyperv, hyperv_keyboard",
    fault="An initramfs lacks a driver of the emulated console: hid_hyperv or hyperv_keyboard",
    why="The certification looks for them in the initramfs; they matter where somebody types at the console before the root is mounted.",
    cure=_CURE,
    source="Microsoft: certification of Linux images",
    choice="Only asked of kernels that have them as modules; many have none, or have them built in.",
)
def console_drivers(context):
    """Return failed with each initramfs that lacks a driver of the console's keyboard which its kernel has as a module."""
    return _in_initramfs(context, _CONSOLE, optional=True)


RULES = [console_drivers, hyperv_storage, hyperv_network, disk_driver, nvme]
