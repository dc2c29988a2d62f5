# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kernel command line that will boot, now or after the next kernel update, each with the place that says it.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries, next_kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence, failed_if, not_applicable

#: text: str; place: Evidence; kind: normal, recovery, rescue, or next for the next kernel.
CommandLine = collections.namedtuple("CommandLine", "text place kind")

#: Where distributions keep what generated lines are made of.
SOURCES = (
    "/etc/default/grub",
    "/etc/default/grub.d/*.cfg",
    "/etc/kernel/cmdline",
    "/etc/kernel/cmdline.d/*.conf",
    "/etc/sysconfig/bootloader",
    "/etc/update-extlinux.conf",
    "/etc/default/extlinux",
    "/etc/default/u-boot",
    "/boot/grub2/grubenv",
)
_LONGEST_ENTRY = 60  # lines
_BEGINNINGS = ("GRUB_CMDLINE_LINUX", "DEFAULT_APPEND", "default_kernel_opts", "EXTLINUX_PARAMETERS", "U_BOOT_PARAMETERS", "kernelopts=")


def command_lines(tree):
    """Return the CommandLines of every entry that starts Linux, and that of the next kernel."""
    found = [
        CommandLine(entry.cmdline or "", Evidence(entry.path, line_of(tree, entry, entry.cmdline), f"{entry.title}: {entry.cmdline}"), entry.kind)
        for entry in boot_entries(tree)
        if entry.kind != "other"
    ]
    following = next_kernel_cmdline(tree)
    if following is not None:
        place = found[0].place.path if found else "/etc/default/grub"
        found.append(CommandLine(following, Evidence(place, None, f"the next kernel: {following}"), "next"))
    return found


def line_of(tree, entry, wanted):
    """Return the number of the line of a boot entry that has the wanted text: an entry only knows where it begins.

    entry: BootEntry; wanted: str, e.g. its command line or the end of a path.
    """
    if not wanted or not entry.line or not tree.is_file(entry.path):
        return entry.line
    lines = tree.read_text(entry.path).split("\n")[entry.line - 1 : entry.line - 1 + _LONGEST_ENTRY]
    return next((entry.line + index for index, line in enumerate(lines) if wanted in line), entry.line)


def having(context, unwanted):
    """Return the Evidence of each place that brings an unwanted parameter onto a command line: its source first.

    unwanted: callable, parameter (str) -> truth.
    """
    lines = [line for line in context.shared(command_lines) if any(unwanted(parameter) for parameter in kernel_cmdline.split(line.text))]
    if not lines:
        return []
    parameters = {parameter for line in lines for parameter in kernel_cmdline.split(line.text) if unwanted(parameter)}
    sources = context.find(source_paths(context.tree), lambda text: not text.lstrip().startswith("#") and any(parameter in text for parameter in parameters))
    entries = [_shown(line, parameters) for line in lines if line.kind != "next"]
    return (sources + entries) or [line.place for line in lines]


def lacking(context, has, wanted, kinds=("normal", "recovery", "rescue", "next")):
    """Return the Evidence of each place whose command line lacks something: its source first.

    has: callable, command line (str) -> truth; wanted: str, what is lacking, for people.
    """
    lines = [line for line in context.shared(command_lines) if line.kind in kinds and not has(line.text)]
    if not lines:
        return []
    sources = context.find(source_paths(context.tree), lambda text: text.lstrip().startswith(_BEGINNINGS))
    sources += [Evidence(path, 1, context.text(path).strip()) for path in ("/etc/kernel/cmdline",) if context.tree.is_file(path)]
    following = any(line.kind == "next" for line in lines)
    entries = [line.place._replace(text=f"{wanted} is missing: {line.place.text}") for line in lines if line.kind != "next"]
    return ((sources if following else []) + entries) or [line.place._replace(text=f"{wanted} is missing: {line.place.text}") for line in lines]


def none_lacks(context, has, wanted):
    """Return the Outcome of a rule that every command line must meet; arguments as of lacking."""
    if not context.shared(command_lines):
        return not_applicable("no boot loader that is known here starts this guest")
    return failed_if(lacking(context, has, wanted))


def source_paths(tree):
    """Return the paths ([str]) of the files that command lines are made of."""
    return [path for pattern in SOURCES for path in tree.glob(pattern) if tree.is_file(path)]


def _shown(line, parameters):
    return line.place._replace(text=f"{' '.join(sorted(parameters & set(kernel_cmdline.split(line.text))))} in {line.place.text}")
