# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reader of the INI files of NetworkManager and systemd.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

#: One assignment. section, key, value: str, the key as it is written, ("unmanaged-devices+"); line: int from 1.
IniEntry = collections.namedtuple("IniEntry", "section key value line")

#: Words of systemd and of NetworkManager for yes and no.
TRUE = ("1", "yes", "y", "true", "t", "on")
FALSE = ("0", "no", "n", "false", "f", "off")


def entries(text):
    """Return the assignments ([IniEntry]) of an INI text in their order. A backslash at the end of a line continues it, as systemd has it."""
    found, section, begun, number = [], None, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        line, begun = begun + line, ""
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line and section is not None:
            key, value = line.split("=", 1)
            found.append(IniEntry(section, key.strip(), value.strip(), number))
    return found


def values(text, section, key):
    """Return all values ([str]) of key in the sections of that name, in their order."""
    return [entry.value for entry in entries(text) if (entry.section, entry.key) == (section, key)]


def last(found, section, key):
    """Return the IniEntry that counts of a key that is set once, None without one.

    found: [IniEntry].
    """
    return next((entry for entry in reversed(found) if (entry.section, entry.key) == (section, key)), None)
