# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that netplan knows in the definitions of cards, and of what is made of them; for one that it does not know it refuses all its files.

PRIVATE: module_utils of this collection are not an interface.
Source: netplan YAML reference; src/parse.c, of all releases together.
"""


def _words(text):
    return frozenset(text.split())


#: Of every definition, and of one of an Ethernet card.
_OF_ALL = _words(
    "accept-ra activation-mode addresses critical dhcp-identifier dhcp4 dhcp4-overrides dhcp6 dhcp6-overrides gateway4 gateway6 hairpin ignore-carrier "
    "ipv6-address-generation ipv6-address-token ipv6-mtu ipv6-privacy link-local macaddress mtu nameservers neigh-suppress networkmanager openvswitch "
    "optional optional-addresses port-mac-learning ra-overrides renderer routes routing-policy"
)
_OF_CARDS = _words(
    "auth delay-virtual-functions-rebind embedded-switch-mode emit-lldp generic-receive-offload generic-segmentation-offload infiniband-mode "
    "large-receive-offload link match receive-checksum-offload regulatory-domain set-name tcp-segmentation-offload tcp6-segmentation-offload "
    "transmit-checksum-offload virtual-function-count wakeonlan wakeonwlan"
)
_OF_DHCP = _words("hostname route-metric send-hostname use-dns use-domains use-hostname use-mtu use-ntp use-routes")

#: {what is in network: the words of one of its definitions}
DEFINITIONS = {
    "ethernets": _OF_ALL | _OF_CARDS,
    "bonds": _OF_ALL | {"interfaces", "parameters"},
    "bridges": _OF_ALL | {"interfaces", "parameters"},
    "vlans": _OF_ALL | {"id", "link"},
}
#: What is in network itself.
_SECTIONS = _words("bonds bridges dummy-devices ethernets modems nm-devices openvswitch renderer tunnels version virtual-ethernets vlans vrfs wifis")
#: {what is in a definition: its own words}
_MAPPINGS = {
    "match": frozenset(["driver", "macaddress", "name"]),
    "nameservers": frozenset(["addresses", "search"]),
    "dhcp4-overrides": _OF_DHCP,
    "dhcp6-overrides": _OF_DHCP,
    "ra-overrides": frozenset(["table", "use-dns", "use-domains"]),
}
#: {what is in a definition: the words of each item of the list}
_LISTS = {
    "routes": _words("advertised-mss advertised-receive-window congestion-window from metric mtu on-link scope table to type via"),
    "routing-policy": _words("from mark priority table to type-of-service"),
}


def is_section(word):
    """Return whether netplan knows a key of ``network:`` itself."""
    return str(word) in _SECTIONS


def unknown(kind, key, value):
    """Return the path ([str or int], from the definition) of a word that netplan does not know in a key and its value, None without one.

    kind: str, one of DEFINITIONS.
    """
    if str(key) not in DEFINITIONS[kind]:
        return [key]
    items = [([], value, _MAPPINGS[key])] if key in _MAPPINGS else []
    if key in _LISTS and isinstance(value, list):
        items = [([index], item, _LISTS[key]) for index, item in enumerate(value)]
    for place, mapping, words in items:
        word = next((word for word in mapping if str(word) not in words), None) if isinstance(mapping, dict) else None
        if word is not None:
            return [key, *place, word]
    return None
