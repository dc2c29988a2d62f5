# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers: in every initramfs or built in, available to every kernel, and not banned.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import verify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, passed, unknown)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, provisioner

_STORAGE = ("hv_vmbus", "hv_storvsc")
_NETWORK = ("hv_netvsc",)
_DISK = ("sd_mod",)
_NVME = ("nvme", "nvme_core", "pci_hyperv")
_IN_INITRAMFS = _STORAGE + _NETWORK + _DISK + _NVME
_DVD = ("sr_mod", "isofs")
_CURE = "Run the role guest_boot (initrd_modules), which rebuilds the image and reads it back."
_FIX = "guest_boot; initrd_modules"

#: Lines of a generator's configuration that leave drivers out, and its files.
_LIMITS = re.compile(r"\s*(?:MODULES=[\"']?(?:dep|list)\b|omit_drivers\+?=|hostonly=[\"']?yes|HOOKS=.*\bautodetect\b|INITRD_MODULES=)")
_GENERATOR_FILES = ("/etc/initramfs-tools/initramfs.conf", "/etc/initramfs-tools/conf.d/*", "/etc/dracut.conf", "/etc/dracut.conf.d/*.conf",
                    "/usr/lib/dracut/dracut.conf.d/*.conf", "/etc/mkinitcpio.conf", "/etc/sysconfig/kernel")

#: One kernel looked into. verdict: verify.Verdict or None; error: ImagewrightError or None.
_Looked = collections.namedtuple("_Looked", "kernel verdict error")


def _looked_into(tree):
    """Return the [_Looked] of all kernels; each image is read once for all the rules."""
    found = []
    for kernel in kernels.installed_kernels(tree):
        try:
            found.append(_Looked(kernel, verify.check_image(tree, kernel, _IN_INITRAMFS), None))
        except ImagewrightError as error:
            found.append(_Looked(kernel, None, error))
    return found


def _in_initramfs(context, names):
    """Return the Outcome for drivers that every initramfs must have."""
    looked = context.shared(_looked_into)
    if not looked:
        return unknown("no kernel that can be booted was found in /boot or by a boot entry")
    evidence, serious, unreadable = [], False, []
    for kernel, verdict, error in looked:
        image = kernel.image or kernel.vmlinuz
        if verdict is None:
            unreadable.append(Evidence(image, None, str(error)))
            continue
        lacks = [name for name in names if name in verdict.missing]
        absent = [name for name in names if name in verdict.unavailable]
        if lacks:
            evidence.append(Evidence(image, None, f"{', '.join(lacks)} missing (kernel {kernel.version})"))
        if absent:
            evidence.append(Evidence(kernel.vmlinuz, None, f"kernel {kernel.version} has no driver {', '.join(absent)}"))
        serious = serious or bool(lacks or absent) and kernel.kind != "rescue"
    if evidence:
        return failed(_limits(context) + evidence + unreadable, severity=None if serious else WARNING)
    if unreadable:
        return unknown(unreadable[0].text, unreadable)
    return passed(f"in or for all of {len(looked)} kernels")


def _limits(context):
    """Return the Evidence of what makes the generator leave drivers out."""
    paths = [path for pattern in _GENERATOR_FILES for path in context.tree.glob(pattern) if context.tree.is_file(path)]
    return context.find(paths, _LIMITS.match)


def hyperv_storage(context):
    """R17a"""
    return _in_initramfs(context, _STORAGE)


def hyperv_network(context):
    """R17b"""
    return _in_initramfs(context, _NETWORK)


def disk_driver(context):
    """R17d"""
    return _in_initramfs(context, _DISK)


def nvme(context):
    """R18a"""
    return _in_initramfs(context, _NVME)


def network_available(context):
    """R17c"""
    return _available(context, _NETWORK)


def _kernel_drivers(tree):
    """Return [(Kernel, names ({str}) of the drivers that it has)] of kernels whose modules are there."""
    return [(kernel, set(drivers.available(tree, kernel.version)) | drivers.built_in(tree, kernel.version))
            for kernel in kernels.installed_kernels(tree) if kernel.has_modules]


def _available(context, names, severity=None, detail=""):
    found = context.shared(_kernel_drivers)
    if not found:
        return unknown("no kernel with its modules was found")
    evidence = [Evidence(f"/lib/modules/{kernel.version}", None, f"kernel {kernel.version} has no {', '.join(lacks)}")
                for kernel, has in found for lacks in [[name for name in names if name not in has]] if lacks and kernel.kind != "rescue"]
    return failed_if(evidence, detail, severity)


def _dvd_severity(context):
    """Return the severity of what only the provisioning DVD needs: cloud-init 21.2 and later can do without."""
    version = cloud_init.version(context.tree)
    return WARNING if provisioner(context.tree).who == CLOUD_INIT and version is not None and version >= (21, 2) else None


def udf_available(context):
    """R19a"""
    return _available(context, ("udf",), _dvd_severity(context))


def udf_allowed(context):
    """R19b"""
    return _allowed(context, ("udf",), _dvd_severity(context))


def dvd_available(context):
    """R19c"""
    return _available(context, _DVD, _dvd_severity(context))


def dvd_allowed(context):
    """R19d"""
    return _allowed(context, ("sr_mod", "cdrom", "isofs", "iso9660"), _dvd_severity(context))


def vfat_available(context):
    """R20a"""
    return _available(context, ("vfat", "fat", "nls_cp437"))


def vfat_allowed(context):
    """R20b"""
    return _allowed(context, ("vfat", "fat", "nls_cp437", "nls_iso8859_1", "nls_ascii"))


