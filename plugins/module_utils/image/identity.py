# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells the disk of one machine from that of another, as the machine itself knows it too.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import re
from typing import Any, Dict, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage
from ansible_collections.imagewright.azure.plugins.module_utils.image.image_tree import ImageTree
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import MissingLibrary

_MACHINE_ID = re.compile(r"[0-9a-f]{32}\Z")  # machine-id(5)


def identity_of(path: str) -> Optional[Dict[str, Any]]:
    """Return {file_systems: [UUID], partitions: [PARTUUID], machine_id: str or None} of the disk in an image, in lower case.

    The UUIDs are the names of the links below /dev/disk/by-uuid and by-partuuid of the machine. machine_id is None where no Linux root can be
    read, or its /etc/machine-id is empty.
    None: the disk cannot be read.
    Raises MissingLibrary: a Python package that reads the image is not installed.
    """
    try:
        disk = DiskImage(path)
    except MissingLibrary:
        raise
    except ImagewrightError:
        return None
    try:
        partitions = [opened.volume.partition.uuid for opened in disk.volumes if opened.volume.partition and opened.volume.partition.uuid]
        file_systems = [uuid for uuid in (opened.readable().uuid for opened in disk.file_systems()) if uuid]
        return {
            "file_systems": [uuid.lower() for uuid in file_systems],
            "partitions": [uuid.lower() for uuid in partitions],
            "machine_id": _machine_id(path, disk),
        }
    finally:
        disk.close()


def _machine_id(path: str, disk: DiskImage) -> Optional[str]:
    with contextlib.suppress(ImagewrightError):
        text = ImageTree(path, disk).read_text("/etc/machine-id").strip().lower()
        return text if _MACHINE_ID.match(text) else None
    return None
