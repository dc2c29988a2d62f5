# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a login runs before the user's first command: whether one of them ends the session, or never ends itself.

PRIVATE: module_utils of this collection are not an interface.
Source: bash(1), INVOCATION; sshd(8), SSHRC: what /etc/ssh/sshrc exits with counts for nothing, and sshd waits for its end.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import commands_of, unguarded

_SSHRC = "/etc/ssh/sshrc"
#: Programs that are no session, and end.
_NO_SHELL = r"(?:false|true|nologin|echo|printf|cat|sleep|date|uptime|logout|exit)"
_ENDS = re.compile(rf"(?:exit|logout)\b|exec\s+(?:/usr)?(?:/s?bin/)?{_NO_SHELL}(?:\s|$)|kill\s+(?:-\S+\s+)*[\"']?\$(?:\$|PPID|\{{PPID\}})|suspend\s+-f")


def ending(context):
    """Return the [Evidence] of each line of the files that every login reads first, which ends the session whatever is the case, or never ends."""
    # of those of a new user's own bash takes the first that is there
    own = [path for path in ("/etc/skel/.bash_profile", "/etc/skel/.bash_login", "/etc/skel/.profile") if context.tree.is_file(path)][:1]
    own += ["/etc/skel/.bashrc"]  # bash reads it for every command that ssh gives it, too
    paths = ["/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"] + context.tree.glob("/etc/profile.d/*.sh") + (own if context.kind != "specialized" else [])
    found = [
        Evidence(path, number, f"{words}: it ends every login")
        for path in paths
        for number, words in unguarded(context.lines(path))
        if any(_ENDS.match(command) for command in commands_of(words))
    ]
    return found + [
        Evidence(path, number, f"{words}: every login waits for its end, and it has none")
        for path in [_SSHRC] + paths
        for number, words in unguarded(context.lines(path))
        if any(not command.endswith("&") and boot_commands.never_ends(command) for command in commands_of(words))
    ]
