# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What units, and what makes or configures them beside their own files, do to a boot."""

from integration.broken.ways_commands import once
from integration.broken.ways_root import AGENT, drop_in, written

_OWN = "/etc/systemd/system"
_SSH = f"{_OWN}/multi-user.target.wants/ssh.service"
_NETWORKD = "systemd-networkd"


def of_networkd(text):
    """Return the way in which networkd has a drop-in, on an image that it sets up."""
    return lambda layer: (layer.needs(f"/usr/lib/systemd/system/{_NETWORKD}.service", "/etc/systemd/network"), drop_in(_NETWORKD, text)(layer))


def required(target):
    """Return the way in which ssh requires foo.service by a link that leads to target."""
    return lambda layer: (layer.needs(_SSH), layer.link(f"{_OWN}/ssh.service.requires/foo.service", target))


#: {what was done: how}
WAYS = {
    "ssh requires by a link what is not there": required(f"{_OWN}/foo.service"),
    "ssh is a unit that never has started": lambda layer: (
        layer.needs("/usr/lib/systemd/system/walinuxagent.service"),
        drop_in("ssh", "[Service]\nType=oneshot\nRestart=no\n")(layer),
    ),
    "ssh may open no device": drop_in("ssh", "[Service]\nDevicePolicy=strict\n"),
    "ssh uses the second card alone": drop_in("ssh", "[Service]\nRestrictNetworkInterfaces=eth1\n"),
    "ssh may run no shell": drop_in("ssh", "[Service]\nNoExecPaths=/usr/bin\n"),
    "ssh sees no shell": drop_in("ssh", "[Service]\nInaccessiblePaths=/usr/bin/bash\n"),
    "the agent may open no drive": drop_in(AGENT, "[Service]\nDeviceAllow=/dev/null rw\n"),
}

#: {what was done: how}
CONTROLS = {
    "ssh requires by a link what is masked there": required("/dev/null"),
    "the agent is a unit that never has started": drop_in(AGENT, "[Service]\nType=oneshot\nRestart=no\n"),
    "ssh opens the usual devices": drop_in("ssh", "[Service]\nDevicePolicy=closed\n"),
    "ssh uses the first card alone": drop_in("ssh", "[Service]\nRestrictNetworkInterfaces=lo eth0\n"),
    "ssh runs what is in the system's directories": drop_in("ssh", "[Service]\nNoExecPaths=/home /var\nInaccessiblePaths=/srv -/usr/bin/gcc\n"),
    "the agent opens the drive": drop_in(AGENT, "[Service]\nDevicePolicy=closed\nDeviceAllow=block-* rwm\n"),
}
