# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of file systems that are written otherwise than udev and blkid have them, and what the initramfs looks a name up with."""

import re

from integration.broken.overlay import DoesNotApply
from integration.broken.ways_boot import BY_UUID, MENU, early, parameters, with_file, without
from integration.broken.ways_root import FSTAB


def root_argument(spelt):
    """Return the way in which the kernel gets the UUID of the root written otherwise: spelt takes it and returns what follows ``root=``."""

    def change(layer):
        text = layer.read(MENU)
        if BY_UUID not in text:
            raise DoesNotApply("the menu does not name the root by its UUID")
        uuid = text.split(BY_UUID, 1)[1].split()[0]
        layer.write(MENU, text.replace(BY_UUID + uuid, "root=" + spelt(uuid)))

    return change


def fstab_line(place, spelt, other=None):
    """Return the way in which the UUID of a line of fstab is written otherwise, or a line with it is there for another place."""

    def change(layer):
        text = layer.read(FSTAB)
        found = re.search(rf"(?m)^UUID=(\S+)\s+{place}\s.*$", text)
        if found is None:
            raise DoesNotApply(f"fstab has no UUID for {place}")
        if other:
            layer.directory(other)
            layer.append(FSTAB, f"UUID={spelt(found.group(1))} {other} auto defaults 0 0\n")
        else:
            line = found.group().replace(found.group(1), spelt(found.group(1)))
            layer.write(FSTAB, text.replace(found.group(), line))  # not of other mounts of the same file system, for whose device the boot waits

    return change


def of_initramfs_tools(change):
    """Return the way in which change is done where initramfs-tools made the initramfs: udev of dracut's looks at the disks itself."""
    return lambda layer: (layer.needs("/etc/initramfs-tools"), change(layer))


def looked_up(change):
    """Return the way in which change is done where initramfs-tools looks for the root by its UUID."""

    def way(layer):
        if BY_UUID not in layer.read(MENU):
            raise DoesNotApply("the menu does not name the root by its UUID")
        of_initramfs_tools(change)(layer)

    return way


def quoted(uuid):
    return f'"{uuid}"'


#: {what was done: how}
WAYS = {
    "the entries have the paths of a /boot of its own": lambda layer: (
        layer.replace(MENU, "\tlinux\t/boot/", "\tlinux\t/"),
        layer.replace(MENU, "\tinitrd\t/boot/", "\tinitrd\t/"),
    ),
    "the entries have the initramfs at the top": lambda layer: layer.replace(MENU, "\tinitrd\t/boot/", "\tinitrd\t/"),
    "root is a UUID in large letters": root_argument(lambda uuid: f"UUID={uuid.upper()}"),
    "fstab has the UUID of another mount in large letters": fstab_line("/", str.upper, "/srv/own"),
    "fstab has the number of FAT in small letters": fstab_line("/boot/efi", str.lower),
    "the initramfs has no blkid": looked_up(early(without("bin/blkid"))),
    "the initramfs is told to ban the storage driver": of_initramfs_tools(parameters("blacklist=hv_storvsc")),
}

#: {what was done: how}: right configurations that resemble the faults above.
CONTROLS = {
    "fstab has the root's UUID in large letters": fstab_line("/", str.upper),
    "fstab has the root's UUID in quotation marks": fstab_line("/", quoted),
    "root is a link of udev's": root_argument(lambda uuid: f"/dev/disk/by-uuid/{uuid}"),
    "the initramfs is told to ban what Azure does not need": parameters("blacklist=floppy,virtio_net"),
    "the initramfs bans what its own list loads": lambda layer: (
        early(with_file("conf/modules", b"hv_vmbus\nhv_storvsc\n"))(layer),
        parameters("blacklist=hv_storvsc")(layer),
    ),
}
