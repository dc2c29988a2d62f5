# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell scripts that stand in the place of a program and hand over to it, as those of dpkg-divert, alternatives and hardening scripts.

PRIVATE: module_utils of this collection are not an interface.
Pure: text in, the program out.
"""

import re
from typing import Optional

#: Commands that do not end a script and do not decide whether the next one runs.
_PLAIN = re.compile(
    r"(?:(?:export|readonly|local|declare)\s+)?[A-Za-z_]\w*=\S*\s*$|(?:unset|umask|shift|cd|logger|echo|printf|ulimit|export)\b[^;&|]*$|set\s+[-+]\w+$|:$"
)
_LAST = re.compile(r"(?:exec\s+(?:-a\s+\S+\s+)?)?(/[\w.+/-]+)(?:\s+[^;&|`]*)?$")


def handed_to(text: str) -> Optional[str]:
    """Return the path (str) of the program that a shell script runs at its end whatever is the case, and whose result is its own; None when that does not show.

    text: str, of the script.
    """
    commands = [line.strip() for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if not commands or not all(_PLAIN.match(command) for command in commands[:-1]):
        return None
    match = _LAST.match(commands[-1])
    return match.group(1) if match and "$(" not in commands[-1] else None
