# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package files of the controller in a guest that runs."""

import subprocess

import pytest


@pytest.fixture
def package(tmp_path):
    """A package file of Debian's, on the controller."""
    control = tmp_path / "package/DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text("Package: lab-agent\nVersion: 1.0\nArchitecture: all\nMaintainer: lab <lab@example.com>\nDescription: a package of a test\n")
    (tmp_path / "package/usr/share/lab-agent").mkdir(parents=True)
    path = tmp_path / "lab-agent_1.0_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tmp_path / "package", path], check=True, capture_output=True)
    return path


def test_a_package_file_is_brought_to_the_guest_and_installed_once(package, guest):
    predicted = guest.module("guest_packages", files=[str(package)], check=True)
    assert predicted["changed"] and guest.output("dpkg-query -W lab-agent 2>/dev/null || echo none") == "none"
    try:
        first = guest.module("guest_packages", files=[str(package)], names=["lab-agent"])
        second = guest.module("guest_packages", files=[str(package)], names=["lab-agent"])

        assert (first["failed"], first["changed"], second["changed"]) == (False, True, False), first
        assert guest.output("dpkg-query -W -f='${Version}' lab-agent; ls -d /usr/share/lab-agent") == "1.0/usr/share/lab-agent"
        assert guest.output("find / -xdev -name 'lab-agent_1.0_all.deb'") == ""
    finally:
        guest.run("dpkg --purge lab-agent")


def test_a_file_that_the_controller_does_not_have_is_named(guest):
    result = guest.module("guest_packages", files=["/nowhere/waagent.deb"])

    assert result["failed"] and "cannot install /nowhere/waagent.deb: there is no such file on the controller" in result["msg"]
