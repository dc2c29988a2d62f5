# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of AppArmor: what is read of them, and what they allow."""

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.core import apparmor_profiles
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

_TUNABLES = {
    "/etc/apparmor.d/tunables/global": "#include <tunables/home>\ninclude if exists <tunables/own>\n",
    "/etc/apparmor.d/tunables/home": "@{HOME}=@{HOMEDIRS}/*/ /root/\n@{HOMEDIRS}=/home/\n@{HOMEDIRS}+=/srv/home/\n",
    "/etc/apparmor.d/abstractions/base": "  abi <abi/3.0>,\n  /{usr/,}lib{,32,64}/**.so* mr,  # libraries\n",
}


def read(tmp_path, text, name="own", **files):
    """Return the [AppArmorProfile] of a file in /etc/apparmor.d."""
    write_tree(tmp_path, {**_TUNABLES, f"/etc/apparmor.d/{name}": text, **files})
    return apparmor_profiles.profiles(LiveTree(str(tmp_path)))


_PROFILE = """# for sshd
abi <abi/3.0>,
include <tunables/global>

profile own /usr/{,local/}sbin/sshd flags=(attach_disconnected) {
  include <abstractions/base>
  RULE
  profile child {
    /** rwlkm,
    capability,
  }
  ^hat { network, }
}
"""


@pytest.mark.parametrize(
    ("rule", "path", "permission", "allowed"),
    [
        ("", "/usr/lib/x86_64-linux-gnu/libc.so.6", "m", True),
        ("", "/etc/passwd", "r", False),
        ("/etc/** r,", "/etc/ssh/sshd_config", "r", True),
        ("/etc/* r,", "/etc/ssh/sshd_config", "r", False),
        ("r /etc/passwd,", "/etc/passwd", "r", True),
        ("/etc/passwd\n    rw,", "/etc/passwd", "w", True),
        ("/etc/passwd ra,", "/etc/passwd", "w", True),
        ("owner @{HOME}/.ssh/authorized_keys{,2} r,", "/home/azureuser/.ssh/authorized_keys", "r", True),
        ("owner @{HOME}/.ssh/authorized_keys{,2} r,", "/srv/home/azureuser/.ssh/authorized_keys2", "r", True),
        ("/{usr/,}bin/{ba,da}sh Uxr,", "/usr/bin/bash", "x", True),
        ("/usr/bin/passwd Cx -> passwd,", "/usr/bin/passwd", "x", True),
        ("/usr/bin/[a-c]ash pix,", "/usr/bin/bash", "x", True),
        ("/usr/bin/* rix, deny /usr/bin/bash x,", "/usr/bin/bash", "x", False),
        ("file,", "/etc/passwd", "w", True),
        ("file,", "/usr/bin/bash", "x", True),
        ("audit deny file /etc/passwd r, /etc/passwd r,", "/etc/passwd", "r", False),
        ('"/srv/my files/**" r,', "/srv/my files/one", "r", True),
    ],
)
def test_a_file_is_allowed_by_the_rules_of_the_profile_itself(tmp_path, rule, path, permission, allowed):
    (found,) = read(tmp_path, _PROFILE.replace("RULE", rule))
    assert (found.name, found.line, apparmor_profiles.is_for(found, "/usr/sbin/sshd"), apparmor_profiles.is_for(found, "/usr/bin/sshd")) == (
        "own",
        5,
        True,
        False,
    )
    assert apparmor_profiles.allows_file(found, path, permission) is allowed


@pytest.mark.parametrize(
    ("rule", "setuid", "connects"),
    [
        ("", False, False),
        ("capability setgid setuid, network inet stream,", True, True),
        ("capability, network,", True, True),
        ("capability kill, network tcp,", False, True),
        ("capability, deny capability setuid, network, deny network inet,", False, False),
        ("network inet6 stream, network packet, network unix,", False, False),
    ],
)
def test_capabilities_and_networks_are_allowed_one_by_one(tmp_path, rule, setuid, connects):
    (found,) = read(tmp_path, _PROFILE.replace("RULE", rule))
    assert (apparmor_profiles.allows_capability(found, "setuid"), apparmor_profiles.allows_connections(found)) == (setuid, connects)


@pytest.mark.parametrize(
    ("text", "name", "files"),
    [
        ("/usr/sbin/sshd flags=(complain) {\n}\n", "own", {}),
        ("profile own /usr/sbin/sshd flags=(unconfined, attach_disconnected) {\n}\n", "own", {}),
        ("/usr/sbin/sshd {\n}\n", "own", {"/etc/apparmor.d/disable/own": "->/etc/apparmor.d/own"}),
        ("/usr/sbin/sshd {\n}\n", "own", {"/etc/apparmor.d/force-complain/own": "->/etc/apparmor.d/own"}),
        ("/usr/sbin/sshd {\n}\n", "own.dpkg-old", {}),
        ("/usr/sbin/sshd {\n", "own", {}),  # which the parser refuses
        ("/usr/sbin/sshd {\n  /etc/passwd r\n}\n", "own", {}),
        ("/usr/sbin/sshd {\n  include <abstractions/gone>\n}\n", "own", {}),
        ("/usr/sbin/sshd {\n  @{UNSET}/x r,\n}\n", "own", {}),
        ("/usr/sbin/sshd {\n  include <own>\n}\n", "own", {}),
    ],
)
def test_what_is_not_loaded_or_not_enforced_is_no_profile(tmp_path, text, name, files):
    assert read(tmp_path, text, name, **files) == []


def test_without_the_features_that_it_is_for_a_profile_says_nothing_of_the_network(tmp_path):
    (found,) = read(tmp_path, _PROFILE.replace("RULE", "").replace("abi <abi/3.0>,\n", "", 1))
    assert apparmor_profiles.allows_connections(found)


def test_a_profile_of_the_old_syntax_has_its_program_for_a_name(tmp_path):
    (found,) = read(tmp_path, "#include <tunables/global>\n/usr/sbin/sshd (enforce) {\n  #include <abstractions/base>\n}\n")
    assert (found.name, found.attached) == ("/usr/sbin/sshd", ["/usr/sbin/sshd"])
