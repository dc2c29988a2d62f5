# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write each task result of a run as one line of JSON to the file named by LAB_RECORD."""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: lab_record
type: aggregate
short_description: Record task results for the lab
description: Writes each task result as one line of JSON to the file named by LAB_RECORD.
"""


class CallbackModule(CallbackBase):
    """Record task results; whoever starts ansible reads them back."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lab_record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result):
        self._record("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._record("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_unreachable(self, result):
        self._record("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._record("skipped", result)

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in stats.processed}
        self._write({"status": "stats", "hosts": hosts})

    def _record(self, status, result):
        self._write(
            {
                "status": status,
                "host": result._host.get_name(),
                "task": result._task.get_name(),
                "action": result._task.action,
                "tags": list(result._task.tags),
                "result": result._result,
            }
        )

    def _write(self, event):
        with open(os.environ["LAB_RECORD"], "a", encoding="utf-8") as record:
            record.write(json.dumps(event, default=str) + "\n")
