# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what the boot loader starts by itself."""

import gzip
import random

from unit.kernel.kernel_files import efi, uki, zboot
from unit.readiness.cases.common import GRUB_DEFAULT
from unit.readiness.guest_tree import CMDLINE, GRUB_CFG, IN_INITRAMFS, INITRAMFS, KERNEL, UUID, initramfs

_MENU = "/boot/grub/grub.cfg"
_FOR_BIOS = {"/boot/grub/i386-pc/command.lst": "*menuentry: normal\ninitrd16: linux16\ninitrd: linux\nlinux16: linux16\nlinux: linux\n"}
_WINDOWS = "menuentry 'Windows' {\n chainloader +1\n}\n"
_OLD = GRUB_CFG.replace("'Debian GNU/Linux'", "'Old' --id old").replace(KERNEL, "5.10.0-1-amd64")
#: A menu without what grub-mkconfig writes around its parts.
_BY_HAND = "".join(line + "\n" for line in GRUB_CFG.splitlines() if not line.startswith("#"))
_LOCKED = "R14f"
_WHOLE = {"/lib64/libc.so.6": "library"}
_SAVED = 'set default="${saved_entry}"\n'
_PASSWORD = 'set superusers="admin"\npassword_pbkdf2 admin grub.pbkdf2.sha512.1.A.B\n'
_FROM_USER_CFG = (
    'if [ -f ${prefix}/user.cfg ]; then\n  source ${prefix}/user.cfg\n  if [ -n "${GRUB2_PASSWORD}" ]; then\n'
    '    set superusers="root"\n    password_pbkdf2 root ${GRUB2_PASSWORD}\n  fi\nfi\n'
)


def _grubenv(text):
    block = "# GRUB Environment Block\n" + text
    return block + "#" * (1024 - len(block))


def _systemd_boot(settings="", **entries):
    files = {
        _MENU: None,
        "/boot/efi/EFI/systemd/systemd-bootx64.efi": "MZ",
        "/boot/efi/loader/loader.conf": settings,
        "/boot/efi/vmlinuz": "kernel",
        "/boot/efi/initrd": "img",
    }
    line = GRUB_CFG.split(f"vmlinuz-{KERNEL} ")[1].split("\n")[0]
    for name, kernel in dict({"debian": "/vmlinuz"}, **entries).items():
        files[f"/boot/efi/loader/entries/{name}.conf"] = f"title {name}\nlinux {kernel}\ninitrd /initrd\noptions {line}\n"
    return files


_PACKED = gzip.compress(bytes(56) + b"ARMd" + random.Random(0).randbytes(100000))


def _by_stub():
    """Return the files of a guest whose entry starts its kernel as a program of EFI."""
    files = _systemd_boot("default debian*\n")
    entry = files[_ENTRY.format("debian")].replace("\nlinux ", "\nefi ")
    return {**files, _ENTRY.format("debian"): entry, "/boot/efi/vmlinuz": zboot(0x8664)}


_ENTRY = "/boot/efi/loader/entries/{}.conf"


def _with_version(files):
    """Return the files of _by_stub with a kernel whose name tells its version."""
    path = _ENTRY.format("debian")
    return {**files, f"/boot/efi/vmlinuz-{KERNEL}": files["/boot/efi/vmlinuz"], path: files[path].replace("efi /vmlinuz", f"efi /vmlinuz-{KERNEL}")}


_OF_BOOT = "11111111-2222-3333-4444-555555555555"
_WITH_BOOT = f"UUID={UUID} / ext4 defaults 0 1\nUUID={_OF_BOOT} /boot ext4 defaults 0 2\n"
_CHECK = {_ENTRY.format("check"): "title Check\nefi /memtest.efi\n", "/boot/efi/memtest.efi": efi(0x8664)}
_MEMTEST = {_ENTRY.format("memtest"): "title Memory test\nefi /memtest.efi\n", "/boot/efi/memtest.efi": efi(0x8664)}
_UKI = f"/boot/efi/EFI/Linux/debian-{KERNEL}.efi"


def _uki(cmdline=f"root=UUID={UUID} ro {CMDLINE}", drivers=IN_INITRAMFS):
    """Return the files of a guest that boots a unified kernel image alone."""
    image = uki(
        osrel=b'ID=debian\nPRETTY_NAME="Debian, unified"\n',
        cmdline=cmdline.encode() + b"\n\0",
        uname=KERNEL.encode(),
        linux=b"kernel",
        initrd=initramfs(drivers),
    )
    return {_MENU: None, "/etc/default/grub": None, INITRAMFS: None, f"/boot/vmlinuz-{KERNEL}": None, _UKI: image}


