# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network manager: one is enabled, reads its configuration, starts and has its DHCP client.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services, unit_files, unit_restraints, xml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import MASKED, Units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_filters import is_allowed
from ansible_collections.imagewright.azure.plugins.module_utils.core.units import FAILS, SKIPPED
from ansible_collections.imagewright.azure.plugins.module_utils.network import managers, networkmanager_conf, other_managers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.starting import cut_off, does_nothing
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD

#: Where programs are, and DHCP clients in the order in which they are looked for.
_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")
_CLIENTS = ("dhclient", "dhcpcd", "dhcpcd5", "udhcpc", "pump")
#: D-Bus's own file, of today and of before 1.9.18, and who may own which name.
_BUS = ("/usr/share/dbus-1/system.conf", "/etc/dbus-1/system.conf")
_LOCAL = "/etc/dbus-1/system-local.conf"
_DAEMON, _BROKER = "/usr/bin/dbus-daemon", "/usr/bin/dbus-broker-launch"
_MOST_BUS = 1024 * 1024  # bytes of a file; real ones have some KiB
_POLICIES = ("/usr/share/dbus-1/system.d/*.conf", "/etc/dbus-1/system.d/*.conf", "/etc/dbus-1/system.conf", "/etc/dbus-1/system-local.conf")
_NAME = "org.freedesktop.NetworkManager"
#: What sets up a card itself, and what it needs for that and for DHCP. Source: capabilities(7).
_MANAGERS, _CAPABILITIES = ("systemd-networkd.service", "NetworkManager.service"), ("CAP_NET_ADMIN", "CAP_NET_RAW")
_OWN_FILES = "/etc/systemd/network"
_OWNS = rf"""own(?:_prefix)?\s*=\s*["'](?:{re.escape(_NAME)}|\*)["']"""


@rule(
    "R34a",
    step=FIRST_CARD,
    severity=ERROR,
    fixed_by="guest_network",
    title="A network manager is enabled",
    fault="No network manager is enabled",
    why="Without one no card gets an address: the machine is neither provisioned nor reachable. Old agent packages remove NetworkManager.",
    cure="Run the role guest_network, or enable systemd-networkd, NetworkManager, networking or wicked.",
    source="Microsoft: create-upload-generic",
    choice="The older guides remove NetworkManager because the agent's package conflicted with it; since RHEL 7 it must stay (R37).",
)
def manager(context):
    """Return passed with the network managers that start at boot."""
    active = context.shared(managers.active) or [name for name, _answer in other_managers.answers(context.tree)]
    return passed(" and ".join(active)) if active else failed([Evidence("/etc/systemd/system", None, "no network manager is enabled")])


@rule(
    "R34g",
    step=FIRST_CARD,
    severity=ERROR,
    title="The network manager starts",
    fault="The network manager is enabled, and does not start",
    why="systemd passes over a unit whose condition is not true, and cannot start one whose program is not there: no card gets an address.",
    cure="Repair what is named, or install the manager's package again.",
    source="systemd.unit(5), systemd.service(5)",
)
def manager_starts(context):
    """Return failed with what keeps the managers that are enabled from starting, when none of them starts."""
    active, units, causes = context.shared(managers.active), context.tree.known(Units), []
    for name in active:
        answer = services.will_start(units, managers.services_of(context.tree, name))
        apart = [] if answer.state in (FAILS, SKIPPED, MASKED) else does_nothing(units, answer.unit) + cut_off(units, answer.unit) + _kept(units, answer.unit)
        apart += _of_bus(context.tree) if name == "networkmanager" else []
        if answer.state not in (FAILS, SKIPPED, MASKED) and not apart:
            return passed()
        causes += apart or [Evidence(*cause) for cause in answer.causes]
    return failed(causes) if active else not_applicable("no network manager is enabled")


