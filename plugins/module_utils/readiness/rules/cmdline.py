# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel command line of every boot entry and of the next kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture, is_arm
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import initramfs_tools
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines, having, lacking
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed)

#: Names that depend on the controller and on the order in which disks are found.
_BY_DEVICE = re.compile(r"/dev/(?:[shv]d[a-z]+\d*|xvd[a-z]+\d*|nvme\d+n\d+(?:p\d+)?|nbd\d+|loop\d+|mmcblk\d+|disk/by-(?:path|id)/)")
_FIX = "guest_boot; grub_cmdline"
_CURE = "Run the role guest_boot (grub_cmdline), which changes every place that feeds a boot."
_NO_LOADER = "no boot loader that is known here starts this guest"


def _serial(context):
    return "ttyAMA0" if context.shared(is_arm) else "ttyS0"


def _has_value(text, name, beginning):
    return any((value or "") == beginning or (value or "").startswith(beginning + ",") for value in kernel_cmdline.values(text, name))


def serial_console(context):
    """R27a"""
    return _none_lacks(context, lambda text: _has_value(text, "console", _serial(context)), f"console={_serial(context)}")


def console_order(context):
    """R27b"""
    evidence = []
    for line in context.shared(command_lines):
        consoles = [value or "" for value in kernel_cmdline.values(line.text, "console")]
        if any(value.startswith("ttyS") or value.startswith("ttyAMA") for value in consoles) and not consoles[-1].startswith(("ttyS", "ttyAMA")):
            evidence.append(line.place)
    return failed_if(evidence)


def early_messages(context):
    """R27c"""
    name, beginning = ("earlycon", "pl011") if context.shared(is_arm) else ("earlyprintk", "ttyS0")
    return _none_lacks(context, lambda text: _has_value(text, name, beginning), f"{name}={beginning}")


def fits(context):
    """R27d"""
    limit = kernel_cmdline.COMMAND_LINE_SIZE.get(_machine(context), kernel_cmdline.DEFAULT_COMMAND_LINE_SIZE)
    return failed_if(line.place for line in context.shared(command_lines) if len(line.text.encode("utf-8", "surrogateescape")) >= limit)


def _sleeps(tree):
    """Return whether initramfs-tools makes the images; its settings may stay behind when the package has gone."""
    return initramfs_tools.has_kernel_hook(tree) and tree.exists("/usr/share/initramfs-tools/init")


def root_delay(context):
    """R28a"""
    if _sleeps(context.tree):
        return not_applicable("initramfs-tools waits for the disk by itself")
    return _none_lacks(context, lambda text: kernel_cmdline.values(text, "rootdelay"), "rootdelay=300")


def needless_delay(context):
    """R28b"""
    if not _sleeps(context.tree):
        return not_applicable("only the initramfs of initramfs-tools sleeps")
    return failed_if(having(context, lambda parameter: re.match(r"rootdelay=\d\d", parameter)))


def card_names(context):
    """R29"""
    if context.shared(distribution).family != "redhat":
        return not_applicable("only Red Hat's family configures the card by the name eth0")
    return _none_lacks(context, lambda text: "0" in kernel_cmdline.values(text, "net.ifnames"), "net.ifnames=0")


def quiet_boot(context):
    """R30a"""
    return failed_if(having(context, lambda parameter: parameter in ("rhgb", "quiet", "splash", "splash=silent", "crashkernel=auto")))


def hidden_dvd(context):
    """R30b"""
    return failed_if(having(context, lambda parameter: parameter == "libata.atapi_enabled=0" or parameter.startswith("reserve=0x1f0")))


def nvme_timeout(context):
    """R18b"""
    def long_enough(text):
        return any((value or "").isdigit() and int(value) >= 240 for value in kernel_cmdline.values(text, "nvme_core.io_timeout"))
    rules = [path for folder in ("/etc", "/usr/lib", "/lib") for path in context.tree.glob(folder + "/udev/rules.d/*azure*.rules")]
    if context.find(rules, lambda text: "io_timeout" in text):
        return passed("azure-vm-utils' udev rules set it")
    return _none_lacks(context, long_enough, "nvme_core.io_timeout=240")


