# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initramfs images of a guest, each looked into once for all rules; what built it, what its programs lack, and what the root lies on.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import inside
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import WARNING, Evidence, failed, not_applicable, passed, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: One image. kernel: Kernel that is booted with it; files: inside.InitramfsTree or None; problem: str, why it is None;
#: damaged: bool, it is known not to boot, rather than unknown.
InitramfsImage = collections.namedtuple("InitramfsImage", "kernel files problem damaged")

#: What the root is and lies on. kind: str, of its file system (``ext4``), "" when not known; layers: {str} of LVM, LUKS and RAID, and of those of OF_SEGMENTS.
RootFacts = collections.namedtuple("RootFacts", "kind layers")

LVM, LUKS, RAID = "lvm", "luks", "raid"
#: Layers of logical volumes that are more than stretches of disks, by the kinds of their segments. Source: lvmthin(7), lvmraid(7), lvmcache(7), lvmvdo(7).
THIN, LVM_RAID, MIRROR, CACHE, SNAPSHOT = "thin lvm", "raid of lvm", "mirror of lvm", "cache of lvm", "snapshot of lvm"
OF_SEGMENTS = {"thin": THIN, "cache": CACHE, "mirror": MIRROR, "snapshot": SNAPSHOT}
OF_SEGMENTS.update((f"raid{level}", LVM_RAID) for level in ("0", "0_meta", "1", "4", "5", "6", "10"))

