# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts that the kernel refuses though their options and devices are known, and right ones that resemble them."""

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_boot import parameters
from integration.broken.ways_root import FSTAB, fstab, root_kind


def root_options(options, kind="ext4"):
    """Return the way in which the root's line of fstab has options more, on an image whose root is of a kind."""

    def change(layer):
        if root_kind(layer) != kind:
            raise DoesNotApply(f"the root is no {kind}")
        lines = [line.split() for line in layer.read("/etc/fstab").splitlines()]
        changed = [" ".join(words[:3] + [f"{words[3]},{options}"] + words[4:]) if words[1:2] == ["/"] else " ".join(words) for words in lines]
        layer.write("/etc/fstab", "\n".join(changed) + "\n")

    return change


def with_driver(kind, change):
    """Return the way in which change is done to an image whose kernel has the driver of a file system as a module."""

    def way(layer):
        if not layer.tree.glob(f"/usr/lib/modules/*/kernel/fs/{kind}/{kind}.ko*"):
            raise DoesNotApply(f"{kind} is built into the kernel")
        change(layer)

    return way


def mount_unit(name, settings):
    """Return the way in which local-fs.target requires a mount unit more."""
    return lambda layer: (
        layer.write(f"/etc/systemd/system/{name}.mount", "[Mount]\n" + settings),
        layer.link(f"/etc/systemd/system/local-fs.target.requires/{name}.mount", f"/etc/systemd/system/{name}.mount"),
    )


#: {what was done: how}
WAYS = {
    "fstab ends a line at the options as Windows does": fstab("tmpfs /srv/run tmpfs size=1g\r"),
    "fstab gives a file system in memory a size that is none": fstab("tmpfs /srv tmpfs size=1zz 0 0"),
    "fstab's root has another mode of ext4's journal": root_options("data=journal"),
    "fstab's root has data=writeback": root_options("data=writeback"),
    "fstab's root has another mode than rootflags": lambda layer: (
        root_options("data=ordered")(layer),
        parameters("rootflags=data=writeback")(layer),
    ),
    "fstab's root has an option that this kernel's ext4 has given up": with_driver("ext4", root_options("nouser_xattr")),
    "fstab's root has a dax that cannot be changed": with_driver("ext4", root_options("dax=never")),
    "fstab's root gives up Btrfs's free space tree": root_options("space_cache=v1", "btrfs"),
    "fstab's root has quotas of projects that ext4 lacks": root_options("prjquota"),
    "fstab's root has an option that this kernel's XFS has given up": with_driver("xfs", root_options("nobarrier", "xfs")),
    "fstab binds /var read-only": fstab("/var /var none bind,ro 0 0"),
    "fstab mounts a CD": fstab("/dev/sr0 /mnt iso9660 ro 0 0"),
    "fstab mounts a floppy": fstab("/dev/fd0 /mnt auto defaults 0 0"),
    "fstab mounts /home when somebody looks, from a disk that is not there": fstab(
        "UUID=11111111-2222-3333-4444-555555555555 /home ext4 nofail,x-systemd.automount 0 0"
    ),
    "homes are in memory that is closed": fstab("tmpfs /home tmpfs mode=0700 0 0"),
    "homes are in memory without room": fstab("tmpfs /home tmpfs size=4k 0 0"),
    "proc is mounted over /etc": fstab("proc /etc proc defaults 0 0"),
    "another directory is bound to /etc": fstab("/usr/share /etc none bind 0 0"),
    "a mount unit that is required has another place than its name": lambda layer: (
        parameters("ro")(layer),
        mount_unit("srv-data", "What=tmpfs\nWhere=/srv/other\nType=tmpfs\n")(layer),
    ),
    "a mount unit that is required mounts nothing": lambda layer: (parameters("ro")(layer), mount_unit("srv-data", "Where=/srv/data\nType=tmpfs\n")(layer)),
    "an overlay over /etc has nothing to write to": fstab("overlay /etc overlay lowerdir=/etc:/usr/share 0 0"),
}

CONTROLS = {
    "fstab ends its lines as Windows does, behind the last number": lambda layer: layer.replace(FSTAB, "\n", "\r\n"),
    "homes are in memory": fstab("tmpfs /home tmpfs size=1g,mode=0755 0 0"),
    "a mount unit that is required has its place by its name alone": mount_unit("srv-data", "What=tmpfs\nType=tmpfs\n"),
    "a mount unit that is required has a sign in its name": mount_unit("srv-my\\x2ddata", "What=tmpfs\nWhere=/srv/my-data\nType=tmpfs\n"),
    "fstab gives a file system in memory a share": fstab("tmpfs /srv tmpfs size=10%,mode=0755,nr_inodes=10k 0 0"),
    "fstab names a disk of the build machine for what is no path": fstab("UUID=11111111-2222-3333-4444-555555555555 srv ext4 defaults 0 0"),
    "fstab mounts a CD that may be missing": fstab("/dev/sr0 /mnt iso9660 ro,nofail 0 0"),
    "fstab mounts a data disk when somebody looks": fstab("UUID=11111111-2222-3333-4444-555555555555 /data ext4 x-systemd.automount 0 0"),
    "fstab has layers that the initramfs lays over a directory": lambda layer: (
        layer.directory("/srv/upper"),
        layer.directory("/srv/work"),
        fstab("overlay /srv/etc overlay lowerdir=/sysroot/etc,upperdir=/sysroot/srv/upper,workdir=/sysroot/srv/work,x-initrd.mount,nofail 0 0")(layer),
    ),
    "fstab mounts a directory of programs read-only": fstab("/usr/share /opt none bind,ro 0 0"),
    "fstab's root has the mode of the journal that it has anyway": root_options("data=ordered"),
    "fstab's root and rootflags have the same mode": lambda layer: (root_options("data=writeback")(layer), parameters("rootflags=data=writeback")(layer)),
    "fstab's root has another mode and is written already": lambda layer: (root_options("data=writeback")(layer), parameters("rw")(layer)),
    "fstab's root has what a later mount changes": root_options("commit=30,noatime,discard,nobarrier,errors=panic,lazytime"),
    "fstab's root has Btrfs's free space tree": root_options("space_cache=v2", "btrfs"),
    "fstab mounts a data disk with another mode": fstab("UUID=11111111-2222-3333-4444-555555555555 /data ext4 data=journal,nofail 0 2"),
}
