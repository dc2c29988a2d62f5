# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository of examples/molecule tests a guest with the installed collection, as a build of somebody else's would."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from controllers import tarball
from lab import commands
from lab.paths import CHECKOUT

EXAMPLE = CHECKOUT / "examples" / "molecule"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The directory of collections into which the built collection was installed."""
    return tarball.installed(tmp_path_factory.mktemp("collections"))


@pytest.fixture
def repository(tmp_path, faulty_guest):
    """A copy of the example, whose inventory names a guest with every fault."""
    copy = tmp_path / "build"
    shutil.copytree(EXAMPLE, copy)
    (copy / "inventory.yml").write_text(faulty_guest.inventory, encoding="utf-8")
    return copy


def run(repository, installed, *argv):
    """Return the finished program, started in the repository with the installed collection."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(installed)}
    environment["ANSIBLE_HOST_KEY_CHECKING"] = "False"
    return commands.finished(argv, 1800, cwd=repository, env=environment)


@pytest.mark.slow
def test_the_example_prepares_a_guest_twice_and_verifies_it_and_so_do_the_checks_of_the_collection(repository, installed):
    done = run(repository, installed, "molecule", "test")

    assert done.returncode == 0, done.stdout[-6000:]
    recap = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).partition("DETAILS")[2]
    assert re.findall(r"➜ (\w+): Executed: Successful", recap) == ["syntax", "converge", "idempotence", "verify"], recap

    checks = installed / "ansible_collections/imagewright/azure/tests/guests"
    checked = run(repository, installed, "pytest", "--sudo", "--hosts=ansible://guests", "--ansible-inventory=inventory.yml", checks)

    assert checked.returncode == 0, checked.stdout[-6000:]
    assert re.search(r"^=+ \d\d passed", checked.stdout, re.MULTILINE), checked.stdout[-2000:]


def test_the_page_shows_the_playbook_of_the_example():
    page = (CHECKOUT / "docs" / "molecule.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])

    assert shown == yaml.safe_load((EXAMPLE / "molecule" / "default" / "converge.yml").read_text(encoding="utf-8"))
