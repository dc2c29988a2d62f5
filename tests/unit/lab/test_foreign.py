# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of another architecture: what the kernel here is told, and what their packages, boot files and machines are called."""

import pytest
from lab import foreign, guests, machine
from lab.console import read_console
from lab.errors import LabError
from lab.recipe import Plan, Recipe, check_plan, packages

RULE = ":qemu-aarch64:M::\\x7fELF:\\xff:/usr/libexec/qemu-binfmt/aarch64-binfmt-P:OPF"


@pytest.fixture(name="kernel")
def fixture_kernel(tmp_path, monkeypatch):
    """A machine of x86_64 whose kernel knows binfmt_misc and is told nothing yet."""
    monkeypatch.setattr(foreign.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(foreign, "BINFMT", tmp_path / "binfmt_misc")
    monkeypatch.setattr(foreign, "RULES", tmp_path / "binfmt.d")
    for folder in (foreign.BINFMT, foreign.RULES):
        folder.mkdir()
    (foreign.BINFMT / "register").write_text("", encoding="ascii")
    return foreign.BINFMT


def test_the_kernel_is_told_who_runs_programs_of_arm64(kernel):
    (foreign.RULES / "qemu-aarch64.conf").write_text(f"# of a package\n{RULE}\n", encoding="ascii")
    foreign.require("arm64")
    assert (kernel / "register").read_text(encoding="ascii") == RULE


def test_a_kernel_that_knows_it_is_told_nothing(kernel):
    (kernel / "qemu-aarch64").write_text("enabled\n", encoding="ascii")
    foreign.require("arm64")
    foreign.require("amd64")
    assert (kernel / "register").read_text(encoding="ascii") == ""


def test_a_missing_emulator_is_named_with_its_package(kernel):
    assert kernel.is_dir()
    with pytest.raises(LabError, match="cannot start programs of arm64 here: .*install the package qemu-user-static"):
        foreign.require("arm64")


def test_the_packages_are_those_of_the_architecture():
    chosen = packages(Recipe(firmware="uefi", architecture="arm64"))
    assert {"linux-image-cloud-arm64", "grub-efi-arm64"} <= set(chosen)
    assert not [name for name in chosen if "amd64" in name]
    assert {"linux-image-cloud-amd64", "grub-pc"} <= set(packages(Recipe()))


def test_arm64_has_no_bios():
    with pytest.raises(LabError, match="arm64 machines have UEFI; give --firmware uefi"):
        check_plan(Plan(Recipe(architecture="arm64")))
    assert check_plan(Plan(Recipe(firmware="uefi", architecture="arm64"), table="gpt"))


def test_a_machine_of_arm64_has_memory_where_azures_early_console_is(monkeypatch):
    monkeypatch.setattr(machine, "_firmware", lambda _guest: ())
    guest = guests.Guest(name="arm", kind="machine")
    guest.settings = {"architecture": "arm64", "in_place": True, "format": "raw", "bus": "scsi", "firmware": "uefi", "processors": 1, "memory": 4096}
    words = machine.arguments(guest)
    assert words[0] == "qemu-system-aarch64"
    assert words[words.index("-M") + 1] == "virt"
    memory = range(0x40000000, 0x40000000 + machine.MEMORY["arm64"] * 1024**2)
    assert 0xEFFEC000 in memory


def test_the_command_line_is_read_as_the_kernel_of_arm64_says_it():
    said = "EFI stub: Booting Linux Kernel...\n[    0.000000] Kernel command line: BOOT_IMAGE=/vmlinuz root=UUID=1 console=ttyAMA0\n"
    assert read_console(said).command_line == "BOOT_IMAGE=/vmlinuz root=UUID=1 console=ttyAMA0"
    assert read_console("[    0.000000] Command line: ro\n[    0.1] Kernel command line: ro\n").command_line == "ro"
