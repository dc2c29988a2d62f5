# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_services on guests of systemd and of SysV scripts, whose tools are played."""

import subprocess
from types import SimpleNamespace

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_services
from ansible_collections.imagewright.azure.plugins.module_utils.core.commands import Completed
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"


def write(root, *names, text=""):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def systemd(tmp_path):
    """A guest with systemd: an agent that is off, a clock that is on, a server that is masked."""
    write(tmp_path, "usr/lib/systemd/systemd", "usr/bin/systemctl")
    write(tmp_path, *(f"usr/lib/systemd/system/{name}.service" for name in ("waagent", "ntpd", "sshd")), text=UNIT)
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "ntpd.service").symlink_to("/usr/lib/systemd/system/ntpd.service")
    (tmp_path / "etc/systemd/system/sshd.service").symlink_to("/dev/null")
    return tmp_path


@pytest.fixture
def red_hat_6(tmp_path):
    """A guest with Upstart and SysV scripts."""
    write(tmp_path, "sbin/init", "sbin/chkconfig", "etc/init.d/waagent", "etc/init.d/ntpd", "etc/rc.d/rc3.d/S58ntpd")
    return tmp_path


def systemctl(root, calls):
    """Return what plays systemctl."""

    def run(argv, _doing, root=None, **_options):
        calls.append(argv)
        link = played / f"etc/systemd/system/multi-user.target.wants/{argv[2]}.service"
        if argv[1] == "enable":
            link.symlink_to(f"/usr/lib/systemd/system/{argv[2]}.service")
        elif argv[1] == "disable":
            link.unlink()
        else:
            (played / f"etc/systemd/system/{argv[2]}.service").unlink()
        return Completed(argv, 0, "", "")

    played = root
    return run


def switch(root, check=False, **arguments):
    module = SimpleNamespace(params={"enabled": [], "disabled": [], "unless": [], "root": str(root), **arguments}, check_mode=check, _diff=True)
    return guest_services.run(module)


def test_services_are_switched_and_a_mask_is_taken_off(systemd, monkeypatch):
    calls = []
    monkeypatch.setattr(guest_services.commands, "run", systemctl(systemd, calls))
    wanted = {"enabled": ["waagent", "sshd"], "disabled": ["ntpd", "openntpd"]}

    predicted, first, second = switch(systemd, check=True, **wanted), switch(systemd, **wanted), switch(systemd, **wanted)

    assert calls == [["systemctl", *words.split()] for words in ("enable waagent", "unmask sshd", "enable sshd", "disable ntpd")]
    assert [predicted["changed"], first["changed"], second["changed"]] == [True, True, False]
    assert predicted["diff"] == first["diff"]
    assert first["before"] == {"waagent": "disabled", "sshd": "masked", "ntpd": "enabled", "openntpd": "missing"}
    assert first["services"] == {"waagent": "enabled", "sshd": "enabled", "ntpd": "disabled", "openntpd": "missing"}


@pytest.mark.parametrize("enabled, expected", [(True, {}), (False, {"sshd": "enabled"})])
def test_a_service_is_left_alone_where_another_unit_starts_it(systemd, enabled, expected):
    write(systemd, "usr/lib/systemd/system/sshd.socket", text="[Socket]\nListenStream=22\n[Install]\nWantedBy=sockets.target\n")
    if enabled:
        (systemd / "etc/systemd/system/sockets.target.wants").mkdir()
        (systemd / "etc/systemd/system/sockets.target.wants/sshd.socket").symlink_to("/usr/lib/systemd/system/sshd.socket")

    result = switch(systemd, check=True, enabled=["sshd"], unless=["sshd.socket"])

    assert result["services"] == expected and result["changed"] is bool(expected)


