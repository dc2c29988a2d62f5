# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML site: its pages have their places, each stands in its index, and it is built without a warning."""

import importlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
REPOSITORY = "https://github.com/imagewright/imagewright.azure/blob/main/"
KNOWN = {"README.md", "docs/vhd.md", "docs/roles.md", "roles/guest_ssh/README.md"}


@pytest.fixture
def site(monkeypatch):
    """Return docs/build_site.py as a module."""
    monkeypatch.syspath_prepend(str(CHECKOUT / "docs"))
    yield importlib.import_module("build_site")
    for name in ("build_site", "generate_requirements", "generate_tables"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("page", "link", "placed"),
    [
        ("docs/roles.md", "(vhd.md)", "(vhd.md)"),
        ("docs/roles.md", "(vhd.md#examples)", "(vhd.md#examples)"),
        ("docs/roles.md", "(#an-inventory)", "(#an-inventory)"),
        ("docs/roles.md", "(https://example.com/vhd.md)", "(https://example.com/vhd.md)"),
        ("README.md", "(roles/guest_ssh)", "(roles/guest_ssh/README.md)"),
        ("docs/roles.md", "(../roles/guest_ssh/README.md)", "(../roles/guest_ssh/README.md)"),
        ("README.md", "(LICENSE)", f"({REPOSITORY}LICENSE)"),
        ("docs/roles.md", "(../examples/packer/prepare.yml)", f"({REPOSITORY}examples/packer/prepare.yml)"),
        ("roles/guest_ssh/README.md", "(../../docs/vhd.md)", "(../../docs/vhd.md)"),
    ],
)
def test_a_link_leads_to_a_page_of_the_site_or_to_the_repository(site, page, link, placed):
    assert site.with_links(f"See [this]{link}.", page, KNOWN) == f"See [this]{placed}."


def test_each_page_role_and_module_stands_in_the_index_once(site):
    text = site.index((CHECKOUT / "docs/site/index.md").read_text(encoding="utf-8"), set(site.pages()))

    lists = "".join(re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL))
    listed = re.findall(r"(?:^|<)((?:docs|roles|reference)/[\w/]+)>?$", lists, re.MULTILINE)
    assert sorted(set(listed)) == sorted(listed)
    assert {page[:-3] for page in site.pages() if page.startswith(("docs/", "roles/"))} <= set(listed)
    assert {f"{path.stem} <" in lists for path in CHECKOUT.glob("plugins/modules/*.py")} == {True}


def test_the_index_takes_parts_of_the_readme_that_there_are():
    index, readme = ((CHECKOUT / path).read_text(encoding="utf-8") for path in ("docs/site/index.md", "README.md"))
    marks = re.findall(r':(?:start-after|end-before): "(.*)"', index)
    assert marks and [mark for mark in marks if readme.count(mark) != 1] == []


def test_the_catalogue_has_each_rule_below_its_step(site):
    text = site.catalogue()

    assert "## Firmware\n\n(r01)=\n### R01: " in text
    assert text.index("## Initramfs\n") < text.index("(r17a)=\n### R17a: ") < text.index("## Root\n")
    assert re.findall(r"^\((r\d\d[a-z]?)\)=$", text, re.MULTILINE).count("r17a") == 1


def test_a_list_of_contents_is_left_to_the_theme(site):
    assert (
        site.CONTENTS.sub("", "Title\n=====\n\n.. contents::\n   :local:\n   :depth: 1\n\n.. note::\n   Text.\n") == "Title\n=====\n\n\n.. note::\n   Text.\n"
    )
    assert site.CONTENTS.sub("", ".. contents:: Topics\n\nText.\n") == "\nText.\n"


def test_each_link_between_pages_of_the_site_leads_to_one_of_them(site, monkeypatch, tmp_path):
    monkeypatch.setattr(site, "SOURCE", tmp_path / "source")

    site.gather()

    broken = []
    for page in sorted(site.SOURCE.rglob("*.md")):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        links = re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", text)
        broken += [(page.name, link) for link in links if not (page.parent / link).is_file()]
    assert broken == []


def test_a_place_in_ansibles_own_documentation_is_linked_without_asking_the_network(site, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(CHECKOUT / "docs/site/_static", source / "_static")
    settings = (CHECKOUT / "docs/site/conf.py").read_text(encoding="utf-8")
    (source / "conf.py").write_text(settings + '\nhtml_theme = "basic"\nextensions = ["sphinx_antsibull_ext"]\n')  # what make test has installed
    (source / "index.rst").write_text(
        "Site\n====\n\n:ref:`copy <ansible_collections.ansible.builtin.copy_module>`, :ansopt:`ansible.builtin.wait_for#module:state=drained`,\n"
        ":ref:`results <common_return_values>`\n"
    )

    text = site.run_sphinx(source, tmp_path / "result").read_text(encoding="utf-8")

    linked = re.findall(r'href="https://docs.ansible.com/projects/ansible/latest/([^"]+)"', text)
    assert linked == [
        "collections/ansible/builtin/copy_module.html",
        "collections/ansible/builtin/wait_for_module.html",
        "reference_appendices/common_return_values.html",
    ]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning():
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "-r", CHECKOUT / "docs/requirements.txt"], check=True)

    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / ".venv/collections")}
    built = subprocess.run([sys.executable, CHECKOUT / "docs/build_site.py"], env=environment, capture_output=True, text=True, check=False)

    assert built.stderr == ""
    assert built.returncode == 0
    pages = {path.relative_to(CHECKOUT / "output/site").as_posix() for path in (CHECKOUT / "output/site").rglob("*.html")}
    assert {"index.html", "docs/requirements.html", "docs/guest_generalize.html", "reference/guest_generalize_module.html"} <= pages
