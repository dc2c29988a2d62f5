# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop a playbook of this collection at variables and tags that nobody knows."""

import pathlib
from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.imagewright.azure.plugins.plugin_utils import names

_COLLECTION = pathlib.Path(__file__).resolve().parents[2]


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True
    _requires_connection = False
    _VALID_ARGS = frozenset({"known", "prefixes", "bare", "tags", "what"})

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict): failed with a message that names each slip, or nothing to say."""
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = {"known": [], "prefixes": [], "bare": [], "tags": False, "what": "run this playbook", **self._task.args}
        beginnings = tuple({name.split("_")[0] + "_" for name in arguments["known"]})
        ours = [name for name in variables if name.startswith(beginnings)]
        found = names.slips(ours, arguments["known"], arguments["prefixes"])
        # a group variable of somebody's own may be called `images`; on the command line it is a slip
        of_command_line = [name for name in load_extra_vars(self._loader) if name not in ours]
        found.update(names.slips(of_command_line, arguments["known"] + arguments["bare"]))
        problems = [_problem("variable", name, meant) for name, meant in sorted(found.items())]
        asked = [] if not arguments["tags"] else list(variables.get("ansible_run_tags", [])) + list(variables.get("ansible_skip_tags", []))
        if [tag for tag in asked if tag != "all"]:
            problems += [_problem("tag", tag, meant) for tag, meant in sorted(names.tag_slips(asked, names.tags_of(_COLLECTION)).items())]
        if problems:
            result.update(failed=True, msg=f"cannot {arguments['what']}: {'; '.join(problems)}; correct the name (docs/roles.md has all of them)")
        return dict(result, changed=False)


def _problem(kind: str, name: str, meant: Optional[str]) -> str:
    return f"nobody knows the {kind} {name}" + (f" ({meant} was meant?)" if meant else "")