#: File systems that another driver mounts as well.
DRIVERS_OF = {
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

#: The drivers of Hyper-V's disk.
DRIVERS_OF_DISK = ("hv_vmbus", "hv_storvsc", "sd_mod")

#: The drivers of each layer of the root.
DRIVERS_OF_LAYERS = {
    LVM: ("dm_mod",),
    LUKS: ("dm_mod", "dm_crypt"),
    RAID: ("md_mod",),
    THIN: ("dm_thin_pool",),
    LVM_RAID: ("dm_raid",),
    MIRROR: ("dm_mirror",),
    CACHE: ("dm_cache",),
    SNAPSHOT: ("dm_snapshot",),
}

#: Where udev's daemon is in an image.
UDEV = (
    "/usr/lib/systemd/systemd-udevd",
    "/lib/systemd/systemd-udevd",
    "/sbin/udevd",
    "/usr/sbin/udevd",
    "/lib/udev/udevd",
    "/usr/lib/udev/udevd",
)

#: What a rule says of an image that lacks something.
REBUILD = "Build the image again, with the role guest_boot or by hand, and look what keeps the generator from putting it in."
FIX = "guest_boot; initrd_modules"


def images(tree):
    """Return the [InitramfsImage] of the kernels that a boot entry can start with an initramfs."""
    found, read = [], {}
    for kernel in kernels.installed_kernels(tree):
        if kernel.image is None or not tree.is_file(kernel.image):
            continue
        resolved = tree.resolve(kernel.image)
        if resolved not in read:
            read[resolved] = _read(tree, kernel.image)
        found.append(InitramfsImage(kernel, *read[resolved]))
    return found


def judged(context, judge):
    """Return the Outcome of what judge finds wrong: callable (InitramfsImage) -> [str]; images that cannot be read make it unknown."""
    found = context.shared(images)
    if not found:
        return not_applicable("no kernel is booted with an initramfs")
    evidence, unreadable, severe = [], [], False
    for image in found:
        if image.files is None:
            unreadable.append(Evidence(image.kernel.image, None, image.problem))
            continue
        texts = judge(image)
        evidence += [Evidence(image.kernel.image, None, text) for text in texts]
        severe = severe or bool(texts) and image.kernel.kind != "rescue"
    if evidence:
        return failed(evidence + unreadable, severity=None if severe else WARNING)
    if unreadable:
        return unknown(unreadable[0].text, unreadable)
    return passed(f"{len(found)} images")


def _read(tree, path):
    try:
        files = inside.read_inside(tree, path)
        if files.nested:
            return None, f"cannot look into {path}: most of it is in the file system {files.nested[1:]} inside", False
        return files, "", False
    except CannotVerify as error:
        return None, str(error), False
    except ImagewrightError as error:
        return None, str(error), True


def generator(files):
    """Return what built an image (InitramfsTree): initramfs-tools, dracut, mkinitcpio, mkinitfs, or "" for another."""
    marks = (
        ("initramfs-tools", ("/scripts/functions", "/conf/initramfs.conf")),
        ("mkinitcpio", ("/init_functions", "/buildconfig")),
        ("dracut", ("/usr/lib/dracut", "/lib/dracut", "/usr/lib/dracut-lib.sh", "/lib/dracut-lib.sh")),
        ("mkinitfs", ("/sbin/nlplug-findfs", "/etc/mdev.conf", "/newroot")),
    )
    return next((name for name, paths in marks if any(files.exists(path) for path in paths)), "")


def starts_systemd(files):
    """Return whether the /init of an image (InitramfsTree) is systemd."""
    return files.is_symlink("/init") and files.resolve("/init").endswith("/systemd")


def machine_of(context):
    """Return the architecture of the guest (str), None when it is not known."""
    try:
        return context.shared(architecture)[0]
    except ImagewrightError:
        return None


def obstacles(files, paths, machine):
    """Return what keeps the programs at paths from running ([str]), each thing once; what cannot be read is left to the image as a whole."""
    libraries = Libraries(files, files.inspect)
    found = [obstacle for path in paths for obstacle in programs.obstacles(files, path, machine, files.inspect, libraries)]
    return list(dict.fromkeys(programs.sentence(obstacle) for obstacle in found if obstacle.kind != programs.UNKNOWN))


def size_of(files, path):
    """Return the size of a file of an image in bytes (int), 0 where it is not there."""
    status = files.stat(path)
    return status.size if status else 0


def root_facts(context):
    """Return the RootFacts of a guest: what its disk holds, else what its fstab and its command lines say."""
    tree = context.tree
    entries = fstab.entries(tree.read_text("/etc/fstab")) if tree.is_file("/etc/fstab") else []
    root = next((entry for entry in entries if entry.mount_point == "/"), None)
    kind = root.kind if root is not None and root.kind not in ("auto", "none") else ""
    devices = [root.device] if root is not None else []
    devices += [value or "" for line in context.shared(command_lines) for value in kernel_cmdline.values(line.text, "root")[-1:]]
    layers = {layer for device in devices for layer in _layers(tree, device)}
    if getattr(tree, "is_running_system", False) and tree.is_file("/proc/self/mounts"):
        # the last of several file systems on one directory is the one that is seen
        kind = ([line.split()[2] for line in tree.read_text("/proc/self/mounts").splitlines() if line.split()[1:2] == ["/"]] or [kind])[-1]
    mounts = getattr(tree, "mounts", None)
    if mounts:
        seen = mounts[0].file_system.kind
        kind = {"ext": kind if kind.startswith("ext") else "ext4"}.get(seen, seen)
        logical = mounts[0].volume.logical
        if logical:
            layers.add(LVM)
            layers.update(OF_SEGMENTS[kind] for kind in logical.kinds if kind in OF_SEGMENTS)
    return RootFacts(kind, layers)


def root_drivers(facts):
    """Return the drivers that reach the root of RootFacts: [(names, any of which does)]."""
    groups = [DRIVERS_OF.get(facts.kind, (facts.kind,))] if facts.kind else []
    return groups + [(name,) for layer in sorted(facts.layers) for name in DRIVERS_OF_LAYERS[layer]]


def _layers(tree, device):
    """Return what a device name ([str]) of the root says of the layers below it."""
    if re.match(r"/dev/(md\d+|md/)", device):
        return [RAID]
    if device.startswith("/dev/mapper/"):
        name = device[len("/dev/mapper/") :]
        crypttab = tree.read_text("/etc/crypttab") if tree.is_file("/etc/crypttab") else ""
        if name.startswith("luks-") or any(line.split()[:1] == [name] for line in crypttab.splitlines()):
            return [LUKS]
        # LVM doubles the blank strokes of names, and puts one between group and volume
        return [LVM] if re.match(r"(?:[^-]|--)+-(?:[^-]|--)+$", name) and not name.startswith(("loop", "mpath")) else []
    return [LVM] if re.match(r"/dev/(?!disk/|by-|mapper/|vd|sd|nvme|xvd|hd|loop|mmcblk)[\w+.-]+/[\w+.-]+$", device) else []
