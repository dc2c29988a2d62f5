#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: fstab_clean
short_description: Take swap and shared folders out of fstab and name file systems by UUID
version_added: 1.0.0
description:
  - Takes the swap of the OS disk, and folders that another hypervisor's host shares with the guest, out of C(/etc/fstab), and
    replaces device names that depend on the controller
    (C(/dev/sda1), C(/dev/vda1), C(/dev/nvme0n1p1), C(/dev/disk/by-path), names of disks in C(/dev/disk/by-id)) by
    C(UUID=), so that the image mounts on SCSI and NVMe machines alike. All else in the file stays byte for byte.
  - Logical volumes and arrays, also by C(/dev/disk/by-id/dm-name-), C(dm-uuid-) and C(md-uuid-),
    labels and removable drives keep their names. Swap in compressed memory and on Azure's temporary disk stays.
  - Only the file is changed. Swap that is in use is not switched off.
author:
  - imagewright.azure contributors (@imagewright)
options:
  swap:
    description:
      - V(remove) takes the swap entries of the OS disk out, V(keep) leaves them.
    type: str
    choices: [remove, keep]
    default: remove
  shared_folders:
    description:
      - What becomes of folders of the host of VirtualBox, VMware, Parallels or QEMU (V(vboxsf), V(vmhgfs), V(prl_fs), V(9p), V(virtiofs)). Azure
        shares none, and the boot would wait for them or stop in the emergency shell. V(remove) takes their entries out, V(keep) leaves them.
    type: str
    choices: [remove, keep]
    default: remove
  identifiers:
    description:
      - V(uuid) names file systems by UUID, V(keep) leaves the device names.
    type: str
    choices: [uuid, keep]
    default: uuid
  method:
    description:
      - V(comment) puts C(# ) before an entry that goes, V(remove) takes the line out.
    type: str
    choices: [comment, remove]
    default: comment
  missing:
    description:
      - What to do when the UUID of a device cannot be told here, because there is no such device or, with O(root), nothing is
        mounted at its place. V(fail) stops with nothing changed, V(keep) leaves that entry with a warning.
    type: str
    choices: [fail, keep]
    default: fail
  path:
    description:
      - The file, a path in the guest.
    type: path
    default: /etc/fstab
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Mount by UUID and have no swap on the OS disk
  imagewright.azure.fstab_clean:

- name: Only name file systems by UUID in a mounted image
  imagewright.azure.fstab_clean:
    root: /mnt/guest
    swap: keep
    missing: keep

- name: Only take the lines of swap out, and keep a copy
  imagewright.azure.fstab_clean:
    path: /etc/fstab
    identifiers: keep
    method: remove
    backup: true
"""

RETURN = r"""
entries:
  description: The lines that were changed (in check mode, would be).
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
    line:
      description: Line number before the change.
      type: int
    before:
      description: The line before.
      type: str
    after:
      description: The line after, null when the entry was taken out.
      type: str
  sample: [{path: /etc/fstab, line: 4, before: /dev/sda1 / ext4 defaults 0 1, after: UUID=6d6d9ee0-5f4b-4ed5-9ee5-3b7e4f3d7f0e / ext4 defaults 0 1}]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/fstab.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.storage import device_ids, fstab


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


def main():
    """Run the module."""
    finish(
        AnsibleModule(
            argument_spec={
                "swap": {"type": "str", "choices": ["remove", "keep"], "default": "remove"},
                "shared_folders": {"type": "str", "choices": ["remove", "keep"], "default": "remove"},
                "identifiers": {"type": "str", "choices": ["uuid", "keep"], "default": "uuid"},
                "method": {"type": "str", "choices": ["comment", "remove"], "default": "comment"},
                "missing": {"type": "str", "choices": ["fail", "keep"], "default": "fail"},
                "path": {"type": "path", "default": "/etc/fstab"},
                "backup": {"type": "bool", "default": False},
                "root": {"type": "path", "default": "/"},
            },
            supports_check_mode=True,
        ),
        run,
    )


if __name__ == "__main__":
    main()
