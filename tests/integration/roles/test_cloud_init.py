# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning by cloud-init: one owner of the resource disk, and files that cloud-init itself accepts."""

import json
import re

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
    read = (
        "import json; from cloudinit import util; import glob; "
        "print(json.dumps({p: util.load_yaml(open(p).read()) for p in glob.glob('/etc/cloud/cloud.cfg.d/*azure*.cfg')}))"
    )
    files = json.loads(provisioned.output(["python3", "-c", read]))

    assert files["/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg"]["datasource_list"] == ["Azure"]
    options = "sw,nofail,x-systemd.after=cloud-init-network.service,x-systemd.after=cloud-init.service,x-systemd.device-timeout=2"
    assert ["ephemeral0.2", "none", "swap", options, "0", "0"] in files["/etc/cloud/cloud.cfg.d/00-azure-swap.cfg"]["mounts"]
    assert files["/etc/cloud/cloud.cfg.d/10-azure-kvp.cfg"]["reporting"]["telemetry"]["type"] == "hyperv"


def stages(guest):
    """Return [modules of the first stage, modules of the second] as cloud-init itself reads them."""
    read = (
        "import json; from cloudinit import util; config = util.read_conf_with_confd('/etc/cloud/cloud.cfg'); "
        "print(json.dumps([config['cloud_init_modules'], config['cloud_config_modules']]))"
    )
    return json.loads(guest.output(["python3", "-c", read]))


def test_cloud_init_sets_the_resource_disk_up_in_its_first_stage_as_debian_has_it(provisioned):
    first, second = stages(provisioned)
    place = first.index("disk_setup")
    assert first[place : place + 2] == ["disk_setup", "mounts"] and "mounts" not in second
    assert "/etc/cloud/cloud.cfg\n" not in provisioned.run("dpkg --verify cloud-init", check=False).stdout


def test_cloud_init_reads_a_file_of_red_hats_as_its_own_after_the_role(provisioned):
    path = "/etc/cloud/cloud.cfg"
    debian = provisioned.read(path)
    as_red_hat = re.sub(r"(?m)^ +- mounts\n", "", debian)
    dash = re.search(r"(?m)^( +- )disk_setup$", debian).group(1)
    late, early = f"{dash}[mounts, always]  # late\n", f"{dash}disk_setup\n"
    as_red_hat = as_red_hat.replace("cloud_config_modules:\n", "cloud_config_modules:\n" + late)
    provisioned.write(path, as_red_hat)
    try:
        play = provisioned.role("guest_agent", {"guest_agent_provisioning": "cloud-init"})

        assert [task.rpartition(" | ")[2] for task in play.changed_tasks()] == ["Set the resource disk up in its first stage"], play.output
        first, second = stages(provisioned)
        assert first[first.index("disk_setup") + 1] == ["mounts", "always"] and ["mounts", "always"] not in second
        assert provisioned.read(path) == as_red_hat.replace(late, "").replace(early, early + late)
    finally:
        provisioned.write(path, debian)


def test_a_cloud_cfg_that_cannot_be_edited_is_named_and_stays(provisioned):
    path = "/etc/cloud/cloud.cfg.d/50-own.cfg"
    provisioned.write(path, "cloud_init_modules: [ssh]\n")
    try:
        play = provisioned.role("guest_agent", {"guest_agent_provisioning": "cloud-init"})

        assert f"{path} line 1: cloud_init_modules is not a list with one item a line" in play.failed_tasks()[0]
        assert "Refused | " in play.failed_tasks()[0] and play.changed_tasks() == []
        assert provisioned.read(path) == "cloud_init_modules: [ssh]\n"
    finally:
        provisioned.run(["rm", path])


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
