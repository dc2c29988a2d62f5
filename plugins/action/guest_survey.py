# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the module guest_survey; what the roles of this collection ask is read here, where their variables are."""

import inspect
import pathlib
from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase
from ansible.template import Templar
from ansible_collections.imagewright.azure.plugins.plugin_utils import names

_ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"


class ActionModule(ActionBase):
    """The module's documentation is the documentation of this action."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Return the result (dict) of the module."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        known = arguments.pop("known", None) or {}
        run, skip = task_vars.get("ansible_run_tags", ["all"]), task_vars.get("ansible_skip_tags", [])
        topics = list(arguments.get("topics") or [])
        for role in arguments.pop("roles", None) or []:
            if "all" in run and not skip:
                topics.append(dict(self._survey_of(role, task_vars, known), name=role))
            # a role that --skip-tags names by one of its topics is asked for the others
            elif role not in skip and names.selects(names.tags_in((_ROLES / role).glob("tasks/*.yml")) | {role}, run, []):
                tags = names.tags_by_module(_ROLES / role)
                survey = self._survey_of(role, task_vars, known)
                parts = [part for part in survey.get("parts", []) if names.selects(tags.get(part["module"], set()) | {role}, run, skip)]
                topics.append(dict(survey, name=role, parts=parts))
        arguments["topics"] = topics
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result

    def _survey_of(self, role: str, task_vars: Dict[str, Any], known: Dict[str, Any]) -> Dict[str, Any]:
        """Return the value (dict) of a role's variable __<role>_survey, as a task of the role would see it; known: dict, counts more than task_vars."""
        variables: Dict[str, Any] = {}
        variables.update(self._load(role, "defaults"))
        variables.update(self._load(role, "vars"))
        folder = str(_ROLES / role)
        variables.update(dict(task_vars, **known), role_name=role, role_path=folder, ansible_search_path=[folder])
        return Templar(loader=self._loader, variables=variables).template(variables[f"__{role}_survey"])

    def _load(self, role: str, kind: str) -> Dict[str, Any]:
        path = _ROLES / role / kind / "main.yml"
        if not path.exists():
            return {}
        # ansible-core 2.19 and later evaluate only what they are told to trust
        trusting = "trusted_as_template" in inspect.signature(self._loader.load_from_file).parameters
        return self._loader.load_from_file(str(path), **({"trusted_as_template": True} if trusting else {})) or {}
