# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent is found on trees as packages and installations by hand leave them."""

import os

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

TEXT = "ResourceDisk.Format=n\n"


def write(root, path, text=TEXT):
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    "files, expected",
    [
        ({"/etc/waagent.conf": TEXT}, "/etc/waagent.conf"),
        ({"/usr/share/oem/waagent.conf": TEXT}, "/usr/share/oem/waagent.conf"),
        ({"/usr/share/defaults/waagent/waagent.conf": TEXT}, "/usr/share/defaults/waagent/waagent.conf"),
        (
            {
                "/etc/waagent.conf": TEXT,
                "/etc/agent/own.conf": TEXT,
                "/usr/lib/systemd/system/waagent.service": "[Service]\nExecStart=/usr/sbin/waagent -daemon -configuration-path:/etc/agent/own.conf\n",
            },
            "/etc/agent/own.conf",
        ),
        (
            {
                "/etc/waagent.conf": TEXT,
                "/usr/lib/systemd/system/waagent.service": "[Service]\nExecStart=/usr/sbin/waagent -daemon -configuration-path:/etc/gone.conf\n",
            },
            "/etc/waagent.conf",
        ),
        ({"/etc/waagent.conf": TEXT, "/usr/lib/systemd/system/walinuxagent.service": "[Service]\nExecStart=/usr/sbin/waagent -daemon\n"}, "/etc/waagent.conf"),
        ({}, None),
    ],
)
def test_the_file_is_found_where_the_agent_reads_it(tmp_path, files, expected):
    for path, text in files.items():
        write(tmp_path, path, text)
    assert installation.conf_path(LiveTree(str(tmp_path))) == expected


def test_a_masked_unit_names_no_file(tmp_path):
    write(tmp_path, "/etc/waagent.conf")
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/waagent.service").symlink_to("/dev/null")
    (tmp_path / "dev").mkdir()
    os.mkfifo(tmp_path / "dev/null")
    assert installation.conf_path(LiveTree(str(tmp_path))) == "/etc/waagent.conf"


@pytest.mark.parametrize(
    "path, text, version",
    [
        ("/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py", "AGENT_VERSION = '2.7.3.0'\n", "2.7.3.0"),
        ("/usr/lib/python3.11/site-packages/azurelinuxagent/common/version.py", 'AGENT_VERSION = "2.12.0.4"\n', "2.12.0.4"),
        ("/usr/local/lib/python3.9/site-packages/WALinuxAgent-2.9.1.1-py3.9.egg/azurelinuxagent/common/version.py", "AGENT_VERSION='2.9.1.1'\n", "2.9.1.1"),
        ("/usr/sbin/waagent", 'GuestAgentName = "WALinuxAgent"\nGuestAgentVersion = "WALinuxAgent-2.0.15"\n', "2.0.15"),
        ("/usr/sbin/waagent", "#!/usr/bin/python3\n", None),
    ],
)
def test_the_installed_version_is_found(tmp_path, path, text, version):
    write(tmp_path, path, text)
    assert installation.version(LiveTree(str(tmp_path))) == version
