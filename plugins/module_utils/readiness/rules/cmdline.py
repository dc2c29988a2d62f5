# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel command line of every boot entry and of the next kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import generation_wanted
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import initramfs_tools
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines, having, none_lacks
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOTE, WARNING, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import (
    DRIVERS_OF_DISK,
    DRIVERS_OF_LAYERS,
    generator,
    root_facts,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import initramfs_of, last, needed_by, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE, FIRST_CARD, INITRAMFS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import root_kind

#: Names that depend on the controller and on the order in which disks are found.
_FIX = "guest_boot; grub_cmdline"
_BY_ALIAS = ("modprobe.blacklist", "rd.driver.blacklist", "rd.blacklist")
_CURE = "Run the role guest_boot (grub_cmdline), which changes every place that feeds a boot."


@rule(
    "R27d",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by=_FIX,
    title="The kernel command line is not too long",
    fault="The kernel command line is too long",
    why="The kernel cuts it off, and with it whatever stands last.",
    cure="Remove what is not needed with grub_cmdline absent.",
    source="Linux arch/*/include/uapi/asm/setup.h",
)
def fits(context):
    """Return failed with each command line that the kernel of this processor would cut off."""
    limit = kernel_cmdline.COMMAND_LINE_SIZE.get(_machine(context), kernel_cmdline.DEFAULT_COMMAND_LINE_SIZE)
    return failed_if(line.place for line in context.shared(command_lines) if len(line.text.encode("utf-8", "surrogateescape")) >= limit)


def _sleeps(tree):
    """Return whether initramfs-tools makes the images; its settings may stay behind when the package has gone."""
    return initramfs_tools.has_kernel_hook(tree) and tree.exists("/usr/share/initramfs-tools/init")


@rule(
    "R28a",
    step=COMMAND_LINE,
    severity=NOTE,
    marketplace=WARNING,
    fixed_by=_FIX,
    title="The kernel waits for the root disk",
    fault="The kernel does not wait for the root disk",
    why="The disk may come late when many machines start at once.",
    cure=_CURE,
    source="Microsoft: create-upload-generic; certification test 40 (warning)",
    choice="The guides of 2015 and 2017, the general page and Ubuntu's have rootdelay=300; Red Hat's, SUSE's and Oracle's do not. It is set by default "
    "where the initramfs waits no longer than needed (dracut, mkinitcpio); a lack is a note. For initramfs-tools see R28b.",
)
def root_delay(context):
    """Return failed with each place whose command line has no rootdelay=; initramfs-tools waits by itself."""
    if _sleeps(context.tree):
        return not_applicable("initramfs-tools waits for the disk by itself")
    return none_lacks(context, lambda text: kernel_cmdline.values(text, "rootdelay"), "rootdelay=300")


@rule(
    "R28b",
    step=COMMAND_LINE,
    severity=WARNING,
    fixed_by=_FIX,
    title="No boot sleeps for a disk that is already there",
    fault="The boot sleeps for a disk that is already there",
    why="The /init of initramfs-tools runs `sleep $ROOTDELAY`: with rootdelay=300 each boot takes five minutes longer.",
    cure=_CURE,
    source="initramfs-tools 0.140 to 0.151, /usr/share/initramfs-tools/init; a boot measured with 0.142",
    choice="Ubuntu's page and the general one ask for rootdelay=300 all the same; Debian's does not. We remove it where initramfs-tools is in use.",
)
def needless_delay(context):
    """Return failed with each place that brings a long rootdelay= onto a command line of initramfs-tools, which sleeps all of it.

    It is an error where that is longer than anybody waits for the machine.
    """
    if not _sleeps(context.tree):
        return not_applicable("only the initramfs of initramfs-tools sleeps")
    too_long = [
        delay
        for line in started_lines(context)
        for delay in [last(line, "rootdelay")]
        if delay is not None and re.match(r"1[2-9]\d\d$|[2-9]\d{3}$|\d{5,}$", delay.value or "")
    ]
    found = having(context, lambda parameter: re.match(r"rootdelay=\d\d", parameter))
    return failed_if(found or [delay.place for delay in too_long], severity=ERROR if too_long else None)


@rule(
    "R29",
    step=FIRST_CARD,
    severity=NOTE,
    fixed_by=_FIX,
    title="The network card is called eth0",
    fault="The network card is not called eth0",
    why="Red Hat's images configure eth0; a name by slot or MAC address would not be configured.",
    cure=_CURE,
    source="Microsoft: redhat-create-upload-vhd",
    choice="The general page, Red Hat's and Oracle's want net.ifnames=0, Ubuntu's and SUSE's do not: only asked of Red Hat's family.",
)
def card_names(context):
    """Return failed with each place whose command line has no net.ifnames=0, on Red Hat's family alone."""
    if context.shared(distribution).family != "redhat":
        return not_applicable("only Red Hat's family configures the card by the name eth0")
    if not services.uses_systemd(context.tree):
        return not_applicable("udev names cards by their place since it is systemd's; before, the kernel's name stays")
    return none_lacks(context, lambda text: "0" in kernel_cmdline.values(text, "net.ifnames"), "net.ifnames=0")


@rule(
    "R30b",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by=_FIX,
    title="The provisioning DVD is not hidden",
    fault="The provisioning DVD is hidden by the command line",
    why="openSUSE's libata.atapi_enabled=0 and reserve=0x1f0,0x8 hide the DVD that the provisioning data comes on, as does pci=off in generation 1, where it "
    "is a disk of a PCI card.",
    cure=_CURE,
    source="Microsoft: suse-create-upload-vhd; Linux arch/x86/pci/common.c, pcibios_setup",
)
def hidden_dvd(context):
    """Return failed with each place that brings a parameter onto a command line which hides the DVD drive."""
    is_second = generation_wanted(context.generation) == 2 or context.disk is not None and set(context.disk.bootability.generations) == {2}

    def hides(parameter):
        if parameter == "libata.atapi_enabled=0" or parameter.startswith("reserve=0x1f0"):
            return True
        return not is_second and parameter.startswith("pci=") and "off" in parameter[4:].split(",")

    return failed_if(having(context, hides))


def _has_nvme(tree):
    return kernels.any_has(tree, "nvme_core") or kernels.any_has(tree, "nvme")


@rule(
    "R18b",
    step=COMMAND_LINE,
    severity=WARNING,
    fixed_by=_FIX,
    title="NVMe requests may take 240 seconds",
    fault="NVMe requests may take less than 240 seconds",
    why="On the sizes with NVMe disks (v6 and later) the default of 30 s turns a short stall of the storage into I/O errors.",
    cure=_CURE,
    source="Microsoft: nvme-linux, enable-nvme-interface",
    choice="azure-vm-utils sets the same by udev (R32); either is enough.",
)
def nvme_timeout(context):
    """Return passed when udev rules of azure-vm-utils or every command line give NVMe requests 240 s or more."""

    def long_enough(text):
        return any((value or "").isdigit() and int(value) >= 240 for value in kernel_cmdline.values(text, "nvme_core.io_timeout"))

    if not context.shared(_has_nvme):
        return not_applicable("no kernel here has a driver of NVMe disks, which R18a tells")
    rules = [path for folder in ("/etc", "/usr/lib", "/lib") for path in context.tree.glob(folder + "/udev/rules.d/*azure*.rules")]
    if context.find(rules, lambda text: "io_timeout" in text):
        return passed("azure-vm-utils' udev rules set it")
    return none_lacks(context, long_enough, "nvme_core.io_timeout=240")


@rule(
    "R12c",
    step=INITRAMFS,
    severity=NOTE,
    fixed_by="guest_swap",
    title="Nothing looks for a hibernated system",
    fault="The boot looks for a hibernated system",
    why="With swap gone the initramfs waits for the swap partition that resume= names, at every boot.",
    cure="Run the role guest_swap.",
    source="Microsoft: create-upload-debian",
)
def no_resume(context):
    """Return failed with each resume= of a command line or of initramfs-tools."""
    evidence = having(context, lambda parameter: kernel_cmdline.key(parameter) == "resume" and kernel_cmdline.parse(parameter)[1])
    path = "/etc/initramfs-tools/conf.d/resume"
    evidence += context.find([path], lambda text: text.startswith("RESUME=") and text[7:].strip(' "').lower() not in ("none", ""))
    return failed_if(evidence)


@rule(
    "R17f",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by=_FIX,
    title="No driver of the disk, the root or the network is banned on the command line",
    fault="A driver of the disk, the root or the network is banned on the command line",
    why="A banned driver is not loaded, whatever the initramfs holds: no disk, no network.",
    cure="Remove it with grub_cmdline absent.",
    source="Linux Documentation/admin-guide/kernel-parameters",
)
def banned_drivers(context):
    """Return failed with each place that brings a ban of a Hyper-V driver, or of the root's file system, onto a command line; none reaches what is built in."""
    drivers = {*DRIVERS_OF_DISK, "hv_netvsc", "pci_hyperv", "scsi_mod", context.shared(root_kind)}
    drivers -= context.shared(kernels.built_in_everywhere)
    layers = {name for layer in context.facts(root_facts).layers for name in DRIVERS_OF_LAYERS[layer]}
    # what programs and other modules ask for by name is loaded, unless the kernel itself refuses it
    all_drivers = drivers | layers | needed_by(context, [*drivers, *layers])

    def bans(parameter):
        name, value = kernel_cmdline.parse(parameter)
        name = name.replace("-", "_")
        banned = {word.replace("-", "_") for word in (value or "").split(",")}
        return bool(name == "module_blacklist" and banned & all_drivers or name in _BY_ALIAS and banned & drivers)

    return failed_if(having(context, bans) + _banned_by_initramfs_tools(context, drivers - {"hv_netvsc", "pci_hyperv"}))


def _banned_by_initramfs_tools(context, drivers):
    """Return the [Evidence] of blacklist=, which initramfs-tools writes into its modprobe.d; what its list of modules names is loaded all the same.

    Source: initramfs-tools, init and scripts/init-top/blacklist.
    """
    found = []
    for line in started_lines(context):
        given = last(line, "blacklist")
        banned = {word.replace("-", "_") for word in (given.value or "").split(",")} & drivers if given is not None else set()
        for files in initramfs_of(context, line.entry) if banned else []:
            if generator(files) == "initramfs-tools" and files.exists("/scripts/init-top/blacklist"):
                named = files.read_text("/conf/modules") if files.is_file("/conf/modules") else ""
                is_banned = banned - {word.replace("-", "_") for word in named.split()}
                found += [given.place._replace(text=f"{given.text}: not loaded in the initramfs: {given.place.text}")] if is_banned else []
    return found


def _machine(context):
    return context.shared(architecture)[0]


RULES = [no_resume, banned_drivers, nvme_timeout, fits, root_delay, needless_delay, card_names, hidden_dvd]
