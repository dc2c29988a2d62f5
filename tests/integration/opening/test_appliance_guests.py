# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook prepare_image by a user without rights of root, on disks that a kernel without vfat and device mapper cannot mount; booted then."""

import hashlib
import os
import subprocess

import pytest
from integration.broken import images, logical
from lab import bootcheck
from lab.layout import layout
from lab.line import BOOT_TIME
from lab.recipe import Plan, Recipe

from .guests import USER, as_user, emulate_where_needed, held, place_of_a_user, users_python_works

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0 or not users_python_works(), reason="root makes the disks, for a user whose Python it is")]

LVM = images.Image(Plan(Recipe(include=(*images.PACKAGES, "lvm2")), faulty=True), logical.grow, write=logical.write)
UEFI = images.Image(Plan(Recipe(firmware="uefi", include=(*images.PACKAGES, "ifupdown", "isc-dhcp-client")), table="gpt", faulty=True))


@pytest.fixture
def home(monkeypatch):
    """The directory of a user, and the proof that this machine holds nothing of an image in the end."""
    emulate_where_needed(monkeypatch)
    with place_of_a_user() as folder:
        yield folder
        assert held(folder) == ([], [], [])


def copy_of(image, name, folder):
    """Return a private copy (path) of the disk of an image."""
    path = folder / "disk.raw"
    subprocess.run(["cp", "--sparse=always", images.built(image, name), path], check=True)
    os.chown(path, USER, USER)
    return path


def digest(path):
    """Return the SHA-256 (str) of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def prepare(image, vhd, home):
    """Return what the playbook printed, run by the user. What the guest needs is installed, so that no network is."""
    program = (
        "from pathlib import Path; from lab import demo_image\n"
        f"play = demo_image.prepare(Path({str(image)!r}), Path({str(vhd)!r}), {{'image_network': False}}, timeout=7200)\n"
        "print(play.changed, 'changes'); print(play.output)"
    )
    done = as_user(home, program)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def booted(vhd, firmware="bios"):
    """Return what the boot of a VHD said, after the proof that it came to a login."""
    check = bootcheck.boot_check(vhd, firmware, timeout=BOOT_TIME)
    assert check.report.kernel and check.report.login and not check.error, check.text[-3000:]
    return check


def test_a_root_on_lvm_with_a_boot_of_its_own_is_prepared_and_boots(home):
    image, vhd = copy_of(LVM, "faulty LVM", home), home / "disk.vhd"
    before = digest(image)

    said = prepare(image, vhd, home)

    assert "opened in libguestfs' appliance, without network" in " ".join(said.split()) and digest(image) == before
    command_line = booted(vhd).report.command_line
    assert "root=/dev/mapper/vg0-root" in command_line and "console=ttyS0" in command_line


def test_an_efi_system_partition_gets_the_loader_without_which_azure_does_not_start_it(home):
    image, vhd = copy_of(UEFI, "faulty UEFI", home), home / "disk.vhd"
    esp = layout(UEFI.plan).part("esp")
    subprocess.run(["mdel", "-i", f"{image}@@{esp.start}", "::/EFI/BOOT/BOOTX64.EFI"], check=True)
    before = digest(image)

    said = prepare(image, vhd, home)

    assert "opened in libguestfs' appliance, without network" in " ".join(said.split()) and "/boot/efi" in said and digest(image) == before
    assert "console=ttyS0" in booted(vhd, "uefi").report.command_line
