# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of systemd-networkd and of udev's links, in the order in which they are tried: the first one that matches a card is its only one.

Source: systemd.network(5), systemd.link(5), systemd.netdev(5); net_match_config and config_parse_match_ifnames of systemd.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import credentials, unit_conditions, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import not_utf8
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import TRUE, Units
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini, started_kernel
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import systemd_text_of

#: Where the files are: of two with one name that of the first folder counts. /run is empty before the boot.
FOLDERS = ("/etc/systemd/network", "/usr/local/lib/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network")

#: What makes files of credentials below /run, before udev starts.
_GENERATOR = "systemd-network-generator.service"

#: A file with its drop-ins. path: str; entries: [ini.IniEntry], those of the file first; text: str, of the file alone.
NetworkdFile = collections.namedtuple("NetworkdFile", "path entries text")

#: What udev says of a card of VMBus: its path, ID_PATH, and the words for the machine that it is in.
PATH = "acpi-VMBUS:01"
_MACHINE = ("microsoft", "vm") + TRUE
#: Keys that ask for the machine, the host or the kernel, and not for the card.
_OF_THE_MACHINE = ("Virtualization", "Host", "Architecture", "KernelCommandLine", "KernelVersion", "Version", "Credential", "Firmware")
#: Keys that ask for the card.
_OF_THE_CARD = ("Name", "OriginalName", "Driver", "Type", "Path", "Kind", "MACAddress", "PermanentMACAddress", "SSID", "BSSID", "WLANInterfaceType", "Property")
_KEYS = set(_OF_THE_MACHINE + _OF_THE_CARD)


def in_order(tree, kind):
    """Return the Files of a kind (str, ``network``, ``netdev`` or ``link``) by name; one that is empty, or a link to nothing, masks its namesakes."""
    found = []
    for path in _paths(tree, kind):
        text = systemd_text_of(tree, path)
        if text.strip() and (kind == "link" or path.startswith(credentials.STORES) or _is_readable(tree, path)):
            texts = [text] + [systemd_text_of(tree, drop_in) for drop_in in _drop_ins(tree, path)]
            if not any(not_utf8(each) for each in texts):
                found.append(NetworkdFile(path, [entry for each in texts for entry in ini.entries(each)], text))
    return found


def given_up(tree, kind):
    """Return the Places ([Place]) at which systemd gives up a file of a kind (str), or a drop-in, and leaves the file out: lines that are no UTF-8."""
    every = [each for path in _paths(tree, kind) for each in [path] + _drop_ins(tree, path)]
    lines = [(path, not_utf8(systemd_text_of(tree, path))) for path in every]
    return [Place(path, line, "is no UTF-8, and systemd leaves the file out") for path, line in lines if line]


def passed_over(tree, kind, folder, card):
    """Return the Places ([Place]) at which files of a kind (str) in a folder are not for a card: an empty or closed one, and lines of [Match]."""
    found = []
    for path in [path for path in _paths(tree, kind) if posixpath.dirname(path) == folder]:
        text = systemd_text_of(tree, path)
        if not text.strip():
            found.append(Place(path, None, "is empty"))
        elif not _is_readable(tree, path):
            closed = next(each for each in (posixpath.dirname(path), path) if _is_closed(tree, each))
            found.append(Place(closed, None, f"networkd, whose user is systemd-network, may not read it: mode {tree.stat(closed).mode & 0o7777:04o}"))
    for file in [file for file in in_order(tree, kind) if posixpath.dirname(file.path) == folder]:
        own = [entry for entry in ini.entries(file.text) if entry.section == "Match"]
        kept = [entry for entry in own if _matches(entry.key, _patterns(file.entries, entry.key), card, tree) is False]
        found += [Place(file.path, entry.line, f"{entry.key}={entry.value}") for entry in kept[:1]]
        if not {entry.key for entry in file.entries if entry.section == "Match"} & _KEYS:
            found.append(Place(file.path, None, "has no [Match] that takes a card"))
    return found


def _paths(tree, kind):
    """Return the paths ([str]) of the files of a kind by name, of one name the one that counts."""
    first = _first_of_each_name(tree, FOLDERS[:1], f"*.{kind}")
    for name, path in list(_of_credentials(tree, kind).items()) + list(_first_of_each_name(tree, FOLDERS[1:], f"*.{kind}").items()):
        first.setdefault(name, path)
    return [path for _name, path in sorted(first.items()) if tree.is_file(path)]


def _drop_ins(tree, path):
    """Return the paths ([str]) of a file's drop-ins in their order."""
    name = posixpath.basename(path) + ".d"
    found = _first_of_each_name(tree, [f"{folder}/{name}" for folder in FOLDERS], "*.conf")
    return [drop_in for _name, drop_in in sorted(found.items()) if tree.is_file(drop_in)]


def _of_credentials(tree, kind):
    """Return {name: path} of the credentials that become files below /run/systemd/network. Source: systemd-network-generator(8); tried with 257."""
    begin = f"network.{kind}."
    if not any(tree.glob(f"{store}/{begin}*") for store in credentials.STORES):
        return {}
    known = tree.known(Units)
    handed = credentials.handed(known, _GENERATOR) if _GENERATOR in unit_reach.reached_through_services(known) else {}
    return {f"{name[len(begin) :]}.{kind}": path for name, path in handed.items() if name.startswith(begin)}


