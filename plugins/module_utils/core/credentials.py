# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that systemd hands to a service at the boot: files of the stores that the service takes by their names.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.exec(5), LoadCredential= and ImportCredential=; systemd.system-credentials(7). Tried with systemd 252 and 257.
"""

import fnmatch
import posixpath
from typing import Dict

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units

#: The first that has a credential counts. /run is empty before the boot; what lies in the stores of encrypted ones only the machine that made it reads.
STORES = ("/etc/credstore", "/usr/local/lib/credstore", "/usr/lib/credstore")


def handed(units: Units, service: str) -> Dict[str, str]:
    """Return {name of the credential: its path} of what a service gets from files, {} of one that is not there or cannot be read."""
    settings = units.readable_settings(units.find(service)) or []
    tree = units.tree
    found: Dict[str, str] = {}
    for setting in unit_files.listed(settings, "Service", "LoadCredential"):
        name, _colon, place = setting.value.partition(":")
        places = [place] if place.startswith("/") else [f"{store}/{place or name}" for store in STORES]
        there = [path for path in places if tree.is_file(path)]
        if there:
            found[name] = there[0]
    for setting in unit_files.listed(settings, "Service", "ImportCredential"):
        pattern, _colon, renamed = setting.value.partition(":")
        for path in [path for store in STORES for path in sorted(tree.glob(f"{store}/*")) if tree.is_file(path)]:
            name = posixpath.basename(path)
            if fnmatch.fnmatchcase(name, pattern):
                own = renamed + name[len(pattern.partition("*")[0]) :] if renamed else name
                found.setdefault(own, path)
    return found
