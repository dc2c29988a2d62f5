# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile of AppArmor and the context of SELinux that a service is started under, and that the kernel has to know.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.exec(5), AppArmorProfile= and SELinuxContext=: without it the service ends with 231/APPARMOR or 229/SELINUX_CONTEXT; where the
kernel runs without the one or the other, systemd passes over the setting.
"""

import re
from typing import List, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import apparmor, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import UnitSetting

_SELINUX = "/etc/selinux/config"
_MOST_TEXT = 1024 * 1024  # bytes of a file that is asked for a profile; of a policy, 64 times as many


def unknown(tree: Tree, settings: List[UnitSetting], command_line: Optional[str]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what is wrong)] of a service's settings that name a profile or a context which the kernel will not know.

    command_line: str, the kernel's, or None when not known.
    """
    found = []
    for setting in _named(settings, "AppArmorProfile"):
        if setting.value != "unconfined" and apparmor.has_apparmor(tree, command_line) and not apparmor.has_profile(tree, setting.value):
            found.append((setting, "AppArmor has no such profile"))
    for setting in _named(settings, "SELinuxContext"):
        if has_selinux(tree, command_line) and not _has_type(tree, setting.value):
            found.append((setting, "the policy of SELinux has no such type"))
    return found


def _named(settings: List[UnitSetting], key: str) -> List[UnitSetting]:
    """Return the last [UnitSetting] of a key, where it names what has to be there: with ``-`` it may be missing."""
    return [setting for setting in unit_files.listed(settings, "Service", key)[-1:] if not setting.value.startswith("-") and "%" not in setting.value]


def has_selinux(tree: Tree, command_line: Optional[str]) -> bool:
    """Return whether the guest has SELinux on."""
    words = (command_line or "").split()
    if "selinux=0" in words or not tree.is_file(_SELINUX):
        return False
    return bool(re.search(r"^\s*SELINUX\s*=\s*(enforcing|permissive)\b", _text(tree, _SELINUX), re.MULTILINE))


def _has_type(tree: Tree, label: str) -> bool:
    """Whether the policy has the type of a context (``system_u:system_r:sshd_t:s0``), or that cannot be told."""
    parts = label.split(":")
    kind = re.search(r"^\s*SELINUXTYPE\s*=\s*(\w+)", _text(tree, _SELINUX), re.MULTILINE)
    policies = tree.glob(f"/etc/selinux/{kind.group(1) if kind else 'targeted'}/policy/policy.*")
    if len(parts) < 3 or not policies:
        return len(parts) >= 3
    return parts[2].encode("utf-8", "surrogateescape") in tree.read_bytes(policies[-1], 64 * _MOST_TEXT)


def _text(tree: Tree, path: str) -> str:
    return tree.read_bytes(path, _MOST_TEXT).decode("utf-8", "surrogateescape")
