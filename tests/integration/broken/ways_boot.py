# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine between its boot loader and its root file system."""

import re
import stat

from integration.broken.cpio import Member
from integration.broken.overlay import DoesNotApply

NETWORK = "/etc/systemd/network/20-dhcp.network"
MENU = "/boot/grub/grub.cfg"
BY_UUID = "root=UUID="


def version(layer):
    """Return the version (str) of the guest's kernel."""
    return layer.tree.listdir("/lib/modules")[0]


def kernel(layer):
    """Return the path of the kernel that starts."""
    return _started(layer, f"/boot/vmlinuz-{version(layer)}", "/boot/efi/*/*/linux")


def initrd(layer):
    """Return the path of the initramfs that is loaded."""
    return _started(layer, f"/boot/initrd.img-{version(layer)}", "/boot/efi/*/*/initrd*")


def _started(layer, of_grub, of_entries):
    if layer.tree.exists(MENU):
        return of_grub
    found = layer.tree.glob(of_entries)
    if not found:
        raise DoesNotApply("what starts is a unified kernel image")
    return found[0]


def zeroed(share, count=4096):
    """Return the way in which count bytes of the kernel are zeros, at a share (float) of its file, or of its part of a unified kernel image."""

    def change(layer):
        path = (layer.tree.glob("/boot/efi/EFI/Linux/*.efi") or [kernel(layer)])[0]
        octets = bytearray(layer.tree.read_bytes(path))
        start = re.search(rb"\x55\xaa..HdrS", octets, re.DOTALL).start() - 0x1FE
        place = start + int(share * int.from_bytes(octets[start + 0x1F4 : start + 0x1F8], "little") * 16)
        octets[place : place + count] = bytes(count)
        layer.write(path, bytes(octets))

    return change


def signed(layer):
    """Put a further signature behind the kernel."""
    layer.write(kernel(layer), layer.tree.read_bytes(kernel(layer)) + bytes(8) + b"a signature")


def parameters(text):
    """Return the way in which parameters (str) are added to the end of every kernel line."""
    return lambda layer: layer.replace(MENU, "console=ttyS0,115200n8", f"console=ttyS0,115200n8 {text}")


def entry(old, new):
    """Return the way in which text of the entry of systemd-boot is another."""

    def change(layer):
        found = layer.tree.glob("/boot/efi/loader/entries/*.conf")
        if not found:
            raise DoesNotApply("there is no entry of systemd-boot")
        layer.replace(found[0], old, new)

    return change


def without_stub(layer):
    """Have the kernel begin as none that firmware starts."""
    found = layer.tree.glob("/boot/efi/*/*/linux")
    if not found:
        raise DoesNotApply("the kernel is not on the EFI system partition")
    layer.write(found[0], bytes(2) + layer.tree.read_bytes(found[0])[2:])


def root_is(device):
    """Return the way in which every kernel line has another root."""

    def change(layer):
        text = layer.read(MENU)
        if BY_UUID not in text:
            raise DoesNotApply("the menu does not name the root by its UUID")
        uuid = text.split(BY_UUID, 1)[1].split()[0]
        layer.write(MENU, text.replace(BY_UUID + uuid, f"root={device}"))

    return change


def without_lines(word):
    """Return the way in which the lines of the menu that begin with a word are gone."""
    return lambda layer: layer.write(MENU, "".join(line for line in layer.read(MENU).splitlines(True) if line.split()[:1] != [word]))


def early(change):
    """Return the way in which the initramfs is changed: change takes {name: Member}."""
    return lambda layer: layer.initramfs(change)


def without(*words):
    """Return what takes all members out of an initramfs whose names hold one of the words; there has to be one."""

    def change(members):
        gone = [name for name in members if any(word in name for word in words)]
        if not gone:
            raise DoesNotApply(f"nothing of {words} is in the initramfs")
        for name in gone:
            del members[name]

    return change


def with_file(name, content, mode=0o644):
    """Return what adds a file to an initramfs."""

    def change(members):
        members[name] = Member(stat.S_IFREG | mode, content)

    return change


