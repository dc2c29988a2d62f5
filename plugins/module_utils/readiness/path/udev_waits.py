# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: rules of udev whose programs hold up the disk for longer than its mounts wait.

Tried with udev 252 and initramfs-tools: a disk whose rule sleeps has no name until udev kills the rule after three minutes, and none after it. A card that
the initramfs has seen is set up by networkd all the same; event_timeout=1, children_max=1 and resolve_names=never of udev.conf harm nothing.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, time_span
from ansible_collections.imagewright.azure.plugins.module_utils.network import udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import images, starts_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import udev_devices
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: Seconds that systemd waits for a device. Source: systemd-system.conf(5), DefaultDeviceTimeoutSec=.
_PATIENCE = 90
_RUNNING = ("RUN", "RUN{program}", "PROGRAM", "IMPORT{program}")


@rule(
    "R81b",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="No program of a rule of udev holds the disk up",
    fault="A program of a rule of udev holds the disk up",
    why="udev tells systemd of a device when the programs of its rules have ended, and kills them after three minutes: a mount of /etc/fstab has given up by "
    "then, and the boot ends in the emergency shell.",
    cure="Have the rule start a unit (SYSTEMD_WANTS) in place of a program that waits.",
    source="udev(7), RUN and PROGRAM; udev.conf(5), event_timeout=; systemd-system.conf(5), DefaultDeviceTimeoutSec=",
    choice="Not asked where nothing but the root is mounted, which does not wait, nor where systemd runs in the initramfs, which knows the disk already.",
)
def disk_is_told_of(context):
    """Return failed with each rule for Azure's disk whose program sleeps for longer than systemd waits for the disk."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    if not any(udev_devices.waits(entry) for entry in fstab.entries(context.text("/etc/fstab"))):
        return not_applicable("no mount waits for its device")
    if any(image.files is not None and starts_systemd(image.files) for image in context.shared(images)):
        return not_applicable("systemd runs in the initramfs, and knows the disk already")
    return failed_if(
        Evidence(path, each.line, each.text)
        for path, text in udev_rules.files(context.tree)
        if "sleep" in text
        for each in udev_rules.rules(text)
        if any(_sleeps(*token) for token in each.tokens) and any(udev_rules.is_of(_without_programs(each), device) for device in udev_devices.OF_BLOCKS)
    )


def _sleeps(key, _operator, value):
    if key not in _RUNNING or "&" in value:
        return False
    words = [boot_commands.words_of(part) for part in boot_commands.parts_of(value.replace('\\"', '"'))]
    return any(each[1:] and posixpath.basename(each[0]) == "sleep" and _seconds(each[1]) > _PATIENCE for each in words)


def _seconds(word):
    return float("inf") if word.startswith("inf") else time_span.seconds(word) or 0


def _without_programs(each):
    """Return a rule without what it runs, which says nothing of whether it is for a device: what is before it was true."""
    return each._replace(tokens=[token for token in each.tokens if token[0] not in _RUNNING])


RULES = [disk_is_told_of]
