# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of another architecture on this machine: its kernel starts them with QEMU's user emulation.

Source: Linux, Documentation/admin-guide/binfmt-misc.rst; binfmt.d(5)
"""

import platform
from pathlib import Path

from lab.commands import run
from lab.errors import LabError

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
BINFMT = Path("/proc/sys/fs/binfmt_misc")
RULES = Path("/usr/lib/binfmt.d")  # of the package qemu-user-static; systemd reads them at the boot


def require(architecture: str) -> None:
    """Have this kernel start programs of an architecture (Debian's name), until the next boot. Raises LabError: when it cannot.

    Where systemd runs this is done since the package was installed; a machine without it is told here.
    """
    machine = MACHINES[architecture]
    if machine == platform.machine():
        return
    name = f"qemu-{machine}"
    if not (BINFMT / "register").exists():
        run(["mount", "-t", "binfmt_misc", "none", BINFMT])
    if (BINFMT / name).exists():
        return
    rule = RULES / f"{name}.conf"
    if not rule.is_file():
        raise LabError(f"cannot start programs of {architecture} here: there is no {rule}; install the package qemu-user-static")
    lines = [line for line in rule.read_text(encoding="ascii").splitlines() if line.startswith(":")]
    for line in lines:
        (BINFMT / "register").write_text(line, encoding="ascii")