def hyperv_allowed(context):
    """R17e"""
    return _allowed(context, _STORAGE + _NETWORK + _DISK + ("pci_hyperv", "nvme", "nvme_core", "hv_utils"))


def _allowed(context, names, severity=None):
    read = context.shared(modprobe.texts)
    found = [ban for name in names for ban in modprobe.bans_in(read, name)]
    return failed_if([Evidence(ban.path, ban.line, ban.text) for ban in found], severity=severity)


def accelerated(context):
    """R26a"""
    return _available(context, ("pci_hyperv", "mlx4_en", "mlx5_core"))


def boost(context):
    """R26b"""
    return _available(context, ("mana",))


def guest_services(context):
    """R26c"""
    return _available(context, ("hv_utils", "hv_balloon"))


RULES = [
    Rule("R17a", "Every kernel finds its disk on Hyper-V: hv_vmbus, hv_storvsc", ERROR,
         "The disk hangs on Hyper-V's bus: without both drivers in the initramfs, or built in, the kernel finds no root. "
         "A generation 2 machine cannot boot at all.", _CURE, "Microsoft: create-upload-generic", hyperv_storage, _FIX,
         choice="The guides of 2015 and 2017 name hv_vmbus and hv_storvsc, today's add hv_netvsc (R17b). Every kernel that a boot entry can start "
                "counts, not only the running one."),
    Rule("R17b", "Every initramfs has the network driver hv_netvsc", WARNING,
         "The general page asks for it; it matters where the root or its key comes over the network.", _CURE, "Microsoft: create-upload-generic",
         hyperv_network, _FIX),
    Rule("R17c", "Every kernel has the network driver hv_netvsc", ERROR,
         "Without it there is no network on Azure.", "Install the kernel's full set of modules, or another kernel.",
         "Microsoft: create-upload-generic", network_available, ""),
    Rule("R17d", "Every kernel has the disk driver sd_mod for its start", ERROR,
         "hv_storvsc brings the controller, sd_mod the disk on it: an initramfs made for another machine (virtio) may lack it.", _CURE,
         "Linux drivers/scsi/Kconfig", disk_driver, _FIX),
    Rule("R17e", "No driver that Azure needs is banned in modprobe.d", ERROR,
         "A hardening rule (blacklist, or install DRIVER /bin/false) keeps the driver from being loaded.",
         "Remove the line (modprobe_allow).", "modprobe.d(5)", hyperv_allowed, "modprobe_allow"),
    Rule("R18a", "Every initramfs has the NVMe drivers: nvme, nvme_core, pci_hyperv", WARNING,
         "Sizes of v6 and later have NVMe disks only, behind Hyper-V's PCI bus.", _CURE, "Microsoft: nvme-linux, enable-nvme-interface", nvme, _FIX,
         choice="Optional on older sizes, the only way on the newest: a warning. pci_hyperv, behind which the NVMe controller is, is our addition."),
    Rule("R19a", "Every kernel can read the provisioning DVD: udf", ERROR,
         "The user, the key and the custom data come on a DVD with a UDF file system.",
         "Install the package with the kernel's further modules (kernel-modules-extra, linux-modules-extra).",
         "Microsoft: create-upload-generic, agent-linux", udf_available, "",
         choice="cloud-init 21.2 and later can take them from the metadata service instead, when only an SSH key is used: a warning there."),
    Rule("R19b", "udf is not banned", ERROR,
         "CIS hardening bans udf; then the provisioning DVD cannot be mounted and no user is made.", "Remove the line (modprobe_allow).",
         "Microsoft: create-upload-generic", udf_allowed, "guest_kernel; modprobe_allow"),
    Rule("R19c", "Every kernel has the DVD drive's drivers: sr_mod, isofs", WARNING,
         "The provisioning DVD is a SCSI drive; the agent tries udf, iso9660 and vfat on it.",
         "Install the package with the kernel's further modules.", "WALinuxAgent", dvd_available, ""),
    Rule("R19d", "The DVD drive's drivers are not banned", ERROR,
         "A hardening rule against CD-ROMs keeps the provisioning data from being read.", "Remove the line (modprobe_allow).",
         "Microsoft: create-upload-generic", dvd_allowed, "guest_kernel; modprobe_allow"),
    Rule("R20a", "Every kernel has vfat", ERROR,
         "The EFI system partition is FAT: without the driver, or the code page of its names, /boot/efi is not mounted and the boot ends in the emergency "
         "shell.",
         "Install the package with the kernel's further modules.", "Microsoft: create-upload-generic", vfat_available, ""),
    Rule("R20b", "vfat is not banned", ERROR,
         "CIS hardening bans vfat; then neither the EFI system partition nor a FAT provisioning disk can be mounted.", "Remove the line (modprobe_allow).",
         "Microsoft: create-upload-generic", vfat_allowed, "guest_kernel; modprobe_allow"),
    Rule("R26a", "Every kernel has the drivers of accelerated networking", WARNING,
         "The card of the host changes when a machine is moved: both Mellanox drivers and Hyper-V's PCI bus are needed.",
         "Install the kernel's full set of modules.", "Microsoft: accelerated-networking-how-it-works", accelerated, ""),
    Rule("R26b", "Every kernel has the driver of the Azure network adapter: mana", NOTE,
         "Hosts with Azure Boost have MANA cards; without the driver the slower synthetic path is used.", "Install a newer kernel.",
         "Microsoft: accelerated-networking-mana-linux", boost, ""),
    Rule("R26c", "Every kernel has hv_utils and hv_balloon", WARNING,
         "They carry shutdown requests, time, heartbeats and key-value pairs between host and guest.", "Install the kernel's full set of modules.",
         "Microsoft: create-upload-generic; time-sync", guest_services, ""),
]
