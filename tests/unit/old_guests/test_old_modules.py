# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on old guests: which adapter each of them takes, that there is nothing to do where all is right, and what they change where it is not."""

import pytest
from unit.old_guests import debian, red_hat, suse
from unit.old_guests.guests import write_guest

#: {guest: (tree, boot loaders, generator, network manager, {service: state})}.
GUESTS = {
    "Red Hat 5.11": (red_hat.RHEL5, ["grub_legacy"], "mkinitrd-redhat", "ifcfg", {"sshd": "enabled", "waagent": "enabled", "ntpd": "enabled"}),
    "Red Hat 6.10": (red_hat.RHEL6, ["grub_legacy"], "dracut", "ifcfg", {"sshd": "enabled", "waagent": "enabled", "chronyd": "missing"}),
    "Red Hat 7.9": (red_hat.RHEL7, ["grub2"], "dracut", "networkmanager", {"sshd": "enabled", "waagent": "enabled", "chronyd": "enabled"}),
    "SUSE 11 SP4": (suse.SLES11, ["grub_legacy"], "mkinitrd-suse", "wicked", {"sshd": "enabled", "waagent": "enabled", "ntp": "enabled"}),
    "SUSE 12 SP5": (suse.SLES12, ["grub2"], "dracut", "wicked", {"sshd": "enabled", "waagent": "enabled", "chronyd": "enabled"}),
    "Debian 7": (debian.DEBIAN7, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "networking": "enabled", "ntp": "enabled"}),
    "Debian 8": (debian.DEBIAN8, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "networking": "enabled", "ntp": "enabled"}),
    "Debian 9": (debian.DEBIAN9, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "walinuxagent": "enabled", "ntp": "enabled"}),
    "Debian 10": (debian.DEBIAN10, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "walinuxagent": "enabled", "ntp": "missing"}),
    "Ubuntu 12.04": (debian.UBUNTU12, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "walinuxagent": "enabled", "ntp": "enabled"}),
    "Ubuntu 14.04": (debian.UBUNTU14, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "cloud-init": "enabled", "ntp": "enabled"}),
    "Ubuntu 16.04": (debian.UBUNTU16, ["grub2"], "initramfs-tools", "ifupdown", {"ssh": "enabled", "cloud-init": "enabled", "chrony": "enabled"}),
    "Ubuntu 18.04": (debian.UBUNTU18, ["grub2"], "initramfs-tools", "netplan", {"ssh": "enabled", "cloud-init": "enabled", "ntp": "missing"}),
}
#: Modules that find nothing to do where all is right.
RIGHT = {
    "sshd_options": {"options": {"ClientAliveInterval": 180}},
    "sudoers_clean": {},
    "swap_off": {"rebuild": False},
    "fstab_clean": {},
    "modprobe_allow": {},
}


@pytest.fixture(params=sorted(GUESTS))
def guest(request, tmp_path):
    """(root, what is expected of it) of an old guest."""
    return write_guest(tmp_path / "guest", GUESTS[request.param][0]), GUESTS[request.param]


def test_each_adapter_is_the_one_of_the_guest(guest, run_module):
    root, (_tree, loaders, generator, manager, states) = guest

    line = run_module("grub_cmdline", root=root, check=True, present=["console=ttyS0"])
    images = run_module("initrd_modules", root=root, check=True, modules=["hv_vmbus", "hv_storvsc"])
    network = run_module("network_dhcp", root=root, check=True)
    services = run_module("guest_services", root=root, check=True, disabled=list(states))

    assert [result.get("msg") for result in (line, images, network, services)] == [None] * 4
    assert line["bootloaders"] == loaders and len(line["entries"]) == 1
    assert images["generator"] == generator and [kernel["missing"] for kernel in images["kernels"]] == [[]]
    assert [kernel["rebuilt"] for kernel in images["kernels"]] == [False]
    assert network["manager"] == manager
    assert services["before"] == states


def test_where_all_is_right_there_is_nothing_to_do(guest, run_module):
    results = {module: run_module(module, root=guest[0], check=True, **arguments) for module, arguments in RIGHT.items()}

    assert {module: result for module, result in results.items() if result["changed"]} == {}


#: {guest: (tree, file, what stands there, what was there before it was prepared, words of it that are gone after network_dhcp)}.
FIXED = {
    "Red Hat 6.10": (red_hat.RHEL6, "etc/sysconfig/network-scripts/ifcfg-eth0", "BOOTPROTO=dhcp", "BOOTPROTO=static\nIPADDR=192.0.2.7\nNETMASK=255.255.255.0"),
    "SUSE 11 SP4": (suse.SLES11, "etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO='dhcp'", "BOOTPROTO='static'\nIPADDR='192.0.2.7/24'"),
    "Debian 7": (debian.DEBIAN7, "etc/network/interfaces", "inet dhcp", "inet static\n\taddress 192.0.2.7\n\tnetmask 255.255.255.0\n\tgateway 192.0.2.1"),
    "Debian 8": (debian.DEBIAN8, "etc/network/interfaces", "inet dhcp", "inet static\n\taddress 192.0.2.7\n\tnetmask 255.255.255.0"),
    "Ubuntu 12.04": (debian.UBUNTU12, "etc/network/interfaces", "inet dhcp", "inet static\n\taddress 192.0.2.7\n\tnetmask 255.255.255.0"),
    "Ubuntu 18.04": (debian.UBUNTU18, "etc/netplan/50-cloud-init.yaml", "dhcp4: true", "addresses: [192.0.2.7/24]"),
}


@pytest.mark.parametrize("name", sorted(FIXED))
def test_a_fixed_address_becomes_dhcp_once(name, tmp_path, run_module):
    tree, path, right, before = FIXED[name]
    root = write_guest(tmp_path, tree)
    (root / path).write_text((root / path).read_text().replace(right, before))

    first, second = run_module("network_dhcp", root=root, cloud_init="false"), run_module("network_dhcp", root=root, cloud_init="false")

    assert "msg" not in first and first["changed"] and not second["changed"], (first, second)
    left = "".join(file.read_text() for file in (root / path).parent.glob("*") if file.is_file())
    assert "192.0.2.7" not in left and "dhcp" in left.lower()
