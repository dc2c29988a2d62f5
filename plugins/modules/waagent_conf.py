#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: waagent_conf
short_description: Set keys of the Azure Linux agent's configuration
version_added: 1.0.0
description:
  - Sets keys in C(waagent.conf) so that the agent really takes them. The file is read by the agent's own rules
    (keys are case sensitive, the last of several lines wins, C(#) ends a value, switches are C(y) and C(n)).
  - A value that the agent would silently replace by its default is refused, and so is a key that no agent reads.
  - A key that is only there as a comment is uncommented in place, later lines of the same key are removed;
    all other bytes of the file stay.
  - Keys that the installed agent ignores (older or newer than the key) are reported as warnings.
author:
  - imagewright.azure contributors (@imagewright)
options:
  settings:
    description:
      - Keys and values. V(true) and V(false) become C(y) and C(n); V(null) unsets a key (its line becomes a comment),
        so that the agent takes its default.
    type: dict
    required: true
  path:
    description:
      - The configuration file, a path in the guest.
      - Without it, the file that the agent reads is found - C(/etc/waagent.conf) on most systems,
        C(/usr/share/oem/waagent.conf) on Flatcar, C(/usr/share/defaults/waagent/waagent.conf) on Clear Linux,
        or what the agent's systemd unit names by C(-configuration-path).
    type: path
  create:
    description:
      - Create the file when it is not there; without O(path) as C(/etc/waagent.conf).
    type: bool
    default: false
  allow_unknown:
    description:
      - Take keys that no agent is known to read.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.sudoers_clean
"""

EXAMPLES = r"""
- name: Let the agent provision and make 2 GiB of swap on the resource disk
  imagewright.azure.waagent_conf:
    settings:
      Provisioning.Agent: waagent
      ResourceDisk.Format: true
      ResourceDisk.Filesystem: ext4
      ResourceDisk.MountPoint: /mnt/resource
      ResourceDisk.EnableSwap: true
      ResourceDisk.SwapSizeMB: 2048

- name: Leave provisioning and the resource disk to cloud-init in a mounted image
  imagewright.azure.waagent_conf:
    root: /mnt/guest
    settings:
      Provisioning.Agent: cloud-init
      ResourceDisk.Format: false
      ResourceDisk.EnableSwap: false

- name: Go back to the agent's default and keep a copy of the file
  imagewright.azure.waagent_conf:
    settings:
      HttpProxy.Host: null
    backup: true

- name: Write a configuration for an agent of one's own
  imagewright.azure.waagent_conf:
    path: /etc/agent/own.conf
    create: true
    allow_unknown: true
    settings:
      Own.Key: text
"""

RETURN = r"""
path:
  description: The configuration file.
  returned: success
  type: str
  sample: /etc/waagent.conf
before:
  description: The keys asked for as the agent read them before; null where it took its default.
  returned: success
  type: dict
  sample: {ResourceDisk.Format: n, ResourceDisk.SwapSizeMB: null}
after:
  description: The keys asked for as the agent reads them now.
  returned: success
  type: dict
  sample: {ResourceDisk.Format: y, ResourceDisk.SwapSizeMB: "2048"}
duplicates_removed:
  description: Lines that were removed because an earlier line sets the same key.
  returned: success
  type: list
  elements: dict
  contains:
    line:
      description: Line number before the change.
      type: int
    key:
      description: Name of the key.
      type: str
    value:
      description: Value that the line set.
      type: str
  sample: [{line: 40, key: ResourceDisk.Format, value: n}]
agent_version:
  description: Version of the installed agent, null when none is found.
  returned: success
  type: str
  sample: 2.7.3.0
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/waagent.conf.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation, releases
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.values import file_value, means_same


def plan(path, text, settings, allow_unknown=False):
    """Return (new text, [conf.Duplicate], {key: text of the value or None}) for the settings asked for.

    path: str, names the file in errors.
    Raises ImagewrightError: a key or value that the agent would not take.
    """
    wanted = {key: file_value(key, value, allow_unknown, conf.place(path, text, key)) for key, value in settings.items()}
    after, duplicates = conf.set_values(text, wanted)
    return after, duplicates, wanted


def run(module):
    """Return the module's result after setting the keys."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    path = parameters["path"] or installation.conf_path(tree) or installation.PATHS[0]
    before = edits.read(tree, path)
    if before is None and not parameters["create"]:
        raise ImagewrightError(f"cannot set keys in {path}: there is no such file; install the agent first, give its path, or set create: true")
    _check_encoding(path, before or "")
    after, duplicates, wanted = plan(path, before or "", parameters["settings"], parameters["allow_unknown"])
    edit = edits.Edit(path, before, after if before is not None or after else None)

    def read_back():
        _check_values(path, conf.parse(tree.read_text(path)), wanted)

    result = edits.apply(module, tree, [edit], parameters["backup"], activate=read_back if before != edit.after else None)
    version = installation.version(tree)
    for note in releases.notes(wanted, after, version):
        module.warn(f"{path}: {note}")
    for newer in installation.unmerged(tree, path):
        module.warn(f"{newer}: the packager's newer version of {path} was never merged; compare the two and remove it")
    result.update(
        path=path,
        agent_version=version,
        duplicates_removed=[duplicate._asdict() for duplicate in duplicates],
        before=_values(before or "", wanted),
        after=_values(after, wanted),
    )
    return result


def _check_encoding(path, text):
    """Raise ImagewrightError for bytes that the agent cannot decode: it would not start."""
    for number, line in enumerate(text.split("\n"), 1):
        if any("\udc80" <= character <= "\udcff" for character in line):
            raise ImagewrightError(f"cannot set keys in {path}: line {number} is not UTF-8, and the agent does not start with it; correct or remove that line")


def _check_values(path, values, wanted):
    """Raise ImagewrightError unless the agent reads the wanted values in the file."""
    for key, value in wanted.items():
        if not means_same(key, values.get(key), value):
            raise ImagewrightError(
                f"cannot set {key} in {path}: the file reads {values.get(key)!r} after it was written, not {value!r}; look for another program that writes it"
            )


def _values(text, wanted):
    values = conf.parse(text)
    return {key: values.get(key) for key in wanted}


def main():
    """Run the module."""
    finish(
        AnsibleModule(
            argument_spec={
                "settings": {"type": "dict", "required": True},
                "path": {"type": "path"},
                "create": {"type": "bool", "default": False},
                "allow_unknown": {"type": "bool", "default": False},
                "backup": {"type": "bool", "default": False},
                "root": {"type": "path", "default": "/"},
            },
            supports_check_mode=True,
        ),
        run,
    )


if __name__ == "__main__":
    main()
