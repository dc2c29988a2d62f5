# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH: whoever may log in has the time for it, may come from where Azure lets people come from, and with the keys that Azure's tools make.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import shell_kinds, sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.login import NO_SERVER, shown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import server, sshd_access, sshd_keys, sshd_sessions

_TIMEOUT = re.compile(r"(?:(?:(?:declare|typeset)\s+-\S+|readonly|export)\s+)*TMOUT=[\"\']?(\d{1,9})[\"\']?(?:\s|;|&|$)")
_READ_ONLY = re.compile(r"(?:readonly|(?:declare|typeset)\s+-\w*r\w*)\s+TMOUT\b|.*;\s*readonly\s+TMOUT\b")
_PENALTIES = b"persourcepenalties"
_LEAST, _NO_TIME = 10, 5  # s, to read a prompt and write a command; and with less than which nobody does


@rule(
    "R46n",
    step=SSH,
    severity=WARNING,
    fixed_by="",
    title="Who logs in has the time for it",
    fault="Who logs in has little time for it",
    why="A login over a network takes a second or more, clients offer several keys, and others connect to every public address all the time. A shell whose "
    "TMOUT is a few seconds ends before a command is written; commands that are given to ssh still run.",
    cure="Set LoginGraceTime 60, MaxAuthTries 3 and MaxStartups 10:30:60, or more; take ChannelTimeout, PerSourceNetBlockSize and PerSourcePenalties out; "
    "TMOUT=600 in /etc/profile.d.",
    source="sshd_config(5); bash(1), TMOUT",
)
def has_time(context):
    """Return failed with the settings of sshd that leave little time or room, and with a TMOUT of less than ten seconds.

    It is an error when the TMOUT is less than five and cannot be changed.
    """
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    settings, punishes = context.facts(sshd_started.settings), _PENALTIES in context.shared(server.content).lower()
    found = [shown(obstacle) for obstacle in sshd_sessions.impatient(settings) + sshd_sessions.shared_fate(settings, punishes)]
    short, is_fixed = _short_timeout(context)
    return failed_if(found + short, severity=ERROR if is_fixed else None)


@rule(
    "R46o",
    step=SSH,
    severity=WARNING,
    fixed_by="",
    title="sshd lets users in from everywhere",
    fault="sshd lets users in from some addresses alone",
    why="An address of AllowUsers is one of the network for which the image was made: a network of Azure may have others, and who comes by the public "
    "address of the machine has another.",
    cure="Leave out what stands behind @ in AllowUsers, and let the network security group say from where one may come.",
    source="sshd_config(5); Microsoft: network-security-groups-overview",
)
def from_everywhere(context):
    """Return failed with the lines of AllowUsers when each user of theirs is bound to an address."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    return failed_if(shown(obstacle) for obstacle in sshd_access.from_some_places(context.facts(sshd_started.settings)))


@rule(
    "R46r",
    step=SSH,
    severity=WARNING,
    fixed_by="",
    title="sshd takes the keys that Azure's tools make",
    fault="sshd takes some of Azure's keys alone",
    why="Azure's portal and its command line make keys of RSA unless they are asked for Ed25519, and Azure takes those with 2048 bits or more: whoever uses "
    "such a key is made, and not let in.",
    cure="Add rsa-sha2-512,rsa-sha2-256 to PubkeyAcceptedAlgorithms; set RequiredRSASize 2048. Or see that each machine is made with a key that is taken.",
    source="sshd_config(5); Microsoft: mac-create-ssh-keys, supported SSH key formats",
)
def takes_usual_keys(context):
    """Return failed with the settings of sshd that leave out keys of RSA, or those with 2048 bits, and take others."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    return failed_if(shown(obstacle) for obstacle in sshd_keys.no_usual_key(context.facts(sshd_started.settings)))


def _short_timeout(context):
    """Return ([Evidence] of the TMOUT that a shell ends up with, when it is a few seconds; whether it leaves no time at all to set another).

    After a line that makes it read-only none counts.
    """
    place, seconds, shell = None, 0, shell_kinds.kind(context)
    if shell in (shell_kinds.FISH, shell_kinds.CSH):  # for them it is a variable like any other
        return [], False
    for path in ["/etc/environment"] + shell_kinds.files(context, shell)[0]:
        for number, words in unguarded(context.lines(path)):
            match = _TIMEOUT.match(words)
            if match:
                place, seconds = Evidence(path, number, f"{words}: a shell that waits for so many seconds ends"), int(match.group(1))
            if _READ_ONLY.match(words):
                return [place] if place and 0 < seconds < _LEAST else [], 0 < seconds < _NO_TIME
    return [place] if 0 < seconds < _LEAST else [], False


RULES = [has_time, from_everywhere, takes_usual_keys]