def no_resume(context):
    """R12c"""
    evidence = having(context, lambda parameter: kernel_cmdline.key(parameter) == "resume" and kernel_cmdline.parse(parameter)[1])
    path = "/etc/initramfs-tools/conf.d/resume"
    evidence += context.find([path], lambda text: text.startswith("RESUME=") and text[7:].strip(' "').lower() not in ("none", ""))
    return failed_if(evidence)


def banned_drivers(context):
    """R17f"""
    drivers = ("hv_vmbus", "hv_storvsc", "hv_netvsc", "pci_hyperv", "sd_mod")

    def bans(parameter):
        name, value = kernel_cmdline.parse(parameter)
        return name.replace("-", "_") in ("module_blacklist", "modprobe.blacklist", "rd.driver.blacklist", "rd.blacklist") and any(
            word.replace("-", "_") in drivers for word in (value or "").split(","))
    return failed_if(having(context, bans))


def serial_menu(context):
    """R33"""
    path = "/etc/default/grub"
    if not context.tree.is_file(path):
        return not_applicable("there is no /etc/default/grub")
    values = {}
    for source in [path] + context.tree.glob("/etc/default/grub.d/*.cfg"):
        values.update(shell_variables.values(context.tree.read_text(source), source))
    terminal = values.get("GRUB_TERMINAL_OUTPUT") or values.get("GRUB_TERMINAL") or ""
    if "serial" in terminal.split():
        return passed()
    lines = context.find([path], lambda text: text.startswith("GRUB_TERMINAL"))
    return failed(lines or [Evidence(path, None, "GRUB_TERMINAL is not set")])


def serial_login(context):
    """R33b"""
    unit = f"serial-getty@{_serial(context)}.service"
    masked = [f"{folder}/{name}" for folder in ("/etc/systemd/system", "/usr/lib/systemd/system") for name in (unit, "serial-getty@.service")
              if context.tree.is_symlink(f"{folder}/{name}") and context.tree.readlink(f"{folder}/{name}") == "/dev/null"]
    return failed_if(Evidence(path, None, "masked") for path in masked)


def _machine(context):
    return context.shared(architecture)[0]


def _none_lacks(context, has, wanted):
    if not context.shared(command_lines):
        return not_applicable(_NO_LOADER)
    return failed_if(lacking(context, has, wanted))


def root_argument(context):
    """R13b"""
    def by_device(parameter):
        name, value = kernel_cmdline.parse(parameter)
        return name == "root" and _BY_DEVICE.match(value or "")
    return failed_if(having(context, by_device))


