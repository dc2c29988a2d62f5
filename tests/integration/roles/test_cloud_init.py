# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning by cloud-init: one owner of the resource disk, and files that cloud-init itself accepts."""

import json

import pytest

PROGRAM = """
import json
from azurelinuxagent.common import conf
conf.load_conf_from_file('/etc/waagent.conf')
print(json.dumps([conf.get_provisioning_agent(), conf.get_resourcedisk_format(), conf.get_resourcedisk_enable_swap()]))
"""


@pytest.fixture(scope="module")
def provisioned(suite_guest):
    """A guest that the role has set up for cloud-init."""
    suite_guest.run("apt-get update -qq")
    play = suite_guest.role("guest_agent", {"guest_agent_provisioning": "cloud-init"})
    assert not play.failed, play.output
    return suite_guest


def test_the_agent_leaves_provisioning_and_the_disk_to_cloud_init(provisioned):
    assert json.loads(provisioned.output(["python3", "-c", PROGRAM])) == ["cloud-init", False, False]


def test_cloud_init_accepts_each_file_and_makes_swap(provisioned):
    read = ("import json; from cloudinit import util; import glob; "
            "print(json.dumps({p: util.load_yaml(open(p).read()) for p in glob.glob('/etc/cloud/cloud.cfg.d/*azure*.cfg')}))")
    files = json.loads(provisioned.output(["python3", "-c", read]))

    assert files["/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg"]["datasource_list"] == ["Azure"]
    assert ["ephemeral0.2", "none", "swap", "sw,nofail,x-systemd.requires=cloud-init.service,x-systemd.device-timeout=2", "0", "0"] \
        in files["/etc/cloud/cloud.cfg.d/00-azure-swap.cfg"]["mounts"]
    assert files["/etc/cloud/cloud.cfg.d/10-azure-kvp.cfg"]["reporting"]["telemetry"]["type"] == "hyperv"


def test_cloud_init_starts_at_boot(provisioned):
    assert provisioned.output("systemctl is-enabled cloud-init-local cloud-config cloud-final").split() == ["enabled"] * 3


def test_a_second_run_changes_nothing(provisioned):
    play = provisioned.role("guest_agent", {"guest_agent_provisioning": "cloud-init"})

    assert not play.failed and play.changed_tasks() == []


def test_auto_now_means_cloud_init_and_waagent_is_refused(provisioned):
    automatic = provisioned.role("guest_agent")
    assert not automatic.failed, automatic.output
    (changed,) = automatic.changed_tasks()
    assert changed.endswith("Configuration | Set who provisions, swaps and updates")

    play = provisioned.role("guest_agent", {"guest_agent_provisioning": "waagent"})

    assert play.failed and "cloud-init is enabled and would do the same work" in play.failed_tasks()[0]
