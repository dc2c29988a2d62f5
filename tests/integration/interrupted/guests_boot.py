# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of each kind of boot loader, and what plays their generators of menus."""

import pathlib
import re
import shutil

from integration.interrupted import programs
from integration.interrupted.examination import Case

TREES = pathlib.Path(__file__).resolve().parents[2] / "unit" / "fixtures" / "boot"
WANTED = {"present": ["console=tty1", "console=ttyS0,115200n8", "rootdelay=300"], "absent": ["rhgb", "quiet", "crashkernel=auto"]}

#: Debian's, which only calls grub-mkconfig.
UPDATE_GRUB = '#!/bin/sh\nset -e\nexec grub-mkconfig -o /boot/grub/grub.cfg "$@"\n'

_SETTING = re.compile(r"""^\s*(GRUB_CMDLINE_LINUX\w*|default_kernel_opts)=["'](.*)["']\s*$""", re.M)
#: Up to the root file system; what comes behind it is from the settings.
_LINE = re.compile(r"^(\s*(?:linux\w*\s+\S+|APPEND)\s+root=\S+(?: ro)?(?:\s+\$\{extra_cmdline\})?(?: modules=\S+)?)(.*)$", re.M)


def settings(root):
    """Return {name: value} of what the generator reads."""
    found = {}
    files = [root / "etc/default/grub", *sorted((root / "etc/default/grub.d").glob("*.cfg")), root / "etc/update-extlinux.conf"]
    for file in files:
        for name, value in _SETTING.findall(file.read_text() if file.exists() else ""):
            found[name] = re.sub(r"(?<!\\)\$\{?(\w+)\}?", lambda match: found.get(match.group(1), ""), value).replace("\\$", "$")
    return found


def menu(root, path):
    """Return the menu (bytes) of a guest with the lines that its settings ask for."""
    values = settings(root)

    def line(match):
        general, recovery = values.get("GRUB_CMDLINE_LINUX", ""), re.match(r"\s*(single( splash=none)?|recovery nomodeset dis_ucode_ldr)", match.group(2))
        if recovery:
            return f"{match.group(1)} {recovery.group(1)} {general}"
        language = re.findall(r"LANG=\S+", match.group(2))
        return " ".join([match.group(1), general, values.get("GRUB_CMDLINE_LINUX_DEFAULT", values.get("default_kernel_opts", ""))] + language)

    return _LINE.sub(line, path.read_text()).encode()


def _named(root, argv):
    """Return what grub-mkconfig -o writes: the file that is named, from the menu that is there now."""
    root, output = pathlib.Path(root), pathlib.Path(root + argv[argv.index("-o") + 1])
    now = [path for path in (output, *root.glob("boot/grub*/grub.cfg")) if path.exists() and path.stat().st_size]
    return [(str(output), menu(root, now[0]), None)]


def _extlinux(root, _argv):
    path = f"{root}/boot/extlinux.conf"
    return [(path, menu(pathlib.Path(root), pathlib.Path(path)), path + ".new")]


GENERATORS = {"grub2-mkconfig": _named, "grub-mkconfig": _named, "update-extlinux": _extlinux}


def boot_case(name, backup=False):
    """Return the Case of grub_cmdline on a recorded tree."""

    def build(place):
        root = place / "guest"
        shutil.copytree(TREES / name, root, symlinks=True, dirs_exist_ok=True)
        programs.executable(root, "update-extlinux", "grub2-mkconfig")
        if (root / "boot/grub/grub.cfg").exists():
            programs.executable(root, "update-grub", "grub-mkconfig")
            (root / "usr/sbin/update-grub").write_text(UPDATE_GRUB)
            (root / "usr/sbin/grub-mkconfig").write_text("for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n")

    def arguments(place):
        return dict(WANTED, root=str(place / "guest"), backup=backup)

    return Case(
        f"grub_cmdline, {name}" + (", with a copy" if backup else ""),
        "grub_cmdline",
        build,
        arguments,
        programs.play(GENERATORS),
        between=lambda path, _content: path == "guest/boot/extlinux.conf.new",
    )


#: One of each kind: a generated menu with and without drop-ins, for BIOS and UEFI at once, written by hand; entries with and without variables,
#: on the EFI system partition, of systemd-boot; GRUB Legacy with and without magic comments; EXTLINUX.
NAMES = ("debian12", "ubuntu2404-cloud", "rhel7", "azurelinux2", "rhel8", "rhel9", "sles16", "arch-sdboot", "rhel6", "debian5", "alpine")

CASES = [boot_case(name) for name in NAMES] + [boot_case("rhel8", True), boot_case("debian12", True)]
