# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's configuration and profiles, and what it will do with a card.

Source: NetworkManager.conf(5) ("Device List Format", in which an except: that fits decides), nm-settings-keyfile(5), nm_settings_utils of NetworkManager:
no profile is made by itself for a card that has one of its own, though it be not started.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.network import ifcfg, ifupdown, ini, networkd_files, started_kernel, udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network.first_card import (
    DHCP,
    FIRST,
    FIXED,
    HELD,
    NO_ROUTE,
    NOT_STARTED,
    NOTHING,
    UNMANAGED,
    CardAnswer,
    one_of,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: In the order in which they are read; a file of /etc stands for one of the same name in /usr/lib.
CONF_D, PACKAGES_CONF_D = "/etc/NetworkManager/conf.d", "/usr/lib/NetworkManager/conf.d"
MAIN = "/etc/NetworkManager/NetworkManager.conf"
_FOLDERS = ("/etc/NetworkManager/system-connections", "/usr/lib/NetworkManager/system-connections")
#: Names of keyfiles that are passed over. Source: nm_keyfile_utils_ignore_filename.
_NO_PROFILE = re.compile(r"^\.|~$|\.(bak|old|orig|rej|swp|swx|rpmnew|rpmorig|rpmsave|dpkg-\w+|ifcfg)$|-?\.lock$", re.IGNORECASE)

#: One setting. items: [str], of a list; place: Place of its last line.
ProfileSetting = collections.namedtuple("ProfileSetting", "items place")

#: The method of a profile that asks for an address and takes no route with it.
_WITHOUT_ROUTE = "auto without a route"

#: That of one which first proves who it is to a switch, as Azure has none.
_WITHOUT_DOOR = "802.1X"

#: A profile. path: str; kind: str, ``ethernet``, ``bond`` ...; uuid: str or None; card (name or None), match, drivers ([str], patterns): what it is for;
#: places_of_cards, parameters: [str], patterns of udev's ID_PATH, and words of the kernel's command line, that it is for; zone: str or None, of firewalld;
#: mac: bool, whether it is for a MAC address; autoconnect: bool; priority: int; master: str or None, of a port; parent: str or None, of a VLAN;
#: method: str, of IPv4, or _WITHOUT_ROUTE or _WITHOUT_DOOR; places: {word: Place}.
Profile = collections.namedtuple(
    "Profile", "path kind uuid card match drivers places_of_cards parameters zone mac autoconnect priority master parent method places"
)


def configuration(tree, without=()):
    """Return {(section, key): ProfileSetting}, ``+=`` and ``-=`` applied.

    without: [str], names of files of packages that something masks at the boot, as netplan does.
    """
    names = {posixpath.basename(path) for path in tree.glob(CONF_D + "/*.conf")}
    paths = [path for path in tree.glob(PACKAGES_CONF_D + "/*.conf") if posixpath.basename(path) not in names and posixpath.basename(path) not in without]
    found = {}
    for path in paths + [MAIN] + tree.glob(CONF_D + "/*.conf"):
        text = text_of(tree, path) if tree.is_file(path) else ""
        lines = text.split("\n")
        for entry in ini.entries(text):
            key, operator = (entry.key[:-1].rstrip(), entry.key[-1]) if entry.key[-1:] in "+-" and entry.key else (entry.key, "")
            items = [item.strip() for item in re.split(r"[,;]", entry.value) if item.strip()]
            before = found[entry.section, key].items if (entry.section, key) in found else []
            if operator == "-":
                items = [item for item in before if item not in items]
            elif operator == "+":
                items = before + items
            found[entry.section, key] = ProfileSetting(items, Place(path, entry.line, lines[entry.line - 1].strip()))
    return found


def profiles(tree, reads_ifcfg):
    """Return the Profiles ([Profile]) of all kinds.

    reads_ifcfg: bool, whether this NetworkManager reads ifcfg files.
    """
    found, names = [], set()
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*"):
            name = posixpath.basename(path)
            if name in names or _NO_PROFILE.search(name) or not tree.is_file(path) or (folder != _FOLDERS[0] and not name.endswith(".nmconnection")):
                continue
            if tree.has_own_root and tree.stat(path).mode & 0o077:
                continue  # NetworkManager takes none that others than root may read
            names.add(name)
            found.append(_keyfile(path, text_of(tree, path)))
    return found + ([_of_ifcfg(file) for file in ifcfg.all_files(tree)] if reads_ifcfg else [])


def answer(tree, reads_ifcfg, card=FIRST, without=(), made=()):
    """Return the CardAnswer of NetworkManager for a card.

    reads_ifcfg: bool; without: as of configuration; made: [Profile], further ones that something writes at the boot.
    """
    settings = configuration(tree, without)
    ignoring = _ignoring(tree, settings, card, reads_ifcfg)
    if ignoring:
        return CardAnswer(UNMANAGED, ignoring)
    fitting = [profile for profile in profiles(tree, reads_ifcfg) + list(made) if profile.kind == "ethernet" and _fits(profile, card, tree)]
    started = _first(fitting)
    if started:
        return one_of([_answer(profile) for profile in started])
    if fitting:
        return CardAnswer(NOT_STARTED, [profile.places.get("autoconnect", whole(profile)) for profile in fitting])
    forbidding = settings.get(("main", "no-auto-default"))
    if forbidding is not None and in_device_list(forbidding.items, card):
        return CardAnswer(
            NOTHING, [forbidding.place] + [profile.places.get("card", whole(profile)) for profile in profiles(tree, reads_ifcfg) if profile.kind == "ethernet"]
        )
    return CardAnswer(DHCP, [])


def started(tree, reads_ifcfg, card=FIRST):
    """Return the Profiles ([Profile]) of which NetworkManager starts one on a card, as of answer."""
    return _first([profile for profile in profiles(tree, reads_ifcfg) if profile.kind == "ethernet" and _fits(profile, card, tree)])


def _first(fitting):
    """Return those of fitting profiles ([Profile]) that are started by themselves with the highest priority."""
    by_themselves = [profile for profile in fitting if profile.autoconnect]
    return [profile for profile in by_themselves if profile.priority == max(profile.priority for profile in by_themselves)]


def in_device_list(items, card):
    """Return whether a device list takes the card; of its items one with ``except:`` that fits decides."""
    excepted = [item[len("except:") :] for item in items if item.startswith("except:")]
    wanted = [item for item in items if not item.startswith("except:")]
    if any(_is_device(item, card) for item in excepted):
        return False
    return any(_is_device(item, card) for item in wanted) or (bool(excepted) and not wanted)


def _is_device(item, card):
    kind, colon, value = item.partition(":")
    if kind == "interface-name":
        exact = value.startswith("=")
        return value[1:] == card.name if exact else fnmatch.fnmatchcase(card.name, value.lstrip("~"))
    if kind == "driver":
        return fnmatch.fnmatchcase(card.driver, value.partition("/")[0])
    if kind == "type":
        return value == "ethernet"
    if colon and kind in ("mac", "s390-subchannels", "dhcp-plugin", "origin"):
        return False
    return item == "*" or item == card.name


def _ignoring(tree, settings, card, reads_ifcfg):
    """Return the Places ([Place]) that say that NetworkManager shall leave the card alone."""
    listed = settings.get(("keyfile", "unmanaged-devices"))
    found = [listed.place] if listed is not None and in_device_list(listed.items, card) else []
    for (section, key), setting in settings.items():
        if section.startswith("device") and key == "managed" and not set(setting.items) & set(ini.TRUE):
            matching = settings.get((section, "match-device"))
            found += [setting.place] if matching is None or in_device_list(matching.items, card) else []
    found += _by_rules(tree, card)
    plugins, managed = settings.get(("main", "plugins")), settings.get(("ifupdown", "managed"))
    if plugins is not None and "ifupdown" in plugins.items and not (managed is not None and "true" in managed.items):
        found += ifupdown.mentions(tree, card)
    return found + [
        file.place("NM_CONTROLLED")
        for file in (ifcfg.all_files(tree) if reads_ifcfg else [])
        if file.card == card.name and file.settings.get("NM_CONTROLLED", "").lower() in ("no", "n", "false", "0")
    ]


def _by_rules(tree, card):
    """Return the Places of udev's rules that mark the card as unmanaged, as Azure's do with virtual functions."""
    marking = [
        (path, rule)
        for path, text in udev_rules.files(tree)
        if "NM_UNMANAGED" in text
        for rule in udev_rules.rules(text)
        if ("ENV{NM_UNMANAGED}", "=", "1") in rule.tokens
    ]
    return [Place(path, rule.line, rule.text) for path, rule in marking if udev_rules.holds(rule, card)]


def _fits(profile, card, tree):
    """Return whether a profile may be started on the card; on Azure it has another MAC address than any file says."""
    if profile.mac or profile.card not in (None, card.name):
        return False
    return (
        _in_match(profile.match, card.name)
        and _in_match(profile.drivers, card.driver)
        and _in_match(profile.places_of_cards, networkd_files.PATH)
        and all(_is_said(word, tree) for word in profile.parameters)
    )


def _is_said(word, tree):
    """Return whether the kernel's command line may have what a profile asks of it: a word, or one that must not be there behind ``!``."""
    optional, negated, wanted = word.startswith("|"), word.lstrip("&|").startswith("!"), word.lstrip("&|!")
    has = started_kernel.has_parameter(tree, wanted)
    return optional or has is None or has != negated


def _in_match(patterns, value):
    """Return whether a value fits the patterns of a profile's match: one that is wanted, and none with an exclamation mark."""
    unwanted = [pattern.lstrip("!&|") for pattern in patterns if "!" in pattern[:2]]
    wanted = [pattern.lstrip("&|") for pattern in patterns if "!" not in pattern[:2]]
    return not any(fnmatch.fnmatchcase(value, pattern) for pattern in unwanted) and (
        not wanted or any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted)
    )


