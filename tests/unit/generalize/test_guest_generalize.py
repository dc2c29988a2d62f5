# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_generalize on a small guest below a directory."""

import os

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import replace

PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
admin:x:1000:1000::/home/admin:/bin/bash
operator:x:1001:1001::/home/operator:/bin/bash
"""
SHADOW = """root:$y$j9T$secret-of-root:20000:0:99999:7:::
daemon:*:20000:0:99999:7:::
admin:!$6$locked-but-there:20000:0:99999:7:::
operator::20000:0:99999:7:::
"""


@pytest.fixture
def guest(tmp_path):
    """Return the root of a guest that has been used."""
    files = {
        "etc/passwd": PASSWD,
        "etc/shadow": SHADOW,
        "etc/hostname": "build7\n",
        "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "etc/ssh/ssh_host_rsa_key": "key",
        "etc/ssh/ssh_host_rsa_key.pub": "key",
        "etc/ssh/sshd_config": "Port 22\n",
        "etc/resolv.conf": "nameserver 10.0.0.1\n",
        "root/.bash_history": "ls\n",
        "root/.ansible/tmp/x": "",
        "root/.bashrc": "",
        "home/admin/.ssh/authorized_keys": "ssh-ed25519 AAAA\n",
        "home/admin/.ssh/config": "",
        "home/operator/.ssh/authorized_keys": "ssh-ed25519 BBBB\n",
        "var/lib/cloud/instance/x": "",
        "var/lib/dhcp/dhclient.leases": "",
        "var/lib/systemd/random-seed": "seed",
        "var/lib/waagent/ovf-env.xml": "",
        "var/lib/dbus/machine-id": "0123",
        "var/log/auth.log": "line\n",
        "var/log/auth.log.1": "old",
        "var/log/apt/history.log": "line\n",
        "var/log/journal/0123/system.journal": "x",
        "var/lib/imagewright/initrd-backup/6.1.0-28-amd64-0123456789abcdef.img": "image",
    }
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    os.chmod(tmp_path / "etc/shadow", 0o640)
    return tmp_path


def everything(root):
    """Return {path: content} of all files below root."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_check_mode_lists_what_goes_and_deletes_nothing(guest, run_module):
    before = everything(guest)

    result = run_module("guest_generalize", root=guest, check=True)

    assert result["changed"] and everything(guest) == before
    assert [trace["path"] for trace in result["removed"]] == [
        "/etc/machine-id",
        "/etc/resolv.conf",
        "/etc/ssh/ssh_host_rsa_key",
        "/etc/ssh/ssh_host_rsa_key.pub",
        "/home/admin/.ssh/authorized_keys",
        "/home/operator/.ssh/authorized_keys",
        "/root/.ansible",
        "/root/.bash_history",
        "/var/lib/cloud/instance",
        "/var/lib/dbus/machine-id",
        "/var/lib/dhcp/dhclient.leases",
        "/var/lib/imagewright/initrd-backup",
        "/var/lib/systemd/random-seed",
        "/var/lib/waagent",
    ]


def test_what_is_deleted_is_what_check_mode_said(guest, run_module):
    predicted = run_module("guest_generalize", root=guest, check=True)
    done = run_module("guest_generalize", root=guest)

    assert not done["failed"] and done["removed"] == predicted["removed"] and done["diff"] == predicted["diff"]
    assert everything(guest) == {
        "etc/passwd": PASSWD.encode(),
        "etc/hostname": b"localhost.localdomain\n",
        "etc/machine-id": b"",
        "etc/ssh/sshd_config": b"Port 22\n",
        "etc/shadow": b"root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nadmin:*:20000:0:99999:7:::\noperator:*:20000:0:99999:7:::\n",
        "root/.bashrc": b"",
        "home/admin/.ssh/config": b"",
        "var/log/auth.log": b"line\n",
        "var/log/auth.log.1": b"old",
        "var/log/apt/history.log": b"line\n",
        "var/log/journal/0123/system.journal": b"x",
    }


def test_the_images_that_initrd_modules_keeps_by_default_go(guest, run_module):
    removed = [trace["path"] for trace in run_module("guest_generalize", root=guest, check=True)["removed"]]

    assert replace.BACKUP_DIRECTORY in removed


