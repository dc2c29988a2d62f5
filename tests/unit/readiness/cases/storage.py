# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of what is mounted and swapped on."""

from unit.readiness.cases.common import FSTAB
from unit.readiness.guest_tree import GRUB_CFG, UUID

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R12b", {"/etc/fstab": FSTAB + "UUID=1-2 none swap sw 0 0\n"}, ("/etc/fstab", 2)),
    ("R12b", {"/etc/systemd/system/swapfile.swap": "[Swap]\nWhat=/swapfile\n"}, ("/etc/systemd/system/swapfile.swap", None)),
    ("R13a", {"/etc/fstab": "# root\n/dev/vda1 / ext4 defaults 0 1\n"}, ("/etc/fstab", 2)),
    ("R13a", {"/etc/fstab": FSTAB + "/dev/disk/by-path/pci-0000-part1 /srv ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13a", {"/etc/fstab": "/dev/mapper/mpatha2 / ext4 defaults 0 1\n"}, ("/etc/fstab", 1)),
    ("R13a", {"/etc/fstab": FSTAB + "/dev/mapper/loop0p1 /boot ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "UUID=99999999-0000-0000-0000-000000000000 /data xfs defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "LABEL=DATA /data xfs defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + f"UUID={UUID.upper()} /data ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/mapper/datavg-data /data ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/datavg/data /data ext4 nofail 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 64} /data ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/md0 /data ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/sr0 /media/cdrom udf,iso9660 ro 0 0\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/fd0 /media/floppy auto defaults 0 0\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/cdrom /mnt/cd iso9660 user,ro 0 0\n"}, ("/etc/fstab", 2)),
    ("R13d", {"/boot/grub/grub.cfg": GRUB_CFG.replace(UUID, "99999999-0000-0000-0000-000000000000")}, ("/boot/grub/grub.cfg", 3)),
    ("R13e", {"/etc/fstab": "# nothing\n"}, ("/etc/fstab", None)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R13c", {"/etc/fstab": FSTAB.replace(UUID, UUID.upper())}),  # the root is mounted before
    ("R13c", {"/etc/fstab": FSTAB + "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"}),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/sr0 /media/cdrom udf,iso9660 ro,nofail 0 0\n"}),
    ("R13c", {"/etc/fstab": FSTAB + "/dev/cdrom /media/cdrom auto x-systemd.automount 0 0\n"}),
]
