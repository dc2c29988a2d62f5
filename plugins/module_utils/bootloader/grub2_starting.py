# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which entry GRUB 2 starts by itself: `default`, with what grubenv holds, in a menu with its submenus.

Source: GRUB grub-core/normal/menu.c (get_entry_number, grub_menu_execute_entry), util/grub.d/00_header.in; Red Hat's
08_fallback_counting, 01_users and blscfg.c.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import (
    bls,
    bls_entry,
    grub2_environment,
    grub2_menu,
    grub2_waiting,
    grub_conditions,
    grub_paths,
    grub_reader,
    reading,
)
from ansible_collections.imagewright.azure.plugins.module_utils.core import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Start

#: One line of a menu as GRUB counts them. names: titles and ids ({str}); line: int; entry: BootEntry or None (another system, a submenu);
#: items: [_Item] of a submenu, None of an entry; unrestricted: bool, started without a password.
_Item = collections.namedtuple("_Item", "path line names entry items unrestricted")

#: grub_script.MenuSetting with the path of its file.
_Placed = collections.namedtuple("_Placed", "path name value line conditions")

#: What C's strtoul takes of a name, and the families of distributions whose GRUB asks that first, before names and ids. Red Hat's has a patch that
#: looks for names first ("Fix menu entry selection based on ID and title"); Debian's 2.14 was booted with an id that begins with a digit.
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,8}|0[0-7]*|[1-9][0-9]{0,8}")
_NUMBERS_FIRST = ("debian", "arch", "alpine")

#: Kernels that are no system and never end.
_NO_SYSTEM = re.compile(r"memtest|ipxe|netboot|etherboot", re.IGNORECASE)


def starts(tree):
    """Return the [Start] of each grub.cfg that GRUB reads."""
    return [_start(tree, path) for path in menus_read(tree)]


def menus_read(tree):
    """Return the paths ([str]) of the menus; of /boot/grub and /boot/grub2 the one whose GRUB is installed, where that tells."""
    menus = [path for path, text in grub2_menu.menus(tree).items() if "menuentry" in text or "blscfg" in text]
    installed = [path for path in menus if any(tree.is_dir(f"{posixpath.dirname(path)}/{platform}") for platform in ("i386-pc", "x86_64-efi", "arm64-efi"))]
    return installed if len(menus) > 1 and installed else menus


def _start(tree, path):
    """Return the Start of one grub.cfg."""
    environment, items, settings, stops = grub2_environment.variables(tree, path), [], [], []
    scripts = [(part, reading.parsed(tree, part, grub_reader.menu)) for part in parts(tree, path)]
    # what the menu sets itself is another value by then
    known = {name: value for name, value in environment.items() if not any(setting.name == name for _part, script in scripts for setting in script.settings)}
    for part, script in scripts:
        items += _items(tree, part, script.items, known)
        settings += [_Placed(part, setting.name, setting.value, setting.line, setting.conditions) for setting in script.settings]
        stops += [_Placed(part, stop.name, stop.value, stop.line, stop.conditions) for stop in script.stops]
    own = grub2_environment.loaded(tree, path, [statement for _part, script in scripts for statement in script.statements], known)
    # the menus of all distributions load it before anything else
    settings = [_Placed(place, name, value, None, []) for place, name, value in own] + settings
    wanted, place = _default(path, settings, environment)
    item, problem = _chosen(items, wanted, distribution.distribution(tree).family in _NUMBERS_FIRST)
    entry = item.entry if item else None
    if entry is not None and _NO_SYSTEM.match(posixpath.basename(entry.kernel)):
        entry = None
    if item is not None and entry is None:
        problem = f"{place.text} starts {sorted(item.names)[0] if item.names else 'an entry'!r}, which is no Linux"
        place = Place(item.path, item.line, problem)
    if not items:
        place = next(iter(_drops(tree, path)), place)
    return Start(
        grub2_menu.NAME,
        path,
        entry,
        place,
        problem,
        grub2_waiting.waits(settings, environment)
        + grub2_waiting.without_timeout(tree, path, settings, scripts)
        + grub2_waiting.astray(settings)
        + grub2_waiting.stopping(stops, known)
        + grub2_waiting.loops(path, scripts[0][1], known)
        + (grub2_waiting.of_entry(scripts, entry, known) if entry else []),
        [] if item is None or item.unrestricted else grub2_waiting.passwords(tree, path, settings),
        dict(environment, **{setting.name: setting.value for setting in settings if grub_conditions.holds(setting.conditions, environment)}),
    )


