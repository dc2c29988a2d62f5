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
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE, KERNEL


def _versions(tree):
    """Return [(version, vmlinuz)] of the kernels, each once."""
    return sorted({(kernel.version, kernel.vmlinuz) for kernel in kernels.installed_kernels(tree) if kernel.kind == "normal"})


def _each(context, wrong, text):
    versions = context.shared(_versions)
    if not versions:
        return unknown("no kernel that can be booted was found in /boot or by a boot entry")
    return failed_if(Evidence(path, None, text.format(version)) for version, path in versions if wrong(version))


@rule(
    "R21",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="guest_boot; grub_cmdline",
    title="Old kernels have numa=off, new ones do not",
    fault="numa=off is missing for an old kernel, or set for a new one",
    why="Kernels before 2.6.37, in RHEL 6 before 2.6.32-504, misread Hyper-V's NUMA tables.",
    cure="Run the role guest_boot (grub_cmdline): present or absent: [numa=off].",
    source="Microsoft: create-upload-generic",
    choice="The guide of 2015 says the agent does it; today's agent does not, so we do.",
)
def numa(context):
    """Return failed with the entries of old kernels without numa=off, or as a warning those of new ones with it."""
    needing, having, any_needs = [], [], False
    for entry in context.shared(boot_entries):
        version = kernels.version_of(context.tree, entry.kernel) if entry.kernel and context.tree.is_file(entry.kernel) else None
        if version is None or entry.kind == "other":
            continue
        off = "off" in kernel_cmdline.values(entry.cmdline or "", "numa")
        place = Evidence(entry.path, line_of(context.tree, entry, entry.cmdline), f"kernel {version}: {entry.cmdline}")
        needed = patches.numa_off_needed(version)
        any_needs = any_needs or needed
        if needed and not off:
            needing.append(place)
        elif off and not needed:
            having.append(place)
    if needing:
        return failed(needing, "numa=off is missing.")
    if any_needs:
        return passed("all entries share one line, and an old kernel needs numa=off")
    return failed_if(having, "numa=off is set for a kernel that does not need it, and halves the memory bandwidth of large sizes.", WARNING)


@rule(
    "R22",
    step=KERNEL,
    severity=ERROR,
    title="RHEL 6.0 to 6.3 have the Linux Integration Services",
    fault="RHEL 6.0 to 6.3 lack the Linux Integration Services",
    why="Their kernels have no Hyper-V drivers that work.",
    cure="Install kmod-microsoft-hyper-v (guest_kernel_lis_package_files), or update to 6.4 or later.",
    source="Microsoft: create-upload-generic",
)
def integration_services(context):
    """Return failed with each kernel of RHEL 6.0 to 6.3 whose hv_vmbus is not that of the Linux Integration Services."""
    versions = [version for version, unused in context.shared(_versions) if patches.lis_needed(version)]
    if not versions:
        return not_applicable("no kernel of RHEL 6.0 to 6.3 is installed")
    evidence = []
    for version in versions:
        path = drivers.available(context.tree, version).get("hv_vmbus", "")
        if "/extra/" not in path and "/updates/" not in path and "/weak-updates/" not in path:
            evidence.append(Evidence(path or f"/lib/modules/{version}", None, f"kernel {version} has no driver of the Linux Integration Services"))
    return failed_if(evidence)


@rule(
    "R23",
    step=KERNEL,
    severity=WARNING,
    title="A custom kernel has the fixes that Azure asks for",
    fault="A custom kernel lacks fixes that Azure asks for",
    why="Without them storage freezes, or the kernel crashes when a disk is taken away.",
    cure="Use a mainline kernel of 4.4 or later, or bring the fixes to it.",
    source="Microsoft: create-upload-generic, section kernel requirements",
    choice="The page says 3.8 or later, but the seven fixes it lists are complete from 4.4 on: 4.4 counts.",
)
def custom_kernel(context):
    """Return failed with each fix that a kernel of no known distribution lacks by its version."""
    versions = [(version, path) for version, path in context.shared(_versions) if not patches.is_vendor_kernel(version)]
    if not versions:
        return not_applicable("all kernels are a distribution's, which brings fixes to them")
    return failed_if(
        Evidence(path, None, f"kernel {version} lacks {patch.commit} ({patch.title}), in mainline since {patch.since[0]}.{patch.since[1]}")
        for version, path in versions
        for patch in patches.missing_patches(version)
    )


@rule(
    "R24",
    step=KERNEL,
    severity=ERROR,
    title="No kernel is the Unbreakable Enterprise Kernel 2",
    fault="A kernel is the Unbreakable Enterprise Kernel 2",
    why="It has no Hyper-V drivers.",
    cure="Use the Red Hat Compatible Kernel or a later UEK.",
    source="Microsoft: oracle-create-upload-vhd",
)
def no_uek2(context):
    """Return failed with each kernel whose version is that of Oracle's UEK 2."""
    return _each(context, patches.is_uek2, "{}: the Unbreakable Enterprise Kernel 2 has no Hyper-V drivers")


@rule(
    "R25",
    step=KERNEL,
    severity=NOTE,
    marketplace=ERROR,
    title="Every kernel has the fixes of the SACK panic (CVE-2019-11477)",
    fault="A kernel lacks the fixes of the SACK panic (CVE-2019-11477)",
    why="The certification fails images that a single packet can crash.",
    cure="Update the kernel and remove the old one.",
    source="Microsoft: certification test 52",
)
def sack_fixed(context):
    """Return failed with each kernel from before the fixes, unknown where a distribution may have brought them to an old version."""
    versions = context.shared(_versions)
    if not versions:
        return unknown("no kernel that can be booted was found in /boot or by a boot entry")
    judged = [(version, path, patches.has_sack_fix(version)) for version, path in versions]
    bad = [Evidence(path, None, f"kernel {version}") for version, path, fixed in judged if fixed is False]
    doubtful = [Evidence(path, None, f"kernel {version}") for version, path, fixed in judged if fixed is None]
    if bad:
        return failed(bad)
    return unknown("the version does not tell whether the distribution has brought the fix", doubtful) if doubtful else passed()


@rule(
    "R27e",
    step=KERNEL,
    severity=WARNING,
    title="Every kernel can have its console on the serial port",
    fault="A kernel cannot have its console on the serial port",
    why="The driver of the console must be built in: as a module it comes too late, and console= names nothing.",
    cure="Use a kernel with CONFIG_SERIAL_8250_CONSOLE=y (ARM: CONFIG_SERIAL_AMBA_PL011_CONSOLE=y).",
    source="Linux drivers/tty/serial/8250/Kconfig",
)
def serial_driver(context):
    """Return failed with each kernel whose configuration does not build the serial console in."""
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


RULES = [numa, integration_services, custom_kernel, no_uek2, sack_fixed, serial_driver]
