# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab as text: its entries, and edits that keep every other byte.

Source: fstab(5).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

#: One entry. line: int, 1-based; device, mount_point, kind, options: str with escapes resolved; text: str, the line without its end;
#: span: (start, end) of the device in text.
FstabEntry = collections.namedtuple("FstabEntry", "line device mount_point kind options text span")

#: Device names that depend on the controller and on the order in which disks are found (R13).
#: Of by-id the names of volumes and arrays tell what is on the disk; those of multipath tell the disk.
UNSTABLE = re.compile(
    r"/dev/((sd|hd|vd|xvd)[a-z]+[0-9]*\Z|nvme[0-9]|mmcblk[0-9]|dm-[0-9]|disk/by-(path|diskseq)/|root\Z"
    r"|disk/by-id/(?!(dm-uuid-(?!(part[0-9]+-)?mpath-)|dm-name-(?!mpath)|md-uuid-|md-name-|lvm-pv-uuid-))"
    r"|mapper/(mpath[a-z]+|loop[0-9]+|nbd[0-9]+|[0-9a-f]{17}|[0-9a-f]{33})((-part|_part|p)?[0-9]+)?\Z)"
)

#: Drives whose discs come and go.
_REMOVABLE = re.compile(r"/dev/(sr\d+|scd\d+|cdrom\d*|cdrw\d*|dvd(rw)?\d*|fd\d+|floppy(-.*)?)\Z")

#: Swap that is not on the OS disk: compressed memory, and Azure's temporary disk as cloud-init and azure-vm-utils name it.
_OTHER_SWAP = re.compile(r"/dev/(zram[0-9]|disk/cloud/azure_resource|disk/azure/(resource|local))")

#: File systems of folders that a host of VirtualBox, VMware, Parallels or QEMU shares with its guests. Azure shares none.
_SHARED_FOLDERS = ("vboxsf", "vmhgfs", "vmhgfs-fuse", "fuse.vmhgfs-fuse", "prl_fs", "9p", "virtiofs")

#: Lines with fewer than three fields are ignored by mount.
_FIELDS = re.compile(r"[ \t]*([^ \t]+)[ \t]+([^ \t]+)[ \t]+([^ \t]+)(?:[ \t]+([^ \t]+))?")


def entries(text):
    """Return the entries ([FstabEntry]) of an fstab, in order."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _FIELDS.match(line.rstrip("\r"))
        if match and not match.group(1).startswith("#"):
            device, mount_point, kind, options = (unescaped(field) for field in match.groups(""))
            found.append(FstabEntry(number, device, mount_point, kind, options, line.rstrip("\r"), match.span(1)))
    return found


def is_checked(entry):
    """Return whether fsck looks at the file system of an entry before it is mounted: its sixth field says so."""
    fields = entry.text.split()
    return len(fields) > 5 and fields[5].isdigit() and int(fields[5]) > 0


def is_swap(entry):
    """Return whether the entry is swap on the OS disk: a partition, a logical volume or a file."""
    return entry.kind == "swap" and not is_other_swap(entry.device)


def is_other_swap(device):
    """Return whether swap on a device (str) is not on the OS disk: compressed memory, and Azure's temporary disk."""
    return _OTHER_SWAP.match(device) is not None


def is_shared_folder(entry):
    """Return whether the entry mounts a folder of the host that the guest comes from."""
    return entry.kind in _SHARED_FOLDERS or entry.device.startswith((".host:", "vmhgfs-fuse"))


def is_unstable(entry):
    """Return whether the entry names its device in a way that another machine may not."""
    return UNSTABLE.match(entry.device) is not None


def is_removable(device):
    """Return whether a device (str) is a drive for CDs, DVDs or floppies."""
    return _REMOVABLE.match(device) is not None


def without(text, gone, method="comment"):
    """Return the text (str) without the entries.

    gone: [FstabEntry] of this text. method: ``comment`` puts ``# `` before the line, ``remove`` takes it out.
    """
    numbers = {entry.line for entry in gone}
    lines = text.split("\n")
    if method == "comment":
        return "\n".join("# " + line if number in numbers else line for number, line in enumerate(lines, 1))
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in numbers)


def with_identifiers(text, identifiers):
    """Return the text (str) with the devices of entries replaced; blanks between the fields stay.

    identifiers: {device: str such as ``UUID=...``}.
    """
    lines = text.split("\n")
    for entry in entries(text):
        if entry.device in identifiers:
            start, end = entry.span
            lines[entry.line - 1] = lines[entry.line - 1][:start] + identifiers[entry.device] + lines[entry.line - 1][end:]
    return "\n".join(lines)


def unescaped(field):
    """Return a field of fstab, of /proc/swaps or of mountinfo with ``\\040`` and the like as the characters that they stand for."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), field)
