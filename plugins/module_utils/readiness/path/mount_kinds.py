# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: the kernel that starts knows the file systems of what is mounted.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import DRIVERS_OF
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.mounts import EMERGENCY, SBIN, helper_of, judged
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_version
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import NETWORK_KINDS, SHARED_FOLDER_KINDS, mount_lines

#: What is no file system of a disk, or is a part of every kernel that systemd starts on.
_IN_EVERY_KERNEL = (
    "auto none swap proc sysfs tmpfs devtmpfs devpts ramfs cgroup cgroup2 securityfs debugfs tracefs configfs bpf pstore efivarfs mqueue hugetlbfs autofs "
    "fusectl binfmt_misc rpc_pipefs nfsd selinuxfs smackfs usbfs usbdevfs rootfs"
)
#: What any kernel of Linux, or a module beside it, has known.
_EVER = (
    "9p adfs affs afs apfs aufs bcachefs befs bfs btrfs ceph cifs coda cramfs davfs dlmfs ecryptfs efs erofs exfat ext ext2 ext3 ext4 f2fs gfs2 gpfs hfs "
    "hfsplus hostfs hpfs iso9660 jffs2 jfs lustre minix msdos ncpfs nfs nfs4 nilfs2 ntfs ntfs3 ocfs2 omfs orangefs overlay overlayfs qnx4 qnx6 reiser4 "
    "reiserfs romfs smb3 smbfs squashfs sysv ubifs udf ufs umsdos vfat virtiofs vxfs xenix xfs zfs zonefs"
)
#: The drivers of types whose names differ.
_DRIVERS = {"iso9660": ("isofs",), "ntfs": ("ntfs", "ntfs3"), "msdos": ("msdos", "vfat"), "umsdos": ("vfat",), "overlayfs": ("overlay",)}


@rule(
    "R70j",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel that starts knows the file system of every mount",
    fault="The kernel that starts does not know the file system of a mount",
    why="Neither built in nor a module: the kernel refuses the mount, whether the name is misspelt or the driver came with another kernel. " + EMERGENCY,
    cure="Correct the type in /etc/fstab, install the module for the kernel that starts, or give the line the option nofail.",
    source="mount(2), ENODEV; modprobe.d(5), fs- aliases",
)
def file_systems_are_known(context):
    """Return failed with each mount of a type that the kernel which starts has neither built in nor as a module."""
    version = started_version(context)
    if version is None:
        return not_applicable("which kernel starts is not known here")
    known = _known_file_systems(context.tree, version)
    if known is None:
        return not_applicable("what the kernel that starts has is not known here")
    found = []
    for line in context.shared(mount_lines):
        kinds = [kind for kind in line.kind.split(",") if not kind.startswith("no")]
        if kinds and _is_of_the_kernel(context.tree, line) and not any(known(kind) for kind in kinds):
            found.append((line, f"the kernel has no file system {line.kind}"))
    return judged(found)


def _known_file_systems(tree, version):
    """Return a function (str) -> bool that tells whether a kernel has a file system, None when its lists are not there."""
    folder = drivers.modules_directory(tree, version)
    if not tree.has_own_root:
        # a part of a system may lack lists of modules; what no kernel ever knew is known anyway
        return lambda kind: kind in _EVER.split()
    names = set(drivers.index(tree, version))
    if not names or not tree.is_file(folder + "/modules.builtin"):
        return None
    names |= drivers.built_in(tree, version)
    aliases = tree.read_text(folder + "/modules.alias") if tree.is_file(folder + "/modules.alias") else ""
    return lambda kind: any(drivers.normalize(name) in names for name in _DRIVERS.get(kind, DRIVERS_OF.get(kind, (kind,)))) or f"alias fs-{kind} " in aliases


def _is_of_the_kernel(tree, line):
    """Return whether a MountLine is of a type that is a driver: no program mounts it, nothing is bound, and the type is none that every kernel has."""
    if line.kind in _IN_EVERY_KERNEL.split() or not line.kind or line.kind.startswith("fuse") or line.kind in NETWORK_KINDS + SHARED_FOLDER_KINDS:
        return False
    if {"bind", "rbind", "move"} & set(line.options):
        return False
    return helper_of(line) is None and not any(tree.exists(f"{folder}/mount.{line.kind}") for folder in SBIN)


RULES = [file_systems_are_known]
