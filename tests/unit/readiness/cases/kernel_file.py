# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the kernels' files and their modules."""

import gzip
import hashlib
import lzma

from unit.kernel.kernel_files import bzimage, efi, packed, packed_zboot, uki, zboot
from unit.readiness.cases.common import DEP
from unit.readiness.guest_tree import GRUB_CFG, INITRAMFS, KERNEL

_VMLINUZ = f"/boot/vmlinuz-{KERNEL}"
_OLD = "6.1.0-1-amd64"
_CONFIG = f"/boot/config-{KERNEL}"
_CONTENT = "".join(f"{number * number} " for number in range(9000)).encode()
_XZ, _GZIP = lzma.compress(_CONTENT, check=lzma.CHECK_CRC32), gzip.compress(_CONTENT, mtime=0)


def _damaged(octets, place=9000):
    return octets[:place] + bytes(512) + octets[place + 512 :]


def _of_package(octets):
    """Return the database of a package whose kernel has this content."""
    return {
        "/var/lib/dpkg/status": "Package: linux-image\n",
        "/var/lib/dpkg/info/linux-image.list": f"{_VMLINUZ}\n",
        "/var/lib/dpkg/info/linux-image.md5sums": f"{hashlib.md5(octets, usedforsecurity=False).hexdigest()}  {_VMLINUZ[1:]}\n",
    }


#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    *[("R62b", {_CONFIG: f"CONFIG_MODULES=y\n# CONFIG_{symbol} is not set\n"}, (_CONFIG, 2)) for symbol in ("DEVTMPFS", "CGROUPS", "UNIX", "BLK_DEV_INITRD")],
    ("R62b", {_CONFIG: "# CONFIG_RD_ZSTD is not set\n", INITRAMFS: b"\x28\xb5\x2f\xfd" + bytes(60)}, (_CONFIG, 1)),
    ("R60", {_VMLINUZ: bzimage()[:20000]}, (_VMLINUZ, None)),
    ("R60", {_VMLINUZ: bytes(100000)}, (_VMLINUZ, None)),
    ("R60", {_VMLINUZ: zboot(0x8664)[:-1]}, (_VMLINUZ, None)),
    ("R60", {_VMLINUZ: "not found\n"}, (_VMLINUZ, None)),
    ("R60", {_VMLINUZ: "#!/bin/sh\nexit 0\n"}, (_VMLINUZ, None)),
    ("R60a", {_VMLINUZ: _damaged(packed(_XZ, len(_CONTENT)))}, (_VMLINUZ, None)),
    ("R60a", {_VMLINUZ: _damaged(packed(_GZIP))}, (_VMLINUZ, None)),
    ("R60a", {**_of_package(packed(_XZ, len(_CONTENT))), _VMLINUZ: _damaged(packed(_XZ, len(_CONTENT)))}, (_VMLINUZ, None)),
    ("R60a", {_VMLINUZ: _damaged(packed_zboot(_GZIP, "gzip"))}, (_VMLINUZ, None)),
    ("R60a", {_VMLINUZ: _damaged(uki(linux=packed(_XZ, len(_CONTENT))))}, (_VMLINUZ, None)),
    ("R60a", {_VMLINUZ: packed(_XZ, len(_CONTENT) - 1)}, (_VMLINUZ, None)),
    ("R61", {_VMLINUZ: efi(0xAA64)}, (_VMLINUZ, None)),
    ("R61", {_VMLINUZ: bzimage(flags=0)}, (_VMLINUZ, None)),
    ("R62", {DEP: None}, (DEP, None)),
    ("R62", {DEP: ""}, (DEP, None)),
    ("R62", {"/boot/grub/grub.cfg": GRUB_CFG.replace(KERNEL, _OLD), f"/boot/vmlinuz-{_OLD}": "kernel"}, (f"/lib/modules/{_OLD}", None)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R62b", {_CONFIG: "# CONFIG_RD_ZSTD is not set\n# CONFIG_SYSV68_PARTITION is not set\n# CONFIG_NET_9P is not set\n"}),  # its initramfs is not packed
    ("R62b", {_CONFIG: "CONFIG_DEVTMPFS=y\n# CONFIG_DEVTMPFS_MOUNT is not set\n"}),
    # as its package has it: not read once more
    ("R60a", {**_of_package(_damaged(packed(_GZIP))), _VMLINUZ: _damaged(packed(_GZIP))}),
    ("R60", {_VMLINUZ: bzimage() + b"signature"}),
    ("R60", {_VMLINUZ: zboot(0x8664)}),
    ("R60", {_VMLINUZ: b"\x27\x05\x19\x56 an image of a kind that is not known here\n"}),
    ("R60a", {_VMLINUZ: packed(_XZ, len(_CONTENT)) + b"a signature"}),
    ("R60a", {_VMLINUZ: packed(_GZIP)}),
    ("R60a", {_VMLINUZ: packed_zboot(_XZ, "xzkern")}),
    ("R60a", {_VMLINUZ: uki(linux=packed(_XZ, len(_CONTENT)))}),
    ("R60a", {_VMLINUZ: packed(b"\x7fELF" + bytes(4000))}),
    ("R60a", {_VMLINUZ: packed(b"\x99 of a kind that is not known here" * 90)}),
    ("R61", {_VMLINUZ: bzimage()}),
    ("R61", {_VMLINUZ: efi(0x8664)}),
    (
        "R62",
        {"/boot/grub/grub.cfg": GRUB_CFG.replace(KERNEL, _OLD), f"/boot/vmlinuz-{_OLD}": "kernel", f"/boot/config-{_OLD}": "# CONFIG_MODULES is not set\n"},
    ),
]
