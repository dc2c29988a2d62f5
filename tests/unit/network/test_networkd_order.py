# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd takes the first file by name that matches a card, over all its folders."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini, networkd
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkd_files import matches
from unit.network.guests import after, apply, guest

ETC, USR = "/etc/systemd/network", "/usr/lib/systemd/network"
EARLY, USUAL = ETC + "/02-azure-dhcp.network", ETC + "/50-azure-dhcp.network"


@pytest.mark.parametrize(
    "match, verdict",
    [
        ("Name=eth0", True),
        ("Name=en* eth*", True),
        ("Name=e*", True),
        ("Name=ens3", False),
        ("Name=!eth*", False),
        ("Name=!en* wl*", True),
        ("Name=en*\nName=eth*", True),
        ("Name=eth*\nName=\nName=en*", False),
        ("Name=en* \\\n eth*", True),
        ("Name=eth[0-3]", True),
        ("Type=ether", True),
        ("Type=wlan", False),
        ("Type=!wlan", True),
        ("Type=ether\nName=ens*", False),
        ("Type=ether\nName=*", True),
        ("Driver=hv_netvsc", True),
        ("Driver=virtio_net", False),
        ("Driver=virtio_net hv_*", True),
        ("Driver=!mlx5_core", True),
        ("MACAddress=52:54:00:12:34:56", False),
        ("PermanentMACAddress=52:54:00:12:34:56", False),
        ("Name=eth0\nFirmware=device-tree", False),
        ("Name=eth0\nFirmware=!device-tree-compatible(vendor,board)", True),
        ("Name=eth0\nFirmware=uefi", None),
        ("Name=eth0\nCredential=net.build", False),
        ("Name=eth0\nHost=build", False),
        ("Name=eth0\nKernelCommandLine=quiet", None),
        ("Path=pci-0000:00:03.0", False),
        ("Path=acpi-VMBUS*", True),
        ("Path=*-usb-*", False),
        ("Path=*", True),
        ("Path=!pci-* platform-*", True),
        ("Driver=!virtio_net e1000", True),
        ("Driver=!hv_* e1000", False),
        ("Type=!wlan ether", False),
        ("Kind=bond", False),
        ("Kind=!*", True),
        ("Kind=!bridge", True),
        ("Property=ID_NET_DRIVER=hv_netvsc", True),
        ("Property=ID_NET_DRIVER=virtio_net", False),
        ("Property=ID_BUS=pci", None),
        ("Virtualization=microsoft", True),
        ("Virtualization=kvm", False),
        ("Virtualization=!kvm", True),
        ("Host=build7", False),
        ("Host=!build7", True),
        ("KernelVersion=6.*", None),
        ("Host=build7\nName=ens3", False),
        ("Name=eth0\nKernelCommandLine=x", None),
        ("# nothing", False),
    ],
)
def test_a_match_is_decided_for_the_card_that_azure_gives(match, verdict):
    assert matches(ini.entries(f"[Match]\n{match}\n[Network]\nDHCP=yes\n"), FIRST) is verdict


def test_a_file_without_a_match_is_for_no_card():
    assert matches(ini.entries("[Network]\nDHCP=yes\n"), FIRST) is False


@pytest.mark.parametrize(
    "files, what, line",
    [
        ({f"{ETC}/10-lan.network": "[Match]\nName=en* eth*\n\n[Network]\nDHCP=ipv6\n", USUAL: "[Match]\nName=eth*\n[Network]\nDHCP=yes\n"}, "nothing", 5),
        ({f"{ETC}/10-lan.network": "[Match]\nType=ether\n[Network]\nAddress=10.0.0.5/24\n", USUAL: "[Match]\nName=eth*\n[Network]\nDHCP=yes\n"}, "fixed", 4),
        ({f"{ETC}/10-lan.network": "[Match]\nDriver=virtio_net\n[Network]\nDHCP=no\n", USUAL: "[Match]\nName=eth*\n[Network]\nDHCP=yes\n"}, "dhcp", 4),
        ({f"{USR}/10-lan.network": "[Match]\nName=*\n[Link]\nUnmanaged=yes\n"}, "unmanaged", 4),
        ({f"{USR}/10-lan.network": "[Match]\nName=*\n[Link]\nUnmanaged=yes\n", f"{ETC}/10-lan.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n"}, "dhcp", 4),
        (
            {
                f"{USR}/10-lan.network": "[Match]\nName=*\n[Link]\nUnmanaged=yes\n",
                f"{ETC}/10-lan.network": "->/dev/null",
                USUAL: "[Match]\nName=*\n[Network]\nDHCP=v4\n",
            },
            "dhcp",
            4,
        ),
        ({f"{ETC}/10-lan.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n", f"{ETC}/10-lan.network.d/a.conf": "[Network]\nDHCP=no\n"}, "nothing", 4),
        ({f"{ETC}/10-lan.network": "[Match]\nName=*\n[Link]\nActivationPolicy=manual\n[Network]\nDHCP=yes\n"}, "not started", 4),
        ({f"{ETC}/10-lan.network": "[Match]\nKernelVersion=6.*\n[Network]\nDHCP=no\n", USUAL: "[Match]\nName=*\n[Network]\nDHCP=yes\n"}, "unsure", 4),
        ({f"{ETC}/10-lan.network": "[Match]\nKernelCommandLine=x\n[Network]\nDHCP=yes\n"}, "unsure", 4),
        ({f"{ETC}/10-lan.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n[DHCPv4]\nUseRoutes=no\n"}, "no route", 6),
        ({f"{ETC}/10-lan.network": "[Match]\nHost=build7\n[Network]\nDHCP=yes\n", USUAL: "[Match]\nName=*\n[Network]\nDHCP=yes\n"}, "dhcp", 4),
    ],
)
def test_the_first_file_that_matches_decides(tmp_path, files, what, line):
    found = networkd.answer(guest(tmp_path, files))

    assert (found.what, found.places[0].line) == (what, line)