_MODULE = b"\x7fELF\x01\x01\x01" + bytes(25) + b"\x34\0\0\0" + bytes(10) + b"\x28\0\x01\0\0\0" + bytes(40)
_WITH_MODULES = {
    **_FOR_BIOS,
    "/boot/grub/i386-pc/moddep.lst": "normal: extcmd\nlinux: relocator extcmd\nrelocator:\nextcmd:\ngfxterm:\n",
    **{f"/boot/grub/i386-pc/{name}.mod": _MODULE for name in ("normal", "linux", "relocator", "extcmd")},
}
_BLS_ENTRY, _MENU2 = f"/boot/loader/entries/ab12-{KERNEL}.conf", "/boot/grub2/grub.cfg"
_BY_BLSCFG = "load_env\nset timeout=5\ninsmod blscfg\nblscfg\n"
_WITH_KERNELOPTS = {_BLS_ENTRY: f"title Linux\nversion {KERNEL}\nlinux /boot/vmlinuz-{KERNEL}\ninitrd {INITRAMFS}\noptions $kernelopts\n"}
_LEGACY, _EXTLINUX = "/boot/grub/menu.lst", "/boot/extlinux.conf"
_EXTLINUX_MENU = f"DEFAULT l\nPROMPT 1\nTIMEOUT 30\nLABEL l\nLINUX vmlinuz-{KERNEL}\n"


def _legacy(text):
    """Return the menu of GRUB Legacy whose title has some lines before its kernel."""
    return {_MENU: None, _LEGACY: f"default 0\ntimeout 5\ntitle Linux\n{text}\nkernel /boot/vmlinuz-{KERNEL} root=UUID={UUID} ro\ninitrd {INITRAMFS}\n"}


def _changed_legacy(before, after):
    """Return the menu of GRUB Legacy with a part of it changed."""
    return {path: text and text.replace(before, after) for path, text in _legacy("root (hd0,2)").items()}


#: The menu whose entry starts Xen, and Linux beneath it.
_BENEATH_XEN = GRUB_CFG.replace("  linux /boot", "  multiboot2 /boot/xen-4.17-amd64.gz placeholder\n  module2 /boot", 1).replace(
    "  initrd ", "  module2 --nounzip "
)


def _bls(menu, **files):
    """Return the files of a guest whose entry is a file of its own below /boot, with the menu (str, None without one) of the GRUB that is to read it."""
    line = GRUB_CFG.split(f"vmlinuz-{KERNEL} ")[1].split("\n")[0]
    entry = f"title Linux\nversion {KERNEL}\nlinux /boot/vmlinuz-{KERNEL}\ninitrd {INITRAMFS}\noptions {line}\n"
    return {_MENU: None, _BLS_ENTRY: entry, _MENU2 + ".old": "", **({} if menu is None else {_MENU2: menu}), **files}


def _before_kernel(text):
    """Return the menu whose entry has a command more before its kernel."""
    return {_MENU: GRUB_CFG.replace("  linux", f"  {text}\n  linux", 1)}


