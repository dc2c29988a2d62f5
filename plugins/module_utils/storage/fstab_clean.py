# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module fstab_clean: take swap and shared folders out of fstab and name file systems by UUID.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import device_ids, fstab

ARGUMENTS = {
    "swap": {"type": "str", "choices": ["remove", "keep"], "default": "remove"},
    "shared_folders": {"type": "str", "choices": ["remove", "keep"], "default": "remove"},
    "identifiers": {"type": "str", "choices": ["uuid", "keep"], "default": "uuid"},
    "method": {"type": "str", "choices": ["comment", "remove"], "default": "comment"},
    "missing": {"type": "str", "choices": ["fail", "keep"], "default": "fail"},
    "path": {"type": "path", "default": "/etc/fstab"},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def plan(text, parameters, identifiers):
    """Return (new text, changed entries [{line, before, after}]).

    parameters: dict, the module's swap, shared_folders and method.
    identifiers: {device: ``UUID=...``} of entries that stay.
    """
    gone = [entry for entry in fstab.entries(text) if _goes(entry, parameters)]
    named = fstab.with_identifiers(text, identifiers)
    after = {entry.line: entry.text for entry in fstab.entries(named)}
    changed = [
        {"line": entry.line, "before": entry.text, "after": None if entry in gone else after[entry.line]}
        for entry in fstab.entries(text)
        if entry in gone or after[entry.line] != entry.text
    ]
    return fstab.without(named, gone, parameters["method"]), changed


def _goes(entry, parameters):
    return parameters["swap"] == "remove" and fstab.is_swap(entry) or parameters["shared_folders"] == "remove" and fstab.is_shared_folder(entry)


def run(module):
    """Return the module's result after changing the file."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    path = parameters["path"]
    before = edits.read(tree, path)
    if before is None:
        raise ImagewrightError(f"cannot clean {path}: there is no such file; give the path of the guest's fstab")
    identifiers = {}
    if parameters["identifiers"] == "uuid":
        identifiers = _identifiers(module, tree, path, _unstable(before, parameters), parameters["missing"])
    after, changed = plan(before, parameters, identifiers)

    def read_back():
        left = plan(tree.read_text(path), parameters, identifiers)[1]
        if left:
            raise ImagewrightError(
                f"cannot clean {path}: line {left[0]['line']} is there again: {left[0]['before']!r}; look for another program that writes it"
            )

    result = edits.apply(module, tree, [edits.Edit(path, before, after)], parameters["backup"], activate=read_back if before != after else None)
    result["entries"] = [dict(entry, path=path) for entry in changed]
    return result


def _unstable(text, parameters):
    """Return the entries that are to get another name: those that stay and depend on the controller."""
    return [entry for entry in fstab.entries(text) if fstab.is_unstable(entry) and not _goes(entry, parameters)]


def _identifiers(module, tree, path, entries, missing):
    """Return {device: ``UUID=...``} for the entries.

    Raises ImagewrightError: a device's UUID cannot be told, and missing is ``fail``.
    """
    found = {}
    for entry in entries:
        uuid = device_ids.uuid_of(tree, entry.device, entry.mount_point)
        if uuid:
            found[entry.device] = f"UUID={uuid}"
            continue
        problem = f"cannot name {entry.device} by UUID in {path} line {entry.line}: " + (
            "there is no such device, or nothing with a UUID on it" if tree.is_running_system else f"nothing is mounted on {tree.host_path(entry.mount_point)}"
        )
        if missing == "fail":
            raise ImagewrightError(problem + "; correct the entry" + ("" if tree.is_running_system else ", mount it there") + ", or set missing: keep")
        module.warn(problem)
    return found
