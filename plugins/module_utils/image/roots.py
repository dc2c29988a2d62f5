# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Linux roots of a disk, and the one of them that boots.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import Iterator, List, Optional, Sequence, Tuple, cast


from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.image import mounts
from ansible_collections.imagewright.azure.plugins.module_utils.image.btrfs import BtrfsFileSystem
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import DiskImage, OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.image.file_system import FileSystem, Node
from ansible_collections.imagewright.azure.plugins.module_utils.image.libraries import damage_as_error
from ansible_collections.imagewright.azure.plugins.module_utils.image.mounted_tree import TreeMount, MountedTree
from ansible_collections.imagewright.azure.plugins.module_utils.image.paths import find
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline

#: A root has one of each.
_MARKS = (("/etc/os-release", "/usr/lib/os-release", "/etc/fstab"), ("/sbin", "/usr"), ("/etc",))


def find_root(disk: DiskImage, path: str) -> Tuple[TreeMount, List[TreeMount]]:
    """Return (TreeMount, [TreeMount]): the root that boots, and those of other Linux systems.

    The boot entries decide: those that start the root in which they are found come first, then those that start another. Without any the fstab of
    each root says where it belongs.
    disk: DiskImage; path: str, of the image, for errors.
    Raises ImagewrightError: there is no Linux root.
    """
    candidates, problems = [], []
    for opened in disk.file_systems():
        if opened.readable().kind != "fat":
            try:
                candidates += _roots_in(opened)
            except ImagewrightError as error:
                problems.append(str(error))
    if not candidates:
        found = "; ".join([disk.describe()] + problems)
        raise ImagewrightError(f"cannot find a Linux system in {path}: {found}; {_advice(disk, problems)}")
    root = _started(disk, candidates) or _named(disk, candidates) or candidates[0]
    return root, [each for each in candidates if each.file_system is not root.file_system]


def is_system(mount: TreeMount, options: Sequence[str]) -> Optional[bool]:
    """Return whether a file system has a root where mount options ([str]) let it begin, None when that cannot be read."""
    try:
        node = mounts.node_of(mount.file_system, options)
    except ImagewrightError:
        return False
    try:
        return _is_root(mount._replace(root=node))
    except ImagewrightError:
        return None


def _started(disk: DiskImage, candidates: List[TreeMount]) -> Optional[TreeMount]:
    """Return the root (TreeMount) that boot entries start, None when they name none of this disk."""
    started = [(candidate, _start_of(disk, candidate)) for candidate in candidates]
    own = [target for candidate, target in started if target and target.file_system is candidate.file_system]
    return next(iter(own + [target for _candidate, target in started if target]), None)


def _start_of(disk: DiskImage, candidate: TreeMount) -> Optional[TreeMount]:
    """Return the root (TreeMount) that the boot entries seen from a root start, None when there are none or they name none of this disk."""
    try:
        entries = boot_entries(MountedTree(mounts.below(disk, candidate)[0]))
    except ImagewrightError:
        return None
    lines = [entry.cmdline for entry in sorted(entries, key=lambda entry: entry.kind != "normal") if entry.cmdline and entry.kind != "other"]
    for line in lines:
        sources, flags = cmdline.values(line, "root"), cmdline.values(line, "rootflags")
        opened = mounts.find_source(disk, sources[-1] or "") if sources else None
        if opened is None or opened.file_system is None:
            continue
        options = ",".join(value or "" for value in flags).split(",")
        try:
            target = TreeMount("/", opened.volume, opened.file_system, mounts.node_of(opened.file_system, options))
            if _is_root(target):
                return target
        except ImagewrightError:
            continue
    return None


def _named(disk: DiskImage, candidates: List[TreeMount]) -> Optional[TreeMount]:
    """Return the root (TreeMount) whose own fstab names it, None when none does."""
    for candidate in candidates:
        source, options = mounts.root_options(candidate)
        opened = mounts.find_source(disk, source) if source else None
        if opened is not None and opened.file_system is candidate.file_system:
            try:
                target = candidate._replace(root=mounts.node_of(candidate.file_system, options))
                return target if _is_root(target) else candidate
            except ImagewrightError:
                return candidate
    return None


def _roots_in(opened: OpenVolume) -> List[TreeMount]:
    """Return the roots ([TreeMount]) in a file system, one at most: its own, or for Btrfs a subvolume's.

    Raises ImagewrightError: none was found, and some place could not be looked at.
    """
    problem = None
    file_system = opened.readable()
    for node in _possible_roots(file_system):
        try:
            root = TreeMount("/", opened.volume, file_system, node)
            if _is_root(root):
                return [root]
        except ImagewrightError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return []


def _is_root(mount: TreeMount) -> bool:
    return all(any(find(mount.file_system, mount.root, mark) is not None for mark in marks) for marks in _MARKS)


def _possible_roots(file_system: FileSystem) -> Iterator[Node]:
    yield file_system.root
    if file_system.kind == "btrfs":
        with damage_as_error("list the Btrfs subvolumes", "its file system is damaged"):
            # the shortest path first: a snapshot is no better than what it is of
            subvolumes = sorted(cast(BtrfsFileSystem, file_system).subvolumes(), key=lambda subvolume: len(subvolume.path))
        for subvolume in subvolumes:
            yield subvolume.objectid, subvolume.root.inum


def _advice(disk: DiskImage, problems: List[str]) -> str:
    held = {opened.volume.holds for opened in disk.volumes}
    if "luks" in held or "bitlocker" in held:
        return "an encrypted root cannot be looked into: check the running guest with `root: /` instead"
    systems = [opened.readable() for opened in disk.file_systems()]
    if any(_holds_ostree(system) for system in systems if system.kind != "fat"):
        return (
            "it is an ostree system (Fedora CoreOS, Silverblue, RHEL for Edge), whose root only its own boot puts together from /ostree: check the "
            "running guest with `root: /` instead"
        )
    if problems or any(opened.error for opened in disk.volumes):
        return "get a sound and whole copy of the image"
    return "give the image of a disk with a Linux system"


def _holds_ostree(system: FileSystem) -> bool:
    """Return whether a file system has ostree's repository, on Btrfs in any subvolume (Silverblue's is in one named root)."""
    for node in _possible_roots(system):
        try:
            if find(system, node, "/ostree/repo") is not None:
                return True
        except ImagewrightError:
            continue  # a subvolume that cannot be read does not keep the others from being looked at
    return False
