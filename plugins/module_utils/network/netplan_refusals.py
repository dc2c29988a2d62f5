# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What netplan refuses: a version other than 2, a word that it does not know, a value of another kind than its key asks for.

It gives up all files for one; as systemd's generator, since 1.1, it gives up but what follows in that definition, or in that file.

PRIVATE: module_utils of this collection are not an interface.
Source: src/parse.c and src/generate.c of netplan (NETPLAN_PARSER_IGNORE_ERRORS); each tried with the generators of 0.106 and 1.1.2.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import netplan_values, netplan_words
from ansible_collections.imagewright.azure.plugins.module_utils.network.netplan_files import place

_GENERATOR = "/usr/libexec/netplan/generate"
_MOST_PROGRAM = 4 * 1024 * 1024  # bytes of the generator; real ones have 100 KiB


def first(files):
    """Return the Place of the first thing that netplan refuses, None without one.

    files: [netplan_files.NetplanFile].
    """
    return next((wrong for wrong in (_taken(file)[0] for file in files) if wrong is not None), None)


def as_far_as_read(files):
    """Return the files ([NetplanFile]) with what the generator takes of them, which goes on behind what it refuses."""
    return [file._replace(document=file.document._replace(value={"network": _taken(file)[1]})) for file in files]


def goes_on(tree):
    """Return whether the guest's generator goes on behind what it refuses."""
    return tree.is_file(_GENERATOR) and b"ignore-errors" in tree.read_bytes(_GENERATOR, _MOST_PROGRAM)


def _taken(file):
    """Return (Place of the first key that is refused, or None; what is taken of ``network:``, dict) of a file."""
    wrong, taken = None, {}
    for top, network in (file.document.value or {}).items():
        if top != "network":
            number = yaml_text.line(file.document, top)
            return wrong or Place(file.path, number, str(top)), taken
        for section, content in (network or {}).items():
            if not netplan_words.is_section(section) or (section == "version" and content not in (None, 2)):
                return wrong or place(file, section), taken
            taken[section] = content
            if section in netplan_words.DEFINITIONS and isinstance(content, dict):
                taken[section] = {}
                for name, settings in content.items():
                    refused, taken[section][name] = _of_definition(section, settings)
                    wrong = wrong or (place(file, section, name, *refused) if refused else None)
    return wrong, taken


def _of_definition(kind, settings):
    """Return (path of the first key that is refused, or None; the settings before it) of a definition, whatever YAML has there."""
    taken = {}
    for key, value in settings.items() if isinstance(settings, dict) else ():
        refused = netplan_words.unknown(kind, key, value) or ([key] if netplan_values.is_refused(str(key), value) else None)
        if refused:
            return refused, taken
        taken[key] = value
    return None, taken if isinstance(settings, dict) else settings
