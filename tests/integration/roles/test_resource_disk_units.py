# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that guest_agent gives to swap on the resource disk, started with the cloud-init that a suite has.

A container has no swap of its own; systemd makes the unit of a mount of the same options as it makes that of swap.
"""

import pathlib
import re

import pytest
from lab import container, roots
from lab.live import LiveGuest
from lab.recipe import Recipe

TEMPLATE = pathlib.Path(__file__).resolve().parents[3] / "roles/guest_agent/templates/00-azure-swap.cfg.j2"
LINE = "tmpfs {} tmpfs {},x-systemd.requires-mounts-for=/ 0 0\n"


@pytest.fixture(scope="module", params=[pytest.param("trixie", marks=pytest.mark.slow), pytest.param("sid", marks=pytest.mark.slow), "bookworm"])
def with_cloud_init(request):
    """A container of the suite with its own package of cloud-init."""
    guest = container.start(root=roots.container_root(Recipe(suite=request.param)), image=None, suite=request.param, owned=True)
    try:
        live = LiveGuest(guest)
        live.run("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends cloud-init >/dev/null")
        # nobody answers here; asking each platform's metadata takes cloud-init minutes
        live.write("/etc/cloud/cloud.cfg.d/99-none.cfg", "datasource_list: [None]\n")
        yield live
    finally:
        container.stop(guest, at_once=True)


def options():
    """Return the options (str) of the swap line, without those that only swap has."""
    found = re.search(r'"swap", "sw,([^"]+)"', TEMPLATE.read_text()).group(1)
    return ",".join(option for option in found.split(",") if not option.startswith("x-systemd.device-timeout"))


def test_the_unit_starts_behind_the_service_that_sets_the_disk_up(with_cloud_init):
    with_cloud_init.run("mkdir -p /mnt/resource && printf '%s' '" + LINE.format("/mnt/resource", options()) + "' >> /etc/fstab && systemctl daemon-reload")

    with_cloud_init.run("systemctl start mnt-resource.mount && mountpoint -q /mnt/resource")
    after = with_cloud_init.output(["systemctl", "show", "-p", "After", "--value", "mnt-resource.mount"]).split()
    units = with_cloud_init.output(["sh", "-c", "ls /usr/lib/systemd/system /lib/systemd/system | grep ^cloud-init"]).split()
    assert [unit for unit in ("cloud-init-network.service", "cloud-init.service") if unit in units and unit in after]


def test_a_unit_that_requires_the_former_name_starts_only_where_that_is_there(with_cloud_init):
    with_cloud_init.run(
        "mkdir -p /mnt/former && printf '%s' '"
        + LINE.format("/mnt/former", "nofail,x-systemd.requires=cloud-init.service")
        + "' >> /etc/fstab && systemctl daemon-reload"
    )

    answer = with_cloud_init.output(
        ["sh", "-c", "systemctl start mnt-former.mount 2>&1; test -e /usr/lib/systemd/system/cloud-init.service && echo there; true"]
    )
    assert ("not found" in answer) != ("there" in answer)
