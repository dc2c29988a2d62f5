# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages point to is there: requirement ids, roles, playbooks, modules, other pages and places in them."""

import pathlib
import re

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.process import REQUIREMENTS

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("roles/*/README.md")])
IDS = {rule.id for rule in all_rules()} | {requirement.id for requirement in REQUIREMENTS}
KNOWN = IDS | {re.match(r"R\d+", rule).group() for rule in IDS}


def name(path):
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_requirements_that_there_are(page):
    assert set(re.findall(r"\bR\d\d[a-z]?\b", page.read_text(encoding="utf-8"))) <= KNOWN


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_of_a_page_leads_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", text):
        path, unused, place = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if place:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings], target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_playbooks_roles_and_modules_that_there_are(page):
    there = {path.stem for pattern in ("playbooks/*.yml", "plugins/modules/*.py") for path in CHECKOUT.glob(pattern)}
    there |= {path.name for path in (CHECKOUT / "roles").iterdir()}
    used = set(re.findall(r"(?<!group/)(?<!imagewright/)\bimagewright\.azure\.([a-z_]+)", page.read_text(encoding="utf-8")))
    assert used <= there
