# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What on the started command line keeps the boot from ever coming to a login.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, time_span, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import FALSE, TRUE, Units
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, huge_pages, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import generator, images, starts_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import initramfs_of, last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE

_SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "true", "false", "sulogin"])
#: Programs that are no init, and start none by themselves.
_NO_INIT = re.compile(r"(python|perl|ruby)[\d.]*$|(login|getty|agetty|cat|echo|sleep|vi|vim|nano|ls|env|sudo|su|systemctl|poweroff|reboot|halt|shutdown)$")
#: Words that init takes for a run level without a login over the network. Source: systemd, kernel-command-line(7); sysvinit init(8).
_RUN_LEVELS = {"single": "rescue", "s": "rescue", "S": "rescue", "-s": "rescue", "1": "rescue", "rescue": "rescue", "emergency": "emergency", "-b": "emergency"}
#: Names that stop the initramfs, and which. Source: dracut.cmdline(7), initramfs-tools(7), mkinitcpio(8).
_STOPS = {
    "rd.break": ("dracut",),
    "rdbreak": ("dracut",),
    "rd.emergency_break": ("dracut",),
    "break": ("initramfs-tools", "mkinitcpio"),
}
_BOOTING_TARGETS = re.compile(r"(multi-user|graphical|default|runlevel[2-5])\.target$")
#: Units of which the boot, or the first login, needs each that is in use.
_NEEDED = re.compile(
    r"(sshd?|ssh(d)?-keygen.*|dropbear|walinuxagent|waagent|cloud-(init|init-local|init-main|init-network|config|final)|NetworkManager|"
    r"systemd-networkd|networking|network|wicked|systemd-udevd|systemd-udev-trigger|systemd-user-sessions|dbus|dbus-broker)\.(service|socket)$|"
    r"(multi-user|graphical|basic|sysinit|local-fs|network|network-online|sockets|cloud-config|cloud-init)\.target$|-\.mount$|(system|-)\.slice$"
)
#: What systemd, udev and the initramfs look for in the whole line, also behind ``--``. Source: systemd src/basic/proc-cmdline.c; init of initramfs-tools.
_OF_PROGRAMS = re.compile(r"(systemd|udev|rd)\.|(rdbreak|break|boot|init)$")
#: Functions with which drivers of Hyper-V and its disk, ACPI, the initramfs and file systems of a root start. Source: module_init() and initcalls of Linux.
_INITCALLS = (
    r"(^|,)(init_)?((hv|hyperv|storvsc|netvsc|sd)_|(acpi_init|populate_rootfs|ext4_init_fs|ext4_fs|init_xfs_fs|xfs_fs|init_btrfs_fs|btrfs_fs|dm_init)(,|$))"
)
_INSTALLERS = {"boot": ("casper", "live", "nfs")}
LEAST_MEMORY = 512 * 1024 * 1024  # bytes; the smallest size of Azure, B1ls
#: Of boot_delay, milliseconds behind each of the some thousand messages of a boot; the kernel takes none above the most. Source: kernel/printk/printk.c.
_SLOWEST, _MOST_DELAY = 1000, 10000
_LONGEST_DELAY = 60  # seconds, of udev.exec_delay
_LEAST_LEFT = 256 * 1024 * 1024  # bytes beside huge pages, where the line itself says how much there is


@rule(
    "R63",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="Nothing on the started command line keeps the boot from its login",
    fault="The started command line never comes to a login",
    why="A shell in place of init, a rescue target, a stop in the initramfs, a masked service or too little memory waits for somebody at the console.",
    cure="Remove the parameter with grub_cmdline absent.",
    source="Linux Documentation/admin-guide/kernel-parameters; systemd kernel-command-line(7); dracut.cmdline(7); initramfs-tools(7)",
    choice="Huge pages of 512 MiB and more, all that the smallest size of Azure has, for an image does not know the size of its machines.",
)
def comes_to_a_login(context):
    """Return failed with each parameter of an entry that starts by itself after which nobody can log in."""
    lines = started_lines(context)
    if not lines:
        return not_applicable("no boot loader that is known here starts this guest")
    return failed_if(
        parameter.place._replace(text=f"{parameter.text}: {cause}; {parameter.place.text}") for line in lines for parameter, cause in _stops(context, line)
    )


def _stops(context, line):
    """Return [(Parameter, why the boot stops (str))] of a StartedLine."""
    read = [parameter for parameter in line.arguments if _OF_PROGRAMS.match(parameter.name) or parameter.text in _RUN_LEVELS]
    line = line._replace(parameters=line.parameters + read)
    found = _unit_of_init(context, line)
    for parameter in line.parameters:
        cause = _word(context, parameter, line) or _word_of_initramfs(context, parameter, line)
        if cause:
            found.append((parameter, cause))
    for name in ("init", "rdinit", "systemd.unit", "rd.systemd.unit", "mem"):
        parameter = last(line, name)
        cause = _VALUES[name](context, _unquoted(parameter), line) if parameter is not None else ""
        if cause:
            found.append((parameter, cause))
    return found + _huge_pages(line) + _memory_map(line)