def _kept(units, unit):
    """Return the [Evidence] of what a manager's unit keeps it from: to set up a card, or to send by it before it has an address."""
    settings = units.readable_settings(unit) if unit.name in _MANAGERS else None
    if not settings:
        return []
    families, bounding = (
        [each for each in settings if (each.section, each.key) == ("Service", key)] for key in ("RestrictAddressFamilies", "CapabilityBoundingSet")
    )
    found = []
    if [setting for setting in families if setting.value]:
        found += [(families[-1], f"it may not use {name}") for name in ("AF_INET", "AF_NETLINK", "AF_PACKET") if not is_allowed(families, {name})][:1]
    found += [(bounding[-1], f"it lacks {name}") for name in _CAPABILITIES if not is_allowed(bounding, {name})][:1]
    user, ambient = unit_files.last(settings, "Service", "User"), unit_files.words(settings, "Service", "AmbientCapabilities")
    if user is not None and user.value not in ("root", "0") and not any(word.startswith("~") for word in ambient):
        found += [(user, f"who is not root, and it lacks {name}") for name in _CAPABILITIES if name not in ambient][:1]
    is_own = unit.name == _MANAGERS[0] and units.tree.glob(f"{_OWN_FILES}/*.network")
    found += unit_restraints.of_network(settings, ("/usr/lib", _OWN_FILES) if is_own else ("/usr/lib",))
    return [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {text}") for setting, text in found]


def _of_bus(tree):
    """Return the [Evidence] of what D-Bus lacks, in a whole system, for NetworkManager to have its name on it."""
    if not programs.is_whole_system(tree):
        return []
    if not any(tree.is_file(path) for path in _BUS):
        return [Evidence(_BUS[0], None, "is not there, and without it there is no D-Bus, which NetworkManager needs")]
    broken = [Evidence(path, line, f"{wrong}: D-Bus does not start, which NetworkManager needs") for path, line, wrong in _no_configuration_of_bus(tree)]
    if broken:
        return broken
    policies = [path for pattern in _POLICIES for path in tree.glob(pattern) if tree.is_file(path)]
    if any(re.search(_OWNS, tree.read_text(path)) for path in policies):
        return []
    return [Evidence(_POLICIES[0].replace("*", _NAME), None, "is not there, and no other policy of D-Bus lets NetworkManager have its name")]


def _no_configuration_of_bus(tree):
    """Return [(path, line, what is wrong)] of the files without any of which dbus-daemon does not start; of one in system.d it only complains.

    Source: bus/config-parser.c of D-Bus, include_file and include_dir.
    """
    if tree.exists(_BROKER) or not tree.is_file(_DAEMON):
        return []
    found, texts = [], ""
    for path in (path for path in _BUS + (_LOCAL,) if tree.is_file(path)):
        if path == _LOCAL and _LOCAL not in texts:
            continue
        content = tree.read_bytes(path, _MOST_BUS + 1)
        texts += content.decode("utf-8", "replace")
        problem = xml_text.problem(content, "busconfig") if len(content) <= _MOST_BUS else None
        found += [(path, problem.line, problem.text)] if problem is not None else []
    return found


@rule(
    "R34h",
    step=FIRST_CARD,
    severity=ERROR,
    title="NetworkManager can read its configuration",
    fault="NetworkManager cannot read its configuration",
    why="It ends when it starts with one line that is no section, no comment and no `key=value`: no card gets an address.",
    cure="Correct the line, or remove the file.",
    source="NetworkManager.conf(5); GLib, key files",
)
def configuration_is_read(context):
    """Return failed with the first line of each file of NetworkManager.conf and conf.d that is none of a key file."""
    if "networkmanager" not in context.shared(managers.active):
        return not_applicable("NetworkManager does not set up this guest")
    found = []
    for path in [networkmanager_conf.MAIN] + context.tree.glob(networkmanager_conf.CONF_D + "/*.conf"):
        section = False
        for number, text in context.lines(path):
            line = text.strip()
            is_section = line.startswith("[") and line.endswith("]")
            section = section or is_section
            if line and not line.startswith(("#", ";")) and not is_section and not (section and "=" in line and not line.startswith("=")):
                found.append(Evidence(path, number, line))
                break
    return failed_if(found)


@rule(
    "R39b",
    step=FIRST_CARD,
    severity=ERROR,
    title="A DHCP client is there, and ip",
    fault="No DHCP client is there, or no ip",
    why="ifupdown and the old network scripts call a DHCP client, whose script sets the address with ip, and cloud-init brings the card up with ip before it "
    "asks Azure: without them the card gets no address.",
    cure="Install isc-dhcp-client, dhclient or dhcpcd; iproute2 or iproute.",
    source="Microsoft: no-agent; interfaces(5); dhclient-script(8); cloudinit/net/ephemeral.py",
)
def dhcp_client(context):
    """Return failed when a manager that has no DHCP client of its own runs and none is installed, or when ip cannot run that its script or cloud-init calls."""
    needing = [name for name in context.shared(managers.active) if name in ("ifupdown", "ifcfg")]
    if not needing and not is_by_cloud_init(context.tree):
        return not_applicable("the network manager has a DHCP client of its own")
    client = next((path for path in (f"{folder}/{name}" for name in _CLIENTS for folder in _FOLDERS) if context.tree.exists(path)), "")
    found = [Evidence("/sbin/dhclient", None, "not there")] if needing and not client else []
    if client.endswith("/dhclient") or is_by_cloud_init(context.tree):
        found += _of_ip(context.tree)
    return failed_if(found)


def _of_ip(tree):
    """Return the [Evidence] that ip cannot run, or is not there in a whole system."""
    path = next((path for path in (f"{folder}/ip" for folder in _FOLDERS) if tree.exists(path)), "")
    wrong = programs.why_not(tree, path) if path else "is not there" if programs.is_whole_system(tree) else ""
    return [Evidence(path or "/sbin/ip", None, wrong)] if wrong else []


RULES = [manager, manager_starts, configuration_is_read, dhcp_client]
