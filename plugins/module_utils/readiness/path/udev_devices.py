# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager and first card: rules of udev that take the disk or the card away when they are told of it again at the boot.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import systemd_version
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_commands, card_name, ini, managers, networkd_files, udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.network.card_commands import MOVED, NO_DRIVER, REFUSED
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST, LEAST_MTU
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import udev_bus
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD, SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: What udev knows of the disk of the root on Azure, of a partition of it, and of the device of SCSI below both.
_DRIVERS = ("sd", "hv_storvsc", "storvsc", "hv_vmbus", "vmbus", "")
_DISK = {
    "ACTION": ("add",),
    "SUBSYSTEM": ("block",),
    "KERNEL": ("sda",),
    "ENV{DEVTYPE}": ("disk",),
    "DRIVERS": _DRIVERS,
    "SUBSYSTEMS": ("block", "scsi", "vmbus"),
    "ATTRS{vendor}": ("Msft    ",),
    "ATTRS{model}": ("Virtual Disk    ",),
    "ENV{ID_VENDOR}": ("Msft",),
    "ENV{ID_MODEL}": ("Virtual_Disk",),
    "ENV{ID_BUS}": ("scsi",),
    "ATTR{removable}": ("0",),
}
_PARTITION = dict(_DISK, KERNEL=("sda1",), **{"ENV{DEVTYPE}": ("partition",)})
_SCSI = {
    "ACTION": ("add",),
    "SUBSYSTEM": ("scsi",),
    "KERNEL": ("0:0:0:0",),
    "DRIVER": ("sd",),
    "DRIVERS": _DRIVERS,
    "ENV{DEVTYPE}": ("scsi_device",),
    "SUBSYSTEMS": ("scsi", "vmbus"),
    "ATTR{type}": ("0",),
    "ATTR{vendor}": ("Msft    ",),
    "ATTR{model}": ("Virtual Disk    ",),
}
OF_BLOCKS = (_DISK, _PARTITION)
DEVICES = OF_BLOCKS + (_SCSI,)
#: Attributes that take a disk away when they are written. Source: drivers/scsi/scsi_sysfs.c of Linux.
_DELETING, _STATE = ("ATTR{delete}", "ATTR{device/delete}"), ("ATTR{state}", "ATTR{device/state}")
_UNBINDING = ("ATTR{driver/unbind}", "ATTR{device/driver/unbind}")
#: What stands for the identifier of a device; another value names none that is there.
_IDENTIFIER = re.compile(r"%b|%k|\$id|\$kernel")
_BY_COMMAND = re.compile(r">\s*/sys/(?:class/)?(?:block|scsi_device|bus/scsi/devices)/\S*/delete\b|\bblockdev\s+--setro\b|\bhdparm\s+-r\s*1\b")
_CARD_WORDS = ("$env{INTERFACE}", "%E{INTERFACE}", "$kernel", "$name", "%k")
_NETWORKD = "io.systemd.Network"
#: The first version of networkd that leaves a card to whom ID_NET_MANAGED_BY names. Source: NEWS of systemd.
_LEAVING = 254


@rule(
    "R81",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="No rule of udev takes the disk of the root away",
    fault="A rule of udev takes the disk of the root away",
    why="At every boot udev is told of all devices again: what deletes the disk, takes it off its driver or write-protects it, takes it from the running "
    "system; with SYSTEMD_READY=0 no mount of /etc/fstab finds its device.",
    cure="Remove the rule, or have it ask for the one device that is meant.",
    source="udev(7); systemd.device(5), SYSTEMD_READY=; Linux drivers/scsi/scsi_sysfs.c",
    choice="SYSTEMD_READY=0 is a warning where nothing but the root is mounted, for the root does not wait for its device.",
)
def disk_is_kept(context):
    """Return failed with each rule that for certain takes Azure's disk away, or hides it from systemd."""
    found, hidden = [], []
    for path, text in udev_rules.files(context.tree):
        if not re.search(r"delete|unbind|state|RUN|SYSTEMD_READY", text):
            continue
        for each in udev_rules.rules(text):
            if any(udev_rules.is_of(each, device) for device in DEVICES):
                if any(_takes_disk(*token) for token in each.tokens):
                    found.append(Evidence(path, each.line, each.text))
                elif ("ENV{SYSTEMD_READY}", "=", "0") in each.tokens and not udev_rules.is_of(each, _SCSI):
                    hidden.append(Evidence(path, each.line, each.text))
    found += [place for place, _severity in udev_bus.taken(context, udev_bus.DISK)]
    is_waited_for = any(waits(entry) for entry in fstab.entries(context.text("/etc/fstab")))
    return failed_if(found + hidden, severity=WARNING if hidden and not found and not is_waited_for else None)


