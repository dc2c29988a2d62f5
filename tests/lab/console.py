# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a guest says on its serial console: pure functions on its text, and waiting for a text."""

import re
import time
from pathlib import Path
from typing import NamedTuple

from lab.errors import LabError

# systemd cuts long names in the middle of an escape sequence: the last alternative is the rest of one.
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][0-9A-Za-z]|[=>cM78])|(?<=…)\[0m")
GRUB = re.compile(r"Booting `|GNU GRUB|Welcome to GRUB|Loading Linux |Loading initial ramdisk|GRUB Loading stage")
COMMAND_LINE = re.compile(r"(?:Command line|Kernel command line): (?P<line>.*)")  # arm64 says the second alone
ROOT_MOUNTED = re.compile(r"(?:EXT4-fs|XFS|BTRFS|EXT3-fs)\b.*(?:mounted filesystem|Mounting|Ending clean mount|first mount|device fsid)")
SWAP = re.compile(r"Adding (?P<size>\d+)k swap on (?P<device>\S+)|Activated swap (?P<unit>.*)")
WAITING = re.compile(r"(?:A (?:start|stop) job is running for (?P<what>.*?)|Job (?P<unit>\S+)/\S+ running)(?: \(|$)", re.MULTILINE)
TIMED_OUT = re.compile(r"(?:(?:Timed out|Gave up) waiting for|Dependency failed for|\[ *TIME *\]) *(?P<what>.*)")
FAILED = re.compile(r"\[FAILED\] Failed to \S+ (?P<what>.*)")
MULTI_USER = re.compile(r"Reached target (?:multi-user\.target|Multi-User System)")
LOGIN = re.compile(r"^\S+ login:", re.MULTILINE)
HOPELESS = re.compile(
    r"Kernel panic|Give root password|[Dd]ropping to a shell|emergency mode|error: no such device"
    r"|error: unknown filesystem|grub rescue>|BdsDxe: No bootable option|No bootable device"
)
PANIC = re.compile(r"Kernel panic")


class ConsoleReport(NamedTuple):
    """What a console said of one boot.

    grub: bool, the boot loader spoke; kernel: bool, so did the kernel; command_line: str, of the kernel
    root_mounted, multi_user, login: bool
    swaps, waiting, timed_out, failed_units: list of str, what was named; waiting may be mere slowness
    hopeless: str, the line after which no login comes, or ""
    """

    grub: bool
    kernel: bool
    command_line: str
    root_mounted: bool
    multi_user: bool
    login: bool
    swaps: list
    waiting: list
    timed_out: list
    failed_units: list
    hopeless: str


def plain(text: str) -> str:
    """Return a console's text without escape sequences, its lines ended by newlines alone."""
    return ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def read_console(text: str) -> ConsoleReport:
    """Return what a serial console said."""
    text = plain(text)
    kernel = COMMAND_LINE.search(text)
    hopeless = next((line.strip() for line in text.splitlines() if HOPELESS.search(line)), "")
    swaps = [match["device"] or match["unit"].strip() for match in SWAP.finditer(text)]
    return ConsoleReport(
        grub=bool(GRUB.search(text[: kernel.start()] if kernel else text)),
        kernel=bool(kernel),
        command_line=kernel["line"].strip() if kernel else "",
        root_mounted=bool(ROOT_MOUNTED.search(text)),
        multi_user=bool(MULTI_USER.search(text)),
        login=bool(LOGIN.search(text)),
        swaps=_unique(swaps),
        waiting=_unique((match["what"] or match["unit"]).strip() for match in WAITING.finditer(text)),
        timed_out=_unique(match["what"].strip() for match in TIMED_OUT.finditer(text)),
        failed_units=_unique(match["what"].strip() for match in FAILED.finditer(text)),
        hopeless=hopeless,
    )


def wait_for(path: Path, pattern: re.Pattern, deadline: float, still_running) -> str:
    """Return a console's text when it holds the pattern.

    deadline: float, of time.monotonic(); still_running: function, raises LabError when the guest has ended
    Raises LabError: when the deadline passes, or a line says that the guest will not come up
    """
    while True:
        text = plain(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else ""
        if pattern.search(text):
            return text
        hopeless = HOPELESS.search(text)
        if hopeless:
            raise LabError(f"cannot boot: the console says {hopeless[0]!r}; see {path}")
        still_running()
        if time.monotonic() > deadline:
            last = text.strip().splitlines()[-1:] or ["nothing at all"]
            raise LabError(f"cannot boot: the console does not show /{pattern.pattern}/ in time; its last line: {last[0]!r}; see {path}")
        time.sleep(0.5)


def _unique(items) -> list:
    return list(dict.fromkeys(items))
