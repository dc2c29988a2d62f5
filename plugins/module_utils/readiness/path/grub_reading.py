# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot loader: what GRUB drops of its menu, and the signatures without which it reads no file.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu, grub2_starting, grub_reader
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.reading import Reading, parsed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.grub_statements import runs, statements
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER

#: What brings the check of signatures into GRUB. Source: GRUB's command.lst; pgp was called verify before 2.04.
_MODULES, _COMMANDS = ("pgp", "verify"), ("trust", "distrust", "list_trusted", "verify_detached")
_VARIABLE = "check_signatures"
#: GRUBs of UEFI, of which signed ones have all their modules in them.
_PROGRAMS = ("/boot/efi/EFI/*/grub*.efi", "/efi/EFI/*/grub*.efi")
_LARGEST = 16 * 1024 * 1024  # bytes; signed ones have 2 to 4 MiB


@rule(
    "R14m",
    step=LOADER,
    severity=WARNING,
    title="GRUB reads the whole menu",
    fault="GRUB drops a part of the menu",
    why="A statement with an error in its syntax is not run, and what an open quote, `if` or `{` takes with it is all that follows.",
    cure="Look at the line with `grub-script-check /boot/grub/grub.cfg`, correct what wrote it (/etc/grub.d, /etc/default/grub), and run update-grub.",
    source="GRUB grub-core/script/parser.y; grub-core/normal/main.c, read_config_file",
    choice="A warning: what GRUB has read before it is started all the same. Where no entry is left, R14e fails.",
)
def is_read_whole(context):
    """Return failed with the line at which each statement begins that GRUB drops."""
    tree = Reading(context.tree)
    return failed_if(
        Evidence(part, drop.line, f"GRUB drops what begins here: {drop.cause} (line {drop.last})")
        for path in grub2_starting.menus_read(tree)
        for part in grub2_starting.parts(tree, path)
        for drop in parsed(tree, part, grub_reader.drops)
    )


@rule(
    "R14n",
    step=LOADER,
    severity=ERROR,
    title="GRUB asks for no signature that is not there",
    fault="GRUB refuses the kernel, for its signature is not there",
    why="With check_signatures=enforce GRUB opens no file without a file of its name and .sig beside it: no kernel, and no initramfs.",
    cure="Remove check_signatures from the menu, or sign the files again: `gpg --detach-sign` for each.",
    source="GRUB manual, check_signatures; grub-core/commands/pgp.c",
    choice="A warning where nothing shows that this GRUB has the module pgp: without it the variable means nothing.",
)
def has_its_signatures(context):
    """Return failed with the last line before a started kernel that has signatures checked, where one is not there."""
    found, is_checked = [], False
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME]:
        run = [statement for statement in statements(context, entry) if runs(statement)]
        settings = [statement for statement in run if _value(statement.words) is not None]
        missing = [path for path in [entry.kernel] + list(entry.initrds) if path and not context.tree.exists(path + ".sig")]
        # what GRUB's own hook takes for yes
        if settings and missing and _value(settings[-1].words)[:1] in ("1", "e"):
            last = settings[-1]
            found.append(Evidence(entry.path, last.line, f"{' '.join(last.words)}: there is no {missing[0]}.sig"))
            is_checked = is_checked or any(_loads(statement.words) for statement in run) or _has_module(context)
    return failed_if(found, severity=None if is_checked else WARNING)


def _value(words):
    """Return what a command sets the variable to (str), None when it sets another or none."""
    text = " ".join(words[1:2]) if words[0] in ("set", "unset") else words[0]
    if words == ["unset", _VARIABLE]:
        return ""
    name, sign, value = text.partition("=")
    return value if sign and name == _VARIABLE and (words[0] == "set" or len(words) == 1) else None


def _loads(words):
    return words[0] in _COMMANDS or words[0] == "insmod" and words[1:2] and words[1] in _MODULES


def _has_module(context):
    """Return whether a GRUB of UEFI has the module in it, as Debian's signed one."""
    tree = context.tree
    paths = [path for pattern in _PROGRAMS for path in tree.glob(pattern) if tree.is_file(path)]
    return any(_VARIABLE.encode() in tree.read_bytes(path, _LARGEST) for path in paths)


RULES = [is_read_whole, has_its_signatures]
