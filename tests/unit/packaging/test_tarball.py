# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball holds what a user needs, and nothing that only this project's tests and developers use."""

import os
import pathlib
import re
import subprocess
import tarfile

import pytest
from controllers.tarball import built

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """The sizes (dict, name to bytes) of the files in the tarball."""
    with tarfile.open(built(tmp_path_factory.mktemp("tarball"))) as tarball:
        return {member.name: member.size for member in tarball if not member.isdir()}


@pytest.fixture(scope="module")
def names(sizes):
    """The names (set of str) of the files in the tarball."""
    return set(sizes)


def test_no_file_of_it_is_large(sizes):
    assert {name: size for name, size in sizes.items() if size > 200_000 and name != "FILES.json"} == {}


def test_no_test_trees_are_in_it_but_the_checks_for_guests_of_users(names):
    assert {pathlib.PurePath(name).parts[1] for name in names if name.startswith("tests/")} == {"guests"}


def test_its_top_level_is_what_a_user_looks_for(names):
    assert {name.partition("/")[0] for name in names} == {
        ".ansible-lint",
        "CHANGELOG.rst",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "FILES.json",
        "LICENSE",
        "LICENSES",
        "MANIFEST.json",
        "README.md",
        "REUSE.toml",
        "docs",
        "examples",
        "meta",
        "playbooks",
        "plugins",
        "requirements-image.txt",
        "requirements.txt",
        "roles",
        "tests",
    } | {name.partition("/")[0] for name in names if name.startswith("changelogs/changelog.yaml")}


def test_every_file_of_git_that_is_no_part_of_development_is_in_it(names):
    listed = subprocess.run(
        ["git", "ls-files", "plugins", "roles", "playbooks", "meta", "docs", "examples"], cwd=CHECKOUT, text=True, capture_output=True, check=True
    )
    kept = {name for name in listed.stdout.split("\n") if name and not name.endswith(".py") or name.startswith("plugins/")}
    kept -= {name for name in kept if name.startswith(("docs/site/", "docs/requirements.txt"))}  # of the HTML site

    assert kept - names == set()


def test_a_link_of_the_readme_leads_to_a_file_of_the_tarball(names):
    folders = {str(parent) for name in names for parent in pathlib.PurePath(name).parents}
    text = re.sub(r"```.*?```", "", (CHECKOUT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)

    linked = {os.path.normpath(target) for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", text)}

    assert linked - names - folders == set()
