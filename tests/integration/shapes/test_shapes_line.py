# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole line on a guest in the shape of each distribution: prepared, converted, booted, and booted again with the next kernel."""

import pytest
from lab import line, shapes


def wrong(walked):
    return [f"{proof.name}: {proof.after}" for proof in walked.proofs if not proof.holds]


def test_the_fastest_is_prepared_twice_and_its_vhd_is_as_ready_as_the_guest_was(tmp_path):
    assert wrong(line.walk("ubuntu", tmp_path, boots=False)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(shapes.SHAPES))  # arm64 takes half an hour: a machine is emulated, also while it is prepared
def test_a_faulty_guest_becomes_an_image_that_boots_with_this_kernel_and_the_next(name, tmp_path):
    walked = line.walk(name, tmp_path)
    assert wrong(walked) == []
