# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was known in two places, and had begun to disagree, is known in one: by what only its code has."""

import importlib
import pathlib
import re

import pytest
import yaml

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
SOURCES = {str(path.relative_to(PLUGINS)): path.read_text() for path in sorted(PLUGINS.rglob("*.py"))}
MODULES = "ansible_collections.imagewright.azure.plugins.modules."

#: What is known, what only its code says (a regular expression), and the one file of module_utils that may.
KNOWN_ONCE = [
    ("where a file has data and where holes", r"SEEK_(DATA|HOLE)", "disk/sparse.py"),
    ("how a program of ELF begins", r'b"\\x7fELF', "core/elf_header.py"),
    ("where an ELF file has its sections", r"40 if wide else 32|58 if wide else 46", "core/elf.py"),
    ("how a GUID partition table begins", r'b"EFI PART', "disk/gpt.py"),
    ("how a VHD's footer begins", r'b"conectix', "disk/footer.py"),
    ("how cpio's members begin", r'b"070701', "initramfs/archive.py"),
    ("the octal escapes of fstab and mountinfo", r"\\\\\(\[0-7\]\{3\}\)", "storage/fstab.py"),
    ("systemd's words for yes and no", r'"1", "yes"|"0", "no"|"yes", "true", "1"', "core/unit_files.py"),
    ("where PAM's services are", r'"/usr/etc/pam\.d', "core/unit_places.py"),
    ("where systemd-tmpfiles looks", r'"/usr/local/lib/tmpfiles\.d', "core/unit_places.py"),
    ("the largest disk that Azure takes", r"4095 \* GIB|32 \* TIB|8 \* TIB", "disk/limits.py"),
]


@pytest.mark.parametrize(("what", "words", "place"), KNOWN_ONCE)
def test_it_is_known_in_one_place(what, words, place):
    assert [name for name, text in SOURCES.items() if re.search(words, text)] == [f"module_utils/{place}"], what


#: Modules that return generations of virtual machines.
OF_GENERATIONS = ["vhd_align", "vhd_info", "vhd_upload", "readiness_info"]


@pytest.mark.parametrize("name", OF_GENERATIONS)
def test_generations_that_are_returned_are_numbers(name):
    returned = yaml.safe_load(importlib.import_module(MODULES + name).RETURN)["generations"]

    assert returned["elements"] == "int" and all(isinstance(number, int) for number in returned["sample"])


def test_no_other_module_returns_generations():
    assert [path.stem for path in sorted((PLUGINS / "modules").glob("*.py")) if re.search(r"(?m)^generations:", path.read_text())] == sorted(OF_GENERATIONS)
