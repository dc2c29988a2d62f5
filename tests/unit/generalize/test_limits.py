# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_generalize never reaches outside the guest, and takes nothing that a kept account logs in with."""

import os
import shlex
import subprocess
import sys

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts, logins, removal

from ..trees import write_tree

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB one@example\n"
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\noperator:x:11:0:operator:/root:/sbin/nologin\nalice:x:1000:1000::/home/alice:/bin/bash\n"
    "bob:x:1001:1001::/home/bob:/bin/bash\n"
)
SHADOW = "root:*:1::::::\noperator:*:1::::::\nalice:*:1::::::\nbob:*:1::::::\n"
FILES = {
    "/etc/passwd": PASSWD,
    "/etc/shadow": SHADOW,
    "/etc/ssh/sshd_config": "Port 22\n",
    "/root/.ssh/authorized_keys": KEY,
    "/home/alice/.ssh/authorized_keys": KEY,
    "/home/bob/.ssh/authorized_keys": KEY,
    "/home/alice/.bash_history": "ls\n",
}


@pytest.fixture
def guest(tmp_path):
    """Return the root of a guest with three people's keys, where ``operator`` has root's home."""
    write_tree(tmp_path, FILES)
    return tmp_path


def can_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "mount", "--bind", "/etc", "/mnt"], capture_output=True, check=False).returncode == 0


def mounted(tmp_path, *commands):
    """Return the path of an interpreter that runs the commands in mounts of its own before Python."""
    script = tmp_path / "python"
    inner = "\n".join(("set -e",) + commands + (f'exec {shlex.quote(sys.executable)} "$@"',))
    script.write_text(f'#!/bin/sh\nexec unshare -m sh -c {shlex.quote(inner)} sh "$@"\n')
    script.chmod(0o755)
    return str(script)


def warnings(result):
    return " ".join(str(text) for text in result.get("warnings", []))


@pytest.mark.skipif(not can_mount(), reason="mounts need root")
@pytest.mark.parametrize("mount", ["mount --bind {outside} {root}/home", "mount -t tmpfs none {root}/home; cp -a {outside}/. {root}/home"])
def test_homes_that_are_mounted_keep_their_keys_and_histories(guest, run_module, tmp_path_factory, mount):
    outside = tmp_path_factory.mktemp("outside")
    write_tree(outside, {"alice/.ssh/authorized_keys": KEY, "alice/.bash_history": "ls\n"})
    python = mounted(outside, mount.format(outside=outside, root=guest))

    predicted = run_module("guest_generalize", root=guest, python=python, check=True)
    result = run_module("guest_generalize", root=guest, python=python)

    assert not result["failed"] and result["removed"] == predicted["removed"]
    assert [trace["path"] for trace in result["removed"]] == ["/root/.ssh/authorized_keys"]
    assert "nothing below /home is removed" in warnings(predicted)
    assert (outside / "alice/.ssh/authorized_keys").read_text() == KEY and (outside / "alice/.bash_history").exists()
    assert run_module("guest_generalize", root=guest, python=python)["changed"] is False


