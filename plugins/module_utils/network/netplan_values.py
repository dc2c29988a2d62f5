# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a definition of netplan's of the wrong kind, for one of which netplan refuses all its files.

PRIVATE: module_utils of this collection are not an interface.
Source: netplan YAML reference; src/parse.c; each tried with `netplan generate` of 1.1.
"""

import ipaddress
import re

_TRUTHS = re.compile(r"true|on|yes|y|false|off|no|n", re.IGNORECASE)
_FLAGS = ("accept-ra", "critical", "dhcp4", "dhcp6", "ignore-carrier", "ipv6-privacy", "optional", "wakeonlan")
_NUMBERS = ("mtu", "ipv6-mtu")
_MAPPINGS = ("match", "nameservers", "dhcp4-overrides", "dhcp6-overrides", "ra-overrides")
_LISTS = ("addresses", "routes", "routing-policy", "link-local", "optional-addresses")


def is_refused(key, value):
    """Return whether netplan refuses a value, as YAML has it, of a key of a definition; an empty one, and one of another key, is not looked at."""
    if value is None:
        return False
    if key in _FLAGS:
        return not isinstance(value, bool) and not (isinstance(value, str) and _TRUTHS.fullmatch(value))
    if key in _NUMBERS:
        return isinstance(value, bool) or not str(value).isdigit()
    if key in _MAPPINGS and not isinstance(value, dict) or key in _LISTS and not isinstance(value, list):
        return True
    if key in ("gateway4", "gateway6"):
        return not _is_address(value)
    if key == "addresses":
        return any(not isinstance(each, dict) and not _is_network(each) for each in value)
    if key == "routes":
        return any(not isinstance(each, dict) for each in value)
    servers = value.get("addresses") if key == "nameservers" else None
    return servers is not None and (not isinstance(servers, list) or any(not _is_address(each) for each in servers))


def _is_address(value):
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return False
    return True


def _is_network(value):
    address, stroke, length = str(value).partition("/")
    return bool(stroke) and _is_address(address) and length.isdigit() and int(length) <= 128
