# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guest_services finds in trees of the four ways to start services."""

import pytest

UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"


@pytest.fixture
def systemd(tmp_path):
    """A guest with systemd: a server that its socket starts, a clock that is off, one that is masked, one that others start."""
    for path, text in {
        "lib/systemd/systemd": "",
        "lib/systemd/system/ssh.service": UNIT,
        "lib/systemd/system/ssh.socket": UNIT,
        "lib/systemd/system/ntpd.service": UNIT,
        "lib/systemd/system/static.service": "[Service]\nExecStart=/bin/true\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    wants = tmp_path / "etc/systemd/system/sockets.target.wants"
    wants.mkdir(parents=True)
    (wants / "ssh.socket").symlink_to("/lib/systemd/system/ssh.socket")
    (tmp_path / "etc/systemd/system/chronyd.service").symlink_to("/dev/null")
    return tmp_path


def states(run_module, root, *names):
    result = run_module("guest_services", root=root, check=True, disabled=list(names))
    assert not result["failed"]
    return result["before"]


def test_units_of_systemd(systemd, run_module):
    assert states(run_module, systemd, "ssh", "ssh.socket", "ntpd", "chronyd", "static", "waagent") == {
        "ssh": "disabled",
        "ssh.socket": "enabled",
        "ntpd": "disabled",
        "chronyd": "masked",
        "static": "enabled",
        "waagent": "missing",
    }


@pytest.mark.parametrize(
    "link",
    ["etc/rc3.d/S99ntpd", "etc/rc.d/rc3.d/S58ntpd", "etc/rcS.d/S10ntpd", "etc/init.d/rc5.d/S10ntpd", "etc/init.d/boot.d/S10ntpd", "etc/runlevels/default/ntpd"],
)
def test_scripts_are_enabled_by_their_links(tmp_path, run_module, link):
    (tmp_path / "etc/init.d").mkdir(parents=True)
    (tmp_path / "etc/init.d/ntpd").write_text("#!/bin/sh\n")
    assert states(run_module, tmp_path, "ntpd", "sshd") == {"ntpd": "disabled", "sshd": "missing"}

    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to("/etc/init.d/ntpd")
    assert states(run_module, tmp_path, "ntpd") == {"ntpd": "enabled"}


@pytest.mark.parametrize(
    ("job", "override", "state"),
    [
        ("start on runlevel [2345]\n", None, "enabled"),
        ("start on runlevel [2345]\n", "manual\n", "disabled"),
        ("start on runlevel [2345]\nmanual\n", None, "disabled"),
        ("manual\n", "start on runlevel [2345]\n", "enabled"),
        ('description "only by hand"\nexec /usr/sbin/ntpd\n', None, "disabled"),
        ("# manual\nstart on (filesystem\n  and static-network-up)\n", "# manual\n", "enabled"),
    ],
)
def test_a_job_of_upstart_starts_by_its_event_unless_it_is_manual_at_last(tmp_path, run_module, job, override, state):
    (tmp_path / "etc/init").mkdir(parents=True)
    (tmp_path / "etc/init/ntp.conf").write_text(job)
    if override is not None:
        (tmp_path / "etc/init/ntp.override").write_text(override)

    assert states(run_module, tmp_path, "ntp") == {"ntp": state}


def test_what_is_enabled_until_the_next_boot_is_not_enabled(systemd, run_module):
    wants = systemd / "run/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "ssh.service").symlink_to("/usr/lib/systemd/system/ssh.service")

    assert states(run_module, systemd, "ssh") == {"ssh": "disabled"}
