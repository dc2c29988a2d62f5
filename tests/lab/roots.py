# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacked roots for containers: the lower directory of every overlay, cached by content."""

from pathlib import Path

from lab import guests, keys, rootfs, tree
from lab.files import cached
from lab.paths import cache_dir
from lab.recipe import Recipe, content_id


def container_root(recipe: Recipe, say=print) -> Path:
    """Return a directory with a settled root, never to be written: containers lie over it."""
    tarball = rootfs.base_tarball(recipe, say)
    recipe_code = [Path(module.__file__).read_text(encoding="utf-8") for module in (tree,)]
    key = content_id(tarball.name, keys.public_key(), recipe_code)
    root = cache_dir() / "root" / f"{recipe.suite}-{key}"

    def build(part: Path) -> None:
        say(f"unpack {tarball.name}, settings, initramfs")
        build_root(tarball, part, recipe)

    return cached(root, build, in_use={guest.lower for guest in guests.everyone()})


def build_root(tarball: Path, root: Path, recipe: Recipe) -> None:
    """Write a root that boots in a container, with a kernel and its initramfs."""
    tree.unpack(tarball, root)
    with tree.proc_mounted(root):
        tree.settle(root)
        tree.write(root, "etc/default/grub", tree.GRUB_DEFAULTS)
        tree.make_initramfs(root, recipe)
