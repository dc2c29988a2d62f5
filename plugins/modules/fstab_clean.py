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

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab_clean


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=fstab_clean.ARGUMENTS, supports_check_mode=True), fstab_clean.run)


if __name__ == "__main__":
    main()
