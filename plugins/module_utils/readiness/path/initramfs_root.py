# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs: its drivers and programs reach the root.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, modprobe
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import (
    DRIVERS_OF,
    DRIVERS_OF_DISK,
    DRIVERS_OF_LAYERS,
    FIX,
    LUKS,
    LVM,
    RAID,
    REBUILD,
    judged,
    machine_of,
    obstacles,
    root_drivers,
    root_facts,
    size_of,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.initramfs_drivers import looked_into
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import needed_by
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS

#: One of these programs opens each layer of the root.
_OPENS = {
    LVM: ("/sbin/lvm", "/usr/sbin/lvm", "/bin/lvm", "/usr/bin/lvm"),
    LUKS: (
        "/sbin/cryptsetup",
        "/usr/sbin/cryptsetup",
        "/usr/bin/cryptsetup",
        "/usr/lib/systemd/systemd-cryptsetup",
        "/lib/systemd/systemd-cryptsetup",
        "/usr/bin/systemd-cryptsetup",
        "/sbin/nlplug-findfs",
        "/usr/sbin/nlplug-findfs",
    ),
    RAID: ("/sbin/mdadm", "/usr/sbin/mdadm", "/usr/bin/mdadm"),
}


@rule(
    "R66a",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="Every initramfs has the drivers of the root's file system and of what it lies on",
    fault="An initramfs lacks the driver of the root's file system, or of what it lies on",
    why="The disk is found, and the root on it cannot be mounted: the boot ends in the initramfs shell.",
    cure=REBUILD,
    source="Linux fs/filesystems.c; dm-init, md",
)
def reaches_root(context):
    """Return failed with each image in which a driver of the root's file system, device mapper, encryption or RAID is neither built in nor whole."""
    facts = context.facts(root_facts)
    if not facts.kind and not facts.layers:
        return not_applicable("what file system the root has is not known here: /etc/fstab has no line for it")
    damaged = {looked.kernel.image: set(looked.verdict.missing) for looked in context.facts(looked_into) if looked.verdict is not None}

    def judge(image):
        lacking = _lacking_drivers(context.tree, image, facts)
        lacking = lacking or [
            f"{group[0]} in it, or what it needs, is damaged, or is not the one on the disk"
            for group in root_drivers(facts)
            if set(group) <= damaged.get(image.kernel.image, set())
        ]
        return lacking + _lacking_programs(image.files, facts, machine_of(context))

    return judged(context, judge)


@rule(
    "R17h",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="No driver that reaches the root is banned inside an initramfs",
    fault="A driver that reaches the root is banned inside an initramfs",
    why="The image has a copy of modprobe.d of the day when it was built; a driver that is banned there is not loaded, though the guest allows it now.",
    cure="Take the ban out of modprobe.d (modprobe_allow), then build the image again.",
    source="modprobe.d(5)",
)
def drivers_allowed(context):
    """Return failed with each line of an image's own modprobe.d that bans a driver of Hyper-V's disk or of the root."""
    facts = context.facts(root_facts)
    wanted = list(DRIVERS_OF_DISK) + list(DRIVERS_OF.get(facts.kind, ())[:1]) + [name for layer in sorted(facts.layers) for name in DRIVERS_OF_LAYERS[layer]]

    def judge(image):
        read, built_in = modprobe.texts(image.files), drivers.built_in(context.tree, image.kernel.version)
        beneath = needed_by(context, wanted)
        found = [ban for name in wanted if name not in built_in for ban in modprobe.bans_in(read, name)]
        found += [ban for name in sorted(beneath - built_in) for ban in modprobe.bans_in(read, name) if modprobe.is_for_all(ban)]
        return list(dict.fromkeys(f"{ban.path[1:]} line {ban.line}: {ban.text}" for ban in found))

    return judged(context, judge)


def _lacking_drivers(tree, image, facts):
    """Return what an image lacks ([str]) of the drivers of the root's file system and of its layers, as they depend on each other."""
    kernel = image.kernel
    index, built_in = drivers.index(tree, kernel.version), drivers.built_in(tree, kernel.version)
    inside = _modules_of(image.files, drivers.modules_directory(image.files, kernel.version))
    found = []
    for group in root_drivers(facts):
        if group == (facts.kind,) and facts.kind not in DRIVERS_OF and facts.kind not in index:
            continue  # a file system that this kernel knows by another name
        candidates = [_missing(name, index, built_in, inside) for name in group]
        if all(candidates):
            found.append(candidates[0])
    return list(dict.fromkeys(found))


def _missing(name, index, built_in, inside):
    """Return what is missing for a driver (str), "" when nothing is."""
    if name in built_in or not index:
        return ""
    if name not in index:
        return f"the kernel has no {name}"
    for needed in [name] + [needed for needed in index[name].dependencies if needed not in built_in]:
        if needed not in inside:
            return f"{needed} is not in it" if needed == name else f"{needed}, which {name} needs, is not in it"
        if not inside[needed]:
            return f"{needed} is an empty file in it"
    return ""


def _modules_of(files, folder):
    """Return {name: size} of the modules below a directory of an image, or in /lib as RHEL 5 has them."""
    found = {drivers.module_name(name): size_of(files, f"/lib/{name}") for name in files.listdir("/lib") if drivers.module_name(name)}
    pending = [folder]
    while pending:
        place = pending.pop()
        for name in files.listdir(place):
            path = f"{place}/{name}"
            module = drivers.module_name(name)
            if module:
                found[module] = max(found.get(module, 0), size_of(files, path))
            elif files.is_dir(path) and not files.is_symlink(path):
                pending.append(path)
    return found


def _lacking_programs(files, facts, machine):
    found = []
    for layer in [layer for layer in sorted(facts.layers) if layer in _OPENS]:
        present = [path for path in _OPENS[layer] if files.lstat(path) is not None]
        found += (
            obstacles(files, present[:1], machine) if present else [f"{posixpath.basename(_OPENS[layer][0])}, which opens what the root lies on, is not in it"]
        )
    return found


RULES = [reaches_root, drivers_allowed]
