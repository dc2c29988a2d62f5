# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the settings of an initramfs say of the root where no disk is known, and what a finding on its /init says."""

import pytest
from unit.readiness.guest_tree import ELF_X86_64, IN_INITRAMFS, INITRAMFS, UUID, good_guest, initramfs, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import initramfs_init


@pytest.fixture
def texts(tmp_path):
    """Return a function that gives the [text] of what both rules find in a guest of files alone, with members changed in its initramfs."""

    def of(changes):
        guest = good_guest(tmp_path / "guest")
        write(guest, INITRAMFS, initramfs(IN_INITRAMFS, changes))
        found = evaluate(Context(LiveTree(str(guest)), None), initramfs_init.RULES)
        return [each.text for finding in found for each in finding.evidence]

    return of


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        (f"ROOT=UUID={UUID}", []),
        ("ROOT=LABEL=system", []),  # it may be the same one
        ("ROOT=UUID=0-1", ["conf/param.conf: ROOT=UUID=0-1: root= names another one"]),
        ("ROOT=/dev/sda1", ["conf/param.conf: ROOT=/dev/sda1: this name is the build machine's"]),
    ],
)
def test_a_root_of_param_conf_is_compared_with_that_of_the_command_line(texts, setting, wanted):
    assert texts({"conf/param.conf": setting + "\n"}) == wanted


def test_each_thing_that_init_lacks_is_told_once(texts):
    assert texts({"init": "#!/bin/sh\nmount a\n. /scripts/functions\n. /scripts/nfs\nmount b\n", "bin/x": ELF_X86_64}) == [
        "/init reads /scripts/nfs, which is not in it",
        "/init calls mount, which is not in it",
    ]
