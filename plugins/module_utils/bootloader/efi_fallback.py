# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loader that UEFI firmware without boot variables starts: EFI/BOOT/BOOTX64.EFI, or BOOTAA64.EFI on ARM.

PRIVATE: module_utils of this collection are not an interface.
Source: UEFI Specification 2.10, section 3.5.1.1; shim loads GRUB and MokManager from its own directory.
"""

import collections
import posixpath
import re

#: Where distributions have the directory EFI of the EFI system partition.
FOLDERS = ("/boot/efi/EFI", "/efi/EFI", "/boot/EFI")

#: The architecture's name in the names of loaders, by `uname -m`.
_SUFFIXES = {"x86_64": "x64", "aarch64": "aa64"}
#: A vendor's directory is directly below EFI; some have one more level.
_DEPTH = 3

#: One file to copy: source, dest: the guest's paths.
Copy = collections.namedtuple("Copy", "source dest")


def name(machine):
    """Return the fallback loader's file name (str) for a machine as of `uname -m`, None where Azure has no such machine."""
    return f"BOOT{_SUFFIXES[machine].upper()}.EFI" if machine in _SUFFIXES else None


def names(tree):
    """Return the names ([str]) in EFI/BOOT, and its path (str) or None."""
    for folder in FOLDERS:
        for entry in tree.listdir(folder):
            if entry.lower() == "boot" and tree.listdir(f"{folder}/{entry}"):
                return tree.listdir(f"{folder}/{entry}"), f"{folder}/{entry}"
    return [], None


def find(tree, machine):
    """Return the path (str) of the fallback loader for a machine as of `uname -m`, or None. FAT does not know upper and lower case."""
    present, folder = names(tree)
    return next((f"{folder}/{entry}" for entry in present if entry.lower() == (name(machine) or "").lower()), None)


def copies(tree, machine):
    """Return the [Copy] that give firmware a loader for a machine as of `uname -m`, the loader itself last; [] without one to copy.

    The loader is shim, GRUB where there is no shim, or systemd-boot. What shim looks for beside itself, GRUB and MokManager, comes along,
    of its directory alone: two systems on one EFI system partition cannot share EFI/BOOT.
    """
    vendor = [path for folder in FOLDERS for path in _loaders(tree, folder) if not re.search(r"/EFI/BOOT/", path, re.IGNORECASE)]
    suffix = _SUFFIXES.get(machine, "")
    first = next(
        (
            path
            for program in ("shim", "grub", "systemd-boot")
            for path in vendor
            if re.fullmatch(rf"{program}({suffix})?\.efi", posixpath.basename(path), re.IGNORECASE)
        ),
        None,
    )
    if first is None or not suffix:
        return []
    beside = [
        path
        for path in vendor
        if path != first and posixpath.dirname(path) == posixpath.dirname(first) and re.match(r"(grub|mm)[^/]*\.efi$", posixpath.basename(path), re.IGNORECASE)
    ]
    folder = posixpath.join(posixpath.dirname(posixpath.dirname(first)), "BOOT")
    return [Copy(path, f"{folder}/{posixpath.basename(path)}") for path in beside] + [Copy(first, f"{folder}/{name(machine)}")]


def _loaders(tree, folder, depth=_DEPTH):
    """Return the sorted paths ([str]) of the EFI programs below a directory."""
    found = []
    for entry in tree.listdir(folder):
        path = f"{folder}/{entry}"
        if tree.is_dir(path) and depth > 1:
            found += _loaders(tree, path, depth - 1)
        elif entry.lower().endswith(".efi") and tree.is_file(path):
            found.append(path)
    return sorted(found)
