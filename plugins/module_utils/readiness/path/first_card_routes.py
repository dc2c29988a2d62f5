# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First card: what is added to the routes of its lease, and what commands do to it that run beside it.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import systemd_version
from ansible_collections.imagewright.azure.plugins.module_utils.network import added_routes, card_commands, card_name, fixed_routes, ifupdown, managers
from ansible_collections.imagewright.azure.plugins.module_utils.network.card_commands import DEFAULT, DOWN, EMPTIED, MOVED, NO_DRIVER, REFUSED, SAID, SMALL
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD

#: The first version of networkd that waits until a gateway can be reached; those before give the card up.
_WAITING = 249
#: Words that stand for the card's name in a hook: of ifupdown, of NetworkManager.
_CARD_WORDS = ("${IFACE}", "$IFACE", "${DEVICE_IFACE}", "$DEVICE_IFACE")
_RUN_PARTS = re.compile(r"[A-Za-z0-9_-]+$")


@rule(
    "R34i",
    step=FIRST_CARD,
    severity=ERROR,
    title="No route or rule of the configuration takes the place of the lease's",
    fault="A route or rule of the configuration takes the place of those that Azure gives",
    why="Azure's lease brings the routes to everybody and to its platform. One to the gateway of the build's network leads nowhere, and a blackhole that comes "
    "before them swallows what goes there.",
    cure="Remove the route, the gateway or the rule.",
    source="systemd.network(5), [Route] and [RoutingPolicyRule]; nm-settings-keyfile(5); netplan's YAML reference; ip-route(8); RFC 3442",
    choice="A gateway that is in no network of the card is a warning: networkd from 249 on waits for it, and the services that wait for the network with it "
    "two minutes; networkd before 249 gives the card up, an error. A route to a larger network than an address of the platform is right, for the longest "
    "prefix wins.",
)
def routes_are_the_leases(context):
    """Return failed with each route and rule of the winning configuration that is taken before the lease's, or that is waited for."""
    card, _place = context.shared(card_name.first_card)
    evidence, severities = [], []
    for manager, found in added_routes.added(context.tree, card):
        harms = [(_of_route(context, manager, found, route), route.place) for route in found.routes]
        harms += [(_of_rule(rejecting), rejecting.place) for rejecting in found.rules]
        for (severity, text), place in [(harm, place) for harm, place in harms if harm is not None]:
            evidence.append(Evidence(place.path, place.line, f"{place.text}: {text}"))
            severities.append(severity)
    return failed_if(evidence, severity=None if ERROR in severities else WARNING)


def _of_route(context, manager, found, route):
    """Return (severity, what it does) of a FixedRoute, None for one that is right."""
    is_default, address = not route.destination.prefixlen, str(route.destination.network_address)
    is_platform = route.destination.prefixlen == 32 and address == fixed_routes.PLATFORM
    before, beside = route.metric < found.metric, route.metric == found.metric
    if route.kind != "unicast":
        if (before or beside) and (is_default or is_platform):
            return ERROR, f"{'everybody' if is_default else 'Azure'}'s packets are rejected"
        is_metadata = route.destination.prefixlen == 32 and address == fixed_routes.METADATA
        return (WARNING, "the metadata of the machine are not reached") if is_metadata and (before or beside) else None
    if not is_default and not is_platform:
        return None
    if route.gateway is None or route.on_link:
        if before:
            return ERROR, "it is taken before the lease's route, and leads nowhere"
        return (WARNING, "it is as good as the lease's route, and leads nowhere") if beside else None
    version = context.shared(systemd_version.version) if manager == "networkd" else None
    if version is not None and version < _WAITING:
        return ERROR, "the gateway is not reached from Azure's address, and this networkd gives the card up"
    return WARNING, "the gateway is not reached from Azure's address: the route is refused, or waited for"


def _of_rule(rejecting):
    if not rejecting.destination.prefixlen or fixed_routes.rejects_platform(rejecting.destination, True):
        return ERROR, "what goes to Azure's platform is rejected before any route is asked"
    if rejecting.destination.prefixlen == 32 and str(rejecting.destination.network_address) == fixed_routes.METADATA:
        return WARNING, "the metadata of the machine are not reached"
    return None