def test_a_second_run_changes_nothing(guest, run_module):
    run_module("guest_generalize", root=guest)

    assert run_module("guest_generalize", root=guest)["changed"] is False


def test_shadow_keeps_its_mode(guest, run_module):
    run_module("guest_generalize", root=guest)

    assert (guest / "etc/shadow").stat().st_mode & 0o777 == 0o640


def test_no_password_is_shown(guest, run_module):
    for check in (True, False):
        assert "secret-of-root" not in str(run_module("guest_generalize", root=guest, check=check))


def test_a_kept_account_keeps_password_and_keys(guest, run_module):
    result = run_module("guest_generalize", root=guest, keep_accounts=["root", "operator"])

    assert not result["failed"]
    shadow = (guest / "etc/shadow").read_text()
    assert "root:$y$j9T$secret-of-root:" in shadow and "operator::" in shadow and "admin:*:" in shadow
    assert (guest / "home/operator/.ssh/authorized_keys").exists() and not (guest / "home/admin/.ssh/authorized_keys").exists()


def test_keys_go_from_where_sshd_looks_for_them(guest, run_module):
    (guest / "etc/ssh/sshd_config").write_text("AuthorizedKeysFile /etc/ssh/keys/%u\n")
    (guest / "etc/ssh/keys").mkdir()
    (guest / "etc/ssh/keys/operator").write_text("ssh-ed25519 CCCC\n")

    run_module("guest_generalize", root=guest)

    assert not (guest / "etc/ssh/keys/operator").exists() and not (guest / "home/admin/.ssh/authorized_keys").exists()


@pytest.mark.parametrize("line", ["Match User operator\n  AuthorizedKeysFile /srv/keys/%u\n", "AuthorizedKeysFile .ssh/authorized_keys /srv/keys/%U\n"])
def test_keys_go_from_where_sshd_looks_for_some_accounts_or_by_their_number(guest, run_module, line):
    (guest / "etc/ssh/sshd_config").write_text(line)
    (guest / "srv/keys").mkdir(parents=True)
    for name in ("operator", "1001"):
        (guest / "srv/keys" / name).write_text("ssh-ed25519 CCCC\n")

    result = run_module("guest_generalize", root=guest)

    key = "/srv/keys/1001" if "%U" in line else "/srv/keys/operator"
    assert key in [key for account in result["accounts"] for key in account["key_files"]] and not (guest / key.lstrip("/")).exists()
    assert not (guest / "home/admin/.ssh/authorized_keys").exists()


def test_a_host_key_at_another_place_is_warned_of(guest, run_module):
    (guest / "etc/ssh/sshd_config").write_text("Port 22\nHostKey /etc/ssh/ssh_host_rsa_key\nHostKey /etc/keys/host\n")
    (guest / "etc/keys").mkdir()
    (guest / "etc/keys/host").write_text("key")

    result = run_module("guest_generalize", root=guest)

    (warning,) = [str(text) for text in result["warnings"] if "host key" in str(text)]
    assert "/etc/ssh/sshd_config line 3: the host key /etc/keys/host stays, and every machine of the image has it; take the line out" in warning
    assert (guest / "etc/keys/host").exists()


def test_a_password_of_an_account_that_is_gone_goes_too(guest, run_module):
    (guest / "etc/shadow").write_text(SHADOW + "former:$6$of-a-former-account:19000:0:99999:7:::\n+::::::::\n")

    assert not run_module("guest_generalize", root=guest, keep_accounts=["root"])["failed"]
    shadow = (guest / "etc/shadow").read_text()
    assert "former:*:19000" in shadow and "secret-of-root" in shadow and "\n+::::::::\n" in shadow


def test_accounts_can_all_be_kept(guest, run_module):
    run_module("guest_generalize", root=guest, accounts="keep")

    assert (guest / "etc/shadow").read_text() == SHADOW and (guest / "home/admin/.ssh/authorized_keys").exists()
    assert not (guest / "etc/ssh/ssh_host_rsa_key").exists()


def test_accounts_that_could_be_used_are_reported(guest, run_module):
    result = run_module("guest_generalize", root=guest, check=True)

    assert {account["name"]: (account["action"], account["password"]) for account in result["accounts"]} == {
        "root": ("lock", True),
        "admin": ("lock", False),
        "operator": ("lock", True),
    }


