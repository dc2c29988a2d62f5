# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels themselves: fixes that Hyper-V needs, old ones that need help.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import is_arm
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, patches
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import line_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed, unknown)


def _versions(tree):
    """Return [(version, vmlinuz)] of the kernels, each once."""
    return sorted({(kernel.version, kernel.vmlinuz) for kernel in kernels.installed_kernels(tree) if kernel.kind == "normal"})


def _each(context, wrong, text):
    versions = context.shared(_versions)
    if not versions:
        return unknown("no kernel that can be booted was found in /boot or by a boot entry")
    return failed_if(Evidence(path, None, text.format(version)) for version, path in versions if wrong(version))


def numa(context):
    """R21"""
    needing, having = [], []
    for entry in context.shared(boot_entries):
        version = kernels.version_of(context.tree, entry.kernel) if entry.kernel and context.tree.is_file(entry.kernel) else None
        if version is None or entry.kind == "other":
            continue
        off = "off" in kernel_cmdline.values(entry.cmdline or "", "numa")
        place = Evidence(entry.path, line_of(context.tree, entry, entry.cmdline), f"kernel {version}: {entry.cmdline}")
        if patches.numa_off_needed(version) and not off:
            needing.append(place)
        elif off and not patches.numa_off_needed(version):
            having.append(place)
    if needing:
        return failed(needing, "numa=off is missing.")
    return failed_if(having, "numa=off is set for a kernel that does not need it, and halves the memory bandwidth of large sizes.", WARNING)


def integration_services(context):
    """R22"""
    versions = [version for version, unused in context.shared(_versions) if patches.lis_needed(version)]
    if not versions:
        return not_applicable("no kernel of RHEL 6.0 to 6.3 is installed")
    evidence = []
    for version in versions:
        path = drivers.available(context.tree, version).get("hv_vmbus", "")
        if "/extra/" not in path and "/updates/" not in path and "/weak-updates/" not in path:
            evidence.append(Evidence(path or f"/lib/modules/{version}", None, f"kernel {version} has no driver of the Linux Integration Services"))
    return failed_if(evidence)


def custom_kernel(context):
    """R23"""
    versions = [(version, path) for version, path in context.shared(_versions) if not patches.is_vendor_kernel(version)]
    if not versions:
        return not_applicable("all kernels are a distribution's, which brings fixes to them")
    return failed_if(Evidence(path, None, f"kernel {version} lacks {patch.commit} ({patch.title}), in mainline since {patch.since[0]}.{patch.since[1]}")
                     for version, path in versions for patch in patches.missing_patches(version))


def no_uek2(context):
    """R24"""
    return _each(context, patches.is_uek2, "{}: the Unbreakable Enterprise Kernel 2 has no Hyper-V drivers")


def sack_fixed(context):
    """R25"""
    versions = context.shared(_versions)
    if not versions:
        return unknown("no kernel that can be booted was found in /boot or by a boot entry")
    judged = [(version, path, patches.has_sack_fix(version)) for version, path in versions]
    bad = [Evidence(path, None, f"kernel {version}") for version, path, fixed in judged if fixed is False]
    doubtful = [Evidence(path, None, f"kernel {version}") for version, path, fixed in judged if fixed is None]
    if bad:
        return failed(bad)
    return unknown("the version does not tell whether the distribution has brought the fix", doubtful) if doubtful else passed()


def serial_driver(context):
    """R27e"""
    symbol = "CONFIG_SERIAL_AMBA_PL011_CONSOLE" if context.shared(is_arm) else "CONFIG_SERIAL_8250_CONSOLE"
    configs = [path for version, unused in context.shared(_versions) for path in [f"/boot/config-{version}"] if context.tree.is_file(path)]
    if not configs:
        return not_applicable("no kernel has its configuration in /boot")
    evidence = []
    for path in configs:
        lines = context.find([path], lambda text: re.match(rf"(?:# )?{symbol}\b", text))
        if not any(line.text == f"{symbol}=y" for line in lines):
            evidence += lines or [Evidence(path, None, f"{symbol} is not set")]
    return failed_if(evidence)


RULES = [
    Rule("R21", "Old kernels have numa=off, new ones do not", ERROR,
         "Kernels before 2.6.37, in RHEL 6 before 2.6.32-504, misread Hyper-V's NUMA tables.",
         "Run the role guest_boot (grub_cmdline): present or absent: [numa=off].", "Microsoft: create-upload-generic", numa, "guest_boot; grub_cmdline",
         choice="The guide of 2015 says the agent does it; today's agent does not, so we do."),
    Rule("R22", "RHEL 6.0 to 6.3 have the Linux Integration Services", ERROR,
         "Their kernels have no Hyper-V drivers that work.", "Install kmod-microsoft-hyper-v, or update to 6.4 or later.",
         "Microsoft: create-upload-generic", integration_services, ""),
    Rule("R23", "A custom kernel has the fixes that Azure asks for", WARNING,
         "Without them storage freezes, or the kernel crashes when a disk is taken away.", "Use a mainline kernel of 4.4 or later, or bring the fixes to it.",
         "Microsoft: create-upload-generic, section kernel requirements", custom_kernel, "",
         choice="The page says 3.8 or later, but the seven fixes it lists are complete from 4.4 on: 4.4 counts."),
    Rule("R24", "No kernel is the Unbreakable Enterprise Kernel 2", ERROR,
         "It has no Hyper-V drivers.", "Use the Red Hat Compatible Kernel or a later UEK.", "Microsoft: oracle-create-upload-vhd", no_uek2, ""),
    Rule("R25", "Every kernel has the fixes of the SACK panic (CVE-2019-11477)", NOTE,
         "The certification fails images that a single packet can crash.", "Update the kernel and remove the old one.",
         "Microsoft: certification test 52", sack_fixed, "", marketplace=ERROR),
    Rule("R27e", "Every kernel can have its console on the serial port", WARNING,
         "The driver of the console must be built in: as a module it comes too late, and console= names nothing.",
         "Use a kernel with CONFIG_SERIAL_8250_CONSOLE=y (ARM: CONFIG_SERIAL_AMBA_PL011_CONSOLE=y).", "Linux drivers/tty/serial/8250/Kconfig",
         serial_driver, ""),
]