RULES = [
    Rule("R12c", "Nothing looks for a hibernated system", NOTE,
         "With swap gone the initramfs waits for the swap partition that resume= names, at every boot.",
         "Run the role guest_swap.", "Microsoft: create-upload-debian", no_resume, "guest_swap"),
    Rule("R13b", "The kernel finds the root by UUID, label or logical volume", ERROR,
         "The name of the disk is another one on Azure, and differs between sizes (sda, sdb, nvme0n1): a root by device name is not found.",
         "Use root=UUID=...: unset GRUB_DISABLE_LINUX_UUID and run update-grub, or grub_cmdline present: [root=UUID=...].",
         "Microsoft: create-upload-ubuntu, nvme-linux", root_argument, "grub_cmdline"),
    Rule("R17f", "No Hyper-V driver is banned on the command line", ERROR,
         "A banned driver is not loaded, whatever the initramfs holds: no disk, no network.", "Remove it with grub_cmdline absent.",
         "Linux Documentation/admin-guide/kernel-parameters", banned_drivers, _FIX),
    Rule("R18b", "NVMe requests may take 240 seconds", WARNING,
         "On the sizes with NVMe disks (v6 and later) the default of 30 s turns a short stall of the storage into I/O errors.", _CURE,
         "Microsoft: nvme-linux, enable-nvme-interface", nvme_timeout, _FIX,
         choice="azure-vm-utils sets the same by udev (R32); either is enough."),
    Rule("R27a", "The kernel talks to the serial console", WARNING,
         "The serial console is the only screen of a virtual machine that does not boot; the certification asks for console=ttyS0.", _CURE,
         "Microsoft: create-upload-generic; certification test 40", serial_console, _FIX, marketplace=ERROR,
         choice="Eleven spellings are in print. We set console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200 rootdelay=300, which meets all of "
                "them, and accept any speed; on ARM it is ttyAMA0."),
    Rule("R27b", "The serial console is the last one named", NOTE,
         "The last console= becomes /dev/console: init and the emergency shell talk there, and nowhere else.", _CURE,
         "Linux Documentation/admin-guide/serial-console", console_order, _FIX),
    Rule("R27c", "The kernel's first messages reach the serial console", NOTE,
         "A kernel that stops before its console is up says why only there; the certification asks for earlyprintk=ttyS0.", _CURE,
         "Microsoft: create-upload-generic; certification test 40", early_messages, _FIX, marketplace=ERROR),
    Rule("R27d", "The kernel command line is not too long", ERROR,
         "The kernel cuts it off, and with it whatever stands last.", "Remove what is not needed with grub_cmdline absent.",
         "Linux arch/*/include/uapi/asm/setup.h", fits, _FIX),
    Rule("R28a", "The kernel waits for the root disk", NOTE,
         "The disk may come late when many machines start at once.", _CURE,
         "Microsoft: create-upload-generic; certification test 40 (warning)", root_delay, _FIX, marketplace=WARNING,
         choice="The guides of 2015 and 2017, the general page and Ubuntu's have rootdelay=300; Red Hat's, SUSE's and Oracle's do not. It is set by default "
                "where the initramfs waits no longer than needed (dracut, mkinitcpio); a lack is a note. For initramfs-tools see R28b."),
    Rule("R28b", "No boot sleeps for a disk that is already there", WARNING,
         "The /init of initramfs-tools runs `sleep $ROOTDELAY`: with rootdelay=300 each boot takes five minutes longer.", _CURE,
         "initramfs-tools 0.140 to 0.151, /usr/share/initramfs-tools/init; a boot measured with 0.142", needless_delay, _FIX,
         choice="Ubuntu's page and the general one ask for rootdelay=300 all the same; Debian's does not. We remove it where initramfs-tools is in use."),
    Rule("R29", "The network card is called eth0", NOTE,
         "Red Hat's images configure eth0; a name by slot or MAC address would not be configured.", _CURE,
         "Microsoft: redhat-create-upload-vhd", card_names, _FIX,
         choice="The general page, Red Hat's and Oracle's want net.ifnames=0, Ubuntu's and SUSE's do not: only asked of Red Hat's family."),
    Rule("R30a", "The boot is not quiet, and crashkernel is not auto", WARNING,
         "A graphical or quiet boot says nothing on the serial console; crashkernel=auto takes 128 MiB or more of small machines.", _CURE,
         "Microsoft: create-upload-generic", quiet_boot, _FIX, marketplace=WARNING,
         choice="Ubuntu's page keeps quiet splash, all others remove them: removed. An explicit crashkernel=256M stays."),
    Rule("R30b", "The provisioning DVD is not hidden", ERROR,
         "openSUSE's libata.atapi_enabled=0 and reserve=0x1f0,0x8 hide the DVD that the provisioning data comes on.", _CURE,
         "Microsoft: suse-create-upload-vhd", hidden_dvd, _FIX),
    Rule("R33", "GRUB's menu is on the serial console", NOTE,
         "Without it no other entry can be chosen when the default one does not boot.", "Run the role guest_boot: GRUB_TERMINAL=\"serial console\".",
         "Microsoft: redhat-create-upload-vhd; serial-console-grub", serial_menu, "guest_boot"),
    Rule("R33b", "There is a login on the serial console", NOTE,
         "systemd offers one on the console of the kernel's command line; masked, the serial console shows messages and lets nobody in.",
         "Run `systemctl unmask serial-getty@ttyS0.service`.", "Microsoft: serial-console-linux", serial_login, ""),
]
