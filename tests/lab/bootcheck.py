# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot a disk that must not change, and say what its serial console said."""

import time
from pathlib import Path
from typing import NamedTuple

from lab import console, guests, images, inside, machine
from lab.commands import run
from lab.errors import LabError
from lab.files import remove_tree, roomy_scratch
from lab.paths import cache_dir


class BootCheck(NamedTuple):
    """One boot.

    report: what loader, kernel and systemd said; state: what the guest said of itself, None when it did not
    text: all of the console; seconds: until the login prompt; error: why it ended early, or ""
    """

    report: console.ConsoleReport
    state: object
    text: str
    seconds: float
    error: str


def boot_check(disk: Path, firmware: str = "bios", bus: str = "scsi", timeout: float = 300, architecture: str = "amd64", patience: int = 0) -> BootCheck:
    """Return what a disk's boot said on its serial console, up to a login prompt and the guest's report of its own state.

    patience: seconds that the guest's systemd gives devices and services, 0 for its own
    The disk is only read: the machine runs on a copy that has the reporting unit, and is thrown away.
    Where the unit cannot be written (XFS and Btrfs, when this machine's kernel has neither), the guest reports nothing, and systemd's own
    messages up to the prompt have to do: whether it still says there that multi-user is reached depends on which of the two comes first.
    """
    began = time.monotonic()
    scratch = roomy_scratch(cache_dir(), disk.stat().st_blocks * 512) / f"imagewright-lab-{guests.new_name('bootcheck')}"
    scratch.mkdir(parents=True)
    try:
        copy = _copy(disk, scratch)
        speaks = inside.can_inject(copy)
        if speaks:
            inside.inject(copy, scratch, patience)
        guest = machine.start(
            copy, name=guests.new_name("bootcheck"), firmware=firmware, bus=bus, in_place=True, wait=False, owned=True, architecture=architecture
        )
        try:
            seconds, error = _watch(guest, began, timeout, (console.LOGIN, inside.DONE) if speaks else (console.LOGIN,))
            text = console.plain(guest.console.read_text(encoding="utf-8", errors="replace"))
        finally:
            machine.stop(guest, at_once=True)
    finally:
        remove_tree(scratch)
    return BootCheck(console.read_console(text), inside.read_state(text), text, seconds, error)


def _copy(disk: Path, scratch: Path) -> Path:
    """Return a raw copy of a disk."""
    copy = scratch / "disk.raw"
    kind = images.image_format(disk)
    run(["qemu-img", "convert", "-f", kind, "-O", "raw", disk, copy])
    return copy


def _watch(guest, began: float, timeout: float, patterns: tuple) -> tuple:
    """Wait for texts on the console, the login prompt first; return the seconds until it came, and an error or ""."""
    for attempt in range(1, machine.ATTEMPTS + 1):
        seconds = 0.0
        try:
            for pattern in patterns:
                machine.wait_until_up(guest, pattern.pattern, began + timeout)
                seconds = seconds or time.monotonic() - began
            return seconds, ""
        except LabError as error:
            if attempt == machine.ATTEMPTS or not machine.early_panic(guest):
                return seconds or time.monotonic() - began, str(error)
            machine.restart(guest)
    raise AssertionError("the last attempt returns")


def summary(check: BootCheck) -> str:
    """Return a check as lines of text."""
    report, state = check.report, check.state
    lines = [
        f"GRUB on ttyS0      {_yes(report.grub)}",
        f"kernel on ttyS0    {_yes(report.kernel)}",
        f"command line       {state.command_line if state else report.command_line or '-'}",
        f"root mounted       {state.root if state else _yes(report.root_mounted)}",
        f"multi-user         {_yes(state.multi_user if state else report.multi_user)}",
        f"login prompt       {_yes(report.login)} ({check.seconds:.1f} s)",
        f"swap               {', '.join(state.swaps if state else report.swaps) or 'none'}",
        f"waiting jobs       {(', '.join(state.jobs) or 'none') if state else 'not known'}",
        f"timed out          {', '.join(report.timed_out) or 'none'}",
        f"failed units       {', '.join(state.failed if state else report.failed_units) or 'none'}",
    ]
    if check.error:
        lines.append(f"error              {check.error}")
    return "\n".join(lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
