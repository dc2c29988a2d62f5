# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, links, and places that cannot or must not be written."""

import os
import stat
import struct
import sys

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import AlignRequest
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import align as vhd_align
from integration.vhd.aligning import align, refused
from integration.vhd.images import MIB, call, qemu_size, raw_disk, same_content

NAMES = [
    'json:{"driver":"null-co"}',
    "nbd:localhost:1",
    "http:x",
    "a:b.raw",
    "-x.raw",
    "a,b,,c.raw",
    "a\nb.raw",
    "with spaces.raw",
    "ü.raw",
    "fd:3",
    "a'b\"c$(d).raw",
]

ANY = 0xFFFFFFFF  # in place of a user in an access control list


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_18_and_19_a_name_is_a_path_and_nothing_else(tmp_path, name, image_format):
    raw = raw_disk(tmp_path / "plain", 20 * MIB)
    disk = tmp_path / name
    if image_format == "raw":
        disk.write_bytes(raw.read_bytes())
    else:
        call("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, tmp_path / "plain.qcow2")
        os.rename(tmp_path / "plain.qcow2", disk)
    result = align(disk, dest=os.fspath(tmp_path / name) + ".vhd")
    assert not result["failed"], result["msg"]
    os.rename(os.fspath(disk) + ".vhd", tmp_path / "result.vhd")
    same_content(raw, "raw", tmp_path / "result.vhd")


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_19_a_name_that_is_no_utf_8_works(tmp_path, image_format):
    # only the engine is asked: Ansible itself passes no such text to a module
    raw = raw_disk(tmp_path / "plain", 20 * MIB)
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.raw")
    call("qemu-img", "convert", "-f", "raw", "-O", image_format, raw, tmp_path / "image")
    os.rename(tmp_path / "image", name)
    request = AlignRequest(name, name + ".vhd", "auto", None, MIB, None, "auto", False, False, True, False, 0, False, None, False)
    assert vhd_align(request)["changed"]
    os.rename(name + ".vhd", tmp_path / "result.vhd")
    same_content(raw, "raw", tmp_path / "result.vhd")


@pytest.mark.parametrize("form", ["same", "dotted", "hard link", "symbolic link"])
def test_29_source_and_destination_that_are_one_file_are_refused(tmp_path, form):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    os.link(disk, tmp_path / "hard")
    os.symlink(disk, tmp_path / "soft")
    src = tmp_path / "soft" if form == "symbolic link" else disk
    dest = {"same": disk, "dotted": f"{tmp_path}/./x/../a.raw", "hard link": tmp_path / "hard", "symbolic link": disk}[form]
    refused(src, "dest is the same file", "in_place: true", dest=dest)


@pytest.mark.parametrize("image_format", ["vpc", "qcow2"])
@pytest.mark.parametrize("in_place", [False, True])
def test_29_an_image_that_cannot_be_changed_in_place_is_not_told_to_be(tmp_path, image_format, in_place):
    disk = tmp_path / "a.vhd"
    call("qemu-img", "create", "-q", "-f", image_format, disk, 20 * MIB)
    message = refused(disk, "dest is the same file", "must be copied; give another dest", dest=disk, in_place=in_place)
    assert "set in_place: true" not in message


def test_29_a_disk_behind_a_symbolic_link_is_changed_in_place_and_the_link_stays(tmp_path):
    (tmp_path / "store").mkdir()
    disk = raw_disk(tmp_path / "store" / "a.raw", 20 * MIB - 512)
    link = tmp_path / "current.raw"
    link.symlink_to("store/a.raw")
    result = align(link, in_place=True)
    assert (result["method"], result["dest"]) == ("in_place", os.fspath(disk)), result
    assert os.readlink(link) == "store/a.raw" and qemu_size(disk) == 20 * MIB
    assert align(link, in_place=True)["method"] == "unchanged"


def test_29_the_same_file_is_changed_when_in_place_allows_it(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB + 512)
    octets = disk.read_bytes()
    result = align(disk, dest=os.fspath(disk), in_place=True)
    assert (result["method"], result["virtual_size"]) == ("in_place", 21 * MIB)
    assert disk.read_bytes()[:-512] == octets + bytes(MIB - 512)


@pytest.mark.parametrize("target", ["victim", "nothing", "a.raw"])
def test_30_a_destination_that_is_a_symbolic_link_is_refused(tmp_path, target):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "victim").write_text("precious")
    os.symlink(tmp_path / target, tmp_path / "link.vhd")
    refused(disk, "symbolic link", dest=tmp_path / "link.vhd", overwrite=True)
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "nothing").exists()


