# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every role promises: its specification, defaults, README and tasks speak of the same variables."""

import pathlib
import re

import pytest
import yaml

ROLES = pathlib.Path(__file__).resolve().parents[3] / "roles"
GUEST_ROLES = sorted(path.name for path in ROLES.glob("guest_*")) + ["prepare"]
FAMILIES = {"Ubuntu": "Debian", "openSUSE Leap": "Suse", "openSUSE Tumbleweed": "Suse"}
SURVEYED_ROLES = [role for role in GUEST_ROLES if role not in ("guest_deprovision", "prepare")]
#: Behind the look that prepare has had, or from its beginning.
ENTRY = "{{ __prepare_entry }}"
#: Where prepare, or a preflight, begins a role.
ENTRIES = {"known.yml", "preflight.yml"}
DIFFERING_ROLES = ["guest_agent", "guest_boot", "guest_kernel", "guest_network", "guest_ssh", "guest_time"]


def load(role, path):
    """Return the content of a YAML file of a role, {} when it is not there."""
    file = ROLES / role / path
    return (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.exists() else {}


def options(role, entry="main"):
    return load(role, "meta/argument_specs.yml")["argument_specs"][entry]["options"]


def tasks(role):
    """Return every task of a role as (file name, task), those in blocks too."""
    found = []
    for path in sorted((ROLES / role / "tasks").glob("*.yml")):
        waiting = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        while waiting:
            task = waiting.pop(0)
            found.append((path.name, task))
            for part in ("block", "rescue", "always"):
                waiting = task.get(part, []) + waiting
    return found


def topic(task):
    """Return the file of tasks that a task brings in, None when it brings none."""
    included = task.get("ansible.builtin.include_tasks")
    return task.get("ansible.builtin.import_tasks") or (included["file"] if isinstance(included, dict) else included)


def test_the_roles_of_the_design_are_there():
    assert set(GUEST_ROLES) == {
        "guest_agent",
        "guest_boot",
        "guest_deprovision",
        "guest_kernel",
        "guest_network",
        "guest_ssh",
        "guest_sudoers",
        "guest_swap",
        "guest_time",
        "prepare",
    }


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_the_specification_has_the_defaults_of_the_role(role):
    specified = {name: option.get("default") for name, option in options(role).items()}

    assert specified == load(role, "defaults/main.yml")


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_a_default_is_of_its_type_and_one_of_its_choices(role):
    types = {"str": str, "bool": bool, "int": int, "list": list, "dict": dict, "path": str}
    for name, option in options(role).items():
        assert isinstance(option["default"], types[option["type"]]), name
        values = option["default"] if option["type"] == "list" else [option["default"]]
        assert not option.get("choices") or all(value in option["choices"] for value in values), name


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_the_readme_has_a_row_with_the_default_of_each_variable(role):
    text = (ROLES / role / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `((?:guest|prepare)_\w+)` \| (.*?) \| .+ \|$", text, re.MULTILINE))

    assert set(rows) == set(options(role))
    for name, option in options(role).items():
        if option["type"] in ("str", "path", "bool", "int"):
            shown = rows[name].strip("`")
            assert shown == (
                "(empty)" if option["default"] == "" else str(option["default"]).lower() if option["type"] == "bool" else str(option["default"])
            ), name


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_the_example_of_the_readme_uses_variables_that_the_role_has(role):
    text = (ROLES / role / "README.md").read_text(encoding="utf-8")
    play = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1))[0]

    used = play["roles"][0]

    assert used["role"] == f"imagewright.azure.{role}"
    assert used["vars"] and set(used["vars"]) <= set(options(role))


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_a_variable_of_the_user_is_used_by_the_role(role):
    text = "".join(path.read_text(encoding="utf-8") for folder in ("tasks", "vars", "templates") for path in (ROLES / role / folder).glob("*"))
    for name in options(role):
        assert re.search(rf"\b{name}\b", text), name


@pytest.mark.parametrize("role", DIFFERING_ROLES)
def test_a_role_finds_what_distributions_differ_in_by_the_one_way_that_there_is(role):
    table, values = f"__{role}_distributions", f"__{role}_values"

    assert load(role, "tasks/main.yml")[0]["imagewright.azure.guest_facts"] == {"root": f"{{{{ {role}_root }}}}"}
    assert load(role, "vars/main.yml")[values] == f"{{{{ ansible_facts['guest_system_names'] | select('in', {table}) | map('extract', {table}) | combine }}}}"
    assert [path.name for path in (ROLES / role / "vars").iterdir()] == ["main.yml"]


def families(name):
    """Return the names ([str]) below which a distribution stands, the widest first: Debian and Ubuntu of Ubuntu_12."""
    above = FAMILIES.get(name, name.rpartition("_")[0])
    return [*families(above), above] if above else []


