# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that were meant to be ours."""

import pathlib

import pytest

from ansible_collections.imagewright.azure.plugins.plugin_utils import names

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
KNOWN = ["azure_image_src", "azure_image_dest", "azure_readiness"]
BARE = ["image", "kind", "profile", "rules"]


@pytest.mark.parametrize(
    "name, meant",
    [
        ("profil", "profile"),
        ("imag", "image"),
        ("imagee", "image"),
        ("iamge", "image"),
        ("ruls", "rules"),
        ("kinb", "kind"),
        ("knid", "kind"),
        ("age", None),
        ("images2", None),
        ("kernel", None),
        ("egami", None),
        ("pro", None),
        ("", None),
    ],
)
def test_one_slip_from_a_name_is_found(name, meant):
    assert names.nearest(name, BARE) == meant


def test_a_name_with_our_prefix_that_nobody_knows_is_a_slip_however_far_it_is():
    found = names.slips(["azure_image_scr", "azure_picture", "azure_image_src"], KNOWN, ["azure_"])

    assert found == {"azure_image_scr": "azure_image_src", "azure_picture": None}


def test_all_other_names_are_the_users_own():
    assert names.slips(["site", "http_port", "azur", "my_image_src"], KNOWN + BARE, ["azure_"]) == {}


TAGS = {"guest_ssh", "guest_boot", "prepare_shutdown", "azure_readiness", "R46", "R17"}


@pytest.mark.parametrize(
    "tag, found",
    [
        ("guest_sshh", {"guest_sshh": "guest_ssh"}),
        ("guest_bluetooth", {"guest_bluetooth": None}),
        ("R99", {"R99": None}),
        ("R4", {"R4": "R46"}),
        ("guest_ssh", {}),
        ("R46", {}),
        ("all", {}),
        ("always", {}),
        ("webserver", {}),
        ("Release", {}),
    ],
)
def test_a_tag_of_ours_that_no_task_has_is_found(tag, found):
    assert set(names.tag_slips([tag], TAGS)) == set(found)


def test_the_tags_of_the_collection_are_those_of_its_tasks():
    tags = names.tags_of(CHECKOUT)

    assert {"guest_boot", "guest_ssh", "R46", "R27", "azure_readiness", "prepare_shutdown", "always"} <= tags
    assert "guest_sshh" not in tags


@pytest.mark.parametrize(
    "role, module, tag",
    [
        ("guest_boot", "initrd_modules", "guest_boot_initrd"),
        ("guest_boot", "grub_cmdline", "R27"),
        ("guest_swap", "fstab_clean", "guest_swap_fstab"),
        ("guest_agent", "cloud_init_early", "guest_agent_cloud_init"),
        ("guest_sudoers", "sudoers_clean", "R47"),
        ("guest_kernel", "modprobe_allow", "guest_kernel_bans"),
    ],
)
def test_a_module_of_a_role_has_the_tags_of_its_topic(role, module, tag):
    assert tag in names.tags_by_module(CHECKOUT / "roles" / role)[module]


@pytest.mark.parametrize(
    "run, skip, selected",
    [
        (["all"], [], True),
        (["all"], ["R27"], False),
        (["all"], ["R17"], True),
        (["R27"], [], True),
        (["R17"], [], False),
        (["tagged"], [], True),
        (["R27", "R17"], ["guest_boot"], False),
    ],
)
def test_tags_select_as_ansible_does(run, skip, selected):
    assert names.selects({"R27", "guest_boot_cmdline", "guest_boot"}, run, skip) is selected
