# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest as tests use it: run commands and modules, read and write its files."""

import shlex
import subprocess

from lab import inventory, playing, ssh
from lab.errors import LabError
from lab.guests import Guest


class LiveGuest:
    """A running guest. Commands run as root unless another user is named."""

    def __init__(self, guest: Guest, host: str = "", **variables):
        """host: its name in the inventory; variables: further ones of the host."""
        self.record = guest
        self.host = host or guest.name
        self.inventory = inventory.inventory({self.host: (guest, variables)})

    def run(self, argv, user: str = "root", check: bool = True, stdin: str = "", timeout: float = 300) -> subprocess.CompletedProcess:
        """Return what a program of the guest did, with stdout and stderr as text.

        argv: list of words, or one str for the guest's shell
        Raises LabError: with check, when it does not end with 0
        """
        words = argv if isinstance(argv, str) else shlex.join(str(word) for word in argv)
        done = subprocess.run(
            ssh.argv(self.record, [words], user=user, shared=True), input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
        if check and done.returncode != 0:
            raise LabError(f"cannot run {words} on {self.host}: exit code {done.returncode}: {done.stderr or done.stdout}")
        return done

    def output(self, argv, **options) -> str:
        """Return the standard output of a program of the guest, without the last newline."""
        return self.run(argv, **options).stdout.rstrip("\n")

    def read(self, path: str) -> str:
        """Return the text of a file of the guest. Raises FileNotFoundError: when there is none."""
        if not self.exists(path):
            raise FileNotFoundError(path)
        return self.run(["cat", path]).stdout

    def write(self, path: str, text: str, mode: str = "") -> None:
        """Write a file of the guest, with its directories; mode as for chmod."""
        quoted = shlex.quote(path)
        self.run(f'mkdir -p "$(dirname {quoted})" && cat > {quoted}', stdin=text)
        if mode:
            self.run(["chmod", mode, path])

    def exists(self, path: str) -> bool:
        """Return whether a path is there."""
        return self.run(["test", "-e", path], check=False).returncode == 0

    def module(self, name: str, check: bool = False, diff: bool = True, become: bool = True, **arguments) -> dict:
        """Return the result of a module on the guest; `failed` and `changed` are always in it."""
        return playing.module(self.inventory, name, arguments, host=self.host, check=check, diff=diff, become=become)

    def role(self, name: str, variables: dict = None, check: bool = False, **options) -> playing.Play:
        """Return what a role did on the guest; options as of playing.playbook()."""
        return playing.role(self.inventory, name, variables, host=self.host, check=check, **options)

    def playbook(self, path, variables: dict = None, check: bool = False, **options) -> playing.Play:
        """Return what a playbook did on an inventory that holds this guest alone (group `guests`)."""
        return playing.playbook(self.inventory, path, variables, check=check, **options)