@pytest.mark.skipif(not can_mount(), reason="mounts need root")
def test_a_directory_mounted_below_what_goes_stays_as_it_is_and_the_rest_goes(guest, run_module, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    write_tree(outside, {"precious": "x"})
    write_tree(guest, {"/var/lib/cloud/instances/i-1/data/obj": "x", "/var/lib/cloud/instances/i-1/other": "x", "/var/lib/cloud/sem/a": ""})
    python = mounted(outside, f"mount --bind {outside} {guest}/var/lib/cloud/instances/i-1/data")

    result = run_module("guest_generalize", root=guest, python=python)

    assert not result["failed"] and (outside / "precious").read_text() == "x"
    assert "/var/lib/cloud/instances/i-1/data is removed" in warnings(result)
    assert not (guest / "var/lib/cloud/instances/i-1/other").exists() and not (guest / "var/lib/cloud/sem").exists()
    assert run_module("guest_generalize", root=guest, python=python)["changed"] is False


@pytest.mark.skipif(not can_mount(), reason="mounts need root")
def test_a_mount_that_comes_between_stops_the_removal(guest, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    write_tree(outside, {"precious": "x"})
    write_tree(guest, {"/var/lib/cloud/data/x": "x"})
    code = f"""
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import removal
removal.remove(LiveTree({str(guest)!r}), "/var/lib/cloud")
"""
    done = subprocess.run(
        [mounted(outside, f"mount --bind {outside} {guest}/var/lib/cloud/data"), "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )

    assert "something is mounted in it (data)" in done.stderr and (outside / "precious").exists()


def test_another_account_with_the_home_of_a_kept_one_takes_nothing(guest, run_module):
    result = run_module("guest_generalize", root=guest, keep_accounts=["root"])

    assert not result["failed"] and (guest / "root/.ssh/authorized_keys").read_text() == KEY
    assert not (guest / "home/alice/.ssh/authorized_keys").exists()
    assert "the keys in /root/.ssh/authorized_keys stay, for a kept account uses them; they let in operator too" in warnings(result)
    assert run_module("guest_generalize", root=guest, keep_accounts=["root"])["changed"] is False


@pytest.mark.parametrize(
    "link, target",
    [("home/alice/.ssh", "../bob/.ssh"), ("home/alice/.ssh", "/home/bob/.ssh"), ("home/alice/.ssh/authorized_keys", "/home/bob/.ssh/authorized_keys")],
)
def test_a_link_into_the_kept_account_goes_and_what_it_leads_to_stays(guest, run_module, link, target):
    os.unlink(guest / "home/alice/.ssh/authorized_keys")
    if link.endswith(".ssh"):
        os.rmdir(guest / "home/alice/.ssh")
    (guest / link).symlink_to(target)

    result = run_module("guest_generalize", root=guest, keep_accounts=["bob"])

    assert not result["failed"] and (guest / "home/bob/.ssh/authorized_keys").read_text() == KEY and not (guest / link).is_symlink()


def test_keys_of_a_kept_account_behind_a_link_stay_where_they_are(guest, run_module):
    os.unlink(guest / "home/bob/.ssh/authorized_keys")
    (guest / "home/bob/.ssh/authorized_keys").symlink_to("/home/alice/.ssh/authorized_keys")

    run_module("guest_generalize", root=guest, keep_accounts=["bob"])

    assert (guest / "home/bob/.ssh/authorized_keys").is_symlink() and (guest / "home/alice/.ssh/authorized_keys").read_text() == KEY


def test_a_hard_link_to_the_kept_keys_goes_and_the_kept_name_stays(guest, run_module):
    os.unlink(guest / "home/alice/.ssh/authorized_keys")
    os.link(guest / "home/bob/.ssh/authorized_keys", guest / "home/alice/.ssh/authorized_keys")

    run_module("guest_generalize", root=guest, keep_accounts=["bob"])

    assert (guest / "home/bob/.ssh/authorized_keys").read_text() == KEY and not (guest / "home/alice/.ssh/authorized_keys").exists()


def test_keys_below_what_goes_stay_for_the_kept_account(guest, run_module):
    write_tree(guest, {"/var/lib/waagent/keys/1001": KEY, "/var/lib/waagent/keys/1000": KEY, "/var/lib/waagent/ovf-env.xml": "x"})
    (guest / "etc/ssh/sshd_config").write_text("AuthorizedKeysFile /var/lib/waagent/keys/%U .ssh/authorized_keys\n")

    result = run_module("guest_generalize", root=guest, keep_accounts=["bob"])

    assert not result["failed"] and os.listdir(guest / "var/lib/waagent/keys") == ["1001"] and os.listdir(guest / "var/lib/waagent") == ["keys"]
    assert run_module("guest_generalize", root=guest, keep_accounts=["bob"])["changed"] is False


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/ssh/sshd_config", "/etc/shadow"])
def test_a_system_file_that_sshd_is_told_to_read_keys_from_stays(guest, run_module, path):
    (guest / "etc/ssh/sshd_config").write_text(f"AuthorizedKeysFile .ssh/authorized_keys {path}\n")

    result = run_module("guest_generalize", root=guest)

    assert not result["failed"] and (guest / path.lstrip("/")).exists() and path not in [trace["path"] for trace in result["removed"]]


def test_a_system_file_with_a_key_in_it_is_refused_before_anything_goes(guest, run_module):
    (guest / "etc/ssh/sshd_config").write_text("AuthorizedKeysFile /etc/motd\n")
    (guest / "etc/motd").write_text("Welcome\n" + KEY)

    result = run_module("guest_generalize", root=guest)

    assert result["failed"] and "/etc/motd" in result["msg"] and "take the keys out" in result["msg"]
    assert (guest / "home/alice/.bash_history").exists() and (guest / "etc/motd").exists()


def test_a_program_that_gives_keys_is_warned_of(guest, run_module):
    (guest / "etc/ssh/sshd_config").write_text("Port 22\nAuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\n")

    assert "/etc/ssh/sshd_config line 2: authorizedkeyscommand /usr/bin/sss_ssh_authorizedkeys" in warnings(run_module("guest_generalize", root=guest))


@pytest.mark.parametrize("link, target", [("home/alice/.local", "/etc"), ("home/alice/.ssh", "/etc")])
def test_what_a_link_in_a_home_leads_to_stays(guest, run_module, link, target):
    write_tree(guest, {"/etc/share/fish/fish_history": "x", "/etc/known_hosts": "x", "/etc/identity": "x", "/etc/authorized_keys": "x"})
    if (guest / link).exists():
        os.unlink(guest / link / "authorized_keys")
        os.rmdir(guest / link)
    (guest / link).symlink_to(target)

    run_module("guest_generalize", root=guest)

    assert all((guest / "etc" / name).exists() for name in ("share/fish/fish_history", "known_hosts", "identity", "authorized_keys"))


def test_a_history_that_is_a_link_goes_and_its_target_stays(guest, run_module):
    (guest / "home/bob/.bash_history").symlink_to("/etc/shadow")

    run_module("guest_generalize", root=guest)

    assert not (guest / "home/bob/.bash_history").is_symlink() and (guest / "etc/shadow").exists()


def test_a_directory_with_the_name_of_a_history_stays(guest, run_module):
    write_tree(guest, {"/home/bob/.history/letters": "x"})

    run_module("guest_generalize", root=guest)

    assert (guest / "home/bob/.history/letters").exists()


def test_tokens_are_replaced_once():
    account = accounts.Account("%h", "x", 7, "/home/%u", "/bin/sh")

    assert [accounts.key_file(account, text) for text in ("/keys/%u", "%h/k", "/keys/%%u/%U", "none")] == ["/keys/%h", "/home/%u/k", "/keys/%u/7", None]


def test_a_home_that_another_account_needs_stays(guest):
    tree = LiveTree(guest)
    for name in ("alice", "bob"):
        os.chown(guest / "home" / name, 1000 if name == "alice" else 1001, 0)
    (guest / "etc/passwd").write_text(PASSWD + "carol:x:1002:1002::/home/alice/carol:/bin/sh\n")

    found, _unused, stopped = logins.plan(tree, "remove", ["carol"], {}, set())
    traces, told = logins.homes_that_go(tree, found)

    assert [trace.path for trace in traces] == ["/home/bob"] and stopped == []
    assert told == ["the home /home/alice of the removed account alice stays: the account carol has its home there"]


def test_a_directory_deeper_than_a_path_can_be_goes(tmp_path):
    where = os.open(tmp_path, os.O_RDONLY)
    os.mkdir("deep", dir_fd=where)
    current = os.open("deep", os.O_RDONLY, dir_fd=where)
    for _unused in range(3000):
        os.mkdir("nested", dir_fd=current)
        inner = os.open("nested", os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = inner
    os.close(current)
    os.close(where)

    removal.remove(LiveTree(tmp_path), "/deep")

    assert os.listdir(tmp_path) == []


def test_a_directory_that_has_become_a_link_is_not_followed(tmp_path):
    write_tree(tmp_path, {"/etc/x": "x", "/home/.ssh": "->/etc"})

    with pytest.raises(ImagewrightError, match="cannot remove /home/.ssh/x"):
        removal.remove(LiveTree(tmp_path), "/home/.ssh/x")
    assert (tmp_path / "etc/x").exists()


def test_a_log_that_is_another_file_too_is_emptied_under_its_own_name_alone(tmp_path):
    write_tree(tmp_path, {"/etc/needed": "x", "/var/log/a": "->/etc/needed"})
    os.unlink(tmp_path / "var/log/a")
    os.link(tmp_path / "etc/needed", tmp_path / "var/log/a")

    removal.empty(LiveTree(tmp_path), "/var/log/a")

    assert (tmp_path / "etc/needed").read_text() == "x" and (tmp_path / "var/log/a").read_text() == "" and os.listdir(tmp_path / "var/log") == ["a"]


@pytest.mark.parametrize("text, names", [("UID_MIN 1000\\\n", ["alice", "bob"]), ("UID_MIN\t1001\n", ["bob"]), ("UID_MIN ²\n#UID_MAX 5\n", ["alice", "bob"])])
def test_a_number_that_is_none_is_the_default(guest, text, names):
    assert [account.name for account in accounts.of_people(accounts.accounts(LiveTree(guest)), text)] == names


def test_a_user_id_that_is_no_number_is_named(guest, run_module):
    (guest / "etc/passwd").write_text(PASSWD + "odd:x:²:1::/home/odd:/bin/sh\n")

    assert "/etc/passwd line 5: the user id is no number: '²'" in run_module("guest_generalize", root=guest)["msg"]
