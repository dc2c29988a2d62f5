# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service starts on Azure, as the Outcome of a rule.

PRIVATE: module_utils of this collection are not an interface.
"""

import ipaddress
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services, systemd_version, unit_files, unit_restraints, units
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name
from ansible_collections.imagewright.azure.plugins.module_utils.network.fixed_routes import PLATFORM
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence, failed, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import named_volume
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mount_lines

_CARD = re.compile(r"/sys/subsystem/net/devices/([^/]+)$")
#: Names that udev or the kernel give to cards, not to what is made of them.
_PHYSICAL = re.compile(r"(eth|en[opsx]|wl)\S*$|ens?\d+")
#: Words of IPAddressDeny= and IPAddressAllow= for every address, and for the machine's own.
_ANY, _OWN = ("any", "0.0.0.0/0"), frozenset(["localhost", "127.0.0.0/8", "127.0.0.1", "127.0.0.1/8", "::1", "::1/128"])

#: Commands that stand for a service that is not wanted.
_NOTHING = re.compile(r"[@:+!|-]*(?:(?:/usr)?/bin/)?(?:true|sleep|echo|printf)(?:\s|$)")
#: The first version of systemd that knows RestrictNetworkInterfaces=. Source: NEWS of systemd.
_RESTRICTING = 250
#: What is told when none of several services starts: the one that was meant to, before one that is merely there.
_TOLD_FIRST = (units.FAILS, units.SKIPPED, units.MASKED, units.DISABLED, units.MISSING)


def started_line(context):
    """Return the kernel's command line (str) of what starts by itself, None when that is not known, or there are several."""
    lines = started_lines(context)
    return " ".join(parameter.text for parameter in lines[0].parameters) if len(lines) == 1 and not lines[0].problem else None


def cut_off(known, unit, asks_platform=False):
    """Return the [Evidence] of the settings of a service by which it has no network: one of its own, every address denied, or the card.

    asks_platform: bool, whether the service is nothing without the one address of Azure's platform.
    """
    if unit.state != unit_files.THERE or not unit.name.endswith(".service"):
        return []
    settings = known.settings(unit)
    alone, denied = unit_files.last(settings, "Service", "PrivateNetwork"), unit_files.listed(settings, "Service", "IPAddressDeny")
    found = [alone] if alone is not None and alone.value.lower() in unit_files.TRUE else []
    other = unit_files.last(settings, "Service", "NetworkNamespacePath")
    found += [other] if other is not None and other.value else []
    if not set(unit_files.words(settings, "Service", "IPAddressAllow")) - _OWN:
        found += [setting for setting in denied if {"any", "0.0.0.0/0"} & set(setting.value.split())]
    elif asks_platform:
        found += [setting for setting in [refusing_platform(settings, "Service")] if setting is not None]
    found += _of_cards(known.tree, settings)
    return [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}") for setting in found]


def refusing_platform(settings, section):
    """Return the UnitSetting by which a unit refuses the packets of Azure's platform, None without one; an allowed address counts before a refused one.

    Source: systemd.resource-control(5), IPAddressAllow=.
    """
    refusing = [setting for setting in unit_files.listed(settings, section, "IPAddressDeny") if any(_has_platform(word) for word in setting.value.split())]
    if not refusing or any(_has_platform(word) for word in unit_files.words(settings, section, "IPAddressAllow")):
        return None
    return refusing[-1]


def _has_platform(word):
    if word in _ANY:
        return True
    try:
        return ipaddress.ip_address(PLATFORM) in ipaddress.ip_network(word, strict=False)
    except ValueError:
        return False


def _of_cards(tree, settings):
    """Return the last UnitSetting, in a list, by which a service uses other cards than the first; lists of both kinds together are not judged."""
    lists = unit_files.listed(settings, "Service", "RestrictNetworkInterfaces")
    if not lists or (systemd_version.version(tree) or 0) < _RESTRICTING or len({setting.value.startswith("~") for setting in lists}) > 1:
        return []
    card, names = card_name.first_card(tree)[0].name, {word for setting in lists for word in setting.value.lstrip("~").split()}
    is_kept = card in names if lists[0].value.startswith("~") else bool(names) and all(name == "lo" or _PHYSICAL.match(name) for name in names - {card})
    return lists[-1:] if is_kept and (lists[0].value.startswith("~") or card not in names) else []


