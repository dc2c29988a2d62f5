# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree without its disk: what the command line and /etc/fstab say of one file system has to agree."""

import pytest
from unit.readiness.guest_tree import GRUB_CFG, UUID, good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate

OTHER = "99999999-0000-0000-0000-000000000000"
(ROOT_IS_THERE,) = [rule for rule in all_rules() if rule.id == "R13d"]


@pytest.mark.parametrize(
    ("root", "fstab", "status"),
    [
        (f"UUID={UUID}", f"UUID={UUID} / ext4 defaults 0 1\n", "not_applicable"),
        (f"UUID={UUID.upper()}", f"/dev/disk/by-uuid/{UUID} / ext4 defaults 0 1\n", "not_applicable"),
        ("LABEL=root", f"UUID={UUID} / ext4 defaults 0 1\n", "not_applicable"),
        (f"UUID={UUID}", f"UUID={OTHER} /srv ext4 defaults 0 1\n", "not_applicable"),
        (f"UUID={OTHER} root=UUID={UUID}", f"UUID={UUID} / ext4 defaults 0 1\n", "not_applicable"),
        (f"UUID={UUID} boot=local", f"UUID={UUID} / ext4 defaults 0 1\nUUID={OTHER} /boot ext4 defaults 0 1\n", "not_applicable"),
        (f"UUID={UUID}", f"UUID={OTHER} / ext4 defaults 0 1\n", "failed"),
        (f"UUID={OTHER}", f"UUID={UUID} / ext4 defaults 0 1\n", "failed"),
        ("LABEL=old", "LABEL=new / ext4 defaults 0 1\n", "failed"),
        (f"UUID={UUID} fips=1 boot=UUID={UUID}", f"UUID={UUID} / ext4 defaults 0 1\nUUID={OTHER} /boot ext4 defaults 0 1\n", "failed"),
    ],
)
def test_a_root_of_the_command_line_is_that_of_fstab(tmp_path, root, fstab, status):
    guest = good_guest(tmp_path / "guest")
    write(guest, "/boot/grub/grub.cfg", GRUB_CFG.replace(f"root=UUID={UUID}", f"root={root}"))
    write(guest, "/etc/fstab", fstab)
    (found,) = evaluate(Context(LiveTree(str(guest)), None), [ROOT_IS_THERE])
    assert found.status == status
    assert status != "failed" or (found.evidence[0].path, found.evidence[0].line) == ("/boot/grub/grub.cfg", 3)
