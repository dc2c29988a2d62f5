#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: image_session
short_description: Open the system in a disk image for changes, without starting it
version_added: 1.0.0
description:
  - Mounts the file systems of the Linux system in a raw disk or a fixed VHD, as its own boot entries and its own fstab say, where nobody sees them but
    tasks that use the connection P(imagewright.azure.opened_image#connection). Modules with O(ignore:root) work on it there, and programs of the guest
    find a machine whose only disk is the guest's.
  - The kernel of the controller mounts them, as root, where it has drivers for all of them; else libguestfs does in a small virtual machine (O(way)). An
    encrypted disk, a hibernated or damaged system, and a guest for another architecture are refused, before anything is mounted.
  - All is given back when the session is closed, and when C(ansible-playbook) ends in any other way, C(kill -9) included.
options:
  path:
    description:
      - The image. It is changed, so give a copy that M(imagewright.azure.vhd_align) has made.
    type: path
    required: true
    aliases: [image]
  state:
    description:
      - V(open) mounts it. V(closed) ends the programs that still run in there, writes all to the image and unmounts it. V(discarded) does so too, and
        deletes the image.
    type: str
    choices: [open, closed, discarded]
    default: open
  session:
    description:
      - The RV(session) to close.
    type: str
  dest:
    description:
      - With O(state=closed), the name that the image gets once everything has been written, in place of what has that name now.
    type: path
  network:
    description:
      - Let the guest's programs use the network of this machine, as package managers need, and its name servers. Without it they have none.
    type: bool
    default: false
  way:
    description:
      - V(kernel) has the file systems mounted by the kernel of this machine, as root; it is fast. V(appliance) opens the image in a small virtual machine
        of libguestfs (C(guestfish)), without rights of root, with the drivers for an EFI system partition and logical volumes, and safe from file systems
        that attack a kernel.
      - V(auto) is V(kernel) where that can be, else V(appliance).
    type: str
    choices: [auto, kernel, appliance]
    default: auto
  owner:
    description:
      - Number of the process with which the session ends. It is the running C(ansible-playbook) by itself.
    type: int
attributes:
  check_mode:
    support: partial
    description: Whether the module predicts its changes.
    details:
      - An image is opened and closed in check mode too, for tasks that predict their changes. It does not get the name O(dest).
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: none
    description: Each session is a new one.
author:
  - imagewright.azure contributors (@imagewright)
seealso:
  - plugin: imagewright.azure.opened_image
    plugin_type: connection
  - module: imagewright.azure.vhd_align
"""

EXAMPLES = r"""
- name: Open the copy
  imagewright.azure.image_session:
    path: /srv/azure/web1.vhd.preparing
  register: opened

- name: Clean its sudoers
  imagewright.azure.sudoers_clean:
    root: "{{ opened.root }}"
  vars:
    ansible_connection: imagewright.azure.opened_image
    imagewright_image_session: "{{ opened.session }}"
    ansible_python_interpreter: "{{ opened.python }}"

- name: Look into a third one, in which nobody trusts the file systems
  imagewright.azure.image_session:
    path: /srv/azure/mail1.vhd.preparing
    way: appliance

- name: Open another one, whose packages come from their repositories, until a process of one's own ends
  imagewright.azure.image_session:
    path: /srv/azure/db1.vhd.preparing
    network: true
    way: kernel
    owner: 4711

- name: Close it, and give it its name
  imagewright.azure.image_session:
    path: /srv/azure/web1.vhd.preparing
    state: closed
    session: "{{ opened.session }}"
    dest: /srv/azure/web1.vhd
"""

RETURN = r"""
session:
  description: What names the session.
  returned: O(state=open)
  type: str
  sample: "31611:1337658"
root:
  description: Where the guest's root is mounted, for tasks inside the session.
  returned: O(state=open)
  type: str
  sample: /run/imagewright-azure/9b9b9ce73f6405a4/root
python:
  description: The Python for tasks inside the session (C(ansible_python_interpreter)).
  returned: O(state=open)
  type: str
  sample: /usr/bin/python3
way:
  description: How the image was opened; V(kernel) is by mounts of this machine's kernel, V(appliance) in libguestfs' virtual machine.
  returned: O(state=open)
  type: str
  sample: kernel
mounts:
  description: What is mounted where in the guest.
  returned: O(state=open)
  type: list
  elements: dict
  contains:
    path:
      description: The guest's path.
      type: str
    partition:
      description: Number of the partition, V(0) for the whole disk and for a logical volume.
      type: int
    logical_volume:
      description: The logical volume that it is on, C(group/name), or an empty text.
      type: str
    driver:
      description: The kernel's driver.
      type: str
  sample: [{path: /, partition: 1, logical_volume: "", driver: ext4}]
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import fsync_directory
from ansible_collections.imagewright.azure.plugins.module_utils.opening import session
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import destination


ARGUMENTS = {
    "path": {"type": "path", "required": True, "aliases": ["image"]},
    "state": {"type": "str", "choices": ["open", "closed", "discarded"], "default": "open"},
    "session": {"type": "str"},
    "dest": {"type": "path"},
    "network": {"type": "bool", "default": False},
    "way": {"type": "str", "choices": ["auto", "kernel", "appliance"], "default": "auto"},
    "owner": {"type": "int"},
}


def run(module):
    """Return the module's result."""
    parameters = module.params
    if parameters["state"] == "open":
        if parameters["owner"] is None:
            raise ImagewrightError("cannot open an image for nobody: owner is not set; call this module as a task of a playbook, on the controller")
        opened = session.begin(parameters["path"], parameters["owner"], parameters["network"], parameters["way"])
        mounts = [{"path": place.path, "partition": place.number, "logical_volume": place.logical, "driver": place.driver} for place in opened.plan.places]
        return {"changed": False, "session": opened.name, "root": opened.root, "python": opened.python, "way": opened.way, "mounts": mounts}
    problems = session.end(parameters["path"], parameters["session"])
    if problems:
        raise ImagewrightError(f"cannot use {parameters['path']}: {'; '.join(problems)}; free space on the disk of the image, and run again")
    if parameters["state"] == "discarded":
        _discard(parameters["path"])
    elif parameters["dest"] and not module.check_mode:
        _name(parameters["path"], parameters["dest"])
        return {"changed": True}
    return {"changed": False}


def _discard(path):
    try:
        if os.path.exists(path):
            os.unlink(path)
    except OSError as error:
        raise from_os_error(f"delete {path}", error) from error


def _name(path, dest):
    """Give the image its name. Raises ImagewrightError: another program has the file of that name in use, or it cannot be replaced."""
    try:
        with destination.replaceable(dest, destination.status_of(dest)):
            os.rename(path, dest)
        fsync_directory(os.path.dirname(dest))
    except OSError as error:
        raise from_os_error(f"write {dest}", error) from error


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "closed", ["session"])],
        supports_check_mode=True,
    )
    finish(module, run)


if __name__ == "__main__":
    main()