def test_scripts_are_switched_by_chkconfig(red_hat_6, monkeypatch):
    calls = []

    def chkconfig(argv, _doing, root=None, **_options):
        calls.append(argv)
        if argv[2] == "on":
            write(red_hat_6, f"etc/rc.d/rc3.d/S99{argv[1]}")
        else:
            (red_hat_6 / "etc/rc.d/rc3.d/S58ntpd").unlink()

    monkeypatch.setattr(guest_services.commands, "run", chkconfig)

    assert switch(red_hat_6, enabled=["waagent"], disabled=["ntpd"])["changed"]
    assert calls == [["chkconfig", "waagent", "on"], ["chkconfig", "ntpd", "off"]]


@pytest.fixture
def ubuntu_12(tmp_path):
    """A guest with Upstart: the agent's job, the server's beside a script of its name, a clock that is a script."""
    write(tmp_path, "sbin/init", "usr/sbin/update-rc.d", "etc/init/rc-sysinit.conf", "etc/init.d/ssh", "etc/init.d/ntp", "etc/rc2.d/S23ntp")
    write(tmp_path, "etc/init/walinuxagent.conf", "etc/init/ssh.conf", text="start on runlevel [2345]\nexec /usr/sbin/program\n")
    return tmp_path


def played_shell(root):
    """Return what plays the guest's programs: sh, which is given its names as arguments, with this machine's own one."""

    def run(argv, _doing, root=None, **_options):
        assert argv[:2] == ["sh", "-c"]
        done = subprocess.run(["sh", "-c", argv[2].replace("/etc/", f"{played}/etc/"), *argv[3:]], check=True, capture_output=True, text=True)
        return Completed(argv, done.returncode, done.stdout, done.stderr)

    played = root
    return run


def test_a_job_of_upstart_is_switched_by_its_override(ubuntu_12, monkeypatch):
    monkeypatch.setattr(guest_services.commands, "run", played_shell(ubuntu_12))
    override = ubuntu_12 / "etc/init/walinuxagent.override"

    off, again = switch(ubuntu_12, disabled=["walinuxagent"]), switch(ubuntu_12, disabled=["walinuxagent"])

    assert (off["before"], off["changed"], again["changed"]) == ({"walinuxagent": "enabled"}, True, False)
    assert override.read_text() == "manual\n"
    override.write_text("env LEVEL=1\n manual\n")
    on, again = switch(ubuntu_12, enabled=["walinuxagent"]), switch(ubuntu_12, enabled=["walinuxagent"])
    assert (on["before"], on["changed"], again["changed"]) == ({"walinuxagent": "disabled"}, True, False)
    assert override.read_text() == "env LEVEL=1\n"


def test_where_upstart_starts_the_guest_a_job_counts_and_not_the_script_of_its_name(ubuntu_12):
    assert switch(ubuntu_12, check=True, disabled=["ssh", "ntp"])["before"] == {"ssh": "enabled", "ntp": "enabled"}


def test_where_another_init_starts_the_guest_a_script_counts_and_not_the_job_that_its_package_brings(ubuntu_12):
    """Debian 7 and 8."""
    (ubuntu_12 / "etc/init/rc-sysinit.conf").unlink()

    assert switch(ubuntu_12, check=True, disabled=["ssh", "ntp"])["before"] == {"ssh": "disabled", "ntp": "enabled"}


def test_a_tool_that_does_nothing_is_not_believed(systemd, monkeypatch):
    monkeypatch.setattr(guest_services.commands, "run", lambda *_words, **_options: None)

    with pytest.raises(ImagewrightError, match="cannot start waagent at boot .*: systemctl ended well, and its state is 'disabled'"):
        switch(systemd, enabled=["waagent"])


def test_a_service_that_is_missing_is_named(systemd):
    with pytest.raises(ImagewrightError, match="cannot start chronyd at boot .*: the guest has no such service; install its package first"):
        switch(systemd, enabled=["chronyd"])


def test_a_guest_without_a_tool_is_told(red_hat_6):
    (red_hat_6 / "sbin/chkconfig").unlink()

    with pytest.raises(ImagewrightError, match="it has none of systemctl, rc-update, chkconfig, update-rc.d"):
        switch(red_hat_6, enabled=["waagent"])
