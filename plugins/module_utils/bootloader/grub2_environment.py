# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that a menu of GRUB 2 gets from its environment block, grubenv. Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: grub-core/commands/loadenv.c; seen of grub-emu 2.06.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_conditions, grubenv, reading

#: Variables of GRUB itself that decide about the start; grubenv holds others for scripts.
_OWN_VARIABLES = ("default", "prefix", "superusers", "timeout")


def variables(tree, path):
    """Return the variables ({name: value}) of the grubenv that this menu loads, {} when there is none that can be read."""
    place = _block(tree, path)
    return grubenv.loaded(reading.text(tree, place)) if place else {}


def _block(tree, path):
    """Return the path (str) of the grubenv that a menu loads, "" when there is none."""
    candidates = [posixpath.join(posixpath.dirname(path), "grubenv"), "/boot/grub2/grubenv", "/boot/grub/grubenv"]
    return next((candidate for candidate in candidates if tree.is_file(candidate)), "")


def loaded(tree, path, statements, known):
    """Return [(path, name, value)] of GRUB's own variables that its environment block sets: load_env without names loads them all.

    statements: [grub_script.Statement]; known: {name: value}, variables.
    """
    loading = [
        statement.words[1:]
        for statement in statements
        if statement.words[0] == "load_env" and statement.entry is None and _may_be_run(statement.conditions, known)
    ]
    loading = [words for words in loading if not any(word.startswith(("-f", "--file")) for word in words)]
    names = [[word for word in words if not word.startswith("-")] for words in loading]
    return [
        (_block(tree, path), name, value)
        for name, value in variables(tree, path).items()
        if name in _OWN_VARIABLES and any(not listed or name in listed for listed in names)
    ]


def _may_be_run(conditions, known):
    """Return whether none of the conditions ([str]) is known to fail."""
    return all(grub_conditions.truth(condition, known) is not False for condition in conditions)
