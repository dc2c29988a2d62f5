# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's own firewall, as it is loaded at the next boot: the platform is reached, and SSH comes in.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.firewall import loaded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD

_SSH = 22


@rule(
    "R39",
    step=FIRST_CARD,
    severity=ERROR,
    title="The guest's firewall lets the platform be reached",
    fault="The guest's firewall keeps the platform from being reached",
    why="The agent talks to 168.63.129.16 and 169.254.169.254: blocked, the machine never reports ready.",
    cure="Allow both addresses in the file that is named.",
    source="Microsoft: agent-linux; iptables(8), nft(8), ufw-framework(8), firewalld(1)",
    choice="Only a firewall that something loads counts. The agent's own rules in the table security, which let root through and nobody else, are right.",
)
def platform_reached(context):
    """Return failed with the rule or policy that drops what root sends to the platform, or what comes back; what may be let through is no fault."""
    found = context.shared(loaded.loaded)
    if not found.hooks:
        return not_applicable("no firewall is loaded at boot")
    return failed_if(Evidence(*place) for place in loaded.keeps_platform_away(found))


@rule(
    "R39c",
    step=FIRST_CARD,
    severity=ERROR,
    title="The guest's firewall lets SSH in",
    fault="The guest's firewall keeps SSH out",
    why="It is the only way in that Azure has but the serial console: nobody logs in.",
    cure="Allow the server's port in the file that is named, e.g. ufw allow ssh, or firewall-offline-cmd --add-service=ssh.",
    source="iptables(8), nft(8), ufw(8), firewalld.zone(5), SuSEfirewall2(8)",
)
def ssh_comes_in(context):
    """Return failed with the rule or policy that drops new connections to every port of the server."""
    found = context.shared(loaded.loaded)
    if not found.hooks:
        return not_applicable("no firewall is loaded at boot")
    return failed_if(Evidence(*place) for place in loaded.keeps_ssh_away(found, _ports(context)))


@rule(
    "R39d",
    step=FIRST_CARD,
    severity=WARNING,
    title="The guest's firewall lets SSH in from everywhere",
    fault="The guest's firewall lets SSH in from some addresses alone",
    why="The addresses are those of the network for which the image was made: a network of Azure may have others, and who comes by the public address of "
    "the machine has another.",
    cure="Allow the server's port from everywhere, and let the network security group say from where one may come.",
    source="iptables(8), nft(8), ufw(8), firewalld.zone(5); Microsoft: network-security-groups-overview",
    choice="Addresses of a company's own, or of all private networks, may be meant so: a warning.",
)
def ssh_comes_from_everywhere(context):
    """Return failed with the rule or policy that drops new connections from an address that nobody knew, when others may come in."""
    found = context.shared(loaded.loaded)
    if not found.hooks:
        return not_applicable("no firewall is loaded at boot")
    ports = _ports(context)
    if loaded.keeps_ssh_away(found, ports):
        return not_applicable("nobody comes in at all")
    return failed_if(Evidence(*place) for place in loaded.keeps_ssh_away(found, ports, loaded.STRANGER))


@rule(
    "R39e",
    step=FIRST_CARD,
    severity=WARNING,
    title="nft takes the file of the guest's firewall",
    fault="nft does not take the file of the guest's firewall",
    why="It loads all of a file or nothing: the machine is reached, and what the firewall should keep out is let in.",
    cure="Correct the line that is named, and try it with `nft --check --file`.",
    source="nft(8)",
)
def file_is_taken(context):
    """Return failed with the line for which nft takes nothing of the file that its service loads."""
    if not context.shared(loaded.nftables_files):
        return not_applicable("no file of nftables is loaded at boot")
    return failed_if(Evidence(*refusal.place[:2], f"{refusal.place[2].strip()}: {refusal.cause}") for refusal in context.shared(loaded.loaded).refused)


def _ports(context):
    """Return the ports ([int]) at which sshd listens."""
    named = [int(setting.value) for setting in context.facts(sshd_started.settings) if setting.keyword.lower() == "port" and setting.value.isdecimal()]
    return named or [_SSH]


RULES = [platform_reached, ssh_comes_in, ssh_comes_from_everywhere, file_is_taken]
