# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory for keys that useradd copies for every new user, with each mode as cloud-init 22.4 and 25.1 and sshd took it."""

import pytest
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE
from unit.readiness.guest_tree import good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import new_account

_FOLDER = "/etc/skel/.ssh"


class _OwnTree(LiveTree):
    """A guest whose modes are its own."""

    has_own_root = True


def _obstacles(tmp_path, mode, sshd="Port 22\n"):
    root = good_guest(tmp_path / "guest")
    write(root, f"{_FOLDER}/config", "")
    write(root, "/etc/ssh/sshd_config", sshd)
    (tmp_path / "guest/etc/skel/.ssh").chmod(mode)
    found = new_account.obstacles(Context(_OwnTree(str(root)), GOOD_DISK, image=GOOD_IMAGE))
    (tmp_path / "guest/etc/skel/.ssh").chmod(0o700)
    return [each for each in found if each.path == _FOLDER]


@pytest.mark.parametrize(("mode", "sshd"), [(0o777, "Port 22\n"), (0o000, "Port 22\n"), (0o600, "StrictModes no\n")])
def test_a_directory_from_which_no_key_is_taken_is_told(tmp_path, mode, sshd):
    assert len(_obstacles(tmp_path, mode, sshd)) == 1


@pytest.mark.parametrize(("mode", "sshd"), [(0o700, "Port 22\n"), (0o755, "Port 22\n"), (0o777, "StrictModes no\n")])
def test_a_directory_that_the_user_may_enter_alone_is_not(tmp_path, mode, sshd):
    assert _obstacles(tmp_path, mode, sshd) == []
