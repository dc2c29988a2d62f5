# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A home that is there before its user, with each owner and mode as sshd of Debian 12 and 13, cloud-init 22.4 and 25.1 and useradd took it."""

import stat

import pytest
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE
from unit.readiness.guest_tree import good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import existing_home

_HOME = "/home/azureuser"
_OWN = "/etc/cloud/cloud.cfg.d/99-own.cfg"


class _Owned(LiveTree):
    """A guest whose files are root's but for one directory. owner: (path, uid, gid, mode)."""

    def __init__(self, root, owner):
        super().__init__(root)
        self._owner = owner

    def stat(self, path):
        found, (own, uid, gid, mode) = super().stat(path), self._owner
        changed = {"uid": uid, "gid": gid, "mode": stat.S_IFDIR | mode} if path == own else {"uid": 0, "gid": 0}
        return found and found._replace(**changed)


def _obstacles(tmp_path, uid, mode, gid=0, path=_HOME, cloud="", sshd="Port 22\n", **files):
    root = good_guest(tmp_path / "guest")
    write(root, f"{path}/.keep", "")
    write(root, "/etc/ssh/sshd_config", sshd)
    write(root, _OWN, cloud)
    for name, text in files.items():
        write(root, f"/{name.replace('_', '/')}", text)
    return existing_home.obstacles(Context(_Owned(str(root), (path, uid, gid, mode)), GOOD_DISK, image=GOOD_IMAGE), "/home")


@pytest.mark.parametrize(
    ("uid", "mode", "more"),
    [
        (1500, 0o755, {}),
        (1500, 0o700, {"sshd": "StrictModes no\n"}),
        (0, 0o700, {}),
        (0, 0o700, {"sshd": "StrictModes no\n"}),
        (0, 0o777, {}),
        (0, 0o775, {"var_lib_dpkg_status": "Package: base-files\n"}),
        (1000, 0o777, {}),
        (1000, 0o000, {"sshd": "StrictModes no\n"}),
        (1000, 0o755, {"cloud": "system_info: {default_user: {uid: 1500}}\n"}),
        (1000, 0o755, {"cloud": "users: [default, {name: azureuser, uid: '1500'}]\n"}),
        (1500, 0o755, {"cloud": "system_info: {default_user: {no_create_home: true}}\n"}),
        (1500, 0o755, {"path": "/srv/people", "cloud": "system_info: {default_user: {homedir: /srv/people}}\n"}),
    ],
)
def test_a_home_in_which_no_key_counts_is_told(tmp_path, uid, mode, more):
    (found,) = _obstacles(tmp_path, uid, mode, **more)
    assert (found.path, found.line) == (more.get("path", _HOME), None)


@pytest.mark.parametrize(
    ("uid", "mode", "more"),
    [
        (0, 0o755, {}),
        (1000, 0o700, {}),
        (1500, 0o755, {"sshd": "StrictModes no\n"}),
        (0, 0o777, {"sshd": "StrictModes no\n"}),
        (1000, 0o775, {"gid": 1001, "var_lib_dpkg_status": "Package: base-files\n"}),
        (0, 0o750, {"gid": 1000}),
        (1500, 0o700, {"cloud": "system_info: {default_user: {uid: 1500}}\n"}),
        (1500, 0o700, {"cloud": "users: [default, {name: azureuser, uid: 1500}]\n"}),
        (1500, 0o700, {"cloud": "user: {name: azureuser, uid: 1500}\n"}),
        (1500, 0o700, {"cloud": "system_info: {default_user: {system: true}}\n"}),
        (1500, 0o755, {"cloud": "system_info: {default_user: {homedir: /srv/people}}\n"}),
        (1500, 0o755, {"etc_passwd": "root:x:0:0::/root:/bin/sh\nazureuser:x:1500:1500::/home/azureuser:/bin/sh\n"}),
    ],
)
def test_a_home_from_which_the_key_is_taken_is_not(tmp_path, uid, mode, more):
    assert _obstacles(tmp_path, uid, mode, **more) == []


def test_strict_modes_of_a_file_that_is_included_counts(tmp_path):
    files = {"sshd": "Include /etc/ssh/own.conf\nStrictModes yes\n", "etc_ssh_own.conf": "StrictModes no\n"}
    assert _obstacles(tmp_path, 1500, 0o755, **files) == []
