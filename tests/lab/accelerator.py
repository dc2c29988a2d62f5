# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use KVM only where it really boots a kernel; a /dev/kvm that is there proves nothing."""

import os
import subprocess
from pathlib import Path

from lab import roots
from lab.paths import run_dir
from lab.recipe import Recipe

# x86-64-v2. What `max` has beyond it is emulated dearly: "fast" string moves (erms, fsrm), AVX, a fifth level of page tables; a boot takes a third longer.
TCG = ("-accel", "tcg,thread=multi,tb-size=512", "-cpu", "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt")
KVM = ("-accel", "kvm", "-cpu", "host")
# Without pointer authentication, which is emulated dearly.
ARM64 = ("-M", "virt", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "cortex-a72")
PROBE_TIME = 8  # seconds; a working KVM needs one
BOOTED = b"Unable to mount root fs"


def arguments(architecture: str = "amd64") -> tuple:
    """Return QEMU's arguments for the machine, its processor and the accelerator of this machine. Of arm64 each is emulated."""
    if architecture == "arm64":
        return ARM64
    return ("-M", "q35", *(KVM if kvm_works() else TCG))


def best_processors(architecture: str = "amd64") -> int:
    """Return how many processors make a machine fastest: an emulated one gains nothing by a second, and pays for every atomic step (a quarter)."""
    return 2 if architecture == "amd64" and kvm_works() else 1


def kvm_works() -> bool:
    """Return whether a kernel gets as far as its root under KVM; tried once, remembered until the next boot."""
    answer = run_dir() / ".kvm"
    if not answer.exists():
        answer.write_text("yes" if _can_open() and _boots_a_kernel() else "no", encoding="ascii")
    return answer.read_text(encoding="ascii") == "yes"


def _can_open() -> bool:
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError:
        return False
    return True


def _boots_a_kernel() -> bool:
    kernel = next(Path(roots.container_root(Recipe()), "boot").glob("vmlinuz-*"))
    command = [
        "qemu-system-x86_64",
        *KVM,
        "-M",
        "q35",
        "-m",
        "256",
        "-nodefaults",
        "-display",
        "none",
        "-no-reboot",
        "-serial",
        "stdio",
        "-kernel",
        str(kernel),
        "-append",
        "console=ttyS0 panic=-1",
    ]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_TIME, check=False)
    except subprocess.TimeoutExpired as late:
        return BOOTED in (late.stdout or b"")
    return BOOTED in done.stdout
