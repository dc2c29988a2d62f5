# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which entry systemd-boot starts by itself: loader.conf, boot counters, and the order of its menu.

What the firmware's variables say is not looked at: a new machine on Azure has none.

Source: loader.conf(5); UAPI.1 Boot Loader Specification, "Sorting"; systemd, Automatic Boot Assessment; src/boot/boot.c.

PRIVATE: module_utils of this collection are not an interface.
"""

import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls, bls_entry, bls_reading, efi_fallback, reading, unified
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import TRUE
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Start, guest_path, is_long

NAME = "systemd-boot"

_PROGRAMS = ("/boot/efi/EFI/systemd/systemd-boot*.efi", "/efi/EFI/systemd/systemd-boot*.efi", "/boot/EFI/systemd/systemd-boot*.efi")
_SETTINGS = ("/boot/efi/loader/loader.conf", "/efi/loader/loader.conf", "/boot/loader/loader.conf")
#: Entries that are of no file, each with what it does and where it is in the menu: with a setting that is on, or a program on the partition.
#: Those for the firmware's own set-up are there where the firmware tells so, which is not known.
_AUTOMATIC = (
    ("auto-poweroff", "powers the machine off", "auto-poweroff", ""),
    ("auto-reboot", "restarts the machine", "auto-reboot", ""),
    ("auto-windows", "is Windows", "", "/EFI/Microsoft/Boot/bootmgfw.efi"),
    ("auto-osx", "is macOS", "", "/System/Library/CoreServices/boot.efi"),
    ("auto-efi-shell", "is the firmware's shell", "", "/shellx64.efi"),
    ("auto-efi-shell", "is the firmware's shell", "", "/shellaa64.efi"),
)
_LINE = re.compile(r"^[ \t]*([a-z-]+)[ \t]+([^\r\n]*)", re.MULTILINE)
_COUNTER = re.compile(r"\+(\d+)(?:-\d+)?(?=\.(?:conf|efi)$)")


def is_present(tree):
    """Return whether systemd-boot is on the EFI system partition."""
    return any(tree.glob(pattern) for pattern in _PROGRAMS)


def is_fallback(tree):
    """Return whether systemd-boot is what firmware without variables starts: EFI/BOOT/BOOTX64.EFI is as long as it, a copy."""
    sizes = {tree.stat(path).size for pattern in _PROGRAMS for path in tree.glob(pattern)}
    names, folder = efi_fallback.names(tree)
    return any(tree.stat(f"{folder}/{name}").size in sizes for name in names if re.match(r"boot\w+\.efi$", name, re.IGNORECASE)) if sizes else False


def start(tree):
    """Return the Start of systemd-boot."""
    path = next((path for path in _SETTINGS if tree.is_file(path)), None)
    settings = _settings(tree, path) if path else {}
    line, pattern = settings.get("default", (None, ""))
    menu = _menu(tree)
    named = [item for item in menu if pattern and fnmatch.fnmatchcase(identifier(item[0]), pattern)]
    chosen, entry = (named or [item for item in menu if item[1] is None or item[1].kind != "other"] or [(None, None)])[0]
    place = Place(path or chosen or "/boot", line, f"default {pattern}" if line else "the first entry of the menu")
    does = _automatic(tree, path, settings, pattern) if pattern and not named else ""
    problem = "" if entry else "the menu has no entry"
    if does:
        entry, problem = None, f"it starts what {does}"
    elif chosen and not entry:
        problem = f"it starts {_program(tree, chosen)}, which is no Linux"
        place = Place(place.path, place.line, f"{place.text}: {identifier(chosen)}")
    line, timeout = settings.get("timeout", (None, ""))
    waits = [Place(path, line, f"timeout {timeout}")] if timeout == "menu-force" or is_long(timeout) else []
    return Start(NAME, path or place.path, entry, place, problem, waits, [])


def _automatic(tree, path, settings, pattern):
    """Return what the entry does (str) that systemd-boot makes by itself and that a pattern means, "" when there is none. path: of loader.conf."""
    partition = posixpath.dirname(posixpath.dirname(path))
    for name, does, setting, program in _AUTOMATIC:
        is_there = settings.get(setting, (None, ""))[1].lower() in TRUE if setting else tree.is_file(partition + program)
        if is_there and fnmatch.fnmatchcase(name, pattern):
            return does
    return ""


def device_trees(tree, entry):
    """Return the paths ([str]) of the device trees that an entry's file names: without them systemd-boot does not start it, on x86 neither."""
    if not tree.is_file(entry.path) or not entry.path.endswith(".conf"):
        return []
    base = posixpath.dirname(posixpath.dirname(posixpath.dirname(entry.path)))
    return [guest_path(tree, name, base) for name in bls_entry.values(reading.text(tree, entry.path), "devicetree")]


