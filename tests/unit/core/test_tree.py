# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import errno
import os
import time

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "guest"
    (folder / "etc" / "default").mkdir(parents=True)
    (folder / "etc" / "default" / "grub").write_bytes(b"GRUB_TIMEOUT=5\r\n\xff\n")
    return folder


def test_text_keeps_line_ends_and_bytes_that_are_not_utf8(root):
    text = LiveTree(str(root)).read_text("/etc/default/grub")
    assert text == "GRUB_TIMEOUT=5\r\n\udcff\n"


def test_an_absolute_link_is_followed_inside_the_root(root):
    (root / "etc" / "grub").symlink_to("/etc/default/grub")
    tree = LiveTree(str(root))
    assert tree.resolve("/etc/grub") == "/etc/default/grub"
    assert tree.host_path("/etc/grub") == str(root / "etc" / "default" / "grub")


def test_a_link_that_climbs_out_stays_inside_the_root(root, tmp_path):
    (tmp_path / "secret").write_text("secret of the host")
    (root / "etc" / "up").symlink_to("../../../secret")
    tree = LiveTree(str(root))
    assert tree.resolve("/etc/up") == "/secret"
    assert not tree.exists("/etc/up")
    with pytest.raises(ImagewrightError, match="there is no such file"):
        tree.read_text("/etc/up")


def test_a_linked_directory_is_followed_in_the_middle_of_a_path(root):
    (root / "sysconfig").symlink_to("/etc/default")
    assert LiveTree(str(root)).read_bytes("/sysconfig/grub", limit=4) == b"GRUB"


def test_a_loop_of_links_is_an_error_that_names_the_path(root):
    (root / "etc" / "a").symlink_to("b")
    (root / "etc" / "b").symlink_to("a")
    tree = LiveTree(str(root))
    for question in (tree.exists, tree.is_file, tree.is_dir, tree.listdir, tree.read_text):
        with pytest.raises(ImagewrightError, match="cannot read /etc/a: its symbolic links form a loop"):
            question("/etc/a")
    assert tree.is_symlink("/etc/a")


@pytest.mark.parametrize(("code", "there"), [("ENOENT", False), ("ENOTDIR", False), ("EIO", None), ("EACCES", None), ("ESTALE", None)])
def test_only_what_is_not_there_is_absent_and_what_cannot_be_read_is_an_error(root, monkeypatch, code, there):
    def fail(path, *unused):
        raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)), path)

    monkeypatch.setattr(os, "lstat", fail)
    monkeypatch.setattr(os, "readlink", fail)
    tree = LiveTree(str(root))
    if there is not None:
        assert tree.exists("/etc/fstab") is there
        return
    with pytest.raises(ImagewrightError, match="cannot read /etc"):
        tree.exists("/etc/fstab")


def test_a_text_that_no_system_has_is_refused_by_name_in_a_second(root):
    with open(root / "etc" / "large.conf", "wb") as stream:
        stream.write(b"a line\n" * (100 * 1024 * 1024 // 7))
    (root / "etc" / "long.conf").write_bytes(b"first\n" + b"x" * (10 * 1024 * 1024) + b"\nlast\n")
    tree = LiveTree(str(root))
    started = time.process_time()
    with pytest.raises(ImagewrightError, match="cannot read /etc/large.conf: it has more than 16 MiB"):
        tree.read_text("/etc/large.conf")
    with pytest.raises(ImagewrightError, match="cannot read /etc/long.conf line 2: it has more than 1024 KiB"):
        tree.read_text("/etc/long.conf")
    assert time.process_time() - started < 1


def test_a_file_of_many_lines_is_read_whole(root):
    text = "alias pci:v00001234d* driver\n" * 200000  # 5.8 MB, as modules.alias
    (root / "etc" / "modules.alias").write_text(text)
    assert LiveTree(str(root)).read_text("/etc/modules.alias") == text


def test_no_sparse_file_fills_the_memory(root):
    with open(root / "etc" / "sparse", "wb") as stream:
        stream.truncate(6 * 1024 * 1024 * 1024)
    with pytest.raises(ImagewrightError, match="cannot read /etc/sparse: it has more than 256 MiB"):
        LiveTree(str(root)).read_bytes("/etc/sparse")


def test_a_fifo_is_refused_and_not_waited_for(root):
    os.mkfifo(root / "etc" / "fifo")
    with pytest.raises(ImagewrightError, match="not a regular file"):
        LiveTree(str(root)).read_bytes("/etc/fifo")


def test_glob_gives_sorted_guest_paths_and_skips_hidden_names(root):
    folder = root / "etc" / "default" / "grub.d"
    folder.mkdir()
    for name in ("50-b.cfg", "10-a.cfg", ".hidden.cfg", "note.txt"):
        (folder / name).write_text("")
    assert LiveTree(str(root)).glob("/etc/default/grub.d/*.cfg") == ["/etc/default/grub.d/10-a.cfg", "/etc/default/grub.d/50-b.cfg"]


def test_a_root_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ImagewrightError, match="mount the guest's root there first"):
        LiveTree(str(tmp_path / "missing"))


def test_a_path_with_a_null_byte_names_nothing(root):
    assert not LiveTree(root).exists("/etc/a\0b") and LiveTree(root).glob("/etc/a\0b/*") == []


def test_a_text_larger_than_any_configuration_is_an_error_that_names_it(root):
    with open(root / "etc" / "huge", "wb") as stream:
        stream.truncate(17 * 2**20)
    with pytest.raises(ImagewrightError, match="cannot read /etc/huge: it has more than 16 MiB"):
        LiveTree(str(root)).read_text("/etc/huge")


def test_what_is_found_out_is_kept_in_a_settled_tree_alone(root):
    def text(tree):
        return tree.read_text("/etc/default/grub")

    open_tree, settled = LiveTree(str(root)), LiveTree(str(root))
    settled.settle()
    assert [tree.known(text) for tree in (open_tree, settled)] == ["GRUB_TIMEOUT=5\r\n\udcff\n"] * 2
    (root / "etc" / "default" / "grub").write_text("changed")
    assert (open_tree.known(text), settled.known(text)) == ("changed", "GRUB_TIMEOUT=5\r\n\udcff\n")
    settled.settle()
    assert settled.known(text) == "changed"
