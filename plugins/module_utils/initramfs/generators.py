# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generators of initramfs images that this collection knows, and which of them a guest uses.

Each is a module with the same functions: is_installed, has_kernel_hook, config_file, config_edits, target and build,
with NAME and MARKERS, and with after and obstacles where it has such. A new generator is one more such module and one more entry here.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import (
    archive,
    dracut,
    initramfs_tools,
    mkinitcpio,
    mkinitfs,
    mkinitrd_redhat,
    mkinitrd_suse,
)

GENERATORS = [dracut, initramfs_tools, mkinitcpio, mkinitfs, mkinitrd_redhat, mkinitrd_suse]
NAMES = [generator.NAME for generator in GENERATORS]


def installed(tree):
    """Return the generators that are installed in the guest."""
    return [generator for generator in GENERATORS if generator.is_installed(tree)]


def obstacles(generator, tree, modules):
    """Return what in a generator's configuration keeps modules ([str]) out ([str], ``path line N: text``)."""
    return generator.obstacles(tree, modules) if hasattr(generator, "obstacles") else []


def after(generator, tree, kernel, image):
    """Return the commands ([[str]]) to run when a kernel's image was replaced."""
    return generator.after(tree, kernel, image) if hasattr(generator, "after") else []


def choose(tree, name, kernels):
    """Return the generator (one of GENERATORS) that builds the guest's images.

    name: str, one of NAMES, or ``auto``: the one that is installed; of several the one that owns the guest's images,
    because it is called for a new kernel, or because it built the image that is there.
    kernels: [Kernel].
    Raises ImagewrightError: none is installed, the one asked for is not, or several could be meant.
    """
    found = installed(tree)
    if name != "auto":
        for generator in found:
            if name == generator.NAME:
                return generator
        raise ImagewrightError(f"cannot build an initramfs in {tree.root} with {name}: it is not installed; install it, or leave `generator` out")
    if not found:
        raise ImagewrightError(f"cannot build an initramfs in {tree.root}: none of {', '.join(NAMES)} is installed; install the distribution's one")
    owners = found
    for is_owner in (lambda generator: generator.has_kernel_hook(tree), _built_one_of(tree, kernels)):
        if len(owners) > 1:
            owners = [generator for generator in owners if is_owner(generator)] or owners
    if len(owners) > 1:
        raise ImagewrightError(
            f"cannot tell which generator builds the initramfs images: {' and '.join(generator.NAME for generator in owners)} are installed; set `generator`"
        )
    return owners[0]


def _built_one_of(tree, kernels):
    """Return a callable generator -> bool: whether the first image that can be read has that generator's own members."""
    names = set()

    def is_owner(generator):
        if not names:
            names.update(_member_names(tree, kernels))
        return not names.isdisjoint(generator.MARKERS)

    return is_owner


def _member_names(tree, kernels):
    for kernel in kernels:
        if kernel.image and tree.is_file(kernel.image):
            try:
                with tree.open(kernel.image) as stream:
                    return {member.name for member in archive.list_members(stream, kernel.image)}
            except ImagewrightError:
                continue  # damaged or unreadable: the next one may tell
    return {""}
