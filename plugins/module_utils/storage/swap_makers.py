# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes swap on the OS disk at boot, apart from /etc/fstab and swap units: daemons, cloud-init, crypttab and scripts.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: dphys-swapfile(8), swapspace(8), crypttab(5), cloudinit/config/cc_mounts.py, systemd-swap's swap.conf.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab
from ansible_collections.imagewright.azure.plugins.module_utils.storage.crypttab import PATH as CRYPTTAB
from ansible_collections.imagewright.azure.plugins.module_utils.storage.crypttab import entries

#: {service that makes swap files: (its configuration, the pattern of the line that names the file or directory, where it is otherwise)}
SERVICES = {
    "dphys-swapfile": ("/etc/dphys-swapfile", re.compile(r"^CONF_SWAPFILE=[\"']?([^\"'\s#]+)", re.MULTILINE), "/var/swap"),
    "swapspace": ("/etc/swapspace.conf", re.compile(r"^swappath=[\"']?([^\"'\s#]+)", re.MULTILINE), "/var/lib/swapspace"),
}
#: What starts a service, with systemd and without.
_STARTED_BY = ("/etc/systemd/system/*.wants/{}.service", "/etc/rc[2345S].d/S[0-9][0-9]{}", "/etc/rc.d/rc[2345].d/S[0-9][0-9]{}", "/etc/runlevels/*/{}")


#: A line that makes swap. line: int from 1.
Told = collections.namedtuple("Told", "path line text")

_CLOUD_CONFIG = ("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg")
#: Where cloud-init mounts Azure's temporary disk.
_TEMPORARY_DISK = "/mnt/"

