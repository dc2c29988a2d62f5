# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reader of the INI files of NetworkManager and systemd.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files

#: One assignment. section, key, value: str, the key as it is written, ("unmanaged-devices+"); line: int from 1;
#: header: int, the line of the section's name.
IniEntry = collections.namedtuple("IniEntry", "section key value line header")

#: Words for yes and no: NetworkManager takes those of systemd.
TRUE, FALSE = unit_files.TRUE, unit_files.FALSE


def entries(text):
    """Return the assignments ([IniEntry]) of an INI text in their order. A backslash at the end of a line continues it, as systemd has it."""
    found, section, header, begun, number = [], None, 0, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        line, begun = begun + line, ""
        if line.startswith("[") and line.endswith("]"):
            section, header = line[1:-1], number
        elif "=" in line and section is not None:
            key, value = line.split("=", 1)
            found.append(IniEntry(section, key.strip(), value.strip(), number, header))
    return found


def values(text, section, key):
    """Return all values ([str]) of key in the sections of that name, in their order."""
    return [entry.value for entry in entries(text) if (entry.section, entry.key) == (section, key)]


def last(found, section, key):
    """Return the IniEntry that counts of a key that is set once, None without one.

    found: [IniEntry].
    """
    return next((entry for entry in reversed(found) if (entry.section, entry.key) == (section, key)), None)


def blocks(found, section):
    """Return the sections ([[IniEntry]]) of a name that may be there several times, each for itself, as ``[Route]`` is.

    found: [IniEntry], of a file and of its drop-ins behind it.
    """
    made, before = [], None
    for entry in found:
        if entry.section == section:
            if before is None or (before.section, before.header) != (section, entry.header) or entry.line <= before.line:
                made.append([])
            made[-1].append(entry)
        before = entry
    return made