@pytest.mark.parametrize("role", DIFFERING_ROLES)
def test_a_distribution_gives_only_values_that_the_default_has_and_that_are_others(role):
    table = load(role, "vars/main.yml")[f"__{role}_distributions"]

    for name, values in table.items():
        assert set(values) <= set(table["default"]), name
        below = dict(table["default"])
        for family in families(name):
            below.update(table.get(family, {}))
        assert name == "default" or not any(values[key] == below[key] for key in values), name


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_no_two_tasks_of_a_role_have_one_name(role):
    """What a person reads, and --start-at-task, mean one of them."""
    names = [task["name"] for _file, task in tasks(role)]

    assert [name for name in names if names.count(name) > 1] == []


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_tasks_do_not_ask_for_the_distribution(role):
    for file, task in tasks(role):
        conditions = str(task.get("when", ""))
        assert not re.search(r"distribution|os_family", conditions), f"{file}: {task.get('name')}"


@pytest.mark.parametrize("role", [role for role in GUEST_ROLES if role != "prepare"])
def test_the_index_brings_in_each_topic_with_a_tag(role):
    """tasks/main.yml, or tasks/work.yml where the role looks at the guest first."""
    index = load(role, "tasks/work.yml") or load(role, "tasks/main.yml")
    everywhere = [topic(task) for _file, task in tasks(role) if topic(task)]

    assert None not in [topic(task) for task in index] and all(task.get("tags") for task in index)
    assert sorted(set(everywhere) | {"main.yml", *ENTRIES}) == sorted({path.name for path in (ROLES / role / "tasks").glob("*.yml")} | ENTRIES)


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_an_include_gives_its_tags_to_the_tasks_that_it_brings_or_they_have_them(role):
    """Without `apply` a tag runs the include, and none of the tasks in it."""
    for file, task in tasks(role):
        included = task.get("ansible.builtin.include_tasks")
        if included and not isinstance(included, dict):
            assert set(task["tags"]) == {tag for each in load(role, f"tasks/{included}") for tag in each["tags"]}, f"{file}: {task['name']}"
        elif included and "tags" in task:
            assert included["apply"]["tags"] == task["tags"], f"{file}: {task['name']}"


@pytest.mark.parametrize("role", [role for role in GUEST_ROLES if role != "prepare"])
def test_a_requirement_is_among_the_tags(role):
    tags = {tag for _file, task in tasks(role) for tag in (task["tags"] if isinstance(task.get("tags"), list) else [])}

    assert any(re.fullmatch(r"R\d\d", tag) for tag in tags)


@pytest.mark.parametrize("role", GUEST_ROLES)
def test_a_task_in_a_topic_begins_with_its_topic(role):
    for file, task in tasks(role):
        if file not in ("main.yml", "work.yml", "guest.yml", "roles.yml", "finish.yml"):
            topic = file[: -len(".yml")].replace("_", " ").capitalize()
            assert task["name"].replace("Cloud-init", "Cloud init").startswith(f"{topic} | "), f"{file}: {task['name']}"


def test_the_entry_points_of_prepare_take_the_same_variables():
    assert options("prepare", "preflight") == options("prepare", "guest") == options("prepare")
    assert options("prepare", "finish") == options("prepare")


@pytest.mark.parametrize(
    "path", sorted([*ROLES.glob("*/tasks/*.yml"), *ROLES.parent.glob("playbooks/*.yml")]), ids=lambda path: str(path.relative_to(ROLES.parent))
)
def test_an_entry_point_is_named_as_its_specification_is(path):
    """With the suffix of its file Ansible finds no specification, and checks nothing."""
    assert re.findall(r"tasks_from: \S+\.yml", path.read_text(encoding="utf-8")) == []


def test_prepare_looks_at_the_variables_of_every_guest_role():
    names = yaml.safe_load((ROLES / "prepare/vars/main.yml").read_text(encoding="utf-8"))["__prepare_guest_roles"]

    assert sorted([*names, "prepare"]) == GUEST_ROLES


