# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's profiles, read from its keyfiles and from ifcfg files.

Source: nm-settings-keyfile(5).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import fixed_routes, ifcfg, ini, networkmanager_conf
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import of_c
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import LEAST_MTU
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkmanager_refusals import refused
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

_OF_PACKAGES = "/usr/lib/NetworkManager/system-connections"
#: Names of keyfiles that are passed over. Source: nm_keyfile_utils_ignore_filename.
_NO_PROFILE = re.compile(r"^\.|~$|\.(bak|old|orig|rej|swp|swx|rpmnew|rpmorig|rpmsave|dpkg-\w+|ifcfg)$|-?\.lock$", re.IGNORECASE)

#: The method of a profile that asks for an address and takes no route with it.
WITHOUT_ROUTE = "auto without a route"

_YES = ("yes", "y", "true", "t", "on", "1")

#: That of one which first proves who it is to a switch, as Azure has none.
WITHOUT_SWITCH_LOGIN = "802.1X"

#: That of one whose packets are too small for DHCP.
WITHOUT_LEASE = "auto with too small packets"

#: That of one which fails, and goes down again, where nobody announces IPv6.
WITHOUT_IPV6 = "auto, and no start without IPv6"

#: A profile. path: str; kind: str, ``ethernet``, ``bond`` ...; uuid: str or None; card (name or None), match, drivers ([str], patterns): what it is for;
#: places_of_cards, parameters: [str], patterns of udev's ID_PATH, and words of the kernel's command line, that it is for; zone: str or None, of firewalld;
#: mac: bool, whether it is for a MAC address; autoconnect: bool; priority: int; master: str or None, of a port; parent: str or None, of a VLAN;
#: method: str, of IPv4, or WITHOUT_ROUTE, WITHOUT_SWITCH_LOGIN, WITHOUT_LEASE or WITHOUT_IPV6; places: {word: Place}.
Profile = collections.namedtuple(
    "Profile", "path kind uuid card match drivers places_of_cards parameters zone mac autoconnect priority master parent method places"
)


def profiles(tree, reads_ifcfg):
    """Return the Profiles ([Profile]) of all kinds.

    reads_ifcfg: bool, whether this NetworkManager reads ifcfg files.
    """
    texts = {path: of_c(text_of(tree, path)) for path in _keyfiles(tree)}
    found = [_keyfile(path, text) for path, text in texts.items() if refused(path, text) is None]
    return found + ([_of_ifcfg(file, ifcfg.of_another_card(tree, file)) for file in ifcfg.all_files(tree)] if reads_ifcfg else [])


def refusals(tree):
    """Return the Places ([Place]) for which NetworkManager takes keyfiles for invalid, one a file."""
    places = [refused(path, of_c(text_of(tree, path))) for path in _keyfiles(tree)]
    return [place for place in places if place is not None]


def whole(profile):
    """Return the Place of a profile as a whole."""
    return Place(profile.path, None, f"a profile of type {profile.kind}")


def _keyfiles(tree):
    """Return the paths ([str]) of the keyfiles that NetworkManager reads."""
    found, names = [], set()
    for folder in (networkmanager_conf.folder_of_profiles(tree), _OF_PACKAGES):
        for path in tree.glob(folder + "/*"):
            name = posixpath.basename(path)
            if name in names or _NO_PROFILE.search(name) or not tree.is_file(path) or (folder == _OF_PACKAGES and not name.endswith(".nmconnection")):
                continue
            if tree.has_own_root and (tree.stat(path).mode & 0o077 or tree.stat(path).uid):
                continue  # NetworkManager takes none that others than root may read, or own
            names.add(name)
            found.append(path)
    return found


class _Keyfile:
    """A keyfile that is asked for its values, and remembers by its own words where they were."""

    def __init__(self, path, text):
        self.path = path
        self.entries = ini.entries(text)
        self.places = {}
        self._lines = text.split("\n")

    def value(self, word, *names):
        """Return the value (str) of the first of the names ((section, key)) that has one, None without one; word: of places."""
        for section, key in names:
            entry = ini.last(self.entries, section, key)
            if entry is not None and entry.value:
                self.places[word] = Place(self.path, entry.line, self._lines[entry.line - 1].strip())
                return entry.value
        return None

    def says(self, word, *names):
        """Return whether the value is a yes."""
        return (self.value(word, *names) or "").lower() in ini.TRUE


def _keyfile(path, text):
    file = _Keyfile(path, text)
    kind = file.value("kind", ("connection", "type"))
    # a profile of certain users waits until one of them is logged in
    permissions = file.value("autoconnect", ("connection", "permissions"))
    return Profile(
        path,
        "ethernet" if kind == "802-3-ethernet" else kind,
        file.value("uuid", ("connection", "uuid")),
        file.value("card", ("connection", "interface-name")),
        _list(file.value("match", ("match", "interface-name"))),
        _list(file.value("drivers", ("match", "driver"))),
        _list(file.value("places_of_cards", ("match", "path"))),
        _list(file.value("parameters", ("match", "kernel-command-line"))),
        file.value("zone", ("connection", "zone")),
        file.value("mac", ("ethernet", "mac-address"), ("802-3-ethernet", "mac-address")) is not None,
        (file.value("autoconnect", ("connection", "autoconnect")) or "true").lower() in ini.TRUE and not permissions,
        _priority(file.value("priority", ("connection", "autoconnect-priority"))),
        _master(file),
        file.value("parent", ("vlan", "parent")),
        _method(file),
        file.places,
    )


