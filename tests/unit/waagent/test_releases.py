# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents of different releases make of the same settings."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.waagent.conf import parse
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.releases import notes, provisioning_agent


@pytest.mark.parametrize(
    "text, version, meaning",
    [
        ("Provisioning.Agent=Cloud-Init\n", "2.2.45", "cloud-init"),
        ("Provisioning.Agent=disabled\n", None, "disabled"),
        ("", "2.7.3.0", None),
        ("Provisioning.Agent=None\nProvisioning.Enabled=n\n", "2.12.0.2", None),
        ("Provisioning.Agent=cloud-init\n", "2.2.44", "waagent"),
        ("Provisioning.Agent=waagent\nProvisioning.UseCloudInit=y\n", "2.2.38", "cloud-init"),
        ("Provisioning.Enabled=n\n", "2.2.38", "disabled"),
        ("Provisioning.Enabled=n\nProvisioning.UseCloudInit=Y\n", "2.2.38", "cloud-init"),
        ("Provisioning.Enabled=no\n", "2.2.38", "waagent"),
        ("", "2.0.15", "waagent"),
    ],
)
def test_who_provisions_is_read_by_the_keys_that_the_installed_agent_knows(text, version, meaning):
    assert provisioning_agent(parse(text), version) == meaning


@pytest.mark.parametrize(
    "wanted, text, version, words",
    [
        ({"Provisioning.Agent": "waagent"}, "", "2.2.44", "2.2.44 ignores it, as all do before 2.2.45"),
        ({"Provisioning.Enabled": "y"}, "", "2.7.3.0", "ignores it, as all do after 2.2.44"),
        ({"Provisioning.Enabled": "y"}, "", None, "later than 2.2.44 ignore it"),
        ({"Extensions.WaitForCloudInitTimeout": "1"}, "", "2.16.0.2", "never takes effect"),
        ({"ResourceDisk.EnableSwap": "y"}, "ResourceDisk.EnableSwap=y\n", None, "only with ResourceDisk.Format=y"),
        ({"ResourceDisk.EnableSwap": "y"}, "ResourceDisk.EnableSwap=y\nResourceDisk.Format=y\n", None, "SwapSizeMB above 0"),
    ],
)
def test_a_setting_without_effect_is_told(wanted, text, version, words):
    assert [note for note in notes(wanted, text, version) if words in note]


@pytest.mark.parametrize(
    "wanted, text, version",
    [
        ({"Provisioning.Agent": "waagent"}, "", "2.2.45"),
        ({"Provisioning.Agent": "waagent"}, "", None),
        ({"Provisioning.Enabled": "y"}, "", "2.2.44"),
        ({"ResourceDisk.EnableSwap": "y"}, "ResourceDisk.EnableSwap=y\nResourceDisk.Format=Y\nResourceDisk.SwapSizeMB=01\n", None),
        ({"ResourceDisk.EnableSwap": "n"}, "ResourceDisk.EnableSwap=n\n", None),
        ({"Zebra": "1"}, "", "2.7.3.0"),
        ({"AutoUpdate.UpdateToLatestVersion": None}, "", "2.7.3.0"),
        *(
            ({"Provisioning.Agent": "cloud-init", "Provisioning.Enabled": "n", "Provisioning.UseCloudInit": "y"}, "", version)
            for version in (None, "2.2.38", "2.7.3.0")
        ),
    ],
)
def test_a_setting_with_effect_is_not_warned_about(wanted, text, version):
    assert notes(wanted, text, version) == []
