# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of kernels."""

from unit.readiness.cases.common import grub, with_kernel
from unit.readiness.guest_tree import KERNEL

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R21", grub("rootdelay=300", "rootdelay=300 numa=off"), ("/boot/grub/grub.cfg", 3)),
    ("R27e", {f"/boot/config-{KERNEL}": "# Linux\nCONFIG_SERIAL_8250_CONSOLE=m\n"}, (f"/boot/config-{KERNEL}", 2)),
]

#: (rule, version of a further kernel, path of the first evidence)
OLD_KERNELS = [
    ("R21", "2.6.32-431.el6.x86_64", "/boot/grub/grub.cfg"),
    ("R22", "2.6.32-220.el6.x86_64", "/lib/modules/2.6.32-220.el6.x86_64"),
    ("R23", "4.1.0-custom", "/boot/vmlinuz-4.1.0-custom"),
    ("R24", "2.6.39-400.17.1.el6uek.x86_64", "/boot/vmlinuz-2.6.39-400.17.1.el6uek.x86_64"),
    ("R25", "3.10.0-957.el7.x86_64", "/boot/vmlinuz-3.10.0-957.el7.x86_64"),
]

#: (rule that does not concern the right guest, files with which it does, and holds)
RIGHT_FILES = [
    ("R22", with_kernel("2.6.32-220.el6.x86_64", "extra/microsoft-hyper-v/hv_vmbus.ko")),
    ("R23", with_kernel("4.4.1-custom", "kernel/hv_vmbus.ko")),
]
