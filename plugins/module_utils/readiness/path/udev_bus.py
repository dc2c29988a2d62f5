# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of udev, of the root and of the initramfs that starts, by which a device of VMBus gets another driver than its own, or none.

PRIVATE: module_utils of this collection are not an interface.
Source: udev(7); Linux Documentation/ABI/stable/sysfs-bus-vmbus, drivers/hv/vmbus_drv.c, hv_vmbus_get_id; DPDK, Netvsc poll mode driver.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers
from ansible_collections.imagewright.azure.plugins.module_utils.network import udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import images
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries, started_version

#: A device of VMBus that Azure has. driver: str, its own; known: {key: values}, as of udev_rules.is_of.
VmbusDevice = collections.namedtuple("VmbusDevice", "driver known")

_COMMON = {"ACTION": ("add",), "SUBSYSTEM": ("vmbus",), "SUBSYSTEMS": ("vmbus",), "ATTR{vendor}": ("0x1414",), "DRIVER": ("",)}
#: The controllers of the OS disk, of generation 2 and 1, whose identifiers are the same on each machine of Azure.
DISK = VmbusDevice(
    "hv_storvsc",
    dict(
        _COMMON,
        KERNEL=("f8b3781a-1e82-4818-a1c3-63d806ec15bb", "00000000-0000-8899-0000-000000000000"),
        **{
            "ATTR{class_id}": ("{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}", "{32412632-86cb-44a2-9b5c-50d1417354f5}"),
            "ATTR{device_id}": ("{f8b3781a-1e82-4818-a1c3-63d806ec15bb}", "{00000000-0000-8899-0000-000000000000}"),
            "ATTR{modalias}": ("vmbus:d96361baa104294db60572e2ffb1dc7f", "vmbus:32264132cb86a2449b5c50d1417354f5"),
            "ENV{MODALIAS}": ("vmbus:d96361baa104294db60572e2ffb1dc7f", "vmbus:32264132cb86a2449b5c50d1417354f5"),
        },
    ),
)
#: The first card, whose identifier is another on each machine.
CARD = VmbusDevice(
    "hv_netvsc",
    dict(
        _COMMON,
        **{
            "ATTR{class_id}": ("{f8615163-df3e-46c5-913f-f2d2f965ed0e}",),
            "ATTR{modalias}": ("vmbus:635161f83edfc546913ff2d2f965ed0e",),
            "ENV{MODALIAS}": ("vmbus:635161f83edfc546913ff2d2f965ed0e",),
        },
    ),
)
_OVERRIDE, _UNBIND = "ATTR{driver_override}", "ATTR{driver/unbind}"
_ITSELF = re.compile(r"^(%k|\$kernel)$")


def taken(context, device):
    """Return [(Evidence, severity)] of the rules that for certain keep a VmbusDevice from its own driver, or take it off that.

    Another driver is for what has none yet: a rule of the root comes too late for one that is built in, and for what the initramfs has loaded.
    """
    version = started_version(context)
    if version is not None and device.driver in drivers.built_in(context.tree, version):
        return [(place, ERROR) for place, key in _rules(context.tree, device, "") if key == _UNBIND]
    started = _started_images(context)
    loads_late = not started or not all(_has_module(image.files, device.driver) for image in started)
    found = [(place, key) for image in started for place, key in _rules(image.files, device, f"{image.kernel.image}: ")]
    found = [(place, ERROR) for place, _key in found]
    for place, key in _rules(context.tree, device, ""):
        if key == _UNBIND or device is CARD:
            found.append((place, ERROR if key == _UNBIND or loads_late else WARNING))
    return found


def _started_images(context):
    loaded = {context.tree.resolve(path) for entry in started_entries(context) for path in entry.initrds}
    return [image for image in context.shared(images) if image.files is not None and context.tree.resolve(image.kernel.image) in loaded]


def _rules(tree, device, prefix):
    """Return [(Evidence, key)] of the rules of a tree that give a device another driver, or take it off its own."""
    found = []
    for path, text in udev_rules.files(tree):
        if "vmbus" not in text or not ("driver_override" in text or "unbind" in text):
            continue
        for each in udev_rules.rules(text):
            keys = [key for key, operator, value in each.tokens if operator in ("=", "+=", ":=") and _takes(key, value, device)]
            if keys and udev_rules.is_of(each, device.known):
                found.append((Evidence(prefix + path, each.line, each.text), keys[0]))
    return found


def _takes(key, value, device):
    if key == _OVERRIDE:
        return value not in ("", "(null)", device.driver)
    return key == _UNBIND and bool(_ITSELF.match(value))


def _has_module(files, name):
    """Return whether an initramfs has a module (str)."""
    lists = [path for path in files.glob("/lib/modules/*/modules.dep") + files.glob("/usr/lib/modules/*/modules.dep") if files.is_file(path)]
    paths = [(path.rpartition("/")[0], line.partition(":")[0]) for path in lists for line in files.read_text(path).splitlines() if f"/{name}.ko" in line]
    return any(files.exists(place if place.startswith("/") else f"{folder}/{place}") for folder, place in paths if f"/{name}.ko" in place)