def _master(file):
    """Return the name (str) of what a port belongs to, "" where it is not told, None of one that is no port."""
    # only a port has a type of port; the older words are read still
    is_port = file.value("port", *[("connection", key) for key in ("port-type", "slave-type")]) is not None
    master = file.value("master", *[("connection", key) for key in ("controller", "master")])
    if is_port and master is None:
        file.places["master"] = file.places["port"]
        return ""
    return master


def _method(file):
    """Return the method of IPv4 (str), as of Profile; of several obstacles that which comes first on the way."""
    method = file.value("method", ("ipv4", "method")) or "auto"
    eap = file.value("eap", ("802-1x", "eap"))
    if eap and not file.says("optional", ("802-1x", "optional")):
        return _hindered(file, WITHOUT_SWITCH_LOGIN, "eap")
    if method != "auto":
        return method
    for obstacle in (_without_route, _without_lease, _without_ipv6):
        found = obstacle(file)
        if found is not None:
            return found
    return method


def _hindered(file, method, word):
    """Return the method (str), whose cause is in the place of the word."""
    file.places["method"] = file.places[word]
    return method


def _without_route(file):
    if any(file.says("routes", ("ipv4", key)) for key in ("never-default", "ignore-auto-routes")):
        return _hindered(file, WITHOUT_ROUTE, "routes")
    table = file.value("table", ("ipv4", "route-table")) or "0"
    if table not in ("0", "253", "254", "255") and not any(_asks(entry, table) for entry in file.entries):
        return _hindered(file, WITHOUT_ROUTE, "table")
    return None


def _without_lease(file):
    mtu = file.value("mtu", ("ethernet", "mtu"), ("802-3-ethernet", "mtu")) or "0"
    if mtu.isdigit() and 0 < int(mtu) < LEAST_MTU:
        return _hindered(file, WITHOUT_LEASE, "mtu")
    rejected = _list(file.value("rejected", ("ipv4", "dhcp-reject-servers")))
    if any(fixed_routes.rejects_platform(fixed_routes.network_of(word), True) for word in rejected):
        return _hindered(file, WITHOUT_LEASE, "rejected")
    return None


def _without_ipv6(file):
    may_fail, method = file.value("may_fail", ("ipv6", "may-fail")), file.value("method6", ("ipv6", "method")) or "auto"
    if method in ("auto", "dhcp") and may_fail is not None and may_fail.lower() in ini.FALSE:
        return _hindered(file, WITHOUT_IPV6, "may_fail")
    return None


def _asks(entry, table):
    """Return whether an entry of a profile is a rule that asks a table of routes (str, its number)."""
    words = entry.value.split()
    return (
        entry.section == "ipv4"
        and entry.key.startswith("routing-rule")
        and (("table", table) in zip(words, words[1:]) or ("lookup", table) in zip(words, words[1:]))
    )


def _of_ifcfg(file, gateway_device):
    """Return the Profile that NetworkManager makes of an ifcfg file. gateway_device: Place or None, as of ifcfg.of_another_card."""
    protocol = file.settings.get("BOOTPROTO", "none").lower()
    method = "auto" if protocol in ("dhcp", "bootp") else "manual" if file.settings.get("IPADDR") or file.settings.get("IPADDR0") else "disabled"
    method_place = file.place("BOOTPROTO", "IPADDR", "IPADDR0")
    if method == "auto":
        method, method_place = _obstacle(file, gateway_device) or (method, method_place)
    places = {
        "method": method_place,
        "zone": file.place("ZONE"),
        "card": file.place("DEVICE"),
        "autoconnect": file.place("ONBOOT"),
        "master": file.place(*ifcfg.PORT_OF),
    }
    return Profile(
        file.path,
        "ethernet" if file.kind is None else file.kind,
        file.settings.get("UUID"),
        file.settings.get("DEVICE"),
        [],
        [],
        [],
        [],
        file.settings.get("ZONE") or None,
        "HWADDR" in file.settings,
        file.is_started,
        _priority(file.settings.get("AUTOCONNECT_PRIORITY")),
        file.master,
        None,
        method,
        places,
    )


def _obstacle(file, gateway_device):
    """Return (method, Place) of what keeps a file of DHCP (IfcfgFile) from a lease that is of use, None without it.

    Source: nms-ifcfg-rh-reader.c, IPV6_FAILURE_FATAL, IPV6INIT and MTU.
    """
    without, mtu = ifcfg.without_route(file) or gateway_device, file.settings.get("MTU", "")
    if without is not None:
        return WITHOUT_ROUTE, without
    if mtu.isdigit() and 0 < int(mtu) < LEAST_MTU:
        return WITHOUT_LEASE, file.place("MTU")
    if (
        all(file.settings.get(name, "").lower() in _YES for name in ("IPV6INIT", "IPV6_FAILURE_FATAL"))
        and file.settings.get("IPV6_AUTOCONF", "").lower() != "no"
    ):
        return WITHOUT_IPV6, file.place("IPV6_FAILURE_FATAL")
    return None


def _priority(word):
    return int(word) if re.fullmatch(r"-?[0-9]{1,3}", word or "") else 0


def _list(value):
    return [] if value is None else [item for item in re.split(r"[;, ]", value) if item]
