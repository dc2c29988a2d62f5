# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a serial console."""

import time

import pytest
from lab.console import LOGIN, plain, read_console, wait_for
from lab.errors import LabError

GOOD = """  Booting `Debian GNU/Linux'\r
\r
Loading Linux 6.1.0-50-cloud-amd64 ...\r
[    0.000000] Linux version 6.1.0-50-cloud-amd64 (debian-kernel@lists.debian.org)\r
[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=1234 ro console=tty1 console=ttyS0,115200n8\r
[    0.025000] Kernel command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=1234 ro console=tty1 console=ttyS0,115200n8\r
[    3.100000] EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.\r
[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.\r
\r
Debian GNU/Linux 12 localhost ttyS0\r
\r
localhost login: """


def test_a_good_boot_says_all_that_is_asked():
    report = read_console(GOOD)
    assert report.grub and report.kernel and report.root_mounted and report.multi_user and report.login
    assert report.command_line == "BOOT_IMAGE=/boot/vmlinuz root=UUID=1234 ro console=tty1 console=ttyS0,115200n8"
    assert (report.swaps, report.waiting, report.timed_out, report.failed_units, report.hopeless) == ([], [], [], [], "")


def test_an_empty_console_says_nothing_good():
    report = read_console("")
    assert not (report.grub or report.kernel or report.root_mounted or report.multi_user or report.login)


@pytest.mark.parametrize(
    "line, field, expected",
    [
        ("[    8.1] Adding 65532k swap on /dev/sda2.  Priority:-2 extents:1 across:65532k", "swaps", ["/dev/sda2."]),
        ("[  OK  ] Activated swap \x1b[0;1;39m/dev/sda2\x1b[0m.", "swaps", ["/dev/sda2."]),
        ("[ *** ] A start job is running for /dev/disk/by-uuid/12 (7s / 1min 30s)", "waiting", ["/dev/disk/by-uuid/12"]),
        ("\x1b[K[**    ] (1 of 3) Job systemd-networkd.service/start running (27s / 1min 48s)", "waiting", ["systemd-networkd.service"]),
        ("Gave up waiting for suspend/resume device", "timed_out", ["suspend/resume device"]),
        ("[ TIME ] Timed out waiting for device /dev/sdb1.", "timed_out", ["Timed out waiting for device /dev/sdb1."]),
        ("[DEPEND] Dependency failed for /mnt/data.", "timed_out", ["/mnt/data."]),
        (
            "[\x1b[0;1;31mFAILED\x1b[0m] Failed to start \x1b[0;1;39mssh.service\x1b[0m - OpenBSD Secure Shell server.",
            "failed_units",
            ["ssh.service - OpenBSD Secure Shell server."],
        ),
        ("[    1.5] Kernel panic - not syncing: VFS", "hopeless", "[    1.5] Kernel panic - not syncing: VFS"),
    ],
)
def test_each_trouble_is_named(line, field, expected):
    assert getattr(read_console(GOOD + "\r\n" + line + "\r\n"), field) == expected


def test_a_loader_that_speaks_only_after_the_kernel_is_no_loader():
    assert not read_console("[    0.0] Command line: ro\r\nLoading Linux again\r\n").grub


def test_escape_sequences_and_carriage_returns_are_taken_out():
    assert plain("\x1b[2J\x1b[01;01Ha\r\nb\x1b[0m") == "a\nb"


def test_waiting_ends_with_the_text(tmp_path):
    log = tmp_path / "console.log"
    log.write_text(GOOD)
    assert "Multi-User" in wait_for(log, LOGIN, time.monotonic() + 60, lambda: None)


def test_waiting_ends_at_once_when_there_is_no_hope(tmp_path):
    log = tmp_path / "console.log"
    log.write_text("Kernel panic - not syncing")
    with pytest.raises(LabError, match="Kernel panic"):
        wait_for(log, LOGIN, time.monotonic() + 60, lambda: None)


def test_waiting_has_an_end_and_names_the_last_line(tmp_path):
    log = tmp_path / "console.log"
    log.write_text("one\ntwo\n")
    with pytest.raises(LabError, match="its last line: 'two'"):
        wait_for(log, LOGIN, time.monotonic(), lambda: None)


def test_a_login_prompt_counts_when_the_kernel_speaks_behind_it():
    assert read_console("guest login: [   53.382166] kvm: Nested Virtualization enabled\r\n").login
