# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository of examples/molecule tests a guest with the installed collection, as a build of somebody else's would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from lab.paths import CHECKOUT

EXAMPLE = CHECKOUT / "examples" / "molecule"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The directory of collections into which the built collection was installed."""
    folder = tmp_path_factory.mktemp("collections")
    environment = {**os.environ, "ANSIBLE_HOME": str(folder / "home")}
    for words in (["build", CHECKOUT, "--output-path", folder], ["install", folder / "imagewright-azure-1.0.0.tar.gz", "--collections-path", folder]):
        subprocess.run([Path(sys.executable).parent / "ansible-galaxy", "collection", *words], cwd=folder, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture
def repository(tmp_path, faulty_guest):
    """A copy of the example, whose inventory names a guest with every fault."""
    copy = tmp_path / "build"
    shutil.copytree(EXAMPLE, copy)
    (copy / "inventory.yml").write_text(faulty_guest.inventory, encoding="utf-8")
    return copy


@pytest.mark.slow
def test_the_example_prepares_a_guest_twice_and_verifies_it(repository, installed):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(installed)}

    done = subprocess.run(
        ["molecule", "test"],
        cwd=repository,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:]
    recap = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).partition("DETAILS")[2]
    assert re.findall(r"➜ (\w+): Executed: Successful", recap) == ["syntax", "converge", "idempotence", "verify"], recap


def test_the_page_shows_the_playbook_of_the_example():
    page = (CHECKOUT / "docs" / "molecule.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])

    assert shown == yaml.safe_load((EXAMPLE / "molecule" / "default" / "converge.yml").read_text(encoding="utf-8"))
