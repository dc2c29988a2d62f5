# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: systemd takes every mount unit that is enabled.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import is_written, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import refused_units


@rule(
    "R70q",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="systemd takes every mount unit that is enabled",
    fault="systemd refuses a mount unit that is enabled",
    why="A unit whose Where= does not fit its name, or that has no What=, is not loaded. Where local-fs.target requires it, systemd does not start that "
    "target at all, nor the services that it wants: systemd-remount-fs among them, by which the root can be written.",
    cure="Name the unit as `systemd-escape --path --suffix=mount` says, and give it What=; `systemd-analyze verify` shows what else is wrong.",
    source="systemd.mount(5); mount_verify of systemd's src/core/mount.c; transaction_add_job_and_dependencies of src/core/transaction.c",
    choice="A unit that is only wanted is a warning, as is one that is required where the kernel mounts the root to write: the mount alone is not there.",
)
def units_are_taken(context):
    """Return failed with each mount unit that systemd refuses; an error when it takes local-fs.target with it, and so the root's second mount."""
    found = context.shared(refused_units)
    lines = started_lines(context)
    stops = any(refused.required for refused in found) and not (lines and all(map(is_written, lines)))
    places = [Evidence(refused.path, refused.line, refused.text) for refused in sorted(found, key=lambda refused: not refused.required)]
    return failed_if(places, severity=ERROR if stops else WARNING)


RULES = [units_are_taken]
