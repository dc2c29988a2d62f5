# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a guest's disk from Debian packages: no loop device, no mount of the disk, no first boot."""

import contextlib
import uuid as uuids
from pathlib import Path
from typing import NamedTuple

from lab import bootloader, faults, filesystems, keys, layout, logical, rootfs, shapes, tree
from lab.commands import require_programs, require_root, run
from lab.files import cached, remove_tree, roomy_scratch
from lab.layout import Layout
from lab.paths import cache_dir
from lab.recipe import Plan, check_plan, content_id

SCRATCH_NEEDED = 2 * 1024**3  # bytes: the unpacked root, and what is written of the disk


class Names(NamedTuple):
    """The identifiers of a disk's file systems; esp: 8 hexadecimal digits; boot: of /boot where it is one of its own.

    volume: udev's of the logical volume of the root, behind dm-uuid-
    """

    root: str
    swap: str
    esp: str
    boot: str = ""
    volume: str = ""


def build(plan: Plan, out: Path, say=print) -> Path:
    """Write the disk of a plan to out, in the format of its suffix; return out."""
    disk = cached_disk(plan, say)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        filesystems.export(disk, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return out


def cached_disk(plan: Plan, say=print) -> Path:
    """Return the path of the raw disk of a plan, never to be written, built when it is not cached."""
    check_plan(plan)
    require_root("build a disk")
    require_programs("mke2fs", "sfdisk", "qemu-img", "mkswap", "ssh-keygen")
    tarball = rootfs.base_tarball(plan.recipe, say)
    modules = [Path(module.__file__) for module in (bootloader, faults, filesystems, layout, logical, tree)] + [Path(__file__)]
    if plan.like:
        modules += sorted(Path(shapes.__file__).parent.glob("*.py"))
    key = content_id(plan, tarball.name, keys.public_key(), [module.read_text(encoding="utf-8") for module in modules])
    disk = cache_dir() / "disk" / f"{plan.like or plan.recipe.suite}-{'faulty' if plan.faulty else 'clean'}-{key}.raw"
    return cached(disk, lambda part: _build_raw(plan, tarball, part, say))


def _build_raw(plan: Plan, tarball: Path, out: Path, say) -> None:
    scratch = roomy_scratch(cache_dir(), SCRATCH_NEEDED) / f"imagewright-lab-build-{uuids.uuid4().hex[:8]}"
    scratch.mkdir()
    root, image = scratch / "root", scratch / "disk.raw"
    names = Names(str(uuids.uuid4()), str(uuids.uuid4()), uuids.uuid4().hex[:8].upper())
    disk = layout.layout(plan)
    try:
        _partition(image, disk)
        if disk.part("lvm"):  # its identifiers are lvm2's, and the guest's files name them
            logical.write_group(image, disk.part("lvm"), *disk.logical)
            names = names._replace(boot=str(uuids.uuid4()), volume=logical.read_volume(image, disk.part("lvm").start).identifier)
        say(f"unpack {tarball.name}")
        tree.unpack(tarball, root)
        with tree.proc_mounted(root):
            say("settings, initramfs, boot menu")
            fill_tree(root, plan, disk, names)
        say("file systems, boot code")
        _write_disk(image, root, plan, disk, names)
        run(["cp", "--sparse=always", image, out])
    finally:
        remove_tree(scratch)


def fill_tree(root: Path, plan: Plan, disk: Layout, names: Names) -> None:
    """Write all that makes an unpacked base a guest: settings, faults, initramfs, boot menu."""
    tree.settle(root)
    tree.write(root, "etc/fstab", fstab(plan, disk, names))
    tree.write(root, "etc/default/grub", tree.GRUB_DEFAULTS)
    if disk.part("esp"):
        (root / "boot/efi").mkdir(exist_ok=True)
    if plan.like:
        shapes.named(plan.like).fill(shapes.guest.Unfilled(root, plan, disk, names))
        return
    if plan.faulty:
        faults.plant(root, disk, plan.recipe.file_system, names.swap)
    _make_initramfs(root, plan)
    bootloader.write_files(root, plan.recipe, disk, names.root, names.boot)


def fstab(plan: Plan, disk: Layout, names: Names) -> str:
    """Return an fstab that names every file system by its UUID."""
    options = "errors=remount-ro" if plan.recipe.file_system.startswith("ext") else "defaults"
    device = disk.device("root") if plan.logical else f"UUID={names.root}"
    lines = [f"{device} / {plan.recipe.file_system} {options} 0 1"]
    if disk.part("boot"):
        lines.append(f"UUID={names.boot} /boot {plan.recipe.file_system} {options} 0 2")
    if disk.part("esp"):
        lines.append(f"UUID={names.esp[:4]}-{names.esp[4:]} /boot/efi vfat umask=0077 0 1")
    return "\n".join(lines) + "\n"


def _make_initramfs(root: Path, plan: Plan) -> None:
    """Write the initramfs; a faulty one holds what MODULES=dep would take of a machine with virtio.

    MODULES=dep itself needs the real root device. So it is made from a list, and the setting put back.
    """
    dependent = plan.faulty and plan.recipe.initramfs == "initramfs-tools"
    if dependent:
        tree.edit(root, "etc/initramfs-tools/initramfs.conf", "MODULES=", "MODULES=list")
    tree.make_initramfs(root, plan.recipe)
    if dependent:
        tree.edit(root, "etc/initramfs-tools/initramfs.conf", "MODULES=", "MODULES=dep")


def _partition(image: Path, disk: Layout) -> None:
    with image.open("wb") as handle:
        handle.truncate(disk.size)
    run(["sfdisk", "--quiet", "--no-tell-kernel", "--no-reread", image], stdin=layout.sfdisk_script(disk))


def _write_disk(image: Path, root: Path, plan: Plan, disk: Layout, names: Names) -> None:
    kind = plan.recipe.file_system
    with contextlib.ExitStack() as stack:
        if disk.part("boot"):
            files = stack.enter_context(logical.boot_apart(root))
            filesystems.write_root(image, disk.part("boot"), kind, files, names.boot, label="boot")
        filesystems.write_root(
            image, disk.part("root"), kind, root, names.root, for_grub_legacy=plan.recipe.loader == "grub-legacy", subvolumes=plan.subvolumes
        )
    if disk.part("swap"):
        filesystems.write_swap(image, disk.part("swap"), names.swap)
    with tree.proc_mounted(root):
        bootloader.write_code(image, root, plan.recipe, disk, names.root, names.esp)