def test_prepare_runs_every_guest_role_and_deprovisions_last():
    runs = [
        role["name"].split(".")[-1]
        for task in [*load("prepare", "tasks/work.yml"), *load("prepare", "tasks/finish.yml")]
        for role in [task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role") or {"tasks_from": "none"}]
        if role.get("tasks_from", ENTRY) == ENTRY
    ]

    assert sorted(runs) == [role for role in GUEST_ROLES if role != "prepare"]
    assert runs[-1] == "guest_deprovision"
    # what is rebuilt for guest_boot must know already that nothing is resumed
    assert runs.index("guest_swap") < runs.index("guest_boot")


def test_prepare_builds_images_and_menus_once_for_all_roles():
    (block,) = load("prepare", "tasks/roles.yml")
    assert load("prepare", "tasks/work.yml")[-1]["ansible.builtin.include_role"]["name"] == "imagewright.azure.guest_boot"
    assert {"__guest_boot_cmdline_absent_for_others", "__guest_boot_initrd_left_out"} <= set(block["vars"])
    assert {"__guest_swap_boot_follows", "__guest_network_boot_follows"} <= set(block["vars"])


def test_a_guest_that_is_ready_has_one_skipped_task_for_all_roles():
    (block,) = load("prepare", "tasks/roles.yml")
    _look, work = block["block"]
    assert work["ansible.builtin.include_tasks"] == {"file": "work.yml", "apply": {"tags": "always"}}
    assert (work["when"], work["tags"]) == ("__prepare_with_work | length > 0", "always")


@pytest.mark.parametrize("role", SURVEYED_ROLES)
def test_prepare_runs_a_role_where_it_has_work_and_gives_its_tag_to_its_tasks(role):
    assert ("work.yml" in [path.name for path in (ROLES / role / "tasks").iterdir()]) is (role in DIFFERING_ROLES)
    (task,) = [
        task
        for task in load("prepare", "tasks/work.yml")
        if task.get("ansible.builtin.include_role", {}).get("name") == f"imagewright.azure.{role}"
        and task["ansible.builtin.include_role"].get("tasks_from", ENTRY) == ENTRY
    ]

    assert task["when"] == [f"prepare_{role} | bool", f"'{role}' in __prepare_with_work"]
    # a tag of its own would keep the tasks of --tags R12 from running, and have --skip-tags R12 leave out all of them
    assert task["tags"] == "always" and task["ansible.builtin.include_role"]["apply"] == {"tags": [role]}
    assert f"(['{role}'] if prepare_{role} | bool else [])" in load("prepare", "vars/main.yml")["__prepare_surveyed_roles"]


@pytest.mark.parametrize("role", SURVEYED_ROLES)
def test_what_a_role_gives_a_module_is_what_prepare_asks_with(role):
    """Each value is in one place: the task names it, and so does the survey of the role."""
    values = load(role, "vars/main.yml")
    survey = str(values[f"__{role}_survey"])
    asked = set(re.findall(r"module': '(\w+)'", survey)) | {part["module"] for part in values[f"__{role}_survey"]["parts"] if isinstance(part, dict)}
    given = {}
    for _file, task in tasks(role):
        for name, arguments in task.items():
            module = name.rpartition(".")[2]
            if name.startswith("imagewright.azure.") and "__" in str(arguments) and "root" in arguments and module in asked:
                variables = {re.match(r"{{ (__\w+)\.(\w+)", value).groups() for key, value in arguments.items() if key != "root"}
                given.setdefault(module, []).append(variables)

    assert set(given) | {"efi_fallback_loader"} == asked | {"efi_fallback_loader"}
    for module, uses in given.items():
        (variable,) = {name for use in uses for name, _key in use}
        assert {key for use in uses for _name, key in use} == set(values[variable]), module
        assert variable in survey, module


@pytest.mark.parametrize("role", [role for role in GUEST_ROLES if role != "prepare"])
def test_every_module_of_a_guest_role_works_on_the_root_of_the_role(role):
    for file, task in tasks(role):
        for name, arguments in task.items():
            if name.startswith("imagewright.azure.") and not name.endswith((".guest_power_off", ".show")):
                assert arguments["root"] == f"{{{{ {role}_root }}}}", f"{file}: {task['name']}"


def test_prepare_deprovisions_for_every_tag_of_the_role():
    """Its tasks are included: a tag that the include does not have would bring none of them."""
    first = load("prepare", "tasks/finish.yml")[0]
    tags = {tag for task in load("guest_deprovision", "tasks/main.yml") if task["tags"] != "always" for tag in task["tags"]}

    assert first["ansible.builtin.include_role"]["name"] == "imagewright.azure.guest_deprovision"
    assert set(first["tags"]) == {"guest_deprovision"} | tags


def test_prepare_hands_its_root_on_to_every_guest_role():
    (block,) = load("prepare", "tasks/roles.yml")
    last = load("prepare", "tasks/finish.yml")[0]
    handed = {**block["vars"], **last["vars"]}

    assert {name: value for name, value in handed.items() if name.endswith("_root")} == {
        f"{role}_root": "{{ prepare_root }}" for role in GUEST_ROLES if role != "prepare"
    }


def test_lists_keep_their_order():
    """difference and its kin go by sets: what a task shows would be in another order with each run. How many are left may be asked."""
    lines = [(str(path), line) for path in sorted(ROLES.glob("*/*/*.yml")) for line in path.read_text(encoding="utf-8").splitlines()]
    without_order = [(path, line) for path, line in lines if re.search(r"\|\s*(difference|union|intersect|symmetric_difference)\b", line)]
    assert without_order and [(path, line) for path, line in without_order if "| length" not in line] == []
