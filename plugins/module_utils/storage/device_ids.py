# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file system a device name of a guest's fstab means, as its UUID.

PRIVATE: module_utils of this collection are not an interface.
"""

import os

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mounts

BY_UUID = "/dev/disk/by-uuid"


def uuid_of(tree, device, mount_point):
    """Return the UUID (str) of what the guest's fstab calls device, or None when this machine cannot tell.

    tree: LiveTree. Of a mounted root, only what is mounted at its place below the root can be told: the device names
    of this machine are not the guest's.
    device: str, ``/dev/sda1``; mount_point: str, ``/boot``.
    """
    here = LiveTree("/")
    source = device if tree.is_running_system and here.exists(device) else _mounted_source(tree.host_path(mount_point))
    if not source or not here.exists(source):
        return None
    resolved = here.resolve(source)
    for name in here.listdir(BY_UUID):
        if here.resolve(f"{BY_UUID}/{name}") == resolved:
            return name.encode("ascii", "replace").decode("unicode_escape")
    if not commands.find("blkid"):
        return None
    answer = commands.run(["blkid", "-o", "value", "-s", "UUID", resolved], f"read the UUID of {source}", accept=(0, 2))
    return answer.stdout.strip() or None


def _mounted_source(directory):
    """Return the device (str) that is mounted on a directory of this machine, or None."""
    directory = os.path.realpath(directory)
    return ([mount.source for mount in mounts.mounts() if mount.point == directory and mount.source.startswith("/dev/")] or [None])[-1]
