# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module swap_off: stop swapping on the OS disk.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import os
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits, yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import limits, removal
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import carried, generators, replace
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.storage import resume, swap_makers, swap_places

MBR_SWAP_TYPE = "0x82"

#: Partition types of plain Linux data, by the kind of the table.
LINUX_TYPES = {"dos": "83", "gpt": "0FC63DAF-8483-4772-8E79-3D69D8477DE4"}

#: stop: [Swap]; remove: [path], in order; wipe: [device]; edits: [Edit]; rebuild: [Kernel]; generator: the one that builds their images,
#: or None; mask: bool, the GPT generator is to be switched off.
SwapRemoval = collections.namedtuple("SwapRemoval", "stop remove wipe edits rebuild generator mask")

ARGUMENTS = {
    "root": {"type": "path", "default": "/"},
    "files": {"type": "str", "default": "remove", "choices": ["keep", "remove"]},
    "partition": {"type": "str", "default": "keep", "choices": ["keep", "wipe"]},
    "zram": {"type": "str", "default": "keep", "choices": ["keep", "stop"]},
    "rebuild": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": False},
}


def plan(tree, parameters):
    """Return the SwapRemoval for the guest in tree: what is left to do, whatever an earlier run has done of it.

    Raises ImagewrightError: images are to be rebuilt, and nothing can build them.
    """
    live = tree.is_running_system
    swaps = swap_places.active(tree.read_text("/proc/swaps"), parameters["zram"] == "stop") if live and tree.exists("/proc/swaps") else []
    swap_makers.check(tree)
    # units and links last, for it is by them that a run which was stopped here finds the files again
    remove = sorted(set(swap_places.files(tree, swaps) + swap_makers.files(tree))) if parameters["files"] == "remove" else []
    remove += swap_places.units(tree, parameters["zram"] == "stop") + swap_makers.links(tree)
    wipe = swap_partitions() if parameters["partition"] == "wipe" else []
    mask = live and not tree.is_symlink(swap_places.GPT_GENERATOR) and has_gpt_swap()
    changes = resume.edits_of(tree) + swap_makers.edits_of(tree)
    rebuild = (
        [kernel for kernel in kernels.installed_kernels(tree) if kernel.kind == "normal" and resumes(tree, kernel.image, bool(changes))]
        if parameters["rebuild"]
        else []
    )
    generator = generators.choose(tree, "auto", rebuild) if rebuild else None
    return SwapRemoval(swaps, remove, wipe, changes, rebuild, generator, mask)


def resumes(tree, image, otherwise):
    """Return whether an initramfs (guest path or None) looks for a suspended system; otherwise (bool) where nothing here can read it."""
    if image is None or not tree.is_file(image):
        return False
    try:
        return bool(carried.carried(tree, image, [carried.RESUME]))
    except CannotVerify:
        return otherwise
    except ImagewrightError:
        return True  # damaged: a new one is needed anyway


