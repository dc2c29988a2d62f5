# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a system mounts at boot: the lines of /etc/fstab, and enabled mount units. Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: fstab(5), systemd.mount(5), systemd-fstab-generator(8).
"""

import collections
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_conditions, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

FSTAB = "/etc/fstab"
#: Options of what is mounted when somebody looks.
AUTOMOUNT = ("x-systemd.automount", "comment=systemd.automount")

#: One mount. device, mount_point, kind: str; options: [str]; required: bool, whether the boot stops when it fails;
#: path: str; line: int from 1, or None; text: str, the place that says it.
MountLine = collections.namedtuple("MountLine", "device mount_point kind options required path line text")

#: A mount unit that systemd does not load. path: str; line: int from 1; text: str, why; required: bool, whether local-fs.target requires it.
RefusedUnit = collections.namedtuple("RefusedUnit", "path line text required")

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
    """Return the [MountLine] of a tree, without what is mounted by hand alone (noauto), swap, and what systemd passes over: a place that is no whole path."""
    lines = fstab.entries(tree.read_text(FSTAB)) if tree.is_file(FSTAB) else []
    mounted = [entry for entry in lines if entry.kind != "swap" and "noauto" not in entry.options.split(",") and entry.mount_point.startswith("/")]
    return [_of_entry(entry) for entry in mounted] + _of_units(tree)


def is_bind(line):
    """Return whether a MountLine shows a directory or file of the system at another place."""
    return bool({"bind", "rbind"} & set(line.options))


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
    """Return the [MountLine] of mount units that are enabled, that systemd takes, and whose conditions do not pass them over.

    Only one that local-fs.target requires holds the boot up.
    """
    found = []
    for unit, settings, is_required in _enabled_units(tree):
        if _refused(unit, settings) or unit_conditions.outcome(settings, "Condition", tree)[0] is False:
            continue
        what, kind, options = (unit_files.last(settings, "Mount", key) for key in ("What", "Type", "Options"))
        where = _where(unit, settings)
        found.append(
            MountLine(
                what.value,
                where,
                kind.value if kind else "",
                options.value.split(",") if options else [],
                is_required,
                unit.path,
                what.line,
                f"What={what.value} Where={where}",
            )
        )
    return found


def refused_units(tree):
    """Return the [RefusedUnit] of the enabled mount units that systemd does not load."""
    found = [(unit, _refused(unit, settings), is_required) for unit, settings, is_required in _enabled_units(tree)]
    return [RefusedUnit(unit.path, refusal[0], refusal[1], is_required) for unit, refusal, is_required in found if refusal]


def _enabled_units(tree):
    """Return [(Unit, its settings, whether local-fs.target requires it)] of the mount units that something wants."""
    units = tree.known(unit_files.Units)
    pulled = collections.OrderedDict()
    for pull in units.pulls():
        if pull.unit.endswith(".mount"):
            pulled.setdefault(pull.unit, set()).add((pull.parent, pull.kind))
    named = [(units.find(name), by) for name, by in pulled.items()]
    return [(unit, units.settings(unit), ("local-fs.target", "requires") in by) for unit, by in named if unit.state == unit_files.THERE]


def _refused(unit, settings):
    """Return (line, why systemd refuses it) of a mount unit that has settings of its own, None of one that it takes."""
    what, where = (unit_files.last(settings, "Mount", key) for key in ("What", "Where"))
    if not any(setting.section == "Mount" for setting in settings):
        return None  # of a part of a system
    is_told = where is not None and where.value.startswith("/") and "%" not in where.value
    if is_told and not any(_plain(unit_files.path_of(name)) == _plain(where.value) for name in unit.names):
        return where.line, f"Where={where.value} does not fit the name of the unit, which is of /{_plain(unit_files.path_of(unit.name))}"
    if what is None or not what.value:
        return None if what is None and where is None else ((what or where).line, "it has no What=")
    return None


def _where(unit, settings):
    """Return the mount point (str) of a mount unit: that of its name, where it has no Where= that is a whole path."""
    where = unit_files.last(settings, "Mount", "Where")
    return where.value if where is not None and where.value.startswith("/") else "/" + _plain(unit_files.path_of(unit.name))


def _plain(path):
    return posixpath.normpath(path.strip("/")) if path.strip("/") else ""
