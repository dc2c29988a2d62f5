# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan's files by YAML: what they say of the first card, and what network_dhcp takes out of them."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.network import managers, netplan
from unit.network.guests import after, enabled, guest

FOLDER, NETWORKD = "/etc/netplan", "/etc/systemd/network"


@pytest.mark.parametrize(
    "text, what",
    [
        ("network: {version: 2, ethernets: {eth0: {dhcp4: true}}}", "dhcp"),
        ("network:\n  ethernets:\n    eth0:\n      dhcp4: on\n", "dhcp"),
        ("network: {ethernets: {eth0: {dhcp4: 'y'}}}", "dhcp"),
        ("network: {ethernets: {eth0: {dhcp4: no}, eth1: {dhcp4: yes}}}", "nothing"),
        ("network: {ethernets: {eth0: {optional: true}}}", "nothing"),
        ("network: {ethernets: {eth0: {addresses: [10.0.0.2/24]}}}", "fixed"),
        ("network: {ethernets: {eth0: {dhcp4: true, nameservers: {addresses: [1.1.1.1]}}}}", "dhcp"),
        ("network: {ethernets: {any: {match: {name: 'e*'}, dhcp4: true}}}", "dhcp"),
        ("network: {ethernets: {any: {match: {driver: [virtio_net, hv_netvsc]}, dhcp4: true}}}", "dhcp"),
        ("network: {ethernets: {any: {match: {driver: virtio_net}, dhcp4: true}}}", "nothing"),
        ("network: {ethernets: {eth0: {match: {macaddress: '52:54:00:12:34:56'}, set-name: eth0, dhcp4: true}}}", "nothing"),
        ("network: {ethernets: {any: {match: {}, dhcp4: true}}}", "dhcp"),
        ("network: {ethernets: {eth0: {dhcp4: true}}, bonds: {bond0: {interfaces: [eth0]}}}", "held"),
        ("network: {ethernets: {eth0: {dhcp4: true}}, bridges: {br0: {addresses: [10.9.0.1/24]}}}", "dhcp"),
        ("network: {ethernets: {eth0: {dhcp4: true, activation-mode: manual}}}", "not started"),
        ("network: {ethernets: {eth0: {dhcp4: true, renderer: NetworkManager}}}", "not started"),
        ("network: {ethernets: {ens3: {dhcp4: true}}}", "nothing"),
    ],
)
def test_what_netplan_does_with_the_first_card(tmp_path, text, what):
    assert netplan.answer(guest(tmp_path, {FOLDER + "/a.yaml": text})).what == what


@pytest.mark.parametrize(
    "text, what",
    [
        ("network: {renderer: NetworkManager}", "dhcp"),
        ("network: {renderer: NetworkManager, ethernets: {eth0: {dhcp4: false}}}", "nothing"),
        ("network: {ethernets: {eth0: {dhcp4: true, renderer: NetworkManager}}}", "dhcp"),
    ],
)
def test_what_netplan_hands_to_networkmanager(tmp_path, text, what):
    packages = {"/usr/lib/NetworkManager/conf.d/10-globally-managed-devices.conf": "[keyfile]\nunmanaged-devices=*,except:type:wifi\n"}  # netplan masks it

    assert netplan.answer(guest(tmp_path, {FOLDER + "/a.yaml": text, **enabled("NetworkManager"), **packages})).what == what


def test_files_are_merged_by_name_and_the_last_one_counts(tmp_path):
    tree = guest(
        tmp_path,
        {"/lib/netplan/10-a.yaml": "network: {ethernets: {eth0: {dhcp4: true}}}\n", FOLDER + "/20-b.yaml": "network: {ethernets: {eth0: {dhcp4: false}}}\n"},
    )

    assert (netplan.answer(tree).what, netplan.answer(tree).places[0].path) == ("nothing", "/etc/netplan/20-b.yaml")


def test_a_file_replaces_the_packages_of_its_name(tmp_path):
    tree = guest(
        tmp_path, {"/lib/netplan/a.yaml": "network: {ethernets: {eth0: {dhcp4: false}}}\n", FOLDER + "/a.yaml": "network: {ethernets: {eth0: {dhcp4: true}}}\n"}
    )

    assert netplan.answer(tree).what == "dhcp"


def test_what_cloud_init_writes_takes_the_place_of_what_it_wrote_here(tmp_path):
    tree = guest(tmp_path, {FOLDER + "/50-cloud-init.yaml": "network: {ethernets: {ens3: {dhcp4: true}}}\n"})

    assert netplan.answer(tree).what == "nothing"
    assert netplan.answer(tree, cloud_init=True).what == "dhcp"


def test_a_later_file_overrules_what_cloud_init_writes(tmp_path):
    tree = guest(tmp_path, {FOLDER + "/99-office.yaml": "network:\n  ethernets:\n    eth0:\n      dhcp4: false\n"})

    found = netplan.answer(tree, cloud_init=True)

    assert (found.what, found.places[0].path, found.places[0].line) == ("nothing", "/etc/netplan/99-office.yaml", 4)


def test_a_network_file_before_netplans_decides(tmp_path):
    tree = guest(
        tmp_path, {FOLDER + "/a.yaml": "network: {ethernets: {eth0: {dhcp4: true}}}\n", NETWORKD + "/05-x.network": "[Match]\nName=e*\n[Network]\nDHCP=no\n"}
    )

    assert netplan.answer(tree).what == "nothing"


MIXED = """# the office's
network:
  version: 2
  renderer: networkd   # ours
  ethernets:
    ens3:
      addresses: [10.0.0.2/24]
    eth1: {optional: true}

  bridges:
    br0:
      interfaces: [eth1]
      addresses: [10.9.0.1/24]  # the lab
  tunnels: {wg0: {mode: wireguard, addresses: [10.8.0.1/24]}}
"""


