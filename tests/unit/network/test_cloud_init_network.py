# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``network:`` of cloud-init's own configuration, by its content: taken before what Azure says of the network."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import network_settings
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import FIRST
from ansible_collections.imagewright.azure.plugins.module_utils.network.outcome import answers
from unit.network.guests import enabled, guest

D = "/etc/cloud/cloud.cfg.d"
RUNNING = {
    "/usr/bin/cloud-init": "",
    "/usr/lib/systemd/systemd": "",
    "/usr/lib/systemd/system/cloud-init.service": "[Install]\n",
    "/etc/systemd/system/cloud-init.target.wants/cloud-init.service": "->/usr/lib/systemd/system/cloud-init.service",
    **enabled("systemd-networkd"),
}
INSTALLER = "# This is the network config written by 'subiquity'\nnetwork:\n  ethernets:\n    ens33:\n      dhcp4: true\n  version: 2\n"


@pytest.mark.parametrize(
    "files, paths",
    [
        ({"/etc/cloud/cloud.cfg": "network:\n  config: disabled\n"}, ["/etc/cloud/cloud.cfg"]),
        ({f"{D}/99-x.cfg": "network: {config: disabled}\n"}, [f"{D}/99-x.cfg"]),
        ({f"{D}/99-x.cfg": "{network: {config: disabled}}\n"}, [f"{D}/99-x.cfg"]),
        ({f"{D}/99-x.cfg": "network: {\"config\": 'disabled'}\n", f"{D}/90-y.cfg": INSTALLER}, [f"{D}/99-x.cfg"]),
        ({f"{D}/10-x.cfg": "network: {config: disabled}\n", f"{D}/90-y.cfg": "network: {version: 1, config: [{type: physical, name: eth0}]}\n"}, []),
        ({f"{D}/99-x.cfg": "# network: {config: disabled}\n"}, []),
        ({f"{D}/99-x.cfg": "users:\n- name: network\n  config: disabled\n"}, []),
        ({f"{D}/99-x.txt": "network: {config: disabled}\n"}, []),
    ],
)
def test_what_keeps_cloud_init_from_the_network(tmp_path, files, paths):
    assert network_settings.disabled_by(guest(tmp_path, files)) == paths


@pytest.mark.parametrize("path", [f"{D}/90-installer-network.cfg", f"{D}/50-curtin-networking.cfg", f"{D}/my.cfg", f"{D}/99_office.cfg"])
def test_a_description_of_this_machines_cards_goes_whatever_its_file_is_called(tmp_path, run_module, path):
    tree = guest(tmp_path, {**RUNNING, path: INSTALLER})
    before = answers(tree)[0]

    predicted = run_module("network_dhcp", root=tmp_path, check=True)
    done = run_module("network_dhcp", root=tmp_path)

    assert before[0] == "cloud-init" and before[1].what == "nothing" and before[1].places[0].path == path
    assert done["files"] == predicted["files"] and path in [file["path"] for file in done["files"] if file["action"] == "removed"]
    assert answers(tree)[0][1].what == "dhcp"
    assert not run_module("network_dhcp", root=tmp_path)["changed"]


def test_the_rest_of_a_file_stays_where_its_network_goes(tmp_path, run_module):
    text = "# ours\nssh_pwauth: false\nnetwork:\n  version: 2\n  ethernets: {ens3: {dhcp4: true}}\n\nlocale: C.UTF-8\n"
    guest(tmp_path, {**RUNNING, "/etc/cloud/cloud.cfg": text})

    run_module("network_dhcp", root=tmp_path)

    assert (tmp_path / "etc/cloud/cloud.cfg").read_text() == "# ours\nssh_pwauth: false\n\nlocale: C.UTF-8\n"


def test_what_the_administrator_said_stays_where_cloud_init_leaves_the_network_alone(tmp_path, run_module):
    files = {f"{D}/99-x.cfg": "network: {config: disabled}\n", f"{D}/90-y.cfg": INSTALLER}
    guest(tmp_path, {**RUNNING, **files})

    done = run_module("network_dhcp", root=tmp_path)

    assert done["cloud_init"] is False and not {file["path"] for file in done["files"]} & set(files)


@pytest.mark.parametrize(
    "text, what",
    [
        ("network: {version: 2, ethernets: {eth0: {dhcp4: true}}}\n", "dhcp"),
        ("network: {version: 2, ethernets: {any: {match: {name: 'e*'}, dhcp4: yes}}}\n", "dhcp"),
        ("network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.2/24]}}}\n", "fixed"),
        ("network:\n  version: 1\n  config:\n  - type: physical\n    name: eth0\n    subnets:\n    - type: dhcp\n", "dhcp"),
        ("network: {version: 1, config: [{type: physical, name: eth0, subnets: [{type: static, address: 10.0.0.2/24}]}]}\n", "fixed"),
        ("network: {version: 1, config: [{type: physical, name: ens3, subnets: [{type: dhcp}]}]}\n", "nothing"),
        ("network: {version: 1, config: [{type: physical, name: eth0, mac_address: '52:54:00:12:34:56', subnets: [{type: dhcp}]}]}\n", "nothing"),
        ("network: {version: 1, config: [{type: bond, name: bond0, bond_interfaces: [eth0]}]}\n", "held"),
        ("base: &base\n  network: {version: 1, config: [{type: physical, name: eth0, subnets: [{type: dhcp}]}]}\n<<: *base\n", "dhcp"),
    ],
)
def test_what_a_description_gives_the_first_card(tmp_path, text, what):
    assert network_settings.answer(guest(tmp_path, {f"{D}/x.cfg": text}), FIRST).what == what