def run(module):
    """Return the module's result."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    if swap_makers.needs_yaml(tree):
        yaml_text.respawn_where_needed(tree)
    if parameters["partition"] == "wipe" and not tree.is_running_system:
        raise ImagewrightError(f"cannot wipe the swap partition of {parameters['root']}: its disk is not known; wipe it on the running guest")
    planned = plan(tree, parameters)
    if not module.check_mode:
        stop(tree, planned)
    result = edits.apply(
        module, tree, planned.edits, backup=parameters["backup"], activate=(lambda: rebuild_images(tree, planned)) if planned.rebuild else None
    )
    if not module.check_mode:
        carry_out(tree, planned)
    changed = bool(planned.stop or planned.remove or planned.wipe or planned.edits or planned.rebuild or planned.mask)
    return dict(
        result,
        changed=changed,
        stopped=[swap.path for swap in planned.stop],
        removed=planned.remove,
        wiped=planned.wipe,
        resume=[edit.path for edit in planned.edits],
        rebuilt=[kernel.image for kernel in planned.rebuild],
    )


def stop(tree, planned):
    """Stop the swap in use; the memory must take what is in it.

    Raises ImagewrightError: there is not memory enough, or it is in use after that.
    """
    named = swap_places.files(tree, [])
    for swap in planned.stop:
        commands.run(["swapoff", swap.path], f"stop swapping on {swap.path}")
        # only its use told that it is swap: a run that is stopped here would not find it again
        if swap.path in planned.remove and swap.path not in named:
            removal.remove(tree, limits.place(tree, swap.path))


def rebuild_images(tree, planned):
    """Rebuild the initramfs images of the kernels, and prove that they resume from nowhere.

    Raises ImagewrightError: an image could not be built, or still looks for a suspended system; then all are the old ones.
    """
    replace.rebuild_all(tree, planned.generator, planned.rebuild, [], left_out=[carried.RESUME])


def carry_out(tree, planned):
    """Delete the files, wipe the partitions and switch the generator off."""
    for path in planned.remove:
        removal.remove(tree, limits.place(tree, path))
    for device in planned.wipe:
        wipe(device)
    if planned.mask:
        try:
            os.makedirs(tree.host_path(os.path.dirname(swap_places.GPT_GENERATOR)), 0o755, exist_ok=True)
        except OSError as error:
            raise from_os_error(f"write the link {swap_places.GPT_GENERATOR}", error) from error
        removal.symlink(tree, limits.place(tree, swap_places.GPT_GENERATOR), "/dev/null")


def swap_partitions():
    """Return the devices ([str]) of this machine's partitions that carry a swap signature, or are of the type of swap."""
    listed = commands.run(["blkid", "-c", "/dev/null", "-t", "TYPE=swap", "-o", "device"], "look for swap partitions", accept=(0, 2))
    signed = [device for device in listed.stdout.split() if os.path.exists(f"/sys/class/block/{os.path.basename(device)}/partition")]
    return sorted(set(signed) | {device for device, kind in partition_types() if kind in (MBR_SWAP_TYPE, swap_places.GPT_SWAP_TYPE)})


def has_gpt_swap():
    """Return whether a disk of this machine has a partition that systemd would swap on by its type."""
    return swap_places.GPT_SWAP_TYPE in [kind for _device, kind in partition_types()]


def partition_types():
    """Return [(device, type in lower case)] of this machine's partitions."""
    names = os.listdir("/sys/class/block") if os.path.isdir("/sys/class/block") else []
    devices = sorted("/dev/" + name for name in names if os.path.exists(f"/sys/class/block/{name}/partition"))
    devices = [device for device in devices if os.path.exists(device)]
    if not devices:
        return []
    listed = commands.run(["blkid", "-p", "-s", "PART_ENTRY_TYPE", "-o", "full"] + devices, "read the types of partitions", accept=None)
    return [(device, kind.lower()) for device, kind in re.findall(r'^(\S+): .*\bPART_ENTRY_TYPE="([^"]*)"', listed.stdout, re.MULTILINE)]


def wipe(device):
    """Take the swap signature away and make the partition's type a plain Linux one."""
    name = os.path.basename(os.path.realpath(device))
    disk = "/dev/" + os.path.basename(os.path.dirname(os.path.realpath(f"/sys/class/block/{name}")))
    with open(f"/sys/class/block/{name}/partition", encoding="ascii") as stream:
        number = stream.read().strip()
    kind = commands.run(["blkid", "-p", "-o", "value", "-s", "PTTYPE", disk], f"read the partition table of {disk}").stdout.strip()
    if kind not in LINUX_TYPES:
        raise ImagewrightError(f"cannot wipe {device}: {disk} has a partition table of the unknown kind {kind!r}; keep the partition")
    commands.run(["sfdisk", "--no-reread", "--part-type", disk, number, LINUX_TYPES[kind]], f"set the type of {device}")
    # last, for it is by the signature that a run which was stopped here finds the partition again
    commands.run(["wipefs", "--all", device], f"wipe the swap signature of {device}")
