# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of GRUB itself that a user may ask for, beside kernel parameters.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def checked(settings):
    """Return {name: str or None} of the settings asked for; numbers become text, booleans `true` and `false`.

    Raises ImagewrightError: a name is no variable of /etc/default/grub, or a value is no line of text.
    """
    found = {}
    for name, value in settings.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise ImagewrightError(f"cannot set {name!r} by settings: it is not the name of a shell variable; use letters, digits and underscores")
        if name.startswith("GRUB_CMDLINE_LINUX"):
            raise ImagewrightError(f"cannot set {name} by settings: kernel parameters are set by `present` and `absent`; use these")
        if isinstance(value, bool):
            value = "true" if value else "false"
        if value is not None and not isinstance(value, (str, int, float)):
            raise ImagewrightError(f"cannot set {name} by settings to {value!r}: it is not a text; write it between quotes")
        text = None if value is None else str(value)
        if text is not None and any(character in "\n\r\0" for character in text):
            raise ImagewrightError(f"cannot set {name} by settings to {text!r}: it holds a line break or a NUL; write it as one line")
        found[name] = text
    return found
