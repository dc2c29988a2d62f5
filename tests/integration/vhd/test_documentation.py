# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documentation do what they say."""

import os
import pathlib
import re
import sys

import pytest
import yaml
from conftest import CHECKOUT, COLLECTIONS, run_module_process
from integration.vhd.images import MIB, append, call, footer, gpt_disk, raw_disk

MODULES = ("imagewright.azure.vhd_align", "imagewright.azure.vhd_info")


def documented_tasks(text):
    """Return the tasks of our modules in a text's YAML examples: (name, module, options)."""
    tasks = [task for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) for task in yaml.safe_load(block)]
    return [(task["name"], module.rsplit(".", 1)[1], task[module]) for task in tasks for module in MODULES if module in task]


def module_examples(name):
    """Return the tasks of our modules in a module's EXAMPLES."""
    source = (CHECKOUT / "plugins" / "modules" / f"{name}.py").read_text()
    return documented_tasks("```yaml\n" + re.search(r'EXAMPLES = r"""\n(.*?)"""', source, re.DOTALL).group(1) + "```")


TASKS = documented_tasks((CHECKOUT / "docs" / "vhd.md").read_text()) + module_examples("vhd_align") + module_examples("vhd_info")


@pytest.fixture
def images(tmp_path):
    """A directory with the images that the examples name."""
    for name in ("images", "upload"):
        (tmp_path / name).mkdir()
    raw = gpt_disk(tmp_path / "images" / "disk.raw", 64 * MIB - 512)
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / "images" / "disk.qcow2")
    append(raw_disk(tmp_path / "images" / "broken.vhd", 64 * MIB), footer(64 * MIB, checksum=1))
    append(raw_disk(tmp_path / "upload" / "disk.vhd", 64 * MIB, seed=5), footer(64 * MIB))
    return tmp_path


@pytest.mark.parametrize(("name", "module", "options"), TASKS, ids=[task[0] for task in TASKS])
def test_the_example_works(images, name, module, options):
    placed = {key: re.sub(r"^/(images|upload)/", rf"{images}/\1/", value) if isinstance(value, str) else value for key, value in options.items()}
    result = run_module_process(module, **placed)
    assert not result["failed"], result["msg"]
    if module == "vhd_align":
        assert result["changed"]
        assert pathlib.Path(result["dest"]).stat().st_size == result["file_size"]
        assert os.fspath(images) in result["dest"]


def test_every_option_has_an_example():
    documentation = yaml.safe_load(re.search(r'DOCUMENTATION = r"""\n(.*?)"""', (CHECKOUT / "plugins/modules/vhd_align.py").read_text(), re.DOTALL).group(1))
    shown = {option for _name, module, options in TASKS if module == "vhd_align" for option in options}
    assert set(documentation["options"]) == shown


def test_the_example_of_the_role_works(tmp_path):
    for name in ("images", "upload"):
        (tmp_path / name).mkdir()
    raw = raw_disk(tmp_path / "images" / "database.raw", 64 * MIB)
    call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / "images" / "web.qcow2")
    text = (CHECKOUT / "roles" / "disk_convert" / "README.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    (tmp_path / "play.yml").write_text(re.sub(r"/(images|upload)/", rf"{tmp_path}/\1/", example))
    playbook = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    output = call("env", "LC_ALL=C.UTF-8", f"ANSIBLE_COLLECTIONS_PATH={COLLECTIONS}", playbook, tmp_path / "play.yml")
    assert "failed=0" in output
    assert (tmp_path / "images" / "web.vhd").stat().st_size == 64 * MIB + 512
    assert (tmp_path / "upload" / "database.vhd").stat().st_size == 64 * 1024 * MIB + 512


def test_every_variable_of_the_role_is_in_its_table_and_its_argument_specs():
    role = CHECKOUT / "roles" / "disk_convert"
    defaults = set(yaml.safe_load((role / "defaults" / "main.yml").read_text()))
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    shown = set(re.findall(r"^\| `(\w+)`", (role / "README.md").read_text(), re.MULTILINE))
    assert defaults == set(specs) == shown
