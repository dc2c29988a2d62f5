# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_network asks the guest once: who writes the network's configuration, and what is installed already."""

import pathlib

import pytest
import yaml

NETPLAN = {"guest_network_manager": "netplan"}
FILE = "/etc/netplan/50-azure.yaml"
GENERATOR = "/usr/lib/systemd/system-generators/netplan"


@pytest.fixture
def with_cloud_init(fresh_guest):
    """A guest with netplan's file of this machine and a cloud-init that starts at boot; both are taken away."""
    unit = "/etc/systemd/system/cloud-init.service"
    fresh_guest.write(unit, "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
    fresh_guest.run("systemctl daemon-reload; systemctl enable -q cloud-init")
    # netplan and cloud-init bring PyYAML
    for file in pathlib.Path(yaml.__file__).parent.glob("*.py"):
        fresh_guest.write(f"/usr/lib/python3/dist-packages/yaml/{file.name}", file.read_text())
    fresh_guest.write(GENERATOR, "#!/bin/sh\n")
    fresh_guest.run(f"chmod 755 {GENERATOR}")
    fresh_guest.write("/etc/netplan/10-office.yaml", "network: {ethernets: {ens3: {addresses: [192.0.2.3/24]}}}\n")
    yield fresh_guest
    fresh_guest.run(
        f"systemctl disable -q cloud-init; rm -rf {unit} {GENERATOR} /etc/netplan /etc/cloud /usr/lib/python3/dist-packages/yaml; systemctl daemon-reload"
    )


def result_of(play, task):
    return next(event["result"] for event in play.tasks if event["task"].endswith(task) and event["status"] == "ok")


@pytest.mark.parametrize(
    ("choice", "drop_in", "left"),
    [("auto", "", True), ("auto", "network: {config: disabled}\n", False), ("always", "network: {config: disabled}\n", True), ("never", "", False)],
)
def test_the_network_is_left_to_cloud_init_where_it_will_set_it_up(with_cloud_init, choice, drop_in, left):
    with_cloud_init.write("/etc/cloud/cloud.cfg.d/99-local.cfg", drop_in)
    variables = {**NETPLAN, "guest_network_cloud_init": choice}

    predicted = with_cloud_init.role("guest_network", variables, check=True)
    first, second = with_cloud_init.role("guest_network", variables), with_cloud_init.role("guest_network", variables)

    assert predicted.changed_tasks() == first.changed_tasks() != [] and second.changed_tasks() == [] and not second.failed
    done = result_of(first, "Dhcp | Configure the first card for the next boot")
    assert done["cloud_init"] is left and "warnings" not in done
    assert done["files"] == result_of(predicted, "Dhcp | Configure the first card for the next boot")["files"]
    assert not with_cloud_init.exists("/etc/netplan/10-office.yaml") and with_cloud_init.exists(FILE) is not left


def test_a_package_that_prepare_has_seen_is_not_asked_for_again(fresh_guest):
    seen = {"azure-vm-utils": [{"version": "0.6.0"}]}

    play = fresh_guest.role("guest_network", {"guest_network_vm_utils": "always", "__guest_network_packages_there": seen}, check=True)

    assert not play.failed
    assert [event["status"] for event in play.tasks if event["task"].endswith("Vm utils | Install them")] == ["skipped"]
