# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages point to is there: requirement ids, roles, playbooks, modules, other pages and places in them."""

import pathlib
import re
import textwrap

import pytest
import yaml

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
    there = {path.stem for pattern in ("playbooks/*.yml", "plugins/modules/*.py", "plugins/connection/*.py") for path in CHECKOUT.glob(pattern)}
    there |= {path.name for path in (CHECKOUT / "roles").iterdir()}
    used = set(re.findall(r"(?<!group/)(?<!imagewright/)(?<!ansible_collections\.)\bimagewright\.azure\.([a-z_]+)", page.read_text(encoding="utf-8")))
    assert used <= there


def troubles():
    """Return (what is shown, ids, fix) of each row of the tables of docs/does_not_boot.md."""
    text = (CHECKOUT / "docs" / "does_not_boot.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if re.match(r"\| .*\bR\d\d", line)]
    return [(shown.strip(), re.findall(r"R\d\d[a-z]?", ids), fix.strip()) for shown, _cause, ids, fix in rows]


@pytest.mark.parametrize("shown, ids, fix", troubles(), ids=lambda value: value[:40] if isinstance(value, str) else "-".join(value))
def test_a_trouble_is_mended_by_what_its_rules_say(shown, ids, fix):
    """A role or module in the fix is one that a rule of the same row names."""
    named = set(re.findall(r"`(guest_\w+|grub_cmdline|fstab_clean)`", fix))
    rules = [rule for rule in all_rules() if rule.id in ids or re.match(r"R\d+", rule.id).group() in ids]

    assert rules or set(ids) <= {requirement.id for requirement in REQUIREMENTS}
    assert named <= set(re.findall(r"\w+", " ".join(f"{rule.fixed_by} {rule.cure}" for rule in rules))), rules


@pytest.mark.parametrize("page", [path for path in PAGES if path.name in ("adding.md", "architecture.md")], ids=name)
def test_a_file_of_the_code_that_a_page_names_is_there(page):
    """Paths are given from the checkout, module_utils, tests/unit, docs or a role; capitals stand for a name of yours."""
    places = [CHECKOUT, CHECKOUT / "plugins/module_utils", CHECKOUT / "tests/unit", CHECKOUT / "docs", *CHECKOUT.glob("roles/*")]
    named = {path for path in re.findall(r"`([a-z_./-]+/[a-z_./-]*\w/?)`", page.read_text(encoding="utf-8")) if not path.startswith("/")}
    assert [path for path in sorted(named) if not any((place / path).exists() for place in places)] == []


def test_what_has_to_be_added_to_is_where_the_page_says():
    text = (CHECKOUT / "docs" / "adding.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)` of\s+`([\w/]+\.py)`", text)
    assert len(named) >= 5
    for variable, path in named:
        source = (CHECKOUT / "plugins/module_utils" / path).read_text(encoding="utf-8")
        assert re.search(rf"^(def )?{variable}\b.*([\[({{]|:)", source, re.MULTILINE), (variable, path)


def test_code_that_a_page_shows_is_the_code():
    """Such a block names its file in its first line."""
    begin = r"^ *```(?:python|text)\n(?= *# (?:plugins|tests)/)"
    blocks = [block for page in PAGES for block in re.findall(begin + r"(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)]
    assert len(blocks) == 7
    for block in blocks:
        first, unused, text = textwrap.dedent(block).strip().partition("\n")
        source = (CHECKOUT / first[2:]).read_text(encoding="utf-8")
        assert text in source or textwrap.indent(text, "    ") in source, first


def test_the_page_of_the_playbook_has_all_its_variables():
    tasks = yaml.safe_load((CHECKOUT / "playbooks/tasks/check_variables.yml").read_text(encoding="utf-8"))
    known = {*tasks[0]["ansible.builtin.validate_argument_spec"]["argument_spec"], "azure_guests"}
    rows = re.findall(r"^\| `(azure_\w+)` \|", (CHECKOUT / "docs/roles.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(known)


def variables():
    """Return the names (set of str) of all variables that a user can give: those of roles, of the playbooks, and what the playbooks take from -e alone."""
    specifications = [yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"] for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml")]
    known = {name for specification in specifications for entry in specification.values() for name in entry.get("options", {})}
    tasks = yaml.safe_load((CHECKOUT / "playbooks/tasks/check_variables.yml").read_text(encoding="utf-8"))
    return known | {*tasks[0]["ansible.builtin.validate_argument_spec"]["argument_spec"], "azure_guests"}


#: Names that begin like variables: a playbook, the results of two roles, modules of azure.azcollection, and slips that pages show on purpose.
NO_VARIABLES = {"prepare_azure", "prepare_image", "disk_convert_results", "disk_convert_failed", "disk_upload_result", "prepare_imagekind", "azure_image_scr"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_variables_that_there_are(page):
    roles = [path.name for path in (CHECKOUT / "roles").iterdir()]
    others = {*roles, *NO_VARIABLES, *(path.stem for path in CHECKOUT.glob("plugins/modules/*.py"))}
    words = set(
        re.findall(
            rf"(?<![\w./-])((?:azure|{'|'.join(roles)})_\w*[a-z0-9])\b(?!_)", re.sub(r"[\w./-]+\.(?:md|py|yml|qcow2)", "", page.read_text(encoding="utf-8"))
        )
    )
    assert {word for word in words if not word.startswith("azure_rm_")} - others - variables() == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_gives_a_playbook_on_the_command_line_is_taken(page):
    bare = re.findall(r"bare: \[(.*)\]", "".join(path.read_text(encoding="utf-8") for path in CHECKOUT.glob("playbooks/**/*.yml")))
    given = set(re.findall(r"-e '?([a-z]\w*)=", page.read_text(encoding="utf-8")))
    assert given - variables() - {word.strip() for words in bare for word in words.split(",")} - {"ansible_python_interpreter"} == set()
