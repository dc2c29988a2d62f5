# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of firewalls; more of them in test_firewall.py."""

from unit.readiness.guest_tree import UNITS, WANTS

_LOADED = {
    f"{UNITS}/nftables.service": "[Service]\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n[Install]\nWantedBy=multi-user.target\n",
    f"{WANTS}/nftables.service": ("link", f"{UNITS}/nftables.service"),
}
_HEAD = "table inet filter {\n chain x {\n  type filter hook %s priority filter; policy drop;\n  ct state established accept\n"

BROKEN_FILES = [
    ("R39", {**_LOADED, "/etc/nftables.conf": _HEAD % "output" + "}\n}\n"}, ("/etc/nftables.conf", 3)),
    ("R39c", {**_LOADED, "/etc/nftables.conf": _HEAD % "input" + "}\n}\n"}, ("/etc/nftables.conf", 3)),
]

RIGHT_FILES = [
    ("R39", {**_LOADED, "/etc/nftables.conf": _HEAD % "output" + "  meta skuid root accept\n}\n}\n"}),
    ("R39c", {**_LOADED, "/etc/nftables.conf": _HEAD % "input" + "  tcp dport 22 accept\n}\n}\n"}),
]
