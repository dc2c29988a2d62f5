# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of GRUB's boot code."""

import pytest
from lab.bootloader import boot_image, core_image
from lab.errors import LabError


def test_the_boot_code_holds_the_sector_of_core_img_and_spares_the_partition_table():
    code = boot_image(bytes(512), 2048)
    assert len(code) == 440
    assert code[0x5C:0x64] == b"\x00\x08\x00\x00\x00\x00\x00\x00"
    assert code[0x66:0x68] == b"\x90\x90"
    assert code[:0x5C] == bytes(0x5C) and code[0x68:] == bytes(440 - 0x68)


def test_core_img_names_its_own_second_sector():
    image = core_image(bytes(1024), 1)
    assert image[0x1F4:0x1FC] == b"\x02\x00\x00\x00\x00\x00\x00\x00"
    assert image[0x1FC:] == bytes(1024 - 0x1FC)


def test_a_core_img_that_runs_into_the_first_partition_is_refused():
    with pytest.raises(LabError, match="do not fit"):
        core_image(bytes(2041 * 512), 1)
