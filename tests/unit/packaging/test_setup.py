# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/setup/install: what each level asks for, and what it says where it cannot work, before it has installed anything."""

import pathlib
import re
import shutil
import subprocess

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
SETUP = CHECKOUT / "tests" / "setup"
PROGRAMS = ["bash", "cat", "cut", "dirname", "grep", "id", "ln", "mkdir", "mktemp", "rm", "sed", "sha256sum", "touch", "xargs"]


def names(level, kind):
    """Return the names (list of str) of a level's own packages: those of Debian (kind "packages"), or of Python ("requirements")."""
    lines = [line.partition("#")[0] for line in (SETUP / level / f"{kind}.txt").read_text(encoding="utf-8").splitlines()]
    return [re.match(r"[A-Za-z0-9._+-]+", line.strip()).group() for line in lines if line.strip()]


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A checkout of the set-up's files on a machine that has the programs of a shell and no others, in bin/."""
    (tmp_path / "bin").mkdir()
    for name in PROGRAMS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    shutil.copytree(SETUP, tmp_path / "tests" / "setup")
    (tmp_path / "tests" / "azurite").mkdir()
    for name in ("requirements.txt", "requirements-image.txt", "tests/azurite/package.json"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


def install(machine, level):
    """Return the finished set-up of a level."""
    return subprocess.run([machine / "tests/setup/install", level], env={"PATH": str(machine / "bin")}, capture_output=True, text=True, timeout=60, check=False)


def test_the_demo_installs_nothing_that_only_tests_need():
    assert not {"packer", "nodejs", "npm", "openssh-server"} & set(names("demo", "packages"))
    assert not {"atheris", "molecule", "hypothesis", "pytest", "ruff"} & set(names("demo", "requirements"))


@pytest.mark.parametrize("kind", ["packages", "requirements"])
def test_a_package_stands_in_one_level(kind):
    every = [name for level in ("demo", "test", "all") for name in names(level, kind)]

    assert sorted(every) == sorted(set(every))


@pytest.mark.parametrize("level", ["demo", "test", "all"])
def test_a_machine_without_apt_gets_one_line_that_says_where_make_works(machine, level):
    done = install(machine, level)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "setup: there is no apt-get here: make installs Debian packages, so run it on Debian 12 or later (a container or a virtual machine will do); "
        "to use the collection no make is needed: README.md says how it is installed\n"
    )


def test_an_old_python_gets_one_line_before_anything_is_installed(machine):
    program(machine / "bin/apt-get", f"echo called >>{machine}/apt-get.log")
    program(machine / "bin/python3", '[ "$1" = --version ] && echo Python 3.10.12; exit 1')

    done = install(machine, "demo")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "setup: python3 is Python 3.10.12, and 3.11 or later is needed: run make on Debian 12 or later, or name another Python "
        "(make PYTHON=python3.12); to use the collection no make is needed: README.md says how it is installed\n"
    )
    assert not (machine / "apt-get.log").exists()


def test_a_level_that_is_not_known_is_named(machine):
    assert install(machine, "everything").stderr == "setup: cannot install everything: the levels are demo, test and all\n"


@pytest.mark.parametrize("before", ["nothing", "a copy", "a link"])
def test_the_checkout_becomes_the_collection_whatever_was_in_its_place(machine, before):
    """ansible-galaxy, started in the checkout, installs into .venv/collections: ansible.cfg says so."""
    place = machine / ".venv/collections/ansible_collections/imagewright/azure"
    place.parent.mkdir(parents=True)
    if before == "a copy":
        (place / "roles").mkdir(parents=True)
    if before == "a link":
        place.symlink_to("../../../..")
    (machine / ".venv/bin").mkdir()
    for path in ("bin/apt-get", "bin/python3", ".venv/bin/python", ".venv/bin/pip"):
        program(machine / path, "exit 0")
    program(machine / "bin/dpkg-query", "echo installed")

    done = install(machine, "demo")

    assert done.returncode == 0, done.stderr
    assert place.is_symlink() and place.resolve() == machine
    assert (machine / "tests/setup/install").is_file()
