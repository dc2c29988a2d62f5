# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the entries of grub.cfg will be once the generator has run: the variables' part changes, what 10_linux itself puts in front stays.

Source: GRUB 2.06 to 2.14, util/grub.d/10_linux.in: `root=DEVICE ro ARGUMENTS`, where a recovery entry's arguments are its own words and then
GRUB_CMDLINE_LINUX, in front of which the subvolume of a root on Btrfs was put
"""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import BootEntry

ROOT = "root=UUID=0a1b ro"
SUBVOLUME = "rootflags=subvol=@rootfs"
CONSOLE = "console=ttyS0"


def predicted(kind, line, before, after):
    entry = BootEntry("grub2", "/boot/grub/grub.cfg", 1, "Debian", "/boot/vmlinuz", [], line, kind)
    return grub2_menu.predict(entry, before, after).cmdline


@pytest.mark.parametrize(
    "kind, line, expected",
    [
        # the variables give nothing yet: what stands in front is found by what it is
        ("normal", f"{ROOT} {SUBVOLUME}", f"{ROOT} {SUBVOLUME} {CONSOLE}"),
        ("recovery", f"{ROOT} single {SUBVOLUME}", f"{ROOT} single {SUBVOLUME} {CONSOLE}"),
        ("recovery", f"{ROOT} single dis_ucode_ldr {SUBVOLUME}", f"{ROOT} single dis_ucode_ldr {SUBVOLUME} {CONSOLE}"),
        ("recovery", f"{ROOT} recovery nomodeset dis_ucode_ldr rootflags=subvol=@", f"{ROOT} recovery nomodeset dis_ucode_ldr rootflags=subvol=@ {CONSOLE}"),
        ("recovery", f"{ROOT} single", f"{ROOT} single {CONSOLE}"),
        # what an entry that is not up to date got from older variables goes
        ("recovery", f"{ROOT} single {SUBVOLUME} crashkernel=auto", f"{ROOT} single {SUBVOLUME} {CONSOLE}"),
        ("recovery", f"{ROOT} single crashkernel=auto nomodeset", f"{ROOT} single {CONSOLE}"),
        # a mount option that 10_linux does not write is somebody's own, in a variable once
        ("recovery", f"{ROOT} single rootflags=noatime", f"{ROOT} single {CONSOLE}"),
    ],
)
def test_without_parameters_of_the_variables_what_the_generator_adds_stays(kind, line, expected):
    assert predicted(kind, line, ("", "", ""), (CONSOLE, "", "")) == expected


def test_a_parameter_of_the_variables_is_replaced_behind_the_subvolume():
    line = f"{ROOT} single dis_ucode_ldr {SUBVOLUME} crashkernel=auto"
    assert predicted("recovery", line, ("crashkernel=auto", "quiet", ""), (CONSOLE, "", "")) == f"{ROOT} single dis_ucode_ldr {SUBVOLUME} {CONSOLE}"


@pytest.mark.parametrize(
    ("line", "default", "expected"),
    [
        (f"{ROOT} quiet splash $vt_handoff", "quiet", f"{ROOT} quiet"),
        (f"{ROOT} quiet splash $vt_handoff init=/sbin/upstart", "quiet", f"{ROOT} quiet init=/sbin/upstart"),
        # not up to date: the sources had other words once
        (f"{ROOT} panic=1 splash $vt_handoff", "quiet", f"{ROOT} quiet"),
        (f"{ROOT} quiet splash $vt_handoff", "splash", f"{ROOT} splash $vt_handoff"),
    ],
)
def test_what_ubuntu_adds_for_the_splash_screen_goes_with_it(line, default, expected):
    assert predicted("normal", line, ("", "quiet splash", ""), ("", default, "")) == expected