def _takes_disk(key, operator, value):
    if operator not in ("=", "+=", ":="):
        return False
    if key in _UNBINDING:
        return bool(_IDENTIFIER.search(value))
    if key == "RUN" or key == "RUN{program}":
        return bool(_BY_COMMAND.search(value))
    return key in _DELETING or key in _STATE and value == "offline"


def waits(entry):
    """Return whether the boot waits for the device of a line of fstab, and fails without it."""
    options = entry.options.split(",")
    return (
        entry.mount_point != "/"
        and entry.device.startswith(("UUID=", "PARTUUID=", "LABEL=", "/dev/disk/", "/dev/sd"))
        and not {"nofail", "noauto"} & set(options)
    )


@rule(
    "R35e",
    step=FIRST_CARD,
    severity=ERROR,
    title="No rule or .link file of udev takes the first card away",
    fault="A rule or .link file of udev takes the first card away",
    why="At every boot udev is told of the card again: what takes it off its driver, gives it packets too small for DHCP or names another manager, leaves it "
    "without an address.",
    cure="Remove the rule or the file, or have it ask for the card that is meant.",
    source="udev(7); systemd.link(5); systemd-networkd.service(8), ID_NET_MANAGED_BY; Linux drivers/hv/vmbus_drv.c",
    choice="A rule that takes the card down is a warning: whether it comes before or behind the network manager is chance.",
)
def card_is_kept(context):
    """Return failed with each rule that for certain takes Azure's card away, or from its network manager."""
    card, _place = context.shared(card_name.first_card)
    found, severities = [], []
    by_networkd = set(context.shared(managers.active)) & {"networkd", "netplan"} and (context.shared(systemd_version.version) or 0) >= _LEAVING
    for path, text in udev_rules.files(context.tree):
        for each in udev_rules.rules(text) if re.search(r"unbind|RUN|mtu|ID_NET_MANAGED_BY", text) else []:
            if not udev_rules.holds(each, card):
                continue
            for severity in filter(None, (_of_card(token, card, by_networkd) for token in each.tokens)):
                found.append(Evidence(path, each.line, each.text))
                severities.append(severity)
    for place, severity in udev_bus.taken(context, udev_bus.CARD):
        found.append(place)
        severities.append(severity)
    small = _of_link(context.tree)
    return failed_if(found + small, severity=None if ERROR in severities or small else WARNING)


def _of_link(tree):
    """Return the [Evidence] of an MTU that is too small for DHCP, in the .link file that udev takes for the card."""
    for file in networkd_files.in_order(tree, "link"):
        if networkd_files.matches(file.entries, FIRST, tree):
            entry = ini.last(file.entries, "Link", "MTUBytes")
            is_small = entry is not None and entry.value.rstrip("B").isdigit() and int(entry.value.rstrip("B")) < LEAST_MTU
            return [Evidence(file.path, entry.line if entry in ini.entries(file.text) else None, f"MTUBytes={entry.value}")] if is_small else []
    return []


def _of_card(token, card, by_networkd):
    """Return the severity of what a token (key, operator, value) does to the card, None for nothing."""
    key, operator, value = token
    if operator not in ("=", "+=", ":="):
        return None
    if key in _UNBINDING:
        return ERROR if _IDENTIFIER.search(value) else None
    if key == "ATTR{mtu}":
        return ERROR if value.isdigit() and int(value) < LEAST_MTU else None
    if key == "ENV{ID_NET_MANAGED_BY}":
        return ERROR if by_networkd and value and value != _NETWORKD else None
    if key not in ("RUN", "RUN{program}"):
        return None
    done = {command.what for command in card_commands.commands(value.replace('\\"', '"'), card.name, _CARD_WORDS)}
    return None if not done else ERROR if done & {MOVED, NO_DRIVER, REFUSED} else WARNING


RULES = [disk_is_kept, card_is_kept]
