# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import errno
import fcntl
import os
import pathlib
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


class FakeModule:
    """The members of AnsibleModule that edits.apply uses."""

    def __init__(self, check_mode=False):
        self.check_mode = check_mode
        self._diff = True

    def selinux_enabled(self):
        return False

    def backup_local(self, path):
        copy = path + ".1.backup~"
        subprocess.run(["cp", "-p", path, copy], check=True)
        return copy


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "one").write_text("one\n")
    (tmp_path / "etc" / "two").write_text("two\n")
    return tmp_path


@pytest.fixture
def tree(root):
    return LiveTree(str(root))


TWO_EDITS = [edits.Edit("/etc/one", "one\n", "ONE\n"), edits.Edit("/etc/two", "two\n", "TWO\n")]


def test_edits_are_written_and_reported(tree, root):
    result = edits.apply(FakeModule(), tree, TWO_EDITS)
    assert result["changed"]
    assert result["diff"][0] == {"before_header": "/etc/one", "after_header": "/etc/one", "before": "one\n", "after": "ONE\n"}
    assert (root / "etc/one").read_text() == "ONE\n"
    assert (root / "etc/two").read_text() == "TWO\n"
    assert sorted(os.listdir(root / "etc")) == ["one", "two"]


def test_check_mode_predicts_and_writes_nothing(tree, root):
    result = edits.apply(FakeModule(check_mode=True), tree, TWO_EDITS, activate=lambda: pytest.fail("activated in check mode"))
    assert result["changed"] and len(result["diff"]) == 2
    assert (root / "etc/one").read_text() == "one\n"


def test_an_edit_that_changes_nothing_is_no_change(tree):
    result = edits.apply(FakeModule(), tree, [edits.Edit("/etc/one", "one\n", "one\n")])
    assert result == {"changed": False, "backup_files": [], "diff": []}


def test_mode_owner_and_link_are_kept(tree, root):
    (root / "etc/one").chmod(0o440)
    (root / "etc/link").symlink_to("/etc/one")
    os.chown(root / "etc/one", 12, 34)
    edits.apply(FakeModule(), tree, [edits.Edit("/etc/link", "one\n", "ONE\n")])
    status = os.lstat(root / "etc/one")
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o440, 12, 34)
    assert os.readlink(root / "etc/link") == "/etc/one"
    assert (root / "etc/one").read_text() == "ONE\n"


def test_a_new_file_gets_its_mode_and_its_directory(tree, root):
    edits.apply(FakeModule(), tree, [edits.Edit("/etc/new.d/azure.conf", None, "x\n", 0o600)])
    assert (root / "etc/new.d/azure.conf").stat().st_mode & 0o7777 == 0o600


def test_a_file_can_be_removed(tree, root):
    edits.apply(FakeModule(), tree, [edits.Edit("/etc/one", "one\n", None)])
    assert not (root / "etc/one").exists()


def test_backup_keeps_the_old_content(tree, root):
    result = edits.apply(FakeModule(), tree, TWO_EDITS[:1], backup=True)
    assert [pathlib.Path(path).read_text() for path in result["backup_files"]] == ["one\n"]


def test_validation_sees_the_new_content_and_stops_everything(tree, root):
    seen = {}

    def refuse(staged):
        seen.update({path: pathlib.Path(temporary).read_text() for path, temporary in staged.items()})
        raise ImagewrightError("refused")

    with pytest.raises(ImagewrightError, match="refused"):
        edits.apply(FakeModule(), tree, TWO_EDITS, validate=refuse)
    assert seen == {"/etc/one": "ONE\n", "/etc/two": "TWO\n"}
    assert (root / "etc/one").read_text() == "one\n"
    assert sorted(os.listdir(root / "etc")) == ["one", "two"]


