# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver of a file system takes in the kernel that starts, by the words in its module.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import module_file
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import initramfs_of, last, started_version
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import generator, starts_systemd

_MOST_MODULE = 64 * 1024 * 1024  # bytes of the file
_DRIVERS = {"ext2": "ext4", "ext3": "ext4", "ext4": "ext4", "xfs": "xfs", "btrfs": "btrfs"}


def driver_of(context, kind):
    """Return the content (bytes) of the module of a file system (str) in the kernel that starts, b"" when it is built in or not known."""
    answer = {"ext4": _ext4, "xfs": _xfs, "btrfs": _btrfs}.get(_DRIVERS.get(kind))
    return context.facts(answer) if answer else b""


def takes(driver, option):
    """Return whether a driver (bytes, as of driver_of) knows an option (str); one that is not known is taken to.

    The parsers of Linux have it as a word, which the linker may have put at the end of another, with ``=`` in old ones;
    those of newer ones have it without the ``no`` at its start.
    """
    name = option.partition("=")[0]
    words = [name] + ([name[2:]] if name.startswith("no") and _has_flags_with_no(driver) else [])
    return not driver or any(word.encode() + end in driver for word in words for end in (b"\0", b"="))


def _has_flags_with_no(driver):
    # Btrfs of Linux 6.8 and later has fsparam_flag_no, and its words of the old parser are gone
    return b"datacow" in driver and b"nodatacow" not in driver


def root_flags(line):
    """Return the options ([str]) that the root is mounted with first, by a StartedLine."""
    flags = last(line, "rootflags")
    return flags.value.split(",") if flags is not None and flags.value else []


def reads_fstab(context, line):
    """Return whether the initramfs of a StartedLine mounts the root with its options of /etc/fstab, as dracut's scripts do where systemd is not in it."""
    return any(generator(files) == "dracut" and not starts_systemd(files) for files in initramfs_of(context, line.entry))


def _ext4(context):
    return _content(context, "ext4")


def _xfs(context):
    return _content(context, "xfs")


def _btrfs(context):
    return _content(context, "btrfs")


def _content(context, name):
    tree = context.tree
    version = started_version(context)
    path = drivers.available(tree, version).get(name) if version is not None else None
    if path is None or not tree.is_file(path):
        return b""
    try:
        content = module_file.unpacked(tree.read_bytes(path, _MOST_MODULE), path)
    except (CannotVerify, CorruptImage):
        return b""
    return content if content.startswith(elf_header.MAGIC) and b"vermagic=" in content else b""
