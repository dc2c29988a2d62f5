# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module guest_survey: look in one call what a guest has, and what there is to do on it.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mounts
from ansible_collections.imagewright.azure.plugins.module_utils.survey import topics as survey_topics
from ansible_collections.imagewright.azure.plugins.module_utils.survey.modules import MODULES

_PART = {"module": {"type": "str", "required": True, "choices": sorted(MODULES)}, "arguments": {"type": "dict", "default": {}}}

ARGUMENTS = {
    "ask": {"type": "list", "elements": "dict", "default": [], "options": dict(_PART, name={"type": "str", "required": True})},
    "paths": {"type": "list", "elements": "str", "default": []},
    "topics": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "default": []},
            "services": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"names": {"type": "list", "elements": "str", "required": True}, "enabled": {"type": "bool", "default": True}},
            },
            "files": {"type": "dict", "default": {}},
            "parts": {"type": "list", "elements": "dict", "default": [], "options": _PART},
            "notes": {"type": "list", "elements": "str", "default": []},
            "after": {"type": "list", "elements": "str", "default": []},
        },
    },
    "roles": {"type": "list", "elements": "str", "default": []},
    "known": {"type": "dict", "default": {}},
    "root": {"type": "path", "default": "/"},
}


def run(module):
    """Return the module's result."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    yaml_text.respawn_where_needed(tree)
    answers = {}
    for asked in parameters["ask"]:
        planned = survey_topics.plan(asked["module"], asked["arguments"], parameters["root"])
        if planned.error:
            raise ImagewrightError(planned.error)
        for text in planned.warnings:
            module.warn(text)
        answers[asked["name"]] = planned.result
    there = survey_topics.packages(tree, parameters["topics"])
    found, busy = {}, set()
    for topic in parameters["topics"]:
        looked = survey_topics.look(tree, topic, busy, there)
        if looked["work"]:
            busy.add(topic["name"])
        else:
            # who has work says it again
            for text in looked["warnings"]:
                module.warn(text)
        found[topic["name"]] = looked
    return {
        "changed": False,
        "answers": answers,
        "paths": {path: tree.exists(path) for path in parameters["paths"]},
        "packages": there,
        "topics": found,
        "table": [f"  {name if number == 0 else '':<15} {line}" for name, topic in found.items() for number, line in enumerate(topic["todo"])],
        "root_device": root_device(tree),
    }


def root_device(tree):
    """Return what is mounted (str) on the root of the guest, "" where nothing is; the last mount counts."""
    found = [mount.source for mount in mounts.mounts() if mount.point == (tree.root.rstrip("/") or "/")]
    return found[-1] if found else ""