def test_the_cards_of_this_machine_go_and_the_text_around_them_stays(tmp_path):
    tree = guest(tmp_path, {FOLDER + "/a.yaml": MIXED})

    assert after(tree, "netplan")[FOLDER + "/a.yaml"] == MIXED.replace("    ens3:\n      addresses: [10.0.0.2/24]\n", "")


@pytest.mark.parametrize(
    "text",
    [
        "network: {ethernets: {ens3: {dhcp4: true}}}\n",
        "network:\n  version: 2\n  ethernets:\n    ens3:\n      dhcp4: true\n",
        "network: {version: 2}\n",
        "# x\n",
    ],
)
def test_a_file_that_has_nothing_else_goes(tmp_path, text):
    assert after(guest(tmp_path, {FOLDER + "/a.yaml": text}), "netplan")[FOLDER + "/a.yaml"] is None


def test_the_renderer_that_the_administrator_chose_stays(tmp_path):
    tree = guest(tmp_path, {FOLDER + "/01-network-manager-all.yaml": "network:\n  version: 2\n  renderer: NetworkManager\n", **enabled("NetworkManager")})

    assert FOLDER + "/01-network-manager-all.yaml" not in after(tree, "netplan")


@pytest.mark.parametrize(
    "text, cause",
    [
        (
            "network: {renderer: networkd, ethernets: {ens3: {dhcp4: true}}, bridges: {br0: {}}}\n",
            "cannot take network.ethernets out of /etc/netplan/a.yaml line 1",
        ),
        ("network:\n\tethernets: {}\n", "cannot read /etc/netplan/a.yaml line 2: it is not right YAML"),
        ("network: [eth0]\n", "it has no mapping network"),
    ],
)
def test_what_cannot_be_edited_or_read_is_refused_with_its_place(tmp_path, text, cause):
    with pytest.raises(ImagewrightError) as caught:
        after(guest(tmp_path, {FOLDER + "/a.yaml": text}), "netplan")

    assert cause in str(caught.value)


def test_without_pyyaml_the_package_is_named_and_nothing_changes(tmp_path, run_module):
    guest(tmp_path / "guest", {FOLDER + "/a.yaml": MIXED})
    (tmp_path / "without").mkdir()
    (tmp_path / "without/sitecustomize.py").write_text(
        "import sys\nsys.modules['yaml'] = None\n"
        "from ansible.module_utils.common import respawn\nrespawn.probe_interpreters_for_module = lambda paths, name: None\n"
    )

    result = run_module("network_dhcp", root=tmp_path / "guest", manager="netplan", env={"PYTHONPATH": f"{tmp_path}/without:" + _collections()})

    assert result["failed"] and "has no PyYAML; install python3-yaml" in result["msg"]
    assert (tmp_path / "guest/etc/netplan/a.yaml").read_text() == MIXED


def _collections():
    import conftest

    return str(conftest.COLLECTIONS)


IFUPDOWN = {"/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n", **enabled("networking")}
GENERATOR = {"/usr/lib/systemd/system-generators/netplan": "program"}


@pytest.mark.parametrize(
    "files, names, what",
    [
        ({**IFUPDOWN}, ["ifupdown"], "not started"),
        ({**IFUPDOWN, **GENERATOR}, ["netplan", "ifupdown"], "fixed"),
        ({**enabled("systemd-networkd")}, ["netplan"], "not started"),
        ({**enabled("systemd-networkd"), **GENERATOR}, ["netplan"], "fixed"),
        ({**enabled("systemd-networkd"), **GENERATOR, "/etc/systemd/system-generators/netplan": ""}, ["netplan"], "not started"),
    ],
)
def test_what_a_netplan_that_was_removed_leaves_decides_nothing(tmp_path, monkeypatch, files, names, what):
    monkeypatch.setattr(LiveTree, "has_own_root", True)
    tree = guest(tmp_path, {FOLDER + "/a.yaml": "network: {ethernets: {eth0: {addresses: [10.0.0.2/24]}}}", **files})
    for path in set(GENERATOR) & set(files):
        (tmp_path / path.lstrip("/")).chmod(0o755)

    assert managers.active(tree) == names
    assert netplan.answer(tree).what == what


def test_files_of_netplan_alone_are_edited_as_those_of_a_guest_that_has_it(tmp_path):
    tree = guest(tmp_path, {FOLDER + "/a.yaml": "network: {ethernets: {ens3: {addresses: [10.0.0.2/24]}}}"})

    assert FOLDER + "/a.yaml" in after(tree, "netplan")


@pytest.mark.parametrize(
    "text, what, line",
    [
        ("network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      gateway: 10.0.0.1\n", "not started", 6),
        ("network:\n  version: 1\n  ethernets:\n    eth0: {dhcp4: true}\n", "not started", 2),
        ("network:\n  version: 2\n  ethernets:\n    eth1: {dchp4: true}\n    eth0: {dhcp4: true}\n", "not started", 4),
        ("network:\n  ethernets:\n    eth0: {dhcp4: true, gateway4: 10.0.0.1, ipv6-privacy: false, wakeonlan: true, networkmanager: {}}\n", "dhcp", 3),
    ],
)
def test_netplan_refuses_all_for_one_word_that_it_does_not_know(tmp_path, text, what, line):
    found = netplan.answer(guest(tmp_path, {"/etc/netplan/50-x.yaml": text}))
    assert (found.what, found.places[0].line) == (what, line)
