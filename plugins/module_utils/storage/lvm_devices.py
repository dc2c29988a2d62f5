# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's file of devices: where it is used, LVM looks at no disk that it does not name. Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: lvmdevices(8); lvm.conf(5), devices/use_devicesfile; LVM2 lib/device/device_id.c. Red Hat's LVM uses the file since version 9, others' does when told.
"""

import re

PATH = "/etc/lvm/devices/system.devices"
CONFIGURATION = ("/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf")

_SWITCH = re.compile(r"^\s*use_devicesfile\s*=\s*([01])", re.MULTILINE)
_ENTRY = re.compile(r"^\s*IDTYPE=(\S+)", re.MULTILINE)
#: Identifiers that come with what is on the disk, or are searched by it: a device that is known by its name is found by its volume's identifier.
_KEPT = ("devname", "crypt_uuid", "md_uuid", "lvmlv_uuid", "loop_file")
#: Written since 2.03.23: LVM looks for the volumes on all disks when the machine is another one.
_OF_THE_MACHINE = re.compile(r"^\s*(?:PRODUCT_UUID|HOSTNAME)=", re.MULTILINE)


def is_used(tree, is_usual):
    """Return whether LVM of a tree uses the file, where it is. is_usual: bool, whether it does when its configuration does not say."""
    said = [match for path in CONFIGURATION if tree.is_file(path) for match in _SWITCH.findall(tree.read_text(path))]
    return tree.is_file(PATH) and (said[-1] == "1" if said else is_usual)


def leaves_out(text):
    """Return why (str) the file's text keeps LVM from every disk of another machine, "" when it does not."""
    kinds = _ENTRY.findall(text)
    if not kinds:
        return "it names no device"
    if any(kind in _KEPT for kind in kinds) or _OF_THE_MACHINE.search(text):
        return ""
    return f"it knows the disks by {', '.join(sorted(set(kinds)))}, which are others on Azure"
