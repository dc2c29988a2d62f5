# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: cloud-init writes the network of Azure for a manager that it knows, and asks Azure without a proxy between.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import service_arguments
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER

_PACKAGES = ("/usr/lib/python3*/*-packages/cloudinit/net",)
#: Every name that some cloud-init knows, where its own file does not tell.
_NAMES = ("eni", "sysconfig", "netplan", "network-manager", "networkd", "freebsd", "netbsd", "openbsd")
_NAME = re.compile(r'^\s+"([a-z-]+)": ', re.MULTILINE)
#: What tells that the guest has the manager. Source: available() of cloudinit/net/{eni,sysconfig,netplan,network_manager,networkd}.py.
_PLACES = {
    "eni": ("/sbin/ifup", "/usr/sbin/ifup"),
    "sysconfig": ("/etc/sysconfig/network-scripts", "/etc/sysconfig/network"),
    "netplan": ("/usr/sbin/netplan", "/sbin/netplan"),
    "network-manager": ("/usr/bin/nmcli", "/etc/NetworkManager/NetworkManager.conf"),
    "networkd": ("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd"),
}
_METADATA = "169.254.169.254"  # the address of Azure's metadata service


@rule(
    "R42o",
    step=PROVISIONER,
    severity=ERROR,
    title="The network managers that cloud-init is told are known to it, and one is there",
    fault="A network manager that cloud-init is told is not known to it, or none of them is there",
    why="Of a name in system_info: network: renderers that it does not know cloud-init ends before it makes a user; when the guest has no manager of the "
    "list it writes no network.",
    cure="Correct the name: eni, netplan, network-manager, networkd or sysconfig; or take the list out.",
    source="cloudinit/net/renderers.py; cloudinit/stages.py, apply_network_config",
    choice="A name of activators is not asked for at the first boot.",
)
def managers_are_known(context):
    """Return failed with each name of renderers that this cloud-init does not know; a warning when the guest has none of them; unknown without YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    listed = config.value(documents, "system_info", "network", "renderers")
    names = listed.value if listed is not None and isinstance(listed.value, list) else []
    strange = [name for name in names if name not in _known(context.tree)]
    if strange:
        return failed([Evidence(listed.path, listed.line, f"renderers: {name}: cloud-init knows no such network manager") for name in strange])
    if names and not any(context.tree.exists(place) for name in names for place in _PLACES.get(name, ())):
        text = f"renderers: {', '.join(map(str, names))}: the guest has none of them, and keeps the network that it has"
        return failed([Evidence(listed.path, listed.line, text)], severity=WARNING)
    return passed()


def _known(tree):
    """Return the names ([str]) that cloud-init's own module has."""
    places = [f"{folder}/renderers.py" for pattern in _PACKAGES for folder in tree.glob(pattern)]
    return [name for path in places if tree.is_file(path) for name in _NAME.findall(tree.read_text(path))] or _NAMES


@rule(
    "R42p",
    step=PROVISIONER,
    severity=ERROR,
    title="cloud-init asks Azure without a proxy",
    fault="cloud-init asks Azure by a proxy",
    why="With http_proxy in its environment cloud-init asks the proxy of the build's network for the metadata of Azure, at addresses that only the machine "
    "itself reaches.",
    cure="Take http_proxy out of the unit, or of DefaultEnvironment= in system.conf; or set no_proxy=169.254.169.254,168.63.129.16 beside it.",
    source="cloudinit/url_helper.py (requests); Microsoft: instance-metadata-service, proxies",
)
def asks_directly(context):
    """Return failed with the line that gives cloud-init's units a proxy, and no exception for the addresses of the platform."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    units = context.shared(unit_files.Units)
    default = _renamed(manager_settings.settings(context))
    found = []
    for name in cloud_init.SERVICES:
        unit = units.find(f"{name}.service")
        own = units.settings(unit) if unit.state == unit_files.THERE else []
        known = {key.lower(): value for key, value in service_arguments.variables(context, default + own).items()}
        proxy = known.get("http_proxy")
        if unit.state == unit_files.THERE and proxy is not None and proxy.text and not _excepted(known.get("no_proxy")):
            found.append(Evidence(proxy.path, proxy.line, f"http_proxy={proxy.text}"))
    return failed_if(dict.fromkeys(found))


def _renamed(settings):
    """Return DefaultEnvironment= of the system manager ([UnitSetting]) as Environment= of every service."""
    return [
        setting._replace(section="Service", key="Environment") for setting in settings if (setting.section, setting.key) == ("Manager", "DefaultEnvironment")
    ]


def _excepted(no_proxy):
    words = no_proxy.text.replace(" ", "").split(",") if no_proxy is not None else []
    return "*" in words or _METADATA in words or any(word.startswith("169.254.") and "/" in word for word in words)


RULES = [managers_are_known, asks_directly]
