# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of options that a mount refuses, though its file system knows them: of the kernel that starts, and of the root that is mounted already."""

from unit.readiness.cases.common import FSTAB, grub
from unit.readiness.guest_tree import KERNEL, UUID, initramfs

_EXT4, _XFS = f"/lib/modules/{KERNEL}/kernel/fs/ext4/ext4.ko", f"/lib/modules/{KERNEL}/kernel/fs/xfs/xfs.ko"
_DEP = {f"/lib/modules/{KERNEL}/modules.dep": "kernel/fs/ext4/ext4.ko:\nkernel/fs/xfs/xfs.ko:\n"}


def _root(options):
    return {"/etc/fstab": f"UUID={UUID} / ext4 {options} 0 1\n"}


def _driver(path, *words):
    """Return the guest's files with a driver that has some words."""
    return {**_DEP, path: b"\x7fELF" + bytes(60) + b"\0".join(word.encode() for word in words) + b"\0vermagic=6.1\0"}


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R70g", _root("defaults,data=journal"), ("/etc/fstab", 1)),
    ("R70g", _root("data=writeback,noatime"), ("/etc/fstab", 1)),
    ("R70g", {**_root("data=ordered"), **grub("ro ", "ro rootflags=data=writeback ")}, ("/etc/fstab", 1)),
    ("R70g", {**_root("nodelalloc"), **_driver(_EXT4, "nodelalloc", "can't disable delalloc during remount")}, ("/etc/fstab", 1)),
    ("R70g", {**_root("dax=inode"), **_driver(_EXT4, "dax", "can't change dax mount option while remounting")}, ("/etc/fstab", 1)),
    ("R70a", {**_root("nouser_xattr"), **_driver(_EXT4, "user_xattr", "acl")}, ("/etc/fstab", 1)),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data xfs nobarrier 0 2\n", **_driver(_XFS, "attr2", "discard")}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "tmpfs /srv/run tmpfs size=1zz 0 0\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "tmpfs /srv/run tmpfs size=1g\r\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "tmpfs /srv/run tmpfs\r\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "tmpfs /srv/run tmpfs mode=rwx 0 0\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data xfs logbufs=64 0 2\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data btrfs compress=gzip 0 2\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data xfs norecovery 0 2\n"}, ("/etc/fstab", 2)),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data ext4 data=journal,delalloc 0 2\n"}, ("/etc/fstab", 2)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R70a", {"/etc/fstab": f"UUID={UUID} / ext4 defaults\r\ntmpfs /srv/run tmpfs size=1g 0 0\r\n"}),
    ("R70a", {"/etc/fstab": FSTAB + "/dev/sdc1 /mnt ext4 noauto,nofail\r\nUUID=ABCD-1234 none swap sw\r\n"}),
    ("R70g", _root("data=ordered")),
    ("R70g", {**_root("data=journal"), **grub("ro ", "rw ")}),
    ("R70g", {**_root("data=writeback"), **grub("ro ", "ro rootflags=data=writeback ")}),
    ("R70g", {**_root("nodelalloc"), **_driver(_EXT4, "nodelalloc")}),  # as of kernels that change it
    ("R70g", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data ext4 data=writeback 0 2\n"}),
    # dracut's own scripts mount the root with its options of fstab
    ("R70g", {**_root("data=journal"), f"/boot/initrd.img-{KERNEL}": initramfs((), {"scripts/functions": None, "lib/dracut-lib.sh": "# dracut\n"})}),
    ("R70a", {**_root("nouser_xattr"), **_driver(_EXT4, "nouser_xattr")}),
    (
        "R70a",
        {
            "/etc/systemd/system/local-fs.target.wants/tmp.mount": ("link", "/usr/lib/systemd/system/tmp.mount"),
            "/usr/lib/systemd/system/tmp.mount": "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\nOptions=mode=1777,size=50%%,nr_inodes=1m\n",
        },
    ),
    ("R70a", {"/etc/fstab": FSTAB + "tmpfs /srv/run tmpfs size=50%,nr_inodes=1m,mode=1777,uid=backup 0 0\n"}),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data btrfs compress=zstd:3,commit=60,space_cache=v2 0 2\n"}),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data xfs nobarrier 0 2\n", **_driver(_XFS, "barrier", "nobarrier")}),
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data xfs nobarrier 0 2\n"}),  # the driver is not known
    ("R70a", {"/etc/fstab": FSTAB + "UUID=ABCD-1234 /data xfs norecovery,ro 0 2\n"}),
]
