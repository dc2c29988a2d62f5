# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/awx: a private data directory that ansible-runner runs, surveys whose answers the playbooks take, an execution environment that builds."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from lab import commands
from lab.paths import CHECKOUT
from unit.image.images import LINUX, MIB, empty_disk

EXAMPLE = CHECKOUT / "examples" / "awx"
SURVEYS = sorted(EXAMPLE.glob("survey-*.json"))
#: Variables of the playbooks themselves, with the module and option that they become.
OF_PLAYBOOKS = {"profile": ("readiness_info", "profile"), "generation": ("readiness_info", "generation"), "image": (), "reports": ()}


def run(program, folder, *arguments, timeout=600):
    """Return the finished program of this environment, with the collection of this checkout."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".venv" / "collections"),
        "ANSIBLE_HOST_KEY_CHECKING": "False",
    }
    command = [Path(sys.executable).parent / program, *arguments]
    return commands.finished(command, timeout, cwd=folder, env=environment)


@pytest.fixture
def private(tmp_path):
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "private"))


def options_of_roles():
    """Return {variable: its specification} of all roles."""
    specifications = [yaml.safe_load(path.read_text()) for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml")]
    return {name: option for specification in specifications for name, option in specification["argument_specs"]["main"]["options"].items()}


def option_of_module(module, option):
    """Return the specification of a module's option."""
    documentation = (CHECKOUT / "plugins" / "modules" / f"{module}.py").read_text().partition('DOCUMENTATION = r"""')[2].partition('"""')[0]
    return yaml.safe_load(documentation)["options"][option]


@pytest.mark.parametrize("survey", SURVEYS, ids=lambda path: path.stem)
def test_the_playbooks_take_what_a_survey_asks(survey):
    known = options_of_roles()
    for question in json.loads(survey.read_text())["spec"]:
        name = question["variable"]
        option = (option_of_module(*OF_PLAYBOOKS[name]) if OF_PLAYBOOKS[name] else {}) if name in OF_PLAYBOOKS else known[name]
        assert question.get("choices") in (None, option.get("choices")) or set(question["choices"]) == set(option["choices"])
        assert question["default"] in (question.get("choices") or [question["default"]])
        assert (question["type"] == "password") == option.get("no_log", False)
        assert (question["type"] == "integer") == (option.get("type") == "int")


def test_a_job_that_judges_an_image_fails_and_leaves_its_reports(private, tmp_path):
    empty_disk(tmp_path / "disk.raw", 32 * MIB, (1, 24, LINUX))
    (private / "env/extravars").write_text(yaml.safe_dump({"image": str(tmp_path / "disk.raw"), "reports": str(tmp_path / "reports")}))

    done = run("ansible-runner", tmp_path, "run", private, "-p", "readiness.yml", "--ident", "job")

    assert done.returncode != 0 and "NOT READY" in done.stdout, done.stdout
    assert (private / "artifacts/job/status").read_text() == "failed"
    assert {path.suffix for path in (tmp_path / "reports").iterdir()} == {".html", ".json", ".xml", ".sarif"}


@pytest.mark.slow
def test_a_job_prepares_a_guest(private, tmp_path, faulty_guest):
    (private / "inventory/hosts.yml").write_text(faulty_guest.inventory)
    answers = {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}
    (private / "env/extravars").write_text(yaml.safe_dump(answers))

    done = run("ansible-runner", tmp_path, "run", private, "-p", "prepare.yml", "--ident", "job", timeout=1800)

    assert done.returncode == 0, done.stdout[-6000:]
    assert (private / "artifacts/job/status").read_text() == "successful"
    assert faulty_guest.module("readiness_info")["ready"] is True


def test_an_execution_environment_is_made_of_its_definition(private, tmp_path):
    done = run("ansible-builder", private, "create", "--context", tmp_path / "context", "--output-filename", "Containerfile")

    assert done.returncode == 0, done.stdout
    made = (tmp_path / "context/Containerfile").read_text()
    assert "ansible-core>=2.16" in made
    assert 0 < made.find("install -y git-core") < made.find("ansible-galaxy collection install")
    assert "imagewright.azure.git" in (tmp_path / "context/_build/requirements.yml").read_text()
