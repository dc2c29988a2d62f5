# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the initramfs: it is loaded, starts, and reaches the root."""

from unit.core.elf_files import AARCH64, library, program
from unit.kernel.module_indices import index_of
from unit.readiness.guest_tree import ELF_X86_64, GRUB_CFG, IN_INITRAMFS, INITRAMFS, KERNEL, MODULES, MODULES_DEP, UUID, initramfs, module

_FOLDER = f"lib/modules/{KERNEL}"
_LOADER = "lib64/ld-linux-x86-64.so.2"
_PLACE = (INITRAMFS, None)
_BUILT_IN = f"/lib/modules/{KERNEL}/modules.builtin"
_ALL_BUILT_IN = "".join(f"kernel/{path}\n" for path in MODULES.values())
_WITHOUT_INITRD = GRUB_CFG.replace(f"  initrd {INITRAMFS}\n", "")
_ON_LVM = {"/etc/fstab": "/dev/mapper/vg0-root / ext4 defaults 0 1\n"}
_DEP_OF_LVM = MODULES_DEP + "kernel/drivers/md/dm-mod.ko:\n"
_DM = {f"/lib/modules/{KERNEL}/modules.dep": _DEP_OF_LVM, f"/lib/modules/{KERNEL}/kernel/drivers/md/dm-mod.ko": module("dm")}
_LVM_INSIDE = {f"{_FOLDER}/kernel/drivers/md/dm-mod.ko": module("dm"), f"{_FOLDER}/modules.dep": _DEP_OF_LVM, "sbin/lvm": ELF_X86_64}
_DYNAMIC = {"init": program(["libc.so.6"]), _LOADER: library(), "lib/x86_64-linux-gnu/libc.so.6": library()}
_MAC_RULE = b'SUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"\n'


def _with_list(text):
    """Return the files of a guest on LVM whose initramfs has a line in the section of activation."""
    menu = {"/boot/grub/grub.cfg": GRUB_CFG.replace(f"root=UUID={UUID}", "root=/dev/mapper/vg0-root")}
    return {**_ON_LVM, **_DM, **menu, **_image({**_LVM_INSIDE, "etc/lvm/lvm.conf": f"activation {{\n\t{text}\n}}\n".encode()})}


def _on_lvm(inside, more=()):
    """Return the files of a guest on LVM whose initramfs has files ({path: bytes})."""
    return {**_ON_LVM, **_DM, **dict(more), **_image({**_LVM_INSIDE, **inside})}


def _image(changes=(), links=(), names=IN_INITRAMFS):
    return {INITRAMFS: initramfs(names, changes, links)}


def _without(name):
    return _image(names=[module for module in IN_INITRAMFS if module != name])


