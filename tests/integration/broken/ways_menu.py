# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine in GRUB's own language, what systemd and the kernel take from the command line, and units that wait in a circle."""

import re

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_boot import MENU, parameters
from integration.broken.ways_limits import manager
from integration.broken.ways_root import FSTAB, drop_in, fstab, written
from integration.broken.ways_system import service

_LATER = "### END /etc/grub.d/10_linux ###"


def first(text):
    """Return the way in which lines stand before the menu."""
    return lambda layer: layer.first(MENU, text + "\n")


def at_end(text):
    return lambda layer: layer.append(MENU, text + "\n")


def before_kernel(text):
    """Return the way in which each entry has a command more before its kernel."""
    return lambda layer: layer.replace(MENU, "\tlinux\t", f"\t{text}\n\tlinux\t")


def after_initramfs(text):
    return lambda layer: layer.write(MENU, re.sub(r"(\tinitrd\t.*)", rf"\1\n\t{text}", layer.read(MENU)))


def around_entries(opening, closing):
    """Return the way in which the entries of Linux stand between two lines."""
    return lambda layer: (
        layer.replace(MENU, "menuentry 'Debian GNU/Linux' ", f"{opening}\nmenuentry 'Debian GNU/Linux' "),
        layer.replace(MENU, _LATER, f"{closing}\n{_LATER}"),
    )


def around_kernel(condition):
    """Return the way in which the entries load their kernel where a condition holds."""
    return lambda layer: layer.write(MENU, re.sub(r"(?m)^(\tlinux\t.*)$", rf"\tif {condition}; then\n\1\n\tfi", layer.read(MENU)))


def bios(change):
    """Return a way of a GRUB whose modules are files."""
    return lambda layer: (layer.needs("/boot/grub/i386-pc/command.lst"), change(layer))


def grubenv(**variables):
    """Return the way in which GRUB's environment block has variables."""
    text = "# GRUB Environment Block\n" + "".join(f"{name}={value}\n" for name, value in variables.items())
    return lambda layer: (layer.needs(MENU), layer.write("/boot/grub/grubenv", text + "#" * (1024 - len(text))))


def without_timeout(layer):
    """Have a menu that nothing gives a timeout."""
    layer.write(MENU, re.sub(r"(?m)^(\s*)set timeout=.*$", r"\1true", layer.read(MENU)))


def search(text):
    """Return the way in which the entries have other lines in place of their search; UUID stands for their own."""

    def change(layer):
        found = re.search(r"search --no-floppy --fs-uuid --set=root (\S+)", layer.read(MENU))
        if found is None:
            raise DoesNotApply("the entries search otherwise")
        layer.replace(MENU, found.group(), text.replace("UUID", found.group(1)))

    return change


