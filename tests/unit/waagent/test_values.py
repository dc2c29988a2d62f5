# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that a person gives for keys of waagent.conf: written as the agent takes them, or refused."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import INTEGER, KEYS, SWITCH
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.values import file_value


@pytest.mark.parametrize(
    "key, value, expected",
    [
        ("ResourceDisk.Format", True, "y"),
        ("ResourceDisk.Format", False, "n"),
        ("ResourceDisk.Format", "Y", "y"),
        ("ResourceDisk.Format", "True", "y"),
        ("ResourceDisk.SwapSizeMB", 2048, "2048"),
        ("ResourceDisk.SwapSizeMB", "2048", "2048"),
        ("Provisioning.PasswordCryptId", 6, "6"),
        ("Provisioning.Agent", "cloud-init", "cloud-init"),
        ("HttpProxy.Host", None, None),
        ("ResourceDisk.MountOptions", "compress=lzo,noatime", "compress=lzo,noatime"),
    ],
)
def test_a_value_is_written_as_the_agent_understands_it(key, value, expected):
    assert file_value(key, value) == expected


@pytest.mark.parametrize(
    "key, value, words",
    [
        ("ResourceDisk.Format", "yes", "only y and n"),
        ("ResourceDisk.Format", 1, "only y and n"),
        ("ResourceDisk.Format", "1", "only y and n"),
        ("ResourceDisk.SwapSizeMB", "2 GiB", "whole number (default 0)"),
        ("ResourceDisk.SwapSizeMB", True, "takes an integer"),
        ("ResourceDisk.SwapSizeMB", "-1", "whole number"),
        ("ResourceDisk.SwapSizeMB", 2.5, "takes an integer"),
        ("HttpProxy.Port", 65536, "between 1 and 65535"),
        ("HttpProxy.Host", "a#b", "cuts a value at '#'"),
        ("HttpProxy.Host", "a\nLogs.Verbose=y", "end of the line"),
        ("HttpProxy.Host", '"a"', "double quotes around it"),
        ("HttpProxy.Host", "", "finds nothing"),
        ("HttpProxy.Host", "None", "set null"),
        ("HttpProxy.Host", ["a"], "takes text"),
        ("Provisioning.Agent", "cloudinit", "auto, waagent, cloud-init, disabled"),
        ("ResourceDisk.MountPoint", "mnt", "absolute path"),
        ("resourcedisk.format", True, "did you mean ResourceDisk.Format?"),
        ("Home.Dir", "/home", "did you mean OS.HomeDir?"),
        ("AutoUpdate.Frequency", 1, "did you mean Autoupdate.Frequency?"),
        ("Zebra", 1, "allow_unknown"),
    ],
)
def test_a_value_that_the_agent_would_not_take_is_refused(key, value, words):
    with pytest.raises(ImagewrightError) as caught:
        file_value(key, value)
    assert words in str(caught.value) and key in str(caught.value)


@pytest.mark.parametrize("key", ["a=b", "#a", " a", "a\nb", ""])
def test_an_unknown_key_must_still_be_a_key(key):
    with pytest.raises(ImagewrightError):
        file_value(key, "x", allow_unknown=True)


def test_every_switch_has_a_default_that_the_agent_can_read():
    assert {key.default for key in KEYS.values() if key.kind == SWITCH} <= {"y", "n", None}
    assert all(key.default is None or key.default.isdigit() for key in KEYS.values() if key.kind == INTEGER)
