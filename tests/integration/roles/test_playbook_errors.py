# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bad input gets from the whole playbook: one error that names the thing and the cure; guest and image stay as they were."""

import hashlib
import json
import subprocess

import pytest
from lab import playing
from lab.paths import CHECKOUT

from integration.roles.small_disks import small_disk

PLAYBOOK = CHECKOUT / "playbooks" / "prepare-azure.yml"
MIB = 1024 * 1024

#: Everything of a guest that the playbook could have changed, and whether it goes down. What the lab itself does to it (ssh) is left out, and a unit of
#: its own that fails on a busy machine.
STATE = (
    "{ find /etc /boot /root /home /var/lib/dpkg/status -xdev -type f ! -path '*/.ansible/*' ! -name .sudo_as_admin_successful "
    "-exec sha256sum {} +; swapon --noheadings --show; systemctl is-system-running | grep -E 'stopping|offline'; } | sort | sha256sum"
)


@pytest.fixture(scope="module", autouse=True)
def booted(fresh_guest):
    """The first boot writes files of its own; what is compared comes after it."""
    fresh_guest.run("systemctl is-system-running --wait", check=False)


@pytest.fixture
def image(tmp_path):
    """A raw disk of 32 MiB that a machine could boot."""
    return small_disk(tmp_path / "web.raw")


