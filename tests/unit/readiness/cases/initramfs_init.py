# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what the /init of an initramfs reads and calls, and of the root that it mounts."""

from unit.readiness.guest_tree import ELF_X86_64, GRUB_CFG, IN_INITRAMFS, INITRAMFS, KERNEL, MODULES, UUID, initramfs

_PLACE = (INITRAMFS, None)
_OTHER = "11111111-2222-3333-4444-555555555555"
_SCRIPT = b"#!/bin/sh\n"
#: In the way of initramfs-tools.
_INIT = b"""#!/bin/sh
mount -t proc proc /proc
. /conf/initramfs.conf
. /scripts/functions
for word in $(cat /proc/cmdline); do
\tcase $word in
\tbreak=*)
\t\tstop=y
\t\t;;
\tesac
done
run_scripts /scripts/init-top
run_scripts /scripts/init-premount
. "/scripts/${BOOT}"
mount -n -o move /run ${rootmnt}/run
exec run-init "${rootmnt}" "${init}"
"""
_ASKS_BLKID = b'resolve_device() {\n\tDEV="$(blkid -l -t "$DEV" -o device)" || return 1\n}\n'
_TOOLS = {
    "init": _INIT,
    "conf/initramfs.conf": "MODULES=most\nBOOT=local\n",
    "scripts/local": b"# local\n",
    "scripts/init-top/ORDER": b"# order\n",
    "scripts/init-top/udev": _SCRIPT,
    "bin/mount": ELF_X86_64,
    "bin/cat": ELF_X86_64,
    "bin/run-init": ELF_X86_64,
}
#: In the way of dracut without systemd.
_DRACUT_INIT = b"""#!/bin/sh
export -p > /tmp/environment
. /lib/dracut-lib.sh
if ! ismounted /dev; then
    mount -t devtmpfs devtmpfs /dev
fi
for script in $hookdir/mount/*.sh; do
    [ -f "$script" ] && . "$script"
done
SWITCH_ROOT=$(command -v switch_root)
. /tmp/environment 2>/dev/null || :
exec $SWITCH_ROOT "$NEWROOT" "$INIT"
"""
_DRACUT = {
    "scripts/functions": None,
    "init": _DRACUT_INIT,
    "usr/lib/dracut/hooks/mount/99-mount-root.sh": b"",
    "lib/dracut-lib.sh": b"",
    "usr/bin/mount": ELF_X86_64,
    "usr/sbin/switch_root": ELF_X86_64,
}
#: And with it.
_UNITS, _RULES = "usr/lib/systemd/system", "usr/lib/udev/rules.d"
_GENERATOR = "usr/lib/systemd/system-generators/systemd-fstab-generator"
_SYSTEMD = {
    "scripts/functions": None,
    "init": None,
    "usr/lib/systemd/systemd": ELF_X86_64,
    "usr/bin/mount": ELF_X86_64,
    "usr/bin/systemctl": ELF_X86_64,
    "etc/initrd-release": b"ID=debian\n",
    f"{_RULES}/60-persistent-storage.rules": b"",
    f"{_RULES}/99-systemd.rules": b"",
    **{
        f"{_UNITS}/{name}": b""
        for name in (
            "initrd.target",
            "initrd-root-fs.target",
            "initrd-parse-etc.service",
            "initrd-cleanup.service",
            "initrd-switch-root.target",
            "initrd-switch-root.service",
            "systemd-udevd.service",
            "systemd-udev-trigger.service",
        )
    },
    _GENERATOR: ELF_X86_64,
    "usr/lib/dracut/modules.txt": b"systemd\n",
}
_TO_SYSTEMD = {"init": "usr/lib/systemd/systemd"}
_WITHOUT_ROOT = GRUB_CFG.replace(f"root=UUID={UUID} ", "")
_EXT4_BUILT_IN = {f"/lib/modules/{KERNEL}/modules.builtin": f"kernel/{MODULES['ext4']}\n"}


def _tools(**changes):
    return {INITRAMFS: initramfs(IN_INITRAMFS, {**_TOOLS, **{_NAMES.get(name, name): content for name, content in changes.items()}})}


_NAMES = {
    "mount": "bin/mount",
    "cat": "bin/cat",
    "run_init": "bin/run-init",
    "functions": "scripts/functions",
    "local": "scripts/local",
    "order": "scripts/init-top/ORDER",
    "udev": "scripts/init-top/udev",
    "conf": "conf/initramfs.conf",
    "param": "conf/param.conf",
    "conf_d": "conf/conf.d/root",
    "modprobe": "sbin/modprobe",
    "insmod": "bin/insmod",
}


