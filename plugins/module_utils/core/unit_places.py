# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service is laid out with and that has to be there when it starts: directories, images of a root, credentials.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.exec(5): without it the service ends with 200/CHDIR, 226/NAMESPACE or 243/CREDENTIALS.
"""

from typing import List, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import UnitSetting

_DIRECTORIES = ("WorkingDirectory", "RootDirectory")
#: Lists of paths, of which one with ``-`` may be missing.
_LISTS = ("BindPaths", "BindReadOnlyPaths", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths")
_MADE_BY_SYSTEMD = (("StateDirectory", "/var/lib"), ("CacheDirectory", "/var/cache"), ("LogsDirectory", "/var/log"), ("ConfigurationDirectory", "/etc"))
#: Directories that are empty before the boot.
_MADE_AT_BOOT = ("/run/", "/var/run/", "/tmp", "/dev/", "/proc/", "/sys/")
_TMPFILES = ("/etc/tmpfiles.d/*.conf", "/usr/local/lib/tmpfiles.d/*.conf", "/usr/lib/tmpfiles.d/*.conf")


def missing(tree: Tree, settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what is wrong)] of a service's settings that name what is not there."""
    found = []
    for setting, path, is_directory in _named(settings):
        if not path.startswith("/") or "%" in path or (tree.is_dir(path) if is_directory else tree.exists(path)) or _may_be_made(tree, settings, path):
            continue
        found.append((setting, f"{path} is no directory" if is_directory else f"{path} is not there"))
    return found


def _named(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str, bool]]:
    """Return [(UnitSetting, path, whether it has to be a directory)]."""
    single = [unit_files.last(settings, "Service", key) for key in _DIRECTORIES + ("RootImage",)]
    found = [(setting, setting.value, setting.key in _DIRECTORIES) for setting in single if setting is not None]
    for key in _LISTS:
        for setting in unit_files.listed(settings, "Service", key):
            found += [(setting, word.lstrip("+").partition(":")[0], False) for word in setting.value.split()]
    return found + [(setting, setting.value.partition(":")[2], False) for setting in unit_files.listed(settings, "Service", "LoadCredential")]


def _may_be_made(tree: Tree, settings: List[UnitSetting], path: str) -> bool:
    """Whether a path is made at boot: by systemd itself for the service, or by systemd-tmpfiles."""
    made = [f"{top}/{name.partition(':')[0]}" for key, top in _MADE_BY_SYSTEMD for name in unit_files.words(settings, "Service", key)]
    if path.startswith(_MADE_AT_BOOT) or any(path == place or path.startswith(place + "/") for place in made):
        return True
    return any(path in tree.read_text(file) for pattern in _TMPFILES for file in tree.glob(pattern) if tree.is_file(file))
