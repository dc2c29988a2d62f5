# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root step by what only a file system tells: modes, free space, flags, labels."""

import pathlib
import subprocess

import pytest
from unit.initramfs.images import elf_module
from unit.readiness.cases.common import BY_AGENT, WITHOUT_CLOUD_INIT
from unit.readiness.guest_tree import KERNEL, MODULES, good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Free
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate

MIB = 1024 * 1024


class TellingTree(LiveTree):
    """A guest's files on a file system that tells what a test says."""

    unchanging, room, labels, has_own_root, owners = (), None, None, True, {}

    def stat(self, path):
        """Return what the file system says, and the owner that the test gives: root for most."""
        status = super().stat(path)
        return status and status._replace(uid=self.owners.get(path, 0))

    def is_immutable(self, path):
        """Return whether the test has made the path immutable."""
        return path in self.unchanging

    def free(self, path):
        """Return the room that the test gives."""
        return self.room

    def security_label(self, path):
        """Return the label that the test gives."""
        return self.labels


@pytest.fixture
def tree(tmp_path):
    return TellingTree(str(good_guest(tmp_path / "guest")))


def finding(tree, rule):
    """Return (status, severity, [(path, text)])."""
    found = next(found for found in evaluate(Context(tree), [each for each in all_rules() if each.id == rule]))
    return found.status, found.severity, [(place.path, place.text) for place in found.evidence]


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/etc", "/home"])
def test_a_file_of_accounts_that_is_immutable_is_an_error(tree, path):
    (pathlib.Path(tree.root) / "home").mkdir()
    tree.unchanging = (path, "/etc/motd")
    assert finding(tree, "R68c") == ("failed", "error", [(path, "is immutable or append-only (lsattr)")])


