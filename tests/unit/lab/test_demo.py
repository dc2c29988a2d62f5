# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's proofs fail when they should."""

import os
import struct
import subprocess

import pytest
from lab import demo, demo_proofs, probes, vhdfile
from lab.bootcheck import BootCheck
from lab.console import read_console
from lab.inside import read_state
from lab.playing import Play

MENU = "linux /boot/vmlinuz root=UUID=1 ro console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200"
BOOTED = """Loading Linux 6.1 ...
[ 0.0] Command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=1 ro console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200
[ 3.0] EXT4-fs (sda1): mounted filesystem
[  OK  ] Reached target multi-user.target - Multi-User System.
guest login:
LAB-REPORT-BEGIN
cmdline BOOT_IMAGE=/boot/vmlinuz root=UUID=1 ro console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200
root /dev/sda1 ext4
[   40.1] kvm: Nested Virtualization enabled
target active
job 123 lab-report.service start running
failed ssh.service loaded failed failed OpenBSD Secure Shell server
LAB-REPORT-END
"""


def answers(**outputs):
    """Return an answer to each probe: that of a prepared guest, where none is given by name."""
    good = {
        "kernel console": MENU,
        "kernel line": MENU,
        "GRUB terminal": "terminal_output serial",
        "sudoers syntax": "ok",
        "sshd keep-alive": "180",
        "Azure agent": "enabled",
    }
    found = {**good, **outputs}
    return [probes.Answer(probe, bool(probe.good(found.get(probe.name, ""))), found.get(probe.name, "")) for probe in probes.PROBES]


def failed(proofs):
    """Return the names of the proofs that do not hold."""
    return [proof.name for proof in proofs if not proof.holds]


def of_boot(text, error=""):
    """Return the names of the proofs of a boot that fail."""
    return failed(demo_proofs.of_boot(BootCheck(read_console(text), read_state(text), text, 20.0, error), answers()))


def said(line):
    """Return the console of a good boot with one more line in the guest's report."""
    return BOOTED.replace("LAB-REPORT-END", line + "\nLAB-REPORT-END")


def test_a_good_boot_proves_everything():
    assert of_boot(BOOTED) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        (BOOTED.replace("Loading Linux 6.1 ...\n", ""), ["GRUB on ttyS0"]),
        (BOOTED.replace(" console=ttyS0,115200n8", ""), ["/proc/cmdline"]),
        (BOOTED.replace(" ro ", " ro quiet "), ["/proc/cmdline"]),
        (BOOTED.replace("root /dev/sda1 ext4", "root"), ["root mounted"]),
        (BOOTED.replace("target active", "target inactive"), ["multi-user reached"]),
        (BOOTED.replace("guest login:\n", ""), ["login prompt"]),
        (BOOTED.replace("LAB-REPORT-END", ""), ["state of the booted guest"]),
        ("[ 9.0] Adding 65532k swap on /dev/sda2.  Priority:-2\n" + BOOTED, ["swap"]),
        (said("swap /dev/sda2 partition 65532 0 -2"), ["swap"]),
        ("Gave up waiting for suspend/resume device\n" + BOOTED, ["waits for a device that is gone"]),
        (said("job 77 dev-sda2.device start running"), ["waits for a device that is gone"]),
        (said("job 78 ssh.service start running"), []),
        (said("failed cron.service loaded failed failed cron"), ["failed units"]),
    ],
)
def test_each_trouble_at_the_boot_fails_its_own_proof(text, expected):
    assert of_boot(text) == expected


def test_a_boot_without_an_answer_proves_nothing():
    assert of_boot("", "no login") == ["GRUB on ttyS0", "kernel on ttyS0", "login prompt", "state of the booted guest"]
    assert failed(demo_proofs.of_boot(None, answers())) == ["boot"]


def test_a_fault_that_is_left_on_the_guest_fails():
    left = answers(**{"swap in fstab": "/dev/sda2 none swap sw 0 0", "sshd keep-alive": "0"})
    assert failed(demo_proofs.of_guest(answers(), left)) == ["swap in fstab", "sshd keep-alive"]


def play(changed, returncode=0):
    """Return a play with a number of changed tasks."""
    tasks = [{"status": "ok", "host": "a", "task": f"task {number}", "result": {"changed": True}} for number in range(changed)]
    return Play(returncode, "", tasks, {"a": {"changed": changed}})


def test_a_second_run_that_changes_something_fails_and_says_what():
    proofs = demo_proofs.of_plays(play(3), play(1), play(2))
    assert failed(proofs) == ["second run"]
    assert "task 0" in proofs[1].after


def test_a_first_run_that_changes_nothing_fails():
    assert failed(demo_proofs.of_plays(play(0), play(0), play(2))) == ["first run"]


@pytest.fixture(scope="module")
def vhd(tmp_path_factory):
    """A fixed VHD of 4 MiB, made by qemu-img."""
    path = tmp_path_factory.mktemp("vhd") / "disk.vhd"
    subprocess.run(["qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on", path, "4M"], check=True)
    return path


def test_a_vhd_of_qemu_img_is_right(vhd):
    assert vhdfile.wrong(vhd) == []
    assert vhdfile.footer(vhd).current_size == 4 * 1024 * 1024


@pytest.mark.parametrize(
    "offset, content, sentence",
    [
        (0, b"conectiX", "footer"),
        (60, struct.pack(">I", 3), "disk type is 3"),
        (64, b"\0\0\0\0", "checksum"),
        (48, struct.pack(">Q", 4 * 1024 * 1024 + 512), "whole number of MiB"),
    ],
)
def test_a_spoilt_footer_is_named(vhd, tmp_path, offset, content, sentence):
    spoilt = tmp_path / "disk.vhd"
    data = bytearray(vhd.read_bytes())
    at = len(data) - 512 + offset
    data[at : at + len(content)] = content
    spoilt.write_bytes(data)
    assert any(sentence in wrong for wrong in vhdfile.wrong(spoilt))


@pytest.mark.parametrize(
    "guest, firmware, cure",
    [
        ("docker", "bios", "GUEST=container, GUEST=vm or GUEST=image"),
        ("vm", "efi", "FIRMWARE=bios or FIRMWARE=uefi"),
        ("container", "uefi", "give GUEST=vm FIRMWARE=uefi"),
    ],
)
def test_what_the_demo_cannot_show_is_refused_with_a_cure(monkeypatch, capsys, guest, firmware, cure):
    monkeypatch.setitem(os.environ, "GUEST", guest)
    monkeypatch.setitem(os.environ, "FIRMWARE", firmware)
    assert demo.main() == 1
    assert cure in capsys.readouterr().err
