# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether LVM activates the logical volumes that the boot needs: it passes over some by their own flags, or by what its configuration says.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import LVM, generator, judged, root_facts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import starting_parameters
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS, SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage import lvm_settings
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines

_SKIPPED, _BY_HAND = "ACTIVATION_SKIP", "NOAUTOACTIVATE"
#: {flag: what it does, how it is taken away}
_TOLD = {
    _SKIPPED: "is passed over when volumes are activated (lvchange --setactivationskip), as a thin snapshot is when it is made",
    _BY_HAND: "is activated by hand alone (lvchange or vgchange --setautoactivation n)",
}
_SCRIPTS = ("/scripts/local-top/lvm2", "/scripts/local-block/lvm2")
_CURE = (
    "Take the flag away, `lvchange --setactivationskip n --setautoactivation y GROUP/VOLUME` and `vgchange --setautoactivation y GROUP`, let the group be any "
    "machine's, `vgchange --systemid '' GROUP`, and leave event_activation at 1; build the image again where its lvm.conf was wrong."
)
_SOURCE = "lvmautoactivation(7); lvmsystemid(7); lvm.conf(5), global/event_activation; lvchange(8)"


@rule(
    "R66d",
    step=INITRAMFS,
    severity=ERROR,
    title="Every initramfs activates the root's logical volume",
    fault="An initramfs does not activate the root's logical volume",
    why="LVM passes over a volume that has a flag which says so, or whose group belongs to another machine, and over all when its configuration leaves events "
    "out: the root never appears, and the boot ends in the initramfs shell.",
    cure=_CURE,
    source=_SOURCE,
)
def root_is_activated(context):
    """Return failed with each image whose LVM passes over the volume of the root."""
    volume = _volume_of(context, "/", [parameter.value or "" for parameter in starting_parameters(context, "root")])
    if volume is None and LVM not in context.facts(root_facts).layers:
        return not_applicable("the root is on no logical volume, or on which is not known here")

    def judge(image):
        how = _activates(context, image.files, volume)
        value, path = lvm_settings.setting(image.files, "global", "event_activation")
        found = [f"{path[1:]} inside: event_activation = 0, and nothing else activates volumes"] if how == "events" and value == 0 else []
        return found + (_passed_over(image.files, volume, _heeded(how)) if volume else [])

    return judged(context, judge)


def _activates(context, files, volume):
    """Return how an image (InitramfsTree) activates the volume: ``events`` of udev, ``all`` by themselves, ``asked``, ``named``, "" when that is not known."""
    kind = generator(files)
    if kind == "dracut":
        named = [parameter.value for parameter in starting_parameters(context, "rd.lvm.lv")]
        return "named" if volume and f"{volume.group}/{volume.name}" in named else "asked"
    if kind == "initramfs-tools" and any(files.is_file(path) for path in _SCRIPTS):
        return "all"
    return {"initramfs-tools": "events", "mkinitcpio": "events", "mkinitfs": "asked"}.get(kind, "")


def _heeded(how):
    """Return the flags ([str]) that an activation heeds: ``-aay`` both, ``-ay`` one, ``-K -ay`` of dracut none."""
    return {"events": (_SKIPPED, _BY_HAND), "all": (_SKIPPED, _BY_HAND), "asked": (_SKIPPED,)}.get(how, ())


def _passed_over(tree, volume, heeded):
    """Return why ([str]) LVM of a tree does not activate a Logical."""
    name = f"logical volume {volume.group}/{volume.name}"
    found = [f"{name} {_TOLD[flag]}" for flag in heeded if flag in volume.flags]
    if lvm_settings.is_foreign(tree, volume.system_id):
        found.append(f"the volume group {volume.group} is that of the machine {volume.system_id!r}, which LVM is not here")
    return found


@rule(
    "R70s",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="LVM activates the logical volumes that the start mounts",
    fault="LVM does not activate a logical volume that the start mounts",
    why="The start waits 90 seconds for a device that never comes, and ends in the emergency shell.",
    cure=_CURE,
    source=_SOURCE,
)
def mounts_are_activated(context):
    """Return failed with each line of fstab, or mount unit, that the start waits for and whose volume LVM passes over."""
    if not any(volume.logical for volume in (context.disk.volumes if context.disk else ())):
        return not_applicable("no logical volume is known here")
    evidence = []
    for line in context.shared(mount_lines):
        volume = _volume_of(context, line.mount_point, [line.device]) if line.required and line.mount_point != "/" else None
        passed_over = _passed_over(context.tree, volume, (_SKIPPED, _BY_HAND)) if volume and not _is_opened(context, volume) else []
        evidence += [Evidence(line.path, line.line, f"{line.text}: {text}") for text in passed_over]
    return failed_if(evidence)


def _is_opened(context, volume):
    """Return whether the initramfs activates a Logical because the command line names it."""
    return f"{volume.group}/{volume.name}" in [parameter.value for parameter in starting_parameters(context, "rd.lvm.lv")]


def _volume_of(context, mount_point, devices):
    """Return the volumes.Logical that is mounted at a place, or that one of the devices ([str], as in fstab) names; None when there is none."""
    mounted = [mount.volume.logical for mount in getattr(context.tree, "mounts", None) or () if mount.path == mount_point]
    named = {device_names.parse(device) for device in devices}
    logical = [volume.logical for volume in (context.disk.volumes if context.disk else ()) if volume.logical]
    return next((found for found in [*mounted, *[each for each in logical if device_names.of_logical(each) & named]] if found), None)


RULES = [root_is_activated, mounts_are_activated]
