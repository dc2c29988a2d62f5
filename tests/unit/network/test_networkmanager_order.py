# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which profile NetworkManager starts on the first card, and which cards it leaves alone."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import networkmanager
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkmanager_card import in_device_list
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkmanager_conf import configuration
from unit.network.guests import after, guest

KEYFILES, CONF_D, PACKAGES = "/etc/NetworkManager/system-connections", "/etc/NetworkManager/conf.d", "/usr/lib/NetworkManager/conf.d"
RULES = "/etc/udev/rules.d/68-azure.rules"
MAIN = "/etc/NetworkManager/NetworkManager.conf"
GLOBALLY = {PACKAGES + "/10-globally-managed-devices.conf": "[keyfile]\nunmanaged-devices=*,except:type:wifi,except:type:gsm,except:type:cdma\n"}
CALICO = "[keyfile]\nunmanaged-devices=interface-name:cali*;interface-name:tunl*;interface-name:vxlan.calico\n"


def profile(*lines, method="auto", kind="ethernet"):
    return f"[connection]\nid=x\ntype={kind}\n" + "".join(line + "\n" for line in lines) + f"\n[ipv4]\nmethod={method}\n"


@pytest.mark.parametrize(
    "items, taken",
    [
        ("*", True),
        ("eth0", True),
        ("ens3", False),
        ("interface-name:eth*", True),
        ("interface-name:=eth*", False),
        ("interface-name:cali*", False),
        ("driver:hv_netvsc", True),
        ("driver:mlx5_core", False),
        ("type:ethernet", True),
        ("type:wifi", False),
        ("mac:52:54:00:12:34:56", False),
        ("*;except:type:wifi", True),
        ("*;except:type:ethernet", False),
        ("*;except:interface-name:eth0", False),
        ("except:type:wifi", True),
        ("except:interface-name:eth0", False),
        ("", False),
    ],
)
def test_a_device_list_takes_the_first_card(items, taken):
    assert in_device_list([item for item in items.split(";") if item], FIRST) is taken


