# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_packages: what each package manager is called with, by a recorded one in place of the guest's."""

from types import SimpleNamespace

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_packages
from ansible_collections.imagewright.azure.plugins.module_utils.core.commands import Completed
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree


class Guest:
    """A guest whose programs are played: installed: {name}; calls: [argv], without questions."""

    def __init__(self, root, programs, installed=(), brings=None, fails=()):
        self.root, self.installed, self.calls, self.lent = root, set(installed), [], []
        self._brings, self._fails = brings or {}, set(fails)
        for name in programs:
            (root / "usr/bin").mkdir(parents=True, exist_ok=True)
            (root / "usr/bin" / name).write_text("")

    def run(self, argv, doing, root="/", accept=(0,), lend=None, **_options):
        assert root == str(self.root)
        name = argv[-1]
        if argv[0] == "dpkg-query":
            return Completed(argv, 0 if name in self.installed else 1, "ii " if name in self.installed else "", "")
        if argv[:2] == ["rpm", "-q"]:
            return Completed(argv, 0 if name in self.installed else 1, f"{name}-1", "")
        if argv[0] == "rpm" and argv[1] == "-qp":
            return Completed(argv, 0, name.rpartition("/")[2][: -len(".rpm")], "")
        self.calls.append(argv)
        self.lent.append(lend)
        if argv[0] in self._fails or argv[-1] in self._fails:
            raise ImagewrightError(f"cannot {doing}: {argv[0]} failed with 100: Temporary failure resolving 'deb.debian.org'")
        self.installed |= set(self._brings.get(name.rpartition("/")[2], [name]))
        return Completed(argv, 0, "", "")


def install(guest, monkeypatch, check=False, **arguments):
    monkeypatch.setattr(guest_packages.commands, "run", guest.run)
    module = SimpleNamespace(params={"names": [], "files": [], "root": str(guest.root), **arguments}, check_mode=check)
    return guest_packages.run(module)


def test_what_is_there_is_left_alone(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["apt-get", "dpkg-query"], installed=["chrony"])

    assert install(guest, monkeypatch, names=["chrony"])["changed"] is False
    assert guest.calls == []


@pytest.mark.parametrize(
    ("programs", "called"),
    [
        (["zypper", "rpm"], [["zypper", "--non-interactive", "install", "chrony"]]),
        (["dnf", "yum", "rpm"], [["dnf", "-y", "install", "chrony"]]),
        (["yum", "rpm"], [["yum", "-y", "install", "chrony"]]),
    ],
)
def test_each_guest_is_asked_by_its_own_manager(programs, called, tmp_path, monkeypatch):
    guest = Guest(tmp_path, programs)

    result = install(guest, monkeypatch, names=["chrony"])

    assert (result["changed"], result["installed"], guest.calls) == (True, ["chrony"], called)


def test_old_lists_of_apt_are_refreshed_and_its_questions_answered(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["apt-get", "dpkg-query"], brings={"waagent": ["chrony", "waagent"]})

    install(guest, monkeypatch, names=["chrony", "waagent"])

    assert guest.calls[0] == ["apt-get", "update"] and guest.calls[1][:2] + guest.calls[1][-3:] == ["apt-get", "-y", "install", "chrony", "waagent"]


def test_lists_of_this_hour_are_new_enough(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["apt-get", "dpkg-query"])
    (tmp_path / "var/lib/apt/lists").mkdir(parents=True)
    (tmp_path / "var/lib/apt/lists/deb.debian.org_main_Packages").write_text("")

    install(guest, monkeypatch, names=["chrony"])

    assert [call[1] for call in guest.calls] == ["-y"]


def test_check_mode_installs_nothing(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["dnf", "rpm"])

    assert install(guest, monkeypatch, check=True, names=["chrony"])["changed"]
    assert guest.calls == []


def test_without_a_network_the_way_out_is_told(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["yum", "rpm"], fails=["yum"])

    with pytest.raises(ImagewrightError, match="Temporary failure resolving.*image_network=true.*guest_agent_package_files"):
        install(guest, monkeypatch, names=["chrony"])


def test_files_are_installed_together_and_their_copies_are_gone(tmp_path, monkeypatch):
    guest = Guest(tmp_path / "guest", ["rpm", "yum"], installed=["python-pyasn1-0.0.12a-1.el6.noarch"], brings={"agent-1.rpm": ["WALinuxAgent", "agent-1"]})
    (tmp_path / "guest/run").mkdir()
    for name in ("python-pyasn1-0.0.12a-1.el6.noarch.rpm", "agent-1.rpm"):
        (tmp_path / name).write_text("")

    result = install(
        guest, monkeypatch, names=["WALinuxAgent"], files=[str(tmp_path / "python-pyasn1-0.0.12a-1.el6.noarch.rpm"), str(tmp_path / "agent-1.rpm")]
    )

    assert result["changed"] and [call[:3] + [call[-1].rpartition("/")[2]] for call in guest.calls] == [["rpm", "-U", "--replacepkgs", "agent-1.rpm"]]
    assert list((tmp_path / "guest/run").iterdir()) == []


def test_a_file_that_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(ImagewrightError, match="cannot install /nowhere.rpm: there is no such file on the controller"):
        install(Guest(tmp_path, ["rpm", "yum"]), monkeypatch, files=["/nowhere.rpm"])


def test_a_manager_that_installs_nothing_is_not_believed(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["yum", "rpm"], brings={"chrony": []})

    with pytest.raises(ImagewrightError, match="cannot install chrony .* yum said that it did, and it is not there"):
        install(guest, monkeypatch, names=["chrony"])


def test_a_guest_without_a_manager_is_told(tmp_path, monkeypatch):
    with pytest.raises(ImagewrightError, match="cannot find the package manager of the guest"):
        install(Guest(tmp_path, []), monkeypatch, names=["chrony"])


def test_the_guest_gets_the_name_servers_of_this_machine_and_keeps_its_own(tmp_path, monkeypatch):
    guest = Guest(tmp_path, ["yum", "rpm"])
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.53\n")

    install(guest, monkeypatch, names=["chrony"])

    assert list(guest.lent[-1].values()) == [str(tmp_path / "etc/resolv.conf")]
    assert (tmp_path / "etc/resolv.conf").read_text() == "nameserver 192.0.2.53\n"


def test_services_of_debian_are_not_started(tmp_path):
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/invoke-rc.d").write_text("")

    with guest_packages._no_service_started(LiveTree(str(tmp_path))):
        assert (tmp_path / "usr/sbin/policy-rc.d").read_text() == "#!/bin/sh\nexit 101\n"
    assert not (tmp_path / "usr/sbin/policy-rc.d").exists()


def test_a_policy_of_the_guest_stays(tmp_path):
    (tmp_path / "usr/sbin").mkdir(parents=True)
    for name in ("invoke-rc.d", "policy-rc.d"):
        (tmp_path / "usr/sbin" / name).write_text("own")

    with guest_packages._no_service_started(LiveTree(str(tmp_path))):
        pass
    assert (tmp_path / "usr/sbin/policy-rc.d").read_text() == "own"