def test_a_failing_activation_puts_every_file_back_also_the_generated_ones(tree, root):
    (root / "etc/one").chmod(0o640)
    (root / "etc/generated").write_text("as it was\n")

    def fail():
        (root / "etc/generated").write_text("half of it")
        (root / "etc/created").write_text("new")
        raise ImagewrightError("generator failed")

    added = edits.Edit("/etc/three", None, "three\n")
    with pytest.raises(ImagewrightError, match="generator failed"):
        edits.apply(FakeModule(), tree, [*TWO_EDITS, added], activate=fail, generated=["/etc/generated", "/etc/created"])
    assert (root / "etc/one").read_text() == "one\n"
    assert (root / "etc/one").stat().st_mode & 0o7777 == 0o640
    assert (root / "etc/two").read_text() == "two\n"
    assert (root / "etc/generated").read_text() == "as it was\n"
    assert sorted(os.listdir(root / "etc")) == ["generated", "one", "two"]


def test_a_file_that_changed_since_the_plan_is_left_alone(tree, root):
    (root / "etc/one").write_text("somebody else\n")
    with pytest.raises(ImagewrightError, match="cannot write /etc/one: it changed while this task was at work"):
        edits.apply(FakeModule(), tree, TWO_EDITS)
    assert (root / "etc/one").read_text() == "somebody else\n"


def test_leftovers_of_a_killed_run_are_removed(tree, root):
    dead = subprocess.Popen(["true"])
    dead.wait()
    # of a dead one, of a stranger who lives, our own, and none that there can be
    for name in (dead.pid, 1, os.getpid(), "12345678901234567890", f"{dead.pid}.new"):
        (root / f"etc/.one.imagewright-{name}").write_text("half")
    edits.apply(FakeModule(), tree, TWO_EDITS)
    assert sorted(os.listdir(root / "etc")) == ["one", "two"]


def test_a_read_only_file_system_is_named_with_the_cure_even_in_check_mode(tmp_path):
    mount = tmp_path / "boot"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mount], check=False).returncode:
        pytest.skip("no right to mount a tmpfs here")
    try:
        (mount / "grub.cfg").write_text("a")
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        with pytest.raises(ImagewrightError, match="cannot write /boot/grub.cfg: .*read-only.*remount"):
            edits.apply(FakeModule(check_mode=True), LiveTree(str(tmp_path)), [edits.Edit("/boot/grub.cfg", "a", "b")])
    finally:
        subprocess.run(["umount", mount], check=True)


