# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a finished VHD back and compare it with what was meant.

PRIVATE: module_utils of this collection are not an interface.
"""

import os

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import gpt
from ansible_collections.imagewright.azure.plugins.module_utils.disk.footer import FOOTER_SIZE
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Relocation
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import SECTOR
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.source import bounded_reader


def verify_vhd(descriptor: int, path: str, size: int, footer: bytes, relocation: Relocation) -> None:
    """Check that the file ends with the footer behind size bytes, and that a moved GPT reads well at both ends.

    Raises ImagewrightError: it does not, which is a fault of the disk or of this program.
    """
    length = os.fstat(descriptor).st_size
    if length != size + FOOTER_SIZE or os.pread(descriptor, FOOTER_SIZE + 1, size) != footer:
        raise ImagewrightError(f"cannot trust {path}: reading it back gives {length} bytes or another footer; check the disk it is on")
    if not relocation.tail:
        return
    read_at = bounded_reader(descriptor, size)
    last = size // SECTOR - 1
    try:
        primary, backup = gpt.read_gpt(read_at, 1), gpt.read_gpt(read_at, last)
    except gpt.GptError as error:
        raise ImagewrightError(f"cannot trust {path}: reading its partition table back fails: {error}; check the disk it is on") from error
    if primary.alternate_lba != last or backup.alternate_lba != 1 or primary.entries != backup.entries:
        raise ImagewrightError(f"cannot trust {path}: the two copies of its partition table differ; check the disk it is on")
