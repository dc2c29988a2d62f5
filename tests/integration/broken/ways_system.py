# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine between its firmware and a running system: siblings of ways_boot and ways_root, by other means."""

import stat

from integration.broken.cpio import Member
from integration.broken.overlay import DoesNotApply
from integration.broken.ways_boot import MENU, early, halved, initrd, kernel, of_initramfs_tools, parameters, version, with_file, without
from integration.broken.ways_root import FSTAB, drop_in, fstab, gone, masked, root_kind, with_agent, written


def menu(old, new):
    return lambda layer: layer.replace(MENU, old, new)


def module_gone(*names):
    """Return the way in which modules of the kernel are gone from the root."""

    def change(layer):
        found = [path for name in names for path in _modules(layer, name)]
        layer.remove(*found)

    return change


def _modules(layer, name):
    base = f"/lib/modules/{version(layer)}"
    listed = [line.partition(":")[0] for line in layer.read(f"{base}/modules.dep").splitlines()]
    return [f"{base}/{path}" for path in listed if path.rpartition("/")[2].startswith(name + ".ko")]


def module_is(name, content):
    def change(layer):
        for path in _modules(layer, name) or [None]:
            if path is None:
                raise DoesNotApply(f"there is no module {name}")
            layer.write(path, content)

    return change


def first_boot(change):
    """Return the way in which the next boot is the first, with one more change (of a Layer)."""

    def both(layer):
        layer.needs("/usr/lib/systemd/system/sysinit.target.wants/systemd-firstboot.service")
        layer.write("/etc/machine-id", "uninitialized\n")
        change(layer)

    return both


def no_time_zone(layer):
    """Take the time zone away, where the guest has one."""
    if layer.tree.lstat("/etc/localtime"):
        layer.remove("/etc/localtime")


def no_language(layer):
    """Have two languages and none of them chosen."""
    for name in ("C", "de_DE"):
        layer.write(f"/usr/lib/locale/{name}.utf8/LC_CTYPE", "")
    if layer.tree.lstat("/etc/locale.conf"):
        layer.remove("/etc/locale.conf")


def by_dracut(change):
    """Return a way of an initramfs of dracut."""
    return lambda layer: (layer.needs("/usr/lib/dracut/modules.d"), change(layer))


def service(name, text, target="multi-user.target"):
    """Return the way in which a unit is there that a target wants."""
    return lambda layer: (
        layer.write(f"/etc/systemd/system/{name}.service", text),
        layer.link(f"/etc/systemd/system/{target}.wants/{name}.service", f"/etc/systemd/system/{name}.service"),
    )


def root_options(text):
    """Return the way in which the root's line of fstab has other options."""

    def change(layer):
        lines = [line.split() for line in layer.read(FSTAB).splitlines()]
        layer.write(FSTAB, "".join(" ".join([*line[:3], text, *line[4:]] if line[1:2] == ["/"] else line) + "\n" for line in lines))

    return change


def root_driver(change, name=""):
    """Return the way in which change is done to the driver of the root's file system in the initramfs, or to the file of another name."""

    def way(layer):
        kind = next((line.split()[2] for line in layer.read(FSTAB).splitlines() if line.split()[1:2] == ["/"]), "")
        if f"/{kind}.ko" in layer.read(f"/lib/modules/{version(layer)}/modules.builtin"):
            raise DoesNotApply(f"{kind} is built in")
        layer.initramfs(change(name or f"/{kind}.ko"))

    return way


def of_ext4_that_is_built_in(way):
    def change(layer):
        if "/ext4.ko" not in layer.read(f"/lib/modules/{version(layer)}/modules.builtin"):
            raise DoesNotApply("ext4 is a module")
        way(layer)

    return change


def aliased(driver):
    """Return what turns the alias off by which the kernel asks for a file system. driver: str, as ``/xfs.ko``."""
    return with_file("etc/modprobe.d/z.conf", f"alias fs-{driver[1:-3]} off\n".encode())


def banned(driver):
    return with_file("etc/modprobe.d/z.conf", f"blacklist {driver[1:-3]}\n".encode())


def another_version(members):
    """Have the modules of the initramfs lie below the name of another kernel."""
    moved = [name for name in members if "lib/modules/" in name]
    if not moved:
        raise DoesNotApply("no modules in the initramfs")
    for name in moved:
        head, _found, tail = name.partition("lib/modules/")
        kept, _slash, rest = tail.partition("/")
        members[f"{head}lib/modules/{kept}.old{'/' + rest if rest else ''}"] = members.pop(name)


