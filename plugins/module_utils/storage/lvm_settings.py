# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the configuration of LVM says, of a guest or inside an initramfs. Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: lvm.conf(5); lvmsystemid(7).
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk import lvm_text

#: The second one comes before the first.
PATHS = ("/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf")


def setting(tree, section, name):
    """Return (value, path) of a setting: str, int or list, None when nobody says or the file cannot be read. It stands in its section or has it in its name."""
    found = (None, "")
    for path in PATHS:
        values = _values(tree.read_text(path)) if tree.is_file(path) else {}
        inner = values.get(section)
        for value in (values.get(f"{section}/{name}"), inner.get(name) if isinstance(inner, dict) else None):
            found = found if value is None else (value, path)
    return found


def is_foreign(tree, system_id):
    """Return whether a volume group (its system_id: str) is another machine's for LVM of a tree: False where that hangs on the machine that runs."""
    if not system_id or system_id in (setting(tree, "local", "extra_system_ids")[0] or ()):
        return False
    source = setting(tree, "global", "system_id_source")[0] or "none"
    if source in ("lvmlocal", "none"):
        return source == "none" or setting(tree, "local", "system_id")[0] != system_id
    return False


def _values(text):
    try:
        return lvm_text.parse(text)
    except ValueError:
        return {}
