# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what the started command line names and does."""

from unit.readiness.cases.common import FSTAB, grub
from unit.readiness.guest_tree import CMDLINE, ELF_X86_64, GRUB_CFG, IN_INITRAMFS, INITRAMFS, KERNEL, MODULES, UNITS, UUID, initramfs

_MENU = "/boot/grub/grub.cfg"
_LINE = (_MENU, 3)
_ENTRY = f"/boot/loader/entries/abc-{KERNEL}.conf"


_BANS = {"scripts/init-top/blacklist": b"#!/bin/sh\n"}


def _with(parameter):
    """Return the guest's menu with one parameter more."""
    return {_MENU: GRUB_CFG.replace(" ro ", f" ro {parameter} ")}


def _root(value):
    return {_MENU: GRUB_CFG.replace(f"UUID={UUID}", value)}


def _bls(options):
    """Return the menu and the entry of a GRUB that reads entries of the Boot Loader Specification."""
    return {_MENU: "blscfg\n", _ENTRY: f"title Linux\nversion {KERNEL}\nlinux /boot/vmlinuz-{KERNEL}\ninitrd {INITRAMFS}\noptions {options}\n"}


_TRIGGER = {
    f"{UNITS}/systemd-udev-trigger.service": "[Service]\n",
    f"{UNITS}/sysinit.target.wants/systemd-udev-trigger.service": ("link", "../systemd-udev-trigger.service"),
}
_RED_HAT = {"/etc/os-release": "ID=rhel\n", "/etc/fstab": FSTAB + "UUID=1-2 /boot xfs defaults 0 0\n"}


def _dracut(changes=()):
    """Return an initramfs of dracut, whose init is systemd."""
    files = {"init": None, "scripts/functions": None, "usr/lib/dracut/hooks/x": b"", "usr/lib/systemd/systemd": ELF_X86_64, **dict(changes)}
    return initramfs(IN_INITRAMFS, files, {"init": "usr/lib/systemd/systemd"})


#: What only some initramfs does.
_OF_DRACUT = (
    "init=/bin/gone",
    'init="/usr/lib/systemd/systemd --show-status=1"',
    "systemd.volatile=yes",
    "systemd.volatile",
    "rd.systemd.wants=emergency.service",
    "rd.systemd.unit=emergency.target",
    "rd.break",
    "rd.break=pre-mount",
    "rd.cmdline=ask",
)
_HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


#: (rule, files to write (None: removed), (path, line) of the first evidence)
def _of_systemd(version):
    return {f"/usr/lib/systemd/libsystemd-shared-{version}.so": "library"}


