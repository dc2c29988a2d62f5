# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues of a .network file that throw the card's packets away, as a test of bad networks leaves them.

Source: systemd.network(5), [NetworkEmulator], [TokenBucketFilter], [BFIFO], [PFIFO], [CAKE]; tc-netem(8), tc-tbf(8), tc-bfifo(8).

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import ini
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import LEAST_MTU

#: Percent of packets without which nobody gets a lease and a login.
_MOST_LOST = 50
#: Seconds that a packet may be held, after which a client has asked anew.
_MOST_DELAY = 30
#: Bits a second: one packet of DHCP's takes a third of a second.
_LEAST_RATE = 8000
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:B|bps)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|sec|min|h|)$")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "sec": 1, "": 1, "min": 60, "h": 3600}


def starving(entries):
    """Return the key (str) of the queue at the card's root that lets no lease or login through, None without one.

    entries: [ini.IniEntry], of a .network file with its drop-ins.
    """
    for section, keys in _LIMITS.items():
        parent = ini.last(entries, section, "Parent")
        if parent is not None and parent.value not in ("", "root"):
            continue
        for key, is_starving in keys.items():
            entry = ini.last(entries, section, key)
            if entry is not None and is_starving(entry.value):
                return key
    return None


def _is_lost(value):
    match = re.match(r"(\d+(?:\.\d+)?)%$", value)
    return match is not None and float(match.group(1)) >= _MOST_LOST


def _is_late(value):
    match = _TIME.match(value)
    return match is not None and float(match.group(1)) * _SECONDS[match.group(2)] >= _MOST_DELAY


def _is_slow(value):
    return _number(value, 1000) < _LEAST_RATE


def _is_small(value):
    return _number(value, 1024) < LEAST_MTU


def _number(value, base):
    """Return the number of a value with a suffix; one that is none is passed over, and so without an end."""
    match = _NUMBER.fullmatch(value)
    return float(match.group(1)) * base ** " KMGT".index(match.group(2).upper() or " ") if match else float("inf")


_LIMITS = {
    "NetworkEmulator": {"LossRate": _is_lost, "DelaySec": _is_late},
    "TokenBucketFilter": {"Rate": _is_slow, "BurstBytes": _is_small, "LimitBytes": _is_small},
    "BFIFO": {"LimitBytes": _is_small},
    "PFIFO": {"PacketLimit": "0".__eq__},
    "CAKE": {"Bandwidth": _is_slow},
}
