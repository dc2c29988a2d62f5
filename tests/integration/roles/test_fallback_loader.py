# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loader that firmware without boot variables starts: copied from the distribution's own, on an EFI system partition in a directory."""

import pytest

pytestmark = pytest.mark.slow

TAGS = ("--tags", "guest_boot_fallback_loader")
VENDOR, FALLBACK = "/boot/efi/EFI/debian", "/boot/efi/EFI/BOOT"


@pytest.fixture
def loaders(fresh_guest):
    """The guest, with Debian's signed shim and GRUB where grub-install puts them, and tidied afterwards."""
    fresh_guest.run("apt-get update -qq")
    fresh_guest.run(
        "cd /tmp && apt-get download -qq shim-signed shim-helpers-amd64-signed grub-efi-amd64-signed && for deb in *.deb; do dpkg -x $deb /tmp/x; done"
    )
    fresh_guest.run(
        f"mkdir -p {VENDOR} /boot/efi/EFI/Microsoft/Boot && cd /tmp/x/usr/lib && cp shim/shimx64.efi.signed {VENDOR}/shimx64.efi"
        f" && cp shim/mmx64.efi.signed {VENDOR}/mmx64.efi && cp grub/x86_64-efi-signed/grubx64.efi.signed {VENDOR}/grubx64.efi"
        " && echo windows > /boot/efi/EFI/Microsoft/Boot/bootmgfw.efi"
    )
    yield fresh_guest
    fresh_guest.run("rm -rf /boot/efi /tmp/x /tmp/*.deb")


def sums(guest, folder):
    return {line.split()[1].rpartition("/")[2]: line.split()[0] for line in guest.output(f"sha256sum {folder}/*").splitlines()}


def test_shim_grub_and_mokmanager_are_copied_once_and_check_mode_says_so(loaders):
    predicted = loaders.role("guest_boot", check=True, options=TAGS)
    assert not loaders.exists(FALLBACK)
    first = loaders.role("guest_boot", options=TAGS)
    second = loaders.role("guest_boot", options=TAGS)

    assert not (predicted.failed or first.failed or second.failed), predicted.output + first.output + second.output
    assert predicted.changed_tasks() == first.changed_tasks() and second.changed_tasks() == []
    vendor = sums(loaders, VENDOR)
    assert sums(loaders, FALLBACK) == {"BOOTX64.EFI": vendor["shimx64.efi"], "grubx64.efi": vendor["grubx64.efi"], "mmx64.efi": vendor["mmx64.efi"]}


def test_a_copy_that_was_cut_short_is_made_again(loaders):
    loaders.run(f"mkdir {FALLBACK} && head -c 1000 {VENDOR}/grubx64.efi > {FALLBACK}/grubx64.efi")

    play = loaders.role("guest_boot", options=TAGS)

    assert not play.failed, play.output
    assert sums(loaders, FALLBACK)["grubx64.efi"] == sums(loaders, VENDOR)["grubx64.efi"]


def test_a_fallback_that_is_there_stays(loaders):
    loaders.run(f"mkdir -p {FALLBACK} && echo own > {FALLBACK}/bootx64.efi")

    assert loaders.role("guest_boot", options=TAGS).changed_tasks() == []
    assert loaders.output(f"ls {FALLBACK}") == "bootx64.efi"


def test_grub_without_shim_is_what_firmware_starts(loaders):
    loaders.run(f"rm {VENDOR}/shimx64.efi {VENDOR}/mmx64.efi")

    assert not loaders.role("guest_boot", options=TAGS).failed
    assert sums(loaders, FALLBACK) == {"BOOTX64.EFI": sums(loaders, VENDOR)["grubx64.efi"]}
