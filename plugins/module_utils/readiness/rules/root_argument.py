# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root, and other file systems, that the kernel's command line names: by names that are the same on Azure.

PRIVATE: module_utils of this collection are not an interface.
"""

import difflib
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls, bls_reading
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines, having
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE

#: Disks by controller and number, names of multipath and loop devices of the build host, device numbers, the network.
_BY_DEVICE = re.compile(
    r"/dev/(?:(?:[shv]d[a-z]+\d*|xvd[a-z]+\d*|nvme\d+n\d+(?:p\d+)?|nbd\d+|ram\d*|zram\d+|loop\d+(?:p\d+)?|mmcblk\d+(?:p\d+)?|dasd[a-z]+\d*|dm-\d+|fuse|nfs"
    r"|mapper/(?:mpath[a-z]+|loop\d+|nbd\d+|[0-9a-f]{17}|[0-9a-f]{33})(?:-part|_part|p)?\d*)(?=$|:)"
    r"|cciss/|ida/|disk/by-path/|disk/by-diskseq/|disk/by-id/(?!dm-uuid-|dm-name-|md-uuid-|md-name-)|mapper/(?:isw|pdc|nvidia|sil|via|jmicron)_)"
    r"|[0-9a-fA-F]{3,4}$|\d+:\d+$|(?:nfs|nbd|iscsi|fcoe|live):"
)
#: Parameters that name a file system, besides root=. Source: dracut.cmdline(7) (boot= with fips=1), genkernel, mkinitcpio's hook encrypt.
_OTHERS = ("real_root", "mount.usr", "cryptdevice")
#: Other ways to say where the root is. Source: dracut.cmdline(7); zfs-dracut; genkernel; Alpine mkinitfs.
_OTHER_ROOTS = ("real_root", "zfs", "bootfs", "netroot", "ostree", "live")
#: What stands before = in a root; what is like one of the first and none of them is misspelt.
_TAGS = ("UUID", "LABEL", "PARTUUID", "PARTLABEL")
_OTHER_TAGS = ("ID", "CDLABEL", "ZFS", "FILESYSTEM")
_LIKE = 0.7  # of difflib, for UIID and uuid
#: The first field of a mount that is on no device, as `findmnt` and `df` show it in a container or a live system; nobody takes such a root for one.
_NO_DEVICE = re.compile(r"(?:overlay|overlayfs|fuse-overlayfs|aufs|unionfs|rootfs|none|udev|devtmpfs|shm)$")
#: The type of a GPT partition that systemd takes for the root when nothing names one. Source: UAPI.2 Discoverable Partitions Specification.
_DISCOVERED = ("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "B921B045-1DF0-41C3-AF44-4C6F280D3FAE")


@rule(
    "R13b",
    step=COMMAND_LINE,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The kernel finds the root by UUID, label or logical volume",
    fault="The kernel is given no root, or one by a name that changes",
    why="The name of the disk is another one on Azure, and differs between sizes (sda, sdb, nvme0n1): a root by device name is not found.",
    cure="Use root=UUID=...: unset GRUB_DISABLE_LINUX_UUID and run update-grub, or grub_cmdline present: [root=UUID=...].",
    source="Microsoft: create-upload-ubuntu, nvme-linux; dracut.cmdline(7)",
)
def root_argument(context):
    """Return failed with each place that brings a root= by device name onto a command line, and with what starts without one; the last root= counts."""
    unstable = {parameter for line in context.shared(command_lines) for parameter in _unstable(kernel_cmdline.split(line.text))}
    evidence = having(context, lambda parameter: parameter in unstable)
    for line in started_lines(context):
        root = last(line, "root")
        if root is not None and root.text not in unstable and _BY_DEVICE.match(root.value or "") and last(line, "real_root") is None:
            evidence.append(_told(root, "this name is the build machine's"))
        if root is None and not any(last(line, name) for name in _OTHER_ROOTS) and not _is_discovered(context, line.entry):
            evidence.append(line.parameters[-1].place._replace(text=f"no root= in {line.parameters[-1].place.text}") if line.parameters else _nothing(line))
        elif root is not None and re.match(r"(?:UUID|LABEL|PARTUUID|PARTLABEL)?=?$", root.value or ""):
            evidence.append(_told(root, "it names nothing"))
        elif root is not None and _NO_DEVICE.match(root.value or ""):
            evidence.append(_told(root, "this is what the build's container or live system mounts, and no device"))
        elif root is not None and _is_misspelt(root.value or ""):
            evidence.append(_told(root, f"nobody looks for a file system by this word; there are {', '.join(_TAGS)}"))
    return failed_if(evidence)


def _is_misspelt(root):
    """Return whether a root (str) begins with a word that is like one of those by which a file system is looked for; all have large letters alone."""
    word, equals, _value = root.strip('"').partition("=")
    return bool(equals) and word not in _TAGS + _OTHER_TAGS and bool(difflib.get_close_matches(word.upper(), _TAGS, 1, _LIKE))


def changes(device):
    """Return whether a device (str, as in root=) is named as it is on this machine alone."""
    return bool(_BY_DEVICE.match(device))


def _unstable(parameters):
    """Return those of a line's parameters ([str]) that name a file system by a name that changes; of several root= the last one counts."""
    found, named = [], {kernel_cmdline.key(parameter): parameter for parameter in parameters}  # the last of a name
    names = ("root",) + _OTHERS + (("boot",) if "fips" in named and kernel_cmdline.parse(named["fips"])[1] != "0" else ())
    for name in names:
        if name in named and _BY_DEVICE.match(kernel_cmdline.parse(named[name])[1] or "") and not _is_genkernels(name, named):
            found.append(named[name])
    return found


def _is_genkernels(name, named):
    """Return whether root= is genkernel's own RAM disk, which finds the root by real_root=."""
    return name == "root" and "real_root" in named and (kernel_cmdline.parse(named["root"])[1] or "").startswith("/dev/ram")


def _is_discovered(context, entry):
    """Return whether systemd in the initramfs may find the root by its partition's type: certain on a disk, assumed of its own boot loader's entries.

    It asks the boot loader's variables which disk that is, and Red Hat's GRUB, which reads such entries too, sets none.
    Source: systemd-gpt-auto-generator(8) (LoaderDevicePartUUID).
    """
    if entry.loader == bls.NAME and bls_reading.is_read_by_grub(context.tree):
        return False
    if context.disk is not None and context.disk.table is not None:
        return any(partition.type.upper() in _DISCOVERED for partition in context.disk.table.partitions)
    return entry.loader in ("bls", "uki") and context.disk is None


def _nothing(line):
    return Evidence(line.entry.path, line.entry.line, f"{line.entry.title}: no root=")


def _told(parameter, cause):
    return parameter.place._replace(text=f"{parameter.text}: {cause}; {parameter.place.text}")


RULES = [root_argument]