_SWAP_FILES_ON = re.compile(r"^[ \t]*(swapfc_enabled|swapd_auto_swapon)=[\"']?(1|yes|true)\b", re.MULTILINE)
_SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local", "/etc/local.d/*.start")
#: A call of swapon, to the end of its command.
_SWAPON = re.compile(r"^[^#\n]*\bswapon\b([^\n;&|>]*)", re.MULTILINE)


def links(tree):
    """Return the links ([str]) by which services that make swap files are started: without them they are disabled."""
    return [path for name in SERVICES for pattern in _STARTED_BY for path in tree.glob(pattern.format(name))]


def files(tree):
    """Return the paths ([str]) of the swap files of such services, whether they are started or not."""
    places = [_named(tree, name) for name in SERVICES if tree.is_file(SERVICES[name][0]) or _is_started(tree, name)]
    inside = [posixpath.join(place, name) for place in places if tree.is_dir(place) for name in tree.listdir(place)]
    return sorted(path for path in places + inside if tree.is_file(path) and not tree.is_symlink(path))


def edits_of(tree):
    """Return the Edits ([edits.Edit]) after which neither crypttab nor cloud-init makes swap on the OS disk.

    Raises ImagewrightError: a file of cloud-init cannot be read as YAML, or its ``swap`` cannot be taken out of the text.
    """
    planned = []
    crypttab = edits.read(tree, CRYPTTAB)
    if crypttab is not None:
        planned.append(edits.Edit(CRYPTTAB, crypttab, "\n".join("# " + line if is_random_swap(line) else line for line in crypttab.split("\n"))))
    for path, text in _cloud_configs(tree):
        if _cloud_swap(path, text) is not None:
            planned.append(edits.Edit(path, text, yaml_text.without(path, text, [("swap",)])))
    return [edit for edit in planned if edit.before != edit.after]


def is_random_swap(line):
    """Return whether a line of crypttab makes swap of a partition at each boot, whatever is on it then: its options have ``swap``."""
    return any("swap" in entry.options for entry in entries(line))


def refused(tree):
    """Return what makes swap on the OS disk and cannot be settled here ([str], place and what to do)."""
    found = [
        f"{link}, which a package brings, starts it at each boot; run `systemctl mask {posixpath.basename(link)}`"
        for folder in ("/usr/lib/systemd/system", "/lib/systemd/system")
        for kind in ("wants", "requires")
        for link in tree.glob(f"{folder}/*.{kind}/*.swap")
        if "zram" not in link and not tree.exists(f"/etc/systemd/system/{posixpath.basename(link)}")
    ]
    for path in tree.glob("/etc/systemd/swap.conf") + tree.glob("/etc/systemd/swap.conf.d/*.conf"):
        match = _SWAP_FILES_ON.search(edits.read(tree, path) or "")
        if match and tree.glob("/etc/systemd/system/*.wants/systemd-swap.service"):
            found.append(f"{path}: systemd-swap makes swap ({match.group(1)}={match.group(2)}); set {match.group(1)}=0")
    for path in [path for pattern in _SCRIPTS for path in tree.glob(pattern) if tree.is_file(path)]:
        found += [f"{path} line {number} calls swapon: {text!r}; take the line out" for number, text in _calls(tree.read_text(path))[:1]]
    for path, text in _cloud_configs(tree):
        for number, entry in enumerate(_cloud_mounts(path, text)):
            if isinstance(entry, list) and len(entry) > 2 and entry[2] == "swap" and not str(entry[0]).startswith("ephemeral"):
                found.append(
                    f"{path} line {yaml_text.line(yaml_text.load(path, text), 'mounts', number)}: cloud-init mounts {entry[0]} as swap; "
                    "take the entry out of mounts"
                )
    return sorted(set(found))


def told(tree):
    """Return the lines ([Told]) by which cloud-init or a script makes swap on the OS disk; a file that is no YAML tells nothing here."""
    found = []
    for path, text in _cloud_configs(tree):
        try:
            if _cloud_swap(path, text) is not None:
                found.append(Told(path, yaml_text.line(yaml_text.load(path, text), "swap"), "cloud-init makes a swap file"))
        except ImagewrightError:
            continue
    for path in [path for pattern in _SCRIPTS for path in tree.glob(pattern) if tree.is_file(path)]:
        found += [Told(path, number, text) for number, text in _calls(tree.read_text(path))[:1]]
    return found


def _calls(text):
    """Return (line, text) of each command of a script that swaps on the OS disk; without a name, as with -a, swapon takes what /etc/fstab has."""
    found = []
    for match in _SWAPON.finditer(text):
        names = [word.strip("\"'") for word in match.group(1).split() if not word.startswith("-") and not word.isdigit()]
        if not all(name.startswith(_TEMPORARY_DISK) or fstab.is_other_swap(name) for name in names):
            found.append((text.count("\n", 0, match.start()) + 1, match.group().strip()))
    return found


def needs_yaml(tree):
    """Return whether a file of cloud-init has to be read as YAML."""
    return bool(_cloud_configs(tree))


def check(tree):
    """Raise ImagewrightError when something makes swap on the OS disk that cannot be settled here."""
    found = refused(tree)
    if found:
        raise ImagewrightError("cannot stop swapping on the OS disk: " + "; ".join(found) + "; and run the task again")


def _named(tree, service):
    path, pattern, otherwise = SERVICES[service]
    match = pattern.search(edits.read(tree, path) or "")
    return match.group(1) if match else otherwise


def _is_started(tree, service):
    return any(tree.glob(pattern.format(service)) for pattern in _STARTED_BY)


def _cloud_configs(tree):
    """Return [(path, text)] of cloud-init's files that may be about swap: only these are read as YAML."""
    found = [(path, tree.read_text(path)) for pattern in _CLOUD_CONFIG for path in tree.glob(pattern) if tree.is_file(path)]
    return [(path, text) for path, text in found if re.search(r"^[^#\n]*\bswap\b", text, re.MULTILINE)]


def _cloud_swap(path, text):
    """Return what the file tells cloud-init of a swap file on the OS disk (dict), None without one. It makes none without a size and a name."""
    swap = yaml_text.get(yaml_text.load(path, text), "swap")
    if not isinstance(swap, dict) or not swap.get("filename") or not swap.get("size") or str(swap["filename"]).startswith(_TEMPORARY_DISK):
        return None
    return swap


def _cloud_mounts(path, text):
    mounts = yaml_text.get(yaml_text.load(path, text), "mounts")
    return mounts if isinstance(mounts, list) else []