#: {what was done: how}
WAYS = {
    "grubenv has another prefix": grubenv(prefix="(hd0,msdos1)/boot/gone"),
    "grubenv asks for a password": grubenv(superusers="root"),
    "the menu has no timeout": without_timeout,
    "the entries unset root": before_kernel("unset root"),
    "the entries look for the kernel below /boot on a /boot of its own": lambda layer: layer.replace(MENU, "\t/vmlinuz", "\t/boot/vmlinuz"),
    "the entries set root to nothing": before_kernel("set root="),
    "the entries set root without set": before_kernel("root=hd7"),
    "the entries set root to a whole disk": before_kernel("set root=(hd0)"),
    "the entries search a label that is nowhere, on a second disk": search("set root=hd1,msdos1\n\tsearch --no-floppy --label --set=root nowhere"),
    "the menu sets root to a second disk, and the entries do not search": lambda layer: (search("true")(layer), first("set root=hd1,msdos1")(layer)),
    "the entries name their kernel on a second disk": lambda layer: layer.write(MENU, layer.read(MENU).replace("\tlinux\t/", "\tlinux\t(hd1,msdos1)/")),
    "the entries name their initramfs on a second disk": lambda layer: layer.write(MENU, layer.read(MENU).replace("\tinitrd\t/", "\tinitrd\t(hd1,msdos1)/")),
    "the menu looks for modules on a second disk": bios(first("set prefix=(hd1)/boot/grub")),
    "the entries look for modules where none are": bios(before_kernel("set prefix=/boot/grub.old")),
    "the menu cuts the memory": first("cutmem 1M 4G"),
    "the entries cut the memory": before_kernel("cutmem 0x1000000 0x100000000"),
    "the menu has all memory as bad": first("badram 0x00000000,0x00000000"),
    "the entries take their kernel from a file that is not there": before_kernel("loopback loop /boot/gone.iso\n\tset root=(loop)"),
    "the entries load their kernel where a file is that is not there": around_kernel("[ -f /boot/gone ]"),
    "the entries stand under the condition that a file is there": around_entries("if [ -e /boot/gone ]; then", "fi"),
    "the entries forget where the modules are": bios(before_kernel("unset prefix")),
    "the menu halts under a condition that always holds": first("if true; then halt; fi"),
    "the menu waits in a loop": at_end("while true; do sleep 1; done"),
    "the menu reads itself": first("configfile $prefix/grub.cfg"),
    "the menu reads itself at its end": at_end("source ${prefix}/grub.cfg"),
    "the entries exit": before_kernel("exit"),
    "the entries halt behind their initramfs": after_initramfs("halt"),
    "the entries sleep": before_kernel("sleep 7200"),
    "the entries wait for a line": before_kernel("read answer"),
    "the entries stand under a condition that never holds": around_entries("if false; then", "fi"),
    "the entries are those of another platform": around_entries('if [ "$grub_platform" = "xen" ]; then', "fi"),
    "the entries stand in a function that nobody calls": around_entries("function linux_entries {", "}"),
    "the menu has an if that nothing ends": lambda layer: layer.write(MENU, layer.read(MENU).replace("\nmenuentry ", "\nif true; then\nmenuentry ", 1)),
    "the menu has a quote that is open": first("set pager='1"),
    "the entries have an empty condition": before_kernel("if true; then\n\tfi"),
    "the entries have no end": lambda layer: layer.write(MENU, layer.read(MENU).replace("\n}\n", "\n")),
    "the menu wants signatures": first("insmod pgp\nset check_signatures=enforce"),
    "the entries trust a key, and their kernel has no signature": before_kernel("trust /boot/own.pub\n\tset check_signatures=enforce"),
    "GRUB's module of the menu is gone": bios(lambda layer: layer.remove("/boot/grub/i386-pc/normal.mod")),
    "GRUB's module of Linux is gone": bios(lambda layer: layer.remove("/boot/grub/i386-pc/linux.mod")),
    "GRUB's module of Linux is cut to half its size": bios(lambda layer: layer.cut("/boot/grub/i386-pc/linux.mod")),
    "a module that GRUB's module of Linux needs is empty": bios(lambda layer: layer.write("/boot/grub/i386-pc/relocator.mod", b"")),
    # the command line
    "init is an interpreter": parameters("init=/usr/bin/python3"),
    "the local APIC is not used": parameters("nolapic"),
    "the initcall of ACPI is banned": parameters("initcall_blacklist=acpi_init"),
    "the initcall that unpacks the initramfs is banned": parameters("initcall_blacklist=populate_rootfs"),
    "the command line takes the search path from all services": parameters("systemd.setenv=PATH="),
    "the command line gives all services another search path": parameters("systemd.setenv=PATH=/opt/none"),
    "the command line gives services no time": parameters("systemd.default_timeout_start_sec=1ms"),
    "the command line gives devices no time": lambda layer: (layer.needs("/boot/efi/EFI"), parameters("systemd.default_device_timeout_sec=1ms")(layer)),
    "systemd gives devices no time": lambda layer: (layer.needs("/boot/efi/EFI"), manager("DefaultDeviceTimeoutSec=1ms")(layer)),
    "fstab gives a device no time": lambda layer: (
        layer.needs("/boot/efi/EFI"),
        layer.write(FSTAB, re.sub(r"(/boot/efi\s+vfat\s+)", r"\1x-systemd.device-timeout=1ms,", layer.read(FSTAB))),
    ),
    "the command line has systemd run a command and restart": parameters("systemd.run=/bin/true systemd.run_success_action=reboot"),
    "the command line has /var empty at every boot": parameters("systemd.volatile=state"),
    "the command line masks what finds devices": parameters("systemd.mask=systemd-udev-trigger.service"),
    "the command line masks the slice of all services": parameters("systemd.mask=system.slice"),
    "the command line passes over fstab": parameters("fstab=no"),
    "the command line lets packets die on the way": parameters("sysctl.net.ipv4.ip_default_ttl=1"),
    "the command line allows few threads": parameters("sysctl.kernel.threads-max=60"),
    "the command line gives services no files of their own": parameters("sysctl.user/max_mnt_namespaces=0"),
    "the command line promises nobody memory": parameters("sysctl.vm.overcommit_memory=2 sysctl.vm.overcommit_ratio=1"),
    "the command line has a program that loads no module": parameters("sysctl.kernel.modprobe=/bin/false"),
    # units in a circle, and what the kernel has to know of a service
    "ssh comes before what it comes behind": drop_in("ssh", "[Unit]\nBefore=sysinit.target\n"),
    "the agent comes before the file systems": drop_in("walinuxagent", "[Unit]\nBefore=local-fs.target\n"),
    "ssh and the agent wait for each other": lambda layer: (
        drop_in("ssh", "[Unit]\nAfter=walinuxagent.service\n")(layer),
        drop_in("walinuxagent", "[Unit]\nAfter=ssh.service\n")(layer),
    ),
    "ssh and a unit wait for each other": lambda layer: (
        drop_in("ssh", "[Unit]\nAfter=own.service\n")(layer),
        service("own", "[Unit]\nAfter=ssh.service\n[Service]\nType=oneshot\nExecStart=/bin/true\n")(layer),
    ),
    "the network comes behind all that needs it": lambda layer: (
        layer.needs("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"),
        drop_in("systemd-networkd", "[Unit]\nAfter=multi-user.target\n")(layer),
    ),
    "the basic target comes behind the last": written("/etc/systemd/system/basic.target.d/z.conf", "[Unit]\nAfter=multi-user.target\n"),
    "ssh has a profile of AppArmor that is not there": drop_in("ssh", "[Service]\nAppArmorProfile=nothing_of_this_name\n"),
    "the agent has a profile of AppArmor that is not there": drop_in("walinuxagent", "[Service]\nAppArmorProfile=/usr/sbin/nothing\n"),
}

