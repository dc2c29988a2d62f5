# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units of the boot that wait for each other in a circle, of which systemd drops one.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd src/core/transaction.c (transaction_verify_order_one, job_matters_to_anchor); systemd.unit(5), Default Dependencies; the same sections of
systemd.service(5), systemd.socket(5), systemd.target(5), systemd.timer(5), systemd.path(5) and systemd.mount(5).
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.boot_needs import needed_units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import is_network, mount_lines

#: Suffix -> what such a unit comes behind, and before, unless it says DefaultDependencies=no.
_USUAL = {
    ".service": (("sysinit.target", "basic.target"), ()),
    ".socket": (("sysinit.target",), ("sockets.target",)),
    ".timer": (("sysinit.target",), ("timers.target",)),
    ".path": (("sysinit.target",), ("paths.target",)),
}
_REQUIRING = ("Requires", "BindsTo", "Requisite")

#: The order of the boot. before: {name: {name: Evidence or None}}, what comes behind each unit, and who says so where a file does;
#: required: {name: {name}}, what each unit requires.
_Order = collections.namedtuple("_Order", "before required")


@rule(
    "R69i",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="No unit that the first login needs waits in a circle",
    fault="A unit that the first login needs waits in a circle, and may be dropped",
    why="Where units wait for each other, systemd drops the start of one that nothing of the boot requires, and which one differs from boot to boot: the "
    "network, the SSH server or the agent is not started.",
    cure="Take the After= or Before= that is named out, or give a unit that comes before sysinit.target DefaultDependencies=no.",
    source="systemd src/core/transaction.c, transaction_verify_order_one; systemd.unit(5), Default Dependencies",
)
def nothing_waits_in_a_circle(context):
    """Return failed with the lines that close each circle from which a needed unit, or one that it requires, may be dropped."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    known = context.shared(Units)
    order = _order(context, known)
    kept = _required_by(order, [known.find(unit_reach.DEFAULT).name])
    needed = _required_by(order, [known.find(name).name for name in context.facts(needed_units)])
    found = []
    for circle in _circles(order.before):
        if circle & (needed - kept) or circle <= kept:
            found += _closing(order, circle)
    return failed_if(found)


def _order(context, known):
    """Return the _Order of the units that the default target pulls in."""
    names = sorted({known.find(name).name for name in known.known(unit_reach.reached_through_services)})
    there = {name: settings for name in names for settings in [known.readable_settings(known.find(name))] if settings is not None}
    order = _Order({name: {} for name in there}, {name: set() for name in there})
    mounts = _of_fstab(context)
    for name in mounts:
        order.before.setdefault(name, {})
        order.required.setdefault(name, set())
    plain = {name for name, settings in there.items() if _is_plain(settings)}
    for name, settings in there.items():
        for key, turned in (("After", True), ("Before", False)):
            for setting in unit_files.listed(settings, "Unit", key):
                for word in setting.value.split():
                    other = known.find(word).name
                    _add(order, (other, name) if turned else (name, other), Evidence(setting.path, setting.line, f"{key}={setting.value}"))
        order.required[name].update(known.find(word).name for key in _REQUIRING for word in unit_files.words(settings, "Unit", key))
        if name in plain:
            _add_usual(order, known, name)
    for name, pairs in mounts.items():
        for first, second, place in pairs:
            _add(order, (known.find(first).name, known.find(second).name), place)
        order.required.setdefault("local-fs.target", set()).add(name)
    _add_targets(order, known, there, plain)
    return order


def _is_plain(settings):
    own = unit_files.last(settings, "Unit", "DefaultDependencies")
    return own is None or own.value.lower() not in unit_files.FALSE


def _add(order, pair, place=None):
    """Have the second of a pair of units come behind the first, where both are part of the boot."""
    first, second = pair
    if first != second and first in order.before and second in order.before:
        order.before[first].setdefault(second, place)


def _add_usual(order, known, name):
    """Add what a unit comes behind and before without saying so; a socket comes before its service."""
    behind, before = _USUAL.get("." + name.rpartition(".")[2], ((), ()))
    for other in behind:
        _add(order, (other, name))
        order.required[name].update({other} if other == "sysinit.target" else ())
    for other in before:
        _add(order, (name, other))


def _add_targets(order, known, there, plain):
    """Have each target come behind what it wants and requires, unless one of both says DefaultDependencies=no, or the target comes before it."""
    links = {}
    for pull in known.pulls():
        links.setdefault(known.find(pull.parent).name, set()).add(known.find(pull.unit).name)
        if pull.kind == "requires":
            order.required.setdefault(known.find(pull.parent).name, set()).add(known.find(pull.unit).name)
    for name, settings in there.items():
        if not name.endswith(".target") or name not in plain:
            continue
        words = [word for key in ("Wants", *_REQUIRING) for word in unit_files.words(settings, "Unit", key)]
        for other in {known.find(word).name for word in words} | links.get(name, set()):
            if other in plain and other not in order.before[name]:
                _add(order, (other, name))


def _of_fstab(context):
    """Return {name of the mount: [(first, second, Evidence or None)]} of the lines of /etc/fstab that the boot mounts by themselves."""
    found = {}
    for line in context.shared(mount_lines):
        if line.path != "/etc/fstab" or not line.mount_point.startswith("/") or line.mount_point == "/" or "x-systemd.automount" in line.options:
            continue
        name = unit_name(line.mount_point)
        place = Evidence(line.path, line.line, line.text)
        pairs = [(name, "remote-fs.target" if is_network(line) else "local-fs.target", None)]
        for option in line.options:
            key, _equals, value = option.partition("=")
            if key in ("x-systemd.requires", "x-systemd.after") and "." in value and not value.startswith("/"):
                pairs.append((value, name, place))
            elif key == "x-systemd.before" and "." in value:
                pairs.append((name, value, place))
        found[name] = pairs
    return found


def unit_name(path):
    """Return the name (str) of the mount unit of a path. Source: systemd-escape(1)."""
    octets = path.strip("/").encode("utf-8", "surrogateescape")
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_."
    escaped = "".join("-" if octet == 0x2F else chr(octet) if octet in plain else f"\\x{octet:02x}" for octet in octets)
    return (escaped or "-") + ".mount"


def _required_by(order, names):
    """Return the names ({str}) of units and of all that they require, whose start is not dropped without theirs."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(order.required.get(name, ()))
    return found