def _searching(uuid):
    """Return a menu whose entry searches a file system by its UUID."""
    return GRUB_CFG.replace("  linux", f"  search --no-floppy --fs-uuid --set=root {uuid}\n  linux")


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[
        (rule, {_MENU: loading + GRUB_CFG + _OLD, "/boot/grub/grubenv": _grubenv(text)}, ("/boot/grub/grubenv", None))
        for rule, loading, text in (
            ("R14g", "load_env\n", "timeout=-1\n"),
            ("R14g", "load_env timeout default\nset default=0\n", "timeout=-1\n"),
            ("R14g", "if [ -s $prefix/grubenv ]; then\n load_env\nfi\nset timeout=5\n", "prefix=(hd0,msdos1)/boot/gone\n"),
            (_LOCKED, "load_env --skip-sig\nset timeout=5\n", "superusers=root\n"),
        )
    ],
    ("R14d", {_MENU: "load_env\n" + GRUB_CFG + _OLD, "/boot/grub/grubenv": _grubenv("default=old\n")}, (_MENU, 10)),
    ("R14g", {**_WHOLE, _MENU: _BY_HAND}, (_MENU, None)),
    ("R14g", {**_WHOLE, _MENU: "### BEGIN /etc/grub.d/00_header ###\nset default=0\n" + GRUB_CFG}, (_MENU, None)),
    ("R14d", {_MENU: _SAVED + GRUB_CFG + _OLD, "/boot/grub/grubenv": _grubenv("saved_entry=old\n")}, (_MENU, 10)),
    ("R14d", {_MENU: 'set default="1"\n' + GRUB_CFG + _OLD}, (_MENU, 10)),
    ("R14e", {_MENU: GRUB_CFG.replace("menuentry", _WINDOWS + "menuentry")}, (_MENU, 2)),
    # what GRUB drops: the entry itself, and one ahead of which another system stays
    (
        "R14d",
        {**_by_stub(), "/boot/efi/EFI/BOOT/BOOTX64.EFI": "MZ", _ENTRY.format("debian"): _by_stub()[_ENTRY.format("debian")] + "devicetree /board.dtb\n"},
        (_ENTRY.format("debian"), 5),
    ),
    ("R14e", {**_systemd_boot("auto-poweroff yes\ndefault auto-poweroff\n"), "/boot/efi/EFI/BOOT/BOOTX64.EFI": "MZ"}, ("/boot/efi/loader/loader.conf", 2)),
    ("R14e", {_MENU: "if true; then\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14e", {_MENU: GRUB_CFG.replace("}", "")}, (_MENU, 2)),
    ("R14e", {_MENU: "set pager='1\n" + GRUB_CFG.replace("'", '"')}, (_MENU, 1)),
    ("R14e", {_MENU: _WINDOWS + GRUB_CFG.replace("}", "fi")}, (_MENU, 1)),
    ("R14m", {_MENU: GRUB_CFG + "menuentry 'Own' {\n echo own\n"}, (_MENU, 7)),
    ("R14m", {_MENU: GRUB_CFG + "echo it's late\nset timeout=5\n"}, (_MENU, 7)),
    ("R14m", {_MENU: GRUB_CFG + 'set color="$ 1"\nset timeout=5\n'}, (_MENU, 7)),
    ("R14p", {_MENU: _searching(UUID).replace("linux /boot/", "linux /")}, (_MENU, 4)),
    ("R14p", {_MENU: _searching(UUID.upper()).replace("initrd /boot/", "initrd /")}, (_MENU, 5)),
    ("R14p", {_MENU: _searching(_OF_BOOT), "/etc/fstab": _WITH_BOOT}, (_MENU, 4)),
    ("R14p", {_MENU: _searching(_OF_BOOT).replace("linux /boot/", "linux /"), "/etc/fstab": _WITH_BOOT}, (_MENU, 5)),
    ("R14n", {_MENU: "insmod pgp\nset check_signatures=enforce\n" + GRUB_CFG}, (_MENU, 2)),
    ("R14n", {_MENU: "trust /boot/own.pub\n" + GRUB_CFG.replace("  linux", "  set check_signatures=1\n  linux")}, (_MENU, 4)),
    ("R14n", {_MENU: "set check_signatures=enforce\n" + GRUB_CFG, "/boot/efi/EFI/debian/grubx64.efi": "MZ check_signatures\0"}, (_MENU, 1)),
    ("R14n", {_MENU: "set check_signatures=enforce\n" + GRUB_CFG}, (_MENU, 1)),  # a warning: nothing loads what checks
    ("R14n", {_MENU: "insmod pgp\nset check_signatures=enforce\n" + GRUB_CFG, f"/boot/vmlinuz-{KERNEL}.sig": "x"}, (_MENU, 2)),
    ("R14e", {_MENU: "set default='Windows'\n" + GRUB_CFG + _WINDOWS}, (_MENU, 8)),
    ("R14e", {_MENU: 'set default="1>0"\n' + GRUB_CFG + "submenu 'More' {\n" + _WINDOWS + "}\n"}, (_MENU, 9)),
    ("R14e", {_MENU: GRUB_CFG.replace("menuentry", "menuentry 'Memory test' {\n linux16 /boot/memtest86+.bin\n}\nmenuentry", 1)}, (_MENU, 2)),
    ("R14f", {_MENU: _PASSWORD + GRUB_CFG}, (_MENU, 1)),
    ("R14f", {_MENU: GRUB_CFG + "source ${config_directory}/custom.cfg\n", "/boot/grub/custom.cfg": "# mine\n" + _PASSWORD}, ("/boot/grub/custom.cfg", 2)),
    ("R14g", {_MENU: GRUB_CFG + "source ${config_directory}/custom.cfg\n", "/boot/grub/custom.cfg": "set timeout=-1\n"}, ("/boot/grub/custom.cfg", 1)),
    ("R14f", {_MENU: _FROM_USER_CFG + GRUB_CFG, "/boot/grub/user.cfg": "GRUB2_PASSWORD=grub.pbkdf2.sha512.1.A.B\n"}, (_MENU, 4)),
    ("R14g", {_MENU: "set timeout=-1\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14g", {_MENU: "if [ x$feature_timeout_style = xy ] ; then\n set timeout=-1\nelse\n set timeout=-1\nfi\n" + GRUB_CFG}, (_MENU, 2)),
    ("R14g", {_MENU: "set timeout=3600\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14g", {_MENU: "\nread answer\n" + GRUB_CFG}, (_MENU, 2)),
    ("R14g", {_MENU: GRUB_CFG + "sleep --interruptible 7200\n"}, (_MENU, GRUB_CFG.count("\n") + 1)),
    ("R14g", {_MENU: "halt\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14g", _systemd_boot("timeout 3600\n"), ("/boot/efi/loader/loader.conf", 1)),
    ("R14h", {_MENU: GRUB_CFG.replace("  linux", "  set root='hd1,msdos1'\n  linux", 1)}, (_MENU, 3)),
    ("R14i", {**_FOR_BIOS, _MENU: GRUB_CFG.replace("  linux ", "  linuxefi ", 1)}, (_MENU, 3)),
    ("R14i", {**_FOR_BIOS, _MENU: GRUB_CFG.replace("  initrd ", "  initrdefi ", 1)}, (_MENU, 4)),
    ("R14i", {"/boot/grub/x86_64-efi/command.lst": "linux: linux\ninitrd: linux\n", _MENU: GRUB_CFG.replace("  linux ", "  linux16 ", 1)}, (_MENU, 3)),
    ("R14h", {_MENU: GRUB_CFG.replace("  linux", "  set root=(hd0,gpt7)\n  search --fs-uuid --set=root 1111-2222\n  linux", 1)}, (_MENU, 3)),
    ("R14h", _before_kernel("unset root"), (_MENU, 3)),
    ("R14h", _before_kernel("set root="), (_MENU, 3)),
    ("R14h", _before_kernel("root=hd7"), (_MENU, 3)),
    ("R14h", _before_kernel("set root=(hd0)"), (_MENU, 3)),
    ("R14h", _before_kernel("set root=memdisk"), (_MENU, 3)),
    ("R14h", {_MENU: "set root=hd1,gpt1\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14h", _before_kernel("set root=hd1,1; search --no-floppy --label --set=root nowhere"), (_MENU, 3)),
    ("R14h", {_MENU: GRUB_CFG.replace("linux /boot", "linux (hd1,gpt1)/boot", 1)}, (_MENU, 3)),
    ("R14h", {_MENU: GRUB_CFG.replace("initrd /boot", "initrd (hd0,gpt9)/boot", 1)}, (_MENU, 4)),
    ("R14j", {**_FOR_BIOS, _MENU: "set prefix=(hd1,gpt1)/boot/grub\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14j", {**_FOR_BIOS, **_before_kernel("set prefix=/grub-old")}, (_MENU, 3)),
    ("R14j", {**_FOR_BIOS, **_before_kernel("unset prefix")}, (_MENU, 3)),
    ("R14q", _before_kernel("loopback loop /gone.iso; set root=(loop)"), (_MENU, 3)),
    ("R14q", _before_kernel("loopback disk ($root)/ubuntu/disks/root.disk; set root=disk"), (_MENU, 3)),
    ("R14q", {_MENU: "loopback loop (hd0,1)/gone.iso\n" + GRUB_CFG.replace("linux /boot", "linux (loop)/boot", 1)}, (_MENU, 1)),
    ("R14e", {_MENU: GRUB_CFG.replace("  linux", "  if [ -f /boot/gone ]; then\n  linux", 1).replace("}", "fi\n}", 1)}, (_MENU, 4)),
    ("R14e", {_MENU: "if test -e (hd0,msdos1)/gone; then\n" + GRUB_CFG + "fi\n"}, None),
    ("R14l", {path: text for path, text in _WITH_MODULES.items() if not path.endswith("linux.mod")}, ("/boot/grub/i386-pc/linux.mod", None)),
    ("R14l", {**_WITH_MODULES, "/boot/grub/i386-pc/relocator.mod": ""}, ("/boot/grub/i386-pc/relocator.mod", None)),
    ("R14l", {**_WITH_MODULES, "/boot/grub/i386-pc/normal.mod": _MODULE[:60]}, ("/boot/grub/i386-pc/normal.mod", None)),
    ("R14h", _legacy("root (hd1,0)"), (_LEGACY, 4)),
    ("R14h", _legacy("root (hd0,8)"), (_LEGACY, 4)),
    ("R14g", _legacy("root (hd0,2)\npause press a key"), (_LEGACY, 5)),
    ("R14e", {_MENU: _BENEATH_XEN}, (_MENU, 3)),
    ("R14e", {_MENU: "submenu 'Xen' {\n" + _BENEATH_XEN.replace("multiboot2", "xen_hypervisor").replace("module2", "xen_module") + "}\n"}, (_MENU, 4)),
    (
        "R14e",
        {path: text and text.replace("kernel ", "kernel /boot/xen.gz dom0_mem=1G\nmodule ") for path, text in _legacy("root (hd0,2)").items()},
        (_LEGACY, 5),
    ),
    ("R14c", _bls(None), (_MENU2, None)),
    ("R14c", _bls(""), (_MENU2, None)),
    ("R14c", _bls("set timeout=5\ninsmod blscfg\n# blscfg\n"), (_MENU2, None)),
    # the environment block that counts is the one beside the menu, whatever its length
    *[
        (
            "R13b",
            {**_bls(_BY_BLSCFG), **_WITH_KERNELOPTS, "/boot/efi/EFI/redhat/grubenv": _grubenv(f"kernelopts=root=UUID={UUID} ro\n"), **block},
            ("/boot/grub2/grubenv", 2),
        )
        for block in (
            {"/boot/grub2/grubenv": _grubenv("kernelopts=root=/dev/sda2 ro\n")},
            {"/boot/grub2/grubenv": _grubenv("kernelopts=root=/dev/sda2 ro\n")[:-9]},
        )
    ],
    ("R65a", {_MENU: GRUB_CFG.replace(f"initrd {INITRAMFS}", "initrd /boot/intel-ucode.img"), "/boot/intel-ucode.img": "microcode"}, (_MENU, 3)),
    ("R14g", _changed_legacy("timeout 5\n", ""), (_LEGACY, None)),
    ("R14g", _changed_legacy("timeout", "serial --unit=0 --speed=115200\nterminal serial console\ntimeout"), (_LEGACY, 3)),
    ("R14g", _changed_legacy("timeout", "serial\nterminal --silent --lines=24 console serial\ntimeout"), (_LEGACY, 3)),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU.replace("DEFAULT l", "DEFAULT lts")}, (_EXTLINUX, 1)),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU.replace("DEFAULT l\n", "")}, (_EXTLINUX, None)),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU.replace("DEFAULT l", "DEFAULT local") + "LABEL local\nLOCALBOOT -1\n"}, (_EXTLINUX, 1)),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU + "ONTIMEOUT local\nLABEL local\nLOCALBOOT -1\n"}, (_EXTLINUX, 6)),
    ("R14k", {_MENU: "cutmem 1M 4G\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14k", _before_kernel("cutmem 0x100000 0x100000000"), (_MENU, 3)),
    ("R14k", {_MENU: "badram 0x0,0x0\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14g", _before_kernel("halt"), (_MENU, 3)),
    ("R14g", _before_kernel("sleep 7200"), (_MENU, 3)),
    ("R14g", {_MENU: GRUB_CFG.replace("\n}", "\n  exit\n}", 1)}, (_MENU, 5)),
    ("R14g", {_MENU: "if true; then\n  exit\nfi\n" + GRUB_CFG}, (_MENU, 2)),
    ("R14g", {_MENU: GRUB_CFG + "while true; do\n  sleep 1\ndone\n"}, (_MENU, GRUB_CFG.count("\n") + 1)),
    ("R14g", {_MENU: GRUB_CFG + "configfile $prefix/grub.cfg\n"}, (_MENU, GRUB_CFG.count("\n") + 1)),
    ("R14g", {_MENU: "source /boot/grub/grub.cfg\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14e", {_MENU: "if false; then\n" + GRUB_CFG + "fi\n"}, None),
    ("R14e", {_MENU: "if [ $grub_platform = xen ]; then\n" + GRUB_CFG + "fi\n"}, None),
    ("R14e", {_MENU: "function linux_menu {\n" + GRUB_CFG + "}\n"}, None),
    ("R14g", {_MENU: "set timeout=${menu_wait}\n" + GRUB_CFG, "/boot/grub/grubenv": _grubenv("menu_wait=-1\n")}, (_MENU, 1)),
    ("R14g", {"/etc/default/grub": GRUB_DEFAULT + "GRUB_TIMEOUT=86400\n"}, ("/etc/default/grub", 5)),
    ("R14g", {"/etc/default/grub": GRUB_DEFAULT + 'GRUB_TIMEOUT="-1"\n'}, ("/etc/default/grub", 5)),
    ("R14g", {_MENU: "videotest 800x600\n" + GRUB_CFG}, (_MENU, 1)),
    ("R14g", _systemd_boot("default debian.conf\ntimeout menu-force\n"), ("/boot/efi/loader/loader.conf", 2)),
    ("R14d", _systemd_boot("default old*\n", old="/gone"), ("/boot/efi/loader/entries/old.conf", 2)),
    (
        "R14d",
        {  # /boot has an initramfs of that name, and the loader reads the EFI system partition alone
            **_systemd_boot(),
            "/boot/efi/loader/entries/debian.conf": f"title Debian\nlinux /vmlinuz\ninitrd /{KERNEL}/initrd.img-{KERNEL}\noptions root=UUID={UUID} ro\n",
        },
        ("/boot/efi/loader/entries/debian.conf", 3),
    ),
    ("R13b", _uki(f"root=/dev/sda1 {CMDLINE}"), (_UKI, None)),
    ("R13b", {**_uki(), f"{_UKI}.extra.d/own.addon.efi": uki(cmdline=b"root=/dev/sdb1\0")}, (_UKI, None)),
    ("R63", {**_uki(), "/boot/efi/loader/addons/own.addon.efi": uki(cmdline=b"systemd.unit=rescue.target\n\0")}, (_UKI, None)),
    (
        "R60",
        {**_uki(), _UKI: uki(osrel=b"ID=debian\n", cmdline=f"root=UUID={UUID} ro".encode(), uname=KERNEL.encode(), initrd=initramfs(IN_INITRAMFS))},
        (_UKI, None),
    ),
    ("R60", {**_systemd_boot(), "/boot/efi/EFI/BOOT/BOOTX64.EFI": "MZ", "/boot/efi/vmlinuz": _PACKED}, ("/boot/efi/vmlinuz", None)),
    ("R65a", _with_version(_by_stub()), (_ENTRY.format("debian"), 2)),
    ("R60", {**_uki(), _UKI: uki(osrel=b"ID=debian\n", cmdline=f"root=UUID={UUID} ro".encode(), linux=b"", initrd=initramfs(IN_INITRAMFS))}, (_UKI, None)),
    ("R13b", {**_uki(), _UKI: uki(osrel=b"ID=debian\n", uname=KERNEL.encode(), linux=b"kernel", initrd=initramfs(IN_INITRAMFS))}, (_UKI, None)),
    ("R14e", _systemd_boot("default debian*\n", debian="/gone"), ("/boot/efi/loader/loader.conf", 1)),
    ("R14e", {**_systemd_boot("timeout 3\ndefault memtest.conf\n"), **_MEMTEST}, ("/boot/efi/loader/loader.conf", 2)),
    ("R14e", {**_systemd_boot("timeout 3\n"), **_MEMTEST}, ("/boot/efi/loader/loader.conf", None)),
    (
        "R14e",
        {**_systemd_boot("timeout 3\n"), **_CHECK, _ENTRY.format("check"): "title Check\nsort-key 0\nefi /memtest.efi\n"},
        ("/boot/efi/loader/loader.conf", None),
    ),
    ("R14e", {**_systemd_boot("default mem*\n"), **_MEMTEST}, ("/boot/efi/loader/loader.conf", 1)),
    ("R13d", _uki(f"root=UUID=99999999-0000-0000-0000-000000000000 {CMDLINE}"), (_UKI, None)),
    ("R27a", _uki(f"root=UUID={UUID}"), (_UKI, None)),
    ("R63", _uki(f"root=UUID={UUID} {CMDLINE} break"), (_UKI, None)),
    ("R17a", _uki(drivers=[name for name in IN_INITRAMFS if name != "hv_storvsc"]), (_UKI, None)),
    ("R60", dict(_uki(), **{_UKI: _uki()[_UKI][:-1000]}), (_UKI, None)),
    (
        "R14g",
        {_MENU: None, "/boot/extlinux/extlinux.conf": f"PROMPT 1\nTIMEOUT 0\nDEFAULT l\nLABEL l\nKERNEL /boot/vmlinuz-{KERNEL}\nAPPEND ro\n"},
        ("/boot/extlinux/extlinux.conf", 2),
    ),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R14q", _before_kernel("loopback loop /gone.iso")),  # nothing is taken from it
    ("R14q", _before_kernel("loopback loop /gone.iso; set root=(loop); set root=hd0,gpt3")),
    ("R14e", {_MENU: "if [ -f /boot/grub/grub.cfg ]; then\n" + GRUB_CFG + "fi\n"}),
    ("R14e", {_MENU: "if [ ! -f /gone ]; then\n" + GRUB_CFG + "fi\n"}),
    ("R14e", {_MENU: "if [ -f $prefix/gone ]; then\n" + GRUB_CFG + "fi\n"}),
    ("R14e", {_MENU: "if [ -f /EFI/Microsoft/Boot/bootmgfw.efi ]; then\n" + _WINDOWS + "fi\n" + GRUB_CFG}),
    ("R14p", {_MENU: _searching(UUID)}),
    ("R14p", {_MENU: _searching("11111111-2222-3333-4444-555555555555").replace("/boot/", "/")}),  # a /boot of its own
    ("R14p", {_MENU: GRUB_CFG.replace("/boot/", "/")}),  # where GRUB is does not show
    ("R14p", {_MENU: _searching(_OF_BOOT).replace("/boot/", "/"), "/etc/fstab": _WITH_BOOT}),
    ("R14p", {_MENU: _searching(_OF_BOOT).replace("/boot/", "/@/"), "/etc/fstab": _WITH_BOOT.replace(" /boot ext4", " /boot btrfs")}),
    ("R14p", {_MENU: _searching(UUID).replace("/boot/", "/@/boot/"), "/etc/fstab": f"UUID={UUID} / btrfs subvol=@ 0 0\n"}),
    ("R14g", {_MENU: "load_env\nset timeout=5\n" + GRUB_CFG, "/boot/grub/grubenv": _grubenv("timeout=-1\n")}),
    ("R14g", {_MENU: "load_env saved_entry\nset timeout=5\n" + GRUB_CFG, "/boot/grub/grubenv": _grubenv("prefix=/gone\n")}),
    ("R14g", {_MENU: "load_env\nset prefix=/boot/grub\n" + GRUB_CFG, "/boot/grub/grubenv": _grubenv("prefix=/gone\n")}),
    ("R14g", {_MENU: GRUB_CFG, "/boot/grub/grubenv": _grubenv("timeout=-1\nprefix=/gone\n")}),  # nobody loads it
    ("R14g", {_MENU: _BY_HAND}),  # in a part of a system
    ("R14g", {**_WHOLE, _MENU: "set timeout=3\n" + _BY_HAND}),
    ("R14g", {**_WHOLE, _MENU: "source $prefix/timeout.cfg\n" + _BY_HAND}),
    ("R14g", {**_WHOLE, _MENU: "load_env\n" + _BY_HAND, "/boot/grub/grubenv": _grubenv("timeout=3\n")}),
    (_LOCKED, {_MENU: "load_env saved_entry\n" + GRUB_CFG, "/boot/grub/grubenv": _grubenv("superusers=root\n")}),
    (_LOCKED, {_MENU: "load_env\n" + GRUB_CFG.replace("--class", "--unrestricted --class"), "/boot/grub/grubenv": _grubenv("superusers=root\n")}),
    ("R14d", {_MENU: _SAVED + GRUB_CFG, "/boot/grub/grubenv": _grubenv("saved_entry=gone\n")}),  # GRUB starts the first one then
    ("R14e", {_MENU: GRUB_CFG + _WINDOWS}),
    ("R14e", {_MENU: 'set default="1>Debian GNU/Linux"\n' + _WINDOWS + "submenu 'More' {\n" + GRUB_CFG + "}\n"}),
    ("R14e", {_MENU: 'if [ "${next_entry}" ] ; then\n set default="${next_entry}"\nelse\n set default="0"\nfi\n' + GRUB_CFG + _WINDOWS}),
    # GRUB goes on behind an error: the entry is ahead of it, or of another line
    ("R14e", {_MENU: GRUB_CFG + "menuentry 'Own' {\n echo own\n"}),
    ("R14e", {_MENU: GRUB_CFG + "echo 'it's late'\n"}),
    ("R14e", {_MENU: "fi\n}\n" + GRUB_CFG}),
    ("R14m", {_MENU: "if [ x$a = xy ]; then\n true\nelse\n echo 'then fi'\nfi # it's\nmenuentry \"it's\" { true }\n" + GRUB_CFG}),
    ("R14m", {"/boot/grub/custom.cfg": "menuentry {\n"}),  # which this menu does not load
    ("R14n", {_MENU: "insmod pgp\nset check_signatures=enforce\nset check_signatures=no\n" + GRUB_CFG}),
    ("R14n", {_MENU: "insmod pgp\nset check_signatures=enforce\nunset check_signatures\n" + GRUB_CFG}),
    ("R14n", {_MENU: "trust /boot/own.pub\nset check_signatures=trust\n" + GRUB_CFG}),
    ("R14n", {_MENU: "insmod pgp\nif false; then\n set check_signatures=enforce\nfi\n" + GRUB_CFG}),
    ("R14n", {_MENU: "insmod pgp\nset check_signatures=enforce\n" + GRUB_CFG, f"/boot/vmlinuz-{KERNEL}.sig": "x", f"{INITRAMFS}.sig": "x"}),
    ("R14f", {_MENU: _PASSWORD + GRUB_CFG.replace("--class debian", "--class debian --unrestricted")}),
    ("R14f", {_MENU: _FROM_USER_CFG + GRUB_CFG}),  # nobody has set a password
    ("R14g", {_MENU: "set timeout=-1\n" + GRUB_CFG + "set timeout=5\n"}),
    ("R14g", {_MENU: "set timeout=60\nsleep 5\nfunction wait {\n read answer\n}\nif [ $grub_platform = efi ] ; then\n fwsetup\nfi\n" + GRUB_CFG}),
    ("R14g", {_MENU: 'if [ "${recordfail}" = 1 ] ; then\n set timeout=-1\nelse\n set timeout=5\nfi\n' + GRUB_CFG}),
    ("R14g", _systemd_boot("timeout menu-hidden\n")),
    ("R14f", {"/boot/grub/custom.cfg": _PASSWORD}),  # which this menu does not load
    ("R14e", {_MENU: GRUB_CFG + "menuentry 'Memory test' {\n linux16 /boot/memtest86+.bin\n}\n"}),
    ("R14g", {_MENU: None, "/boot/extlinux.conf": f"DEFAULT menu.c32\nPROMPT 0\nMENU HIDDEN\nTIMEOUT 10\nLABEL l\nMENU DEFAULT\nLINUX vmlinuz-{KERNEL}\n"}),
    ("R14e", _systemd_boot("default arch-*\n")),
    ("R14e", {**_systemd_boot("default debian*\n"), **_MEMTEST}),
    ("R14e", {**_systemd_boot("timeout 3\n"), **_CHECK}),
    ("R14e", {**_systemd_boot("default memtest.conf\n"), _ENTRY.format("memtest"): "title Gone\nefi /gone.efi\n"}),
    *[(rule, _by_stub()) for rule in ("R14c", "R14d", "R14e", "R27a")],
    ("R65a", _with_version({**_by_stub(), _ENTRY.format("debian"): _by_stub()[_ENTRY.format("debian")].replace("options ", "options initrd=\\initrd ")})),
    ("R60", {**_systemd_boot(), "/boot/efi/EFI/BOOT/BOOTX64.EFI": "MZ", "/boot/efi/vmlinuz": zboot(0x8664)}),
    ("R60", {**_systemd_boot(), "/boot/efi/EFI/BOOT/BOOTX64.EFI": "GRUB", "/boot/efi/vmlinuz": _PACKED}),  # which unpacks it
    ("R14e", _systemd_boot("default old*\nsecure-boot-enroll force\neditor no\n", old="/gone")),  # which is in no menu
    ("R14e", {path.replace("debian.conf", "debian+0-3.conf"): content for path, content in _systemd_boot().items()}),
    # what is none of this image's, or of a program that knows no addons
    ("R13b", {**_uki(), f"{_UKI}.extra.d/own.addon.efi": uki(cmdline=b"root=/dev/sdb1\0", uname=b"5.10.0-1-amd64")}),
    ("R13b", {**_uki(), f"{_UKI}.extra.d/own.efi": uki(cmdline=b"root=/dev/sdb1\0")}),
    ("R63", {**_uki(), f"{_UKI}.extra.d/own.addon.efi": uki(cmdline=b"quiet loglevel=3\0")}),
    (
        "R63",
        {
            **_uki(),
            _UKI: uki(sdmagic=b"#### LoaderInfo: systemd-stub 252.39-1 ####\0", osrel=b"ID=debian\n", cmdline=f"root=UUID={UUID} ro".encode(), linux=b"kernel"),
            f"{_UKI}.extra.d/own.addon.efi": uki(cmdline=b"single\0"),
        },
    ),
    *[(rule, _uki()) for rule in ("R13b", "R13d", "R14c", "R14d", "R14e", "R17a", "R27a", "R60", "R61", "R62", "R63")],
    ("R14h", {_MENU: GRUB_CFG.replace("  linux", "  set root='hd0,gpt3'\n  linux", 1)}),
    ("R14h", _before_kernel("unset root; set root=$root; search --no-floppy --file --set=root /etc/fstab")),
    ("R14h", _before_kernel("search --no-floppy --fs-uuid --set=root 11111111-2222-3333-4444-555555555555")),  # root stays where GRUB's own files are
    ("R14h", _before_kernel("if [ x$feature_platform_search_hint != xy ]; then set root=hd1,gpt1; fi; set root=lvm/vg0-root")),
    ("R14h", {_MENU: "search --set=fonts --label nowhere\n" + GRUB_CFG.replace("linux /boot", "linux ($root)/boot", 1)}),
    ("R14h", {_MENU: GRUB_CFG.replace("linux /boot", "linux (hd0,gpt3)/boot", 1)}),
    ("R14h", {_MENU: GRUB_CFG.replace("\n}", "\n  boot\n  unset root\n}", 1)}),
    ("R14j", {**_FOR_BIOS, _MENU: "set prefix=($root)/boot/grub\nset prefix=$prefix\n" + GRUB_CFG}),
    ("R14j", {**_FOR_BIOS, _MENU: "set prefix=/grub\n" + GRUB_CFG + "set prefix=/boot/grub\n"}),
    ("R14j", {_MENU: "set prefix=(hd1)/boot/grub\n" + GRUB_CFG}),  # a GRUB with all in its core
    ("R14l", _WITH_MODULES),
    ("R14l", {**_WITH_MODULES, "/boot/grub/i386-pc/gfxterm.mod": ""}),  # which no entry needs
    ("R14h", _legacy("root (hd0,2)")),
    ("R14g", _legacy("root (hd0,2)")),
    *[
        ("R14g", _changed_legacy("timeout", f"serial\nterminal {terminals}\ntimeout"))
        for terminals in ("--timeout=5 serial console", "serial", "--dumb serial")
    ],
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU + "ONTIMEOUT l\n"}),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU.replace("DEFAULT l", f"DEFAULT vmlinuz-{KERNEL} ro")}),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU.replace("DEFAULT l", "DEFAULT more") + "INCLUDE more.cfg\n"}),
    ("R14e", {_MENU: None, _EXTLINUX: _EXTLINUX_MENU.replace("DEFAULT l", "UI menu.c32")}),
    ("R14k", {_MENU: "cutmem 0x40000000 0x40100000\nbadram 0x12345000,0xfffff000\n" + GRUB_CFG}),
    ("R14k", {_MENU: GRUB_CFG + "menuentry 'Other' {\n  cutmem 1M 4G\n  linux /boot/other\n}\n"}),
    ("R14g", {_MENU: "if [ x$grub_platform = xxen ]; then exit; fi\nwhile true; do\n  break\ndone\n" + GRUB_CFG}),
    ("R14g", {_MENU: GRUB_CFG + "menuentry 'Off' {\n  halt\n}\nmenuentry 'Set-up' {\n  fwsetup\n}\n"}),
    ("R14g", {_MENU: GRUB_CFG.replace("\n}", "\n  boot\n  halt\n}", 1)}),
    ("R14g", {_MENU: GRUB_CFG + "source /boot/grub/none.cfg\nif [ -f $prefix/own.cfg ]; then\n  configfile $prefix/own.cfg\nfi\n"}),
    ("R14e", {_MENU: "if [ x$feature_menuentry_id = xy ]; then\n" + GRUB_CFG + "fi\n"}),
    ("R14e", {_MENU: "function linux_menu {\n" + GRUB_CFG + "}\nlinux_menu\n"}),
    ("R14e", {_MENU: 'if [ "$grub_platform" = "efi" ]; then\n' + GRUB_CFG + "else\n" + GRUB_CFG + "fi\n"}),
    ("R14h", {_MENU: GRUB_CFG.replace("  linux", f"  set root='hd1,gpt1'\n  search --no-floppy --fs-uuid --set=root {UUID}\n  linux", 1)}),
    ("R14i", {**_FOR_BIOS, _MENU: GRUB_CFG.replace("  linux ", "  linux16 ", 1).replace("  initrd ", "  initrd16 ", 1)}),
    ("R14i", {_MENU: GRUB_CFG.replace("  linux ", "  linuxefi ", 1).replace("  initrd ", "  initrdefi ", 1)}),  # a GRUB with all in its core
    ("R14i", {**_FOR_BIOS, _MENU: GRUB_CFG + "menuentry 'Other' {\n  linuxefi /boot/other\n}\n"}),
    ("R14h", {_MENU: GRUB_CFG + "menuentry 'Other' {\n  set root='hd1,msdos1'\n  linux /boot/other\n}\n"}),
    ("R14g", {_MENU: "set timeout=${menu_wait}\n" + GRUB_CFG, "/boot/grub/grubenv": _grubenv("menu_wait=5\n")}),
    ("R14g", {"/etc/default/grub": GRUB_DEFAULT + "GRUB_TIMEOUT=60\n"}),
    ("R14d", {"/etc/default/grub": GRUB_DEFAULT + "GRUB_ENABLE_BLSCFG=false\n", "/boot/loader/entries/ab-5.14.conf": "title Old\nlinux /gone\noptions a\n"}),
]
