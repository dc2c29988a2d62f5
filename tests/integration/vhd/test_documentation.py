# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documentation do what they say."""

import os
import pathlib
import re

import pytest
import yaml
from conftest import CHECKOUT, run_module_process
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
    placed = {key: re.sub(r"^/(images|upload)/", rf"{images}/\1/", value) if isinstance(value, str) else value
              for key, value in options.items()}
    result = run_module_process(module, **placed)
    assert not result["failed"], result["msg"]
    if module == "vhd_align":
        assert result["changed"]
        assert pathlib.Path(result["dest"]).stat().st_size == result["file_size"]
        assert os.fspath(images) in result["dest"]


def test_every_option_has_an_example():
    documentation = yaml.safe_load(re.search(r'DOCUMENTATION = r"""\n(.*?)"""', (CHECKOUT / "plugins/modules/vhd_align.py").read_text(),
                                             re.DOTALL).group(1))
    shown = {option for _name, module, options in TASKS if module == "vhd_align" for option in options}
    assert set(documentation["options"]) == shown