@pytest.mark.parametrize(
    "files, what",
    [
        ({MAIN: "[main]\nplugins=keyfile\n"}, "dhcp"),
        ({MAIN: "[main]\nno-auto-default=*\n"}, "nothing"),
        ({MAIN: "[main]\nno-auto-default=ens3\n"}, "dhcp"),
        ({f"{KEYFILES}/a": profile("interface-name=eth0", "autoconnect=false")}, "not started"),
        ({f"{KEYFILES}/a": profile("interface-name=ens3", "autoconnect=false")}, "dhcp"),
        ({f"{KEYFILES}/a": profile("interface-name=eth0", method="manual")}, "fixed"),
        ({f"{KEYFILES}/a": profile("interface-name=eth0", method="disabled")}, "nothing"),
        ({f"{KEYFILES}/a": profile("interface-name=eth0", method="link-local"), f"{KEYFILES}/b": profile("autoconnect-priority=10")}, "dhcp"),
        ({f"{KEYFILES}/a": profile(method="manual"), f"{KEYFILES}/b": profile()}, "unsure"),
        ({f"{KEYFILES}/a": profile("interface-name=ens3", method="manual")}, "dhcp"),
        ({f"{KEYFILES}/a": profile(method="manual") + "[ethernet]\nmac-address=52:54:00:12:34:56\n"}, "dhcp"),
        ({f"{KEYFILES}/a": profile(method="manual") + "[match]\ninterface-name=ens*;\n"}, "dhcp"),
        ({f"{KEYFILES}/a": profile() + "[match]\ndriver=hv_netvsc;\n", MAIN: "[main]\nno-auto-default=*\n"}, "dhcp"),
        ({f"{KEYFILES}/a": profile("interface-name=eth0", "master=bond0", "slave-type=bond")}, "held"),
        ({f"{KEYFILES}/a.bak": profile("interface-name=eth0", "autoconnect=false")}, "dhcp"),
        ({f"{KEYFILES}/a": profile(kind="wifi", method="manual")}, "dhcp"),
        ({f"{KEYFILES}/a": profile("interface-name=eth0", "permissions=user:joe:;")}, "not started"),
        ({RULES: 'SUBSYSTEM=="net", DRIVERS=="hv_netvsc", ENV{NM_UNMANAGED}="1"\n'}, "unmanaged"),
        ({RULES: 'SUBSYSTEM=="net", DRIVERS=="hv_pci", ACTION!="remove", ENV{NM_UNMANAGED}="1"\n'}, "dhcp"),
        ({RULES: 'SUBSYSTEM=="net", DRIVERS=="hv_*", ATTR{flags}=="0x?[89ABCDEF]??", ENV{NM_UNMANAGED}="1"\n'}, "dhcp"),
        (
            {RULES: 'SUBSYSTEM!="net", GOTO="end"\nENV{INTERFACE}=="vboxnet[0-9]*", ENV{NM_UNMANAGED}="1"\nGOTO="end"\nENV{NM_UNMANAGED}="1"\nLABEL="end"\n'},
            "dhcp",
        ),
        (GLOBALLY, "unmanaged"),
        ({**GLOBALLY, CONF_D + "/10-globally-managed-devices.conf": ""}, "dhcp"),
        ({CONF_D + "/10-calico.conf": CALICO}, "dhcp"),
        (
            {
                CONF_D + "/a.conf": "[keyfile]\nunmanaged-devices=interface-name:eth*\n",
                CONF_D + "/b.conf": "[keyfile]\nunmanaged-devices=mac:52:54:00:12:34:56\n",
            },
            "dhcp",
        ),
        (
            {CONF_D + "/a.conf": "[keyfile]\nunmanaged-devices=interface-name:eth*\n", CONF_D + "/b.conf": "[keyfile]\nunmanaged-devices+=driver:mlx5_core\n"},
            "unmanaged",
        ),
        ({CONF_D + "/a.conf": "[device-x]\nmatch-device=interface-name:eth0\nmanaged=0\n"}, "unmanaged"),
        ({CONF_D + "/a.conf": "[device-x]\nmatch-device=type:wifi\nmanaged=0\n"}, "dhcp"),
        ({MAIN: "[main]\nplugins=ifupdown,keyfile\n[ifupdown]\nmanaged=false\n", "/etc/network/interfaces": "iface eth0 inet dhcp\n"}, "unmanaged"),
        ({MAIN: "[main]\nplugins=ifupdown,keyfile\n[ifupdown]\nmanaged=false\n", "/etc/network/interfaces": "iface lo inet loopback\n"}, "dhcp"),
        ({"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nONBOOT=no\nBOOTPROTO=dhcp\n"}, "not started"),
        ({"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=dhcp\nNM_CONTROLLED=no\n"}, "unmanaged"),
        ({"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=none\nIPADDR=10.0.0.2\n"}, "fixed"),
    ],
)
def test_what_networkmanager_does_with_the_first_card(tmp_path, files, what):
    assert networkmanager.answer(guest(tmp_path, files)).what == what


def test_the_administrators_list_of_unmanaged_devices_is_added_to(tmp_path, run_module):
    tree = guest(tmp_path, {CONF_D + "/10-calico.conf": CALICO})

    run_module("network_dhcp", root=tmp_path, manager="networkmanager")

    assert (tmp_path / CONF_D.lstrip("/") / "10-calico.conf").read_text() == CALICO
    assert configuration(tree)["keyfile", "unmanaged-devices"].items == [
        "interface-name:cali*",
        "interface-name:tunl*",
        "interface-name:vxlan.calico",
        "driver:mana",
        "driver:mlx4_core",
        "driver:mlx5_core",
    ]