#: {what was done: how}, which is right
CONTROLS = {
    "grubenv has a timeout that the menu sets again": grubenv(timeout="-1", default="7"),
    "grubenv has variables of nobody": grubenv(mine="1", kernelopts="quiet"),
    "the menu has a picture and a font that are not there": first("background_image /boot/none.png\nloadfont /boot/none.pf2\nset theme=/boot/none/theme.txt"),
    "the menu reads a file that is not there": first("source /boot/none.cfg"),
    "the menu loads a module that is not there": first("insmod nothing_of_this_name"),
    "the menu has a command that is not there": first("lockdown"),
    "the menu has an entry without end behind all others": at_end("menuentry 'Own' {\n echo own"),
    "the menu has a quote that is open behind all entries": at_end("echo it's late"),
    "the menu has an if that the first function ends": first("if true; then"),
    "the menu has a fi and a } too many": first("fi\n}"),
    "the menu wants no signatures": first("insmod pgp\nset check_signatures=no"),
    "the menu halts on another platform": first("if [ x$grub_platform = xxen ]; then halt; fi"),
    "the menu has entries that halt": at_end("menuentry 'Off' {\n halt\n}\nmenuentry 'Again' {\n reboot\n}\nmenuentry 'Leave' {\n exit\n}"),
    "the menu has an entry of another disk": at_end("menuentry 'Windows' {\n insmod ntfs\n set root=(hd1,1)\n chainloader +1\n}"),
    "the menu has a function that exits": first("function leave {\n exit\n}"),
    "the menu looks for fonts where none are": first("search --no-floppy --fs-uuid --set=fonts 11111111-2222-3333-4444-555555555555"),
    "the menu asks for a key": first("if keystatus --shift; then\n set timeout=-1\nelse\n set timeout=2\nfi\nset fallback=1\nset pager=1"),
    "the menu opens a file as a disk that is not there": first("loopback loop /boot/gone.iso"),
    "the entries load their kernel where a file is that is there": around_kernel("[ -f /boot/grub/grub.cfg ]"),
    "the entries load their kernel where a file is not there": around_kernel("! test -f /boot/gone"),
    "the menu cuts little memory": first("cutmem 0x40000000 0x40100000\nbadram 0x12345000,0xfffff000"),
    "the menu sets its prefix again": first("set prefix=$prefix\nexport prefix"),
    "the entries search with hints": search(
        "set root='hd0,msdos1'\n\tif [ x$feature_platform_search_hint = xy ]; then\n"
        "\t  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint-efi=hd0,msdos1 UUID\n"
        "\telse\n\t  search --no-floppy --fs-uuid --set=root UUID\n\tfi"
    ),
    "the entries search a UUID that is nowhere, and GRUB's own disk is right": search(
        "search --no-floppy --fs-uuid --set=root 11111111-2222-3333-4444-555555555555"
    ),
    "the entries name their kernel by the variable root": lambda layer: layer.write(MENU, layer.read(MENU).replace("\tlinux\t/", "\tlinux\t($root)/")),
    "the entries stand under a condition that always holds": around_entries("if [ x$feature_menuentry_id = xy ]; then", "fi"),
    "GRUB's modules that nothing needs are gone": bios(lambda layer: layer.remove("/boot/grub/i386-pc/gfxterm.mod", "/boot/grub/i386-pc/affs.mod")),
    "the entries keep the video mode": before_kernel("set gfxpayload=keep"),
    "the entries say what they do not do": before_kernel("echo 'halt; exit'"),
    "the command line says what systemd does anyway": parameters(
        "systemd.setenv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin systemd.default_timeout_start_sec=3min "
        "systemd.show_status=yes systemd.getty_auto=no systemd.firstboot=no systemd.condition-needs-update=no"
    ),
    "the command line has the kernel's settings of a hardening": parameters(
        "sysctl.kernel.kptr_restrict=2 sysctl.net.ipv4.ip_default_ttl=128 sysctl.vm.swappiness=10 sysctl.net.core.somaxconn=4096"
    ),
    "the command line has a hardening": parameters(
        "slab_nomerge init_on_alloc=1 init_on_free=1 page_alloc.shuffle=1 pti=on randomize_kstack_offset=on vsyscall=none debugfs=off oops=panic "
        "lockdown=integrity mce=0 mitigations=auto,nosmt quiet loglevel=0 random.trust_cpu=off"
    ),
    "the command line has kdump": parameters("crashkernel=256M"),
    "fstab gives a device ten seconds": fstab("UUID=11111111-2222-3333-4444-555555555555 /data ext4 nofail,x-systemd.device-timeout=10s 0 2"),
    "sysctl takes back what the command line says": lambda layer: (
        parameters("sysctl.net.ipv4.ip_default_ttl=1")(layer),
        written("/etc/sysctl.d/zz-own.conf", "net.ipv4.ip_default_ttl = 64\n")(layer),
    ),
    "two units that nobody needs wait for each other": lambda layer: (
        service("one", "[Unit]\nAfter=two.service\n[Service]\nType=oneshot\nExecStart=/bin/true\n")(layer),
        service("two", "[Unit]\nAfter=one.service\n[Service]\nType=oneshot\nExecStart=/bin/true\n")(layer),
    ),
    "a unit comes before the services, as it may": service(
        "own", "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\nBefore=sysinit.target\n[Service]\nType=oneshot\nExecStart=/bin/true\n", "sysinit.target"
    ),
    "a unit comes behind the target that wants it": service("own", "[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nExecStart=/bin/true\n"),
    "ssh has a profile of AppArmor that may be missing": drop_in("ssh", "[Service]\nAppArmorProfile=-nothing_of_this_name\n"),
    "ssh has a profile of AppArmor of its own": lambda layer: (
        layer.write("/etc/apparmor.d/own", "profile own_sshd flags=(complain) {\n}\n"),
        drop_in("ssh", "[Service]\nAppArmorProfile=own_sshd\n")(layer),
    ),
    "ssh has a context of SELinux, which is off": drop_in("ssh", "[Service]\nSELinuxContext=system_u:system_r:nothing_t:s0\n"),
}