@pytest.mark.parametrize(
    "files, changed",
    [
        ({f"{ETC}/10-lan.network": "[Match]\nName=en* eth*\n\n[Network]\nDHCP=ipv6\n"}, {EARLY: True}),
        ({f"{ETC}/10-lan.network": "[Match]\nType=ether\n[Network]\nDHCP=no\n", USUAL: "[Match]\nName=e*\n[Network]\nDHCP=yes\n"}, {EARLY: True, USUAL: False}),
        ({f"{ETC}/10-lan.network": "[Match]\nType=ether\n[Network]\nAddress=10.0.0.5/24\n"}, {f"{ETC}/10-lan.network": False, USUAL: True}),
        ({f"{ETC}/00-lan.network": "[Match]\nName=e*\n[Network]\nDHCP=no\n"}, {f"{ETC}/00-lan.network": False, EARLY: True}),
        ({f"{USR}/00-lan.network": "[Match]\nName=e*\n[Network]\nDHCP=no\n"}, {f"{ETC}/00-lan.network": True, EARLY: True}),
        ({f"{USR}/10-lan.network": "[Match]\nName=e*\n[Network]\nDHCP=no\n"}, {EARLY: True}),
        ({f"{ETC}/10-lan.network": "[Match]\nDriver=virtio_net\n[Network]\nDHCP=yes\n"}, {USUAL: True}),
        ({f"{ETC}/10-lan.network": "[Match]\nDriver=hv_netvsc\n[Network]\nDHCP=yes\nDNS=192.0.2.1\n"}, {}),
        ({f"{ETC}/10-lan.network": "[Match]\nName=!lo\n[Network]\nDHCP=ipv4\n"}, {}),
        ({f"{ETC}/90-lan.network": "[Match]\nName=eth*\n[Network]\nDHCP=no\n", USUAL: "[Match]\nName=e*\n[Network]\nDHCP=yes\n"}, {}),
    ],
)
def test_a_file_that_asks_is_brought_before_what_would_be_taken(tmp_path, files, changed):
    tree = guest(tmp_path, files)

    written = {path: text is not None for path, text in after(tree, "networkd").items()}
    apply(tree, "networkd")

    assert written == changed
    assert networkd.answer(tree).what == "dhcp"
    assert after(tree, "networkd") == {}


def test_the_file_of_the_virtual_functions_stays_before_ours():
    assert networkd.UNMANAGED_FILE < networkd.EARLY_FILE


MENU = "menuentry 'Debian' {\n  linux /boot/vmlinuz-6.1.0-28-amd64 root=UUID=1 ro quiet rootdelay=300\n  initrd /boot/initrd.img-6.1.0-28-amd64\n}\n"


@pytest.mark.parametrize(
    "match, verdict",
    [
        ("KernelCommandLine=quiet", True),
        ("KernelCommandLine=rootdelay", True),
        ("KernelCommandLine=rootdelay=300", True),
        ("KernelCommandLine=rootdelay=30", False),
        ("KernelCommandLine=!netboot", True),
        ("KernelCommandLine=netboot", False),
        ("KernelVersion=6.1.*", True),
        ("KernelVersion=!5.*", True),
        ("KernelVersion=5.10*", False),
        ("KernelVersion=>=6.0", None),
    ],
)
def test_a_match_asks_for_the_kernel_that_starts(tmp_path, match, verdict):
    tree = guest(tmp_path, {"/boot/grub/grub.cfg": MENU, "/boot/vmlinuz-6.1.0-28-amd64": "kernel", "/boot/initrd.img-6.1.0-28-amd64": "image"})
    assert matches(ini.entries(f"[Match]\nName=eth0\n{match}\n"), FIRST, tree) is verdict


@pytest.mark.parametrize(
    "more, what, line",
    [
        ("[DHCPv4]\nAllowList=10.0.0.0/8\n", "nothing", 6),
        ("[DHCPv4]\nAllowList=10.0.0.0/8 168.63.129.16\n", "dhcp", 4),
        ("[DHCPv4]\nDenyList=168.63.0.0/16\n", "nothing", 6),
        ("[DHCPv4]\nDenyList=192.168.1.1\n", "dhcp", 4),
        ("[Link]\nARP=no\n", "no route", 6),
        ("[Network]\nBindCarrier=eth9 wan*\n", "not started", 6),
        ("[Network]\nBindCarrier=eth*\n", "dhcp", 4),
        ("DHCP=No\n", "nothing", 4),
        ("DHCP=IPv6\n", "dhcp", 4),
    ],
)
def test_a_card_that_asks_may_still_not_get_its_address(tmp_path, more, what, line):
    tree = guest(tmp_path, {ETC + "/10-x.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n" + more})
    found = networkd.answer(tree)
    assert (found.what, found.places[0].line) == (what, line)


@pytest.mark.parametrize("word, what", [("IPv4", "nothing"), ("ipv4", "dhcp"), ("Yes", "dhcp"), ("Both", "nothing"), ("", "nothing")])
def test_words_of_dhcp_but_yes_and_no_are_taken_as_they_are_written_here_alone(tmp_path, word, what):
    assert networkd.answer(guest(tmp_path, {ETC + "/10-x.network": f"[Match]\nName=eth0\n[Network]\nDHCP={word}\n"})).what == what


def test_a_file_may_begin_with_the_mark_of_its_octets_order(tmp_path):
    assert networkd.answer(guest(tmp_path, {ETC + "/10-x.network": "\ufeff[Match]\nName=eth0\n[Network]\nDHCP=yes\n"})).what == "dhcp"
