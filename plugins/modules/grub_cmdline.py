#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: grub_cmdline
short_description: Set and remove kernel parameters on every boot loader, for this boot and for the next kernel
version_added: 1.0.0
author:
  - imagewright.azure contributors (@imagewright)
description:
  - Sets and removes parameters of the Linux kernel's command line in every place that feeds a boot, now or after the next kernel update.
  - Knows GRUB 2 (C(/etc/default/grub) with its drop-ins), Boot Loader Specification entries with C(grubenv) and C(/etc/kernel/cmdline),
    GRUB Legacy (also Debian's and SUSE's ways of feeding it) and EXTLINUX. A guest with more than one of them gets all of them changed.
  - Regenerates what the boot loader reads with the distribution's own tool, only when it has to,
    reads every entry back, and fails when one would not boot with the parameters asked for. Then everything is put back as it was.
  - All that was not asked for stays as it is, byte for byte, quotes and comments included.
options:
  present:
    description:
      - Parameters to have, each C(name) or C(name=value).
      - Other values of the name are replaced where they stand, unless the name is in O(repeatable).
        Those of a repeatable name are kept, and the ones given come after them, in the order given.
      - Names are compared as the kernel does it, with C(-) and C(_) equal.
      - A value with blanks is put between double quotes, C(name="a b").
    type: list
    elements: str
    default: []
  absent:
    description:
      - Parameters to remove. C(name) removes every value of it, C(name=value) that value alone.
    type: list
    elements: str
    default: []
  repeatable:
    description:
      - Names of which more than one value may stand on the command line.
      - The last C(console=) becomes C(/dev/console), so give the serial console last.
        Two C(console=) of one device count as one, since the kernel ignores the options of the second.
    type: list
    elements: str
    default: [console, earlycon]
  recovery:
    description:
      - What to do with recovery entries.
      - V(change) brings them to the same state. That is what a guest on Azure needs, where the serial console is the only one.
        On GRUB 2 a parameter that stands only in C(GRUB_CMDLINE_LINUX_DEFAULT), which recovery entries do not get, moves to
        C(GRUB_CMDLINE_LINUX) then, which all get, and C(GRUB_CMDLINE_LINUX_RECOVERY) is changed too.
      - V(keep) leaves what only recovery entries have as it is. On GRUB 2 they still follow C(GRUB_CMDLINE_LINUX), which they share.
    type: str
    choices: [keep, change]
    default: change
  rescue:
    description:
      - What to do with rescue entries, such as that of the kernel C(0-rescue) of the Red Hat family, and SUSE's failsafe entries.
    type: str
    choices: [keep, change]
    default: change
  settings:
    description:
      - Other variables of C(/etc/default/grub), such as C(GRUB_TERMINAL). A value of V(null) makes every assignment of it a comment.
      - Set where the value takes effect, be it in a drop-in, and followed by the same regeneration.
      - Only for guests with GRUB 2.
    type: dict
    default: {}
  bootloader:
    description:
      - The boot loader to change. V(auto) changes every one that the guest has.
    type: str
    choices: [auto, grub2, grub_legacy, bls, extlinux]
    default: auto
  regenerate:
    description:
      - Run the distribution's generator when what the boot loader reads is not up to date.
      - With V(false) only the sources are edited.
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
"""

EXAMPLES = r"""
- name: Let the kernel speak on Azure's serial console, at boot and in recovery
  imagewright.azure.grub_cmdline:
    present:
      - console=tty1
      - console=ttyS0,115200n8
      - earlyprintk=ttyS0,115200
      - rootdelay=300
    absent:
      - rhgb
      - quiet
      - crashkernel=auto

- name: Show GRUB's own menu there too
  imagewright.azure.grub_cmdline:
    settings:
      GRUB_TERMINAL: serial console
      GRUB_TERMINAL_OUTPUT: null
      GRUB_SERIAL_COMMAND: serial --speed=115200 --unit=0 --word=8 --parity=no --stop=1
      GRUB_TIMEOUT: "10"

- name: Prepare a mounted guest, without running its generator
  imagewright.azure.grub_cmdline:
    root: /mnt/guest
    present: [net.ifnames=0]
    regenerate: false
"""

RETURN = r"""
bootloaders:
  description: The boot loaders that were looked after.
  returned: success
  type: list
  elements: str
  sample: [grub2]
sources:
  description: The places that feed the boot, changed or not.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /etc/default/grub
      variable: GRUB_CMDLINE_LINUX
      before: quiet
      after: console=ttyS0,115200n8
entries:
  description:
    - The entries that can boot, with the command line that the kernel got before and gets now.
    - C(before) is V(null) for an entry that is new. C(kind) is V(normal), V(recovery), V(rescue) or V(other).
  returned: success
  type: list
  elements: dict
  sample:
    - path: /boot/grub/grub.cfg
      title: Debian GNU/Linux
      kernel: /boot/vmlinuz-6.1.0-28-amd64
      kind: normal
      before: root=UUID=7d7c ro quiet
      after: root=UUID=7d7c ro console=ttyS0,115200n8
next_kernel:
  description: The command line that the next installed kernel will get; V(null) when nothing on the guest says it.
  returned: success
  type: str
  sample: root=UUID=7d7c ro console=ttyS0,115200n8
regenerated:
  description: The generated files that were written again, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/boot/grub/grub.cfg]
backup_files:
  description: Paths of the copies that O(backup) made.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import finish


def main():
    """Run the module."""
    finish(AnsibleModule(argument_spec=grub_cmdline.ARGUMENTS, supports_check_mode=True), grub_cmdline.run)


if __name__ == "__main__":
    main()
