# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All modules of the guest, one after the other, on trees as other distributions leave them: predicted, done, and done once."""

import pytest
from unit.guest_text.distribution_trees import NEW_CLOUD, OLD_CLOUD, TREES
from unit.trees import write_tree

SETTINGS = {"ResourceDisk.Format": True, "ResourceDisk.SwapSizeMB": 2048, "AutoUpdate.Enabled": True, "Provisioning.Agent": "waagent"}
STEPS = [
    ("modprobe_allow", {}),
    ("swap_off", {"rebuild": False}),
    ("fstab_clean", {}),
    ("sshd_options", {"options": {"ClientAliveInterval": 180}}),
    ("waagent_conf", {"settings": SETTINGS}),
    ("sudoers_clean", {}),
    ("network_dhcp", {}),
    ("guest_generalize", {}),
]

#: By tree: the manager, and {path: (words that must be there, words that must not)}; None: no such file.
OUTCOMES = {
    "rhel6": (
        "ifcfg",
        {
            "/etc/sysconfig/network-scripts/ifcfg-eth0": (["BOOTPROTO=dhcp", "ONBOOT=yes"], ["HWADDR", "IPADDR"]),
            "/root/anaconda-ks.cfg": None,
            "/etc/sysconfig/network": (["HOSTNAME=localhost.localdomain"], ["build6"]),
            "/etc/udev/rules.d/70-persistent-net.rules": None,
            "/etc/udev/rules.d/75-persistent-net-generator.rules": ([], ["write_net_rules"]),
            "/etc/sudoers": (["%wheel\tALL=(ALL)\tALL"], []),
            "/etc/modprobe.d/CIS.conf": (["\n# install udf", "\n# install vfat", "install cramfs"], []),
            "/var/lib/dhclient/dhclient-eth0.leases": None,
        },
    ),
    "oracle7": (
        "networkmanager",
        {"/etc/sysconfig/network-scripts/ifcfg-eth0": (["BOOTPROTO=dhcp", "NM_CONTROLLED=yes"], []), "/etc/sysconfig/network-scripts/ifcfg-ens3": None},
    ),
    "rhel8": ("networkmanager", {"/etc/sysconfig/network-scripts/ifcfg-eth0": (["BOOTPROTO=dhcp"], []), "/var/lib/NetworkManager/secret_key": None}),
    "rhel10": (
        "networkmanager",
        {
            "/etc/NetworkManager/system-connections/azure-ethernet.nmconnection": (["method=auto"], ["interface-name"]),
            "/etc/NetworkManager/system-connections/ens3.nmconnection": None,
            "/etc/NetworkManager/system-connections/br0.nmconnection": (["type=bridge"], []),
            "/etc/ssh/sshd_config.d/00-azure.conf": (["ClientAliveInterval 180"], []),
            "/etc/modprobe.d/dist-blacklist.conf": (["# blacklist udf"], []),
        },
    ),
    "sles11": (
        "wicked",
        {
            "/etc/sysconfig/network/ifcfg-eth0": (["BOOTPROTO='dhcp'"], ["192.0.2.11"]),
            "/etc/sysconfig/network/dhcp": (['DHCLIENT_SET_HOSTNAME="no"'], []),
            "/etc/HOSTNAME": (["localhost.localdomain"], []),
            "/etc/sudoers": (["# Defaults targetpw", "# ALL   ALL=(ALL) ALL", "\nroot ALL=(ALL) ALL"], []),
            "/etc/udev/rules.d/75-persistent-net-generator.rules": (["# "], ["x\n"]),
            "/root/autoinst.xml": None,
        },
    ),
    "sles15": (
        "wicked",
        {
            "/etc/sysconfig/network/ifcfg-eth1": None,
            "/etc/sudoers": (["# Defaults targetpw", "@includedir"], ["\nALL   ALL"]),
            "/etc/fstab": (["/var  btrfs  subvol=/@/var"], []),
            "/etc/waagent.conf": (["ResourceDisk.Filesystem=btrfs"], []),
        },
    ),
    "sles16": (
        "networkmanager",
        {
            "/etc/sudoers": (["# Defaults targetpw", "# ALL   ALL=(ALL) ALL", "@includedir /etc/sudoers.d"], []),
            "/usr/etc/sudoers": (["\nDefaults targetpw"], []),
            "/etc/modprobe.d/60-blacklist_fs-udf.conf": (["# blacklist udf"], []),
            "/etc/ssh/sshd_config.d/00-azure.conf": (["ClientAliveInterval 180"], []),
        },
    ),
    "ubuntu": (
        "netplan",
        {
            "/etc/netplan/50-cloud-init.yaml": None,
            "/etc/netplan/50-azure.yaml": (["dhcp4: true"], []),
            "/swap.img": None,
            "/var/log/installer/autoinstall-user-data": None,
            "/etc/sudoers": (["%sudo\tALL=(ALL:ALL) ALL"], []),
        },
    ),
}
#: {cloud.cfg as it was: as it shall be}
CLOUD = {OLD_CLOUD: OLD_CLOUD.replace(" - mounts\n", "").replace(" - disk_setup\n", " - disk_setup\n - mounts\n"), NEW_CLOUD: NEW_CLOUD}
QUICK = ("rhel6", "sles11", "sles16")


def without_invocation(result):
    return {key: value for key, value in result.items() if key not in ("invocation", "backup_files")}


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in TREES])
def test_a_tree_of_a_distribution_is_prepared_as_its_documents_say(name, tmp_path, run_module):
    write_tree(tmp_path, TREES[name])
    manager, outcomes = OUTCOMES[name]
    cloud = TREES[name].get("/etc/cloud/cloud.cfg")
    steps = STEPS + ([("cloud_init_early", {})] if cloud else [])
    results = {}
    for module, arguments in steps:
        predicted = run_module(module, root=tmp_path, check=True, **arguments)
        results[module] = run_module(module, root=tmp_path, **arguments)
        assert not results[module]["failed"], (module, results[module])
        assert without_invocation(predicted) == without_invocation(results[module])
    for module, arguments in steps:
        assert not run_module(module, root=tmp_path, **arguments)["changed"], module

    assert results["network_dhcp"]["manager"] == manager
    for path, wanted in outcomes.items():
        file = tmp_path / path.lstrip("/")
        if wanted is None:
            assert not file.exists(), path
        else:
            text = "\n" + file.read_text()
            assert all(words in text for words in wanted[0]) and not any(words in text for words in wanted[1]), (path, text)
    assert not cloud or (tmp_path / "etc/cloud/cloud.cfg").read_text() == CLOUD[cloud]
    assert_common(tmp_path)


def assert_common(root):
    """What holds on every guest."""
    fstab = [line for line in (root / "etc/fstab").read_text().splitlines() if line and not line.startswith("#")]
    assert fstab and not any(" swap " in " ".join(line.split()) for line in fstab)
    agent = (root / "etc/waagent.conf").read_text()
    assert "ResourceDisk.Format=y\n" in agent and "ResourceDisk.SwapSizeMB=2048\n" in agent and "\nAutoUpdate.Enabled=y\n" in agent
    assert "Provisioning.Agent=waagent\n" in agent and "Extensions.Enabled=y\n" in agent
    assert [line.split(":")[1] for line in (root / "etc/shadow").read_text().splitlines()] == ["*", "*", "*"]
    for gone in ("root/.bash_history", "home/clerk/.bash_history", "home/clerk/.ssh/authorized_keys", "etc/ssh/ssh_host_rsa_key", "etc/shadow-"):
        assert not (root / gone).exists(), gone
    assert (root / "etc/sudoers").exists()
