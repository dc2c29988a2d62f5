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
#: Of OpenSSH; each machine makes its own, where two that were copied from one template may have one machine-id and the same UUIDs.
_HOST_KEYS = tuple(f"/etc/ssh/ssh_host_{kind}_key.pub" for kind in ("rsa", "ecdsa", "ed25519"))


def identity_of(path: str) -> Optional[Dict[str, Any]]:
    """Return {file_systems: [UUID], partitions: [PARTUUID], machine_id: str or None, host_keys: [str]} of the disk in an image, the first three in lower case.

    The UUIDs are the names of the links below /dev/disk/by-uuid and by-partuuid of the machine. machine_id is None where no Linux root can be
    read, or its /etc/machine-id is empty. host_keys: the public keys of its SSH server, in base64.
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
            **_of_the_system(path, disk),
        }
    finally:
        disk.close()


def _of_the_system(path: str, disk: DiskImage) -> Dict[str, Any]:
    found: Dict[str, Any] = {"machine_id": None, "host_keys": []}
    with contextlib.suppress(ImagewrightError):
        tree = ImageTree(path, disk)
        with contextlib.suppress(ImagewrightError):
            text = tree.read_text("/etc/machine-id").strip().lower()
            found["machine_id"] = text if _MACHINE_ID.match(text) else None
        for name in _HOST_KEYS:
            with contextlib.suppress(ImagewrightError):
                found["host_keys"] += tree.read_text(name).split()[1:2]
    return found
