# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which entry EXTLINUX and GRUB Legacy start by themselves.

Source: SYSLINUX doc/syslinux.txt and doc/menu.txt; GRUB Legacy 0.97 docs/grub.texi.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import extlinux as extlinux_loader
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_legacy, menu_lst, reading
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Start, is_long

_LINE = re.compile(r"^[ \t]*([A-Za-z]+)(?![^ \t\r\n])[ \t]*([^\r\n]*)", re.MULTILINE)
_LEGACY_LINE = re.compile(r"^[ \t]*(default|timeout|terminal|password|lock|title|pause|halt|reboot)(?:[ \t]*=[ \t]*|[ \t]+|$)([^\r\n]*)", re.MULTILINE)
#: What EXTLINUX tries behind a name that is no label's. Source: SYSLINUX core/elflink/load_env32.c and com32/elflink/ldlinux/execute.c.
_EXTENSIONS = ("", ".c32", ".com", ".cbt", ".bss", ".bs", ".0", ".img")


def extlinux(tree):
    """Return the [Start] of each menu of EXTLINUX."""
    return [_extlinux(tree, path) for path in sorted({entry.path for entry in extlinux_loader.entries(tree)})]


def legacy(tree):
    """Return the [Start] of each menu of GRUB Legacy."""
    return [_legacy(tree, path) for path in sorted({entry.path for entry in grub_legacy.entries(tree)})]


def _extlinux(tree, path):
    """Return the Start of one menu: the label of DEFAULT or of `menu default`, else the first; a menu without TIMEOUT waits for ever."""
    text = reading.text(tree, path)
    entries = [entry for entry in extlinux_loader.entries(tree) if entry.path == path]
    names, (settings, marked) = _labels(text, entries), _settings(text)
    default, number = settings.get("default", ("", None))
    shows_menu = "ui" in settings or default.lower().endswith((".c32", ".com"))
    wanted, number = marked if shows_menu and marked else (default.lower(), number)
    place = Place(path, number, f"default {wanted}") if wanted in names else Place(path, None, "the first label")
    entry = names.get(wanted, entries[0] if entries else None)
    if not shows_menu and wanted not in names and not _may_be_started(tree, path, text, default):
        said = f"default {default}: there is no such label" if default else "no default and no menu: EXTLINUX asks what to start"
        entry, place = None, Place(path, number, said)
    timeout, number = settings.get("timeout", ("0", None))
    at_end, line = settings.get("ontimeout", ("", None))
    if at_end and (shows_menu or settings.get("prompt", ("0", None))[0] == "1"):
        label = (at_end.lower().split() or [""])[0]
        entry, place = names.get(label), Place(path, line, f"ontimeout {at_end}")
    # in tenths of a second
    for_ever = (
        is_long(timeout[:-1]) or not timeout.strip("0") and (shows_menu or settings.get("prompt", ("0", None))[0] == "1") and "totaltimeout" not in settings
    )
    return Start(
        extlinux_loader.NAME,
        path,
        entry,
        place,
        "" if entry else "the menu has no label that starts Linux",
        [Place(path, number, f"timeout {timeout}: the menu waits for a key")] if for_ever else [],
        [],
    )


def _may_be_started(tree, path, text, default):
    """Return whether what DEFAULT says (str) may start all the same: a file beside the menu, or a label of a file that the menu includes."""
    word = (default.split() or [""])[0]
    folder = posixpath.dirname(path)
    included = any(match.group(1).lower() == "include" or match.group(0).lower().split()[:2] == ["menu", "include"] for match in _LINE.finditer(text))
    return included or any(tree.is_file(posixpath.join(place, word.lstrip("/") + end)) for place in (folder, "/boot", "/") for end in _EXTENSIONS if word)


def _settings(text):
    """Return ({keyword: (value, line)}, (label, line) of the label with `menu default` or None); the first of a keyword counts."""
    found, marked, label = {}, None, ""
    for number, match in _numbered(_LINE, text):
        keyword, value = match.group(1).lower(), match.group(2).rstrip()
        if keyword == "label":
            label = value.lower()
        elif keyword == "menu" and value.lower() == "default":
            marked = (label, number)
        else:
            found.setdefault(keyword, (value, number))
    return found, marked


def _numbered(pattern, text):
    """Yield (line number, match) of every match of a pattern."""
    line, counted = 1, 0
    for match in pattern.finditer(text):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        yield line, match


def _labels(text, entries):
    """Return {label in lower case: BootEntry}."""
    rows = text.split("\n")
    return {rows[entry.line - 1].split(None, 1)[1].strip().lower(): entry for entry in entries if entry.line and len(rows[entry.line - 1].split(None, 1)) == 2}


def _legacy(tree, path):
    """Return the Start of one menu: the title of `default`; a menu without `timeout` waits for ever."""
    text = reading.text(tree, path)
    stanza = menu_lst.default_stanza(text)
    entry = next((entry for entry in grub_legacy.entries(tree) if entry.path == path and stanza is not None and entry.line == stanza.line), None)
    found = [(match.group(1), match.group(2).strip(), number) for number, match in _numbered(_LEGACY_LINE, text)]
    place = next((Place(path, line, f"default {value}") for name, value, line in found if name == "default"), Place(path, None, "the first title"))
    waits = [Place(path, line, f"timeout {value}") for name, value, line in found if name == "timeout" and (value.startswith("-") or is_long(value))]
    waits += [Place(path, line, f"{name} {value}".strip()) for name, value, line in _of_title(found, entry) if name in ("pause", "halt", "reboot")]
    waits += [Place(path, line, f"terminal {value}: GRUB waits for a key on one of them") for name, value, line in found if name == "terminal" and _asks(value)]
    if not any(name == "timeout" for name, _value, _line in found):
        waits.append(Place(path, None, "timeout is not set: the menu waits for a key"))
    locked = [Place(path, line, "the title that starts asks for a password") for name, _value, line in _of_title(found, entry) if name in ("lock", "password")]
    return Start(grub_legacy.NAME, path, entry, place, "" if entry else f"{place.text} starts no Linux", waits, locked)


def _asks(terminals):
    """Return whether the command terminal (str, its words) waits until a key is pressed: of several it asks which, for as long as --timeout= says.

    Source: GRUB Legacy 0.97 stage2/builtins.c, terminal_func; docs/grub.texi, terminal.
    """
    words = terminals.split()
    ends = [word.partition("=")[2] for word in words if word.startswith("--timeout=")]
    several = len({word for word in words if not word.startswith("--")}) > 1
    return several and (not ends or is_long(ends[-1]))


def _of_title(found, entry):
    """Return the commands of the title that starts."""
    inside, commands = False, []
    for name, value, line in found:
        if name == "title":
            inside = entry is not None and line == entry.line
        elif inside:
            commands.append((name, value, line))
    return commands
