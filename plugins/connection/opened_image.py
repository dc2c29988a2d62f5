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
  - Where the image was opened in libguestfs' appliance, they run in there, with its Python.
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

import os
import shlex
from typing import Optional, Tuple

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.text.converters import to_bytes
from ansible.plugins.connection.local import Connection as LocalConnection

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.opening import asking
from ansible_collections.imagewright.azure.plugins.module_utils.opening.alive import is_alive

#: What no program of a guest may do to this machine. Source: capabilities(7).
_FORBIDDEN = "-sys_module,-sys_boot,-sys_time,-sys_rawio,-syslog,-wake_alarm,-block_suspend"


class Connection(LocalConnection):
    """The local connection, inside the namespaces of a session, or a shell in its appliance."""

    transport = "imagewright.azure.opened_image"

    def exec_command(self, cmd: str, in_data: Optional[bytes] = None, sudoable: bool = True) -> Tuple[int, bytes, bytes]:
        """Return (exit status, stdout, stderr) of a command line."""
        session, appliance = self._session()
        if appliance:
            answer = self._ask(appliance, cmd, in_data or b"")
            return answer.rc, answer.stdout, answer.stderr
        inside = ["nsenter", "--target", session.partition(":")[0], "--mount", "--pid", "--uts", "--ipc", "--net", "--"]
        limited = ["setpriv", f"--bounding-set={_FORBIDDEN}", "--", "/bin/sh", "-c", cmd]
        return super().exec_command(shlex.join(inside + limited), in_data=in_data, sudoable=sudoable)

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file of the controller to where tasks of the session find it."""
        _session, appliance = self._session()
        if not appliance:
            super().put_file(in_path, out_path)
            return
        with open(to_bytes(in_path), "rb") as stream:
            self._copied(self._ask(appliance, f"cat > {shlex.quote(out_path)}", stream.read()), out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file that tasks of the session see to the controller."""
        _session, appliance = self._session()
        if not appliance:
            super().fetch_file(in_path, out_path)
            return
        answer = self._copied(self._ask(appliance, f"cat {shlex.quote(in_path)}", b""), in_path)
        with open(to_bytes(os.path.normpath(out_path)), "wb") as stream:
            stream.write(answer.stdout)

    def _session(self) -> Tuple[str, str]:
        """Return what names the session, and where its appliance is asked, "" without one."""
        session = self.get_option("session")
        if not is_alive(session):
            raise AnsibleConnectionFailure(
                f"cannot work on the image: the process that held it open ({session}) has ended, and nothing of it is mounted any more; run the play again"
            )
        return session, "".join(session.split(":", 2)[2:])

    def _ask(self, appliance: str, command: str, stdin: bytes) -> asking.Answer:
        try:
            answer = asking.ask(appliance, asking.Request(command, stdin))
        except ImagewrightError as error:
            raise AnsibleConnectionFailure(str(error)) from error
        if answer.problem:
            raise AnsibleConnectionFailure(answer.problem)
        return answer

    def _copied(self, answer: asking.Answer, path: str) -> asking.Answer:
        if answer.rc:
            raise AnsibleConnectionFailure(
                f"cannot copy {path} in the appliance: {answer.stderr.decode('utf-8', 'replace').strip()}; free space on this machine"
            )
        return answer
