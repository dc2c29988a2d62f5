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
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Start, guest_path, is_long

NAME = "systemd-boot"

_PROGRAMS = ("/boot/efi/EFI/systemd/systemd-boot*.efi", "/efi/EFI/systemd/systemd-boot*.efi", "/boot/EFI/systemd/systemd-boot*.efi")
_SETTINGS = ("/boot/efi/loader/loader.conf", "/efi/loader/loader.conf", "/boot/loader/loader.conf")
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
    entries = sorted_entries(tree)
    line, pattern = settings.get("default", (None, ""))
    chosen = [entry for entry in entries if pattern and fnmatch.fnmatchcase(identifier(entry.path), pattern)]
    tool = None if chosen else _tool(tree, entries, pattern)
    chosen = chosen or [entry for entry in entries if entry.kind != "other" and tool is None]
    place = Place(path or (chosen[0].path if chosen else "/boot"), line, f"default {pattern}" if line else "the first entry of the menu")
    line, timeout = settings.get("timeout", (None, ""))
    waits = [Place(path, line, f"timeout {timeout}")] if timeout == "menu-force" or is_long(timeout) else []
    if tool is not None:
        place = place._replace(text=f"{place.text}: {tool.text}")
    problem = "" if chosen else tool.text if tool is not None else "the menu has no entry"
    return Start(NAME, path or place.path, chosen[0] if chosen else None, place, problem, waits, [])


def _tool(tree, entries, pattern):
    """Return the Place of the program that default names in place of Linux, None when it names none.

    entries: [BootEntry], of Linux; pattern: str, of ``default``, "" without one.
    """
    own = {entry.path for entry in entries}
    tools = [path for path in bls_reading.entry_paths(tree) if path not in own and _program(tree, path)]
    named = [path for path in tools if pattern and fnmatch.fnmatchcase(identifier(path), pattern)]
    return Place(named[0], None, f"it starts {_program(tree, named[0])}, which is no Linux") if named else None


def _program(tree, path):
    """Return the program (str) that an entry's line ``efi`` names, "" when it has none, or one that is not there: it is in no menu then."""
    base = posixpath.dirname(posixpath.dirname(posixpath.dirname(path)))
    text = reading.text(tree, path)
    names = [] if bls_entry.values(text, "linux") else bls_entry.values(text, "efi")
    return next((name for name in names if tree.is_file(guest_path(tree, name, base))), "")


def sorted_entries(tree):
    """Return the entries ([BootEntry]) in the order of the menu: those whose tries are used up last, then by sort-key, machine-id, version.

    One whose kernel is not there is in no menu. Source: src/boot/efi/boot.c, config_entry_add_type1 (before 251 config_entry_add_from_file).
    """
    entries = [(entry, _fields(tree, entry)) for entry in bls.entries(tree) + unified.entries(tree)]
    newest = sorted(entries, key=lambda pair: bls_reading.version_key(identifier(pair[0].path)), reverse=True)
    keyed = [pair for pair in newest if pair[1]["sort-key"]]
    keyed.sort(key=lambda pair: bls_reading.version_key(pair[1]["version"]), reverse=True)
    keyed.sort(key=lambda pair: (pair[1]["sort-key"], pair[1]["machine-id"]))
    ordered = [entry for entry, _unused in keyed] + [entry for entry, fields in newest if not fields["sort-key"]]
    return sorted([entry for entry in ordered if _is_for(tree, entry) and tree.exists(entry.kernel)], key=lambda entry: is_used_up(entry.path))


def _is_for(tree, entry):
    """Return whether systemd-boot of this processor shows an entry: one that names another is left out."""
    named = [] if entry.loader == unified.NAME else bls_entry.values(reading.text(tree, entry.path), "architecture")
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


def _fields(tree, entry):
    """Return {sort-key, machine-id, version: str} of an entry; those of a unified kernel image are of its os-release."""
    if entry.loader == unified.NAME:
        release = unified.release(tree, entry.path)
        return {
            "sort-key": release.get("IMAGE_ID") or release.get("ID") or "",
            "machine-id": "",
            "version": unified.section_text(tree, entry.path, ".uname") or "",
        }
    text = reading.text(tree, entry.path)
    return {key: (bls_entry.values(text, key) + [""])[0] for key in ("sort-key", "machine-id", "version")}


def _settings(tree, path):
    """Return {key: (line number, value)} of loader.conf; the last of a key counts."""
    text = reading.text(tree, path)
    return {match.group(1): (text.count("\n", 0, match.start()) + 1, match.group(2).rstrip()) for match in _LINE.finditer(text)}
