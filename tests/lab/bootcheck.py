# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot a disk that must not change, and say what its serial console said."""

import time
from pathlib import Path
from typing import NamedTuple

from lab import console, guests, machine
from lab.errors import LabError

SETTLE = 8  # seconds: systemd names a job that waits after five


class BootCheck(NamedTuple):
    """One boot: what its console said, the whole text, the seconds until the login prompt, why it ended early."""

    report: console.ConsoleReport
    text: str
    seconds: float
    error: str


def boot_check(disk: Path, firmware: str = "bios", bus: str = "scsi", timeout: float = 300) -> BootCheck:
    """Return what a disk's boot said on ttyS0, up to a login prompt and SETTLE seconds more.

    The disk is only read: the machine writes to an overlay that is thrown away.
    """
    began = time.monotonic()
    guest = machine.start(disk, name=guests.new_name("bootcheck"), firmware=firmware, bus=bus, wait=False, owned=True)
    try:
        error = _watch(guest, began + timeout)
        seconds = time.monotonic() - began
        if not error:
            time.sleep(SETTLE)
        text = console.plain(guest.console.read_text(encoding="utf-8", errors="replace"))
    finally:
        machine.stop(guest, at_once=True)
    return BootCheck(console.read_console(text), text, seconds, error)


def _watch(guest, deadline: float) -> str:
    """Wait for login prompt and multi-user; return why one does not come, or "" when both have."""
    for attempt in range(1, machine.ATTEMPTS + 1):
        try:
            for pattern in (console.LOGIN, console.MULTI_USER):  # either may come first
                machine.wait_until_up(guest, pattern.pattern, deadline)
            return ""
        except LabError as error:
            if attempt == machine.ATTEMPTS or not machine.early_panic(guest):
                return str(error)
            machine.restart(guest)
    return ""


def summary(check: BootCheck) -> str:
    """Return a check as lines of text."""
    report = check.report
    lines = [
        f"GRUB on ttyS0      {_yes(report.grub)}",
        f"kernel on ttyS0    {_yes(report.kernel)}",
        f"command line       {report.command_line or '-'}",
        f"root mounted       {_yes(report.root_mounted)}",
        f"multi-user         {_yes(report.multi_user)}",
        f"login prompt       {_yes(report.login)} ({check.seconds:.1f} s)",
        f"swap               {', '.join(report.swaps) or 'none'}",
        f"waiting jobs       {', '.join(report.waiting) or 'none'}",
        f"timed out          {', '.join(report.timed_out) or 'none'}",
        f"failed units       {', '.join(report.failed_units) or 'none'}",
    ]
    if check.error:
        lines.append(f"error              {check.error}")
    return "\n".join(lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
