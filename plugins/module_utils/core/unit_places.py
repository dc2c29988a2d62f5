# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service is laid out with and that has to be there when it starts: directories, images of a root, credentials, its streams, its PAM service.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.exec(5): without it the service ends with 200/CHDIR, 208/STDIN, 209/STDOUT, 224/PAM, 226/NAMESPACE or 243/CREDENTIALS.
"""

import posixpath
import re
from typing import List, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import UnitSetting

#: Where PAM looks for a service's file, the first counts. Source: pam.d(5); of distributions that leave /etc to the administrator.
PAM_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d", "/usr/etc/pam.d")
#: Where systemd-tmpfiles looks, of two files with one name the first counts; /run is empty before the boot. Source: tmpfiles.d(5).
TMPFILES_FOLDERS = ("/etc/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d")

_DIRECTORIES = ("WorkingDirectory", "RootDirectory")
#: Lists of paths, of which one with ``-`` may be missing.
_LISTS = ("BindPaths", "BindReadOnlyPaths", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths")
_MADE_BY_SYSTEMD = (("StateDirectory", "/var/lib"), ("CacheDirectory", "/var/cache"), ("LogsDirectory", "/var/log"), ("ConfigurationDirectory", "/etc"))
#: Directories that are empty before the boot.
_MADE_AT_BOOT = ("/run/", "/var/run/", "/tmp", "/dev/", "/proc/", "/sys/")
_STREAMS = ("StandardInput", "StandardOutput", "StandardError")
_WRITES = ("file", "append", "truncate")
#: The last virtual terminal of Linux. Source: MAX_NR_CONSOLES of linux/vt.h.
_LAST_TERMINAL = 63


def missing(tree: Tree, settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return [(UnitSetting, what is wrong)] of a service's settings that name what is not there."""
    found = []
    for setting, path, is_directory in _named(settings):
        if not path.startswith("/") or "%" in path or (tree.is_dir(path) if is_directory else tree.exists(path)) or _may_be_made(tree, settings, path):
            continue
        found.append((setting, f"{path} is no directory" if is_directory else f"{path} is not there"))
    return found + _of_terminal(settings) + _of_pam(tree, settings)


def inner_root(settings: List[UnitSetting]) -> str:
    """Return the directory in which a service finds its own programs (str), "" for the guest's root, and where other directories are laid into it."""
    setting = unit_files.last(settings, "Service", "RootDirectory")
    laid = [
        key
        for key in ("BindPaths", "BindReadOnlyPaths", "ExtensionDirectories", "ExtensionImages", "MountImages")
        if unit_files.listed(settings, "Service", key)
    ]
    path = setting.value.rstrip("/") if setting is not None and not laid else ""
    return path if path.startswith("/") and "%" not in path else ""


def _of_terminal(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return what names a virtual terminal that Linux has not, for a service that needs one."""
    streams = [unit_files.last(settings, "Service", key) for key in _STREAMS]
    terminal = unit_files.last(settings, "Service", "TTYPath")
    number = re.match(r"/dev/tty(\d+)$", terminal.value) if terminal is not None else None
    if terminal is None or number is None or int(number.group(1)) <= _LAST_TERMINAL:
        return []
    return [(terminal, f"there is no {terminal.value}")] if any(stream is not None and stream.value.startswith("tty") for stream in streams) else []


def _of_pam(tree: Tree, settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str]]:
    """Return the PAM service that is not there, where what takes its place, ``other``, lets nobody pass. Source: pam.d(5)."""
    setting = unit_files.last(settings, "Service", "PAMName")
    if setting is None or not setting.value or "%" in setting.value or any(tree.is_file(f"{folder}/{setting.value}") for folder in PAM_FOLDERS):
        return []
    other = next((f"{folder}/other" for folder in PAM_FOLDERS if tree.is_file(f"{folder}/other")), None)
    if other is not None and not re.search(r"^\s*(account|session)\s.*\bpam_deny\.so", tree.read_text(other), re.MULTILINE):
        return []
    return [(setting, f"there is no service {setting.value} of PAM, and {other or 'no other'} in its place lets nobody pass")]


def _named(settings: List[UnitSetting]) -> List[Tuple[UnitSetting, str, bool]]:
    """Return [(UnitSetting, path, whether it has to be a directory)]."""
    single = [unit_files.last(settings, "Service", key) for key in _DIRECTORIES + ("RootImage",)]
    found = [(setting, setting.value, setting.key in _DIRECTORIES) for setting in single if setting is not None]
    for key in _LISTS:
        for setting in unit_files.listed(settings, "Service", key):
            found += [(setting, word.lstrip("+").partition(":")[0], False) for word in setting.value.split()]
    for setting in filter(None, [unit_files.last(settings, "Service", key) for key in _STREAMS]):
        kind, _separator, path = setting.value.partition(":")
        if setting.key == "StandardInput" and kind == "file":
            found.append((setting, path, False))
        elif setting.key != "StandardInput" and kind in _WRITES and path.startswith("/"):
            found.append((setting, posixpath.dirname(path), True))  # the file itself is made
    return found + [(setting, setting.value.partition(":")[2], False) for setting in unit_files.listed(settings, "Service", "LoadCredential")]


def _may_be_made(tree: Tree, settings: List[UnitSetting], path: str) -> bool:
    """Whether a path is made at boot: by systemd itself for the service, or by systemd-tmpfiles."""
    made = [f"{top}/{name.partition(':')[0]}" for key, top in _MADE_BY_SYSTEMD for name in unit_files.words(settings, "Service", key)]
    return any(path == place or path.startswith(place + "/") for place in made) or is_made_at_boot(tree, path)


def is_made_at_boot(tree: Tree, path: str) -> bool:
    """Return whether a path is of a directory that is empty before the boot, or systemd-tmpfiles makes it."""
    if path.startswith(_MADE_AT_BOOT):
        return True
    return any(path in tree.read_text(file) for folder in TMPFILES_FOLDERS for file in tree.glob(f"{folder}/*.conf") if tree.is_file(file))
