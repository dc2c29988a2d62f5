# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB: the modules that hold its commands are where it looks for them, whole, and those that the entry that starts uses.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu
from ansible_collections.imagewright.azure.plugins.module_utils.core import elf, elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.grub_statements import device_of, is_elsewhere, runs, statements
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER

#: Directories of GRUB's modules.
_PLATFORMS = ("i386-pc", "x86_64-efi", "i386-efi", "arm64-efi")


@rule(
    "R14i",
    step=LOADER,
    severity=ERROR,
    title="GRUB has the commands that the entry which starts uses",
    fault="The entry that starts uses a command that its GRUB has not",
    why="linuxefi and initrdefi are commands of a GRUB for UEFI, linux16 and initrd16 of one for BIOS: after a change of firmware the old menu loads nothing.",
    cure="Run update-grub or grub2-mkconfig, or write linux and initrd in the entry.",
    source="GRUB command.lst; util/grub.d/10_linux.in of Red Hat 7",
)
def has_its_commands(context):
    """Return failed with each line of a started entry that loads a kernel or an initramfs by a command in no command.lst beside its menu."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME and entry.line]:
        known = _commands(context, posixpath.dirname(entry.path))
        for number, text in [(number, text) for number, text in context.lines(entry.path) if known and number > entry.line]:
            command = (text.split() or [""])[0]
            if command == "}":
                break
            if command.startswith(("linux", "initrd")) and command not in known:
                found.append(Evidence(entry.path, number, f"{command}: this GRUB has no such command"))
    return failed_if(found)


def _commands(context, folder):
    """Return the commands ({str}) of the GRUB whose modules are below a directory, empty where none is there: it has them in its core."""
    lists = [path for platform in _PLATFORMS for path in [f"{folder}/{platform}/command.lst"] if context.tree.is_file(path)]
    return {text.partition(":")[0].lstrip("*") for path in lists for _number, text in context.lines(path)}


@rule(
    "R14j",
    step=LOADER,
    severity=ERROR,
    title="GRUB looks for its modules where they are",
    fault="GRUB looks for its modules where none are",
    why="The command linux is a module, as is what unpacks the kernel: where prefix names another place before it is loaded, GRUB says that it cannot find "
    "the command, and starts nothing.",
    cure="Remove `set prefix=` from the menu, or correct it.",
    source="GRUB manual, prefix; grub-core/normal/autofs.c, dyncmd.c",
    choice="A warning for a GRUB of UEFI alone: one that is signed has its modules in it.",
)
def finds_its_modules(context):
    """Return failed with the last line before a started kernel that sets prefix to a place where this GRUB's modules are not."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME]:
        folder = posixpath.dirname(entry.path)
        there = [platform for platform in _PLATFORMS if context.tree.is_dir(f"{folder}/{platform}")]
        places = [statement for statement in statements(context, entry) if runs(statement) and _prefix_of(statement.words) is not None]
        wrong = there and places and not _has_modules(context, _prefix_of(places[-1].words), there)
        found += [(Evidence(entry.path, places[-1].line, " ".join(places[-1].words)), "i386-pc" in there)] if wrong else []
    return failed_if([place for place, _bios in found], severity=ERROR if any(bios for _place, bios in found) else WARNING)


def _prefix_of(words):
    """Return the prefix (str) that a command sets, None when it sets none."""
    if words == ["unset", "prefix"]:
        return ""
    text = words[-1] if words[0] in ("set", "export") or len(words) == 1 else ""
    return text.partition("=")[2] if text.startswith("prefix=") else None


def _has_modules(context, prefix, platforms):
    """Return whether modules of one of the platforms lie at a prefix of GRUB's, or that is not known; paths count from a file system's root."""
    device = device_of(prefix)
    if "$" in prefix.replace("($root)", "") or "${" in prefix:
        return True
    if device is not None and "$" not in device and is_elsewhere(context, device) is True:
        return False
    parts = [part for part in prefix.partition(")")[2 if device is not None else 0].split("/") if part]
    tails = ["/".join(parts[index:]) for index in range(len(parts) + 1)]
    return any(context.tree.is_dir(posixpath.join(top, tail, platform)) for top in ("/", "/boot") for tail in tails for platform in platforms)


@rule(
    "R14l",
    step=LOADER,
    severity=ERROR,
    title="The modules with which GRUB starts Linux are there and whole",
    fault="A module with which GRUB starts Linux is gone, or damaged",
    why="The menu is a module of GRUB's, as is the command linux and what both need: without the file GRUB stops at `grub rescue>`, or says that it cannot "
    "find the command.",
    cure="Install the boot loader again from the guest or a chroot of it: `grub-install` (`grub2-install`).",
    source="GRUB moddep.lst, command.lst; grub-core/kern/dl.c",
    choice="Only of generation 1: a GRUB of UEFI mostly has them in it.",
)
def modules_are_whole(context):
    """Return failed with each file of a module that the menu and the started entry need, as GRUB's own lists say, and that is not there or no whole ELF."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME and entry.line]:
        folder = f"{posixpath.dirname(entry.path)}/{_PLATFORMS[0]}"
        needs = dict(_pairs(context, f"{folder}/moddep.lst"))
        wanted = {"normal"} | {module for command, module in _pairs(context, f"{folder}/command.lst") if command.lstrip("*") in ("linux", "initrd")}
        waiting = [name for name in sorted(wanted) if name in needs]
        seen = set()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += needs.get(name, "").split()
        found += [Evidence(f"{folder}/{name}.mod", None, text) for name in sorted(seen) for text in [_wrong_module(context, f"{folder}/{name}.mod")] if text]
    return failed_if(found)


def _pairs(context, path):
    """Return [(name, value)] of the lines of one of GRUB's lists, ``name: value``."""
    return [(name.strip(), value.strip()) for _number, text in context.lines(path) for name, colon, value in [text.partition(":")] if colon]


def _wrong_module(context, path):
    """Return what is wrong (str) with the file of a module, "" when nothing is: an ELF file ends with the table of its sections, or holds it."""
    status = context.tree.stat(path)
    if status is None:
        return "is not there"
    try:
        table = elf.section_headers(context.tree.read_bytes(path, elf_header.HEADER))
    except ValueError:
        return "is no module"
    return "is cut off" if table.offset + table.width * table.entries > status.size else ""


RULES = [has_its_commands, finds_its_modules, modules_are_whole]
