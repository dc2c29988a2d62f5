# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reader of the INI files of NetworkManager and systemd-networkd, as far as the network rules need it.

PRIVATE: module_utils of this collection are not an interface.
"""


def values(text, section, key):
    """Return all values ([str]) of key in the sections of that name, in their order."""
    found, current = [], None
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1]
        elif current == section and "=" in line and not line.startswith(("#", ";")):
            name, value = line.split("=", 1)
            if name.strip() == key:
                found.append(value.strip())
    return found