def only_microcode(layer):
    """Leave the initramfs what comes before its own archive."""
    head = b"070701" + b"".join(b"%08X" % field for field in (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0)) + b"TRAILER!!!\0"
    layer.write(initrd(layer), head + bytes(-len(head) % 4))


def flipped(layer):
    """Change a part in the middle of the initramfs."""
    octets = bytearray(layer.tree.read_bytes(initrd(layer)))
    middle = len(octets) // 2
    octets[middle : middle + 4096] = bytes(4096)
    layer.write(initrd(layer), bytes(octets))


def of_arm(layer):
    """Have a kernel for arm64."""
    layer.write(kernel(layer), b"MZ\0\x91" + bytes(52) + b"ARM\x64" + bytes(4_000_000))


def without_link(path):
    def change(layer):
        if not layer.tree.is_symlink(path):
            raise DoesNotApply(f"{path} is no link")
        layer.remove(path)

    return change


def folder_gone(path):
    def change(layer):
        layer.needs(path)
        layer.remove(path)

    return change


def of_logical_volumes(change):
    """Return what changes an initramfs that opens logical volumes."""

    def way(members):
        if not any(name.endswith("sbin/lvm") for name in members):
            raise DoesNotApply("the root is on no logical volume")
        change(members)

    return way


def other_options(layer):
    """Mount the root with options that its own file system knows."""
    root_options({"ext4": "noatime,errors=remount-ro,commit=30", "xfs": "noatime,logbufs=8"}.get(root_kind(layer), "noatime"))(layer)