def test_a_list_that_an_older_version_of_ours_replaced_is_added_to_by_the_next_run(tmp_path, run_module):
    path = CONF_D + "/99-azure-unmanaged-devices.conf"
    guest(tmp_path, {path: "[keyfile]\nunmanaged-devices=driver:mlx5_core\n"})

    run_module("network_dhcp", root=tmp_path, manager="networkmanager")

    assert "unmanaged-devices+=driver:mana;driver:mlx4_core;driver:mlx5_core\n" in (tmp_path / path.lstrip("/")).read_text()


def test_a_packages_file_that_keeps_networkmanager_from_all_cards_is_masked(tmp_path, run_module):
    tree = guest(tmp_path, GLOBALLY)

    done = run_module("network_dhcp", root=tmp_path, manager="networkmanager")

    assert CONF_D + "/10-globally-managed-devices.conf" in [file["path"] for file in done["files"]]
    assert networkmanager.answer(tree).what == "dhcp"
    assert not run_module("network_dhcp", root=tmp_path, manager="networkmanager")["changed"]


def test_a_list_of_the_administrators_that_has_the_first_card_is_refused_with_its_line(tmp_path, run_module):
    guest(tmp_path, {CONF_D + "/a.conf": "[keyfile]\nunmanaged-devices=interface-name:eth0\n"})

    result = run_module("network_dhcp", root=tmp_path, manager="networkmanager")

    assert result["failed"] and "something else decides of it (unmanaged): /etc/NetworkManager/conf.d/a.conf line 2" in result["msg"]


def test_a_profile_that_root_alone_may_read_counts_before_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(LiveTree, "has_own_root", True)  # as of a guest, where modes are looked at
    tree = guest(tmp_path, {MAIN: "[main]\nno-auto-default=*\n", "/etc/os-release": "ID=rhel\nVERSION_ID=10.0\n"})

    assert list(after(tree, "networkmanager")) == [f"{KEYFILES}/azure-ethernet.nmconnection"]


@pytest.mark.parametrize(
    "section, what",
    [
        ("[match]\npath=pci-0000:00:03.0\n", "nothing"),
        ("[match]\npath=acpi-VMBUS*\n", "dhcp"),
        ("[match]\npath=!pci-*\n", "dhcp"),
        ("[match]\nkernel-command-line=build;\n", "nothing"),
        ("[match]\nkernel-command-line=!build;\n", "dhcp"),
        ("[match]\nkernel-command-line=quiet;\n", "dhcp"),
        ("[802-1x]\neap=peap;\nidentity=host\n", "not started"),
        ("[802-1x]\neap=peap;\noptional=true\n", "dhcp"),
    ],
)
def test_a_profile_is_for_a_place_a_command_line_or_a_switch(tmp_path, section, what):
    menu = "menuentry 'x' {\n  linux /boot/vmlinuz-6.1 root=UUID=1 ro quiet\n  initrd /boot/initrd.img-6.1\n}\n"
    files = {"/boot/grub2/grub.cfg": menu, "/boot/vmlinuz-6.1": "kernel", "/boot/initrd.img-6.1": "image"}
    files.update({KEYFILES + "/x.nmconnection": profile() + section, CONF_D + "/x.conf": "[main]\nno-auto-default=*\n"})
    assert networkmanager.answer(guest(tmp_path, files), FIRST).what == what


@pytest.mark.parametrize(("uid", "mode", "what"), [(0, 0o600, "dhcp"), (1000, 0o600, "nothing"), (0, 0o640, "nothing")])
def test_a_profile_that_is_not_roots_alone_is_refused(tmp_path, monkeypatch, uid, mode, what):
    path, stat = KEYFILES + "/x.nmconnection", LiveTree.stat
    tree = guest(tmp_path, {path: profile(), CONF_D + "/x.conf": "[main]\nno-auto-default=*\n"})
    monkeypatch.setattr(LiveTree, "has_own_root", True)
    monkeypatch.setattr(LiveTree, "stat", lambda self, name: stat(self, name)._replace(uid=uid, mode=0o100000 | mode) if name == path else stat(self, name))
    assert networkmanager.answer(tree, FIRST).what == what
