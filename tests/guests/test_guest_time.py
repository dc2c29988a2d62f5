# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_time leaves."""


def test_chrony_takes_the_clock_of_hyper_v(host):
    lines = host.file("/etc/chrony/chrony.conf").content_string.splitlines()
    assert lines.count("refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2") == 1
    assert [line for line in lines if line.startswith("makestep")] == ["makestep 1.0 -1"]


def test_chrony_reads_its_file(host):
    # -p prints the configuration that chronyd would use, without starting it
    printed = host.run("chronyd -p -f /etc/chrony/chrony.conf")
    assert printed.rc == 0 and "refclock PHC /dev/ptp_hyperv" in printed.stdout


def test_udev_names_the_clock_and_starts_chrony_when_it_appears(host):
    rule = host.file("/etc/udev/rules.d/99-ptp_hyperv.rules").content_string
    assert 'SYMLINK+="ptp_hyperv"' in rule and 'ENV{SYSTEMD_WANTS}+="chrony.service"' in rule


def test_systemd_skips_chrony_where_there_is_no_such_clock(host):
    # the manager reads it at the next boot
    drop_in = host.file("/etc/systemd/system/chrony.service.d/10-azure-clock.conf")
    assert drop_in.content_string.splitlines()[-2:] == ["[Unit]", "ConditionPathExists=/dev/ptp_hyperv"]


def test_only_chrony_keeps_the_time(host):
    assert host.service("chrony").is_enabled
    assert not host.service("systemd-timesyncd").is_enabled