_FILE, _USED = "etc/lvm/devices/system.devices", "etc/lvm/lvm.conf"
_DEVICES = {_FILE: b"VERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=naa.600224801111 DEVNAME=/dev/sda3 PVID=abc PART=3\n"}
_RED_HAT = {"/etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\nPRETTY_NAME="Red Hat Enterprise Linux 9.4"\n'}
_REQUIRED = "etc/systemd/system/initrd.target.requires/"


_LOCAL = "etc/lvm/lvmlocal.conf"
_NO_EVENTS = b"global {\n\tevent_activation = 0\n}\n"
_WITHOUT_EVENTS = (
    {_USED: _NO_EVENTS},
    {_USED: b"global/event_activation=0\n"},
    {_USED: _NO_EVENTS.replace(b"0", b"1"), _LOCAL: _NO_EVENTS},
    {_USED: _NO_EVENTS, "scripts/functions": None, "init_functions": b"x", "buildconfig": b"x"},  # mkinitcpio
)
_WITH_EVENTS = (
    {_USED: _NO_EVENTS.replace(b"0", b"1")},
    {_USED: _NO_EVENTS.replace(b"\t", b"\t# ")},
    {_USED: b"backup {\n\tevent_activation = 0\n}\n"},  # in no section that has it
    {_USED: _NO_EVENTS, _LOCAL: _NO_EVENTS.replace(b"0", b"1")},
    {_USED: _NO_EVENTS, "scripts/local-block/lvm2": b"#!/bin/sh\n"},  # of Debian 11, which activates them itself
    {_USED: _NO_EVENTS, "scripts/functions": None, "usr/lib/dracut/hooks/x": b""},
)


#: modprobe is kmod's, with its indices.
_AS_KMOD = {"sbin/modprobe": "/bin/kmod"}
_INDEX = index_of(IN_INITRAMFS)
_KMOD = {"sbin/modprobe": None, "bin/kmod": ELF_X86_64, f"{_FOLDER}/modules.dep.bin": _INDEX, f"{_FOLDER}/modules.alias.bin": _INDEX}
_DAMAGED = (
    ("modules.dep.bin", b"oops\n" * 20),
    ("modules.dep.bin", _INDEX[: len(_INDEX) // 2]),
    ("modules.dep.bin", index_of(["hv_vmbus", "hv_storvsc", "sd_mod"])),  # without the root's ext4
    ("modules.alias.bin", bytes(100)),
)


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R65a", {"/boot/grub/grub.cfg": _WITHOUT_INITRD}, ("/boot/grub/grub.cfg", 3)),
    ("R65a", {"/boot/grub/grub.cfg": _WITHOUT_INITRD, _BUILT_IN: _ALL_BUILT_IN}, ("/boot/grub/grub.cfg", 3)),  # root=UUID= is for an initramfs
    ("R65a", {"/boot/grub/grub.cfg": _WITHOUT_INITRD.replace(f"UUID={UUID}", "PARTUUID=11-22")}, ("/boot/grub/grub.cfg", 3)),
    ("R65b", _image({"bin/sh": None}), _PLACE),
    ("R65b", _image({"init": b"#!/bin/bash\n"}), _PLACE),
    ("R65b", _image({**_DYNAMIC, "lib/x86_64-linux-gnu/libc.so.6": None}), _PLACE),
    ("R65b", _image({**_DYNAMIC, _LOADER: None}), _PLACE),
    ("R65b", _image({"init": None}, {"init": "usr/lib/systemd/systemd"}), _PLACE),
    ("R65b", _image({"init": program(machine=AARCH64, interpreter=None)}), _PLACE),
    ("R65b", _image({"sbin/modprobe": program(["libkmod.so.2"]), _LOADER: library()}), _PLACE),
    ("R65c", _image({f"{_FOLDER}/modules.dep": None}), _PLACE),
    ("R65c", _image({f"{_FOLDER}/modules.alias": None}), _PLACE),
    ("R65c", _image({f"{_FOLDER}/modules.dep": b""}), _PLACE),
    ("R65c", _image({"sbin/modprobe": None}), _PLACE),
    ("R65c", _image({"sbin/modprobe": None, "bin/kmod": ELF_X86_64}, {"sbin/modprobe": "/bin/kmod"}), _PLACE),  # and it reads modules.dep.bin alone
    *[("R65c", _image({**_KMOD, f"{_FOLDER}/{name}": content}, _AS_KMOD), _PLACE) for name, content in _DAMAGED],
    ("R65d", _image({"lib/systemd/systemd-udevd": None, "scripts/init-top/udev": b"#!/bin/sh\n"}), _PLACE),
    ("R65d", _image({"lib/systemd/systemd-udevd": None, "scripts/functions": None, "usr/lib/dracut/hooks/x": b""}), _PLACE),
    ("R65d", _image({"lib/systemd/systemd-udevd": None}, {"lib/systemd/systemd-udevd": "../../bin/udevadm"}), _PLACE),
    ("R66a", _without("ext4"), _PLACE),
    ("R66a", _without("mbcache"), _PLACE),  # ext4 needs it
    ("R66a", {"/etc/fstab": f"UUID={UUID} / xfs defaults 0 0\n"}, _PLACE),
    ("R66a", _image({f"{_FOLDER}/kernel/fs/ext4/ext4.ko": b""}), _PLACE),
    ("R66a", _image({f"{_FOLDER}/kernel/fs/ext4/ext4.ko": b"\x7fELFext4"}), _PLACE),  # half of it
    ("R66a", {**_ON_LVM, **_DM, **_image({**_LVM_INSIDE, f"{_FOLDER}/kernel/drivers/md/dm-mod.ko": b"d"})}, _PLACE),
    ("R66a", {**_ON_LVM, **_DM}, _PLACE),
    ("R66a", {**_ON_LVM, **_DM, **_image({**_LVM_INSIDE, "sbin/lvm": None})}, _PLACE),
    ("R66b", {**_ON_LVM, **_DM, **_image({**_LVM_INSIDE, "etc/lvm/lvm.conf": b'devices {\n  filter = [ "a|^/dev/vda|", "r|.*|" ]\n}\n'})}, _PLACE),
    ("R66b", {**_ON_LVM, **_DM, **_image({**_LVM_INSIDE, **_DEVICES, _USED: b"devices {\n\tuse_devicesfile = 1\n}\n"})}, _PLACE),
    ("R66b", {**_ON_LVM, **_DM, **_RED_HAT, **_image({**_LVM_INSIDE, **_DEVICES})}, _PLACE),
    ("R66b", _with_list("volume_list = [ ]"), _PLACE),
    ("R66b", _with_list('volume_list = ["vg1", "vg1/root"]'), _PLACE),
    ("R66b", {**_ON_LVM, **_DM, **_RED_HAT, **_image({**_LVM_INSIDE, _FILE: b"VERSION=1.1.1\n"})}, _PLACE),
    ("R70k", {**_RED_HAT, f"/{_FILE}": _DEVICES[_FILE], "/etc/fstab": "/dev/mapper/vg0-home /home ext4 defaults 0 2\n"}, (f"/{_FILE}", None)),
    ("R70k", {**_RED_HAT, f"/{_FILE}": _DEVICES[_FILE]}, (f"/{_FILE}", None)),
    ("R66c", _image({_REQUIRED + r"dev-disk-by\x2duuid-1111\x2d2222.device": b""}), _PLACE),
    ("R66c", _image({_REQUIRED + "dev-vda1.device": b""}), _PLACE),
    ("R66c", _image({"usr/lib/dracut/hooks/initqueue/finished/devexists-x.sh": b'[ -e "/dev/disk/by-label/old" ]\n'}), _PLACE),
    ("R66b", {"/etc/fstab": "/dev/md0 / ext4 defaults 0 1\n", **_image({"etc/mdadm.conf": b"DEVICE /dev/vd[ab]1\nARRAY /dev/md0\n"})}, _PLACE),
    ("R17h", _image({"etc/modprobe.d/cis.conf": b"# no\nblacklist hv_storvsc\n"}), _PLACE),
    ("R17h", _image({"lib/modprobe.d/hard.conf": b"install ext4 /bin/false\n"}), _PLACE),
    ("R17h", _image({"lib/modprobe.d/hard.conf": b"install mbcache /bin/true\n"}), _PLACE),  # which ext4 needs
    ("R17h", _image({"etc/modprobe.d/hard.conf": b"alias fs-ext4 off\n"}), _PLACE),  # for which the kernel asks
    *[("R66d", _on_lvm(files), _PLACE) for files in _WITHOUT_EVENTS],
    ("R67", _image({"etc/udev/rules.d/70-persistent-net.rules": _MAC_RULE}), _PLACE),
    ("R67", _image({"etc/systemd/network/10-lan.link": b"[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=lan0\n"}), _PLACE),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R70k", {**_RED_HAT, f"/{_FILE}": "IDTYPE=devname IDNAME=/dev/vda3 DEVNAME=/dev/vda3 PVID=a PART=3\n"}),
    ("R66b", {**_ON_LVM, **_DM, **_image({**_LVM_INSIDE, "etc/lvm/lvm.conf": b'filter = [ "a|/dev/sd.*|", "a|/dev/nvme.*|", "r|.*|" ]\n'})}),
    *[("R66d", _on_lvm(files)) for files in _WITH_EVENTS],
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R65a", {"/boot/grub/grub.cfg": _WITHOUT_INITRD.replace(f"UUID={UUID}", "PARTUUID=11-22"), _BUILT_IN: _ALL_BUILT_IN}),
    ("R17a", {"/boot/grub/grub.cfg": _WITHOUT_INITRD}),  # told by R65a
    ("R65b", _image(_DYNAMIC)),
    ("R65b", _image({"init": None, "usr/lib/systemd/systemd": ELF_X86_64}, {"init": "usr/lib/systemd/systemd"})),
    ("R65b", _image({"init": b"#!/bin/busybox sh\n", "bin/sh": None, "bin/busybox": ELF_X86_64}, {"bin/sh": "/bin/busybox"})),
    ("R65b", _image({"init": program(interpreter="/lib/klibc-x.so"), "lib/klibc-x.so": ELF_X86_64})),
    ("R65b", _image({"bin/sh": None, "usr/bin/sh": ELF_X86_64, "scripts/functions": b"x"}, {"bin": "usr/bin"})),
    (
        "R65c",
        _image(
            {
                f"{_FOLDER}/modules.dep": None,
                f"{_FOLDER}/modules.dep.bin": _INDEX,
                f"{_FOLDER}/modules.alias": None,
                f"{_FOLDER}/modules.alias.bin": _INDEX,
                "scripts/functions": None,
                "init_functions": b"x",
                "buildconfig": b"x",
            }
        ),
    ),  # mkinitcpio
    ("R65c", _image({"sbin/modprobe": None, "bin/busybox": ELF_X86_64}, {"sbin/modprobe": "/bin/busybox"})),
    ("R65c", _image({"sbin/modprobe": None, "bin/busybox": ELF_X86_64, f"{_FOLDER}/modules.dep.bin": b"x"}, {"sbin/modprobe": "/bin/busybox"})),
    ("R65c", _image(_KMOD, _AS_KMOD)),
    ("R65d", _image({"lib/systemd/systemd-udevd": None, "usr/bin/udevadm": ELF_X86_64}, {"lib/systemd/systemd-udevd": "../../usr/bin/udevadm"})),
    ("R65d", _image({"lib/systemd/systemd-udevd": None, "scripts/functions": None, "sbin/nlplug-findfs": ELF_X86_64})),  # Alpine's
    ("R66a", {**_without("ext4"), _BUILT_IN: f"kernel/{MODULES['ext4']}\n"}),
    ("R66a", {"/etc/fstab": "# nothing\n"}),  # of files alone it is not known what the root is
    ("R66a", {"/etc/fstab": f"UUID={UUID} / ext3 defaults 0 1\n"}),  # ext4 mounts it too
    ("R66a", {**_ON_LVM, **_DM, **_image(_LVM_INSIDE)}),
    *[("R66b", _with_list(text)) for text in ('volume_list = ["vg1", "vg0/root"]', 'volume_list = [ "@*" ]', "# volume_list = [ ]", "raid_volume_list = []")],
    ("R66b", {**_ON_LVM, **_DM, **_image({**_LVM_INSIDE, **_DEVICES})}),  # Debian's LVM does not use the file
    ("R66b", {**_ON_LVM, **_DM, **_RED_HAT, **_image({**_LVM_INSIDE, **_DEVICES, _USED: b"use_devicesfile = 0\n"})}),
    ("R66b", {**_ON_LVM, **_DM, **_RED_HAT, **_image({**_LVM_INSIDE, _FILE: b"IDTYPE=devname IDNAME=/dev/vda3 DEVNAME=/dev/vda3 PVID=a PART=3\n"})}),
    ("R66b", {**_ON_LVM, **_DM, **_RED_HAT, **_image({**_LVM_INSIDE, _FILE: b"PRODUCT_UUID=1-2\n" + _DEVICES[_FILE]})}),
    ("R70k", {f"/{_FILE}": _DEVICES[_FILE]}),
    ("R66c", _image({_REQUIRED + "dev-disk-by\\x2duuid-" + UUID.replace("-", "\\x2d") + ".device": b""})),
    ("R66c", _image({"usr/lib/dracut/hooks/initqueue/finished/devexists-x.sh": f'[ -e "/dev/disk/by-uuid/{UUID}" ]\n'.encode()})),
    ("R66b", _image({"etc/lvm/lvm.conf": b'filter = [ "r|.*|" ]\n'})),  # no LVM below the root
    ("R17h", _image({"etc/modprobe.d/fb.conf": b"blacklist hyperv_fb\n", "lib/modprobe.d/fb.conf": b"blacklist hv_storvsc\n"})),  # the first hides the second
    ("R17h", {**_image({"etc/modprobe.d/x.conf": b"install ext4 /bin/false\nblacklist hv_storvsc\n"}), _BUILT_IN: _ALL_BUILT_IN}),
    ("R17h", _image({"etc/modprobe.d/x.conf": b"blacklist mbcache\ninstall dm_mod /bin/false\n"})),
    ("R17h", _image({"etc/modprobe.d/x.conf": b"alias fs-cramfs off\nalias net-pf-10 off\n"})),
    ("R17h", _image({"etc/modprobe.d/x.conf": b"# blacklist hv_storvsc\noptions hv_storvsc storvsc_ringbuffer_size=131072\n"})),
    ("R67", _image({"etc/udev/rules.d/70-x.rules": b'SUBSYSTEM=="net", DRIVERS=="mlx5_core", ENV{NM_UNMANAGED}="1"\n'})),
    ("R67", _image({"usr/lib/systemd/network/73-usb-net-by-mac.link": b"[Match]\nPath=*-usb-*\n[Link]\nNamePolicy=mac\n"})),
]
