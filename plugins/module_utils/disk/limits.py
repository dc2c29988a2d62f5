# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes that Azure takes, in bytes of the disk unless said otherwise.

PRIVATE: module_utils of this collection are not an interface.
Source: requirements R02 and R07 of docs/requirements.md.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import GIB, MIB, TIB

#: The most of an operating system disk, by generation.
LARGEST_OS_DISK = {1: 2 * TIB, 2: 4095 * GIB}
LARGEST_MBR = 2 * TIB  # what 32-bit sector numbers reach
LARGEST_CERTIFIED = 1023 * GIB  # of an operating system disk in the marketplace

SMALLEST_MANAGED_DISK = 20 * MIB  # of one that waits for its upload
LARGEST_MANAGED_DISK = 32 * TIB
LARGEST_PAGE_BLOB = 8 * TIB  # of the blob: file and footer
LARGEST_IN_PAGE_BLOB = LARGEST_PAGE_BLOB - MIB  # a whole number of MiB, with room for its footer
