# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess

import pytest
from integration.initramfs.debian_roots import Root
from lab import roots
from lab.recipe import Recipe


@pytest.fixture
def debian(tmp_path):
    """Return a function that gives a fresh Root of a suite: an overlay over the cached one, unmounted after the test."""
    mounted = []

    def root_of(suite="bookworm", initramfs="initramfs-tools", include=()):
        lower = roots.container_root(Recipe(suite=suite, initramfs=initramfs, include=tuple(include)))
        for name in ("upper", "work", "root"):
            (tmp_path / name).mkdir()
        options = f"lowerdir={lower},upperdir={tmp_path}/upper,workdir={tmp_path}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(tmp_path / "root")], check=True)
        mounted.append(tmp_path / "root")
        return Root(tmp_path / "root")

    yield root_of
    for path in mounted:
        subprocess.run(["umount", "--recursive", str(path)], check=True)
