# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux labels of files that were made in a guest which does not run: this machine has no policy to tell them, the guest's tool has.

PRIVATE: module_utils of this collection are not an interface.
"""

import errno
import os
import re
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {"root": {"type": "path", "default": "/"}}

#: Asks for all labels at the next boot, which starts once more then. Source: selinux-autorelabel(8).
AUTORELABEL = "/.autorelabel"
_CONFIG, _ATTRIBUTE = "/etc/selinux/config", "security.selinux"
#: File systems that are made anew at each boot, and the source of none of their files' labels.
_LEFT_OUT = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/lost+found")
_MOST_FILES = 5000000


def run(module: "AnsibleModule") -> Dict[str, Any]:
    """Return the module's result."""
    tree = LiveTree(module.params["root"])
    result: Dict[str, Any] = {"changed": False, "labelled": [], "autorelabel": False}
    mode, kind = mode_and_type(tree)
    if tree.is_running_system or mode in ("", "disabled") or tree.lstat(AUTORELABEL) is not None:
        return result
    bare = without_label(tree)
    if not bare:
        return result
    if not module.check_mode:
        _label(tree, f"/etc/selinux/{kind}/contexts/files/file_contexts", bare)
        left = set(without_label(tree))
        result["labelled"] = [path for path in bare if path not in left]
        bare = sorted(left)
    result["changed"] = True
    if bare:
        result.update(edits.apply(module, tree, [edits.Edit(AUTORELABEL, None, "")]), autorelabel=True)
    return result


def settings(tree: Tree) -> Dict[str, Tuple[str, int]]:
    """Return {SELINUX, SELINUXTYPE: (value, line number)} of those that the guest's configuration has; {} without one."""
    found = {}
    if tree.is_file(_CONFIG):
        for number, text in enumerate(tree.read_text(_CONFIG).split("\n"), 1):
            match = re.match(r"\s*(SELINUX|SELINUXTYPE)\s*=\s*(\w+)", text)
            if match:
                found[match.group(1)] = (match.group(2), number)
    return found


def mode_and_type(tree: Tree) -> Tuple[str, str]:
    """Return (enforcing, permissive, disabled or "", name of the policy) of the guest."""
    found = settings(tree)
    return found.get("SELINUX", ("", 0))[0], found.get("SELINUXTYPE", ("targeted", 0))[0]


def without_label(tree: LiveTree) -> List[str]:
    """Return the guest's paths ([str]) of files and directories that have no label, where their file system could have one.

    Raises ImagewrightError: there are more files than any system has.
    """
    found, seen, waiting = [], 0, ["/"]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(tree.root + folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue  # gone meanwhile, or a file system that is damaged: the verdict on the image tells
        for entry in listed:
            path = folder.rstrip("/") + "/" + entry.name
            seen += 1
            if seen > _MOST_FILES:
                raise ImagewrightError(f"cannot label the files in {tree.root}: it has more than {_MOST_FILES}; run `touch {AUTORELABEL}` in it")
            if path in _LEFT_OUT:
                continue
            if _has_no_label(entry.path):
                found.append(path)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
    return sorted(found)


def _has_no_label(place: str) -> bool:
    try:
        os.getxattr(place, _ATTRIBUTE, follow_symlinks=False)
    except OSError as error:
        return error.errno == errno.ENODATA
    return False


def _label(tree: LiveTree, contexts: str, paths: List[str]) -> None:
    """Have the guest's own setfiles label the paths; what it does not do is seen by who looks again."""
    if not tree.is_file(contexts) or not commands.find("setfiles", tree.root):
        return
    # deepest last: it labels what is below a directory, too
    listed = "".join(path + "\n" for path in paths if "\n" not in path)
    commands.run(["setfiles", "-F", "-f", "-", contexts], f"label files in {tree.root}", root=tree.root, stdin=listed, accept=None)
