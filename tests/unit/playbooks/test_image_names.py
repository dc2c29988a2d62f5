# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk image is called `image` wherever one is asked for, and each older name of it works too."""

import importlib
import pathlib

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
MODULES = "ansible_collections.imagewright.azure.plugins.modules."


def load(path):
    return yaml.safe_load((CHECKOUT / path).read_text())


@pytest.mark.parametrize(("name", "option"), [("vhd_align", "src"), ("vhd_info", "path"), ("vhd_upload", "src"), ("image_session", "path")])
def test_a_module_takes_image_for_its_own_name_of_the_disk(name, option):
    module = importlib.import_module(MODULES + name)
    arguments = {"url": "https://x.blob.core.windows.net/c/d.vhd"} if name == "vhd_upload" else {}

    taken = [ArgumentSpecValidator(module.ARGUMENTS).validate(dict(arguments, **{word: "/images/web.vhd"})) for word in (option, "image")]

    assert [(found.error_messages, found.validated_parameters[option]) for found in taken] == [([], "/images/web.vhd")] * 2
    assert yaml.safe_load(module.DOCUMENTATION)["options"][option]["aliases"] == ["image"]


@pytest.mark.parametrize("name", ["readiness_info"])
def test_a_module_whose_own_name_it_is_has_no_other(name):
    options = yaml.safe_load(importlib.import_module(MODULES + name).DOCUMENTATION)["options"]

    assert "image" in options and "aliases" not in options["image"]


@pytest.mark.parametrize("name", ["convert", "upload", "readiness"])
def test_a_playbook_takes_image_and_tells_a_slip_from_it(name):
    play = load(f"playbooks/{name}.yml")[0]
    tasks = play.get("pre_tasks", []) + play.get("tasks", [])
    names = [task["imagewright.azure.check_names"]["bare"] for task in tasks if "imagewright.azure.check_names" in task]

    assert len(names) == 1 and "image" in names[0]


@pytest.mark.parametrize(("role", "names"), [("disk_convert", ["disk_convert_src", "disk_convert_images"]), ("disk_upload", ["disk_upload_src"])])
def test_a_role_keeps_the_names_that_it_has_had(role, names):
    options = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]

    assert [name for name in names if name not in options] == []


def test_an_inventory_names_the_disk_of_a_guest_as_before():
    assert "azure_image_src: {type: str}" in (CHECKOUT / "playbooks/tasks/check_variables.yml").read_text()
    assert "azure_image_dest" in (CHECKOUT / "playbooks/tasks/look_at_disk.yml").read_text()
