# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the command line and the console."""

from unit.readiness.cases.common import DEV_NULL, GRUB_DEFAULT, MENU, grub
from unit.readiness.guest_tree import GRUB_CFG, UUID

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R12c", grub("rootdelay=300", "rootdelay=300 resume=UUID=1-2"), ("/etc/default/grub", 4)),
    ("R12c", {"/etc/initramfs-tools/conf.d/resume": "# swap\nRESUME=UUID=1-2\n"}, ("/etc/initramfs-tools/conf.d/resume", 2)),
    ("R13b", {"/boot/grub/grub.cfg": GRUB_CFG.replace(f"UUID={UUID}", "/dev/vda1")}, MENU[:1] + (3,)),
    ("R17f", grub("rootdelay=300", "rootdelay=300 module_blacklist=floppy,hv_netvsc"), ("/etc/default/grub", 4)),
    ("R18b", grub("nvme_core.io_timeout=240", "nvme_core.io_timeout=30"), ("/etc/default/grub", 3)),
    ("R27a", grub("console=ttyS0,115200n8 ", ""), ("/etc/default/grub", 3)),
    ("R27b", grub("console=tty1 console=ttyS0,115200n8", "console=ttyS0,115200n8 console=tty1"), ("/boot/grub/grub.cfg", 3)),
    ("R27c", grub("earlyprintk=ttyS0,115200 ", ""), ("/etc/default/grub", 3)),
    ("R27d", grub("rootdelay=300", "rootdelay=300 " + " ".join(f"module{number}.option=value" for number in range(100))), ("/boot/grub/grub.cfg", 3)),
    ("R28a", grub("rootdelay=300 ", ""), ("/etc/default/grub", 3)),
    ("R28b", {"/etc/kernel/postinst.d/initramfs-tools": "#!/bin/sh\n", "/usr/share/initramfs-tools/init": "#!/bin/sh\n"}, ("/etc/default/grub", 4)),
    ("R29", {"/etc/os-release": "ID=rhel\n"}, ("/etc/default/grub", 3)),
    ("R30a", grub("rootdelay=300", "rootdelay=300 quiet crashkernel=auto"), ("/etc/default/grub", 4)),
    ("R30b", grub("rootdelay=300", "rootdelay=300 pci=noacpi,off"), ("/etc/default/grub", 4)),
    ("R30b", grub("rootdelay=300", "rootdelay=300 libata.atapi_enabled=0"), ("/etc/default/grub", 4)),
    ("R33", {"/etc/default/grub": GRUB_DEFAULT.replace("serial console", "console")}, ("/etc/default/grub", 2)),
    ("R33b", {"/etc/systemd/system/serial-getty@ttyS0.service": DEV_NULL}, ("/etc/systemd/system/serial-getty@ttyS0.service", None)),
    ("R33b", {"/usr/lib/systemd/systemd": "program", "/lib64/libc.so.6": "library"}, ("/usr/lib/systemd/system", None)),
    ("R33b", {"/etc/systemd/system/serial-getty@.service": ""}, ("/etc/systemd/system/serial-getty@.service", None)),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R28b", {**grub("rootdelay=300 ", ""), "/etc/kernel/postinst.d/initramfs-tools": "#!/bin/sh\n", "/usr/share/initramfs-tools/init": "#!/bin/sh\n"}),
    ("R29", {"/etc/os-release": "ID=rhel\n", **grub("rootdelay=300", "rootdelay=300 net.ifnames=0")}),
]
