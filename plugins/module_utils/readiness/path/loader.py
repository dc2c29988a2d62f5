# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot loader: the configuration that it really reads, and the entry that it really starts.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import is_long
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries, starts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import has_identifier

_SET_ROOT = re.compile(r"\s*set\s+root=[\"']?\(?hd(\d{1,3})(?:,(?:msdos|gpt)?(\d{1,3}))?\)?[\"']?\s*$")
_TIMEOUT = re.compile(r"\s*(?:export\s+)?GRUB_TIMEOUT=[\"']?(-?\d+)")
#: Directories of GRUB's modules.
_PLATFORMS = ("i386-pc", "x86_64-efi", "i386-efi", "arm64-efi")
_SOURCES = ("/etc/default/grub", "/etc/default/grub.d/*.cfg")


@rule(
    "R14e",
    step=LOADER,
    severity=ERROR,
    title="The entry that starts by itself starts Linux",
    fault="The entry that starts by itself starts no Linux",
    why="On Azure nobody chooses in the menu: what default=, the saved entry or loader.conf names is started.",
    cure="Choose an entry of Linux: grub2-set-default (or GRUB_DEFAULT=0 and update-grub), `default` in loader.conf or extlinux.conf.",
    source="GRUB manual, default; loader.conf(5); SYSLINUX doc/syslinux.txt",
)
def starts_linux(context):
    """Return failed with what chooses an entry of another system, or none, in each configuration that is read."""
    found = starts(context)
    if not found:
        return not_applicable("no boot loader that is known here starts this guest")
    evidence = [Evidence(*start.choice) for start in found if start.entry is None]
    return failed_if(evidence) if evidence else passed(f"{found[0].entry.title} ({found[0].choice.text})", [Evidence(*found[0].choice)])


@rule(
    "R14f",
    step=LOADER,
    severity=ERROR,
    title="The boot loader asks for no password",
    fault="The boot loader asks for a password before it starts the entry",
    why="Nobody types it: GRUB asks at every boot for the superuser's name, unless the entry has --unrestricted.",
    cure="Add --unrestricted to CLASS in /etc/grub.d/10_linux and run update-grub, or take the superuser out.",
    source="GRUB manual, Authentication and authorisation",
)
def asks_no_password(context):
    """Return failed with the lines that make a password needed for the entry that starts."""
    return failed_if(Evidence(*place) for start in starts(context) for place in start.passwords)


@rule(
    "R14g",
    step=LOADER,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The boot loader's menu ends by itself",
    fault="The boot loader's menu waits for ever, or too long",
    why="With a timeout of -1 the menu waits for a key, and on Azure nobody presses one; who provisions has 20 minutes from the machine's start.",
    cure="Set GRUB_TIMEOUT=10 (grub_cmdline settings), `timeout 5` in loader.conf, TIMEOUT 50 in extlinux.conf; take the command out that waits.",
    source="GRUB manual, timeout; loader.conf(5); SYSLINUX doc/syslinux.txt",
)
def menu_ends(context):
    """Return failed with the lines that make the menu wait; a warning when only the next grub.cfg will have them."""
    waits = [Evidence(*place) for start in starts(context) for place in start.waits]
    sources = context.find([path for pattern in _SOURCES for path in context.tree.glob(pattern)], _waits_long)
    return failed_if(waits + sources, severity=ERROR if waits else WARNING)


@rule(
    "R14h",
    step=LOADER,
    severity=ERROR,
    title="The entry that starts looks for its kernel on this disk",
    fault="The entry that starts looks for its kernel on another disk",
    why="A GRUB entry that sets root to a second disk, or to a partition that is not there, and does not search for its file system, finds no kernel.",
    cure="Run update-grub or grub2-mkconfig, whose entries search by UUID, or correct the entry.",
    source="GRUB manual, root and search",
)
def looks_on_this_disk(context):
    """Return failed with the line of each started entry of GRUB 2 that sets root to another disk or partition, where no search after it finds one here."""
    found = [place for entry in started_entries(context) if entry.loader == grub2_menu.NAME for place in _roots(context, entry)]
    return failed_if(found)


def _roots(context, entry):
    """Return [Evidence] of the last line of an entry that says where its files are, when that is nowhere on this disk."""
    wrong = []
    for number, text in [(number, text) for number, text in context.lines(entry.path) if entry.line and number > entry.line]:
        words = text.split()
        if words[:1] == ["}"] or words[:1] and words[0].startswith("linux"):
            break
        match = _SET_ROOT.match(text)
        if match:
            disk, partition = int(match.group(1)), match.group(2)
            numbers = [each.number for each in context.disk.table.partitions] if context.disk is not None else None
            is_wrong = disk > 0 or numbers is not None and partition is not None and int(partition) not in numbers
            wrong = [Evidence(entry.path, number, text.strip())] if is_wrong else []
        elif words[:1] and words[0].startswith("search") and has_identifier(context, None, words[-1]) is not False:
            wrong = []
    return wrong


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


def _waits_long(text):
    match = _TIMEOUT.match(text)
    return bool(match) and (match.group(1).startswith("-") or is_long(match.group(1)))


RULES = [starts_linux, looks_on_this_disk, has_its_commands, asks_no_password, menu_ends]
