# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a menu of GRUB 2 from starting its entry by itself: time, commands that wait or end, passwords, a menu that reads itself.

Source: GRUB grub-core/normal/menu.c, grub-core/commands; Red Hat's 01_users.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_conditions, grub_script, reading
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import is_long
from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place

#: Where a part of what grub-mkconfig writes begins; the first of them sets the timeout.
_GENERATED = "### BEGIN /etc/grub.d/"
_READING_COMMANDS = ("source", ".", "configfile", "normal", "legacy_configfile", "legacy_source", "extract_entries_source", "eval")


def astray(settings):
    """Return the Places ([Place]) of grubenv's prefix, where GRUB looks for its modules from then on, unless the menu sets it again."""
    prefixes = [setting for setting in settings if setting.name == "prefix"]
    return [
        Place(setting.path, setting.line, f"prefix={setting.value}, which load_env sets: GRUB finds no module any more")
        for setting in prefixes[-1:]
        if setting.line is None
    ]


def without_timeout(tree, path, settings, scripts):
    """Return the Place ([Place]) of a whole menu that nothing gives a timeout; what it may read of other files is not known here."""
    text = reading.text(tree, path)
    if not programs.is_whole_system(tree) or _GENERATED in text and _GENERATED + "00_header" not in text:
        return []  # a part of a system, or of what grub-mkconfig writes
    statements = [statement for _part, script in scripts for statement in script.statements]
    reads_more = any(each.words[0] in _READING_COMMANDS and "custom.cfg" not in " ".join(each.words) for each in statements)
    if reads_more or any(setting.name == "timeout" for setting in settings):
        return []
    return [Place(path, None, "timeout is not set: the menu waits for a key")]


def waits(settings, environment):
    """Return the Places ([Place]) that make the menu wait for ever, or too long: the last setting of the timeout counts."""
    set_last = [setting for setting in settings if setting.name == "timeout" and grub_conditions.holds(setting.conditions, environment)][-1:]
    found = []
    for setting in set_last:
        name = grub_conditions.variable_of(setting.value)
        value = environment.get(name, "") if name else setting.value
        if value.startswith("-") or is_long(value):
            found.append(Place(setting.path, setting.line, f"timeout={value}" + (f" ({name} of grubenv)" if name else "")))
    return found


def stopping(stops, known):
    """Return the Places ([Place]) of commands around the entries that wait for a key, wait too long or end GRUB."""
    return [
        Place(stop.path, stop.line, f"{stop.name} {stop.value}".strip())
        for stop in stops
        if _is_run(stop.conditions, known) and (stop.name != "sleep" or any(is_long(word) for word in stop.value.split()))
    ]


def loops(path, script, known):
    """Return the Places ([Place]) of commands by which a menu reads itself again, and again, until the memory is used up."""
    if any(setting.name == "prefix" for setting in script.settings):
        return []  # what lies there is another file
    own = ("$prefix", "${prefix}", "$config_directory", "${config_directory}", posixpath.dirname(path))
    names = [f"{folder}/{posixpath.basename(path)}" for folder in own] + ["$config_file", "${config_file}"]
    return [
        Place(path, statement.line, " ".join(statement.words) + ": the menu reads itself for ever")
        for statement in script.statements
        if statement.entry is None
        and statement.words[0] in ("configfile", "source", ".", "normal")
        and re.sub(r"^\(\$\{?\w+\}?\)", "", " ".join(statement.words[1:2])) in names
        and _is_run(statement.conditions, known)
    ]


def of_entry(scripts, entry, known):
    """Return the Places ([Place]) of commands in the entry that starts which wait for a key, wait too long or end GRUB before the kernel runs."""
    found = []
    for statement in [each for path, script in scripts if path == entry.path for each in script.statements if each.entry is not None]:
        name, rest = statement.words[0], statement.words[1:]
        if statement.entry != entry.line or not _is_run(statement.conditions, known):
            continue
        if name == "boot":
            break
        if name in grub_script.STOPPING_COMMANDS and (name != "sleep" or any(is_long(word) for word in rest)):
            found.append(Place(entry.path, statement.line, " ".join(statement.words)))
    return found


def passwords(tree, path, settings):
    """Return the Places ([Place]) of the users without whom no restricted entry starts."""
    found = []
    for setting in settings:
        if setting.name != "superusers" or not setting.value:
            continue
        if any("GRUB2_PASSWORD" in condition for condition in setting.conditions):
            user = posixpath.join(posixpath.dirname(path), "user.cfg")
            if not tree.is_file(user) or "GRUB2_PASSWORD=" not in reading.text(tree, user):
                continue
        found.append(Place(setting.path, setting.line, f"superusers={setting.value}, and the entry that starts has no --unrestricted"))
    return found


def _is_run(conditions, known):
    """Return whether all conditions ([str]) hold whatever the machine is."""
    return all(grub_conditions.truth(condition, known) is True for condition in conditions)
