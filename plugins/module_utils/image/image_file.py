# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of an image before any of it is copied.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import List, NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import Footer
from ansible_collections.imagewright.azure.plugins.module_utils.image.dynamic_vhd import DynamicVhd

RAW, VHD = "raw", "vpc"  # QEMU's names, which the option `format` takes


class Image(NamedTuple):
    """A disk in an image file.

    virtual_size: bytes, of the disk; footer: Footer of a VHD or None; dynamic: DynamicVhd or None; warnings: what the user should know;
    map_tells: whether `qemu-img map` has to say what `qemu-img check` does not: that the file ends within a block.
    """

    format: str
    virtual_size: int
    footer: Optional[Footer]
    dynamic: Optional[DynamicVhd]
    warnings: List[str]
    map_tells: bool = False
