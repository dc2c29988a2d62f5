# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest is made of, as values: the choices, the packages that they mean, and the cache key."""

import hashlib
import json
from typing import NamedTuple

from lab.errors import LabError

SUITES = ("bullseye", "bookworm", "trixie", "forky", "sid")
FIRMWARES = ("bios", "uefi")
TABLES = ("mbr", "gpt")
LOADERS = ("grub2", "grub-legacy", "none")
INITRAMFS = ("initramfs-tools", "dracut")
FILE_SYSTEMS = ("ext4", "ext3", "xfs", "btrfs")
KERNELS = ("cloud", "generic")
ARCHITECTURES = ("amd64", "arm64")  # as Debian names them

COMMON_PACKAGES = (
    "systemd-sysv",
    "udev",
    "dbus",
    "openssh-server",
    "openssh-client",
    "python3",
    "python3-apt",
    "sudo",
    "iproute2",
    "kmod",
    "e2fsprogs",
    "passwd",
    "mount",
    "procps",
    "zstd",
    "ca-certificates",
    "cpio",
    "libpam-systemd",
    "netbase",
    "fdisk",
)
FILE_SYSTEM_PACKAGES = {"xfs": "xfsprogs", "btrfs": "btrfs-progs"}
KERNEL_PACKAGES = {"cloud": "linux-image-cloud-{architecture}", "generic": "linux-image-{architecture}"}


class Recipe(NamedTuple):
    """The choices that decide which packages a root holds."""

    suite: str = "bookworm"
    firmware: str = "bios"
    loader: str = "grub2"
    initramfs: str = "initramfs-tools"
    kernel: str = "cloud"
    file_system: str = "ext4"
    include: tuple = ()
    architecture: str = "amd64"
    agent: bool = False  # the Azure agent, without the conflict with NetworkManager that Debian's package has and others' have not


class Plan(NamedTuple):
    """A whole disk: its root, and how it lies on the disk."""

    recipe: Recipe = Recipe()
    table: str = "mbr"
    faulty: bool = False
    size: int = 2 * 1024**3  # bytes, before the odd sectors of a faulty disk
    swap_partition: bool = True  # of a faulty disk
    logical: tuple = ()  # (volume group, logical volume) of the root, with /boot on a partition of its own; MBR alone
    subvolumes: tuple = ()  # of @, on Btrfs whose default subvolume is @/.snapshots/1/snapshot
    like: str = ""  # the name of a shape of lab.shapes, "" for a Debian as it is


def check_plan(plan: Plan) -> Plan:
    """Return the plan. Raises LabError: when its choices do not go together."""
    recipe = plan.recipe
    if recipe.firmware == "uefi" and plan.table != "gpt":
        raise LabError("cannot plan the disk: UEFI guests have a GPT; leave --table out or give --table gpt")
    if recipe.architecture == "arm64" and recipe.firmware != "uefi":
        raise LabError("cannot plan the disk: arm64 machines have UEFI; give --firmware uefi")
    if recipe.loader == "grub-legacy" and (recipe.firmware == "uefi" or plan.table == "gpt"):
        raise LabError("cannot plan the disk: GRUB Legacy knows neither UEFI nor GPT; use --firmware bios --table mbr")
    if recipe.loader == "grub-legacy" and recipe.file_system not in ("ext3", "ext4"):
        raise LabError(f"cannot plan the disk: GRUB Legacy does not read {recipe.file_system}; use --fs ext4 or ext3")
    if plan.logical and plan.table != "mbr":
        raise LabError("cannot plan the disk: one with a logical volume has an MBR here; leave --table out")
    if plan.size < 1024**3:
        raise LabError(f"cannot plan the disk: {plan.size} bytes hold no Debian; give --size 1G or more")
    return plan


def packages(recipe: Recipe) -> list:
    """Return the packages that mmdebstrap installs; those of late_packages come after them."""
    chosen = [*COMMON_PACKAGES, KERNEL_PACKAGES[recipe.kernel].format(architecture=recipe.architecture), recipe.initramfs]
    if recipe.loader == "grub2":
        chosen.append("grub-pc" if recipe.firmware == "bios" else f"grub-efi-{recipe.architecture}")
    if recipe.file_system in FILE_SYSTEM_PACKAGES:
        chosen.append(FILE_SYSTEM_PACKAGES[recipe.file_system])
    return [*chosen, *recipe.include]


def late_packages(recipe: Recipe) -> list:
    """Return what is installed after the kernel: GRUB Legacy's kernel hook fails without a menu.lst."""
    return ["grub-legacy"] if recipe.loader == "grub-legacy" else []


def content_id(*parts) -> str:
    """Return a cache key: equal for equal content, and for nothing else."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