def test_31_a_destination_that_is_no_file_is_refused(tmp_path):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mknod(tmp_path / "device", 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    for name, what in (("folder", "a directory"), ("pipe", "a named pipe"), ("device", "a block device")):
        refused(disk, what, dest=tmp_path / name, overwrite=True)
    refused(disk, "there is no directory", dest=tmp_path / "missing" / "a.vhd")
    refused(disk, "ends with a slash", "the VHD itself", dest=f"{tmp_path}/vhds/")


def test_31_a_source_that_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.mknod(tmp_path / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    for source in (tmp_path / "pipe", tmp_path / "device", tmp_path):
        refused(source, "no regular file", dest=tmp_path / "a.vhd")
    refused(tmp_path / "missing", "there is no such file")


@pytest.fixture
def immutable():
    """A function that makes a path immutable until the end of the test."""
    paths = []

    def make(path):
        call("chattr", "+i", path)
        paths.append(path)

    yield make
    for path in paths:
        call("chattr", "-i", path)


def test_32_an_immutable_destination_or_directory_is_refused_before_the_copy(tmp_path, immutable):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "old.vhd").write_text("old")
    immutable(tmp_path / "old.vhd")
    refused(disk, "immutable", "chattr -i", dest=tmp_path / "old.vhd", overwrite=True)
    (tmp_path / "folder").mkdir()
    immutable(tmp_path / "folder")
    refused(disk, "immutable", "chattr -i", dest=tmp_path / "folder" / "a.vhd")


def test_32_an_immutable_disk_is_not_changed_in_place(tmp_path, immutable):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    immutable(disk)
    refused(disk, f"cannot change {disk}", "immutable", dest=disk, in_place=True)


def test_32_a_read_only_file_system_is_refused(tmp_path, small_file_system):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    call("mount", "-o", "remount,ro", small_file_system)
    refused(disk, "read-only", dest=small_file_system / "a.vhd")


def test_32_a_disk_on_a_read_only_file_system_is_not_changed_in_place(small_file_system):
    disk = raw_disk(small_file_system / "a.raw", 2 * MIB - 512)
    call("mount", "-o", "remount,ro", small_file_system)
    refused(disk, f"cannot change {disk}", "mounted read-only", dest=disk, in_place=True)


def test_32_a_directory_that_may_not_be_entered_is_not_said_to_be_missing(tmp_path, nobody):
    disk = raw_disk(tmp_path / "a.raw", 20 * MIB)
    (tmp_path / "closed" / "inside").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    refused(disk, "permission denied", dest=tmp_path / "closed" / "inside" / "a.vhd", python=nobody)


def test_32_a_name_that_becomes_too_long_is_refused_with_what_to_do(tmp_path):
    disk = raw_disk(tmp_path / ("n" * 253), 20 * MIB)
    result = align(disk)
    assert result["failed"] and "its name is too long; give a dest" in result["msg"], result
    assert align(disk, dest=os.fspath(tmp_path / "a.vhd"))["changed"]
    assert align(tmp_path / "a.vhd", dest=os.fspath(tmp_path / ("m" * 251 + ".vhd")))["changed"]


@pytest.fixture
def nobody(tmp_path):
    """The path of an interpreter that runs as a user without rights."""
    python = tmp_path / "python-as-nobody"
    python.write_text(f'#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups {sys.executable} "$@"\n')
    for path in (tmp_path, *[parent for parent in tmp_path.parents if os.fspath(parent).startswith("/tmp/pytest")], python):
        path.chmod(0o755)
    return os.fspath(python)


def test_32_another_users_directory_is_refused(tmp_path, nobody):
    refused(raw_disk(tmp_path / "a.raw", 20 * MIB), "permission denied", python=nobody)


@pytest.mark.parametrize(
    ("mode", "owner", "words"),
    [
        (0o644, (0, 0), "belongs to another user or group"),
        (0o644, (65534, 0), "belongs to another user or group"),
        (0o000, (65534, 65534), "permission denied"),
    ],
)
def test_32_another_users_destination_is_refused_before_the_copy(tmp_path, nobody, mode, owner, words):
    disk, folder = raw_disk(tmp_path / "a.raw", 20 * MIB), tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "old.vhd").write_text("old")
    os.chown(folder / "old.vhd", *owner)
    (folder / "old.vhd").chmod(mode)
    os.chown(folder, 65534, 65534)
    message = refused(disk, words, dest=folder / "old.vhd", overwrite=True, python=nobody)
    assert f"{folder}/old.vhd" in message and os.fspath(disk) not in message


def test_32_a_destination_that_is_replaced_keeps_its_owner_and_labels(tmp_path):
    disk, dest = raw_disk(tmp_path / "a.raw", 20 * MIB), tmp_path / "old.vhd"
    dest.write_text("old")
    os.chown(dest, 65534, 65533)
    dest.chmod(0o640)
    access = struct.pack("<I", 2) + b"".join(  # an access control list, by hand after linux/posix_acl_xattr.h
        struct.pack("<HHI", tag, rights, who) for tag, rights, who in ((1, 6, ANY), (2, 4, 65532), (4, 4, ANY), (16, 4, ANY), (32, 0, ANY))
    )
    labels = {"user.origin": b"build 7", "security.selinux": b"system_u:object_r:virt_image_t:s0\0", "system.posix_acl_access": access}
    for name, value in labels.items():
        os.setxattr(dest, name, value)
    before = dest.stat()
    assert align(disk, dest=os.fspath(dest), overwrite=True)["changed"]
    assert {name: os.getxattr(dest, name) for name in labels} == labels
    assert (dest.stat().st_mode, dest.stat().st_uid, dest.stat().st_gid) == (before.st_mode, 65534, 65533)
    same_content(disk, "raw", dest)
