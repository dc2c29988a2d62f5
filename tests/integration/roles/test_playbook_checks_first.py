# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest is never given up for nothing: what would make its preparation worthless stops the playbook before the first change."""

import os
import subprocess
import sys

import pytest
from lab.paths import CHECKOUT

from integration.roles.small_disks import small_disk
from integration.roles.test_playbook_errors import booted, play, the_error  # noqa: F401 pylint: disable=unused-import  # booted is a fixture

READINESS = CHECKOUT / "playbooks" / "readiness.yml"
CONVERT = CHECKOUT / "playbooks" / "convert.yml"
QUICK = {f"prepare_guest_{topic}": False for topic in ("kernel", "swap", "boot", "ssh", "agent", "sudoers", "network", "time")}
STAY = {**QUICK, "prepare_shutdown": True, "prepare_package_lists": False}


#: Names that are the user's own, and stop nothing.
OF_THE_USER = {"site": "a", "azure_subscription_id": "b", "images": "c", "guest_owner": "d"}


@pytest.fixture
def image(tmp_path):
    return small_disk(tmp_path / "web.raw")


def machine_id(guest):
    """Return the guest's machine-id."""
    return guest.output("cat /etc/machine-id").strip()


def test_the_image_of_another_machine(fresh_guest, tmp_path):
    image = small_disk(tmp_path / "other.raw", machine_id="0123456789abcdef0123456789abcdef")

    message = the_error(fresh_guest, image)

    assert f"cannot take {image} for the disk of {fresh_guest.host}: its /etc/machine-id is 0123456789abcdef0123456789abcdef" in message
    assert f"that of the guest is {machine_id(fresh_guest)}" in message and "correct azure_image_src" in message


def test_the_image_of_a_machine_that_was_cloned_from_the_same_template(fresh_guest, tmp_path):
    image = small_disk(tmp_path / "sibling.raw", machine_id=machine_id(fresh_guest), host_key="AAAAC3NzaC1lZDI1NTE5AAAAIAbc")

    message = the_error(fresh_guest, image)

    assert f"cannot take {image} for the disk of {fresh_guest.host}: none of the host keys of its SSH server is one of the guest" in message


def test_the_image_of_this_machine_and_one_that_cannot_be_compared(fresh_guest, tmp_path):
    host_key = fresh_guest.output("cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub")
    same = small_disk(tmp_path / "same.raw", machine_id=machine_id(fresh_guest), host_key=host_key)
    template = small_disk(tmp_path / "template.raw")

    for image, warned in ((same, False), (template, True)):
        done = play(fresh_guest, image, {**STAY, **OF_THE_USER, "azure_readiness_required": False}, check=True)
        assert not done.failed, done.failed_tasks()
        assert ("nobody can tell whether" in done.output) is warned


@pytest.mark.parametrize(
    "content, words",
    [
        (b"<domain type='kvm'><name>web</name></domain>\n", "it is a text, not a disk"),
        (bytes(513), "it is no disk: it has 513 bytes, no whole number of sectors"),
        (b"all:\n\ttrue\n" + b"#" * 501, "it is a text, not a disk"),
        (b"\1x" * 256 * 50000, "no generation of machine boots it: generation 1 needs a partition table, and the disk has none"),
    ],
    ids=["libvirt", "513 bytes", "Makefile", "no table"],
)
def test_an_image_that_is_no_disk(fresh_guest, tmp_path, content, words):
    image = tmp_path / "web.img"
    image.write_bytes(content)

    message = the_error(fresh_guest, image)

    assert f"cannot make a VHD of {image}: " in message and words in message and "give the guest's disk image as azure_image_src" in message


