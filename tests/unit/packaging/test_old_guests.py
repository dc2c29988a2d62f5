# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of old guests says of versions is what the role prepare goes by, and its command makes what it says."""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (CHECKOUT / "docs/old_guests.md").read_text(encoding="utf-8")


def needed(core):
    """Return the Python that a guest needs for an ansible-core, as the role prepare has it."""
    text = yaml.safe_load((CHECKOUT / "roles/prepare/vars/main.yml").read_text())["__prepare_python_needed"]
    return dict(re.findall(r"'(2\.\d+)': '(3\.\d+)'", text)).get(core) or re.search(r"default\('(3\.\d+)'\)", text).group(1)


def test_the_table_says_what_prepare_asks_of_a_guest():
    rows = re.findall(r"^\| (2\.[\d., ]+) \| 3\.\d+ to 3\.\d+ \| (3\.\d+) to 3\.\d+ \|$", PAGE, re.MULTILINE)

    said = {core: python for cores, python in rows for core in cores.split(", ")}

    assert list(said) == ["2.16", "2.17", "2.18", "2.19", "2.20", "2.21"]
    assert said == {core: needed(core) for core in said}


def test_the_table_has_the_pythons_by_which_the_table_of_what_was_tested_chooses():
    listed = (CHECKOUT / "docs/generate_tested.py").read_text(encoding="utf-8")
    chosen = re.findall(r'^    \("(\d\.\d+)", \(3, (\d+)\), \(3, (\d+)\)\),$', listed, re.MULTILINE)
    rows = re.findall(r"^\| (2\.[\d., ]+) \| 3\.\d+ to 3\.\d+ \| 3\.(\d+) to 3\.(\d+) \|$", PAGE, re.MULTILINE)

    assert [(core, oldest, newest) for cores, oldest, newest in rows for core in cores.split(", ")] == chosen


@pytest.mark.slow
def test_the_command_makes_an_environment_with_ansible_core_2_16(tmp_path):
    """Downloads; python3 has to be one of those that the page names."""
    installed = tmp_path / ".ansible/collections/ansible_collections/imagewright"
    installed.mkdir(parents=True)
    (installed / "azure").symlink_to(CHECKOUT)
    command = re.search(r"^\$ (python3 -m venv .*)$", PAGE, re.MULTILINE).group(1)

    subprocess.run(["bash", "-ec", command], env={**os.environ, "HOME": str(tmp_path)}, check=True, capture_output=True)

    told = subprocess.run([tmp_path / "ansible-2.16/bin/ansible", "--version"], capture_output=True, text=True, check=True).stdout
    assert told.startswith("ansible [core 2.16.")
