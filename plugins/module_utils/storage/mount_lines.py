# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a system mounts at boot: the lines of /etc/fstab, and enabled mount units. Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: fstab(5), systemd.mount(5), systemd-fstab-generator(8).
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

FSTAB = "/etc/fstab"
#: Options of what is mounted when somebody looks.
AUTOMOUNT = ("x-systemd.automount", "comment=systemd.automount")

#: One mount. device, mount_point, kind: str; options: [str]; required: bool, whether the boot stops when it fails;
#: path: str; line: int from 1, or None; text: str, the place that says it.
MountLine = collections.namedtuple("MountLine", "device mount_point kind options required path line text")

#: File systems that come over a network: the boot goes on when one does not answer.
NETWORK_KINDS = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ncpfs",
    "afs",
    "ceph",
    "glusterfs",
    "gfs2",
    "ocfs2",
    "lustre",
    "beegfs",
    "pvfs2",
    "davfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.ceph",
    "fuse.rclone",
    "fuse.davfs",
    "sshfs",
)

#: Shared folders of other hypervisors, which Azure has not.
SHARED_FOLDER_KINDS = ("vmhgfs", "fuse.vmhgfs-fuse", "fuse.vmhgfs", "vmhgfs-fuse", "vboxsf", "9p", "virtiofs", "prl_fs", "prl_sf", "fuse.prl_fsd", "hgfs")


def mount_lines(tree):
    """Return the [MountLine] of a tree, without what is mounted by hand alone (noauto) and without swap."""
    lines = fstab.entries(tree.read_text(FSTAB)) if tree.is_file(FSTAB) else []
    return [_of_entry(entry) for entry in lines if entry.kind != "swap" and "noauto" not in entry.options.split(",")] + _of_units(tree)


def is_network(line):
    """Return whether a MountLine needs the network."""
    return line.kind in NETWORK_KINDS or "_netdev" in line.options


def is_shared_folder(line):
    """Return whether a MountLine is of a kind that another hypervisor serves; fuse alone tells it by the program, or by VMware's name of the host."""
    return line.kind in SHARED_FOLDER_KINDS or (line.kind == "fuse" and line.device.startswith(("vmhgfs-fuse", ".host:", "prl_fsd")))


def _of_entry(entry):
    options = [option for option in entry.options.split(",") if option]
    waits = not {"nofail", "_netdev", *AUTOMOUNT} & set(options) and entry.kind not in NETWORK_KINDS
    return MountLine(entry.device, entry.mount_point, entry.kind, options, waits, FSTAB, entry.line, entry.text.strip())


def _of_units(tree):
    """Return the [MountLine] of mount units that are enabled; only one that local-fs.target requires holds the boot up."""
    units = unit_files.Units(tree)
    pulled = collections.OrderedDict()
    for pull in units.pulls():
        if pull.unit.endswith(".mount"):
            pulled.setdefault(pull.unit, set()).add((pull.parent, pull.kind))
    found = []
    for name, by in pulled.items():
        unit = units.find(name)
        if unit.state != unit_files.THERE:
            continue
        settings = units.settings(unit)
        what, where, kind, options = (unit_files.last(settings, "Mount", key) for key in ("What", "Where", "Type", "Options"))
        if what is not None and where is not None:
            found.append(
                MountLine(
                    what.value,
                    where.value,
                    kind.value if kind else "",
                    options.value.split(",") if options else [],
                    ("local-fs.target", "requires") in by,
                    unit.path,
                    what.line,
                    f"What={what.value} Where={where.value}",
                )
            )
    return found