@rule(
    "R34j",
    step=FIRST_CARD,
    severity=ERROR,
    title="No command beside the first card takes it away",
    fault="A command that runs when the first card comes up takes it, or its routes, away",
    why="Options of ifupdown (pre-up, up, post-up) and the scripts of if-up.d and of NetworkManager's dispatcher run at each boot: what they do to the card "
    "stays.",
    cure="Remove the line, or the script.",
    source="interfaces(5); NetworkManager-dispatcher(8); ip-link(8), ip-route(8)",
    choice="A further default route without onlink is refused, and networking.service fails with it, while the card stays up: a warning.",
)
def left_alone_by_commands(context):
    """Return failed with each command, outside of any condition, that harms the first card when it comes up."""
    card, _place = context.shared(card_name.first_card)
    active = context.shared(managers.active)
    found = (_of_stanzas(context.tree, card) + _of_hooks(context, card) if "ifupdown" in active else []) + (
        _of_dispatcher(context, card) if "networkmanager" in active or "netplan" in active else []
    )
    return failed_if([evidence for evidence, _severity in found], severity=None if any(severity == ERROR for _evidence, severity in found) else WARNING)


def _of_stanzas(tree, card):
    """Return [(Evidence, severity)] of the options of the card's stanzas and of the loopback's, which comes up first."""
    found = []
    for stanza in ifupdown.stanzas(tree):
        of_card = ifupdown.is_of(stanza, card) and stanza.method == "dhcp"
        for words in stanza.options if of_card or stanza.card == "lo" else []:
            if words[0] in ("pre-up", "up", "post-up"):
                before = words[0] == "pre-up" or not of_card
                for command in card_commands.commands(" ".join(words[1:]), card.name if of_card else "lo", _CARD_WORDS):
                    severity = _before(command, of_card) if before else _after(command)
                    found += [(_shown(stanza.place.path, stanza.place.line, command), severity)] if severity else []
    return found


def _before(command, of_card):
    """Return the severity of what a command does before the lease is there, None for nothing."""
    if command.what in (MOVED, NO_DRIVER, REFUSED, SMALL):
        return ERROR
    return ERROR if command.what == DEFAULT and of_card else None  # there is no network yet in which the gateway could be: ifup gives up


def _after(command):
    """Return the severity of what a command does once the lease is there."""
    if command.what in (DOWN, MOVED, EMPTIED, NO_DRIVER, REFUSED):
        return ERROR
    return ERROR if command.what == DEFAULT and command.first else WARNING


def _of_hooks(context, card):
    """Return [(Evidence, severity)] of the scripts that ifup runs behind the card's configuration."""
    paths = [path for path in context.tree.glob("/etc/network/if-up.d/*") if _RUN_PARTS.match(posixpath.basename(path))]
    return [item for path in paths for item in _of_script(context, path, card)]


def _of_dispatcher(context, card):
    """Return [(Evidence, severity)] of the scripts that NetworkManager runs behind the card's configuration; it takes none that others may write."""
    tree, found = context.tree, []
    for path in [path for folder in ("/etc", "/usr/lib") for path in tree.glob(folder + "/NetworkManager/dispatcher.d/*")]:
        if not tree.has_own_root or tree.is_file(path) and not tree.stat(path).mode & 0o022:
            found += _of_script(context, path, card)
    return found


def _of_script(context, path, card):
    status = context.tree.stat(path) if context.tree.is_file(path) else None
    if status is None or not status.mode & 0o100 or not re.match(r"#!.*sh\b", context.first_line(path)):
        return []
    found = []
    for number, text in unguarded(context.lines(path)):
        if re.search(r"\b(exit|return)\b", text):
            break  # it may be the condition of all that follows
        for command in card_commands.commands(text, card.name, _CARD_WORDS):
            found.append((_shown(path, number, command), _after(command)))
    return found


def _shown(path, line, command):
    return Evidence(path, line, f"{command.text}: {SAID[command.what]}")


RULES = [routes_are_the_leases, left_alone_by_commands]
