# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changelog has the version that galaxy.yml names, and every module and role that came with it."""

import pathlib

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
VERSION = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["version"]


def test_the_notes_have_a_section_of_the_version():
    assert f"\nv{VERSION}\n======\n" in (CHECKOUT / "CHANGELOG.rst").read_text(encoding="utf-8")


def test_the_first_release_names_every_module():
    released = yaml.safe_load((CHECKOUT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]["1.0.0"]
    named = {plugin["name"] for plugin in released["modules"]}
    assert named == {path.stem for path in CHECKOUT.glob("plugins/modules/*.py") if "\nversion_added: 1.0.0\n" in path.read_text(encoding="utf-8")}
