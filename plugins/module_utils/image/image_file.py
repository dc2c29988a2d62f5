# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of an image before any of it is copied.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

RAW, VHD = "raw", "vpc"  # QEMU's names, which the option `format` takes

#: format: str; virtual_size: int, bytes, of the disk in it; footer: Footer of a VHD or None;
#: dynamic: DynamicVhd or None; warnings: [str] of what the user should know;
#: map_tells: bool, whether `qemu-img map` has to say what `qemu-img check` does not: that the file ends within a block.
Image = collections.namedtuple("Image", "format virtual_size footer dynamic warnings map_tells")
Image.__new__.__defaults__ = (False,)
