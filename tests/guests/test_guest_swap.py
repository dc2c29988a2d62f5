# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_swap leaves."""

import re


def test_nothing_is_swapped_to(host):
    assert host.run("swapon --show --noheadings").stdout == ""


def test_fstab_names_no_swap_and_no_device_that_changes(host):
    lines = [line.split() for line in host.file("/etc/fstab").content_string.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    for line in lines:
        assert line[2] != "swap"
        assert not re.match(r"/dev/(sd|hd|vd|xvd|nvme)", line[0])


def test_findmnt_accepts_fstab(host):
    verdict = host.run("findmnt --verify 2>&1")
    # it says so in other words when there is no warning either
    assert "0 parse errors, 0 errors" in verdict.stdout or "no errors or warnings" in verdict.stdout, verdict.stdout


def test_the_root_has_the_uuid_of_its_disk(host):
    named = re.search(r"^UUID=(\S+)\s+/\s", host.file("/etc/fstab").content_string, re.MULTILINE)
    device = host.run("findmnt --noheadings --output SOURCE /").stdout.strip()
    assert named.group(1) == host.run("blkid --probe --output value --match-tag UUID %s", device).stdout.strip()


def test_no_initramfs_resumes(host):
    for image in host.run("ls /boot/initrd.img-*").stdout.split():
        unpacked = host.run("rm -rf /tmp/look && unmkinitramfs %s /tmp/look && grep -rhs ^RESUME= /tmp/look/conf /tmp/look/main/conf; rm -rf /tmp/look", image)
        assert set(unpacked.stdout.split()) <= {"RESUME=none"}, unpacked.stdout
