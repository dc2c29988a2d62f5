# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netctl, Arch's: profiles in /etc/netctl, each started by a unit of its own, by netctl.service, or by ifplugd for a card.

Source: netctl.profile(5), netctl.special(7).

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services, shell_variables, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import DHCP, FIXED, HELD, NOT_STARTED, NOTHING, UNSURE, CardAnswer, one_of
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

FOLDER = "/etc/netctl"
_UNITS = "/etc/systemd/system/*.{kind}/netctl*.service"
_STATE = "/var/lib/netctl/netctl.state"
#: What ifplugd does not try. Source: list_profiles of netctl's globals.
_NO_PROFILE = re.compile(r"\.|.*(~|\.(action|conf|service))$")
_HOLDING = ("bond", "bridge", "openvswitch")
_FOLDERS = ("/usr/bin", "/usr/sbin", "/bin", "/sbin")
_CARD = "/sys/subsystem/net/devices/"
_TRUE = ("yes", "true", "on", "1")


def started(tree):
    """Return the names ([str]) of netctl's units that start at boot, without ``.service``; not those of wireless cards."""
    paths = [path for kind in ("wants", "requires") for path in tree.glob(_UNITS.format(kind=kind))]
    names = dict.fromkeys(posixpath.basename(path)[: -len(".service")] for path in paths)
    ours = [name for name in names if name == "netctl" or name.startswith(("netctl@", "netctl-ifplugd@"))]
    return [name for name in ours if services.state(tree, [name]) == services.ENABLED]


def answer(tree, card):
    """Return the CardAnswer of the profiles that are started at boot for a card."""
    found = []
    for unit in started(tree):
        kind, _at, instance = unit.partition("@")
        if kind == "netctl-ifplugd":
            found += [_of_ifplugd(tree, card)] if _instance(instance) == card.name else []
        else:
            names = [_instance(instance)] if instance else text_of(tree, _STATE).split("\n") if tree.is_file(_STATE) else []
            found += [_waiting(tree, unit, card) or _of_profile(_Profile(tree, name), card) for name in names if name.strip()]
    own = [each for each in found if each.what != NOTHING]
    return one_of(own) if own else CardAnswer(NOTHING, [place for each in found for place in each.places])


def _instance(escaped):
    return unit_files.path_of(escaped + ".x")[1:]


class _Profile:
    """A profile. path: str; is_there: bool; assignments: {NAME: (value (str), None where the shell alone can tell it, Place)}."""

    def __init__(self, tree, name):
        self.tree, self.path = tree, f"{FOLDER}/{name}"
        self.is_there = tree.is_file(self.path)
        self.assignments = self._read(self.path) if self.is_there else {}
        own = f"{FOLDER}/interfaces/{self.value('Interface')}"
        if self.is_there and tree.is_file(own) and tree.stat(own).mode & 0o100:
            self.assignments.update(self._read(own))

    def value(self, name):
        """Return the value (str) of a variable, "" of one that is not set, None where it cannot be told."""
        return self.assignments.get(name, ("", None))[0]

    def place(self, *names):
        """Return the Place of the first of the variables that is set, else of the profile."""
        return next((self.assignments[name][1] for name in names if name in self.assignments), Place(self.path, None, "says nothing of it"))

    def words(self, name):
        """Return the words ([str]) of an array, ``(eth0 eth1)``, or of a plain value."""
        value, place = self.assignments.get(name, ("", None))
        text = place.text.partition("=")[2] if place is not None and value is None else value or ""
        return re.sub(r"[()\"']", " ", text).split()

    def _read(self, path):
        text = text_of(self.tree, path)
        lines, found = text.split("\n"), {}
        for each in shell_variables.parse(text, path).assignments:
            found[each.name] = (each.value, Place(path, each.line, lines[each.line - 1].strip()))
        return found


def _waiting(tree, unit, card):
    """Return the CardAnswer of a profile's unit that waits for a card that is not there, None of any other."""
    units = tree.known(unit_files.Units)
    for setting in unit_files.listed(units.readable_settings(units.find(unit + ".service")) or [], "Unit", "BindsTo"):
        for device in setting.value.split():
            path = unit_files.path_of(device)
            if path.startswith(_CARD) and path != _CARD + card.name:
                return CardAnswer(NOT_STARTED, [Place(setting.path, setting.line, f"BindsTo={setting.value}")])
    return None


def _of_profile(profile, card):
    """Return the CardAnswer of a profile that is started."""
    if not profile.is_there:
        return CardAnswer(NOTHING, [Place(profile.path, None, "is not there, and a unit of netctl starts it")])
    connection = profile.value("Connection")
    if connection in _HOLDING and card.name in profile.words("BindsToInterfaces"):
        return CardAnswer(HELD, [profile.place("BindsToInterfaces")])
    if profile.value("Interface") not in (card.name, None) or connection not in ("ethernet", None):
        return CardAnswer(NOTHING, [profile.place("Connection" if profile.value("Interface") == card.name else "Interface")])
    kind = profile.value("IP")
    if None in (kind, connection, profile.value("Interface")):
        return CardAnswer(UNSURE, [profile.place("IP", "Interface")])
    if (profile.value("Auth8021X") or "").lower() in _TRUE:
        return CardAnswer(NOTHING, [profile.place("Auth8021X")])  # nobody on Azure answers
    return _of_dhcp(profile) if kind == "dhcp" else CardAnswer(FIXED if kind == "static" else NOTHING, [profile.place("IP")])


def _of_dhcp(profile):
    """Return the CardAnswer of a profile with IP=dhcp: the client has to be there, and known to netctl."""
    client = profile.value("DHCPClient") if "DHCPClient" in profile.assignments else "dhcpcd"
    if client is None or not programs.is_whole_system(profile.tree):
        return CardAnswer(DHCP, [profile.place("IP")])
    there = client in ("dhcpcd", "dhclient") or profile.tree.exists(f"/usr/lib/netctl/dhcp/{client}")
    there = there and any(profile.tree.exists(f"{folder}/{client}") for folder in _FOLDERS)
    place = profile.place("DHCPClient", "IP")
    return CardAnswer(DHCP, [place]) if there else CardAnswer(NOTHING, [place._replace(text=f"{place.text}: there is no {client}")])


def _of_ifplugd(tree, card):
    """Return the CardAnswer of the profile that ifplugd tries first: that of the highest priority, one with DHCP before others."""
    found = []
    for path in tree.glob(FOLDER + "/*"):
        name = posixpath.basename(path)
        profile = _Profile(tree, name) if tree.is_file(path) and not _NO_PROFILE.match(name) else None
        if profile is None or profile.value("Interface") != card.name or profile.value("Connection") != "ethernet":
            continue
        asks = profile.value("IP") == "dhcp" or (profile.value("IP6") or "").startswith("dhcp")
        excluded = profile.value("ExcludeAuto") or ("no" if asks else "yes")
        priority = profile.value("Priority") or ("1" if asks else "0")
        if excluded.lower() not in _TRUE and re.fullmatch(r"-?\d+", priority):
            found.append((int(priority), _of_profile(profile, card)))
    if not found:
        return CardAnswer(NOTHING, [Place(FOLDER, None, f"has no profile that ifplugd takes for {card.name}")])
    best = max(priority for priority, _answer in found)
    return one_of([each for priority, each in found if priority == best])
