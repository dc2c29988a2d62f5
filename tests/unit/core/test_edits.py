# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import pathlib
import subprocess

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree


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
    (root / f"etc/.one.imagewright-{dead.pid}").write_text("half")
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


def test_a_file_that_another_program_wrote_is_renamed_over_with_owner_mode_and_leftovers_gone(tree, root):
    dead = subprocess.Popen(["true"])
    dead.wait()
    os.chmod(root / "etc/one", 0o640)
    os.chown(root / "etc/one", 12, 34)
    for name in (f".one.imagewright-{dead.pid}", f".one.imagewright-{dead.pid}.new", ".one.imagewright-1.new"):
        (root / "etc" / name).write_text("half")
    temporary = edits.temporary_name(str(root / "etc/one"))
    pathlib.Path(temporary).write_text("whole\n")
    edits.move_into_place(temporary, str(root / "etc/one"))
    status = (root / "etc/one").stat()
    assert (root / "etc/one").read_text() == "whole\n" and (status.st_uid, status.st_gid, status.st_mode & 0o777) == (12, 34, 0o640)
    assert sorted(os.listdir(root / "etc")) == [".one.imagewright-1.new", "one", "two"]  # process 1 lives
