# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk as ostree lays it out (Fedora CoreOS, Silverblue, RHEL for Edge, image mode), made by ostree itself: refused by that name, never judged as empty."""

import pytest
from lab import line, playing
from lab.commands import run

RELEASE = "NAME=Debian\nID=debian\nVERSION_ID=12\n"
NAMED = "it is an ostree system (Fedora CoreOS, Silverblue, RHEL for Edge), whose root only its own boot puts together from /ostree"


MUTABLE = {"OSTREE_SYSROOT_DEBUG": "mutable-deployments"}  # else nobody can delete the directory again


@pytest.fixture(name="disk", scope="module")
def fixture_disk(tmp_path_factory):
    """A disk with one deployment, as `ostree admin deploy` writes it."""
    place = tmp_path_factory.mktemp("ostree")
    system, sysroot, disk = place / "system", place / "sysroot", place / "disk.raw"
    files = {"usr/lib/modules/6.1.0/vmlinuz": "kernel", "usr/lib/modules/6.1.0/initramfs.img": "initramfs", "usr/lib/os-release": RELEASE, "usr/etc/fstab": ""}
    for name, text in files.items():
        (system / name).parent.mkdir(parents=True, exist_ok=True)
        (system / name).write_text(text, encoding="ascii")
    sysroot.mkdir()
    run(["ostree", "admin", "init-fs", "--modern", sysroot])
    run(["ostree", "admin", f"--sysroot={sysroot}", "os-init", "debian"])
    run(["ostree", f"--repo={sysroot}/ostree/repo", "commit", "--branch=debian/12", f"--tree=dir={system}"])
    run(["ostree", "admin", f"--sysroot={sysroot}", "deploy", "--os=debian", "--karg=root=LABEL=root", "debian/12"], env=MUTABLE)
    with disk.open("wb") as handle:
        handle.truncate(64 * 1024**2)
    run(["mke2fs", "-q", "-F", "-L", "root", "-d", sysroot, disk])
    return disk


def test_the_verdict_names_it_and_is_not_ready(disk):
    judged = line.judge(disk)
    assert not judged["ready"]
    found = next(finding for finding in judged["findings"] if finding["id"] == "R00")
    assert (found["status"], found["severity"]) == ("failed", "error")
    assert NAMED in found["evidence"][0]["text"]
    passed = {finding["id"] for finding in judged["findings"] if finding["status"] == "passed" and finding["severity"] == "error"}
    assert passed == {"R02", "R14b"}  # the size of the file and its partition table: nothing of the system


def test_its_root_alone_is_no_system_either(disk, tmp_path):
    run(["debugfs", "-R", f"rdump / {tmp_path}", disk])
    judged = playing.module(line.LOCALHOST, "readiness_info", {"root": str(tmp_path)}, become=False, diff=False)
    assert not judged["ready"]
    assert "there is no Linux root in" in next(finding for finding in judged["findings"] if finding["id"] == "R00")["evidence"][0]["text"]


def test_it_is_not_opened_for_a_preparation(disk):
    opened = playing.module(line.LOCALHOST, "image_session", {"path": str(disk)}, become=False, diff=False)
    assert opened["failed"]
    assert NAMED in opened["msg"]
