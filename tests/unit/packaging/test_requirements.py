# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says that it needs is what it imports, wherever somebody reads it."""

import pathlib
import re
import subprocess
import sys

import yaml

from ansible_collections.imagewright.azure.plugins.module_utils.image import libraries

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]


def packages(path):
    """Return the names of the packages (set of str) that a requirements file asks for."""
    lines = [line.split("#")[0].strip() for line in (CHECKOUT / path).read_text().splitlines()]
    return {re.match(r"[A-Za-z0-9._-]+", line).group() for line in lines if line}


def test_an_execution_environment_gets_what_uploads_and_images_need():
    assert packages("meta/requirements.txt") == packages("requirements.txt") | packages("requirements-image.txt")


def test_the_error_of_a_missing_reader_names_the_packages_of_the_list():
    assert {name for name in packages("requirements-image.txt") if name.startswith("dissect.")} == set(libraries.PACKAGES)


def test_ansible_builder_finds_all_of_it(tmp_path):
    builder = sys.executable
    (tmp_path / "ansible_collections/imagewright").mkdir(parents=True)
    (tmp_path / "ansible_collections/imagewright/azure").symlink_to(CHECKOUT)

    found = subprocess.run([builder, "-m", "ansible_builder", "introspect", tmp_path], capture_output=True, text=True, check=True).stdout

    told = {kind: {line.split()[0].split(";")[0] for line in lines} for kind, lines in yaml.safe_load(found).items()}
    assert {re.match(r"[\w.-]+", name).group() for name in told["python"]} == packages("meta/requirements.txt")
    assert {"qemu-utils", "qemu-img", "zstd", "lz4", "lzop"} <= told["system"]
