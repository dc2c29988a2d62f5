# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs: it is loaded, its /init can run, and it finds and loads the drivers that reach the root.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels, modprobe
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import line_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import (
    FIX,
    LUKS,
    LVM,
    RAID,
    REBUILD,
    UDEV,
    generator,
    judged,
    root_facts,
    starts_systemd,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS


#: What each layer of the root needs: drivers, and one of the programs that open it.
_OF_LAYERS = {
    LVM: (("dm_mod",), ("/sbin/lvm", "/usr/sbin/lvm", "/bin/lvm", "/usr/bin/lvm")),
    LUKS: (
        ("dm_mod", "dm_crypt"),
        (
            "/sbin/cryptsetup",
            "/usr/sbin/cryptsetup",
            "/usr/bin/cryptsetup",
            "/usr/lib/systemd/systemd-cryptsetup",
            "/lib/systemd/systemd-cryptsetup",
            "/usr/bin/systemd-cryptsetup",
            "/sbin/nlplug-findfs",
            "/usr/sbin/nlplug-findfs",
        ),
    ),
    RAID: (("md_mod",), ("/sbin/mdadm", "/usr/sbin/mdadm", "/usr/bin/mdadm")),
}
#: File systems that another driver mounts as well.
_DRIVERS_OF = {
    "ext2": ("ext4", "ext2"),
    "ext3": ("ext4", "ext3"),
    "ext4": ("ext4",),
    "xfs": ("xfs",),
    "btrfs": ("btrfs",),
    "f2fs": ("f2fs",),
    "jfs": ("jfs",),
    "reiserfs": ("reiserfs",),
    "bcachefs": ("bcachefs",),
    "erofs": ("erofs",),
}

#: What waits for devices, loads their drivers and gives the root its name, by what built the image.
_FINDERS = UDEV + (
    "/sbin/nlplug-findfs",
    "/usr/sbin/nlplug-findfs",
    "/sbin/mdev",
    "/usr/sbin/mdev",
    "/bin/mdev",
    "/usr/bin/mdev",
)
#: Programs that the start uses by name, where they are in the image.
_USED = (
    "/bin/sh",
    "/bin/mount",
    "/usr/bin/mount",
    "/bin/run-init",
    "/usr/bin/run-init",
    "/sbin/switch_root",
    "/usr/sbin/switch_root",
    "/usr/bin/switch_root",
    "/bin/cat",
    "/usr/bin/cat",
    "/bin/busybox",
    "/usr/bin/busybox",
    "/bin/udevadm",
    "/usr/bin/udevadm",
    "/usr/bin/systemctl",
    "/bin/systemctl",
)


@rule(
    "R65a",
    step=INITRAMFS,
    severity=ERROR,
    title="Every boot entry loads the initramfs that its kernel needs",
    fault="A boot entry loads no initramfs, and its kernel cannot do without",
    why="Drivers that are modules, and a root by UUID or label, are found by the initramfs alone: without it the kernel panics.",
    cure="Run update-grub or grub2-mkconfig, which write the initrd line when the image is there; correct an entry that is written by hand.",
    source="Linux init/do_mounts.c; GRUB 10_linux",
)
def is_loaded(context):
    """Return failed with each entry without an initramfs whose kernel has the disk's drivers as modules, or whose root the kernel cannot find by itself."""
    tree, evidence, severe = context.tree, [], False
    entries = [entry for entry in context.shared(boot_entries) if entry.kind != "other" and entry.kernel and tree.is_file(entry.kernel)]
    for entry in entries:
        if entry.initrds or entry.kernel.lower().endswith(".efi"):
            continue
        version = kernels.version_of(tree, entry.kernel)
        lacks = [name for name in ("hv_vmbus", "hv_storvsc", "sd_mod") if version and name not in drivers.built_in(tree, version)]
        root = (kernel_cmdline.values(entry.cmdline or "", "root") or [""])[-1] or ""
        by_name = root.startswith(("UUID=", "LABEL=", "/dev/disk/", "/dev/mapper/"))
        if version is None or not (lacks or by_name):
            continue
        beside = kernels.image_beside(tree, entry.kernel)
        why = f"its kernel has {', '.join(lacks)} as modules" if lacks else f"the kernel alone does not know root={root}"
        evidence.append(
            Evidence(
                entry.path,
                line_of(tree, entry, posixpath.basename(entry.kernel)),
                f"{entry.title}: no initrd is loaded, and {why}" + (f"; {beside} is there" if beside else ""),
            )
        )
        severe = severe or entry.kind == "normal"
    return failed_if(evidence, severity=None if severe else WARNING) if entries else not_applicable("no boot entry starts Linux")


@rule(
    "R65b",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="The first programs of every initramfs can run",
    fault="A program that an initramfs starts with cannot run",
    why="The kernel panics when /init, its interpreter, its loader or a library is not in the image.",
    cure=REBUILD,
    source="Linux init/main.c, kernel_init; ld.so(8)",
)
def can_start(context):
    """Return failed with each image whose /init, or another program that the start uses, lacks something."""
    machine = _machine(context)

    def judge(image):
        files = image.files
        first = next((path for path in ("/init", "/linuxrc", "/sbin/init") if files.lstat(path) is not None), "/init")
        used = [path for path in _USED + modprobe.PROGRAMS if files.lstat(path) is not None]
        return _wrong(files, [first] + used, machine)

    return judged(context, judge)


@rule(
    "R65c",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="Every initramfs can load its modules",
    fault="An initramfs cannot load its modules",
    why="modprobe and udev find a driver by modules.dep and modules.alias, and the kernel calls modprobe for the root's file system; without them "
    "the image has drivers that nobody loads.",
    cure=REBUILD,
    source="depmod(8); modprobe(8); Linux kernel/module/kmod.c",
)
def can_load(context):
    """Return failed with each image that has modules and lacks modprobe or the indexes of its modules."""

    def judge(image):
        files, version = image.files, image.kernel.version
        folder = drivers.modules_directory(files, version)
        if not _has_modules(files, folder):
            return []
        found = [] if any(files.lstat(path) is not None for path in modprobe.PROGRAMS) or not _calls_modprobe(context, image) else ["it has no modprobe"]
        # mkinitcpio keeps the index that kmod reads and takes the text away
        kinds = (".bin",) if generator(files) == "mkinitcpio" else ("", ".bin") if modprobe.is_kmod(files) else ("",)
        return found + [
            f"{folder[1:]}/{name}{kind} is not in it"
            for name in ("modules.dep", "modules.alias")
            for kind in kinds
            if not _size(files, f"{folder}/{name}{kind}") and not (name == "modules.alias" and _size(files, f"{folder}/{name}.bin"))
        ]

    return judged(context, judge)


@rule(
    "R65d",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="Every initramfs has what finds devices",
    fault="An initramfs has nothing that finds devices",
    why="udev, or what takes its place, loads the drivers of what the kernel reports, and gives the root's device the name that root= has.",
    cure=REBUILD,
    source="hooks/udev of initramfs-tools; modules.d/95udev-rules of dracut; install/udev of mkinitcpio; initfs of Alpine",
)
def finds_devices(context):
    """Return failed with each image of a generator known here that has neither udev nor what takes its place, or one that cannot run."""
    machine = _machine(context)

    def judge(image):
        files = image.files
        present = [path for path in _FINDERS if files.lstat(path) is not None]
        if present:
            return _wrong(files, present[:1], machine)
        name = generator(files)
        needs = name in ("dracut", "mkinitfs") or starts_systemd(files) or files.exists("/scripts/init-top/udev") or files.exists("/hooks/udev")
        return [f"{'nlplug-findfs' if name == 'mkinitfs' else 'udev (systemd-udevd)'} is not in it"] if needs else []

    return judged(context, judge)


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
    return judged(context, lambda image: _lacking_drivers(context.tree, image, facts) + _lacking_programs(image.files, facts, _machine(context)))


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
    wanted = (
        ["hv_vmbus", "hv_storvsc", "sd_mod"]
        + list(_DRIVERS_OF.get(facts.kind, ())[:1])
        + [name for layer in sorted(facts.layers) for name in _OF_LAYERS[layer][0]]
    )

    def judge(image):
        read = modprobe.texts(image.files)
        return [f"{ban.path[1:]} line {ban.line}: {ban.text}" for name in wanted for ban in modprobe.bans_in(read, name)]

    return judged(context, judge)


def _machine(context):
    try:
        return context.shared(architecture)[0]
    except ImagewrightError:
        return None


def _wrong(files, paths, machine):
    """Return what keeps the programs at paths from running ([str]), each thing once; what cannot be read is left to the image as a whole."""
    libraries = Libraries(files, files.inspect)
    found = [obstacle for path in paths for obstacle in programs.obstacles(files, path, machine, files.inspect, libraries)]
    return list(dict.fromkeys(programs.sentence(obstacle) for obstacle in found if obstacle.kind != programs.UNKNOWN))


def _has_modules(files, folder):
    return files.is_dir(folder) and any(name not in ("modules.builtin", "modules.order") for name in files.listdir(folder))


def _calls_modprobe(context, image):
    """Return whether an image needs modprobe: its scripts call it, or the kernel does, to mount a root whose file system is a module."""
    files, name = image.files, generator(image.files)
    if name == "initramfs-tools" or not _loads_by_itself(files):
        return True
    candidates, built_in = _DRIVERS_OF.get(context.facts(root_facts).kind, ()), drivers.built_in(context.tree, image.kernel.version)
    return name in ("dracut", "mkinitcpio") and bool(candidates) and not any(driver in built_in for driver in candidates)


def _loads_by_itself(files):
    """Return whether modules are loaded by a program's own code: systemd-udevd and nlplug-findfs with libkmod, or insmod by nash."""
    return starts_systemd(files) or any(files.exists(path) for path in ("/sbin/nlplug-findfs", "/bin/nash", "/sbin/insmod", "/bin/insmod"))


def _size(files, path):
    status = files.stat(path)
    return status.size if status else 0


def _lacking_drivers(tree, image, facts):
    """Return what an image lacks ([str]) of the drivers of the root's file system and of its layers, as they depend on each other."""
    kernel = image.kernel
    index, built_in = drivers.index(tree, kernel.version), drivers.built_in(tree, kernel.version)
    inside = _modules_of(image.files, drivers.modules_directory(image.files, kernel.version))
    groups = [_DRIVERS_OF.get(facts.kind, (facts.kind,) if facts.kind in index else ())] if facts.kind else []
    groups += [(name,) for layer in sorted(facts.layers) for name in _OF_LAYERS[layer][0]]
    found = []
    for group in [group for group in groups if group]:
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
    found = {drivers.module_name(name): _size(files, f"/lib/{name}") for name in files.listdir("/lib") if drivers.module_name(name)}
    pending = [folder]
    while pending:
        place = pending.pop()
        for name in files.listdir(place):
            path = f"{place}/{name}"
            module = drivers.module_name(name)
            if module:
                found[module] = max(found.get(module, 0), _size(files, path))
            elif files.is_dir(path) and not files.is_symlink(path):
                pending.append(path)
    return found


def _lacking_programs(files, facts, machine):
    found = []
    for layer in sorted(facts.layers):
        present = [path for path in _OF_LAYERS[layer][1] if files.lstat(path) is not None]
        found += (
            _wrong(files, present[:1], machine)
            if present
            else [f"{posixpath.basename(_OF_LAYERS[layer][1][0])}, which opens what the root lies on, is not in it"]
        )
    return found


RULES = [is_loaded, can_start, can_load, finds_devices, reaches_root, drivers_allowed]
