# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which loader becomes the fallback loader, on trees of the EFI system partition."""

import errno
import os
import types

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback
from ansible_collections.imagewright.azure.plugins.module_utils.core import files
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback_loader

X86, ARM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00", b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\xb7\x00"
DEBIAN = {"shimx64.efi": "shim", "grubx64.efi": "grub", "mmx64.efi": "mok", "fbx64.efi": "fallback", "BOOTX64.CSV": "list", "grub.cfg": "menu"}


@pytest.fixture
def guest(tmp_path):
    """Return a function that writes {file of EFI: text} to a guest and returns its tree's root."""

    def write(files, program=X86, folder="/boot/efi/EFI"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin/sh").write_bytes(program)
        write_tree(tmp_path, {f"{folder}/{path}": text for path, text in files.items()})
        return tmp_path

    return write


def run(root, check=False, diff=False):
    return efi_fallback_loader.run(types.SimpleNamespace(params={"root": str(root)}, check_mode=check, _diff=diff))


def texts(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def debian(vendor="debian"):
    return {f"{vendor}/{name}": text for name, text in DEBIAN.items()}


def test_shim_takes_grub_and_mokmanager_along_and_a_second_run_changes_nothing(guest):
    root = guest(debian())

    first, second = run(root), run(root)

    assert first["changed"] and first["path"] == "/boot/efi/EFI/BOOT/BOOTX64.EFI"
    assert [copy["dest"].rpartition("/")[2] for copy in first["copied"]] == ["grubx64.efi", "mmx64.efi", "BOOTX64.EFI"]
    assert texts(root / "boot/efi/EFI/BOOT") == {"BOOTX64.EFI": "shim", "grubx64.efi": "grub", "mmx64.efi": "mok"}
    assert second == {"changed": False, "path": "/boot/efi/EFI/BOOT/BOOTX64.EFI", "copied": []}


def test_check_mode_says_the_same_and_writes_nothing(guest):
    root = guest(debian())

    predicted = run(root, check=True, diff=True)

    assert not (root / "boot/efi/EFI/BOOT").exists()
    assert [entry["after_header"] for entry in predicted["diff"]] == [copy["dest"] for copy in predicted["copied"]]
    del predicted["diff"]
    assert predicted == run(root)


@pytest.mark.parametrize(
    "files, loader",
    [
        ({"debian/grubx64.efi": "grub"}, "grub"),
        ({"systemd/systemd-bootx64.efi": "systemd-boot"}, "systemd-boot"),
        ({"arch/grubx64.efi": "grub", "systemd/systemd-bootx64.efi": "systemd-boot"}, "grub"),
        ({"fedora/shim.efi": "shim", "fedora/grubx64.efi": "grub"}, "shim"),
        ({"redhat/SHIMX64.EFI": "shim"}, "shim"),
        ({"debian/shimaa64.efi": "for ARM", "debian/shimx64.efi": "shim"}, "shim"),
        ({"debian/shimia32.efi": "32 bit", "debian/grubx64.efi": "grub"}, "grub"),
    ],
)
def test_what_firmware_starts(guest, files, loader):
    root = guest(files)

    run(root)

    assert (root / "boot/efi/EFI/BOOT/BOOTX64.EFI").read_text(encoding="utf-8") == loader


def test_an_arm_guest_gets_the_loader_of_arm(guest):
    root = guest({"debian/shimaa64.efi": "for ARM", "debian/shimx64.efi": "shim"}, program=ARM)

    assert run(root)["path"] == "/boot/efi/EFI/BOOT/BOOTAA64.EFI"
    assert texts(root / "boot/efi/EFI/BOOT") == {"BOOTAA64.EFI": "for ARM"}


def test_files_of_one_directory_alone_are_copied(guest):
    root = guest({**debian(), "ubuntu/grubx64.efi": "other", "ubuntu/mmx64.efi": "other"})

    run(root)

    assert "other" not in texts(root / "boot/efi/EFI/BOOT").values()


@pytest.mark.parametrize("fallback", ["BOOT/BOOTX64.EFI", "Boot/bootx64.efi", "boot/BootX64.efi"])
def test_a_fallback_loader_that_is_there_stays(guest, fallback):
    root = guest({**debian(), fallback: "own"})

    result = run(root)

    assert result == {"changed": False, "path": f"/boot/efi/EFI/{fallback}", "copied": []}
    assert len(list((root / "boot/efi/EFI").glob("[Bb][Oo][Oo][Tt]/*"))) == 1


def test_what_a_killed_run_left_is_made_whole(guest):
    root = guest({**debian(), "BOOT/grubx64.efi": "gr"})

    run(root)

    assert texts(root / "boot/efi/EFI/BOOT")["grubx64.efi"] == "grub"


@pytest.mark.parametrize("folder", ["/efi/EFI", "/boot/EFI"])
def test_other_places_of_the_efi_system_partition(guest, folder):
    root = guest(debian(), folder=folder)

    assert run(root)["path"] == f"{folder}/BOOT/BOOTX64.EFI"


@pytest.mark.parametrize("files", [{}, {"Microsoft/Boot/bootmgfw.efi": "windows"}])
def test_nothing_to_copy_on_a_guest_that_bios_starts(guest, files):
    assert run(guest(files)) == {"changed": False, "path": None, "copied": []}


def test_nothing_to_copy_on_a_guest_that_uefi_started_is_an_error(guest, monkeypatch):
    root = guest({"Microsoft/Boot/bootmgfw.efi": "windows"})
    monkeypatch.setattr(efi_fallback_loader, "_started_by_uefi", lambda tree: True)

    with pytest.raises(ImagewrightError, match="neither BOOT/BOOTX64.EFI nor a shim or GRUB.*mount the EFI system partition"):
        run(root)


def test_a_machine_that_azure_does_not_have_has_no_loader(guest):
    tree = LiveTree(str(guest(debian())))

    assert efi_fallback.name("riscv64") is None
    assert efi_fallback.copies(tree, "riscv64") == [] and efi_fallback.find(tree, "riscv64") is None


def test_a_copy_that_reads_back_otherwise_is_an_error(guest, monkeypatch):
    root = guest(debian())
    write = files.write
    monkeypatch.setattr(files, "write", lambda path, content: write(path, content[:-1]))

    with pytest.raises(ImagewrightError, match="reads back otherwise"):
        run(root)


def test_a_full_partition_leaves_no_loader(guest, monkeypatch):
    root = guest(debian())
    monkeypatch.setattr(os, "fsync", _full_at(3))

    with pytest.raises(ImagewrightError, match="cannot write .*BOOT.*: no space left"):
        run(root)
    assert texts(root / "boot/efi/EFI/BOOT") == {}


def _full_at(number):
    """Return an os.fsync that finds the disk full at its call of that number."""
    calls = []

    def fsync(_descriptor):
        calls.append(1)
        if len(calls) == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fsync