def halved(word):
    """Return what cuts the members whose names hold a word to half their size."""

    def change(members):
        for name in [name for name in members if word in name and stat.S_ISREG(members[name].mode)]:
            members[name] = members[name]._replace(content=members[name].content[: len(members[name].content) // 2])

    return change


def replaced(name, content):
    """Return what gives all files of a name in an initramfs another content."""

    def change(members):
        found = [path for path in members if path.rpartition("/")[2] == name]
        if not found:
            raise DoesNotApply(f"the initramfs has no {name}")
        for path in found:
            members[path] = members[path]._replace(content=content)

    return change


def lvm_conf(section, line):
    """Return what gives lvm.conf of an initramfs a line in a section, and no other."""

    def change(members):
        if "etc/lvm/lvm.conf" not in members:
            raise DoesNotApply("the initramfs has no lvm.conf")
        members["etc/lvm/lvm.conf"] = members["etc/lvm/lvm.conf"]._replace(content=f"{section} {{\n\t{line}\n}}\n".encode())

    return change


def of_initramfs_tools(change):
    """Return what changes an initramfs of initramfs-tools: others need neither its programs nor its settings."""

    def way(members):
        if not any(name.startswith("scripts/") for name in members):
            raise DoesNotApply("the initramfs is of another tool")
        change(members)

    return way


def without_init(members):
    """Take /init out of an initramfs."""
    if members.pop("init", None) is None:
        raise DoesNotApply("/init is in another archive of the image")


def not_executable(name):
    def change(members):
        if name not in members:
            raise DoesNotApply(f"{name} is in another archive of the image")
        members[name] = members[name]._replace(mode=stat.S_IFREG | 0o644)

    return change


#: {what was done: how}
WAYS = {
    # the loader and the kernel
    "the menu is gone": lambda layer: layer.remove(MENU),
    "the menu is empty": lambda layer: (layer.needs(MENU), layer.write(MENU, "")),
    "the menu is cut off": lambda layer: (layer.needs(MENU), layer.cut(MENU, 0.3)),
    "the menu has no entry": lambda layer: (layer.needs(MENU), layer.write(MENU, "set timeout=5\n")),
    "the entries load no kernel": without_lines("linux"),
    "the entries load no initramfs": without_lines("initrd"),
    "the menu asks for a password": lambda layer: layer.write(
        MENU, 'set superusers="root"\npassword root x\n' + layer.read(MENU).replace("--class debian", "--class debian --users root")
    ),
    "the menu waits for ever": lambda layer: layer.replace(MENU, "set timeout=", "set timeout=-1 #"),
    "the kernel is gone": lambda layer: layer.remove(kernel(layer)),
    "the kernel is cut to half its size": lambda layer: layer.cut(kernel(layer)),
    "the kernel lacks its last sector": lambda layer: layer.write(kernel(layer), layer.tree.read_bytes(kernel(layer))[:-4096]),
    "the kernel is damaged in the middle": zeroed(0.5),
    "the kernel is damaged where it begins to be unpacked": zeroed(0.004, 65536),
    "the kernel is damaged in one sector near its end": zeroed(0.9, 512),
    "the kernel is empty": lambda layer: layer.write(kernel(layer), b""),
    "the kernel is a text": lambda layer: layer.write(kernel(layer), "not found\n"),
    "the initramfs is gone": lambda layer: layer.remove(initrd(layer)),
    "the initramfs is cut to half its size": lambda layer: layer.cut(initrd(layer)),
    "the initramfs is empty": lambda layer: layer.write(initrd(layer), b""),
    "the modules are gone": lambda layer: layer.remove(f"/lib/modules/{version(layer)}"),
    "modules.dep is gone": lambda layer: layer.remove(f"/lib/modules/{version(layer)}/modules.dep", f"/lib/modules/{version(layer)}/modules.dep.bin"),
    # the command line
    "root is a disk of the build machine": root_is("/dev/vda1"),
    "root is a UUID that is nowhere": root_is("UUID=11111111-2222-3333-4444-555555555555"),
    "root is a label that is nowhere": root_is("LABEL=system"),
    "root is a part of the table that is nowhere": root_is("PARTUUID=0badcafe-09"),
    "root is a logical volume that is nowhere": root_is("/dev/mapper/vg0-root"),
    "root is what the build's container mounts": root_is("overlay"),
    "root is a loop device": root_is("/dev/loop0p1"),
    "root is an array that is nowhere": root_is("/dev/md0"),
    "root is a UUID by a misspelt word": lambda layer: layer.replace(MENU, BY_UUID, "root=UIID="),
    "root is a UUID by a word of small letters": lambda layer: layer.replace(MENU, BY_UUID, "root=uuid="),
    "a second root= wins": parameters("root=/dev/sdb1"),
    "rootfstype of another file system": parameters("rootfstype=reiserfs"),
    "single": parameters("single"),
    "runlevel 1": parameters("1"),
    "rescue.target": parameters("systemd.unit=rescue.target"),
    "single behind --": parameters("-- single"),
    "rescue.target behind --": parameters("-- systemd.unit=rescue.target"),
    "init is told of rescue.target": parameters("-- --unit=rescue.target"),
    "a target without a login": parameters("systemd.unit=basic.target"),
    "the initramfs asks for a line": lambda layer: (layer.needs("/usr/lib/dracut/modules.d"), parameters("rd.cmdline=ask")(layer)),
    "a module that the storage driver needs is blacklisted": parameters("module_blacklist=scsi_transport_fc"),
    "the kernel is a program of EFI to systemd-boot, which loads no initramfs for it": entry("linux ", "efi "),
    "the kernel has no EFI stub, and systemd-boot is to start it": without_stub,
    "emergency": parameters("emergency"),
    "init is a shell": parameters("init=/bin/sh"),
    "init is not there": lambda layer: (layer.needs("/usr/lib/dracut/modules.d"), parameters("init=/sbin/upstart")(layer)),
    "break=premount": lambda layer: (layer.needs("/etc/initramfs-tools"), parameters("break=premount")(layer)),
    "break": lambda layer: (layer.needs("/etc/initramfs-tools"), parameters("break")(layer)),
    "mem=64M": parameters("mem=64M"),
    "acpi=off": parameters("acpi=off"),
    "the agent is masked": parameters("systemd.mask=walinuxagent.service"),
    "ssh is masked": parameters("systemd.mask=ssh.service"),
    "networkd is masked": lambda layer: (layer.needs(NETWORK), parameters("systemd.mask=systemd-networkd.service")(layer)),
    "the kernel waits behind each message": parameters("boot_delay=5000"),
    "udev waits before each program": parameters("udev.exec_delay=600"),
    "the storage driver is blacklisted": parameters("modprobe.blacklist=hv_storvsc"),
    "the bus is blacklisted": parameters("module_blacklist=hv_vmbus"),
    "the network driver is blacklisted": parameters("module_blacklist=hv_netvsc"),
    "an initcall is blacklisted": parameters("initcall_blacklist=init_hv_vmbus_drv modprobe.blacklist=hv_vmbus"),
    # the initramfs
    "the initramfs has no modules.dep": early(without("modules.dep")),
    "the initramfs has half a modules.dep.bin": early(halved("modules.dep.bin")),
    "the initramfs has a text for modules.dep.bin": early(replaced("modules.dep.bin", b"kernel/fs/xfs/xfs.ko:\n" * 20)),
    "the initramfs has zeros for modules.alias.bin": early(replaced("modules.alias.bin", bytes(4096))),
    "the initramfs has no /init": early(without_init),
    "the initramfs has an /init that cannot be run": early(not_executable("init")),
    "the initramfs has no C library": early(without("libc.so.6")),
    "the initramfs has no dynamic loader": early(without("ld-linux")),
    "the initramfs has half a C library": early(halved("libc.so.6")),
    "the initramfs has no shell": early(of_initramfs_tools(without("bin/sh", "bin/busybox", "bin/dash"))),
    "the initramfs has no udev": early(without("udevd", "udevadm")),
    "the initramfs has no modprobe": early(of_initramfs_tools(without("modprobe", "bin/kmod"))),
    "the initramfs has no mount": early(of_initramfs_tools(without("bin/mount", "bin/run-init", "bin/busybox"))),
    "the initramfs has no scripts": early(without("scripts/")),
    "the initramfs bans the storage driver": early(with_file("etc/modprobe.d/ban.conf", b"blacklist hv_storvsc\n")),
    "the initramfs bans the bus by install": early(with_file("etc/modprobe.d/ban.conf", b"install hv_vmbus /bin/false\n")),
    "the initramfs bans a module that the storage driver needs": early(with_file("etc/modprobe.d/ban.conf", b"install scsi_transport_fc /bin/true\n")),
    "the initramfs has no storage driver": early(without("hv_storvsc.ko")),
    "the initramfs has half a storage driver": early(halved("hv_storvsc.ko")),
    "the initramfs has no driver of the bus": early(without("hv_vmbus.ko")),
    "the initramfs has no driver of disks": early(without("sd_mod.ko")),
    "the initramfs has LVM activate another volume group alone": early(lvm_conf("activation", 'volume_list = ["vg9"]')),
    "the initramfs has LVM activate nothing by itself": early(of_initramfs_tools(lvm_conf("activation", "auto_activation_volume_list = [ ]"))),
    "the initramfs has LVM heed no events": early(of_initramfs_tools(lvm_conf("global", "event_activation = 0"))),
    "the initramfs has a root of its own": early(of_initramfs_tools(with_file("conf/param.conf", b"ROOT=/dev/vdb1\n"))),
}
