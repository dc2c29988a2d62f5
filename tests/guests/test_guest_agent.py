# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role guest_agent leaves, as the agent's own parser reads it."""

import json

#: Asks the installed agent, not a parser of ours.
PROGRAM = """
import json, logging
from azurelinuxagent.common import conf
conf.load_conf_from_file('/etc/waagent.conf')
print(json.dumps({'agent': conf.get_provisioning_agent(), 'format': conf.get_resourcedisk_format(),
                  'filesystem': conf.get_resourcedisk_filesystem(), 'mount_point': conf.get_resourcedisk_mountpoint(),
                  'swap': conf.get_resourcedisk_enable_swap(), 'swap_mb': conf.get_resourcedisk_swap_size_mb(),
                  'update': conf.get_autoupdate_enabled()}))
"""


def test_the_agent_is_installed_and_starts_at_boot(host):
    assert host.package("waagent").is_installed
    assert host.service("walinuxagent").is_enabled


def test_the_agent_reads_what_the_documents_want(host):
    seen = json.loads(host.run("python3 -c %s", PROGRAM).stdout)

    assert seen == {"agent": "auto", "format": True, "filesystem": "ext4", "mount_point": "/mnt/resource", "swap": True, "swap_mb": 2048, "update": True}


def test_the_agent_accepts_its_file(host):
    assert host.run("waagent -show-configuration").rc == 0