def digest(path):
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def small_folder(tmp_path):
    """A file system of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def qemu(image):
    """A QEMU that has the image for itself, and does nothing with it."""
    process = subprocess.Popen(
        [
            "qemu-system-x86_64",
            "-accel",
            "tcg",
            "-S",
            "-nodefaults",
            "-display",
            "none",
            "-m",
            "32",
            "-drive",
            f"file={image},format=raw,if=none,id=d0",
            "-device",
            "virtio-blk-pci,drive=d0",
        ]
    )
    yield process
    process.kill()
    process.wait()


def play(guest, image, variables=None, options=(), check=False, **host):
    """Return what the playbook did on a guest whose disk is said to be image."""
    inventory = json.loads(guest.inventory)
    inventory["guests"]["hosts"][guest.host].update({"azure_image_src": str(image), **host})
    return playing.playbook(json.dumps(inventory), PLAYBOOK, variables, check=check, options=options)


def the_error(guest, image, variables=None, options=(), check=False, **host):
    """Return the one error of a playbook that leaves guest and image as they were."""
    before = guest.output(STATE), digest(image) if image.exists() else None, sorted(image.parent.iterdir())
    done = play(guest, image, variables, options, check, **host)
    assert done.returncode != 0
    messages = done.failed_tasks()
    assert messages, done.output
    assert done.changed == 0, done.changed_tasks()
    assert (guest.output(STATE), digest(image) if image.exists() else None, sorted(image.parent.iterdir())) == before
    return messages[-1]


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"prepare_image_kind": "generalised"}, "value of prepare_image_kind must be one of: generalized, specialized, got: generalised"),
        ({"prepare_shutdown": "maybe"}, "argument 'prepare_shutdown' is of type"),
        ({"guest_time_refclok": "x", "guest_agent_provisioning": "mine"}, "nobody knows the variable guest_time_refclok (guest_time_refclock was meant?)"),
        ({"guest_agent_provisioning": "mine"}, "value of guest_agent_provisioning must be one of: auto, waagent, cloud-init, got: mine"),
        ({"prepare_imagekind": "generalized"}, "nobody knows the variable prepare_imagekind (prepare_image_kind was meant?)"),
        ({"azure_shutdown_timeout": "soon"}, "argument 'azure_shutdown_timeout' is of type"),
        ({"azure_image_size": "banana"}, "cannot use azure_image_size 'banana': it is not a size; write a number of bytes or one like '30GiB'"),
        ({"azure_image_format": "qcow"}, "value of azure_image_format must be one of: auto, raw, qcow2"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_variable_with_a_wrong_name_or_value_is_found_before_the_guest_is_touched(fresh_guest, image, variables, words):
    assert words in the_error(fresh_guest, image, variables)


def test_one_vhd_for_two_guests(fresh_guest, image):
    inventory = json.loads(fresh_guest.inventory)
    (guest,) = inventory["guests"]["hosts"].values()
    spelled_otherwise = f"{image.parent}/./{image.name}"
    inventory["guests"]["hosts"] = {"web1": {**guest, "azure_image_src": str(image)}, "web2": {**guest, "azure_image_src": spelled_otherwise}}

    done = playing.playbook(json.dumps(inventory), PLAYBOOK)

    assert done.returncode != 0 and done.changed == 0
    assert f"cannot make {image.with_suffix('.vhd')} of web1 and of web2: one would replace the other" in done.failed_tasks()[0]


@pytest.mark.parametrize("hosts", [{}, {"localhost": {"ansible_connection": "local"}}])
def test_an_inventory_without_a_guest(hosts):
    done = playing.playbook(json.dumps({"guests": {"hosts": hosts}}), PLAYBOOK)

    assert done.returncode != 0 and len(done.failed_tasks()) == 1
    assert "no host of the inventory matches all:!localhost; give an inventory with a guest" in done.failed_tasks()[0]


def test_a_run_of_one_tag_does_not_stop_at_the_errors_of_others(fresh_guest):
    of_somebody_else = {"guest_ssh_port": 22, "prepare_something": True}
    done = fresh_guest.playbook(PLAYBOOK, {"prepare_package_lists": False, **of_somebody_else}, options=("--tags", "R46"))

    assert not done.failed, done.failed_tasks()
    assert fresh_guest.output("systemctl is-system-running", check=False) in ("running", "degraded"), "a tag does not finish the guest"


def test_a_guest_that_cannot_be_reached(fresh_guest, image):
    before = digest(image)
    done = play(fresh_guest, image, ansible_port=1)

    assert done.returncode != 0 and done.hosts[fresh_guest.host]["failures"] == 1
    message = done.failed_tasks()[-1]
    assert f"cannot reach {fresh_guest.host} at 127.0.0.1, port 1: " in message and "Connection refused" in message
    assert "start the machine and its SSH server, correct ansible_host" in message and "log in with ssh once" in message
    assert digest(image) == before and list(image.parent.iterdir()) == [image]


def test_a_user_without_root_rights(fresh_guest, image):
    message = the_error(fresh_guest, image, {"ansible_become": False})

    assert "the tasks run as admin (uid 1000)" in message and "set become to true" in message


def test_a_boot_directory_that_is_read_only(fresh_guest, image):
    fresh_guest.run("mount --bind /boot /boot && mount -o remount,ro,bind /boot")
    try:
        message = the_error(fresh_guest, image)
    finally:
        fresh_guest.run("umount /boot")

    assert f"cannot prepare {fresh_guest.host}: /boot cannot be written" in message and "mount -o remount,rw" in message


def test_a_boot_loader_that_nobody_knows(fresh_guest, image):
    fresh_guest.run("cd / && tar cf /opt/grub.tar etc/default/grub etc/grub.d boot/grub && rm -r etc/default/grub etc/grub.d boot/grub")
    try:
        message = the_error(fresh_guest, image)
    finally:
        fresh_guest.run("tar xf /opt/grub.tar -C /")

    assert "no boot loader was found there (GRUB 2, GRUB Legacy" in message and "install one" in message


def test_an_agent_that_no_repository_has(fresh_guest, image):
    message = the_error(fresh_guest, image, {"guest_agent_package": "no-such-agent"})

    assert f"cannot install the package no-such-agent on {fresh_guest.host}" in message and "guest_agent_source" in message


def test_sudo_rules_that_visudo_rejects(fresh_guest, image):
    fresh_guest.run("echo 'admin ALL=(ALL NOPASSWD: ALL' > /etc/sudoers.d/broken && chmod 440 /etc/sudoers.d/broken")
    try:
        message = the_error(fresh_guest, image)
    finally:
        fresh_guest.run("rm /etc/sudoers.d/broken")

    assert "/etc/sudoers.d/broken:1:" in message and "correct it with visudo first" in message


def test_two_managers_of_the_network(fresh_guest, image):
    link = "/etc/systemd/system/multi-user.target.wants/wicked.service"
    fresh_guest.write("/etc/systemd/system/wicked.service", "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
    fresh_guest.run("systemctl enable -q wicked.service")
    try:
        message = the_error(fresh_guest, image)
    finally:
        fresh_guest.run(f"rm {link} /etc/systemd/system/wicked.service")

    assert f"wicked ({link})" in message and "are both enabled" in message and "disable all but one" in message


def test_an_image_that_is_not_there(fresh_guest, image):
    message = the_error(fresh_guest, image.with_name("elsewhere.raw"))

    assert f"cannot read {image.with_name('elsewhere.raw')}: there is no such file" in message


@pytest.mark.parametrize("given", ["images/elsewhere.raw", "./images/../images/elsewhere.raw", "$IMAGES/elsewhere.raw", "~/images/elsewhere.raw"])
def test_where_a_path_begins(fresh_guest, image, monkeypatch, given, tmp_path_factory):
    monkeypatch.chdir(image.parent)
    monkeypatch.setenv("PWD", "/nowhere")  # as make -C, env -C, ansible-runner and AWX leave it
    monkeypatch.setenv("IMAGES", str(image.parent / "images"))
    monkeypatch.setenv("HOME", str(image.parent))
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path_factory.mktemp("ansible")))

    message = the_error(fresh_guest, image, {"azure_image_src": given})

    assert f"cannot read {image.parent}/images/elsewhere.raw: there is no such file" in message


def test_an_image_that_is_none(fresh_guest, image):
    image.write_bytes(b"PK\3\4" + bytes(1020))
    message = the_error(fresh_guest, image)

    assert f"cannot make a VHD of {image}: " in message and "give the guest's disk image as azure_image_src" in message


def test_a_destination_without_a_directory(fresh_guest, image):
    message = the_error(fresh_guest, image, azure_image_dest=str(image.parent / "nothing" / "web.vhd"))

    assert f"there is no directory {image.parent}/nothing; create it first" in message


def test_a_destination_without_space(fresh_guest, image, small_folder):
    message = the_error(fresh_guest, image, azure_image_dest=str(small_folder / "web.vhd"))

    assert " and the file system has 1048576 bytes (1 MiB) free" in message
    assert "choose another dest" in message


@pytest.mark.parametrize("kind", ["specialized", "generalized"])
def test_the_controller_itself(kind, image):
    """In check mode, so that a failure of this test costs nothing."""
    inventory = {
        "guests": {"hosts": {"web1": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3", "azure_image_src": str(image)}}}
    }

    done = playing.playbook(json.dumps(inventory), PLAYBOOK, {"prepare_image_kind": kind}, check=True)

    assert done.returncode != 0
    assert "it is the controller itself" in done.failed_tasks()[-1] and "give the guest's own address" in done.failed_tasks()[-1]
    assert [task["task"] for task in done.tasks if task["result"].get("changed")] == []


def test_the_controller_itself_when_the_look_at_it_is_left_out():
    """In check mode, so that a failure of this test costs nothing."""
    inventory = {"guests": {"hosts": {"web1": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}}}}
    task = "imagewright.azure.prepare : Power the guest off"

    done = playing.playbook(json.dumps(inventory), PLAYBOOK, {"prepare_image_kind": "specialized"}, check=True, options=("--start-at-task", task))

    assert done.returncode != 0
    assert "nobody has looked whether it is the controller; run the play from its beginning" in done.output.replace("\n", " ")
    assert [task["task"] for task in done.tasks if task["result"].get("changed")] == []


def test_the_controller_itself_when_the_role_alone_begins_behind_the_look_at_it(tmp_path):
    """In check mode, so that a failure of this test costs nothing."""
    book = tmp_path / "deprovision.yml"
    book.write_text("- hosts: guests\n  gather_facts: false\n  roles: [imagewright.azure.guest_deprovision]\n")
    inventory = {"guests": {"hosts": {"web1": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}}}}
    task = "imagewright.azure.guest_deprovision : Generalize | Take away what belongs to this machine"

    done = playing.playbook(json.dumps(inventory), book, None, check=True, options=("--start-at-task", task))

    assert done.returncode != 0
    assert "nobody has looked whether it is the controller" in done.output.replace("\n", " ")


def test_an_image_that_another_machine_holds(fresh_guest, image, qemu):
    """The last test, for it powers the guest off."""
    quick = {f"prepare_guest_{topic}": False for topic in ("kernel", "swap", "boot", "ssh", "agent", "sudoers", "network", "time")}
    before = digest(image)

    done = play(fresh_guest, image, {**quick, "azure_readiness": False, "prepare_package_lists": False, "azure_shutdown_timeout": 10})

    assert done.returncode != 0
    assert f"cannot read {image}: it is still in use by qemu-system-x86 (pid {qemu.pid}) after 10 s" in done.failed_tasks()[-1].replace("\n", " ")
    assert digest(image) == before and list(image.parent.iterdir()) == [image]
