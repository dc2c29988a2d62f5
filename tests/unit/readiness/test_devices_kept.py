# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bad a rule of udev or a time of systemd is: an error where nothing goes on, a warning where it goes on by chance."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_environment, root_mount, udev_devices
from unit.readiness.cases.common import FSTAB
from unit.readiness.guest_tree import IN_INITRAMFS, INITRAMFS, good_guest, initramfs
from unit.readiness.test_rules import change

RULES = {rule.id: rule for rule in udev_devices.RULES + manager_environment.RULES + root_mount.RULES}

_BOUND = 'SUBSYSTEM=="vmbus", ATTR{class_id}=="{f8615163-df3e-46c5-913f-f2d2f965ed0e}", ATTR{driver_override}="uio_hv_generic"\n'


@pytest.mark.parametrize(
    ("rule", "files", "severity"),
    [
        ("R81", {"/etc/udev/rules.d/9.rules": 'SUBSYSTEM=="block", ENV{SYSTEMD_READY}="0"\n'}, "error"),
        ("R81", {"/etc/udev/rules.d/9.rules": 'SUBSYSTEM=="block", ENV{SYSTEMD_READY}="0"\n', "/etc/fstab": FSTAB}, "warning"),
        ("R35e", {"/etc/udev/rules.d/9.rules": 'SUBSYSTEM=="net", RUN+="/sbin/modprobe -r hv_netvsc"\n'}, "error"),
        ("R35e", {"/etc/udev/rules.d/9.rules": 'SUBSYSTEM=="net", RUN+="/sbin/ip link set %k down"\n'}, "warning"),
        ("R35e", {"/etc/udev/rules.d/9.rules": _BOUND}, "warning"),  # the initramfs has given the card its driver by then
        ("R35e", {"/etc/udev/rules.d/9.rules": _BOUND, INITRAMFS: initramfs([name for name in IN_INITRAMFS if name != "hv_netvsc"])}, "error"),
        ("R70p", {"/etc/fstab": FSTAB + "tmpfs /run tmpfs ro 0 0\n"}, "error"),
        ("R70p", {"/etc/fstab": FSTAB + "sysfs /sys sysfs ro 0 0\n"}, "warning"),
        ("R73e", {"/etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStartSec=20ms\n"}, "error"),
        ("R73e", {"/etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStartSec=1s\n"}, "warning"),
    ],
)
def test_what_takes_a_device_or_time_is_an_error_and_what_may_is_less(tmp_path, rule, files, severity):
    root = good_guest(tmp_path / "guest")
    change(root, files)
    found = RULES[rule].check(Context(LiveTree(str(root))))
    assert (found.status, found.severity or RULES[rule].severity) == ("failed", severity)