#: {what was done: how}
WAYS = {
    "the first boot asks for the time zone": first_boot(no_time_zone),
    "the first boot asks for the language": first_boot(no_language),
    # GRUB
    "the menu starts a memory test": lambda layer: (
        layer.append(MENU, "menuentry 'Memory test' {\n linux16 /boot/memtest.bin\n}\n"),
        layer.replace(MENU, 'set default="0"', 'set default="Memory test"'),
    ),
    "the menu waits an hour": menu("set timeout=", "set timeout=3600 #"),
    "the menu waits for a line": lambda layer: layer.first(MENU, "read answer\n"),
    "the entries are for UEFI": lambda layer: (
        layer.needs("/boot/grub/i386-pc/command.lst"),
        layer.write(MENU, layer.read(MENU).replace("\tlinux\t", "\tlinuxefi\t").replace("\tinitrd\t", "\tinitrdefi\t")),
    ),
    "the menu sleeps": lambda layer: layer.first(MENU, "sleep 7200\n"),
    "the menu halts": lambda layer: layer.first(MENU, "halt\n"),
    "the entries load a kernel of another version": menu("linux\t/boot/vmlinuz-", "linux\t/boot/vmlinuz-9."),
    "the entries have the word linux alone": lambda layer: layer.write(
        MENU, "".join(line.split("linux")[0] + "linux\n" if line.split()[:1] == ["linux"] else line for line in layer.read(MENU).splitlines(True))
    ),
    "the kernel is for another processor": of_arm,
    "the kernel's modules are of another version": lambda layer: (
        layer.write(f"/lib/modules/{version(layer)}.old/modules.dep", layer.read(f"/lib/modules/{version(layer)}/modules.dep")),
        layer.remove(f"/lib/modules/{version(layer)}"),
    ),
    # the command line
    "there is no root=": lambda layer: layer.write(MENU, " ".join(word if not word.startswith("root=") else "" for word in layer.read(MENU).split(" "))),
    "noinitrd": parameters("noinitrd"),
    "rdinit is a shell": parameters("rdinit=/bin/sh"),
    "the target of the command line is not there": parameters("systemd.unit=nothing.target"),
    "the initramfs goes to its emergency target": by_dracut(parameters("rd.break")),
    "the first boot is told on the command line, and asks for the time zone": lambda layer: (
        first_boot(no_time_zone)(layer),
        layer.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        parameters("systemd.condition_first_boot=yes")(layer),
    ),
    "init has arguments": by_dracut(parameters('init="/lib/systemd/systemd --show-status=1"')),
    "the provisioning DVD is behind no PCI": lambda layer: (layer.needs("/boot/grub/i386-pc"), parameters("pci=off")(layer)),
    "runlevel S": parameters("S"),
    "runlevel s": parameters("s"),
    "rescue": parameters("rescue"),
    "-b": parameters("-b"),
    "the root has an option that its file system does not know": parameters("rootflags=nosuchoption"),
    "the initcall of the bus is banned": parameters("initcall_blacklist=hv_acpi_init"),
    "the initcall of the disks is banned": parameters("initcall_blacklist=storvsc_drv_init"),
    "the initcall of the cards is banned": parameters("initcall_blacklist=netvsc_drv_init"),
    "udev is masked": parameters("systemd.mask=systemd-udevd.service"),
    "the root is volatile": by_dracut(parameters("systemd.volatile=yes")),
    "the usr of the command line is of another disk": by_dracut(parameters("usrhash=" + 4 * "0123456789abcdef")),
    "systemd runs one command": parameters("systemd.run=/bin/true"),
    "the boot is one of a live medium": lambda layer: (layer.needs("/etc/initramfs-tools"), parameters("boot=live")(layer)),
    "the boot is one over the network": lambda layer: (layer.needs("/etc/initramfs-tools"), parameters("boot=nfs")(layer)),
    "rd.systemd.unit": parameters("rd.systemd.unit=emergency.target systemd.unit=emergency.target"),
    "root is a logical volume of another group": menu("root=/dev/mapper/vg0-root", "root=/dev/mapper/vg1-root"),
    "root is another logical volume": menu("root=/dev/mapper/vg0-root", "root=/dev/mapper/vg0-system"),
    "fstab has the root in another group": lambda layer: layer.replace(FSTAB, "/dev/mapper/vg0-root", "/dev/mapper/vg1-root"),
    # the initramfs
    "the initramfs has no lvm": early(without("sbin/lvm")),
    "the initramfs has no device mapper": early(of_logical_volumes(without("dm-mod.ko"))),
    "the initramfs is only what precedes it": only_microcode,
    "the initramfs is damaged in the middle": flipped,
    "the initramfs has the modules of another kernel": early(another_version),
    "the initramfs has no driver of the root's file system": root_driver(without),
    "the initramfs has half a driver of the root's file system": root_driver(halved),
    "the initramfs has another alias for the root's file system": root_driver(aliased),
    "the initramfs bans the driver of the root's file system": root_driver(banned),
    "the initramfs lacks what the driver of the root's file system needs": root_driver(without, "libcrc32c.ko"),
    "the initramfs boots over the network": early(of_initramfs_tools(with_file("conf/initramfs.conf", b"BOOT=nfs\n"))),
    "the initramfs has no modules.alias": early(without("modules.alias")),
    "the initramfs has a kmod that is a text": early(with_file("usr/bin/kmod", b"#!/bin/missing\n", 0o755)),
    "the initramfs has no way to its local scripts": early(without("scripts/local")),
    # the root
    "/lib64 is gone": without_link("/lib64"),
    "/bin is gone": without_link("/bin"),
    "/sbin is gone": without_link("/sbin"),
    "/bin/sh is gone": gone("/bin/sh"),
    "/bin/sh leads nowhere": lambda layer: layer.link("/bin/sh", "zsh"),
    "/proc is gone": folder_gone("/proc"),
    "/sys is gone": folder_gone("/sys"),
    "/dev is gone": folder_gone("/dev"),
    "/run is gone": folder_gone("/run"),
    "/var is gone": folder_gone("/var"),
    "/usr is gone": folder_gone("/usr"),
    "/etc is gone": folder_gone("/etc"),
    "nobody is looked up in files": lambda layer: layer.replace("/etc/nsswitch.conf", "files", "sss"),
    "passwd has a line that is none": written("/etc/passwd", "root\n"),
    # mounts
    "fstab is empty": written(FSTAB, ""),
    "fstab is gone": gone(FSTAB),
    "the root stays read-only": root_options("ro"),
    "the root runs no programs": root_options("noexec"),
    "the root's options are none": root_options("defaults,nosuchoption"),
    "the root is not mounted again": masked("systemd-remount-fs.service"),
    "fstab mounts a tmpfs over /etc": fstab("tmpfs /etc tmpfs defaults 0 0"),
    "fstab mounts a tmpfs over /usr": fstab("tmpfs /usr tmpfs defaults 0 0"),
    "fstab mounts by the name of a part that is nowhere": fstab("PARTLABEL=data /data ext4 defaults 0 2"),
    "fstab mounts an image that is not there": fstab("/srv/disk.img /data ext4 loop 0 0"),
    "fstab mounts what no kernel knows": fstab("UUID=11111111-2222-3333-4444-555555555555 /data zfs defaults 0 0"),
    "fstab mounts a share by 9p": fstab("hostshare /mnt/host 9p trans=virtio,version=9p2000.L 0 0"),
    "fstab mounts a share by virtiofs": fstab("hostshare /mnt/host virtiofs defaults 0 0"),
    "vfat is banned where the EFI system partition is mounted": lambda layer: (
        layer.needs("/boot/efi/EFI"),
        layer.write("/etc/modprobe.d/z.conf", "install vfat /bin/false\n"),
    ),
    # the system manager
    "sysinit.target requires a unit that is not there": lambda layer: layer.write(
        "/etc/systemd/system/sysinit.target.d/z.conf", "[Unit]\nRequires=mine.service\nAfter=mine.service\n"
    ),
    "basic.target requires a unit that is not there": lambda layer: layer.write("/etc/systemd/system/basic.target.d/z.conf", "[Unit]\nRequires=mine.service\n"),
    "multi-user.target requires a unit that is masked": lambda layer: (
        layer.write("/etc/systemd/system/multi-user.target.d/z.conf", "[Unit]\nRequires=mine.service\n"),
        layer.link("/etc/systemd/system/mine.service", "/dev/null"),
    ),
    "default.target is the target of the network alone": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/network.target"),
    "default.target is poweroff.target": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/poweroff.target"),
    "default.target is reboot.target": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/reboot.target"),
    "default.target is sysinit.target": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/sysinit.target"),
    "a unit powers the machine off": service("done", "[Service]\nType=oneshot\nExecStart=/usr/sbin/poweroff\n"),
    "a unit shuts the machine down": service("done", "[Service]\nType=oneshot\nExecStart=/sbin/shutdown -h now\n"),
    "a unit reboots the machine": service("done", "[Service]\nType=oneshot\nExecStart=/usr/bin/systemctl reboot\n"),
    "a unit's end powers the machine off": service("done", "[Unit]\nSuccessAction=poweroff-force\n[Service]\nType=oneshot\nExecStart=/bin/true\n"),
    "rc.local powers the machine off": lambda layer: (layer.write("/etc/rc.local", "#!/bin/sh\n/sbin/poweroff\nexit 0\n", 0o755),),
    "a unit isolates the rescue target": service("done", "[Service]\nType=oneshot\nExecStart=/usr/bin/systemctl isolate rescue.target\n"),
    "systemd is started with half a library": lambda layer: layer.cut(layer.tree.glob("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-*.so")[0]),
    "libcrypto of systemd is gone": lambda layer: layer.remove("/usr/lib/x86_64-linux-gnu/libcrypt.so.1"),
    "/etc/systemd/system.conf asks for a confirmation": parameters("systemd.confirm_spawn=true"),
    # drivers on the root
    "the network driver is gone": module_gone("hv_netvsc"),
    "the network driver is empty": module_is("hv_netvsc", b""),
    "the network driver is a text": module_is("hv_netvsc", b"oops\n" * 100),
    "modules.alias is gone": lambda layer: layer.remove(f"/lib/modules/{version(layer)}/modules.alias", f"/lib/modules/{version(layer)}/modules.alias.bin"),
    "modules.dep.bin is cut off": lambda layer: layer.cut(f"/lib/modules/{version(layer)}/modules.dep.bin"),
    "modules.alias.bin is zeros": lambda layer: layer.write(f"/lib/modules/{version(layer)}/modules.alias.bin", bytes(50000)),
    "an alias stands before what udev asks of Hyper-V": written("/etc/modprobe.d/z.conf", "alias vmbus:* off\n"),
    "an alias stands before UDF": with_agent(written("/etc/modprobe.d/z.conf", "alias fs-udf off\n")),
    "a pattern of install bans the card": written("/etc/modprobe.d/z.conf", "install *_netvsc /bin/false\n"),
    "modules.dep.bin is gone": lambda layer: layer.remove(f"/lib/modules/{version(layer)}/modules.dep.bin"),
    "the network driver is banned by alias": written("/etc/modprobe.d/z.conf", "install hv_netvsc /usr/bin/false\n"),
    "udev's rule for modules is masked": lambda layer: layer.link("/etc/udev/rules.d/80-drivers.rules", "/dev/null"),
}


