# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel that starts when nobody is there, as far as network managers ask for it.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.starting import starts
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline, kernels


def has_parameter(tree, wanted):
    """Return whether the kernel's command line has a word or an assignment (str), None where that is not known.

    wanted: ``quiet``, which ``quiet=1`` is too, or ``net.ifnames=0``. Source: systemd.unit(5), ConditionKernelCommandLine=.
    """
    found = {_has(entry.cmdline or "", wanted) for entry in _entries(tree)}
    return found.pop() if len(found) == 1 else None


def version(tree):
    """Return the version (str) of the kernel, None where that is not known, or several may start."""
    found = {kernels.version_of(tree, entry.kernel) for entry in _entries(tree)}
    return found.pop() if len(found) == 1 else None


def _has(line, wanted):
    words = cmdline.split(line)
    return wanted in words if "=" in wanted else any(word.partition("=")[0] == wanted for word in words)


def _entries(tree):
    try:
        return [start.entry for start in starts(tree) if start.entry is not None]
    except ImagewrightError:
        return []
