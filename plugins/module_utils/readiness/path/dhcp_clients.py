# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First card: the DHCP client takes the lease that Azure offers, and sets all that is in it.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name, dhclient_conf, dhcpcd_conf, managers, networkmanager_conf
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD

_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")
#: In the order in which ifupdown, the network script and cloud-init look for one.
_DHCLIENT, _DHCPCD = ("dhclient",), ("dhcpcd", "dhcpcd5")
_OTHERS = ("pump", "udhcpc")
_SCRIPTS = ("/sbin/dhclient-script", "/usr/sbin/dhclient-script")
_ENTER_HOOKS = ("/etc/dhcp/dhclient-enter-hooks", "/etc/dhcp/dhclient-enter-hooks.d/*")
_ENDS = re.compile(r"(?:exit|exec)\b")


@rule(
    "R34k",
    step=FIRST_CARD,
    severity=ERROR,
    title="The DHCP client takes the lease of Azure",
    fault="The DHCP client refuses the lease of Azure, or leaves out what is in it",
    why="ifupdown, the old network scripts and cloud-init's own question call dhclient or dhcpcd, with the file that was made for the network of the build. "
    "Azure's server is 168.63.129.16; it sends the mask, the gateway, the routes of RFC 3442 and a name server.",
    cure="Take the line out.",
    source="dhclient.conf(5), dhclient-script(8), dhcpcd.conf(5)",
    choice="A gateway that dhclient would replace is a warning where the routes of RFC 3442 are asked for, for its script passes over the gateway then. "
    "Name servers and a mask of one's own, and a short timeout, are warnings.",
)
def lease_is_taken(context):
    """Return failed with each line of the file of the DHCP client that is used, or of its hooks, with which no lease is taken or no route is set."""
    tree, card = context.tree, context.shared(card_name.first_card)[0].name
    client = _client(context)
    if client is None:
        return not_applicable("nobody calls dhclient or dhcpcd")
    if client in _DHCLIENT:
        found = dhclient_conf.harms(tree, card)
        serious = _of_script(context) if set(context.shared(managers.active)) & {"ifupdown", "ifcfg"} else []
    else:
        found, serious = dhcpcd_conf.harms(tree, card), []
    stops = bool(serious) or any(harm.stops for harm in found)
    evidence = [Evidence(harm.place.path, harm.place.line, f"{harm.place.text}: {harm.cause}") for harm in found]
    return failed_if(serious + evidence, severity=None if stops else WARNING)


def _client(context):
    """Return the name (str) of the client that sets the first card up, or asks for cloud-init, None when it is another one."""
    tree = context.tree
    there = [name for name in _DHCLIENT + _OTHERS + _DHCPCD if any(tree.exists(f"{folder}/{name}") for folder in _FOLDERS)]
    active = context.shared(managers.active)
    if set(active) & {"ifupdown", "ifcfg"} or is_by_cloud_init(tree):
        return there[0] if there[:1] and there[0] not in _OTHERS else None
    named = networkmanager_conf.configuration(tree).get(("main", "dhcp")) if "networkmanager" in active else None
    wanted = named.items[0] if named is not None and named.items else ""
    return wanted if wanted in _DHCLIENT + _DHCPCD and wanted in there else None


def _of_script(context):
    """Return the [Evidence] of what keeps the script from setting the address: it is not there, or a hook that it reads first ends it."""
    tree, found = context.tree, []
    conf = dhclient_conf.path(tree, context.shared(card_name.first_card)[0].name)
    if tree.has_own_root and not (conf and re.search(r"(?m)^\s*script\s", tree.read_text(conf))):
        wrong = [programs.why_not(tree, path) for path in _SCRIPTS]
        found += [Evidence(_SCRIPTS[0], None, f"{wrong[0]}: nothing sets the address")] if all(wrong) else []
    for path in [path for pattern in _ENTER_HOOKS for path in (tree.glob(pattern) if "*" in pattern else [pattern])]:
        if tree.is_file(path) and (not path.endswith("~") and re.match(r"[A-Za-z0-9_-]+$", posixpath.basename(path))):
            found += [Evidence(path, number, f"{words}: it ends the script before it sets the address") for number, words in _ending(context, path)]
    return found


def _ending(context, path):
    """Return [(line, words)] of the command that ends who reads a file, unless a condition before it may have ended the reading."""
    for number, words in unguarded(context.lines(path)):
        if re.match(r"return\b", words) or "||" in words or "&&" in words:
            return []
        if _ENDS.match(words) and not re.match(r"exec\s+\d*[<>]", words):
            return [(number, words)]
    return []


RULES = [lease_is_taken]
