# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an image is a value with an id: whoever decides by it does not read its sentence."""

import os

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import limits, problems
from ansible_collections.imagewright.azure.plugins.module_utils.image import container, formats
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.upload import plan
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import image_problems
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image
from integration.vhd.images import MIB, append, footer, raw_disk

XML = "<domain type='kvm'>\n  <name>web1</name>\n  <!-- größer -->\n</domain>\n"


def described(path, octets):
    """Return what vhd_info says of a file of these bytes."""
    path.write_bytes(octets)
    return describe_image(os.fspath(path))


def ids(result):
    """Return the ids of what is told."""
    return [problem["id"] for problem in result["problem_details"]]


@pytest.mark.parametrize(
    "octets",
    [
        XML.encode(),
        b"test: lint\n\tpytest\n",
        "größer".encode() * 100,
        b"#!/bin/sh\nexit 0\n",
        bytes(range(256)) * 2 + b"\0",
        b"\x7fELF" + bytes(9000),
    ],
)
def test_a_file_that_is_no_disk_is_told_as_that(tmp_path, octets):
    result = described(tmp_path / "web1.xml", octets)

    assert "not_a_disk" in ids(result)
    assert result["format"] is None and result["accepted"] is False
    assert result["problems"][0].startswith(("it is a text, not a disk", "it is no disk: it has"))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: raw_disk(path, 64 * MIB, data=()),  # a data disk that nobody has written to
        lambda path: raw_disk(path, 64 * MIB),  # encrypted without a header: no pattern at all
        lambda path: append(raw_disk(path, 2 * MIB, data=()), footer(2 * MIB)),  # small, and a VHD
    ],
)
def test_a_disk_of_which_nothing_is_known_is_a_disk(tmp_path, make):
    result = describe_image(os.fspath(make(tmp_path / "disk.img")))

    assert "not_a_disk" not in ids(result) and result["format"] is not None


def test_a_small_file_system_is_a_disk(tmp_path):
    octets = bytearray(MIB + 512)
    octets[0x438:0x43A] = b"\x53\xef"  # an ext2 superblock's magic

    result = described(tmp_path / "small.img", bytes(octets))

    assert result["format"] == "raw" and "too_small" in ids(result)


def test_a_text_is_converted_only_by_who_says_that_it_is_raw(tmp_path):
    octets = XML.encode().ljust(512)

    def read_at(offset, length):
        return octets[offset : offset + length]

    with pytest.raises(problems.Refusal, match="cannot convert web1.xml: it is a text, not a disk") as refused:
        formats.read_image(read_at, 512, "web1.xml")
    assert refused.value.problem.id == "not_a_disk"
    assert formats.read_image(read_at, 512, "web1.xml", wanted="raw").virtual_size == 512


@pytest.mark.parametrize(
    ("options", "problem_id"),
    [
        ({"checksum": 7}, "footer_checksum"),
        ({"saved_state": 1}, "suspended"),
        ({"disk_type": 4}, "footer_type"),
        ({"data_offset": 0xFFFFFFFF}, "footer_data_offset"),
        ({"version": 0x00020000}, "footer_version"),
        ({"creator": b"vbox", "geometry": (1003, 12, 17)}, "geometry"),
    ],
)
def test_each_fault_of_a_footer_has_its_id(tmp_path, options, problem_id):
    disk = append(raw_disk(tmp_path / "a.vhd", 64 * MIB), footer(64 * MIB, **options))

    assert problem_id in ids(describe_image(os.fspath(disk)))


def test_sentences_and_values_are_of_the_same_things(tmp_path):
    result = described(tmp_path / "50%.vhd", b"\x1f\x8b\x08" + bytes(2000))

    assert result["problems"] == [
        "it is compressed (gzip), not a disk; decompress it first",
        "its name has '%', which the marketplace refuses; rename the file",
    ]
    assert result["problem_details"] == [
        {"id": "compressed", "cause": "it is compressed (gzip), not a disk", "fix": "decompress it first"},
        {"id": "file_name", "cause": "its name has '%', which the marketplace refuses", "fix": "rename the file"},
    ]


def test_a_refusal_says_what_was_to_be_done_whatever_is_in_the_path(tmp_path):
    path = tmp_path / "cannot convert: it.qcow2"
    path.write_bytes(b"\x1f\x8b\x08" + bytes(2000))

    with pytest.raises(ImagewrightError) as error:
        container.open_container(os.fspath(path))

    assert str(error.value) == f"cannot read {path}: it is compressed (gzip), not a disk; decompress it first"


def test_an_id_that_nobody_has_heard_of_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        problems.found("footer_chekcsum", "its checksum is wrong")


@pytest.mark.parametrize(("generation", "told"), [(None, []), (1, []), (2, ["other_generation"])])
def test_a_disk_that_does_not_boot_on_the_wanted_generation(generation, told):
    facts = {"generations": [1], "generation_reasons": ["generation 2 needs a GPT"]}

    assert [problem.id for problem in image_problems.of_the_generation(generation, facts)] == told


def test_a_page_blob_takes_a_disk_of_a_mebibyte_less_than_its_own_limit():
    plan.require_room(limits.LARGEST_IN_PAGE_BLOB + 512, False, "https://acct/vhds/x.vhd")
    plan.require_room(limits.LARGEST_PAGE_BLOB + 512, True, "https://md-acct/x/abcd")
    with pytest.raises(ImagewrightError, match=r"a page blob takes 8796093022208 bytes \(8 TiB\).*--upload-size-bytes 8796093022720"):
        plan.require_room(limits.LARGEST_PAGE_BLOB + 512, False, "https://acct/vhds/x.vhd")


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("R01", {"checksum": 7}),
        ("R01", {"saved_state": 1}),
        ("R01", {"data_offset": 0xFFFFFFFF}),
        ("R01", {"version": 0x00020000}),
        ("R04", {"creator": b"vbox", "geometry": (1003, 12, 17)}),
    ],
)
def test_a_rule_names_the_fault_whatever_the_words_of_its_sentence(tmp_path, monkeypatch, rule, options):
    def reworded(problem_id, cause, fix=""):
        return problems.Problem(problem_id, "xyzzy", fix)

    monkeypatch.setattr(image_problems, "found", reworded)
    disk = append(raw_disk(tmp_path / "a.vhd", 64 * MIB), footer(64 * MIB, **options))

    context = Context(None, None, image=describe_image(os.fspath(disk)))

    found = {each.id: each for each in evaluate(context, all_rules())}[rule]
    assert (found.status, [place.text for place in found.evidence]) == ("failed", ["xyzzy"])
