# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module and every role has a page whose tables are those of its documentation, and an example of each option that is right."""

import importlib.util
import pathlib
import re

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]


def generator():
    """Return docs/generate_tables.py as a module."""
    spec = importlib.util.spec_from_file_location("generate_tables", CHECKOUT / "docs" / "generate_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tables = generator()
#: Those that a user calls; one without a specification is internal, and takes nothing.
ROLES = sorted(path.parts[-3] for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml"))
PAGES = tables.pages()
EXAMPLES = {name: tables.module_examples(name) for name in tables.module_names()}
OPTIONS = {name: tables.documentation(name)[0] for name in tables.module_names()}


def argument_spec(options):
    """Return documented options as an argument specification."""
    kept = ("type", "elements", "required", "default", "choices", "aliases")
    spec = {name: {key: option[key] for key in kept if key in option} for name, option in options.items()}
    for name, option in options.items():
        if "suboptions" in option:
            spec[name]["options"] = argument_spec(option["suboptions"])
    return spec


def errors(options, arguments):
    """Return what Ansible would refuse ([str]) in the arguments of a task; what a template will give is not looked at."""
    known = {name: value for name, value in arguments.items() if "{{" not in str(value)}
    spec = {name: dict(option, required=option.get("required", False) and name not in arguments) for name, option in argument_spec(options).items()}
    return ArgumentSpecValidator(spec).validate(known).error_messages


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_a_page_has_the_tables_that_make_docs_writes(path):
    assert path.read_text(encoding="utf-8") == PAGES[path]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_page_with_its_variables(role):
    assert f"<!-- variables of {role}: begin -->\n| variable |" in (CHECKOUT / "roles" / role / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", tables.module_names())
def test_a_module_has_a_page_with_what_it_returns(module):
    page = tables.page_of(module).read_text(encoding="utf-8")
    assert not tables.documentation(module)[1] or f"<!-- results of {module}: begin -->\n| result |" in page
    assert page.count(f"<!-- options of {module}: begin -->") == 1


def names(results):
    """Return the names (set of str) of results and of what is in them."""
    return set(results or {}).union(*(names(result.get("contains")) for result in (results or {}).values()))


def test_no_result_is_named_like_a_method_of_a_dictionary():
    """A template would get the method: `account.keys`."""
    assert {(module, name) for module in tables.module_names() for name in names(tables.documentation(module)[1]) & set(dir(dict))} == set()
    assert names({"accounts": {"contains": {"keys": {}}}}) == {"accounts", "keys"}


@pytest.mark.parametrize("module", tables.module_names())
def test_a_page_shows_its_first_task_before_anything_is_explained(module):
    """For a person in a hurry."""
    page = tables.page_of(module).read_text(encoding="utf-8")
    assert re.match(r"# [^\n]+\n\n```(yaml|console)\n", page)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_shows_how_it_is_called_behind_its_first_sentence(role):
    page = (CHECKOUT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert re.match(r"# [^\n]+\n\n(?:[^\n]+\n)+\n```(yaml|console)\n", page)


@pytest.mark.parametrize("module", tables.module_names())
def test_each_option_of_a_module_has_an_example(module):
    assert set(OPTIONS[module]) - {name for arguments in EXAMPLES[module] for name in arguments} == set()


@pytest.mark.parametrize("module", tables.module_names())
def test_the_examples_of_a_module_are_what_it_takes(module):
    for arguments in EXAMPLES[module]:
        assert set(arguments) <= set(OPTIONS[module])
        assert errors(OPTIONS[module], arguments) == []


@pytest.mark.parametrize("role", ROLES)
def test_each_variable_of_a_role_has_an_example_that_is_not_its_default(role):
    variables, examples = tables.role_variables(role), tables.role_examples(role)
    assert set(variables) == set(examples)
    assert [name for name in variables if examples[name] == variables[name].get("default")] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_examples_of_a_role_are_what_it_takes(role):
    assert errors(tables.role_variables(role), tables.role_examples(role)) == []


def test_an_example_of_the_wrong_kind_would_be_found():
    options = {"method": {"type": "str", "choices": ["comment", "remove"]}, "settings": {"type": "dict", "required": True}}
    assert errors(options, {"method": "delete", "settings": {}}) == ["value of method must be one of: comment, remove, got: delete"]
    assert errors(options, {"method": "remove"}) == ["missing required arguments: settings"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Like V(true), see O(accounts=keep).", "Like `true`, see `accounts=keep`."),
        ("Not C(ALL ALL=(ALL:ALL\\) ALL).", "Not `ALL ALL=(ALL:ALL) ALL`."),
        ("B(It is gone.) See M(imagewright.azure.vhd_info).", "**It is gone.** See [vhd_info](vhd.md)."),
        ("O(imagewright.azure.vhd_align#module:wait_released)", "`wait_released`"),
        ("U(https://example.com), L(here, https://example.com)", "<https://example.com>, [here](https://example.com)"),
        (["One.", "Two\n  lines."], "One. Two lines."),
    ],
)
def test_the_marks_of_ansible_become_markdown(said, shown):
    assert tables._text(said) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(True, "`true`"), ("2", "`2`"), ("", "`''`"), (["a", "b,c"], "`[a, 'b,c']`"), ({"A": None}, "`{A: null}`"), (0, "`0`")]
)
def test_a_value_is_shown_as_it_is_written(value, shown):
    assert tables._value(value) == shown


def test_a_table_keeps_what_would_end_a_cell():
    assert tables._table(["a", "b"], [["x|y", ""]]) == "| a | b |\n|---|---|\n| x\\|y | |\n"


@pytest.mark.parametrize("path", sorted((CHECKOUT / "docs" / "variables").iterdir()), ids=lambda path: path.stem)
def test_a_file_of_examples_belongs_to_a_role(path):
    assert path.stem in ROLES and isinstance(yaml.safe_load(path.read_text()), dict)
