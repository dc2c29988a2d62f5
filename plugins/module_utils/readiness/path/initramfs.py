# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs: it is loaded, its programs can run, it finds devices and can load its modules.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels, modprobe, module_index
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import line_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import (
    DRIVERS_OF,
    DRIVERS_OF_DISK,
    FIX,
    REBUILD,
    UDEV,
    generator,
    judged,
    machine_of,
    obstacles,
    root_drivers,
    root_facts,
    size_of,
    starts_systemd,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS

#: What waits for devices, loads their drivers and gives the root its name, by what built the image.
_RULES = ("/usr/lib/udev/rules.d", "/lib/udev/rules.d", "/etc/udev/rules.d")
_OF_UDEV = tuple(folder for folder in _RULES if not folder.startswith("/etc/"))
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
        if kernels.initramfs_of(entry) or any("$" in path for path in entry.initrds) or entry.kernel.lower().endswith(".efi"):
            continue
        version = kernels.version_of(tree, entry.kernel)
        lacks = [name for name in DRIVERS_OF_DISK if version and name not in drivers.built_in(tree, version)]
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
    machine = machine_of(context)

    def judge(image):
        files = image.files
        first = next((path for path in ("/init", "/linuxrc", "/sbin/init") if files.lstat(path) is not None), "/init")
        used = [path for path in _USED + modprobe.PROGRAMS if files.lstat(path) is not None]
        return obstacles(files, [first] + used, machine)

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
    """Return failed with each image that has modules and lacks modprobe or a whole index of its modules."""

    def judge(image):
        files, version = image.files, image.kernel.version
        folder = drivers.modules_directory(files, version)
        if not _has_modules(files, folder):
            return []
        found = [] if any(files.lstat(path) is not None for path in modprobe.PROGRAMS) or not _calls_modprobe(context, image) else ["it has no modprobe"]
        # mkinitcpio keeps the index that kmod reads and takes the text away
        kinds = (".bin",) if generator(files) == "mkinitcpio" else ("", ".bin") if modprobe.is_kmod(files) else ("",)
        return (
            found
            + [
                f"{folder[1:]}/{name}{kind} is not in it"
                for name in ("modules.dep", "modules.alias")
                for kind in kinds
                if not size_of(files, f"{folder}/{name}{kind}") and not (name == "modules.alias" and size_of(files, f"{folder}/{name}.bin"))
            ]
            + (_damaged_indices(context, files, folder) if ".bin" in kinds else [])
        )

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
    machine = machine_of(context)

    def judge(image):
        files = image.files
        present = [path for path in _FINDERS if files.lstat(path) is not None]
        if present:
            return obstacles(files, present[:1], machine) or _lacks_libkmod(files) or _lacks_rules(context, image, present[0])
        name = generator(files)
        needs = name in ("dracut", "mkinitfs") or starts_systemd(files) or files.exists("/scripts/init-top/udev") or files.exists("/hooks/udev")
        return [f"{'nlplug-findfs' if name == 'mkinitfs' else 'udev (systemd-udevd)'} is not in it"] if needs else []

    return judged(context, judge)


def _damaged_indices(context, files, folder):
    """Return what is wrong ([str]) with the indices that kmod reads: it finds no module of the way to the root by them."""
    text = files.read_text(f"{folder}/modules.dep") if files.is_file(f"{folder}/modules.dep") else ""
    known, wanted = drivers.parse_modules_dep(text, ""), DRIVERS_OF_DISK + tuple(name for group in root_drivers(context.facts(root_facts)) for name in group)
    asked = [("modules.dep.bin", [name for name in wanted if name in known]), ("modules.alias.bin", [])]
    found = [(f"{folder}/{name}", keys) for name, keys in asked if size_of(files, f"{folder}/{name}")]
    problems = [(path, module_index.problem(files, path, keys)) for path, keys in found]
    return [f"{path[1:]} in it {problem}" for path, problem in problems if problem]


def _has_modules(files, folder):
    return files.is_dir(folder) and any(name not in ("modules.builtin", "modules.order") for name in files.listdir(folder))


def _calls_modprobe(context, image):
    """Return whether an image needs modprobe: its scripts call it, or the kernel does, to mount a root whose file system is a module."""
    files, name = image.files, generator(image.files)
    if name == "initramfs-tools" or not _loads_by_itself(files):
        return True
    candidates, built_in = DRIVERS_OF.get(context.facts(root_facts).kind, ()), drivers.built_in(context.tree, image.kernel.version)
    return name in ("dracut", "mkinitcpio") and bool(candidates) and not any(driver in built_in for driver in candidates)


def _loads_by_itself(files):
    """Return whether modules are loaded by a program's own code: systemd-udevd and nlplug-findfs with libkmod, or insmod by nash."""
    return starts_systemd(files) or any(files.exists(path) for path in ("/sbin/nlplug-findfs", "/bin/nash", "/sbin/insmod", "/bin/insmod"))


def _lacks_rules(context, image, finder):
    """Return the rule of udev's that is missing ([str]): without it the driver of the disk, which the image has as a module, is not loaded."""
    files = image.files
    if finder not in UDEV or any(files.exists(f"{folder}/80-drivers.rules") for folder in _RULES) or not any(map(files.listdir, _OF_UDEV)):
        return []
    listed = files.read_text("/conf/modules").split() if files.is_file("/conf/modules") else []
    version = image.kernel.version
    is_module = "hv_storvsc" in drivers.index(context.tree, version) and "hv_storvsc" not in drivers.built_in(context.tree, version)
    return ["80-drivers.rules, by which udev loads drivers, is not in it"] if is_module and "hv_storvsc" not in listed else []


def _lacks_libkmod(files):
    """Return what is missing ([str]) by which udev loads drivers: systemd takes libkmod by itself since 256, so that no program says that it needs it."""
    folders = [place for top in ("/lib", "/lib64", "/usr/lib", "/usr/lib64") for place in [top] + files.glob(top + "/*-linux-gnu")]
    shared = [path for folder in folders for path in files.glob(folder + "/systemd/libsystemd-shared-*.so") + files.glob(folder + "/libsystemd-shared-*.so")]
    versions = [int(match.group(1)) for path in shared for match in [re.search(r"-shared-(\d{1,4})", path)] if match]
    has_modules = any(_has_modules(files, f"/usr/lib/modules/{name}") for name in files.listdir("/usr/lib/modules"))
    if not versions or max(versions) < 256 or not has_modules or any(files.lstat(f"{folder}/libkmod.so.2") for folder in folders):
        return []
    return ["libkmod.so.2, by which udev loads drivers, is not in it"]


RULES = [is_loaded, can_start, can_load, finds_devices]
