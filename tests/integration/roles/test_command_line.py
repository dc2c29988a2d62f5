# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guest_agent takes out of a guest's command line what turns cloud-init away from Azure, and leaves it where that is wanted."""

import re

import pytest

OTHERS = "console=ttyS0,115200n8 quiet"
WORDS = "ds=nocloud network-config=disabled cc: ssh_pwauth: true end_cc"
FROM_CLOUD_INIT = {"guest_agent_provisioning": "cloud-init"}


def set_line(guest, line):
    """Write the kernel's parameters as an administrator does: into GRUB's defaults, and into the menu by the guest's own generator."""
    guest.run(["sed", "-i", f's|^GRUB_CMDLINE_LINUX=.*|GRUB_CMDLINE_LINUX="{line}"|', "/etc/default/grub"])
    guest.run("update-grub")


def started_with(guest):
    """Return the parameters ({str}) behind root= of every line of the menu that starts a kernel."""
    return {match.group(1).strip() for match in re.finditer(r"^\s*linux\s.* ro (?:single )?(.*)$", guest.read("/boot/grub/grub.cfg"), re.MULTILINE)}


@pytest.fixture(scope="module")
def told(disk_guest):
    """A guest with cloud-init that its command line turns away from Azure; an option has kept the words."""
    disk_guest.run("apt-get update -qq")
    set_line(disk_guest, f"{OTHERS} {WORDS}")
    play = disk_guest.role("guest_agent", dict(FROM_CLOUD_INIT, guest_agent_keep_kernel_datasource=True))
    assert not play.failed, play.output
    return disk_guest


def test_an_option_keeps_what_is_said_to_cloud_init(told):
    assert all(WORDS in line for line in started_with(told)) and f'GRUB_CMDLINE_LINUX="{OTHERS} {WORDS}"' in told.read("/etc/default/grub")


def test_what_turns_cloud_init_away_from_azure_goes_and_all_else_stays(told):
    set_line(told, f"{OTHERS} {WORDS} cloud-init=disabled")

    predicted = told.role("guest_agent", FROM_CLOUD_INIT, check=True)
    play = told.role("guest_agent", FROM_CLOUD_INIT)
    second = told.role("guest_agent", FROM_CLOUD_INIT)

    assert not play.failed and not second.failed, play.output + second.output
    (changed,) = play.changed_tasks()
    assert changed.endswith("Command line | Take out what turns cloud-init away from Azure")
    assert predicted.changed_tasks() == [changed] and second.changed_tasks() == []
    assert f'GRUB_CMDLINE_LINUX="{OTHERS}"' in told.read("/etc/default/grub")
    assert {line.replace("quiet quiet", "quiet") for line in started_with(told)} <= {OTHERS, f"{OTHERS} quiet", f"{OTHERS} "}
