# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module readiness_info: tell whether a Linux guest, or the finished image of its disk, will boot and provision on Azure.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.check import Question, check
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import difference
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import as_dict
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_table import to_brief, to_difference, to_table
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.reports import write_reports

ARGUMENTS = {
    "root": {"type": "path"},
    "image": {"type": "path"},
    "profile": {"type": "str", "choices": ["azure", "marketplace"], "default": "azure"},
    "generation": {"type": "str", "choices": ["auto", "1", "2"], "default": "auto"},
    "kind": {"type": "str", "choices": ["auto", "generalized", "specialized", "before_deprovision"], "default": "auto"},
    "rules": {
        "type": "dict",
        "default": {},
        "options": {
            "include": {"type": "list", "elements": "str", "default": []},
            "exclude": {"type": "list", "elements": "str", "default": []},
        },
    },
    "reports": {
        "type": "dict",
        "default": {},
        "options": {
            "json": {"type": "path"},
            "junit": {"type": "path"},
            "html": {"type": "path"},
            "sarif": {"type": "path"},
        },
    },
    "compare_with": {"type": "list", "elements": "dict"},
}


def run(module, open_image=None):
    """Return the module's result.

    open_image: as check.check.
    """
    options = module.params
    if options["image"] is None:
        yaml_text.respawn_where_needed(LiveTree(options["root"] or "/"))
    rules, reports = options["rules"] or {}, options["reports"] or {}
    question = Question(
        options["root"], options["image"], options["profile"], options["generation"], options["kind"], rules.get("include") or [], rules.get("exclude") or []
    )
    verdict = check(question, open_image)
    findings = [as_dict(finding) for finding in verdict.findings]
    result = {
        "changed": False,
        "ready": verdict.ready,
        "findings": findings,
        "summary": verdict.summary,
        "generations": verdict.generations,
        "path": [dict(step._asdict()) for step in verdict.path],
        "table": to_table(verdict),
        "brief": to_brief(verdict),
    }
    if options["compare_with"] is not None:
        result["difference"] = difference(options["compare_with"], findings)
        result["difference_table"] = to_difference(result["difference"], options["compare_with"], findings)
    result["reports"] = {} if module.check_mode else write_reports(verdict, reports)
    return result
