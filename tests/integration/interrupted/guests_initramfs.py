# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests with an initramfs that lacks drivers, or resumes from swap, and what plays their generators."""

import os
import pathlib

from integration.interrupted import programs
from integration.interrupted.examination import Case
from unit.initramfs import images
from unit.trees import write_tree

OLD, OTHER = images.main_archive({}), "6.1.0-12-amd64"

#: {generator: (what it reads and is told by, the name of its images, its programs)}
GENERATORS = {
    "initramfs-tools": (
        {
            "/etc/os-release": "ID=debian\n",
            "/etc/initramfs-tools/modules": "# list\n",
            "/usr/sbin/update-initramfs": "#!/bin/sh\nmkinitramfs\n",
            "/etc/initramfs/post-update.d/x": "",
        },
        "initrd.img-{}",
        ["mkinitramfs"],
    ),
    "dracut": (
        {"/etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n', "/usr/lib/dracut/dracut-functions.sh": "", "/etc/dracut.conf.d/a.conf": ""},
        "initramfs-{}.img",
        ["dracut"],
    ),
    "mkinitcpio": ({"/etc/os-release": "ID=arch\n", "/etc/mkinitcpio.conf": "MODULES=()\nHOOKS=(base udev)\n"}, "initramfs-{}.img", ["mkinitcpio"]),
    "mkinitfs": (
        {"/etc/os-release": "ID=alpine\n", "/etc/mkinitfs/mkinitfs.conf": 'features="ata base ext4"\n', "/etc/mkinitfs/features.d/x.modules": ""},
        "initramfs-{}",
        ["mkinitfs"],
    ),
    "mkinitrd-redhat": (
        {"/etc/redhat-release": "CentOS release 5.11 (Final)\n", "/etc/modprobe.conf": "alias scsi_hostadapter ata_piix\n"},
        "initrd-{}.img",
        ["mkinitrd", "nash"],
    ),
    "mkinitrd-suse": (
        {"/etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\n", "/etc/sysconfig/kernel": 'INITRD_MODULES="ata_piix ext3"\n'},
        "initrd-{}",
        ["mkinitrd"],
    ),
}


def _output(argv):
    """Return the guest path of the image that a generator is asked for."""
    if "-b" in argv:
        return f"{argv[argv.index('-b') + 1]}/{argv[argv.index('-i') + 1]}"
    for option in ("-o", "-g"):
        if option in argv:
            return argv[argv.index(option) + 1]
    return argv[-2]


def _version(argv):
    return next(version for version in (images.VERSION, OTHER) if any(version in word for word in argv))


def _built(root, argv):
    """Return the image with all drivers of its kernel, and what the configuration has it resume from."""
    resume = pathlib.Path(root, "etc/initramfs-tools/conf.d/resume")
    extra = [images.member("conf/conf.d/resume", resume.read_bytes())] if resume.exists() else []
    return [(root + _output(argv), images.main_archive(version=_version(argv), extra=extra), None)]


def _nothing(_root, _argv):
    return []


PLAYED = programs.play({"mkinitramfs": _built, "dracut": _built, "mkinitcpio": _built, "mkinitfs": _built, "mkinitrd": _built, "run-parts": _nothing})


def write_guest(root, generator, image):
    """Write a guest with two kernels whose images (bytes) lack something."""
    files, name, names = GENERATORS[generator]
    for version in (images.VERSION, OTHER):
        images.write_kernel(root, version, image=image, name=name)
    programs.executable(root, *names)
    write_tree(root, files)
    os.makedirs(root / "var/tmp")


def drivers_case(generator, backup):
    """Return the Case of initrd_modules with a generator."""

    def build(place):
        write_guest(place / "guest", generator, OLD)

    def arguments(place):
        return {"root": str(place / "guest"), "modules": ["hv_vmbus", "hv_storvsc"], "generator": generator, "backup": backup}

    return Case(f"initrd_modules, {generator}" + (", with a copy" if backup else ""), "initrd_modules", build, arguments, PLAYED)


def swap_case(name, files, resumes, **options):
    """Return the Case of swap_off on a guest whose images resume, or not."""

    def build(place):
        extra = [images.member("conf/conf.d/resume", b"RESUME=UUID=97dd\n")] if resumes else []
        write_guest(place / "guest", "initramfs-tools", images.main_archive({}, extra=extra))
        write_tree(place / "guest", files)

    def arguments(place):
        return dict(options, root=str(place / "guest"))

    return Case(f"swap_off, {name}", "swap_off", build, arguments, PLAYED, undoes=False)


SWAP = {
    "/etc/fstab": "UUID=1 / ext4 defaults 0 1\n/swapfile none swap sw 0 0\n",
    "/swapfile": "swap",
    "/var/lib/more": "swap",
    "/etc/systemd/system/var-lib-more.swap": "[Swap]\nWhat=/var/lib/more\n[Install]\nWantedBy=swap.target\n",
    "/etc/systemd/system/swap.target.wants/var-lib-more.swap": "->/etc/systemd/system/var-lib-more.swap",
}
RESUME = {"/etc/initramfs-tools/conf.d/resume": "RESUME=UUID=97dd\n"}

CASES = [drivers_case(generator, False) for generator in GENERATORS] + [
    drivers_case("initramfs-tools", True),
    drivers_case("dracut", True),
    swap_case("files and units", SWAP, False),
    swap_case("resume", RESUME, True),
    swap_case("all of it", dict(SWAP, **RESUME), True),
    swap_case("all of it, with a copy", dict(SWAP, **RESUME), True, backup=True),
]
