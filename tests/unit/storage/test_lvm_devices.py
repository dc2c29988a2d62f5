# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's file of devices: whether it is used, and whether it takes the disk of another machine."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import lvm_devices
from unit.trees import write_tree


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("# LVM uses devices listed in this file.\nVERSION=1.1.2\n", "it names no device"),
        ("IDTYPE=sys_wwid IDNAME=naa.6 DEVNAME=/dev/sda3 PVID=a PART=3\n", "it knows the disks by sys_wwid, which are others on Azure"),
        ("IDTYPE=sys_serial IDNAME=x PVID=a\nIDTYPE=mpath_uuid IDNAME=y PVID=b\n", "it knows the disks by mpath_uuid, sys_serial, which are others on Azure"),
        ("IDTYPE=devname IDNAME=/dev/vda3 DEVNAME=/dev/vda3 PVID=a PART=3\n", ""),
        ("IDTYPE=crypt_uuid IDNAME=CRYPT-1 DEVNAME=/dev/dm-0 PVID=a\n", ""),
        ("PRODUCT_UUID=1-2\nIDTYPE=sys_wwid IDNAME=naa.6 PVID=a\n", ""),
    ],
)
def test_what_leaves_the_disk_of_another_machine_out(text, cause):
    assert lvm_devices.leaves_out(text) == cause


@pytest.mark.parametrize(
    ("configuration", "is_usual", "used"),
    [
        (None, True, True),
        (None, False, False),
        ("devices {\n\tuse_devicesfile = 0\n}\n", True, False),
        ("devices {\n\tuse_devicesfile=1\n}\n", False, True),
        ("devices {\n\t# use_devicesfile = 0\n}\n", True, True),
    ],
)
def test_the_configuration_says_whether_the_file_is_used(tmp_path, configuration, is_usual, used):
    write_tree(tmp_path, {lvm_devices.PATH: "VERSION=1\n", **({"/etc/lvm/lvm.conf": configuration} if configuration else {})})
    assert lvm_devices.is_used(LiveTree(str(tmp_path)), is_usual) is used


def test_without_the_file_it_is_not_used(tmp_path):
    write_tree(tmp_path, {"/etc/lvm/lvm.conf": "use_devicesfile = 1\n"})
    assert not lvm_devices.is_used(LiveTree(str(tmp_path)), True)
