# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tasks on the controller, where the file systems of an opened image are mounted and nowhere else."""

DOCUMENTATION = r"""
name: opened_image
short_description: Run tasks beside an image that image_session has opened
version_added: 1.0.0
author:
  - imagewright.azure contributors (@imagewright)
description:
  - Modules run with the controller's Python, in the namespaces of the image's session. There its file systems are mounted, at the
    RV(imagewright.azure.image_session#module:root) that M(imagewright.azure.image_session) returns, C(/dev) has no disk but the guest's, and other
    processes are not seen.
  - What they start cannot load modules into the controller's kernel, set its clock or restart it.
options:
  session:
    description:
      - The RV(imagewright.azure.image_session#module:session) that was returned.
    type: str
    required: true
    vars:
      - name: imagewright_image_session
  become_success_timeout:
    description:
      - Seconds to wait for a change of user.
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description:
      - Leave out what the change of user prints.
    type: bool
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
extends_documentation_fragment:
  - connection_pipelining
"""

import shlex
from typing import Optional, Tuple

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as LocalConnection

from ansible_collections.imagewright.azure.plugins.module_utils.opening.alive import is_alive

#: What no program of a guest may do to this machine. Source: capabilities(7).
_FORBIDDEN = "-sys_module,-sys_boot,-sys_time,-sys_rawio,-syslog,-wake_alarm,-block_suspend"


class Connection(LocalConnection):
    """The local connection, inside the namespaces of a session."""

    transport = "imagewright.azure.opened_image"

    def exec_command(self, cmd: str, in_data: Optional[bytes] = None, sudoable: bool = True) -> Tuple[int, bytes, bytes]:
        """Return (exit status, stdout, stderr) of a command line."""
        session = self.get_option("session")
        if not is_alive(session):
            raise AnsibleConnectionFailure(
                f"cannot work on the image: the process that held it open ({session}) has ended, and nothing of it is mounted any more; run the play again"
            )
        inside = ["nsenter", "--target", session.partition(":")[0], "--mount", "--pid", "--uts", "--ipc", "--net", "--"]
        limited = ["setpriv", f"--bounding-set={_FORBIDDEN}", "--", "/bin/sh", "-c", cmd]
        return super().exec_command(shlex.join(inside + limited), in_data=in_data, sudoable=sudoable)
