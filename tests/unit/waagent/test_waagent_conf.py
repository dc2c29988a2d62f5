# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module on trees: which file it takes, what it refuses, what it warns about. The agent itself is asked in tests/integration/waagent."""

import os

import pytest

TEXT = "# Microsoft Azure Linux Agent Configuration\nResourceDisk.Format=n\n# OS.EnableRDMA=y\nLogs.Verbose=n\nResourceDisk.Format=n\n"


def write(root, path, text=TEXT):
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_check_mode_tells_exactly_what_a_run_does(tmp_path, run_module):
    file = write(tmp_path, "/etc/waagent.conf")
    settings = {"ResourceDisk.Format": True, "OS.EnableRDMA": False, "ResourceDisk.SwapSizeMB": 2048}
    predicted = run_module("waagent_conf", root=tmp_path, settings=settings, check=True)
    assert file.read_text() == TEXT
    result = run_module("waagent_conf", root=tmp_path, settings=settings)
    assert {key: predicted[key] for key in predicted if key != "invocation"} == {key: result[key] for key in result if key != "invocation"}
    assert file.read_text() == (
        "# Microsoft Azure Linux Agent Configuration\nResourceDisk.Format=y\nOS.EnableRDMA=n\nLogs.Verbose=n\nResourceDisk.SwapSizeMB=2048\n"
    )
    assert result["before"] == {"ResourceDisk.Format": "n", "OS.EnableRDMA": None, "ResourceDisk.SwapSizeMB": None}
    assert result["after"] == {"ResourceDisk.Format": "y", "OS.EnableRDMA": "n", "ResourceDisk.SwapSizeMB": "2048"}
    assert result["duplicates_removed"] == [{"line": 5, "key": "ResourceDisk.Format", "value": "n"}]
    assert not run_module("waagent_conf", root=tmp_path, settings=settings)["changed"]


def test_a_duplicate_with_the_wanted_value_first_is_removed_too(tmp_path, run_module):
    write(tmp_path, "/etc/waagent.conf", "Logs.Verbose=y\nLogs.Verbose=n\n")
    result = run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": True})
    assert result["changed"] and result["before"] == {"Logs.Verbose": "n"} and result["after"] == {"Logs.Verbose": "y"}


def test_mode_and_backup_of_the_file_are_kept(tmp_path, run_module):
    file = write(tmp_path, "/etc/waagent.conf")
    os.chmod(file, 0o640)
    [backup] = run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": True}, backup=True)["backup_files"]
    assert file.stat().st_mode & 0o777 == 0o640
    with open(backup, encoding="utf-8") as stream:
        assert stream.read() == TEXT


def test_old_and_new_agents_are_warned_about_each_others_keys(tmp_path, run_module):
    write(tmp_path, "/etc/waagent.conf")
    write(tmp_path, "/usr/lib/python2.7/site-packages/azurelinuxagent/common/version.py", "AGENT_VERSION = '2.2.38'\n")
    result = run_module("waagent_conf", root=tmp_path, settings={"Provisioning.Agent": "waagent", "Provisioning.Enabled": True})
    assert result["agent_version"] == "2.2.38"
    assert "Provisioning.Agent: the installed agent 2.2.38 ignores it" in str(result["warnings"])
    assert "Provisioning.Enabled: " not in str(result["warnings"])


@pytest.mark.parametrize("ending", [".rpmnew", ".dpkg-dist", ".dpkg-new", ".ucf-dist", ".pacnew", ".apk-new"])
def test_a_packagers_newer_file_is_reported(tmp_path, run_module, ending):
    write(tmp_path, "/etc/waagent.conf")
    write(tmp_path, "/etc/waagent.conf" + ending)
    assert "/etc/waagent.conf" + ending in str(run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": False})["warnings"])


def test_a_missing_file_is_an_error_unless_it_is_to_be_created(tmp_path, run_module):
    (tmp_path / "etc").mkdir()
    result = run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": True})
    assert result["failed"] and "/etc/waagent.conf: there is no such file" in result["msg"] and "create: true" in result["msg"]
    assert run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": True}, create=True, path="/etc/own.conf")["path"] == "/etc/own.conf"
    assert (tmp_path / "etc/own.conf").read_text() == "Logs.Verbose=y\n"
    assert os.listdir(tmp_path / "etc") == ["own.conf"]


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"ResourceDisk.Format": "yes"}, "cannot set ResourceDisk.Format to 'yes' in /etc/waagent.conf line 5: the agent knows only y and n"),
        ({"Resourcedisk.Format": True}, "cannot set the key 'Resourcedisk.Format' in /etc/waagent.conf: no agent reads it"),
        ({"Resourcedisk.Format": True}, "did you mean ResourceDisk.Format?"),
        ({"Logs.Verbose": True, "ResourceDisk.SwapSizeMB": "two"}, "whole number (default 0)"),
    ],
)
def test_a_wrong_setting_changes_nothing(tmp_path, run_module, settings, words):
    file = write(tmp_path, "/etc/waagent.conf")
    result = run_module("waagent_conf", root=tmp_path, settings=settings)
    assert result["failed"] and words in result["msg"]
    assert file.read_text() == TEXT


def test_an_unknown_key_is_taken_when_allowed(tmp_path, run_module):
    file = write(tmp_path, "/etc/waagent.conf", "")
    assert not run_module("waagent_conf", root=tmp_path, settings={"Own.Key": True, "Own.Number": 5}, allow_unknown=True)["failed"]
    assert file.read_text() == "Own.Key=y\nOwn.Number=5\n"


def test_a_line_that_the_agent_cannot_decode_is_named(tmp_path, run_module):
    file = write(tmp_path, "/etc/waagent.conf", b"Logs.Verbose=n\n# caf\xe9\n")
    result = run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": True})
    assert result["failed"] and "/etc/waagent.conf: line 2 is not UTF-8" in result["msg"]
    assert file.read_bytes() == b"Logs.Verbose=n\n# caf\xe9\n"


def test_a_link_is_followed_inside_the_root_and_stays_a_link(tmp_path, run_module):
    write(tmp_path, "/opt/agent/waagent.conf")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/waagent.conf").symlink_to("/opt/agent/waagent.conf")
    assert run_module("waagent_conf", root=tmp_path, settings={"Logs.Verbose": True})["changed"]
    assert (tmp_path / "etc/waagent.conf").is_symlink()
    assert "Logs.Verbose=y" in (tmp_path / "opt/agent/waagent.conf").read_text()