def _own_script(text):
    """Return the files of a guest whose initramfs runs a script more before the root is mounted."""
    return _tools(**{"scripts/local-premount/ORDER": b'/scripts/local-premount/own "$@"\n', "scripts/local-premount/own": text})


def _dracut(changes=()):
    return {INITRAMFS: initramfs(IN_INITRAMFS, {**_DRACUT, **dict(changes)})}


def _systemd(changes=()):
    return {INITRAMFS: initramfs(IN_INITRAMFS, {**_SYSTEMD, **dict(changes)}, _TO_SYSTEMD)}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R65c", _tools(modprobe=None, insmod=ELF_X86_64), _PLACE),
    ("R65c", _systemd({"sbin/modprobe": None}), _PLACE),  # the kernel calls it for ext4
    ("R65e", _tools(mount=None), _PLACE),
    ("R65e", _tools(functions=_ASKS_BLKID), _PLACE),
    ("R65e", _tools(cat=None), _PLACE),
    ("R65e", _tools(run_init=None), _PLACE),
    ("R65e", _tools(functions=None), _PLACE),
    ("R65e", _tools(local=None), _PLACE),
    ("R65e", _tools(order=None), _PLACE),
    ("R65e", _tools(udev=None), _PLACE),
    ("R65e", _tools(conf=None), _PLACE),
    ("R65e", _dracut({"lib/dracut-lib.sh": None}), _PLACE),
    ("R65e", _dracut({"usr/lib/dracut/hooks/mount/99-mount-root.sh": None}), _PLACE),
    ("R65e", _dracut({"usr/bin/mount": None}), _PLACE),
    ("R65e", _dracut({"usr/sbin/switch_root": None}), _PLACE),
    ("R65e", _systemd({"usr/bin/mount": None}), _PLACE),
    ("R65e", _systemd({"usr/bin/systemctl": None}), _PLACE),
    ("R65e", _systemd({f"{_UNITS}/initrd-switch-root.service": None, f"{_UNITS}/initrd.target": b""}), _PLACE),
    ("R65e", _systemd({f"{_UNITS}/initrd-parse-etc.service": None}), _PLACE),
    ("R65e", _systemd({f"{_UNITS}/systemd-udevd.service": None}), _PLACE),
    ("R65e", _systemd({"etc/initrd-release": None}), _PLACE),
    ("R65e", _systemd({f"{_RULES}/60-persistent-storage.rules": None}), _PLACE),
    ("R65e", _systemd({f"{_RULES}/99-systemd.rules": None}), _PLACE),
    ("R65e", _systemd({_GENERATOR: None}), _PLACE),
    ("R65e", _tools(order=b"# order\n/scripts/init-top/keymap\n"), _PLACE),
    ("R65e", _tools(udev=None, **{"scripts/init-bottom/ORDER": b"", "scripts/init-bottom/udev": _SCRIPT}), _PLACE),
    ("R65g", _tools(conf_d="break=premount\n"), _PLACE),
    ("R65g", _tools(conf_d="init=/bin/sh\n"), _PLACE),
    ("R65g", _tools(conf="BOOT=local\nROOTFSTYPE=reiserfs\n"), _PLACE),
    ("R65g", _tools(conf_d="KEYMAP=y\nexit 1\n"), _PLACE),
    ("R65g", _tools(conf_d="MORE=(a b)\n"), _PLACE),
    ("R65g", _tools(order=b"/scripts/init-top/udev\nexit 0\n"), _PLACE),
    ("R65g", _tools(functions=b"panic()\n{\n\texit\n}\nexit 0\n"), _PLACE),
    ("R65g", _own_script(b"#!/bin/sh\nwhile :; do sleep 1; done\n"), _PLACE),
    ("R65g", _own_script(b"#!/bin/sh\nwhile true; do\n\techo waiting\n\tsleep 1\ndone\n"), _PLACE),
    ("R65g", _own_script(b"#!/bin/sh\ncase $1 in\nprereqs)\n\texit 0\n\t;;\nesac\nsleep infinity\n"), _PLACE),
    ("R65g", _own_script(b"#!/bin/sh\n. /scripts/functions\npanic 'no disk'\n"), _PLACE),
    ("R65g", _own_script(b"#!/bin/sh\npoweroff -f\n"), _PLACE),
    ("R65g", _dracut({"usr/lib/dracut/hooks/pre-mount/50-own.sh": b"reboot -f\n"}), _PLACE),
    ("R65g", _dracut({"usr/lib/dracut/hooks/pre-udev/50-own.sh": b"exit 0\n"}), _PLACE),
    ("R65g", _systemd({"usr/lib/dracut/hooks/pre-pivot/50-own.sh": b"sleep 100000\n"}), _PLACE),
    ("R65f", _tools(param="ROOT=/dev/vdb1\n"), _PLACE),
    ("R65f", _tools(param=f"ROOT=UUID={UUID}\nexport ROOT='UUID={_OTHER}'\n"), _PLACE),
    ("R65f", _tools(param="BOOT=nfs\n"), _PLACE),
    ("R65f", _tools(conf="BOOT=nfs\n"), _PLACE),
    ("R65f", {**_tools(conf_d='ROOT="/dev/vda1"\n'), "/boot/grub/grub.cfg": _WITHOUT_ROOT}, _PLACE),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R65e", _systemd({f"{_RULES}/99-systemd.rules": None, "lib/udev/rules.d/99-systemd.rules": b""})),
    ("R65e", {**_systemd({f"{_RULES}/60-persistent-storage.rules": None}), "/boot/grub/grub.cfg": GRUB_CFG.replace(f"UUID={UUID}", "/dev/mapper/vg-root")}),
    ("R65c", {**_systemd({"sbin/modprobe": None}), **_EXT4_BUILT_IN}),  # udev loads the drivers by itself
    ("R65e", _tools()),
    ("R65e", _tools(functions=_ASKS_BLKID, **{"usr/sbin/blkid": ELF_X86_64})),
    ("R65e", {**_tools(functions=_ASKS_BLKID), "/boot/grub/grub.cfg": GRUB_CFG.replace(f"UUID={UUID}", f"/dev/disk/by-uuid/{UUID}")}),
    ("R65e", _tools(order=None, udev=None, **{"lib/systemd/systemd-udevd": None})),  # there is no such directory, and nothing to start
    (
        "R65e",
        {INITRAMFS: initramfs(IN_INITRAMFS, {**_TOOLS, "bin/mount": None, "bin/cat": None, "bin/sh": None, "bin/busybox": ELF_X86_64}, {"bin/sh": "busybox"})},
    ),
    ("R65e", _tools(**{"bin/mount": None, "usr/bin/mount": ELF_X86_64})),
    ("R65e", _tools(init=_INIT + b"[ -f /conf/more ] && . /conf/more\n# . /conf/none\n\t. /conf/within\n. /run/made\n")),
    ("R65e", _dracut()),
    ("R65e", _systemd()),
    ("R65e", _systemd({_GENERATOR: None, "usr/lib/dracut/hooks/mount/99-mount-root.sh": b""})),
    ("R65g", _tools(conf_d="RESUME=none\nbreak=\n# break=top\nKEYMAP=y\ninit=/sbin/none\nROOTFSTYPE=ext4\n")),
    ("R65g", _own_script(b"#!/bin/sh\n[ -e /dev/own ] || exit 0\nif ! own; then\n\tpoweroff -f\n\tpanic none\nfi\nexit 1\n")),
    ("R65g", _own_script(b"#!/bin/sh\nwhile true; do\n\t[ -e /dev/sda ] && break\n\tsleep 1\ndone\nsleep 5\n")),
    ("R65g", _own_script(b"#!/bin/sh\nexit 0\npoweroff -f\n")),
    ("R65g", _tools(**{"scripts/init-top/own": b"#!/bin/sh\npoweroff -f\n"})),  # ORDER does not name it
    ("R65g", _systemd({"usr/lib/dracut/hooks/pre-pivot/50-own.sh": b"exit 0\n"})),  # systemd's service ends, and no more
    ("R65g", _dracut({"usr/lib/dracut/hooks/emergency/50-own.sh": b"reboot -f\n"})),
    ("R65f", _tools(param=f"ROOT=UUID={UUID}\n")),
    ("R65f", _tools(param="# ROOT=/dev/vdb1\nRESUME=none\nROOTDELAY=5\nROOT=\n")),
    ("R65f", _tools(conf_d="ROOT=/dev/vda1\n")),  # root= wins
    ("R65f", _systemd({"conf/param.conf": "ROOT=/dev/vdb1\n"})),  # only initramfs-tools reads it
]