@pytest.mark.parametrize(
    ("path", "agent", "cloud_init"),
    [
        ("/etc/hostname", True, False),
        ("/etc/ssh", True, True),
        ("/var/lib/waagent", True, False),
        ("/var/lib/cloud", False, True),
    ],
)
def test_what_whoever_provisions_writes_may_not_be_immutable(tree, path, agent, cloud_init):
    for folder in ("etc/ssh", "var/lib/waagent", "var/lib/cloud"):
        (pathlib.Path(tree.root) / folder).mkdir(parents=True, exist_ok=True)
    write(tree.root, "/etc/hostname", "build\n")
    tree.unchanging = (path,)
    assert (finding(tree, "R68c")[0] == "failed") is cloud_init
    for name, content in {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=y\n", **WITHOUT_CLOUD_INIT}.items():
        write(tree.root, name, content)
    assert (finding(tree, "R68c")[0] == "failed") is agent


def test_immutable_host_keys_are_right_where_nobody_makes_others(tree):
    write(tree.root, "/etc/ssh/ssh_host_rsa_key", "key")
    tree.unchanging = ("/etc/ssh/ssh_host_rsa_key",)
    assert finding(tree, "R68c")[0] == "passed"
    for name, content in {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=y\n", **WITHOUT_CLOUD_INIT}.items():
        write(tree.root, name, content)
    assert finding(tree, "R68c")[0] == "failed"
    write(tree.root, "/etc/waagent.conf", BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=n\n")
    assert finding(tree, "R68c")[0] == "passed"


def test_another_immutable_file_is_nobodys_business(tree):
    tree.unchanging = ("/etc/motd", "/boot")
    assert finding(tree, "R68c")[0] == "passed"


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (Free(0, 100000), ("failed", "error", [("/", "has 0 MiB free"), ("/var", "has 0 MiB free")])),
        (Free(4000 * MIB, 0), ("failed", "error", [("/", "has 0 inodes free"), ("/var", "has 0 inodes free")])),
        (Free(20 * MIB, None), ("failed", "error", [("/", "has 20 MiB free"), ("/var", "has 20 MiB free")])),
        (Free(100 * MIB, 900), ("failed", "warning", [("/", "has 100 MiB and 900 inodes free"), ("/var", "has 100 MiB and 900 inodes free")])),
        (Free(300 * MIB, 5000), ("passed", "error", [])),
        (Free(300 * MIB, None), ("passed", "error", [])),  # XFS and Btrfs have no limit of inodes
        (None, ("not_applicable", "error", [])),
    ],
)
def test_a_root_without_room_is_an_error_and_one_with_little_a_warning(tree, room, expected):
    tree.room = room
    assert finding(tree, "R68e") == expected


@pytest.mark.parametrize(("path", "mode"), [("/", 0o700), ("/etc", 0o750), ("/usr/lib", 0o700)])
def test_a_directory_that_is_closed_to_others_is_an_error(tree, path, mode):
    pathlib.Path(tree.root + path).chmod(mode)
    assert finding(tree, "R68d") == ("failed", "error", [(path, f"has mode {mode:04o}")])


@pytest.mark.parametrize("path", ["/", "/var", "/var/lib"])
def test_a_directory_of_the_system_that_is_somebody_elses_is_a_warning(tree, path):
    for folder in ("/usr/lib/tmpfiles.d", path):
        pathlib.Path(tree.root + folder).mkdir(parents=True, exist_ok=True)
    tree.owners = {path: 1000}
    assert finding(tree, "R68l") == ("failed", "warning", [(path, "is owned by 1000")])


@pytest.mark.parametrize(
    ("folder", "owners", "own", "status"),
    [
        ("/usr/lib/tmpfiles.d", {"/var/mail": 8, "/home": 1000}, True, "passed"),
        ("/usr/lib/tmpfiles.d", {"/": 1000}, False, "not_applicable"),  # unpacked by somebody
        ("/etc/rc.d", {"/": 1000}, True, "not_applicable"),  # without systemd
    ],
)
def test_directories_of_the_system_that_are_roots_as_far_as_it_counts(tree, folder, owners, own, status):
    for path in (folder, "/var/mail", "/home"):
        pathlib.Path(tree.root + path).mkdir(parents=True, exist_ok=True)
    tree.owners, tree.has_own_root = owners, own
    assert finding(tree, "R68l")[0] == status


@pytest.mark.parametrize(
    ("path", "mode", "expected"),
    [
        ("/home", 0o700, "failed"),
        ("/home", 0o711, "passed"),
        ("/bin/bash", 0o750, "failed"),
        ("/bin/bash", 0o711, "passed"),
        ("/lib/x86_64-linux-gnu/libc.so.6", 0o640, "failed"),
        ("/lib/x86_64-linux-gnu/libc.so.6", 0o644, "passed"),
        ("/usr/sbin/sshd", 0o700, "passed"),
    ],
)
def test_what_every_user_runs_is_open_to_all(tree, path, mode, expected):
    place = pathlib.Path(tree.root + path)
    if path == "/home":
        place.mkdir(exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"")
    place.chmod(mode)
    assert finding(tree, "R68d")[0] == expected


@pytest.mark.parametrize(("mode", "expected"), [(0o600, ("failed", "warning")), (0o640, ("failed", "warning")), (0o644, ("passed", "error"))])
def test_files_of_accounts_that_are_closed_to_others_leave_users_without_a_name(tree, mode, expected):
    pathlib.Path(tree.root + "/etc/passwd").chmod(mode)
    assert finding(tree, "R68d")[:2] == expected


@pytest.mark.parametrize(
    ("folder", "mode", "expected"), [("x86_64-linux-gnu", 0o700, "failed"), ("x86_64-linux-gnu", 0o711, "passed"), ("udev", 0o700, "passed")]
)
def test_the_directory_of_the_c_library_is_open_to_all(tree, folder, mode, expected):
    for name in ("x86_64-linux-gnu", "udev"):
        pathlib.Path(f"{tree.root}/lib/{name}").mkdir(exist_ok=True)
    pathlib.Path(f"{tree.root}/lib/x86_64-linux-gnu/libc.so.6").write_bytes(b"")
    pathlib.Path(f"{tree.root}/lib/{folder}").chmod(mode)
    assert finding(tree, "R68d")[0] == expected


def test_the_mode_of_a_directory_into_which_a_guest_was_unpacked_is_not_the_guests(tmp_path):
    tree = LiveTree(str(good_guest(tmp_path / "guest")))
    pathlib.Path(tree.root).chmod(0o700)  # as mkdtemp makes it
    assert finding(tree, "R68d")[0] == "passed"


@pytest.mark.parametrize("mode", [0o755, 0o711, 0o1777, 0o555])
def test_a_directory_that_others_may_search_is_right(tree, mode):
    pathlib.Path(tree.root + "/var").mkdir(exist_ok=True)
    pathlib.Path(tree.root + "/var").chmod(mode)
    assert finding(tree, "R68d")[0] == "passed"


@pytest.mark.parametrize("path", ["/proc", "/dev", "/var", "/lib"])
def test_a_directory_that_a_start_mounts_on_and_that_is_gone_is_an_error(tree, path):
    for name in ("dev", "proc", "run", "sys", "var"):
        pathlib.Path(tree.root, name).mkdir(exist_ok=True)
    assert finding(tree, "R68g")[0] == "passed"
    pathlib.Path(tree.root + path).rename(tree.root + path + ".old")
    assert finding(tree, "R68g") == ("failed", "error", [(path, "there is no such directory")])


def test_a_rule_file_of_udevs_own_that_is_gone_is_an_error(tree):
    folder = pathlib.Path(tree.root, "usr/lib/udev/rules.d")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("50-udev-default.rules", "60-persistent-storage.rules", "80-drivers.rules", "99-systemd.rules"):
        (folder / name).write_text('# x\nACTION=="remove", GOTO="end"\n')
    assert finding(tree, "R69d")[0] == "passed"
    (folder / "80-drivers.rules").rename(folder / "80-drivers.rules.dpkg-old")
    assert finding(tree, "R69d") == ("failed", "error", [("/usr/lib/udev/rules.d/80-drivers.rules", "is not there")])
    for path in folder.iterdir():
        path.unlink()
    assert finding(tree, "R69d")[:2] == ("failed", "error")


def test_the_file_of_a_driver_that_is_gone_is_an_error(tree):
    folder = pathlib.Path(tree.root, f"lib/modules/{KERNEL}/kernel")
    for path in MODULES.values():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(elf_module(b"code", KERNEL))
    assert finding(tree, "R17c")[0] == "passed"
    (folder / MODULES["hv_netvsc"]).write_bytes(elf_module(b"code", KERNEL)[:-200])
    assert finding(tree, "R17c")[2][0][1] == f"is no module, or not a whole one (kernel {KERNEL})"
    (folder / MODULES["hv_netvsc"]).write_bytes(elf_module(b"code", "6.1.0-27-amd64"))
    assert finding(tree, "R17c")[2][0][1] == f"is of the kernel 6.1.0-27-amd64, and this one refuses it (kernel {KERNEL})"
    (folder / MODULES["hv_netvsc"]).write_bytes(b"\x7fELF of no known class")
    assert finding(tree, "R17c")[0] == "passed"
    (folder / MODULES["hv_netvsc"]).write_bytes(b"oops")
    assert finding(tree, "R17c")[2][0][0] == f"/lib/modules/{KERNEL}/kernel/{MODULES['hv_netvsc']}"
    (folder / MODULES["hv_netvsc"]).unlink()
    assert finding(tree, "R17c")[:2] == ("failed", "error")


def test_files_without_labels_are_an_error_where_selinux_enforces(tree):
    write(tree.root, "/etc/os-release", "ID=fedora\n")
    write(tree.root, "/etc/selinux/config", "SELINUX=enforcing\n")
    write(tree.root, "/etc/selinux/targeted/policy/policy.33", b"\x8c\xff\x7c\xf9\x08\x00\x00\x00SE Linux!")
    write(tree.root, "/etc/selinux/targeted/contexts/files/file_contexts", "")
    tree.labels = ""
    assert finding(tree, "R68f")[:2] == ("failed", "error")
    tree.labels = "system_u:object_r:etc_t:s0"
    assert finding(tree, "R68f")[0] == "passed"
    tree.labels = None
    assert finding(tree, "R68f")[0] == "passed"  # labels cannot be read here


def test_an_immutable_file_is_seen_on_a_real_file_system(tmp_path):
    (tmp_path / "passwd").write_text("x")
    tree = LiveTree(str(tmp_path))
    if tree.is_immutable("/passwd") is None or subprocess.run(["chattr", "+i", tmp_path / "passwd"], check=False).returncode:
        pytest.skip("this file system has no such flags, or we may not set them")
    try:
        assert tree.is_immutable("/passwd") is True
    finally:
        subprocess.run(["chattr", "-i", tmp_path / "passwd"], check=True)
    assert tree.is_immutable("/passwd") is False


def test_a_line_of_accounts_that_lacks_fields_is_a_warning_and_a_lost_root_an_error(tree):
    passwd = pathlib.Path(tree.root + "/etc/passwd")
    text = passwd.read_text()
    passwd.write_text(text + "half a line:x:10\n")
    assert finding(tree, "R68b")[:2] == ("failed", "warning")
    passwd.write_text(text.replace("root:", "toor:"))
    assert finding(tree, "R68b")[:2] == ("failed", "error")


def test_a_guest_whose_passwords_are_in_passwd_itself_needs_no_shadow(tree):
    passwd = pathlib.Path(tree.root + "/etc/passwd")
    passwd.write_text(passwd.read_text().replace(":x:", ":*:"))
    pathlib.Path(tree.root + "/etc/shadow").unlink()
    assert finding(tree, "R68b")[0] == "passed"


def test_an_empty_shadow_is_an_error_and_one_without_root_a_warning(tree):
    shadow = pathlib.Path(tree.root + "/etc/shadow")
    shadow.write_text("daemon:*:19000::::::\n")
    assert finding(tree, "R68b") == ("failed", "warning", [("/etc/shadow", "has no root")])
    shadow.write_text("")
    assert finding(tree, "R68b") == ("failed", "error", [("/etc/shadow", "is empty")])