def _is_readable(tree, path):
    """Return whether networkd, which runs as a user of its own, may read a file: its mode and that of its directory let others, or a group."""
    if not tree.has_own_root:
        return True
    return not _is_closed(tree, path) and not _is_closed(tree, posixpath.dirname(path))


def _is_closed(tree, path):
    status = tree.stat(path)
    needed = 0o005 if stat.S_ISDIR(status.mode) else 0o004
    return not (status.uid or status.gid or status.mode & needed == needed)


def words(entries, section, key):
    """Return the words ([str]) of a list; an empty assignment forgets those before it."""
    found = []
    for entry in entries:
        if (entry.section, entry.key) == (section, key):
            if not entry.value:
                found = []
            found.extend(entry.value.split())
    return found


def matches(entries, card, tree=None):
    """Return whether the [Match] section takes the card (first_card.Card): True, False, or None where the files do not tell.

    A file without a [Match] section, or with none of these keys in it, takes none. tree: Tree, whose kernels tell the processor, or None when nobody knows it.
    """
    keys = list(dict.fromkeys(entry.key for entry in entries if entry.section == "Match"))
    verdicts = [_matches(key, _patterns(entries, key), card, tree) for key in keys]
    if not set(keys) & _KEYS or False in verdicts:
        return False
    return None if None in verdicts else True


def is_for_another_address(entries):
    """Return whether the [Match] section asks for a MAC address: Azure gives every card another than a file of the build's has."""
    return any(_fits(_patterns(entries, key), None) is False for key in ("MACAddress", "PermanentMACAddress") if _patterns(entries, key))


def may_match_on_azure(entries, tree):
    """Return whether the [Match] section may take any card of a virtual machine on Azure: it asks for no other hypervisor, host or kernel."""
    return all(_matches(key, _patterns(entries, key), None, tree) is not False for key in _OF_THE_MACHINE if _patterns(entries, key))


def _is_of_the_machine(wanted):
    return (wanted[0].lstrip("!").lower() in _MACHINE) != wanted[0].startswith("!")


def _matches(key, wanted, card, tree):
    """Return whether one key of [Match] takes the card. wanted: [str], its patterns."""
    if key in _OF_THE_MACHINE:
        return _of_the_machine(key, wanted, tree) if wanted else True
    known = {
        "Name": card.name,
        "OriginalName": card.name,
        "Driver": card.driver,
        "Type": "ether",
        "Path": PATH,
        "Kind": None,
        # Azure gives the card another address than any file says, and it is no wireless one
        "MACAddress": None,
        "PermanentMACAddress": None,
        "SSID": None,
        "BSSID": None,
        "WLANInterfaceType": None,
    }
    if key in known:
        return _fits(wanted, known[key])
    if not wanted:
        return True
    # networkd passes over a key that it does not know
    return _fits_property(wanted, card) if key == "Property" else True


def _of_the_machine(key, wanted, tree):
    """Return whether what a key of [Match] asks of the machine or its kernel is so on Azure, None where the files do not tell. wanted: [str], not empty."""
    if key == "Virtualization":
        return _is_of_the_machine(wanted)
    if key == "Host":
        return wanted[0].startswith("!") or any(set(pattern) <= set("*") for pattern in wanted)  # Azure gives the machine a name of its own
    negated, value = wanted[0].startswith("!"), " ".join(wanted).lstrip("!").strip()
    answer = None
    if key == "Architecture":
        answer = unit_conditions.architecture_is(value, tree) if tree is not None else None
    elif key == "KernelCommandLine":
        answer = started_kernel.has_parameter(tree, value) if tree is not None else None
    elif key in ("KernelVersion", "Version"):
        version = started_kernel.version(tree) if tree is not None and not value.startswith(("<", ">", "=", "$")) else None
        answer = None if version is None else any(fnmatch.fnmatchcase(version, pattern) for pattern in value.split())
    elif key == "Credential":
        answer = False  # Azure hands none over
    elif key == "Firmware" and value != "uefi":
        answer = False  # neither generation has a device tree
    return None if answer is None else answer != negated


def _patterns(entries, key):
    """Return the patterns ([str]) of a key; an exclamation mark before the first one of a line is that of all of them."""
    found = []
    for entry in entries:
        if (entry.section, entry.key) == ("Match", key):
            mark = "!" if entry.value.startswith("!") else ""
            if not entry.value:
                found = []
            found.extend(mark + word.lstrip("!") if mark else word for word in entry.value.split())
    return found


def _fits(patterns, value):
    """Return whether the value (str, or None where the card has none) fits the patterns; an unwanted one that fits decides, none take all."""
    fitting = [pattern for pattern in patterns if value is not None and fnmatch.fnmatchcase(value, pattern.lstrip("!"))]
    if any(pattern.startswith("!") for pattern in fitting):
        return False
    return bool(fitting) or all(pattern.startswith("!") for pattern in patterns)


def _fits_property(wanted, card):
    known = {"ID_NET_DRIVER": card.driver, "INTERFACE": card.name, "SUBSYSTEM": "net"}
    verdicts = []
    for word in wanted:
        name, unused, pattern = word.lstrip("!").partition("=")
        verdicts.append(None if name not in known else fnmatch.fnmatchcase(known[name], pattern.strip("\"'")) != word.startswith("!"))
    return False if False in verdicts else None if None in verdicts else True


def _first_of_each_name(tree, folders, pattern):
    """Return {name: path} of the files, the first folder's of each name."""
    found = {}
    for folder in folders:
        for path in tree.glob(f"{folder}/{pattern}"):
            found.setdefault(posixpath.basename(path), path)
    return found
