#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: vhd_info
short_description: Tell what a disk image is and whether Azure takes it
version_added: 1.0.0
description:
  - Reads the footer, the partition table, the boot code and the EFI system partition of a VHD, and says in words what Azure would refuse.
  - Takes a fraction of a second whatever the size of the disk, needs no rights but reading, and changes nothing.
  - Raw disks and other image formats are described as far as their headers tell.
options:
  path:
    description:
      - The disk image.
    type: path
    required: true
    aliases: [image]
  dest:
    description:
      - Also look whether M(imagewright.azure.vhd_align) could write the VHD of O(path) here, and fail where it could not, for its directory is not there
        or not to be written, the file cannot be replaced, or there is too little room for the data that O(path) holds now.
      - Meant for the image of a machine that still runs, before work is put into it.
    type: path
  identity:
    description:
      - Also look inside the disk for what tells it from that of another machine, and return it as RV(identity).
      - Needs the Python packages that M(imagewright.azure.readiness_info) needs for an image.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: The module never changes anything.
  diff_mode:
    support: none
    description: The module never changes anything.
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - module: imagewright.azure.vhd_align
"""

EXAMPLES = r"""
- name: Look at the VHD
  imagewright.azure.vhd_info:
    path: /upload/disk.vhd
  register: vhd

- name: Look, while the machine still runs, whether its VHD will have room
  imagewright.azure.vhd_info:
    path: /images/disk.qcow2
    dest: /upload/disk.vhd

- name: Look, while the machine still runs, whether this is its disk
  imagewright.azure.vhd_info:
    path: /images/disk.qcow2
    identity: true
  register: vhd

- name: Stop before the upload when Azure would refuse it
  ansible.builtin.assert:
    that: vhd.accepted
    fail_msg: "{{ vhd.problems | join('; ') }}"
"""

RETURN = r"""
path:
  description: The image.
  returned: success
  type: str
format:
  description: Its format by its content; V(vpc) for VHDs, null when it is no image of a disk.
  returned: success
  type: str
  sample: vpc
accepted:
  description: Whether Azure takes the file as a disk. The disk may still not boot; see RV(generations) and RV(problems).
  returned: success
  type: bool
problems:
  description: What Azure would refuse, and what would surprise, in words. Empty for a right VHD.
  returned: success
  type: list
  elements: str
problem_details:
  description:
    - The same as RV(problems), one for one, for tasks that decide by them. The words may change, an C(id) stays.
    - The ids are listed in U(https://github.com/imagewright/imagewright.azure/blob/main/docs/vhd.md).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: What it is, like V(not_a_disk), V(cut_off), V(footer_checksum), V(no_generation).
      type: str
    cause:
      description: What was found.
      type: str
    fix:
      description: What to do about it; empty where nothing helps.
      type: str
disk_type:
  description: Type of the VHD, V(fixed), V(dynamic) or V(differencing); null for other formats.
  returned: success
  type: str
  sample: fixed
checksum_ok:
  description: Whether the checksum of the footer is right; null without a footer.
  returned: success
  type: bool
footer:
  description: The fields of the VHD's footer; null without one.
  returned: success
  type: dict
  sample: {creator_application: qem2, creator_host_os: Wi2k, current_size: 8589934592, disk_type: fixed}
virtual_size:
  description: Size of the disk in the image, bytes.
  returned: success
  type: int
  sample: 8589934592
file_size:
  description: Size of the file, bytes.
  returned: success
  type: int
  sample: 8589935104
upload_size:
  description: Size of the right VHD of this disk, bytes; what C(az disk create --upload-size-bytes) wants.
  returned: success
  type: int
  sample: 8589935104
aligned:
  description: Whether the disk is a whole number of MiB.
  returned: success
  type: bool
partition_table:
  description: Kind of the partition table, V(gpt), V(mbr) or V(none); null when the format hides the disk.
  returned: success
  type: str
  sample: gpt
partitions:
  description: The partitions; start and size in bytes. Null when the format hides the disk.
  returned: success
  type: list
  elements: dict
  sample:
    - {number: 1, type: C12A7328-F81F-11D2-BA4B-00A0C93EC93B, start: 1048576, size: 104857600, active: false, name: EFI}
boot_code:
  description: Whether the first sector has boot code.
  returned: success
  type: bool
fallback_loader:
  description:
    - Whether the EFI system partition has the loader that a new machine looks for, a whole EFI program of its processor.
    - Null without such a partition, or when it cannot be read.
  returned: success
  type: bool
architecture:
  description:
    - The processor that the disk boots on, in the words of C(az --architecture), V(x64) or V(Arm64), by its boot code and its fallback loader.
    - Null when nothing boots, or the format hides the disk.
  returned: success
  type: str
  sample: x64
secure_boot:
  description:
    - Whether the fallback loader is signed by Microsoft's authority for third parties, as Secure Boot of a Trusted Launch machine wants it.
    - That the signature names it is looked at, not whether it holds. Null without a fallback loader.
  returned: success
  type: bool
generations:
  description: Generations of virtual machines that can boot the disk; null when the format hides the disk.
  returned: success
  type: list
  elements: int
  sample: [1, 2]
generation_reasons:
  description: Why a generation is not among them.
  returned: success
  type: list
  elements: str
identity:
  description:
    - UUIDs of the disk's file systems and of its partitions, as below C(/dev/disk/by-uuid) and C(/dev/disk/by-partuuid) of its machine, and the
      C(/etc/machine-id) of the Linux root on it, null where there is none, and the public keys of its SSH server. Null when the disk cannot be read.
  returned: with O(identity)
  type: dict
  sample: {file_systems: [7c1bb4a1-1dd0-4b3c-9d3e-7dbb0ef0d2a9], partitions: [2e8a1c7f-01], machine_id: 0123456789abcdef0123456789abcdef,
           host_keys: [AAAAC3NzaC1lZDI1NTE5AAAAIAbc]}
"""

import os
from typing import Any, Dict

from ansible_collections.imagewright.azure.plugins.module_utils.core.discreet_module import DiscreetModule
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.info import describe_image
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.room import require_room

ARGUMENTS = {"path": {"type": "path", "required": True, "aliases": ["image"]}, "dest": {"type": "path"}, "identity": {"type": "bool", "default": False}}


def run(module: DiscreetModule) -> Dict[str, Any]:
    """Return the module's result."""
    path, dest = os.path.abspath(module.params["path"]), module.params["dest"]
    description = describe_image(path)
    if dest:
        require_room(path, os.path.abspath(dest))
    if module.params["identity"]:
        # what reads whole guests is loaded only for this: it is five times what the rest needs
        from ansible_collections.imagewright.azure.plugins.module_utils.image.identity import identity_of

        description["identity"] = identity_of(path)
    return dict(description, changed=False)


def main() -> None:
    """Run the module."""
    finish(DiscreetModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
