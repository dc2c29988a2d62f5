# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text modules on a booted guest; sudo, sshd, kmod, mount and the agent of that guest are the judges."""

import json

import pytest

PAIR = "Defaults targetpw   # ask for the password of the target user i.e. root\nALL\tALL=(ALL) ALL   # WARNING!\n"


def run_in_both_modes(guest, name, **arguments):
    """Return the result of a module that predicted its change exactly and changes nothing when it runs again."""
    predicted = guest.module(name, check=True, **arguments)
    result = guest.module(name, **arguments)
    assert result["changed"] and not result["failed"], result
    assert predicted["diff"] == result["diff"]
    assert not guest.module(name, **arguments)["changed"]
    return result


@pytest.fixture
def sudoers(suite_guest):
    """Return a function that writes a drop-in which is read before the rule of the account we log in with."""
    yield lambda text: suite_guest.write("/etc/sudoers.d/00-pair", text, mode="0440")
    suite_guest.run("rm -f /etc/sudoers.d/00-pair*")


def test_sudo_no_longer_asks_for_roots_password(suite_guest, sudoers):
    suite_guest.run("id plain >/dev/null 2>&1 || useradd -m plain")
    sudoers(PAIR)
    assert "targetpw" in suite_guest.output(["sudo", "-l", "-U", "plain"])
    before = json.loads(suite_guest.output(["cvtsudoers", "-f", "json", "/etc/sudoers.d/00-pair"]))
    assert set(before) == {"Defaults", "User_Specs"}
    result = run_in_both_modes(suite_guest, "sudoers_clean")
    assert [(match["path"], match["line"]) for match in result["matches"]] == [("/etc/sudoers.d/00-pair", 1), ("/etc/sudoers.d/00-pair", 2)]
    assert "not allowed to run sudo" in suite_guest.output(["sudo", "-l", "-U", "plain"])
    assert suite_guest.output(["cvtsudoers", "-f", "json", "/etc/sudoers.d/00-pair"]) in ("", "{}", "{\n}")
    assert suite_guest.output(["sudo", "-n", "id", "-un"], user="admin") == "root"
    assert "parsed OK" in suite_guest.output(["visudo", "-c"])
    assert suite_guest.output("ls -A /run /tmp | grep imagewright || true") == ""


def test_a_broken_drop_in_stops_the_module(suite_guest, sudoers):
    sudoers("oops\n")
    result = suite_guest.module("sudoers_clean")
    assert result["failed"] and "/etc/sudoers.d/00-pair:1:" in result["msg"]


def test_without_visudo_the_module_names_the_package(suite_guest, sudoers):
    sudoers(PAIR)
    suite_guest.run(["mv", "/usr/sbin/visudo", "/usr/sbin/visudo.away"])
    try:
        result = suite_guest.module("sudoers_clean")
        assert result["failed"] and "install the package sudo" in result["msg"] and "validate: false" in result["msg"]
        assert suite_guest.read("/etc/sudoers.d/00-pair") == PAIR
    finally:
        suite_guest.run(["mv", "/usr/sbin/visudo.away", "/usr/sbin/visudo"])


def test_sshd_itself_reads_the_option_however_drop_ins_override_it(suite_guest):
    suite_guest.write("/etc/ssh/sshd_config.d/00-aaa.conf", "ClientAliveInterval 7\n")
    suite_guest.write("/etc/ssh/sshd_config.d/99-late.conf", "ClientAliveInterval 8\n")
    suite_guest.run("printf 'Match user nobody\\n  ClientAliveInterval 9\\n' >> /etc/ssh/sshd_config")
    assert "clientaliveinterval 7" in suite_guest.output(["sshd", "-T"]).splitlines()
    result = run_in_both_modes(suite_guest, "sshd_options", options={"ClientAliveInterval": 180, "ClientAliveCountMax": 4})
    assert result["path"] == "/etc/ssh/sshd_config.d/00-azure.conf"
    assert {"clientaliveinterval 180", "clientalivecountmax 4"} <= set(suite_guest.output(["sshd", "-T"]).splitlines())
    assert suite_guest.read("/etc/ssh/sshd_config.d/99-late.conf") == "ClientAliveInterval 8\n"


def test_a_value_that_sshd_rejects_is_never_written(suite_guest):
    before = suite_guest.output("cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*")
    result = suite_guest.module("sshd_options", options={"LoginGraceTime": "soon"})
    assert result["failed"] and "LoginGraceTime" in result["msg"] and "invalid time value" in result["msg"]
    assert suite_guest.output("cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*") == before