def does_nothing(known, unit):
    """Return the [Evidence] of the programs of a service, in a whole system, where all of them end without having done anything."""
    if unit.state != unit_files.THERE or not unit.name.endswith(".service") or not programs.is_whole_system(known.tree):
        return []
    started = unit_files.listed(known.settings(unit), "Service", "ExecStart")
    if not all(_NOTHING.match(setting.value) for setting in started):
        return []
    return [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: it does nothing of what {unit.names[0]} is for") for setting in started]


def held_back(known, unit, work):
    """Return the [Evidence] of what the settings of a service, or of that which a socket starts, keep it from.

    work: unit_restraints.ServiceNeeds, what it needs.
    """
    if unit.state == unit_files.THERE and unit.name.endswith(".socket"):
        unit = known.find(units.service_of_socket(unit, known.settings(unit)))
    if unit.state != unit_files.THERE or not unit.name.endswith(".service"):
        return []  # a script of SysV and a job of Upstart have no such settings
    found = unit_restraints.restraints(known.settings(unit), work)
    return (
        does_nothing(known, unit)
        + cut_off(known, unit, asks_platform=work.devices)
        + [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {text}") for setting, text in found]
    )


def waiting_for(context, unit):
    """Return the [Evidence] of mounts, devices and cards that a unit requires and that this machine does not have."""
    if unit.state != unit_files.THERE or not unit.name.endswith((".service", ".socket")):
        return []  # a script of SysV and a job of Upstart have no such settings
    known, lines, found = context.shared(unit_files.Units), context.shared(mount_lines.mount_lines), []
    settings = known.settings(unit)
    for setting in [each for key in ("Requires", "BindsTo", "Requisite") for each in unit_files.listed(settings, "Unit", key)]:
        for name in setting.value.split():
            cause = ""
            if name.endswith(".mount") and "%" not in name and known.find(name).state == unit_files.MISSING:
                point = unit_files.path_of(name)
                cause = _of_mount(context, [line for line in lines if line.mount_point == point], point)
            elif name.endswith(".device") and "%" not in name:
                cause = _of_device(context, unit_files.path_of(name))
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {cause}")] if cause else []
    for setting in unit_files.listed(settings, "Unit", "RequiresMountsFor"):
        for path in setting.value.split():
            cause = "; ".join(_of_mount(context, [line], path) for line in lines if line.mount_point != "/" and (path + "/").startswith(line.mount_point + "/"))
            found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {cause}")] if cause.strip("; ") else []
    return found


def _of_mount(context, lines, point):
    """Return why a mount of these lines ([MountLine]) does not come up, "" when nothing is seen; without a line there is no such unit."""
    if not lines:
        return f"nothing is mounted on {point}"
    return next((f"{line.device} is not on this disk" for line in lines if named_volume(context, line.device) is False), "")


def _of_device(context, path):
    card = _CARD.match(path)
    if card:
        name = card_name.first_card(context.tree)[0].name
        return f"the first card is called {name}" if _PHYSICAL.match(card.group(1)) and card.group(1) != name else ""
    return f"{path} is not on this disk" if path.startswith("/dev/") and named_volume(context, path) is False else ""


def _rank(answer):
    """Return the place (int) of a UnitAnswer among those of which one is told; one that a link hides was meant to start, as a masked one."""
    return _TOLD_FIRST.index(units.MASKED if answer.state == units.MISSING and units.is_hidden(answer.unit) else answer.state)


def service_outcome(context, names, work):
    """Return passed when one of several services (or names of one) starts at the next boot on Azure, else failed with why not.

    One of which that cannot be told is taken to start, as a service that others start.
    names: [str], as of services.state; work: unit_restraints.ServiceNeeds.
    """
    known, line = context.shared(unit_files.Units), started_line(context)
    answers = [services.will_start(known, [name], line) for name in names]
    starting = [answer for answer in answers if answer.state in (units.STARTS, units.UNKNOWN)]
    held = [held_back(known, answer.unit, work) + waiting_for(context, answer.unit) for answer in starting]
    if starting and not all(held):
        return passed()
    if starting:
        return failed([place for places in held for place in places], "Its unit keeps it from its work.")
    answer = min(answers, key=_rank)
    evidence = [Evidence(cause.path or "/etc/systemd/system", cause.line, cause.text) for cause in answer.causes]
    detail = f"It is masked: `systemctl unmask {answer.unit.name}`, then enable it." if answer.state == units.MASKED else ""
    if answer.state == units.MISSING:
        told = [cause for answer in answers for cause in answer.causes if cause.path.startswith("/etc/systemd/") and answer.state == units.MISSING]
        places = [Evidence(cause.path, cause.line, cause.text) for cause in dict.fromkeys(told)]
        evidence = places or [Evidence("/etc/systemd/system", None, f"none of {', '.join(names)} is there")]
    return failed(evidence or [Evidence("/etc/systemd/system", None, f"{answer.unit.name}: {answer.state}")], detail)
