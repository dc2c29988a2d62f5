# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a guest without a login say on its serial console how it is: a unit in a throw-away copy of its disk.

systemd stops its own messages on a console as soon as a login prompt is there. What it reaches, waits for
or gives up after that is never seen from outside. So one unit is written into a copy of the disk (by
debugfs: no mount), which prints the state once multi-user is reached. The disk itself is not touched.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

from lab import images
from lab.commands import run
from lab.errors import LabError

BEGIN, END = "LAB-REPORT-BEGIN", "LAB-REPORT-END"
EXT = ("ext2", "ext3", "ext4")
DONE = re.compile(END)
SETTLE = 5  # seconds between multi-user and the report
ADDRESS_TIME = 40  # seconds more that it waits for an address of the first card
START_TIME = 60  # seconds more that it waits for services that are being started, as one that D-Bus asked for

# Jobs that wait for a device are listed at once; restarts of failing units are over after SETTLE.
UNIT = f"""[Unit]
Description=Report to the lab
DefaultDependencies=no
After=multi-user.target
[Service]
ExecStart=/bin/sh -c 'sleep {SETTLE}; for second in $$(seq {ADDRESS_TIME}); do ip -4 -o addr show scope global | grep -q . && break; sleep 1; done; \\
  for second in $$(seq {START_TIME}); do systemctl list-jobs --no-legend --plain --full | \\
    grep -v "[.]device " | grep -q " running *$$" || break; sleep 1; done; \\
  exec >/dev/console; echo; echo {BEGIN}; ip -4 -o addr show scope global | sed "s/^/address /"; \\
  echo "cmdline $$(cat /proc/cmdline)"; echo "kernel $$(uname -r)"; echo "root $$(findmnt -no SOURCE,FSTYPE /)"; \\
  echo "target $$(systemctl is-active multi-user.target)"; \\
  tail -n +2 /proc/swaps | sed "s/^/swap /"; \\
  systemctl list-jobs --no-legend --plain --full | sed "s/^/job /"; \\
  systemctl --failed --no-legend --plain --full | sed "s/^/failed /"; echo {END}'
"""
UNITS = "/etc/systemd/system"
NAME = "lab-report.service"
# systemd gives a device 90 seconds, which an emulated machine on a busy one may need until udev starts. Read by systemd 252 and later.
PATIENCE = "[Manager]\nDefaultDeviceTimeoutSec={seconds}s\nDefaultTimeoutStartSec={seconds}s\n"
PATIENCE_PLACE = "/etc/systemd/system.conf.d"


class State(NamedTuple):
    """What a guest said of itself: its /proc/cmdline, root, whether multi-user is active, lists of names, the kernel's version, its addresses."""

    command_line: str
    root: str
    multi_user: bool
    swaps: list
    jobs: list
    failed: list
    kernel: str = ""
    addresses: tuple = ()


def can_inject(disk: Path) -> bool:
    """Return whether the unit can be written into a raw disk's root: by debugfs, or by this machine's kernel."""
    kind = _file_system(disk)
    kernels_own = Path("/proc/filesystems").read_text(encoding="ascii").split()
    return kind in EXT or (kind in ("xfs", "btrfs") and kind in kernels_own and os.geteuid() == 0)


def inject(disk: Path, scratch: Path, patience: int = 0) -> None:
    """Write the reporting unit into the root file system of a raw copy of a disk.

    scratch: Path, a directory for the files to be written
    patience: seconds that systemd gives devices and services, 0 for its own 90
    """
    if _file_system(disk) not in EXT:
        _inject_mounted(disk, scratch, patience)
        return
    source, settings = scratch / NAME, scratch / "lab.conf"
    source.write_text(UNIT, encoding="ascii")
    settings.write_text(PATIENCE.format(seconds=patience), encoding="ascii")
    start = images.root_partition(disk).start
    lines = [f"write {source} {UNITS}/{NAME}", f"symlink {UNITS}/multi-user.target.wants/{NAME} ../{NAME}"]
    if patience:
        there = "/system.conf.d/" in run(["debugfs", "-R", "ls -p /etc/systemd", f"{disk}?offset={start}"])
        lines += [*([] if there else [f"mkdir {PATIENCE_PLACE}"]), f"write {settings} {PATIENCE_PLACE}/lab.conf"]
    commands = scratch / "debugfs.commands"
    commands.write_text("\n".join(lines) + "\n", encoding="ascii")
    run(["debugfs", "-w", "-f", commands, f"{disk}?offset={start}"])
    listed = run(["debugfs", "-R", f"ls -p {UNITS}/multi-user.target.wants", f"{disk}?offset={start}"])
    if NAME not in listed:
        raise LabError(f"cannot write the reporting unit into {disk}: is its root file system ext4?")


def _file_system(disk: Path) -> str:
    return run(["blkid", "-p", "-O", images.root_partition(disk).start, "-s", "TYPE", "-o", "value", disk]).strip()


def _inject_mounted(disk: Path, scratch: Path, patience: int) -> None:
    """Write the same into a root that is mounted for that moment, as XFS and Btrfs need it."""
    part, mount = images.root_partition(disk), scratch / "mounted"
    mount.mkdir()
    options = f"loop,offset={part.start},sizelimit={part.size}" + (",nouuid" if _file_system(disk) == "xfs" else "")
    run(["mount", "-o", options, disk, mount])
    try:
        units = mount / UNITS.lstrip("/")
        (units / NAME).write_text(UNIT, encoding="ascii")
        (units / "multi-user.target.wants").mkdir(exist_ok=True)
        (units / "multi-user.target.wants" / NAME).symlink_to(f"../{NAME}")
        if patience:
            settings = mount / PATIENCE_PLACE.lstrip("/")
            settings.mkdir(exist_ok=True)
            (settings / "lab.conf").write_text(PATIENCE.format(seconds=patience), encoding="ascii")
    finally:
        run(["umount", mount])


def read_state(text: str):
    """Return the State on a console's text (without escape sequences), or None when there is no whole report."""
    if BEGIN not in text or END not in text:
        return None
    # The kernel may speak in between, on lines of its own.
    lines = [line.strip() for line in text.partition(BEGIN)[2].partition(END)[0].splitlines()]

    def named(kind):
        return [line[len(kind) + 1 :].strip() for line in lines if line.startswith(kind + " ")]

    return State(
        command_line=next(iter(named("cmdline")), ""),
        root=next(iter(named("root")), ""),
        multi_user=named("target") == ["active"],
        swaps=[line.split()[0] for line in named("swap") if line],
        jobs=[line.split()[1] for line in named("job") if NAME not in line and len(line.split()) > 1],
        failed=[line.split()[0] for line in named("failed") if line],
        kernel=next(iter(named("kernel")), ""),
        addresses=tuple(line.split()[3] for line in named("address") if len(line.split()) > 3),
    )