def _no_members(members):
    members.clear()
    members["init"] = Member(stat.S_IFREG | 0o755, b"#!/bin/sh\n")


WAYS["the initramfs has an /init alone"] = early(_no_members)

#: {what was done: how}
CONTROLS = {
    "aliases turn off what Azure does not need": written("/etc/modprobe.d/z.conf", "alias net-pf-10 off\nalias fs-cramfs off\nalias eth0 hv_netvsc\n"),
    "what only dracut does, and initramfs-tools does not": lambda layer: (
        layer.needs("/usr/share/initramfs-tools/init"),
        parameters("rd.break systemd.volatile=yes init=/sbin/upstart rd.systemd.unit=emergency.target usrhash=" + 4 * "0123456789abcdef")(layer),
    ),
    "what only initramfs-tools does, and dracut does not": by_dracut(parameters("break=premount boot=casper")),
    "the machine is slow": parameters("noapic nosmp maxcpus=0 clocksource=jiffies pci=noacpi"),
    "the machine-id of the command line is none": parameters("systemd.machine_id=nothing"),
    "the first boot has nothing to ask": first_boot(
        lambda layer: [layer.write(path, "") for path in ("/etc/localtime", "/etc/locale.conf", "/etc/vconsole.conf")]
    ),
    "the default is an entry that is not there": menu('set default="0"', 'set default="17"'),
    "the menu waits half a minute": menu("set timeout=", "set timeout=30 #"),
    "systemd.unit is multi-user.target": parameters("systemd.unit=multi-user.target"),
    "runlevel 3": parameters("3"),
    "runlevel 5": parameters("5"),
    "quiet splash": parameters("quiet splash"),
    "init is systemd": parameters("init=/lib/systemd/systemd"),
    "the root is checked at every boot": parameters("fsck.mode=force"),
    "one processor": parameters("nr_cpus=1"),
    "the root is mounted to write": menu(" ro ", " rw "),
    "rd.break is set to nothing": parameters("rd.shell=0"),
    "a module to load is not there": lambda layer: layer.append("/etc/modules", "nothing_of_this_name\n"),
    "the list of symbols is gone": lambda layer: layer.remove(f"/lib/modules/{version(layer)}/modules.symbols"),
    "the cache of libraries is gone": gone("/etc/ld.so.cache"),
    "the root is mounted with other options": other_options,
    "fstab mounts a memory file system for /var/tmp": fstab("tmpfs /var/tmp tmpfs nosuid,nodev,noexec 0 0"),
    "fstab has a swap file": lambda layer: (layer.write("/swap.img", bytes(4096), 0o600), fstab("/swap.img none swap sw 0 0")(layer)),
    "fstab mounts over the network with nofail": fstab("server.example:/export /srv nfs nofail,_netdev 0 0"),
    "fstab mounts when somebody looks": fstab("UUID=11111111-2222-3333-4444-555555555555 /data ext4 noauto,x-systemd.automount 0 0"),
    "a unit of nobody's powers the machine off": written("/etc/systemd/system/done.service", "[Service]\nExecStart=/usr/sbin/poweroff\n"),
    "a unit powers the machine off at a time": service("night", "[Service]\nType=oneshot\nExecStart=/bin/true\n"),
    "a unit of the build's wants what is not there": service("build", "[Unit]\nWants=nothing.service\n[Service]\nExecStart=/bin/true\n"),
    "a unit is enabled whose condition is not true": service("vm", "[Unit]\nConditionVirtualization=vmware\n[Service]\nExecStart=/opt/vm/tools\n"),
    "a unit is enabled whose program is not there": service("old", "[Service]\nExecStart=/opt/old/run\n"),
    "default.target is graphical.target": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/graphical.target"),
    "names are looked up at more places": lambda layer: layer.replace("/etc/nsswitch.conf", "files", "files sss"),
    "the command line bans drivers that are built in": of_ext4_that_is_built_in(parameters("module_blacklist=ext4 modprobe.blacklist=ext4")),
    "the initramfs bans drivers that are built in": of_ext4_that_is_built_in(
        early(with_file("etc/modprobe.d/z.conf", b"blacklist ext4\ninstall ext4 /bin/false\n"))
    ),
    "a module is banned whose device Azure has not": written("/etc/modprobe.d/z.conf", "blacklist nouveau\nblacklist i2c_piix4\ninstall dccp /bin/true\n"),
    "the agent has a drop-in for its start": drop_in("walinuxagent", "[Unit]\nAfter=network-online.target\n"),
    "a console more is asked for": parameters("console=tty1 earlyprintk=ttyS0"),
    "sr_mod is loaded early": lambda layer: layer.append("/etc/modules", "sr_mod\n"),
}
