# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible makes of the roles' tables of distributions, for guests as their facts name them."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml
from ansible_collections.imagewright.azure.plugins.action.guest_facts import system_names

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]

#: Guest: (distribution, version, family), as ansible.builtin.setup returns them.
GUESTS = {
    "debian7": ("Debian", "7.11", "Debian"),
    "debian9": ("Debian", "9.13", "Debian"),
    "debian12": ("Debian", "12.5", "Debian"),
    "debian13": ("Debian", "13.1", "Debian"),
    "sid": ("Debian", "n/a", "Debian"),
    "ubuntu": ("Ubuntu", "24.04", "Debian"),
    "ubuntu12": ("Ubuntu", "12.04", "Debian"),
    "ubuntu16": ("Ubuntu", "16.04", "Debian"),
    "rhel5": ("RedHat", "5.11", "RedHat"),
    "centos6": ("CentOS", "6.10", "RedHat"),
    "centos7": ("CentOS", "7.4", "RedHat"),
    "rhel9": ("RedHat", "9.4", "RedHat"),
    "leap": ("openSUSE Leap", "15.6", "Suse"),
    "sles": ("SLES", "15.5", "Suse"),
    "sles11": ("SLES", "11.4", "Suse"),
    "gentoo": ("Gentoo", "2.15", "Gentoo"),
}
ROLES = ["guest_agent", "guest_boot", "guest_kernel", "guest_network", "guest_ssh", "guest_time"]


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """Return {guest: {role: its values}}, as the tasks of the roles have them. The facts are given, and no task of a role runs."""
    folder = tmp_path_factory.mktemp("distributions")
    facts = {
        guest: {"distribution": name, "distribution_version": version, "distribution_major_version": version.split(".", maxsplit=1)[0], "os_family": family}
        for guest, (name, version, family) in GUESTS.items()
    }
    facts = {guest: {**given, "guest_system_names": system_names(given)} for guest, given in facts.items()}
    inventory = {"all": {"vars": {"ansible_connection": "local"}, "hosts": {guest: {"given": given} for guest, given in facts.items()}}}
    (folder / "inventory.yml").write_text(yaml.safe_dump(inventory))
    of_roles = ", ".join(f"'{role}': __{role}_values" for role in ROLES)
    wanted = f"{{{{ {{{of_roles}, 'nvme': __guest_boot_nvme_supported}} | to_json }}}}"
    play = {
        "hosts": "all",
        "gather_facts": False,
        "pre_tasks": [
            {"ansible.builtin.set_fact": {"cacheable": True, **{name: f"{{{{ given.{name} }}}}" for name in facts["sid"]}}},
            {"ansible.builtin.copy": {"dest": f"{folder}/{{{{ inventory_hostname }}}}.json", "content": wanted}, "delegate_to": "localhost"},
            {"ansible.builtin.meta": "end_play"},
        ],
        "roles": [f"imagewright.azure.{role}" for role in ROLES],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    subprocess.run(
        [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "inventory.yml", folder / "play.yml"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".venv/collections"), "ANSIBLE_LOCALHOST_WARNING": "false"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return {guest: json.loads((folder / f"{guest}.json").read_text()) for guest in GUESTS}


def test_the_values_of_a_family_hold_for_a_distribution_that_differs_in_nothing(values):
    assert values["rhel9"]["guest_agent"]["package"] == values["centos7"]["guest_agent"]["package"] == "WALinuxAgent"
    assert values["sles"]["guest_ssh"] == {"package": "openssh", "service": "sshd", "socket": "sshd.socket"}


def test_a_major_version_counts_more_than_its_distribution_of_the_same_name(values):
    assert values["debian12"]["guest_agent"]["source_needs"] == ["python3-distro", "python3-setuptools", "openssl"]
    assert values["debian12"]["guest_agent"]["package"] == "waagent"
    assert values["debian12"]["guest_network"] == {"has_vm_utils": False}


@pytest.mark.parametrize("guest", ["debian13", "sid"])
def test_a_debian_that_is_newer_than_the_table_has_the_values_of_debian(values, guest):
    assert "python3-crypt-r" in values[guest]["guest_agent"]["source_needs"]
    assert values[guest]["guest_network"] == {"has_vm_utils": True}
    assert values[guest]["guest_time"] == {"package": "chrony", "service": "chrony", "package_replaces_others": True}


@pytest.mark.parametrize("guest", ["debian12", "debian13", "sid"])
def test_the_agent_of_every_debian_would_remove_networkmanager(values, guest):
    assert values[guest]["guest_agent"]["conflicts_with_networkmanager"] is True


@pytest.mark.parametrize("guest", ["ubuntu", "rhel9", "sles", "leap"])
def test_the_agent_of_others_stands_beside_networkmanager(values, guest):
    assert values[guest]["guest_agent"]["conflicts_with_networkmanager"] is False


def test_a_distribution_counts_more_than_the_version_of_its_family(values):
    assert values["leap"]["guest_boot"]["nvme_since"] == "never"
    assert values["leap"]["guest_boot"]["cmdline_absent"] == ["libata.atapi_enabled=0", "reserve=0x1f0,0x8"]
    assert values["ubuntu"]["guest_agent"]["package"] == "walinuxagent"
    assert values["ubuntu"]["guest_network"] == {"has_vm_utils": False}


def test_a_disk_on_nvme_is_supported_from_the_version_on_that_azure_lists(values):
    assert {guest for guest in GUESTS if values[guest]["nvme"]} == {"debian12", "debian13", "sid", "ubuntu", "rhel9", "sles"}


def test_an_old_release_is_asked_for_no_package_that_its_repositories_have_not(values):
    assert values["debian9"]["guest_network"] == values["debian7"]["guest_network"] == {"has_vm_utils": False}
    assert values["debian9"]["guest_agent"]["source_needs"] == values["ubuntu16"]["guest_agent"]["source_needs"] == ["python3-setuptools", "openssl"]
    assert values["debian7"]["guest_agent"]["source_needs"] == values["sles11"]["guest_agent"]["source_needs"] == ["python-setuptools", "openssl"]
    assert values["ubuntu16"]["guest_agent"]["cloud_init_packages"] == ["cloud-init", "cloud-guest-utils", "gdisk"]
    assert values["ubuntu12"]["guest_agent"]["cloud_init_packages"] == ["cloud-init", "cloud-utils", "gdisk"]
    assert [values[guest]["guest_kernel"]["daemon_packages"] for guest in ("debian7", "rhel5", "ubuntu12")] == [[]] * 3
    assert [values[guest]["guest_time"]["package"] for guest in ("rhel5", "sles11", "debian7", "ubuntu12")] == ["", "", "chrony", "chrony"]


def test_red_hat_5_has_the_boot_of_red_hat_6(values):
    assert values["rhel5"]["guest_boot"] == values["centos6"]["guest_boot"]


def test_a_system_that_no_table_names_has_what_all_of_them_need(values):
    assert values["gentoo"]["guest_agent"]["package"] == ""
    assert values["gentoo"]["guest_boot"] == {"expects_eth0": False, "nvme_since": "never", "cmdline_absent": [], "grub_settings": {}}
    assert values["gentoo"]["guest_kernel"] == {"daemon_packages": []}
    assert values["centos6"]["guest_boot"] == values["gentoo"]["guest_boot"]


@pytest.mark.parametrize(
    "name, version, family, names",
    [
        ("Debian", "12", "Debian", ["default", "Debian", "Debian_12"]),
        ("Ubuntu", "24", "Debian", ["default", "Debian", "Debian_24", "Ubuntu", "Ubuntu_24"]),
        ("openSUSE Leap", "15", "Suse", ["default", "Suse", "Suse_15", "openSUSE Leap", "openSUSE Leap_15"]),
    ],
)
def test_the_names_of_a_system_go_from_the_widest_to_the_narrowest(name, version, family, names):
    assert system_names({"os_family": family, "distribution": name, "distribution_major_version": version}) == names
