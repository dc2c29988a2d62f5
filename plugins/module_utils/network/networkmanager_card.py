# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What NetworkManager will do with a card, by its configuration and its profiles.

Source: NetworkManager.conf(5) ("Device List Format", in which an except: that fits decides), nm_settings_utils of NetworkManager:
no profile is made by itself for a card that has one of its own, though it be not started.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch

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
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkmanager_conf import configuration
from ansible_collections.imagewright.azure.plugins.module_utils.network.networkmanager_profiles import (
    WITHOUT_ROUTE,
    WITHOUT_SWITCH_LOGIN,
    profiles,
    refusals,
    whole,
)
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: What it was told for good: ``nmcli networking off``. Source: NetworkManager(8); nm-config.c, state file, whose booleans are those of GLib.
STATE = "/var/lib/NetworkManager/NetworkManager.state"


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
        others = [profile.places.get("card", whole(profile)) for profile in profiles(tree, reads_ifcfg) if profile.kind == "ethernet"]
        return CardAnswer(NOTHING, refusals(tree) + [forbidding.place] + others)
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
    found = _turned_off(tree) + ([listed.place] if listed is not None and in_device_list(listed.items, card) else [])
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


def _turned_off(tree):
    """Return the [Place] of the state in which it leaves every card alone."""
    text = text_of(tree, STATE) if tree.is_file(STATE) else ""
    entry = ini.last(ini.entries(text), "main", "NetworkingEnabled")
    return [Place(STATE, entry.line, f"{entry.key}={entry.value}")] if entry is not None and entry.value in ("false", "0") else []


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
    what = {"auto": DHCP, "manual": FIXED, WITHOUT_ROUTE: NO_ROUTE, WITHOUT_SWITCH_LOGIN: NOT_STARTED}.get(profile.method, NOTHING)
    return CardAnswer(what, [profile.places.get("method", whole(profile))])
