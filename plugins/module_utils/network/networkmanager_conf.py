# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's configuration: NetworkManager.conf and conf.d.

Source: NetworkManager.conf(5).

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import of_c
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: In the order in which they are read; a file of /etc stands for one of the same name in /usr/lib.
CONF_D, PACKAGES_CONF_D = "/etc/NetworkManager/conf.d", "/usr/lib/NetworkManager/conf.d"
MAIN = "/etc/NetworkManager/NetworkManager.conf"
#: One setting. items: [str], of a list; place: Place of its last line.
ManagerSetting = collections.namedtuple("ManagerSetting", "items place")
#: Where it keeps its profiles, unless it is told another folder.
PROFILES = "/etc/NetworkManager/system-connections"


def configuration(tree, without=()):
    """Return {(section, key): ManagerSetting}, ``+=`` and ``-=`` applied.

    without: [str], names of files of packages that something masks at the boot, as netplan does.
    """
    names = {posixpath.basename(path) for path in tree.glob(CONF_D + "/*.conf")}
    paths = [path for path in tree.glob(PACKAGES_CONF_D + "/*.conf") if posixpath.basename(path) not in names and posixpath.basename(path) not in without]
    found = {}
    for path in paths + [MAIN] + tree.glob(CONF_D + "/*.conf"):
        text = of_c(text_of(tree, path)) if tree.is_file(path) else ""
        lines = text.split("\n")
        for entry in ini.entries(text):
            key, operator = (entry.key[:-1].rstrip(), entry.key[-1]) if entry.key[-1:] in "+-" and entry.key else (entry.key, "")
            items = [item.strip() for item in re.split(r"[,;]", entry.value) if item.strip()]
            before = found[entry.section, key].items if (entry.section, key) in found else []
            if operator == "-":
                items = [item for item in before if item not in items]
            elif operator == "+":
                items = before + items
            found[entry.section, key] = ManagerSetting(items, Place(path, entry.line, lines[entry.line - 1].strip()))
    return found


def folder_of_profiles(tree):
    """Return the folder (str) of the administrator's profiles: keyfile.path, or the usual one."""
    setting = configuration(tree).get(("keyfile", "path"))
    path = setting.items[0] if setting is not None and setting.items else ""
    return path.rstrip("/") if path.startswith("/") and path != "/" else PROFILES
