# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_facts on recorded trees: the names that Ansible gives to distributions, and the newest kernel."""

import pathlib

import pytest

#: The head of an ELF program of 64 bits, little endian: e_machine 62 is x86_64.
X86_64 = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x03\0\x3e\0\x01\0\0\0" + b"\0" * 40


def guest(root, release, name="etc/os-release", kernels=()):
    """Return the root directory of a guest with a shell, a release file and kernels."""
    for path, content in {"bin/sh": X86_64, name: release.encode()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    for version in kernels:
        (root / f"lib/modules/{version}").mkdir(parents=True)
        (root / f"lib/modules/{version}/modules.dep").write_text("")
        (root / "boot").mkdir(exist_ok=True)
        (root / f"boot/vmlinuz-{version}").write_bytes(b"")
    return root


@pytest.mark.parametrize(
    ("release", "distribution", "version", "major", "family"),
    [
        ('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', "Debian", "12", "12", "Debian"),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="18.04"\nPRETTY_NAME="Ubuntu 18.04.6 LTS"\n', "Ubuntu", "18.04", "18", "Debian"),
        ('ID="rhel"\nVERSION_ID="7.9"\nPRETTY_NAME="Red Hat Enterprise Linux"\n', "RedHat", "7.9", "7", "RedHat"),
        ('ID="ol"\nID_LIKE="fedora"\nVERSION_ID="8.10"\nPRETTY_NAME="Oracle Linux Server 8.10"\n', "OracleLinux", "8.10", "8", "RedHat"),
        ('ID="sles"\nVERSION_ID="15.4"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP4"\n', "SLES", "15.4", "15", "Suse"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\nPRETTY_NAME="openSUSE Leap 15.6"\n', "openSUSE Leap", "15.6", "15", "Suse"),
        ('ID=arch\nPRETTY_NAME="Arch Linux"\n', "Archlinux", "", "", "Archlinux"),
        ('ID=slackware\nVERSION_ID=15.0\nPRETTY_NAME="Slackware 15.0"\n', "Slackware", "15.0", "15", "Slackware"),
    ],
)
def test_the_names_are_those_of_ansible(release, distribution, version, major, family, tmp_path, run_module):
    facts = run_module("guest_facts", root=guest(tmp_path, release))["ansible_facts"]

    assert (facts["distribution"], facts["distribution_version"], facts["distribution_major_version"], facts["os_family"]) == (
        distribution,
        version,
        major,
        family,
    )
    assert (facts["architecture"], facts["kernel"], facts["guest_root"]) == ("x86_64", "", str(tmp_path))


def test_a_guest_of_before_os_release(tmp_path, run_module):
    sles = guest(tmp_path / "sles", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 3\n", "etc/SuSE-release")
    red_hat = guest(tmp_path / "rhel", "Red Hat Enterprise Linux Server release 6.2 (Santiago)\n", "etc/redhat-release")

    found = [run_module("guest_facts", root=root)["ansible_facts"] for root in (sles, red_hat)]

    assert [(facts["distribution"], facts["distribution_version"], facts["os_family"]) for facts in found] == [
        ("SLES", "11.3", "Suse"),
        ("RedHat", "6.2", "RedHat"),
    ]


def test_the_newest_kernel_is_that_of_the_guest(tmp_path, run_module):
    root = guest(tmp_path, "ID=debian\n", kernels=["5.10.0-9-amd64", "5.10.0-30-amd64"])

    assert run_module("guest_facts", root=root)["ansible_facts"]["kernel"] == "5.10.0-30-amd64"


def test_an_empty_directory_is_no_guest(tmp_path, run_module):
    result = run_module("guest_facts", root=tmp_path)

    assert result["failed"] and "cannot tell the architecture of the guest" in result["msg"]


@pytest.mark.parametrize("name", ["//", "/.", "/proc/self/root"])
def test_the_root_of_this_machine_by_another_name_is_refused(name, run_module):
    result = run_module("guest_facts", root=name)

    assert result["failed"] and "it is the root of this machine; say / to mean this machine" in result["msg"]
    assert pathlib.Path("/").samefile(name)