def _program(tree, path):
    """Return the program (str) that an entry's line ``efi`` names, "" when it has none, or one that is not there: it is in no menu then."""
    base = posixpath.dirname(posixpath.dirname(posixpath.dirname(path)))
    text = reading.text(tree, path)
    names = [] if bls_entry.values(text, "linux") else bls_entry.values(text, "efi")
    return next((name for name in names if tree.is_file(guest_path(tree, name, base))), "")


def sorted_entries(tree):
    """Return the entries of Linux ([BootEntry]) in the order of the menu."""
    return [entry for _path, entry in _menu(tree) if entry is not None]


def _menu(tree):
    """Return [(path, BootEntry, None of another program)] in the order of the menu: those whose tries are used up last, then by sort-key, machine-id, version.

    One whose kernel is not there is in no menu. Source: src/boot/efi/boot.c, config_entry_add_type1 (before 251 config_entry_add_from_file).
    """
    items = [(entry.path, entry) for entry in bls.entries(tree) + unified.entries(tree) if tree.exists(entry.kernel)]
    own = {path for path, _entry in items}
    items += [(path, None) for path in bls_reading.entry_paths(tree) if path not in own and _program(tree, path)]
    shown = [(item, _fields(tree, *item)) for item in items if _is_for(tree, *item)]
    newest = sorted(shown, key=lambda pair: bls_reading.version_key(identifier(pair[0][0])), reverse=True)
    keyed = [pair for pair in newest if pair[1]["sort-key"]]
    keyed.sort(key=lambda pair: bls_reading.version_key(pair[1]["version"]), reverse=True)
    keyed.sort(key=lambda pair: (pair[1]["sort-key"], pair[1]["machine-id"]))
    ordered = [item for item, _fields_of in keyed] + [item for item, fields in newest if not fields["sort-key"]]
    return sorted(ordered, key=lambda item: is_used_up(item[0]))


def _is_for(tree, path, entry):
    """Return whether systemd-boot of this processor shows what is at a path: one that names another is left out."""
    named = [] if entry is not None and entry.loader == unified.NAME else bls_entry.values(reading.text(tree, path), "architecture")
    names, unused = efi_fallback.names(tree)
    own = {match.group(1).lower() for match in (re.match(r"boot(\w+)\.efi$", name, re.IGNORECASE) for name in names) if match}
    return not named or not own or named[0].lower() in own


def is_used_up(path):
    """Return whether the boot counter in a file's name says that no try is left: ``+0`` and ``+0-3``."""
    counter = _COUNTER.search(path)
    return counter is not None and int(counter.group(1)) == 0


def identifier(path):
    """Return what loader.conf calls an entry (str): its file's name without the counter."""
    return _COUNTER.sub("", posixpath.basename(path))


def _fields(tree, path, entry):
    """Return {sort-key, machine-id, version: str} of what is at a path; those of a unified kernel image are of its os-release."""
    if entry is not None and entry.loader == unified.NAME:
        release = unified.release(tree, path)
        return {
            "sort-key": release.get("IMAGE_ID") or release.get("ID") or "",
            "machine-id": "",
            "version": unified.section_text(tree, path, ".uname") or "",
        }
    text = reading.text(tree, path)
    return {key: (bls_entry.values(text, key) + [""])[0] for key in ("sort-key", "machine-id", "version")}


def _settings(tree, path):
    """Return {key: (line number, value)} of loader.conf; the last of a key counts."""
    text = reading.text(tree, path)
    return {match.group(1): (text.count("\n", 0, match.start()) + 1, match.group(2).rstrip()) for match in _LINE.finditer(text)}
