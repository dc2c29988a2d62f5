# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the kernel runs AppArmor, and whether it will know a profile. What a profile allows: apparmor_profiles.py.

PRIVATE: module_utils of this collection are not an interface.
Source: Linux security/apparmor/Kconfig, admin-guide/kernel-parameters; apparmor.d(5).
"""

import re
from typing import Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

_CONFIGURATIONS = ("/boot/config-*", "/usr/lib/modules/*/config", "/lib/modules/*/config")
_PROFILES = ("/etc/apparmor.d/*", "/etc/apparmor.d/*/*", "/var/lib/snapd/apparmor/profiles/*", "/usr/share/apparmor.d/*")
_MOST_TEXT = 1024 * 1024  # bytes of a file that is asked for a profile


def has_apparmor(tree: Tree, command_line: Optional[str]) -> bool:
    """Return whether the kernel runs AppArmor: as it is built, unless its command line says otherwise."""
    words = (command_line or "").split()
    for word in words:
        name, _equals, value = word.partition("=")
        if name == "apparmor" and value == "0" or name in ("lsm", "security") and "apparmor" not in value:
            return False
    texts = [_text(tree, path) for pattern in _CONFIGURATIONS for path in tree.glob(pattern)[:1]][:1]
    if not texts:
        return tree.is_dir("/etc/apparmor.d")
    is_built = "\nCONFIG_SECURITY_APPARMOR=y" in texts[0]
    is_used = re.search(r"^CONFIG_LSM=.*\bapparmor\b|^CONFIG_DEFAULT_SECURITY_APPARMOR=y", texts[0], re.MULTILINE)
    return is_built and (bool(is_used) or "apparmor=1" in words or "security=apparmor" in words)


def has_profile(tree: Tree, name: str) -> bool:
    """Return whether a file of AppArmor's declares a profile: ``profile NAME {`` or, of a program's path, ``/usr/sbin/NAME {``."""
    declared = re.compile(rf"^\s*(?:profile\s+)?\"?{re.escape(name.partition('//')[0])}\"?(?:\s|$)", re.MULTILINE)
    return any(declared.search(_text(tree, path)) for pattern in _PROFILES for path in tree.glob(pattern) if tree.is_file(path))


def _text(tree: Tree, path: str) -> str:
    return tree.read_bytes(path, _MOST_TEXT).decode("utf-8", "surrogateescape")