def _unit_of_init(context, line):
    """Return [(Parameter, why the boot stops (str))] of a ``--unit=`` behind ``--``, which systemd takes before all else. Source: systemd(1)."""
    named = [parameter for parameter in line.arguments if parameter.text.startswith("--unit=")][-1:]
    return [(parameter, cause) for parameter in named for cause in [_target(context, _unquoted(parameter), line)] if cause]


def _is_mounted_to_write(line):
    """Return whether the kernel or the initramfs mounts the root to write: the last of ro and rw counts."""
    return [parameter.text for parameter in line.parameters if parameter.text in ("ro", "rw")][-1:] == ["rw"]


def _word(context, parameter, line):
    """Return why one parameter stops the boot wherever it stands, "" when it does not."""
    name, value = parameter.name, parameter.value
    if value is None and parameter.text in _RUN_LEVELS:
        return f"init goes to {_RUN_LEVELS[parameter.text]}.target"
    if name == "acpi" and value in ("off", "ht"):
        return "Hyper-V's bus is found by ACPI, and the disk and the network on it"
    if name == "scsi_mod.scan" and value in ("none", "manual"):
        return "the kernel looks for no disk"
    if re.match(r"sysctl[./]kernel[./]modules_disabled$", name) and value not in ("0", ""):
        return "no module is loaded"
    if name == "systemd.wants":
        return _goes_no_further(value or "")
    if name == "noinitrd" and value is None:
        return "the initramfs, with the drivers of the disk, is not used"
    if name == "nomodule" and value is None:
        return "no module is loaded"
    if name in ("nolapic", "disableapic") and value is None:
        return "Hyper-V's bus interrupts by the local APIC, which is not used"
    if name == "nopv" and value is None:
        return "the kernel does not look for Hyper-V, and finds neither its disk nor its network"
    if name == "initcall_blacklist" and re.search(_INITCALLS, value or ""):
        return "a driver of Hyper-V, or of the root, does not start"
    if name == "boot_delay" and value and value.isdigit() and _SLOWEST <= int(value[:9]) <= _MOST_DELAY and _delays_messages(context, line):
        return f"the kernel waits {value} ms behind each of its messages, and Azure for no machine that long"
    if name in ("udev.exec_delay", "rd.udev.exec_delay") and (time_span.seconds(value or "") or 0) >= _LONGEST_DELAY:
        return "udev waits that long before each program of its rules, and whoever waits for the device gives up"
    if name == "systemd.run":
        return "systemd runs this command and powers off"
    if name == "systemd.volatile" and value == "state":
        return "an empty file system is mounted over /var at every boot"
    if name == "systemd.confirm_spawn" and value not in FALSE:
        return "systemd asks at the console before it starts each unit"
    unit = value if value and re.search(r"\.[a-z]+$", value) else f"{value}.service"
    if name == "systemd.mask" and unit == "systemd-remount-fs.service" and not _is_mounted_to_write(line):
        return "the root stays read-only, as the kernel mounts it"
    if name == "systemd.mask" and _NEEDED.match(unit) and _is_in_use(context, unit):
        return "the boot or the first login needs this unit"
    return ""


def _word_of_initramfs(context, parameter, line):
    """Return why one parameter stops the initramfs that the line is read by, "" when it does not."""
    name, value = parameter.name, parameter.value
    if name in _STOPS and _may_be_by(context, line, *_STOPS[name]):
        return "the initramfs stops and opens a shell"
    if name == "rd.systemd.wants" and _may_be_by(context, line, "systemd"):
        return _goes_no_further(value or "")
    # systemd does it in the initramfs alone: the service asserts /etc/initrd-release
    if name == "systemd.volatile" and (value or "yes") in TRUE and _may_be_by(context, line, "systemd"):
        return "systemd starts with /usr alone: without the accounts and settings of /etc"
    if name == "rd.cmdline" and value == "ask" and _may_be_by(context, line, "dracut"):
        return "the initramfs asks at the console for a command line"
    if value in _INSTALLERS.get(name, ()) and _may_be_by(context, line, "initramfs-tools"):
        return "the initramfs looks for the medium of an installer"
    return ""


def _may_be_by(context, line, *names):
    """Return whether the initramfs of a StartedLine was built by one of the names (str), or has ``systemd`` for its init; one that is not known may be."""
    known = [({generator(files)} | ({"systemd"} if starts_systemd(files) else set())) for files in initramfs_of(context, line.entry)]
    return not known or any("" in kinds or kinds.intersection(names) for kinds in known)


