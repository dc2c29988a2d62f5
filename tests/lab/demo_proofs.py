# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo proves, each with what was seen: on the live guest, in the plays, in the file, at the boot."""

import textwrap
from pathlib import Path
from typing import NamedTuple

from lab import probes, vhdfile
from lab.commands import last_lines
from lab.tree import USER

HISTORIES = ("/root/.bash_history", f"/home/{USER}/.bash_history")
# Not under QEMU: host keys (provisioning makes them), Hyper-V's clock and channels. systemd shortens the names of units.
NEEDS_AZURE = ("ssh.", "walinuxagent.", "cloud-", "hyperv-")


class Proof(NamedTuple):
    """One proof: a row of the table."""

    name: str
    requirement: str
    before: str
    after: str
    holds: bool


def of_guest(before: list, after: list) -> list:
    """Return what the guest's own tools say before and after: every fault was there, and is gone."""
    proofs = []
    for was, now in zip(before, after):
        words = [answer.probe.good_answer if answer.good else answer.probe.bad_answer for answer in (was, now)]
        detail = "" if now.good else f" ({last_lines(now.output, 2)})"
        proofs.append(Proof(now.probe.name, now.probe.requirement, words[0], words[1] + detail, now.good))
    return proofs


def of_plays(first, second, third) -> list:
    """Return what the three runs of the playbook show."""
    changed_again = second.changed_tasks()
    return [
        Proof("first run", "", "", f"{first.changed} changes", first.changed > 0),
        Proof("second run", "", "", f"changed={second.changed} {'; '.join(changed_again)}".strip(), second.changed == 0),
        Proof("last run", "", "", f"deprovisioned, powered off, converted ({third.changed} changes)", not third.failed),
    ]


def of_file(vhd: Path, source: Path) -> list:
    """Return what the finished file shows from outside."""
    if not vhd.exists():
        return [Proof("VHD", "R01", "", "there is no such file", False)]
    wrong = vhdfile.wrong(vhd)
    read = vhdfile.footer(vhd)
    left = [path for path in HISTORIES if _content(vhd, path)]
    host_keys = [name for name in vhdfile.list_directory(vhd, "/etc/ssh") if name.startswith("ssh_host_")]
    machine_id = _content(vhd, "/etc/machine-id").strip()
    return [
        Proof(
            "VHD footer and size",
            "R01 R02",
            f"{source.stat().st_size} bytes, raw",
            "; ".join(wrong) or f"fixed, {read.current_size // vhdfile.MIB} MiB",
            not wrong,
        ),
        Proof("shell histories", "R50", "root, user", ", ".join(left) or "none", not left),
        Proof("ssh host keys", "R49", "of the build", ", ".join(host_keys) or "none", not host_keys),
        Proof("machine-id", "R49", "of the build", machine_id.decode(errors="replace") or "empty", machine_id in (b"", b"uninitialized")),
    ]


def of_boot(check, after: list, serial: str = "ttyS0") -> list:
    """Return what the serial console of the booted VHD shows. check: BootCheck, or None without a VHD; serial: the kernel's name of the port."""
    if check is None:
        return [Proof("boot", "", "", "there is no VHD to boot", False)]
    report, state = check.report, check.state
    # Azure's early console of arm64 takes the first words of the kernel; the next are on its serial port
    kernel = report.root_mounted if serial == "ttyAMA0" else report.kernel
    spoke = [
        Proof(f"GRUB on {serial}", "R33", "silent", _yes(report.grub), report.grub),
        Proof(f"kernel on {serial}", "R27", "silent", _yes(kernel), bool(kernel)),
        Proof("login prompt", "", "", check.error or f"after {check.seconds:.0f} s", report.login and not check.error),
    ]
    if state is None:
        return [*spoke, Proof("state of the booted guest", "", "", "the guest did not report it", False)]
    menu = next(answer.output for answer in after if answer.probe.name == "kernel console").split()
    parameters = state.command_line.split()
    lost = [word for word in menu if "=" in word and not word.startswith("root=") and word not in parameters]
    left = [word for word in probes.REMOVED_PARAMETERS if word in parameters]
    failed = [unit for unit in state.failed if not unit.startswith(NEEDS_AZURE)]
    waiting = [job for job in state.jobs if not job.startswith(NEEDS_AZURE)] + report.timed_out  # sshd is tried again and again
    return [
        *spoke,
        Proof(
            "/proc/cmdline",
            "R27 R30",
            "quiet rhgb crashkernel=auto",
            state.command_line,
            bool(parameters) and not lost and not left and f"console={serial}" in state.command_line,
        ),
        Proof("root mounted", "", "", state.root, bool(state.root)),
        Proof("multi-user reached", "", "", _yes(state.multi_user), state.multi_user),
        Proof("swap", "R12", "/dev/sda2", ", ".join(state.swaps) or "none", not state.swaps and not report.swaps),
        Proof("waits for a device that is gone", "R12 R13", "", ", ".join(waiting) or "nothing: no job is left", not waiting),
        Proof("failed units", "", "", _failed_units(state.failed, failed), not failed),
    ]


def table(proofs: list, width: int = 70) -> str:
    """Return the proofs as a table for a terminal."""
    head = f"{'':5}{'what':<34}{'requirement':<13}{'before':<30}after\n" + "-" * (82 + width // 2)
    rows = []
    for proof in proofs:
        after = textwrap.wrap(proof.after, width) or [""]
        rows.append(f"{'ok' if proof.holds else 'FAIL':<5}{proof.name:<34}{proof.requirement:<13}{proof.before:<30}{after[0]}")
        rows += [" " * 82 + line for line in after[1:]]
    return "\n".join([head, *rows])


def _failed_units(every: list, unexpected: list) -> str:
    if unexpected:
        return ", ".join(unexpected)
    return f"none but what Azure provisions: {', '.join(every)}" if every else "none"


def _content(vhd: Path, path: str) -> bytes:
    try:
        return vhdfile.read_file(vhd, path)
    except FileNotFoundError:
        return b""


def _yes(value: bool) -> str:
    return "yes" if value else "no"
