# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of drivers."""

from unit.readiness.cases.common import DEP, image_without, without_driver
from unit.readiness.guest_tree import INITRAMFS, KERNEL, MODULES, MODULES_DEP

_UDF_NEEDS_MORE = MODULES_DEP.replace("udf.ko:", "udf.ko: kernel/lib/crc-itu-t.ko") + "kernel/lib/crc-itu-t.ko:\n"

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R17a", image_without("hv_vmbus"), (INITRAMFS, None)),
    ("R17a", {**image_without("hv_storvsc"), "/etc/initramfs-tools/initramfs.conf": "# x\nMODULES=dep\n"}, (INITRAMFS, None)),
    ("R17b", image_without("hv_netvsc"), (INITRAMFS, None)),
    ("R17c", without_driver("hv_netvsc"), (f"/lib/modules/{KERNEL}", None)),
    ("R17d", image_without("sd_mod"), (INITRAMFS, None)),
    ("R17e", {"/etc/modprobe.d/hard.conf": "# no\ninstall hv-storvsc /bin/false\n"}, ("/etc/modprobe.d/hard.conf", 2)),
    ("R17g", {DEP: "".join(f"kernel/{path}:\n" for path in MODULES.values()) + "kernel/drivers/hid/hid-hyperv.ko:\n"}, (INITRAMFS, None)),
    ("R18a", image_without("pci_hyperv"), (INITRAMFS, None)),
    ("R19a", without_driver("udf"), (f"/lib/modules/{KERNEL}", None)),
    ("R19b", {"/etc/modprobe.d/cis.conf": "install udf /bin/true\n"}, ("/etc/modprobe.d/cis.conf", 1)),
    ("R19b", {"/etc/modprobe.d/cis.conf": "install crc-itu-t /bin/false\n", DEP: _UDF_NEEDS_MORE}, ("/etc/modprobe.d/cis.conf", 1)),
    ("R19c", without_driver("sr_mod"), (f"/lib/modules/{KERNEL}", None)),
    ("R19d", {"/etc/modprobe.d/cis.conf": "blacklist cdrom\n"}, ("/etc/modprobe.d/cis.conf", 1)),
    ("R20a", without_driver("vfat"), (f"/lib/modules/{KERNEL}", None)),
    ("R20b", {"/etc/modprobe.d/cis.conf": "\ninstall vfat /bin/false\n"}, ("/etc/modprobe.d/cis.conf", 2)),
    ("R26a", without_driver("mlx5_core"), (f"/lib/modules/{KERNEL}", None)),
    ("R26b", without_driver("mana"), (f"/lib/modules/{KERNEL}", None)),
    ("R26c", without_driver("hv_utils"), (f"/lib/modules/{KERNEL}", None)),
]

CONTROLS = [
    ("R19b", {"/etc/modprobe.d/cis.conf": "blacklist crc-itu-t\n", DEP: _UDF_NEEDS_MORE}),
    ("R19b", {"/etc/modprobe.d/cis.conf": "install crc-itu-t /bin/false\n"}),
]
