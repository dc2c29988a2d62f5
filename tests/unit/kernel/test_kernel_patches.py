# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kernel's version tells: the seven patches, NUMA, LIS, UEK."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import patches

ALL = ["cd006086fa5d", "5c1b10ab7f93", "3e8f4f406590", "54b2b50c20a6", "b12bb60d6c35", "e86fb5e8ab95", "be821fd8e627"]


@pytest.mark.parametrize(
    "version, missing",
    [
        ("2.6.32", ALL),
        ("3.4.3", ALL),
        ("3.4.4", ALL[1:]),
        ("3.4.39-custom", ALL[2:]),
        ("3.5.0", ALL[1:]),
        ("3.8.13", ALL[2:]),
        ("3.9.6", ALL[3:]),
        ("3.10.48", ALL[3:]),
        ("3.10.49", ALL[5:]),
        ("3.13.9", ALL[4:]),
        ("3.13.10", ALL[5:]),
        ("3.15", ALL[5:]),
        ("3.18.30", ALL[6:]),
        ("4.3.6", ALL[6:]),
        ("4.4.0", []),
        ("6.12.1+", []),
        ("nonsense", []),
    ],
)
def test_patches_are_missing_before_the_release_that_brought_them(version, missing):
    assert [patch.commit for patch in patches.missing_patches(version)] == missing


@pytest.mark.parametrize(
    "version",
    [
        "2.6.32-754.35.1.el6.x86_64",
        "3.10.0-1160.118.1.el7.x86_64",
        "4.18.0-553.el8_10.x86_64",
        "5.14.0-427.13.1.el9_4.aarch64",
        "4.1.12-124.48.6.el6uek.x86_64",
        "5.4.17-2136.315.5.el8uek.x86_64",
        "6.8.5-301.fc40.x86_64",
        "5.14.21-150500.55.52-default",
        "4.12.14-16.155-azure",
        "6.8.0-1021-azure",
        "5.15.0-105-generic",
        "6.1.0-50-cloud-amd64",
        "6.12.9-amd64",
        "6.1.0-26-arm64",
        "6.6.51.1-1.azl3",
        "6.12.8-0-lts",
        "6.12.10-arch1-1",
        "5.10.0-33-686-pae",
    ],
)
def test_kernels_of_distributions_are_known_by_their_names(version):
    assert patches.is_vendor_kernel(version)


@pytest.mark.parametrize("version", ["3.8.13", "3.10.108-mine", "4.4.0+", "6.1.55-hyperv-custom", "5.10.1-rt5", "2.6.39.4"])
def test_other_kernels_are_custom(version):
    assert not patches.is_vendor_kernel(version)


@pytest.mark.parametrize(
    "version, has",
    [
        ("3.10.0-514.el7.x86_64", False),
        ("3.10.0-693.el7.x86_64", True),
        ("3.10.0-1160.119.1.el7.x86_64", True),
        ("4.10.17", False),
        ("4.11", True),
        ("2.6.32-754.35.1.el6.x86_64", False),
        ("6.1.0-28-amd64", True),
        ("local", False),
    ],
)
def test_the_clock_of_the_host_came_with_4_11_and_with_red_hat_7_4(version, has):
    assert patches.has_host_clock(version) is has


@pytest.mark.parametrize(
    "version, needed",
    [
        ("2.6.36", True),
        ("2.6.37", False),
        ("2.6.32-503.el6.x86_64", True),
        ("2.6.32-504.el6.x86_64", False),
        ("2.6.32-754.35.1.el6.x86_64", False),
        ("2.6.32-5-amd64", True),
        ("2.6.18-398.el5", True),
        ("2.6.39-400.313.1.el6uek.x86_64", False),
        ("3.10.0-1160.el7.x86_64", False),
        ("x", False),
    ],
)
def test_numa_is_switched_off_for_old_kernels_only(version, needed):
    assert patches.numa_off_needed(version) is needed


@pytest.mark.parametrize(
    "version, needed",
    [
        ("2.6.32-71.el6.x86_64", True),
        ("2.6.32-279.22.1.el6.x86_64", True),
        ("2.6.32-358.el6.x86_64", False),
        ("2.6.32-300.el6uek.x86_64", False),
        ("3.10.0-123.el7.x86_64", False),
    ],
)
def test_integration_services_are_for_red_hat_6_0_to_6_3(version, needed):
    assert patches.lis_needed(version) is needed


@pytest.mark.parametrize(
    "version, is_uek2",
    [
        ("2.6.39-400.313.1.el6uek.x86_64", True),
        ("2.6.32-300.3.1.el6uek.x86_64", True),
        ("3.8.13-118.el6uek.x86_64", False),
        ("2.6.39.4", False),
    ],
)
def test_uek2_has_no_drivers(version, is_uek2):
    assert patches.is_uek2(version) is is_uek2


@pytest.mark.parametrize(
    "version, fixed",
    [
        ("2.6.32-754.15.3.el6.x86_64", True),
        ("2.6.32-754.14.2.el6.x86_64", False),
        ("2.6.32-696.el6.x86_64", False),
        ("3.10.0-957.21.3.el7.x86_64", True),
        ("3.10.0-957.21.2.el7.x86_64", False),
        ("3.10.0-1160.el7.x86_64", True),
        ("3.10.0-123.el7.x86_64", False),
        ("4.18.0-80.el8.x86_64", False),
        ("4.18.0-553.el8_10.x86_64", True),
        ("4.1.12-124.28.3.el7uek.x86_64", True),
        ("4.1.12-124.28.2.el7uek.x86_64", False),
        ("4.14.35-1844.0.7.el7uek.x86_64", False),
        ("4.14.35-2047.508.3.el7uek.x86_64", True),
        ("3.0.101-108.90-default", False),
        ("4.12.14-6.15-azure", True),
        ("4.4.0-148-generic", False),
        ("4.15.0-1049-azure", True),
        ("5.14.0-70.el9.x86_64", True),
        ("6.1.0-50-cloud-amd64", True),
        ("4.19.0-5-amd64", None),
        ("4.12.14-120-default", None),
        ("x", None),
    ],
)
def test_the_fixes_of_the_sack_panic_are_told_by_the_version_where_it_does(version, fixed):
    assert patches.has_sack_fix(version) is fixed