def test_what_is_not_ours_or_in_use_is_no_leftover(tree, root):
    (root / "etc/victim").write_text("dear")
    (root / "etc/.one.imagewright-link").symlink_to("/etc/victim")
    (root / "etc/.one.imagewright-directory").mkdir()
    (root / "etc/.one.imagewright-stranger").write_text("mine")
    os.chown(root / "etc/.one.imagewright-stranger", 1234, 1234)
    (root / "etc/.one.imagewright-locked").write_text("half")
    (root / "etc/.three.imagewright-1").write_text("of a file that is not written now")
    before = sorted(os.listdir(root / "etc"))
    with open(root / "etc/.one.imagewright-locked", "rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        edits.apply(FakeModule(), tree, TWO_EDITS)
    assert sorted(os.listdir(root / "etc")) == before
    assert (root / "etc/victim").read_text() == "dear"


def test_a_directory_that_becomes_a_link_while_the_task_is_at_work_is_refused(tree, root, monkeypatch):
    (root / "home").mkdir()
    (root / "home/keys").write_text("old\n")
    (root / "etc/keys").write_text("of the system\n")
    edit = edits.Edit("/home/keys", "old\n", "new\n")
    check = edits._check_current

    def swap(*arguments):
        check(*arguments)
        (root / "home").rename(root / "away")
        (root / "home").symlink_to(root / "etc")

    monkeypatch.setattr(edits, "_check_current", swap)
    with pytest.raises(ImagewrightError, match="cannot write /home/keys"):
        edits.apply(FakeModule(), tree, [edit])
    assert (root / "etc/keys").read_text() == "of the system\n"


def small(tmp_path, size):
    """A root on a tmpfs of so many bytes."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("no right to mount a tmpfs here")
    (tmp_path / "one").write_text("one\n" * 1000)
    return LiveTree(str(tmp_path))


def test_a_copy_for_backup_that_fails_is_an_error_and_leaves_every_file(tmp_path):
    tree = small(tmp_path, 16384)  # four pages: the file, what can be put back, the new content, and one
    try:
        (tmp_path / "filler").write_bytes(b"x" * 4096)
        text = (tmp_path / "one").read_text()
        with pytest.raises(ImagewrightError, match="cannot make a backup of /one: no space left"):
            edits.apply(FakeModule(), tree, [edits.Edit("/one", text, "short\n")], backup=True)
        assert (tmp_path / "one").read_text() == text and sorted(os.listdir(tmp_path)) == ["filler", "one"]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_old_files_are_put_back_on_a_full_file_system(tmp_path):
    tree = small(tmp_path, 65536)
    try:
        text = (tmp_path / "one").read_text()

        def fill():
            with open(tmp_path / "filler", "wb", buffering=0) as stream, pytest.raises(OSError, match="No space left"):
                while True:
                    stream.write(b"x" * 4096)
            raise ImagewrightError("generator failed")

        with pytest.raises(ImagewrightError, match="^generator failed$"):
            edits.apply(FakeModule(), tree, [edits.Edit("/one", text, text + "more\n")], activate=fill)
        assert (tmp_path / "one").read_text() == text and sorted(os.listdir(tmp_path)) == ["filler", "one"]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_file_system_that_turns_read_only_is_one_error_that_names_what_is_half_done(tree, root, monkeypatch):
    def break_disk():
        def refuse(*_unused, **_options):
            raise OSError(errno.EROFS, "Read-only file system")

        for name in ("link", "rename", "unlink", "fsync"):
            monkeypatch.setattr(os, name, refuse)
        raise ImagewrightError("cannot regenerate: Read-only file system")

    with pytest.raises(ImagewrightError) as caught:
        edits.apply(FakeModule(), tree, TWO_EDITS, activate=break_disk)
    assert str(caught.value) == (
        "cannot regenerate: Read-only file system; what was written before that could not be put back: "
        "/etc/two (Read-only file system), /etc/one (Read-only file system); run the task again once it can be written"
    )


def test_a_removal_that_fails_is_an_error_and_puts_the_others_back(tree, root, monkeypatch):
    unlink = os.unlink

    def refuse(path, **options):
        if path == "two":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(ImagewrightError, match="cannot write /etc/two: not permitted"):
        edits.apply(FakeModule(), tree, [TWO_EDITS[0], edits.Edit("/etc/two", "two\n", None)])
    assert [(root / "etc" / name).read_text() for name in ("one", "two")] == ["one\n", "two\n"]


def test_a_dangling_link_to_a_name_that_is_too_long_is_an_error(tree, root):
    (root / "etc/link").symlink_to("/etc/" + "x" * 300)
    with pytest.raises(ImagewrightError, match="cannot write /etc/link: "):
        edits.apply(FakeModule(), tree, [edits.Edit("/etc/link", None, "new\n")])


def test_a_name_as_long_as_a_name_can_be_is_written(tree, root):
    name = "x" * 255
    (root / "etc" / name).write_text("old\n")
    edits.apply(FakeModule(), tree, [edits.Edit("/etc/" + name, "old\n", "new\n")])
    assert (root / "etc" / name).read_text() == "new\n"


def test_a_new_directory_goes_with_what_failed(tree, root):
    def fail():
        raise ImagewrightError("no")

    with pytest.raises(ImagewrightError, match="^no$"):
        edits.apply(FakeModule(), tree, [edits.Edit("/etc/new.d/deep/a.conf", None, "x\n")], activate=fail)
    assert sorted(os.listdir(root / "etc")) == ["one", "two"]
