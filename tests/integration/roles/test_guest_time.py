# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock: chrony with Hyper-V's alone, skipped and not failed where it is missing, as chrony and systemd read it."""

import pytest

pytestmark = pytest.mark.slow

CLOCK = "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2"


def three_runs(guest):
    """Return what a check, a first and a second run of the role did."""
    plays = [guest.role("guest_time", check=True), guest.role("guest_time"), guest.role("guest_time")]
    assert not any(play.failed for play in plays), "".join(play.output for play in plays)
    return plays


@pytest.fixture(scope="module")
def timed(suite_guest):
    """A guest that kept its time with systemd-timesyncd; (guest, the three runs)."""
    suite_guest.run("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y systemd-timesyncd")
    # containers start with it masked by the kernel's command line
    suite_guest.run("ln -sf /lib/systemd/system/systemd-timesyncd.service /etc/systemd/system/sysinit.target.wants/")
    return suite_guest, three_runs(suite_guest)


def test_check_mode_predicts_it_and_the_second_run_has_nothing_to_do(timed):
    predicted, first, second = timed[1]

    assert predicted.changed_tasks() == first.changed_tasks()
    assert second.changed_tasks() == []


def test_a_guest_of_kvm_has_the_clock_of_hyper_v_and_no_other(timed):
    guest = timed[0]
    guest.run("sed -i '1i refclock PHC /dev/ptp_kvm poll 2' /etc/chrony/chrony.conf")
    guest.write("/etc/chrony/conf.d/kvm.conf", "  refclock PHC /dev/ptp0 poll 2\n# kept\n")

    predicted, first, second = three_runs(guest)

    assert predicted.changed_tasks() == first.changed_tasks() != [] and second.changed_tasks() == []
    files = guest.output("cat /etc/chrony/chrony.conf /etc/chrony/conf.d/*.conf")

    assert [line.strip() for line in files.splitlines() if "refclock" in line and not line.startswith("#")] == [CLOCK]
    assert "# kept" in files


def test_where_the_packages_are_known_only_the_files_are_asked_for(timed):
    known = {"__guest_time_packages_there": {"chrony": [{"version": "4.3"}]}}

    play = timed[0].role("guest_time", known)

    assert not play.failed and play.changed == 0, play.output
    assert [task["action"] for task in play.tasks if task["status"] == "ok" and task["action"].startswith("imagewright")] == [
        "imagewright.azure.guest_facts",
        "imagewright.azure.chrony_clock",
        "imagewright.azure.guest_services",
    ]
    assert [task["task"].rpartition(" : ")[2] for task in play.tasks if task["status"] == "skipped"] == [
        "Chrony | Install it",
    ]


def test_the_tag_of_the_clocks_name_sets_its_lines_and_leaves_packages_and_services(timed):
    play = timed[0].role("guest_time", options=("--tags", "guest_time_device"))

    assert not play.failed and play.changed == 0, play.output
    assert "imagewright.azure.guest_packages" not in [task["action"] for task in play.tasks]


def test_without_chrony_and_its_package_the_error_says_what_to_set(timed):
    guest = timed[0]
    guest.run("mv /etc/chrony/chrony.conf /root")
    play = guest.role("guest_time", {"guest_time_install": False})
    guest.run("mv /root/chrony.conf /etc/chrony")

    assert play.failed and "there is no /etc/chrony.conf nor /etc/chrony/chrony.conf; install chrony first" in play.output
    assert "guest_time_install: true" in play.output


def test_a_service_that_does_not_start_at_boot_is_enabled_and_another_one_disabled(timed):
    guest = timed[0]
    guest.write("/lib/systemd/system/ntpsec.service", "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n")
    guest.run("systemctl daemon-reload; systemctl disable chrony; systemctl enable ntpsec; systemctl start ntpsec")

    predicted, first, second = three_runs(guest)

    assert predicted.changed_tasks() == first.changed_tasks() and len(first.changed_tasks()) == 1 and second.changed_tasks() == []
    assert guest.output("systemctl is-enabled chrony ntpsec || true").split() == ["enabled", "disabled"]
    assert guest.run("systemctl is-active ntpsec", check=False).stdout.strip() == "inactive"
    guest.run("rm /lib/systemd/system/ntpsec.service; systemctl daemon-reload")


def test_systemd_skips_it_where_the_clock_is_missing(timed):
    guest = timed[0]
    guest.run("systemctl daemon-reload && systemctl stop chrony && systemctl start chrony")

    assert guest.output("systemctl show chrony --property=ActiveState,ConditionResult").split() == ["ActiveState=inactive", "ConditionResult=no"]
    assert "/dev/ptp_hyperv" in guest.output("systemctl cat chrony")
    assert guest.run("systemctl is-failed chrony", check=False).stdout.strip() != "failed"
    assert guest.output("systemctl is-enabled chrony") == "enabled"