def test_logs_go_when_they_are_asked_for(guest, run_module):
    run_module("guest_generalize", root=guest, logs=True)

    assert {path: text for path, text in everything(guest).items() if path.startswith("var/log")} == {"var/log/auth.log": b"", "var/log/apt/history.log": b""}


def test_a_link_of_the_resolver_and_of_dbus_stays(guest, run_module):
    (guest / "etc/resolv.conf").unlink()
    (guest / "etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    (guest / "var/lib/dbus/machine-id").unlink()
    (guest / "var/lib/dbus/machine-id").symlink_to("/etc/machine-id")

    run_module("guest_generalize", root=guest)

    assert (guest / "etc/resolv.conf").is_symlink() and (guest / "var/lib/dbus/machine-id").is_symlink()


def test_nothing_outside_the_tree_is_deleted(guest, run_module, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "instance").write_text("mine")
    (guest / "var/lib/cloud").rename(guest / "old")
    (guest / "var/lib/cloud").symlink_to(outside)

    result = run_module("guest_generalize", root=guest)

    assert not result["failed"] and (outside / "instance").read_text() == "mine"


def test_an_account_that_is_not_there_cannot_be_kept(guest, run_module):
    before = everything(guest)

    result = run_module("guest_generalize", root=guest, keep_accounts=["opreator"])

    assert result["failed"] and "'opreator'" in result["msg"] and "keep_accounts" in result["msg"]
    assert everything(guest) == before


def test_a_broken_passwd_is_named_with_its_line(guest, run_module):
    (guest / "etc/passwd").write_text(PASSWD + "broken\n")

    result = run_module("guest_generalize", root=guest)

    assert result["failed"] and "/etc/passwd line 5" in result["msg"]


def test_a_tree_cannot_be_powered_off(guest, run_module):
    result = run_module("guest_generalize", root=guest, power_off=True)

    assert result["failed"] and "not a running guest" in result["msg"] and (guest / "root/.bash_history").exists()


def test_a_registration_is_warned_of(guest, run_module):
    (guest / "etc/pki/consumer").mkdir(parents=True)
    (guest / "etc/pki/consumer/cert.pem").write_text("x")

    result = run_module("guest_generalize", root=guest, check=True)

    assert any("subscription-manager unregister" in str(text) for text in result["warnings"])


#: What Red Hat, SUSE and Ubuntu leave of passwords, beside /etc/shadow.
TELL_TALES = {
    "etc/shadow-": SHADOW,
    "etc/gshadow-": "wheel:!::\n",
    "etc/security/opasswd": "admin:1000:1:$6$older\n",
    "root/anaconda-ks.cfg": "rootpw --iscrypted $6$secret\n",
    "root/autoinst.xml": "<user_password>x</user_password>\n",
    "var/log/installer/autoinstall-user-data": "password: $6$secret\n",
    "var/log/installer/cdebconf/questions.dat": "Value: x\n",
}


def test_former_passwords_and_an_installers_answers_go(guest, run_module):
    for path, text in TELL_TALES.items():
        (guest / path).parent.mkdir(parents=True, exist_ok=True)
        (guest / path).write_text(text)

    predicted = run_module("guest_generalize", root=guest, check=True)
    result = run_module("guest_generalize", root=guest)

    assert result["removed"] == predicted["removed"]
    left = everything(guest)
    assert left["etc/security/opasswd"] == b"" and not set(TELL_TALES) - {"etc/security/opasswd"} & set(left)
    assert not run_module("guest_generalize", root=guest)["changed"]


def test_former_passwords_stay_where_all_accounts_do(guest, run_module):
    (guest / "etc/shadow-").write_text(SHADOW)

    assert "/etc/shadow-" not in [trace["path"] for trace in run_module("guest_generalize", root=guest, accounts="keep", check=True)["removed"]]


def test_the_name_of_an_old_suse_machine_goes_once(guest, run_module):
    (guest / "etc/hostname").unlink()
    (guest / "etc/HOSTNAME").write_text("build7.example.org\n")

    run_module("guest_generalize", root=guest)

    assert (guest / "etc/HOSTNAME").read_text() == "localhost.localdomain\n" and not (guest / "etc/hostname").exists()
