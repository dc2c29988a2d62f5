# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make file systems in a disk image, at an offset, from a directory: no mount, no loop device."""

import os
import stat
from pathlib import Path

from lab.commands import require_programs, run
from lab.errors import LabError
from lab.files import copy_sparse
from lab.layout import MIB, Part

# GRUB Legacy 0.97 reads inodes of 128 bytes, and none of the later features.
LEGACY_OPTIONS = ("-I", "128", "-O", "^64bit,^metadata_csum,^metadata_csum_seed,^orphan_file")


def write_root(image: Path, part: Part, kind: str, tree: Path, uuid: str, for_grub_legacy: bool = False, subvolumes: tuple = (), label: str = "root") -> None:
    """Write a directory as the file system of a partition.

    kind: ext4, ext3, xfs or btrfs; subvolumes: of @, on Btrfs with snapshots
    """
    if subvolumes:
        _write_snapshot_root(image, part, tree, uuid, subvolumes)
        return
    if kind in ("ext3", "ext4"):
        features = LEGACY_OPTIONS if for_grub_legacy else ()
        run(
            [
                "mke2fs",
                "-q",
                "-F",
                "-t",
                kind,
                "-U",
                uuid,
                "-L",
                label,
                "-m",
                "1",
                *features,
                "-d",
                tree,
                "-E",
                f"offset={part.start},lazy_itable_init=1,nodiscard",
                image,
                f"{part.size // 1024}k",
            ]
        )
        return
    beside = image.with_name(f"{kind}.part")
    with beside.open("wb") as handle:
        handle.truncate(part.size)
    if kind == "btrfs":
        require_programs("mkfs.btrfs")
        run(["mkfs.btrfs", "-q", "-f", "-U", uuid, "-L", label, "--rootdir", tree, beside])
    else:
        require_programs("mkfs.xfs")
        prototype = image.with_name("xfs.proto")
        prototype.write_text(xfs_prototype(tree), encoding="utf-8")
        run(["mkfs.xfs", "-q", "-f", "-m", f"uuid={uuid}", "-L", label, "-p", prototype, beside])
        prototype.unlink()
    place(image, part, beside)


def _write_snapshot_root(image: Path, part: Part, tree: Path, uuid: str, subvolumes: tuple) -> None:
    """Write a directory as Btrfs with the subvolume @, those of it, and the default subvolume @/.snapshots/1/snapshot.

    No tool writes subvolumes into a file: this one file system is mounted while it is written.
    """
    beside, top = image.with_name("btrfs.part"), image.with_name("btrfs.mounted")
    with beside.open("wb") as handle:
        handle.truncate(part.size)
    run(["mkfs.btrfs", "-q", "-f", "-U", uuid, "-L", "root", beside])
    top.mkdir()
    run(["mount", "-o", "loop", beside, top])
    try:
        run(["btrfs", "subvolume", "create", top / "@"])
        for name in subvolumes:
            (top / "@" / name).parent.mkdir(parents=True, exist_ok=True)
            run(["btrfs", "subvolume", "create", top / "@" / name])
        snapshot = top / "@/.snapshots/1/snapshot"
        snapshot.parent.mkdir()
        run(["btrfs", "subvolume", "create", snapshot])
        run(["cp", "-a", f"{tree}/.", snapshot])
        for name in subvolumes:
            run(["chmod", "--reference", snapshot / name, top / "@" / name])
            for entry in sorted((snapshot / name).iterdir()):
                run(["cp", "-a", entry, top / "@" / name])
                run(["rm", "-r", entry])
        run(["btrfs", "subvolume", "set-default", snapshot])
        # a program that began meanwhile in a mount namespace of its own keeps the file system mounted there
        run(["sync", "--file-system", top])
    finally:
        run(["umount", top])
    top.rmdir()
    place(image, part, beside)