def _answer(profile):
    """Return the CardAnswer of a profile that is started."""
    if profile.master is not None:
        return CardAnswer(HELD, [profile.places["master"]])
    what = {"auto": DHCP, "manual": FIXED, _WITHOUT_ROUTE: NO_ROUTE, _WITHOUT_DOOR: NOT_STARTED}.get(profile.method, NOTHING)
    return CardAnswer(what, [profile.places.get("method", whole(profile))])


def whole(profile):
    """Return the Place of a profile as a whole."""
    return Place(profile.path, None, f"a profile of type {profile.kind}")


def _keyfile(path, text):
    entries, lines, places = ini.entries(text), text.split("\n"), {}

    def value(word, *names):
        for section, key in names:
            entry = ini.last(entries, section, key)
            if entry is not None and entry.value:
                places[word] = Place(path, entry.line, lines[entry.line - 1].strip())
                return entry.value
        return None

    kind = value("kind", ("connection", "type"))
    # only a port has a type of port; the older words are read still
    is_port = value("port", *[("connection", key) for key in ("port-type", "slave-type")]) is not None
    master = value("master", *[("connection", key) for key in ("controller", "master")])
    # a profile of certain users waits until one of them is logged in
    permissions = value("autoconnect", ("connection", "permissions"))
    method = value("method", ("ipv4", "method")) or "auto"
    if method == "auto" and any((value("routes", ("ipv4", key)) or "").lower() in ini.TRUE for key in ("never-default", "ignore-auto-routes")):
        method, places["method"] = _WITHOUT_ROUTE, places["routes"]
    eap = value("eap", ("802-1x", "eap"))
    if eap and (value("optional", ("802-1x", "optional")) or "").lower() not in ini.TRUE:
        method, places["method"] = _WITHOUT_DOOR, places["eap"]
    if is_port and master is None:
        master, places["master"] = "", places["port"]
    return Profile(
        path,
        "ethernet" if kind == "802-3-ethernet" else kind,
        value("uuid", ("connection", "uuid")),
        value("card", ("connection", "interface-name")),
        _list(value("match", ("match", "interface-name"))),
        _list(value("drivers", ("match", "driver"))),
        _list(value("places_of_cards", ("match", "path"))),
        _list(value("parameters", ("match", "kernel-command-line"))),
        value("zone", ("connection", "zone")),
        value("mac", ("ethernet", "mac-address"), ("802-3-ethernet", "mac-address")) is not None,
        (value("autoconnect", ("connection", "autoconnect")) or "true").lower() in ini.TRUE and not permissions,
        _priority(value("priority", ("connection", "autoconnect-priority"))),
        master,
        value("parent", ("vlan", "parent")),
        method,
        places,
    )


def _of_ifcfg(file):
    """Return the Profile that NetworkManager makes of an ifcfg file."""
    protocol = file.settings.get("BOOTPROTO", "none").lower()
    method = "auto" if protocol in ("dhcp", "bootp") else "manual" if file.settings.get("IPADDR") or file.settings.get("IPADDR0") else "disabled"
    places = {
        "method": file.place("BOOTPROTO", "IPADDR", "IPADDR0"),
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


def _priority(word):
    return int(word) if re.fullmatch(r"-?[0-9]{1,3}", word or "") else 0


def _list(value):
    return [] if value is None else [item for item in re.split(r"[;, ]", value) if item]
