# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of examples/ci: their files are sound, and what they run leaves the reports that they publish."""

import fnmatch
import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from lab import commands
from lab.paths import CHECKOUT
from unit.image.images import LINUX, MIB, empty_disk

EXAMPLES = CHECKOUT / "examples" / "ci"
READERS = {line.split(";")[0] for line in (CHECKOUT / "requirements-image.txt").read_text().split("\n") if line and line[0] != "#"}


def github():
    """Return the one job (dict) of the workflow."""
    workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text())
    assert set(workflow) == {"name", "on", "permissions", "jobs"}
    (job,) = workflow["jobs"].values()
    assert all(("run" in step) != ("uses" in step) for step in job["steps"])
    return job


def gitlab():
    """Return the one job (dict) of the pipeline."""
    (job,) = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text()).values()
    return job


def judging():
    """Return {name: (script, patterns of the files that are published)} of the step of each example that judges the image."""
    steps = {step.get("name"): step for step in github()["steps"]}
    published = steps["Keep the report"]["with"]["path"].split() + [steps["Show the findings among the alerts"]["with"]["sarif_file"] + "/*.sarif"]
    job = gitlab()
    return {
        "github": (steps["Judge the image"]["run"], published),
        "gitlab": ("\n".join(job["script"]), [path + "*" for path in job["artifacts"]["paths"]] + [job["artifacts"]["reports"]["junit"]]),
    }


def run(script, folder, image):
    """Return the finished shell that ran a script as the service would, in a folder, with the collection and the programs of this checkout."""
    environment = {
        **os.environ,
        "IMAGE": image,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".venv" / "collections"),
    }
    return commands.finished(["bash", "-e", "-c", script], 300, cwd=folder, env=environment)


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_job_fails_for_an_image_that_is_not_ready_and_publishes_what_it_found(service, tmp_path):
    (tmp_path / "build").mkdir()
    empty_disk(tmp_path / "build/image.raw", 32 * MIB, (1, 24, LINUX))
    script, published = judging()[service]

    done = run(script, tmp_path, "build/image.raw")

    assert done.returncode != 0 and "NOT READY" in done.stdout, done.stdout
    made = [str(path.relative_to(tmp_path)) for path in (tmp_path / "reports").iterdir()]
    assert {Path(path).suffix for path in made} == {".html", ".json", ".xml", ".sarif"}
    assert all(fnmatch.filter(made, pattern) for pattern in published)
    assert all(any(fnmatch.fnmatch(path, pattern) for pattern in published) for path in made)
    assert json.loads(next((tmp_path / "reports").glob("*.sarif")).read_text())["version"] == "2.1.0"
    assert ElementTree.parse(next((tmp_path / "reports").glob("*.xml"))).getroot().tag in ("testsuites", "testsuite")


def test_the_jobs_install_what_reading_images_needs():
    installing = [next(step["run"] for step in github()["steps"] if step.get("name") == "Install"), "\n".join(gitlab()["before_script"])]

    for script in installing:
        assert set(script.split()) >= READERS
        assert "ansible-galaxy collection install git+" in script and "ansible-core" in script
