# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real guests for ring 2: containers with a booted systemd, reached over ssh as any guest is.

guest          bookworm, one for the whole session: for tests that tidy up, or do not mind each other
fresh_guest    bookworm, a new one for each test module (1 s)
suite_guest    as fresh_guest, once for each suite; all but bookworm are slow (first run downloads)
disk_guest     on the root partition of a private copy of a bookworm disk: update-grub, update-initramfs
               with MODULES=dep and grub-probe work as on a machine; a new one for each test module
faulty_guest   as disk_guest, on a disk with every fault of lab.faults
"""

import pytest
from lab import container, disk, roots
from lab.live import LiveGuest
from lab.recipe import Plan, Recipe

SUITES = [
    "bookworm",
    pytest.param("bullseye", marks=pytest.mark.slow),
    pytest.param("trixie", marks=pytest.mark.slow),
]


def running_container(suite="bookworm", image=None):
    """Yield a running container, and stop it afterwards."""
    root = None if image else roots.container_root(Recipe(suite=suite))
    guest = container.start(root=root, image=image, suite=suite, owned=True)
    try:
        yield LiveGuest(guest)
    finally:
        container.stop(guest, at_once=True)


@pytest.fixture(scope="session")
def guest():
    """A container of bookworm for the whole session."""
    yield from running_container()


@pytest.fixture(scope="module")
def fresh_guest():
    """A container of bookworm that no other test module has touched."""
    yield from running_container()


@pytest.fixture(scope="module", params=SUITES)
def suite_guest(request):
    """A container of each suite that no other test module has touched."""
    yield from running_container(request.param)


@pytest.fixture(scope="module")
def disk_guest():
    """A container on the root partition of a private copy of a disk."""
    yield from running_container(image=disk.cached_disk(Plan(Recipe())))


@pytest.fixture(scope="module")
def faulty_guest():
    """A container on the root partition of a private copy of a faulty disk."""
    yield from running_container(image=disk.cached_disk(Plan(Recipe(), faulty=True)))