def _drops(tree, path):
    """Return the Places ([Place]) of the statements that GRUB drops."""
    found = [(part, drop) for part in parts(tree, path) for drop in reading.parsed(tree, part, grub_reader.drops)]
    return [Place(part, drop.line, f"GRUB drops what begins here: {drop.cause} (line {drop.last}), and no entry is left") for part, drop in found]


def parts(tree, path):
    """Return the paths ([str]) of what makes one menu: the grub.cfg, and custom.cfg beside it where it loads that."""
    own = tree.resolve(posixpath.join(posixpath.dirname(path), "custom.cfg"))
    return [path] + ([own] if tree.is_file(own) and "custom.cfg" in reading.text(tree, path) else [])


def _default(path, settings, environment):
    """Return (what `default` says (str), Place of what says it)."""
    wanted, place = "0", Place(path, None, "the first entry")
    for setting in settings:
        if setting.name != "default":
            continue
        name = grub_conditions.variable_of(setting.value)
        value = environment.get(name, "") if name else setting.value
        once = name == "next_entry"
        if (once and not value) or not grub_conditions.holds(setting.conditions, environment):
            continue
        wanted, place = value or "0", Place(setting.path, setting.line, f"default={value}" + (f" ({name} of grubenv)" if name else ""))
        if once:  # the other branch of the same `if` sets what is usual
            return wanted, place
    return wanted, place


def _items(tree, path, items, known):
    """Return the [_Item] of a menu, Boot Loader Specification entries in their place; those around which a condition does not hold are left out.

    known: {name: value}, variables.
    """
    entries = {(entry.path, entry.line): entry for entry in grub2_menu.entries(tree)}
    found = []
    for item in items:
        if any(grub_conditions.truth(condition, known, lambda wanted: grub_paths.is_there(tree, wanted)) is False for condition in item.conditions):
            continue
        if item.kind == "blscfg":
            found += [
                _Item(
                    entry.path,
                    1,
                    {posixpath.basename(entry.path)[: -len(".conf")], entry.title},
                    entry,
                    None,
                    _is_unrestricted_bls(tree, entry.path, path),
                )
                for entry in bls.entries(tree)
            ]
            continue
        names = set(item.heading[:1]) | {
            value for option, value in zip(item.heading[1:], item.heading[2:]) if option in ("--id", "$menuentry_id_option", "${menuentry_id_option}")
        }
        names |= {option.partition("=")[2] for option in item.heading[1:] if option.startswith("--id=")}
        unrestricted = "--unrestricted" in item.heading
        if item.kind == "submenu":
            found.append(_Item(path, item.line, names, None, _items(tree, path, item.items, known), unrestricted))
        else:
            found.append(_Item(path, item.line, names, entries.get((path, item.line)), None, unrestricted))
    return found


def _is_unrestricted_bls(tree, path, menu):
    """Return whether an entry starts without a password: it says so, or names no users."""
    text = reading.text(tree, path)
    if any("--unrestricted" in value for value in bls_entry.values(text, "grub_arg") + bls_entry.values(text, "grub_class")):
        return True
    users = " ".join(bls_entry.values(text, "grub_users"))
    return not users or (users == "$grub_users" and "grub_users=" not in reading.text(tree, menu))


def _chosen(items, wanted, numbers_first):
    """Return (_Item that is started, why none is (str)); what names no entry means the first one, as to GRUB.

    numbers_first: bool, whether a name that begins with a digit is a number, whatever comes behind.
    """
    if not items:
        return None, "the menu has no entry"
    first, _unused, rest = wanted.replace(">>", "\0").partition(">")
    first = first.replace("\0", ">>")
    number = _NUMBER.match(first)
    named = [item for item in items if first in item.names or first.replace(">>", ">") in item.names]
    if named and not (number and numbers_first):
        item = named[0]
    elif number and _number(number.group()) < len(items):
        item = items[_number(number.group())]
    else:
        item, rest = items[0], ""
    if item.items is None:
        return item, ""
    return _chosen(item.items, rest or "0", numbers_first)


def _number(digits):
    """Return the number (int) that C reads: hexadecimal behind 0x, octal behind 0."""
    return int(digits, 16) if digits[:2] in ("0x", "0X") else int(digits, 8 if digits.startswith("0") else 10)