def write_swap(image: Path, part: Part, uuid: str) -> None:
    """Write an empty swap area."""
    beside = image.with_name("swap.part")
    with beside.open("wb") as handle:
        handle.truncate(part.size)
    run(["mkswap", "-q", "-U", uuid, beside])
    place(image, part, beside)


def write_esp(image: Path, part: Part, volume_id: str, files: dict) -> None:
    """Write an EFI system partition.

    volume_id: 8 hexadecimal digits
    files: dict, path on the partition (/EFI/BOOT/BOOTX64.EFI) -> Path of the content
    """
    require_programs("mkfs.vfat", "mcopy", "mmd")
    run(["mkfs.vfat", "-F", "32", "-s", "1", "-i", volume_id, "-n", "ESP", "--offset", part.start // 512, image, part.size // 1024])
    drive, quiet = f"{image}@@{part.start}", {"MTOOLS_SKIP_CHECK": "1"}
    folders = sorted({str(parent) for path in files for parent in Path(path).parents if str(parent) != "/"})
    for folder in folders:
        run(["mmd", "-i", drive, f"::{folder}"], env=quiet)
    for path, content in files.items():
        run(["mcopy", "-i", drive, content, f"::{path}"], env=quiet)


def place(image: Path, part: Part, content: Path) -> None:
    """Move a file's content to where a partition lies, holes kept."""
    if part.start % MIB:
        raise LabError(f"cannot place {content}: the partition does not begin on a MiB but at {part.start}")
    run(["dd", f"if={content}", f"of={image}", f"bs={MIB}", f"seek={part.start // MIB}", "conv=notrunc,sparse", "status=none"])
    content.unlink()


def xfs_prototype(tree: Path) -> str:
    """Return the prototype file from which mkfs.xfs fills a file system.

    It knows neither hard links nor extended attributes: a linked file is written twice.
    Raises LabError: for a name with blanks, which the format cannot say
    """
    lines = ["-", "1 1", _prototype_entry("", tree)]
    _prototype_directory(tree, lines)
    return "\n".join(lines) + "\n$\n"


def _prototype_directory(directory: Path, lines: list) -> None:
    for path in sorted(directory.iterdir()):
        if len(path.name.split()) != 1 or path.name == "$":
            raise LabError(f"cannot write {path} to XFS: mkfs.xfs takes no blank in a name; leave that package out")
        mode = path.lstat().st_mode
        if stat.S_ISSOCK(mode):
            continue
        lines.append(_prototype_entry(path.name, path))
        if stat.S_ISDIR(mode):
            _prototype_directory(path, lines)
            lines.append("$")


def _prototype_entry(name: str, path: Path) -> str:
    status = path.lstat()
    mode = status.st_mode
    kinds = {stat.S_IFREG: "-", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFBLK: "b", stat.S_IFCHR: "c", stat.S_IFIFO: "p"}
    kind = kinds[stat.S_IFMT(mode)]
    flags = ("u" if mode & stat.S_ISUID else "-") + ("g" if mode & stat.S_ISGID else "-")
    # The sticky bit has no letter; three octal digits are all that the format takes.
    words = [name, f"{kind}{flags}{mode & 0o777:03o}", str(status.st_uid), str(status.st_gid)]
    if kind == "-":
        words.append(str(path))
    elif kind == "l":
        words.append(os.readlink(path))
    elif kind in "bc":
        words += [str(os.major(status.st_rdev)), str(os.minor(status.st_rdev))]
    return " ".join(word for word in words if word)


def export(raw: Path, out: Path) -> None:
    """Write a raw disk to another file, in the format that its suffix names."""
    formats = {".qcow2": ["qcow2"], ".vhd": ["vpc", "-o", "subformat=fixed,force_size=on"]}
    if out.suffix in formats:
        run(["qemu-img", "convert", "-f", "raw", "-O", *formats[out.suffix], raw, out])
    elif out.suffix in (".raw", ".img"):
        copy_sparse(raw, out)
    else:
        raise LabError(f"cannot write {out}: unknown suffix {out.suffix!r}; use .raw, .img, .qcow2 or .vhd")
