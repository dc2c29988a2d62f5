# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a parameter goes when normal entries boot with ``shared normal`` and recovery entries with ``special shared``.

So do GRUB 2's GRUB_CMDLINE_LINUX, _DEFAULT and _RECOVERY, and the kopt, defoptions and altoptions of Debian's GRUB Legacy.
A parameter that is set in one of them is changed there; a new one goes into the shared one. Pure, no I/O.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes


def plan(shared, normal, special, wanted, recovery):
    """Return [ParameterChanges of shared, ParameterChanges of normal, ParameterChanges of special].

    shared, normal, special: [str], the parameters of each; wanted: cmdline_changes.CmdlineRequest.
    recovery: bool, bring special + shared to the wanted state too; else special stays as it is.
    """
    changes = cmdline_changes.plan(shared + normal, wanted)
    planned = [
        cmdline_changes.ParameterChanges(changes.replacements[: len(shared)], changes.additions),
        cmdline_changes.ParameterChanges(changes.replacements[len(shared) :], []),
        cmdline_changes.ParameterChanges([[parameter] for parameter in special], []),
    ]
    if not recovery:
        return planned
    planned[2] = cmdline_changes.plan(special, wanted._replace(present=[]))
    for name, group in cmdline_changes.grouped(wanted).items():
        line = [parameter for part in (planned[2], planned[0]) for parameter in _result(part)]
        if not cmdline_changes.is_right(" ".join(line), wanted._replace(present=group, absent=[])):
            planned = _moved_to_shared((shared, normal, special), planned, name, group, wanted)
    return planned


def _result(changes):
    return [parameter for replacement in changes.replacements for parameter in replacement] + changes.additions


def _moved_to_shared(lines, planned, name, group, wanted):
    """Return the ParameterChanges with all values of one name brought together in GRUB_CMDLINE_LINUX, the wanted ones last."""
    others = []
    if name in wanted.repeatable:
        others = [
            parameter
            for part in planned[:2]
            for parameter in _result(part)
            if kernel_cmdline.key(parameter) == name and not any(cmdline_changes.is_same_repeated(parameter, given) for given in group)
        ]
    moved = []
    for part in planned:
        replacements = [[parameter for parameter in replacement if kernel_cmdline.key(parameter) != name] for replacement in part.replacements]
        moved.append(cmdline_changes.ParameterChanges(replacements, [parameter for parameter in part.additions if kernel_cmdline.key(parameter) != name]))
    moved[0] = cmdline_changes.ParameterChanges(moved[0].replacements, moved[0].additions + others + group)
    return moved
