# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module can be given defaults with the others of its side (module_defaults: group/imagewright.azure.guest), or there is a reason."""

import pathlib
import re

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
MODULES = {path.stem: path.read_text(encoding="utf-8") for path in (CHECKOUT / "plugins/modules").glob("[a-z]*.py")}
GROUPS = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]

#: In no group: there is nothing that they would share with another module.
ALONE = {
    "check_names": "looks at names on the controller, and has neither a guest nor a disk",
    "guest_power_off": "has no option: what runs is powered off",
    "show": "prints lines on the controller, and has neither a guest nor a disk",
}


def documentation(module):
    """Return the documentation (dict) of a module, with what its fragments add left out."""
    return yaml.safe_load(re.search(r'DOCUMENTATION = r?"""(.*?)"""', MODULES[module], re.DOTALL).group(1))


def test_every_module_is_in_one_group_or_stands_alone_for_a_reason():
    members = [module for group in GROUPS.values() for module in group]

    assert sorted(members + list(ALONE)) == sorted(MODULES)


def test_the_modules_of_a_guest_take_its_root_and_those_of_an_image_do_not():
    fragments = {module: documentation(module).get("extends_documentation_fragment") or [] for module in MODULES}
    with_root = {module for module in MODULES if "root" in documentation(module).get("options", {}) or "imagewright.azure.guest" in str(fragments[module])}

    assert set(GROUPS["guest"]) <= with_root
    assert not set(GROUPS["image"]) & with_root


def test_each_group_is_in_order():
    assert {name: sorted(group) for name, group in GROUPS.items()} == GROUPS