def _circles(before):
    """Return the sets ({str}) of units that wait for each other: the strongly connected parts of more than one. Source: Tarjan, 1972."""
    numbers, lowest, stack, found = {}, {}, [], []
    for start in sorted(before):
        if start in numbers:
            continue
        walk = [(start, iter(sorted(before[start])))]
        numbers[start] = lowest[start] = len(numbers)
        stack.append(start)
        while walk:
            name, following = walk[-1]
            other = next(following, None)
            if other is None:
                walk.pop()
                if walk:
                    lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[name])
                if lowest[name] == numbers[name]:
                    part = set(stack[stack.index(name) :])
                    del stack[stack.index(name) :]
                    found += [part] if len(part) > 1 else []
            elif other not in numbers:
                numbers[other] = lowest[other] = len(numbers)
                stack.append(other)
                walk.append((other, iter(sorted(before[other]))))
            elif other in stack:
                lowest[name] = min(lowest[name], numbers[other])
    return found


def _closing(order, circle):
    """Return the [Evidence] of the lines that order the units of a circle: those of an administrator, or all where there are none."""
    places = {place for name in circle for other, place in order.before[name].items() if other in circle and place is not None}
    own = {place for place in places if place.path.startswith("/etc/")}
    chosen = sorted(own or places, key=lambda place: (place.path, place.line or 0))
    return [place._replace(text=f"{place.text}: in a circle with {', '.join(sorted(circle)[:6])}") for place in chosen]


RULES = [nothing_waits_in_a_circle]