@pytest.fixture
def without_dissect(tmp_path, monkeypatch):
    """A controller where the packages that read disk images are not installed."""
    (tmp_path / "python/dissect").mkdir(parents=True)
    (tmp_path / "python/dissect/__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "python"))


def test_what_reads_the_vhd_is_not_installed(fresh_guest, image, without_dissect):
    message = the_error(fresh_guest, image)

    assert "cannot prove that the VHD will boot" in message and "pip install dissect.volume" in message


def test_without_the_proof_it_is_said_and_the_guest_prepared(fresh_guest, image, without_dissect):
    done = play(fresh_guest, image, {**STAY, "azure_readiness_required": False}, check=True)

    assert not done.failed, done.failed_tasks()
    assert f"the VHD of {fresh_guest.host} will not be checked" in done.output


@pytest.mark.parametrize(
    "options, words",
    [
        (("-e", "azure_image_scr=/x"), "nobody knows the variable azure_image_scr (azure_image_src was meant?)"),
        (("-e", "azure_readines=false"), "nobody knows the variable azure_readines (azure_readiness was meant?)"),
        (("--tags", "guest_sshh"), "nobody knows the tag guest_sshh (guest_ssh was meant?)"),
        (("--skip-tags", "guest_deprovison"), "nobody knows the tag guest_deprovison (guest_deprovision was meant?)"),
        (("--tags", "R99"), "nobody knows the tag R99"),
    ],
)
def test_a_name_that_nobody_knows(fresh_guest, image, options, words):
    message = the_error(fresh_guest, image, options=options)

    assert words in message and "correct the name" in message


@pytest.mark.parametrize(
    "options, words",
    [
        ((), "cannot check anything: no image is named, and no host of the inventory matches"),
        (("-e", "image="), "cannot check anything: no image is named"),
        (("-e", "imag=/x"), "nobody knows the variable imag (image was meant?)"),
        (("-e", "image=/x", "-e", "profil=marketplace"), "nobody knows the variable profil (profile was meant?)"),
        (("-e", "guests=nobody"), "no host of the inventory matches nobody"),
    ],
)
def test_readiness_of_nothing_is_no_success(options, words):
    done = subprocess.run([sys.executable, "-m", "ansible.cli.playbook", READINESS, *options], capture_output=True, text=True, check=False, cwd=CHECKOUT)

    assert done.returncode != 0
    assert words in " ".join((done.stdout + done.stderr).split())


def test_a_task_file_of_the_user_that_is_not_there(fresh_guest, image):
    message = the_error(fresh_guest, image, {"azure_hooks": {"after_image": "$HOME/nowhere/sign.yml"}})

    assert f"cannot run azure_hooks.after_image: there is no file {os.environ['HOME']}/nowhere/sign.yml" in message


def sudo_asks_for_a_password(guest):
    guest.run("echo 'admin:secret' | chpasswd; sed -i 's/NOPASSWD: *//' /etc/sudoers.d/*")


def test_sudo_that_wants_a_password(fresh_guest, image):
    fresh_guest.run("tar cf /opt/sudo.tar /etc/sudoers.d /etc/shadow")
    sudo_asks_for_a_password(fresh_guest)
    try:
        message = the_error(fresh_guest, image)
    finally:
        fresh_guest.run("tar xf /opt/sudo.tar -C /")

    assert f"cannot become root on {fresh_guest.host}" in message and "-K" in message and "ansible_become_password" in message
    assert "cannot reach" not in message


def test_su_that_wants_a_password_in_check_mode(fresh_guest, image):
    message = the_error(fresh_guest, image, ansible_become_method="su", ansible_timeout=10, check=True)

    assert f"cannot become root on {fresh_guest.host} with su: " in message and "-K (--ask-become-pass)" in message
    assert "cannot reach" not in message


def test_sudo_that_is_not_there(fresh_guest, image):
    fresh_guest.run("mv /usr/bin/sudo /usr/bin/sudo.real")
    try:
        message = the_error(fresh_guest, image)
    finally:
        fresh_guest.run("mv /usr/bin/sudo.real /usr/bin/sudo")

    assert f"cannot become root on {fresh_guest.host} with sudo: " in message and "install it on the guest, or set ansible_become_method" in message


def test_sudo_that_answers_late(fresh_guest, image):
    fresh_guest.run("mv /usr/bin/sudo /usr/bin/sudo.real && printf '#!/bin/sh\nsleep 30\nexec sudo.real \"$@\"\n' >/usr/bin/sudo && chmod 755 /usr/bin/sudo")
    try:
        message = the_error(fresh_guest, image, ansible_timeout=5)
    finally:
        fresh_guest.run("mv /usr/bin/sudo.real /usr/bin/sudo")

    assert f"cannot become root on {fresh_guest.host}" in message and "ansible_timeout" in message
    assert "cannot reach" not in message
