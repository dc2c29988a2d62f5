# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an initramfs as a tree."""

import pytest
from unit.core.elf_files import library, program
from unit.initramfs import images

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import inside
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CorruptImage

LINK, DIRECTORY, PROGRAM = 0o120777, 0o040755, 0o100755
LOADER = "usr/lib64/ld-linux-x86-64.so.2"


def read(root, *parts):
    (root / "image").write_bytes(b"".join(parts))
    return inside.read_inside(LiveTree(str(root)), "/image")


def test_names_modes_links_and_texts_are_those_that_the_kernel_unpacks(tmp_path):
    files = read(
        tmp_path,
        images.microcode(),
        images.archive(
            images.member("bin", b"usr/bin", LINK),
            images.member("usr", mode=DIRECTORY),
            images.member("usr/bin/sh", b"#!/x\n", PROGRAM),
            images.member("etc/modprobe.d/a.conf", b"blacklist x\n"),
            images.member("init", b"#!/bin/sh\n", PROGRAM),
        ),
    )
    assert files.listdir("/") == ["bin", "etc", "init", "kernel", "usr"]
    assert files.resolve("/bin/sh") == "/usr/bin/sh" and files.stat("/bin/sh").mode == PROGRAM
    assert files.read_text("/etc/modprobe.d/a.conf") == "blacklist x\n"
    assert files.glob("/etc/*/*.conf") == ["/etc/modprobe.d/a.conf"]
    assert not files.exists("/etc/fstab") and files.is_dir("/etc/modprobe.d")


def test_the_last_member_of_a_name_counts_and_directories_may_be_links(tmp_path):
    files = read(
        tmp_path,
        images.archive(images.member("lib", b"usr/lib", LINK), images.member("init", b"#!/bin/old\n", PROGRAM)),
        images.archive(images.member("lib/modules/1/modules.dep", b"x:\n"), images.member("init", b"#!/bin/new\n", PROGRAM)),
    )
    assert files.read_text("/usr/lib/modules/1/modules.dep") == "x:\n" and files.is_file("/lib/modules/1/modules.dep")
    assert files.inspect(files, "/init").script == b"/bin/new\n"


def test_programs_are_asked_for_what_they_need(tmp_path):
    files = read(
        tmp_path,
        images.archive(
            images.member("lib64", b"usr/lib64", LINK),
            images.member("init", program(["libc.so.6"]), PROGRAM),
            images.member(LOADER, library(), PROGRAM),
            images.member("usr/lib64/libc.so.6", library()),
        ),
    )
    assert programs.obstacles(files, "/init", "x86_64", files.inspect) == []
    files = read(
        tmp_path, images.archive(images.member("init", program(["libc.so.6"]), PROGRAM), images.member("lib64/ld-linux-x86-64.so.2", library(), PROGRAM))
    )
    assert [programs.sentence(each) for each in programs.obstacles(files, "/init", "x86_64", files.inspect)] == [
        "the library libc.so.6, which /init needs, is not found"
    ]


def test_hard_links_share_what_the_last_of_them_holds(tmp_path):
    files = read(
        tmp_path, images.archive(images.member("bin/sh", b"", PROGRAM, links=2, inode=7), images.member("bin/dash", b"#!/y\n", PROGRAM, links=2, inode=7))
    )
    assert [files.stat(path).size for path in ("/bin/sh", "/bin/dash")] == [5, 5]
    assert files.inspect(files, "/bin/sh").script == b"/y\n"


def test_what_is_not_kept_is_an_error_and_never_empty(tmp_path):
    files = read(tmp_path, images.archive(images.member("usr/share/big", b"x" * 10), images.member("init", b"#!/x\n", PROGRAM)))
    with pytest.raises(ImagewrightError, match="it is no text that is looked into"):
        files.read_text("/usr/share/big")
    with pytest.raises(ImagewrightError, match="no program is expected there"):
        files.inspect(files, "/usr/share/big")


def test_an_image_of_endless_texts_or_programs_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(inside, "_MOST_TEXT", 1000)
    with pytest.raises(CorruptImage, match="more than 0 MiB of texts"):
        read(tmp_path, images.archive(*[images.member(f"etc/{number}", b"x" * 300) for number in range(4)]))
    monkeypatch.setattr(inside, "_MOST_PROGRAMS", 10)
    with pytest.raises(CorruptImage, match="more than 10 programs"):
        read(tmp_path, images.archive(*[images.member(f"bin/{number}", b"#!/x\n", PROGRAM) for number in range(11)]))