def _unquoted(parameter):
    """Return the value (str) of a Parameter without quotes around it."""
    return re.sub(r"^\"(.*)\"$", r"\1", parameter.value or "")


def _delays_messages(context, line):
    """Return whether the kernel of a StartedLine knows boot_delay, as those of distributions do, whose configurations say otherwise of others."""
    kernel = line.entry.kernel
    version = kernels.version_of(context.tree, kernel) if kernel and context.tree.is_file(kernel) else None
    return version is None or drivers.configuration(context.tree, version).get("BOOT_PRINTK_DELAY") != "n"


def _is_in_use(context, unit):
    """Return whether a unit is there and started; targets, and what other units start, always are."""
    if unit.endswith((".target", ".mount", ".slice")):
        return True
    return services.state(context.tree, [unit]) == services.ENABLED


def _init(context, value, line):
    name = posixpath.basename(value)
    if name in _SHELLS:
        return "this shell is started in place of init"
    if _NO_INIT.match(name):
        return "this program is started in place of init"
    # words behind the program are a part of its name; initramfs-tools takes /sbin/init in place of what is not there
    if value.startswith("/") and not context.tree.exists(value) and _may_be_by(context, line, "systemd", "dracut", "mkinitcpio", "mkinitfs"):
        return "this program is not there"
    return ""


def _first_init(context, value, _line):
    if posixpath.basename(value) in _SHELLS:
        return "this shell is started in place of the initramfs's init"
    read = [image.files for image in context.shared(images) if image.files]
    if value.startswith("/") and read and not any(files.lstat(value) is not None for files in read):
        return "no initramfs has this program: the kernel mounts the root by itself, without its drivers"
    return ""


def _target(context, value, _line):
    if _BOOTING_TARGETS.match(value):
        return ""
    if re.match(r"(rescue|emergency|poweroff|halt|reboot|shutdown|runlevel[016]|system-update|sleep|suspend|hibernate)\.(target|service)$", value):
        return "systemd goes there and no further"
    if not services.unit_path(context.tree, value):
        return "systemd has no such unit, and goes to emergency.target"
    reached = unit_reach.reached_from(context.shared(Units), value)
    return "" if "multi-user.target" in reached else "this unit does not pull in multi-user.target"


def _first_target(context, value, line):
    return _goes_no_further(value) if _may_be_by(context, line, "systemd") else ""


def _goes_no_further(value):
    return "systemd goes there and no further" if re.match(r"(rescue|emergency|halt|poweroff|reboot)\.(target|service)$", value) else ""


def _memory(_context, value, _line):
    size = huge_pages.size_of(value)
    return f"the kernel uses no more, and needs {LEAST_MEMORY // 1024**2} MiB" if size is not None and size < LEAST_MEMORY else ""


def _huge_pages(line):
    """Return [(Parameter, why the boot stops (str))] of the huge pages of a StartedLine: what they take is gone before any program starts."""
    pages, memory = last(line, "hugepages"), last(line, "mem")
    taken = huge_pages.reserved(named(line))
    there = huge_pages.size_of(memory.value) if memory is not None else None
    if pages is None or not taken or taken < LEAST_MEMORY and (there is None or there - taken >= _LEAST_LEFT):
        return []
    beside = f" of {there >> 20}" if there is not None else ""
    return [(pages, f"{taken >> 20}{beside} MiB are taken for huge pages, and the smallest size of Azure has {LEAST_MEMORY >> 20}")]


def _memory_map(line):
    """Return [(Parameter, why the boot stops (str))] of memmap=, by which memory is taken, or all that there is named. Source: kernel-parameters.txt."""
    parameters = [parameter for parameter in line.parameters if parameter.name == "memmap"]
    found, exact = [], None
    for parameter in parameters:
        for part in (parameter.value or "").split(","):
            size, sign, start = re.match(r"([^@$#!%]*)([@$#!%]?)(.*)$", part).groups()
            size, start = huge_pages.size_of(size) or 0, huge_pages.size_of(start) or 0
            if part == "exactmap":
                exact = (parameter, 0)
            elif exact is not None and sign == "@":
                exact = (parameter, exact[1] + size)
            elif sign in ("$", "!") and start < LEAST_MEMORY // 2 and start + size > 2 * LEAST_MEMORY:
                found.append((parameter, "the kernel does not use this memory, and the smallest sizes of Azure have no more"))
    if exact is not None and exact[1] < LEAST_MEMORY:
        found.append((exact[0], f"the kernel uses no more than {exact[1] >> 20} MiB, and needs {LEAST_MEMORY >> 20}"))
    return found


def named(line):
    """Return the [(name, value)] of the parameters of a StartedLine."""
    return [(parameter.name, parameter.value) for parameter in line.parameters]


_VALUES = {"init": _init, "rdinit": _first_init, "systemd.unit": _target, "rd.systemd.unit": _first_target, "mem": _memory}

RULES = [comes_to_a_login]
