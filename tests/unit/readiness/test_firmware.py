# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bad it is when the firmware of one generation finds no way, and where it is said to be."""

import pytest
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE

from ansible_collections.imagewright.azure.plugins.module_utils.disk.boot_facts import broken, undecided
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import firmware

FAULT = broken("/EFI/debian/grub.cfg:1", "it looks elsewhere")


def finding(rule, disk, generation="auto"):
    """Return the Finding of a rule of the step."""
    context = Context(None, disk, generation=generation, image=GOOD_IMAGE)
    return {found.id: found for found in evaluate(context, firmware.RULES)}[rule]


@pytest.mark.parametrize(
    "rule, field, generations, generation, severity",
    [
        ("R58", "bios", [1, 2], "auto", "warning"),
        ("R59", "efi", [1, 2], "auto", "warning"),  # the other generation is a way out
        ("R58", "bios", [1], "auto", "error"),
        ("R59", "efi", [2], "auto", "error"),
        ("R58", "bios", [1, 2], "1", "error"),
        ("R59", "efi", [1, 2], "2", "error"),
    ],
)
def test_it_is_an_error_where_there_is_no_other_way(rule, field, generations, generation, severity):
    disk = GOOD_DISK._replace(**{field: FAULT}, bootability=Bootability(generations, True, {}))

    found = finding(rule, disk, generation)

    assert (found.status, found.severity) == ("failed", severity)


def test_both_ways_broken_are_two_errors():
    disk = GOOD_DISK._replace(bios=FAULT, efi=FAULT)

    assert [(finding(rule, disk).status, finding(rule, disk).severity) for rule in ("R58", "R59")] == [("failed", "error")] * 2


def test_a_file_of_the_esp_is_named_with_its_line_and_a_sector_with_the_image():
    assert [(place.path, place.line) for place in finding("R59", GOOD_DISK._replace(efi=FAULT)).evidence] == [("/boot/efi/EFI/debian/grub.cfg", 1)]
    place = finding("R58", GOOD_DISK._replace(bios=broken("sector 1", "no core"))).evidence[0]
    assert (place.path, place.text) == ("/images/web.vhd", "sector 1: no core")


def test_what_cannot_be_said_is_unknown_and_holds_nobody_up():
    found = finding("R58", GOOD_DISK._replace(bios=undecided("sector 0", "no loader that is known here")))

    assert (found.status, found.severity) == ("unknown", "warning")


@pytest.mark.parametrize("generation, rule", [("2", "R58"), ("1", "R59")])
def test_the_generation_that_nobody_asked_for_is_not_followed(generation, rule):
    assert finding(rule, GOOD_DISK._replace(bios=FAULT, efi=FAULT), generation).status == "not_applicable"


def test_a_generation_that_the_disk_does_not_begin_to_boot_on_is_told_elsewhere():
    disk = GOOD_DISK._replace(bios=undecided("sector 0", "code that a partitioning tool left"), bootability=Bootability([2], True, {}))

    assert finding("R58", disk).status == "not_applicable"


def test_where_nobody_looked_nothing_is_said():
    disk = GOOD_DISK._replace(bios=None, efi=None)

    assert {finding(rule, disk).status for rule in ("R58", "R59")} == {"not_applicable"}