def test_a_broken_sshd_config_is_named_before_anything_is_written(suite_guest):
    suite_guest.write("/etc/ssh/sshd_config.d/50-broken.conf", "NoSuchKeyword yes\n")
    try:
        result = suite_guest.module("sshd_options", options={"MaxSessions": 5})
        assert result["failed"] and "50-broken.conf" in result["msg"] + result["stderr"]
    finally:
        suite_guest.run(["rm", "/etc/ssh/sshd_config.d/50-broken.conf"])


def test_without_host_keys_sshd_can_still_be_asked(suite_guest):
    suite_guest.run("mkdir /root/keys && mv /etc/ssh/ssh_host_* /root/keys")
    try:
        assert not suite_guest.module("sshd_options", options={"MaxAuthTries": 5}, check=True)["failed"]
        assert suite_guest.output("ls /tmp | grep imagewright || true") == ""
    finally:
        suite_guest.run("mv /root/keys/* /etc/ssh && rmdir /root/keys")


def test_kmod_no_longer_sees_the_bans(suite_guest):
    suite_guest.write("/etc/modprobe.d/cis.conf", "install udf /bin/false\nblacklist udf\noptions loop max_loop=8\n")
    suite_guest.write("/lib/modprobe.d/hardening.conf", "install vfat \\\n /bin/true\n")
    banned = {"install udf /bin/false", "blacklist udf", "install vfat    /bin/true"}
    assert {" ".join(line.split()) for line in banned} <= {" ".join(line.split()) for line in suite_guest.output(["modprobe", "-c"]).splitlines()}
    result = run_in_both_modes(suite_guest, "modprobe_allow")
    assert result["overrides"] == ["/etc/modprobe.d/hardening.conf"]
    now = suite_guest.output(["modprobe", "-c"]).splitlines()
    assert "options loop max_loop=8" in now
    assert [line for line in now if line.startswith(("install", "blacklist")) and ("udf" in line or "vfat" in line)] == []


def test_the_root_gets_the_uuid_that_blkid_reads(faulty_guest):
    before = faulty_guest.read("/etc/fstab")
    assert "/dev/sda1" in before and "swap" in before
    uuid = faulty_guest.output(["blkid", "-o", "value", "-s", "UUID", "/dev/sda1"])
    result = run_in_both_modes(faulty_guest, "fstab_clean", backup=False)
    after = faulty_guest.read("/etc/fstab")
    assert [line.split()[:2] for line in after.splitlines() if not line.startswith("#") and line.split()[1:2] == ["/"]] == [[f"UUID={uuid}", "/"]]
    assert {entry["line"] for entry in result["entries"]} == {
        number for number, (old, new) in enumerate(zip(before.splitlines(), after.splitlines()), 1) if old != new
    }
    assert "0 parse errors" in faulty_guest.run("findmnt --verify 2>&1", check=False).stdout


@pytest.fixture(scope="module")
def agent_guest(suite_guest):
    """A guest with Debian's waagent installed and not started."""
    suite_guest.run(
        "ln -sf /dev/null /etc/systemd/system/walinuxagent.service && apt-get -q update && "
        "DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends waagent",
        timeout=600,
    )
    return suite_guest


def test_the_installed_agent_shows_what_was_asked(agent_guest):
    settings = {
        "Provisioning.Agent": "waagent",
        "ResourceDisk.Format": True,
        "ResourceDisk.EnableSwap": True,
        "ResourceDisk.SwapSizeMB": 2048,
        "ResourceDisk.Filesystem": "ext4",
        "OS.EnableRDMA": False,
    }
    result = run_in_both_modes(agent_guest, "waagent_conf", settings=settings)
    package = agent_guest.output(["dpkg-query", "-W", "-f", "${Version}", "waagent"])
    assert result["agent_version"] == package.rsplit("-", 1)[0]
    shown = dict(line.split(" = ", 1) for line in agent_guest.output(["waagent", "-show-configuration"]).splitlines() if " = " in line)
    assert {key: shown[key] for key in settings} == {
        "Provisioning.Agent": "waagent",
        "ResourceDisk.Format": "True",
        "ResourceDisk.EnableSwap": "True",
        "ResourceDisk.SwapSizeMB": "2048",
        "ResourceDisk.Filesystem": "ext4",
        "OS.EnableRDMA": "False",
    }


def test_a_packagers_version_that_was_never_merged_is_told(agent_guest):
    agent_guest.run("cp /etc/waagent.conf /etc/waagent.conf.dpkg-dist")
    assert "/etc/waagent.conf.dpkg-dist" in str(agent_guest.module("waagent_conf", settings={"Logs.Verbose": False})["warnings"])
