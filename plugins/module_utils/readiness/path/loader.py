# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot loader: the configuration that it really reads, and the entry that it really starts.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu, grub_conditions, grub_paths, grub_script, xen
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import is_long
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import grub_statements
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import starts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER

_TIMEOUT = re.compile(r"\s*(?:export\s+)?GRUB_TIMEOUT=[\"']?(-?\d+)")
_SOURCES = ("/etc/default/grub", "/etc/default/grub.d/*.cfg")


@rule(
    "R14e",
    step=LOADER,
    severity=ERROR,
    title="The entry that starts by itself starts Linux",
    fault="The entry that starts by itself starts no Linux",
    why="On Azure nobody chooses in the menu: what default=, the saved entry or loader.conf names is started. The Xen hypervisor hides Hyper-V, with its disk "
    "and its network, from the Linux beneath it.",
    cure="Choose an entry of Linux: grub2-set-default (or GRUB_DEFAULT=0 and update-grub), `default` in loader.conf or extlinux.conf.",
    source="GRUB manual, default; loader.conf(5); SYSLINUX doc/syslinux.txt",
)
def starts_linux(context):
    """Return failed with what chooses an entry of another system, or none, in each configuration that is read, and with an entry that starts Xen."""
    found = starts(context)
    if not found:
        return not_applicable("no boot loader that is known here starts this guest")
    evidence = [Evidence(*start.choice) for start in found if start.entry is None]
    beneath = [(start.entry, xen.line_of(context.tree, start.entry)) for start in found if start.entry is not None]
    evidence += [place for start in found if start.entry is not None for place in _passed_over(context, start.entry)]
    evidence += [
        Evidence(entry.path, line[0], f"{entry.title}: {line[1]}: Linux beneath Xen sees no Hyper-V, and not its disk") for entry, line in beneath if line
    ]
    return failed_if(evidence) if evidence else passed(f"{found[0].entry.title} ({found[0].choice.text})", [Evidence(*found[0].choice)])


def _passed_over(context, entry):
    """Return [Evidence] of the line of the kernel of an entry of GRUB 2 to which GRUB does not come, for a condition around it does not hold."""
    if entry.loader != grub2_menu.NAME:
        return []
    lines = [each for each in grub_statements.statements(context, entry) if each.entry is not None and each.words[0] in grub_script.KERNEL_COMMANDS]
    conditions = [condition for line in lines for condition in line.conditions if _fails(context.tree, condition)]
    is_passed = lines and all(any(_fails(context.tree, condition) for condition in line.conditions) for line in lines)
    return [Evidence(entry.path, lines[0].line, f"{entry.title}: GRUB does not come to this line: {conditions[0]}")] if is_passed else []


def _fails(tree, condition):
    return grub_conditions.truth(condition, {}, lambda wanted: grub_paths.is_there(tree, wanted)) is False


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


def _waits_long(text):
    match = _TIMEOUT.match(text)
    return bool(match) and (match.group(1).startswith("-") or is_long(match.group(1)))


RULES = [starts_linux, asks_no_password, menu_ends]