BROKEN_FILES = [
    *[
        ("R13b", _root(value), _LINE)
        for value in (
            "overlay",
            "rootfs",
            "/dev/mapper/mpatha2",
            "/dev/mapper/loop15p2",
            "/dev/loop0p1",
            "/dev/dm-0",
            "/dev/fuse",
            "/dev/nfs",
            "801",
            "8:1",
            "UUID=",
            "",
            "live:CDLABEL=x",
            "/dev/disk/by-id/scsi-36000c29-part2",
            "/dev/mapper/36000c29d9d0b5b0e4d1e2f3a4b5c6d7ep2",
        )
    ],
    ("R63", {**_with("systemd.mask=systemd-udev-trigger.service"), **_TRIGGER}, _LINE),
    # what sysctl.d and system.conf say, too
    ("R73h", _with("sysctl.net.ipv4.ip_default_ttl=1"), _LINE),
    ("R73h", _with("sysctl/net/ipv4/ip_default_ttl=1"), _LINE),
    ("R73h", _with('sysctl.net.ipv4.tcp_mem="0 0 0"'), (_MENU, 2)),
    ("R73h", {**_with("sysctl.net.ipv4.ip_default_ttl=64"), "/etc/sysctl.d/50-own.conf": "net.ipv4.ip_default_ttl=1\n"}, ("/etc/sysctl.d/50-own.conf", 1)),
    ("R73a", _with("sysctl.vm.nr_hugepages=100000"), _LINE),
    ("R73a", _with("sysctl.vm.overcommit_memory=2 sysctl.vm.overcommit_ratio=1"), _LINE),
    ("R73b", _with("sysctl.kernel/threads-max=60"), _LINE),
    ("R20d", _with("sysctl.kernel.modprobe=/bin/false"), _LINE),
    ("R69l", {**_with("systemd.unified_cgroup_hierarchy=0"), **_of_systemd(257)}, _LINE),
    ("R69l", {**_with("systemd.unified-cgroup-hierarchy=no SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=0"), **_of_systemd(256)}, _LINE),
    ("R73e", _with("systemd.default_timeout_start_sec=1ms"), _LINE),
    ("R73e", {**_with("systemd.default-timeout-start-sec=5ms"), "/etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStartSec=30\n"}, _LINE),
    ("R73f", _with("systemd.setenv=PATH="), _LINE),
    ("R73f", _with('systemd.setenv="PATH=/opt/my tools"'), (_MENU, 2)),
    ("R73f", _with("systemd.setenv=LANG=C systemd.setenv=PATH=/opt/none"), _LINE),
    ("R70l", _with("systemd.default_device_timeout_sec=1ms"), _LINE),
    ("R70l", {"/etc/systemd/system.conf": "[Manager]\nDefaultDeviceTimeoutSec=10ms\n"}, ("/etc/systemd/system.conf", 2)),
    ("R70l", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /boot/efi vfat x-systemd.device-timeout=1ms 0 1\n"}, ("/etc/fstab", 2)),
    ("R70l", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /boot/efi vfat x-systemd.device-timeout=1s 0 1\n"}, ("/etc/fstab", 2)),
    ("R70g", _with("fstab=no"), _LINE),
    ("R70g", _with("systemd.fstab=0"), _LINE),
    ("R13b", {_MENU: GRUB_CFG.replace(f"root=UUID={UUID} ", "")}, _LINE),
    ("R13b", _bls("$kernelopts"), (_ENTRY, 1)),  # nothing sets it
    ("R13b", _bls(CMDLINE), (_ENTRY, 5)),
    ("R13b", {_MENU: GRUB_CFG.replace(" ro ", " ro root=/dev/sda1 ")}, _LINE),
    ("R13b", _with("fips=1 boot=/dev/sda1"), _LINE),
    ("R13b", _with("mount.usr=/dev/vda3"), _LINE),
    ("R13b", {_MENU: "set rootdevice=/dev/sda2\n" + GRUB_CFG.replace(f"UUID={UUID}", "$rootdevice")}, (_MENU, 4)),
    ("R13b", _with("cryptdevice=/dev/sda3:root"), _LINE),
    (
        "R13b",
        {_MENU: GRUB_CFG.replace(f"root=UUID={UUID} ", ""), INITRAMFS: initramfs(IN_INITRAMFS, {"etc/cmdline.d/95root-dev.conf": " root=/dev/sda2\n"})},
        (f"{INITRAMFS}: etc/cmdline.d/95root-dev.conf", None),
    ),
    *[
        ("R63", _with(parameter), _LINE)
        for parameter in (
            "init=/bin/bash",
            "acpi=ht",
            "memmap=64G$16M",
            "memmap=exactmap memmap=640K@0 memmap=100M@1M",
            "scsi_mod.scan=none",
            "sysctl.kernel.modules_disabled=1",
            "sysctl/kernel/modules_disabled=1",
            "systemd.mask=system.slice",
            "init=/usr/bin/python3",
            "nolapic",
            "initcall_blacklist=populate_rootfs",
            "systemd.volatile=state",
            "systemd.wants=poweroff.target",
            "systemd.confirm_spawn=true",
            "boot_delay=1000",
            "udev.exec_delay=10min",
            "rd.udev.exec_delay=600",
            "rdinit=/bin/sh",
            "single",
            "S",
            "1",
            "emergency",
            "-b",
            "systemd.unit=rescue.target",
            "systemd.unit=multi-user.target systemd.unit=emergency.target",
            "systemd.unit=gone.target",
            "break=premount",
            "break",
            "systemd.mask=ssh.service",
            "systemd.mask=ssh",
            "systemd.mask=walinuxagent.service",
            "systemd.mask=systemd-networkd.service",
            "systemd.mask=multi-user.target",
            "mem=64M",
            "nopv",
            "initcall_blacklist=hv_acpi_init",
            "systemd.run=/bin/true",
            "mem=131072K",
            "hugepages=100000",
            "default_hugepagesz=1G hugepages=1",
            "hugepagesz=2M hugepages=8 hugepagesz=1G hugepages=0:2,1:2",
            "mem=640M hugepages=224",
            "acpi=off",
            "noinitrd",
            "nomodule",
            "boot=casper",
        )
    ],
    ("R63", _with("rdinit=/sbin/preinit"), _LINE),
    # systemd and the initramfs read the whole line, and systemd what the kernel hands to it
    *[("R63", _with(f"-- {word}"), _LINE) for word in ("single", "systemd.unit=rescue.target", "break=premount", "--unit=rescue.target", "--unit=own.target")],
    ("R13b", _with("root=/dev/ram0"), _LINE),
    *[("R13b", _root(f"{tag}={UUID}"), _LINE) for tag in ("uuid", "UIID", "PartUUID", "LABELL")],
    ("R63", {**_with("systemd.unit=own.target"), "/etc/systemd/system/own.target": "[Unit]\nRequires=basic.target\n"}, _LINE),
    ("R63", _with("systemd.mask=systemd-remount-fs.service"), _LINE),
    ("R63", {INITRAMFS: _dracut({"etc/cmdline": "rd.break\n"})}, (f"{INITRAMFS}: etc/cmdline", None)),
    *[("R63", {**_with(parameter), INITRAMFS: _dracut()}, (_MENU, 2) if " " in parameter else _LINE) for parameter in _OF_DRACUT],
    ("R63", {**_with("rd.break"), INITRAMFS: initramfs(IN_INITRAMFS, {"scripts/functions": None})}, _LINE),  # of a generator that is not known
    ("R64b", {**_with(f"usrhash={_HASH}"), INITRAMFS: _dracut()}, _LINE),
    ("R17f", _with("module_blacklist=ext4"), _LINE),
    ("R17f", _with("module_blacklist=floppy,mbcache"), _LINE),  # which ext4 needs
    *[("R17f", {**_with(text), INITRAMFS: initramfs(IN_INITRAMFS, _BANS)}, _LINE) for text in ("blacklist=floppy,hv_storvsc", "blacklist=hv-vmbus")],
    ("R13d", _root(f"UUID={UUID.upper()}"), _LINE),
    ("R64a", _with("rootfstype=xfs"), _LINE),
    ("R64a", _with("rootfstype=ext3"), _LINE),
    ("R64a", _with("rootflags=subvol=@"), _LINE),
    ("R64a", _with("rootflags=noatime,nosuchoption"), _LINE),
    ("R64b", _with("rd.lvm.lv=old_vg/swap"), _LINE),
    ("R64b", _with("rd.luks.uuid=luks-6d1c2b3a-1111-4222-8333-444455556666"), _LINE),
    ("R64b", _with("rd.md.uuid=8a1b2c3d:4e5f6071:8293a4b5:c6d7e8f9"), _LINE),
    ("R64b", _with("resume=/dev/mapper/old-swap"), _LINE),
    ("R64c", {**_RED_HAT, **_with("fips=1")}, _LINE),
    ("R13d", _root("/dev/mapper/rl-root"), _LINE),
    ("R13d", _root("/dev/rl/root"), _LINE),
    ("R13d", _root("/dev/md0"), _LINE),
    ("R13d", _with("mount.usr=UUID=99999999-0000-0000-0000-000000000000"), _LINE),
    ("R19b", grub("rootdelay=300", "rootdelay=300 modprobe.blacklist=udf,sr_mod"), _LINE),
    ("R19d", grub("rootdelay=300", "rootdelay=300 modprobe.blacklist=udf,sr-mod"), _LINE),
    ("R20b", grub("rootdelay=300", "rootdelay=300 module_blacklist=vfat"), _LINE),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R69l", _of_systemd(257)),
    ("R64c", {**_RED_HAT, **_with("fips=1 boot=UUID=1-2")}),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R69l", {**_with("systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"), **_of_systemd(257)}),
    ("R69l", {**_with("systemd.unified_cgroup_hierarchy=1"), **_of_systemd(257)}),
    ("R69l", {**_with("systemd.unified_cgroup_hierarchy=0"), **_of_systemd(252)}),
    ("R64c", {"/etc/os-release": "ID=rhel\n", **_with("fips=1")}),
    ("R64c", {**_RED_HAT, **_with("fips=0")}),
    ("R13b", {_MENU: GRUB_CFG.replace("root=", "root=/dev/loop0p3 root=")}),
    ("R13b", _root("/dev/mapper/rl-root")),
    ("R13b", {**_bls("$kernelopts"), _MENU: f'set kernelopts="root=UUID={UUID} ro"\nblscfg\n'}),
    ("R13b", _root("/dev/disk/by-id/dm-uuid-LVM-abc")),
    ("R13b", _root("PARTUUID=4a6b-01")),
    ("R13b", {_MENU: f"set rootdevice=UUID={UUID}\n" + GRUB_CFG.replace(f"UUID={UUID}", "${rootdevice}")}),
    *[
        ("R13b", _root(value))
        for value in (
            "$rootdevice",
            "gpt-auto",
            "dhcp",
            "/dev/sdata/root",
            "/dev/hdd_vg/root",
            "/dev/mapper/mpathvg-root",
            "/dev/mapper/loop0-root",
            "/dev/vdb1vg/r",
        )
    ],
    ("R13b", _with("boot=UUID=1-2 fips=1")),
    ("R13b", {INITRAMFS: initramfs(IN_INITRAMFS, {"etc/cmdline.d/95root-dev.conf": " root=/dev/sda2\n"})}),  # the entry's comes last
    ("R63", _with("init=/usr/lib/systemd/systemd")),
    *[("R63", _with(parameter)) for parameter in _OF_DRACUT],  # initramfs-tools has another one
    *[("R63", {**_with(parameter), INITRAMFS: _dracut()}) for parameter in ("break=premount", "boot=casper", 'init="/usr/lib/systemd/systemd"')],
    ("R63", _with("noapic nosmp maxcpus=0 clocksource=jiffies pci=noacpi systemd.machine_id=nothing systemd.condition_first_boot=yes")),
    ("R64b", _with(f"roothash={_HASH} usrhash={_HASH}")),  # what is not in the initramfs waits, and goes on
    ("R64b", {**_with(f"roothash={_HASH} usrhash={_HASH} mount.usr=UUID={UUID}"), INITRAMFS: _dracut()}),
    ("R63", _with("rdinit=/init")),
    ("R63", _with("boot_delay=10 udev.exec_delay=1 udev.event_timeout=600")),
    ("R63", _with("boot_delay=100000")),  # of which the kernel makes none
    ("R63", {**_with("boot_delay=5000"), f"/boot/config-{KERNEL}": "# CONFIG_BOOT_PRINTK_DELAY is not set\n"}),
    ("R63", _with("initcall_blacklist=acpi_cpufreq_init,algif_hash_init noapictimer lapic=notscdeadline")),
    ("R73h", _with("sysctl.net.ipv4.ip_default_ttl=128 sysctl.net.core.somaxconn=4096")),
    ("R73h", {**_with("sysctl.net.ipv4.ip_default_ttl=1"), "/etc/sysctl.d/50-own.conf": "net.ipv4.ip_default_ttl=64\n"}),
    # before 5.8 the kernel knows no such parameter
    ("R73h", {_MENU: GRUB_CFG.replace(" ro ", " ro sysctl.net.ipv4.ip_default_ttl=1 ").replace(f"vmlinuz-{KERNEL}", "vmlinuz-4.18.0-553.el8")}),
    ("R73a", _with("sysctl.vm.nr_hugepages=16 sysctl.vm.swappiness=10")),
    ("R73e", _with("systemd.default_timeout_start_sec=90s")),
    ("R73e", {**_with("systemd.default_timeout_start_sec=3min"), "/etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStartSec=1ms\n"}),
    ("R73f", _with("systemd.setenv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin systemd.setenv=SYSTEMD_LOG_LEVEL=debug")),
    ("R70l", _with("systemd.default_device_timeout_sec=30s")),
    ("R70l", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /boot/efi vfat x-systemd.device-timeout=0 0 1\ntmpfs /tmp tmpfs x-systemd.device-timeout=1ms 0 0\n"}),
    ("R70g", _with("fstab=yes")),
    ("R70g", {_MENU: GRUB_CFG.replace(" ro ", " rw fstab=no ")}),
    ("R63", _with("acpi=noirq scsi_mod.scan=sync sysctl.vm.swappiness=10 sysctl.kernel.modules_disabled=0 sysctl.vm.nr_hugepages=16")),
    ("R63", _with("memmap=1M$0x9f000 memmap=4G!12G systemd.wants=ssh.service")),
    ("R63", _with("memmap=exactmap memmap=640K@0 memmap=4G@1M")),
    ("R63", _with("rw systemd.mask=systemd-remount-fs.service")),
    ("R63", _with("rd.shell rd.debug panic=10 3")),
    ("R63", _with("systemd.unit=emergency.target systemd.unit=multi-user.target")),
    ("R63", {**_with("systemd.unit=own.target"), "/etc/systemd/system/own.target": "[Unit]\nRequires=multi-user.target\n"}),
    ("R63", _with("systemd.mask=tmp.mount systemd.mask=NetworkManager.service")),  # not the one that is used
    ("R63", _with("mem=8G nomodeset single.option=1")),
    ("R63", _with("hugepages=128 hugepagesz=1G hugepages=0")),
    ("R63", _with("mem=1G hugepages=64")),
    ("R63", _with("default_hugepagesz=1G hugepagesz=2M hugepages=200")),
    ("R63", _with("hugepages=100000 hugepages=16")),
    ("R63", _with("transparent_hugepage=never -- hugepages=100000")),
    ("R63", _with("-- --unit=multi-user.target --log-level=debug acpi=off mem=64M")),
    ("R63", _with("systemd.volatile=overlay systemd.confirm_spawn=no rootflags=noatime,data=ordered")),
    ("R64a", _with("rootflags=noatime,data=ordered")),
    ("R13b", _root("PARTUUID=4A6B-01/PARTNROFF=1")),
    *[("R13b", _root(value)) for value in ("ZFS=rpool/ROOT/debian", "ID=wwn-0x6001", "zfs:rpool/ROOT", "bcachefs:UUID=1")],
    ("R13d", _root(f"UUID={UUID.upper()}/PARTNROFF=1")),
    ("R63", _with("systemd.mask=tmp systemd.mask=getty@tty1")),
    ("R17f", _with("module_blacklist=xfs,floppy modprobe.blacklist=")),
    ("R17f", _with("modprobe.blacklist=mbcache module_blacklist=dm_mod")),  # ext4 has it loaded all the same, and the root is on no volume
    ("R17f", _with("blacklist=hv_storvsc")),  # no script here reads it
    ("R17f", {**_with("blacklist=hv_netvsc,floppy"), INITRAMFS: initramfs(IN_INITRAMFS, _BANS)}),
    ("R17f", {**_with("blacklist=hv_storvsc"), INITRAMFS: initramfs(IN_INITRAMFS, {**_BANS, "conf/modules": b"hv_storvsc\nhv_vmbus\n"})}),
    ("R13d", {**_root(f"UUID={UUID.upper()}"), INITRAMFS: initramfs(IN_INITRAMFS, {"scripts/functions": None})}),
    ("R17f", {**_with("module_blacklist=hv_storvsc,ext4"), f"/lib/modules/{KERNEL}/modules.builtin": "".join(f"kernel/{path}\n" for path in MODULES.values())}),
    ("R64a", _with("rootfstype=ext4")),
    ("R64a", _with("rootfstype=xfs,ext4")),
    ("R64a", {**_with("rootflags=subvol=@"), "/etc/fstab": FSTAB.replace(" ext4 defaults", " btrfs subvol=@")}),
    ("R64a", {**_with("rootfstype=ext4"), "/etc/fstab": FSTAB.replace(" ext4 ", " ext3 ")}),
    ("R64b", _with("rd.lvm=0 rd.lvm.lv=old/swap rd.luks=0 rd.luks.uuid=luks-6d1c2b3a-1111-4222-8333-444455556666")),
    ("R64b", _with("noresume")),
    ("R20b", {f"/lib/modules/{KERNEL}/modules.builtin": "kernel/fs/fat/vfat.ko\n", "/etc/modprobe.d/cis.conf": "install vfat /bin/true\n"}),
    ("R19b", grub("rootdelay=300", "rootdelay=300 modprobe.blacklist=floppy rd.driver.blacklist=udf")),
]
