# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that somebody meant to be ours and are not: Ansible takes any name, and one with a slip has no effect and no message.

PRIVATE: plugin_utils of this collection are not an interface.
"""

import pathlib
import re
from typing import Any, Collection, Dict, Iterable, Optional, Sequence, Set, Union

import yaml

#: Tags that Ansible itself gives a meaning.
_OF_ANSIBLE = frozenset({"all", "always", "never", "tagged", "untagged"})
_REQUIREMENT = re.compile(r"R\d+[a-z]?\Z")


def slips(given: Iterable[str], known: Collection[str], prefixes: Iterable[str] = ()) -> Dict[str, Optional[str]]:
    """Return {name: the known name that was meant, or None} of the names that are not known and look as if they were ours.

    given: [str]. known: [str].
    prefixes: [str]; a name that begins with one of them is ours. All others are somebody else's, unless they are one slip away from a known one.
    """
    found = {}
    for name in given:
        if name not in known:
            meant = nearest(name, known)
            if meant or any(name.startswith(prefix) for prefix in prefixes):
                found[name] = meant
    return found


def nearest(name: str, known: Iterable[str]) -> Optional[str]:
    """Return the known name (str) that is one slip from name: a letter missing, too many, wrong, or two exchanged. None when there is none."""
    return next((other for other in sorted(known) if _one_slip(name, other)), None)


def _one_slip(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1 or left == right:
        return False
    begin = next((index for index, pair in enumerate(zip(left, right)) if pair[0] != pair[1]), min(len(left), len(right)))
    rest_left, rest_right = left[begin:], right[begin:]
    if len(left) == len(right):
        exchanged = rest_left[:2] == rest_right[:2][::-1] and rest_left[2:] == rest_right[2:]
        return rest_left[1:] == rest_right[1:] or exchanged
    return rest_left[1:] == rest_right if len(left) > len(right) else rest_left == rest_right[1:]


def tag_slips(given: Sequence[str], known: Collection[str]) -> Dict[str, Optional[str]]:
    """Return {tag: the known tag that was meant, or None} of the tags that no task has, and that look as if they were ours.

    given, known: [str]; known are the tags of all tasks.
    """
    prefixes = sorted({tag.split("_")[0] + "_" for tag in known if "_" in tag})
    found = slips([tag for tag in given if tag not in _OF_ANSIBLE], known, prefixes)
    found.update((tag, None) for tag in given if _REQUIREMENT.match(tag) and tag not in known)
    return found


def tags_of(folder: Union[str, pathlib.Path]) -> Set[str]:
    """Return the tags (set of str) of all tasks in the playbooks and roles of the collection in folder."""
    patterns = ("playbooks/*.yml", "playbooks/tasks/*.yml", "roles/*/tasks/*.yml")
    return tags_in(path for pattern in patterns for path in pathlib.Path(folder).glob(pattern))


def tags_in(paths: Iterable[pathlib.Path]) -> Set[str]:
    """Return the tags (set of str) of all tasks in the files."""
    tags: Set[str] = set()
    for path in paths:
        _collect(_tasks(path), tags)
    return tags


def tags_by_module(role: pathlib.Path) -> Dict[str, Set[str]]:
    """Return {module: tags (set of str)} of the modules of this collection that a role runs, as the index of its topics tags them.

    role: its folder; the index is tasks/work.yml, or tasks/main.yml where it has none.
    """
    found: Dict[str, Set[str]] = {}
    index = role / "tasks/work.yml"
    for topic in _tasks(index if index.exists() else role / "tasks/main.yml"):
        included = topic.get("ansible.builtin.import_tasks") or topic["ansible.builtin.include_tasks"]
        tasks = _tasks(role / "tasks" / (included if isinstance(included, str) else included["file"]))
        for name in (name for task in tasks for name in task if name.startswith("imagewright.azure.")):
            found.setdefault(name.rpartition(".")[2], set()).update(topic["tags"])
    return found


def selects(tags: Set[str], run: Collection[str], skip: Collection[str]) -> bool:
    """Return whether --tags (run) and --skip-tags (skip) let a task run that has the tags."""
    return not tags & set(skip) and ("all" in run or "tagged" in run or bool(tags & set(run)))


def _tasks(path: pathlib.Path) -> Any:
    """Return the tasks (list of dict, or what else is there) of a file; read by libyaml, ten times as fast, where PyYAML has it."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _collect(value: Any, tags: Set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, tags)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "tags" and isinstance(item, (str, list)):
                tags.update([item] if isinstance(item, str) else item)
            else:
                _collect(item, tags)
