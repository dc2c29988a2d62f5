# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a real guest: build a faulty one, prepare it, convert its disk, boot the VHD, prove it.

GUEST=container (default), vm, or image (the guest is never started), FIRMWARE=bios (default) or uefi
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from lab import accelerator, bootcheck, cleanup, container, demo_image, demo_proofs, disk, machine, probes
from lab.errors import LabError
from lab.faults import faults
from lab.layout import layout
from lab.live import LiveGuest
from lab.paths import CHECKOUT
from lab.recipe import Plan, Recipe

PLAYBOOK = CHECKOUT / "playbooks" / "prepare-azure.yml"
OUTPUT = CHECKOUT / "output"
HOST = "faulty-debian"
BOOT_TIME = 900  # seconds, on a machine that does much else besides; left alone, it takes less than a minute
GENERALIZED = {"prepare_image_kind": "generalized"}
STILL_NEEDED = {**GENERALIZED, "prepare_deprovision": False, "prepare_shutdown": False}

# The last run only finishes what the two before have prepared.
FINISH = {**GENERALIZED, **{f"prepare_guest_{topic}": False for topic in ("kernel", "swap", "boot", "ssh", "agent", "sudoers", "network", "time")}}


class Clock:
    """Prints the phases and remembers how long each took."""

    def __init__(self):
        self.began = self.last = time.monotonic()
        self.phases = []

    def phase(self, title: str) -> None:
        """End the phase before, and say which one begins."""
        self.end()
        self.phases.append([title, 0.0])
        print(f"\n[{time.monotonic() - self.began:5.1f} s] {title}", flush=True)

    def end(self) -> None:
        """End the running phase."""
        now = time.monotonic()
        if self.phases:
            self.phases[-1][1] = now - self.last
        self.last = now

    def table(self) -> str:
        """Return the time of each phase, and of all."""
        rows = [*self.phases, ["all", time.monotonic() - self.began]]
        return "\n".join(f"  {title:<58}{seconds:7.1f} s" for title, seconds in rows)


def main() -> int:
    """Return 0 when every proof holds."""
    try:
        kind, firmware = _choices()
        _as_root()
        signal.signal(signal.SIGTERM, lambda *_ignored: sys.exit(143))  # so that the guest is stopped
        cleanup.cleanup()
        return _demo(kind, firmware)
    except LabError as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1


def _demo(kind: str, firmware: str) -> int:
    clock = Clock()
    plan = Plan(Recipe(firmware=firmware), "gpt" if firmware == "uefi" else "mbr", faulty=True)
    output = _fresh_output(kind, firmware)
    source, vhd = output / "disk.raw", output / "disk.vhd"

    clock.phase("Build the faulty guest from Debian packages")
    disk.build(plan, source, say=lambda text: print(f"  {text}", flush=True))
    planted = faults(layout(plan))
    print(f"  {len(planted)} faults planted: {', '.join(fault.name for fault in planted)}")

    if kind == "image":
        return _demo_of_image(clock, source, vhd, firmware)
    clock.phase(f"Start it as a live {kind}")
    record = start(kind, plan.recipe, source)
    try:
        live = LiveGuest(record, HOST, azure_image_src=str(source), azure_image_dest=str(vhd))
        before = probes.ask(live)
        clock.phase("Prepare it, first run")
        first = play(live, STILL_NEEDED, output / "play-1.log")
        clock.phase("Prepare it, second run: must change nothing")
        second = play(live, STILL_NEEDED, output / "play-2.log")
        after = probes.ask(live)
        clock.phase("Deprovision, shut down, convert")
        third = play(live, FINISH, output / "play-3.log")
    finally:
        cleanup.stop(record, at_once=True)

    clock.phase("Boot the VHD in QEMU and read its serial console")
    check = bootcheck.boot_check(vhd, firmware, timeout=BOOT_TIME) if vhd.exists() else None
    if check:
        (output / "console.log").write_text(check.text, encoding="utf-8")
    clock.end()

    proofs = [
        *demo_proofs.of_guest(before, after),
        *demo_proofs.of_plays(first, second, third),
        *demo_proofs.of_file(vhd, source),
        *demo_proofs.of_boot(check, after),
    ]
    return _shown(clock, proofs, vhd)


def _demo_of_image(clock: Clock, source: Path, vhd: Path, firmware: str) -> int:
    """The same without a live guest: its disk is prepared and booted from the VHD, for the first time."""
    unfinished, was = vhd.with_name("unfinished.vhd"), source.stat()
    before = demo_image.ask(source)
    clock.phase("Prepare it, not started, first run")
    first = _logged(demo_image.prepare(source, unfinished, {"prepare_deprovision": False}, _show_progress()), vhd.with_name("play-1.log"))
    after = demo_image.ask(unfinished)
    clock.phase("Prepare the result again: must change nothing, and deprovision")
    second = _logged(demo_image.prepare(unfinished, vhd, {}, _show_progress()), vhd.with_name("play-2.log"))
    unfinished.unlink()

    clock.phase("Boot the VHD in QEMU and read its serial console")
    check = bootcheck.boot_check(vhd, firmware, timeout=BOOT_TIME)
    vhd.with_name("console.log").write_text(check.text, encoding="utf-8")
    clock.end()
    again, now = demo_image.changes_again(second), source.stat()
    kept = (was.st_mtime_ns, was.st_size) == (now.st_mtime_ns, now.st_size)
    proofs = [
        *demo_proofs.of_guest(before, after),
        demo_proofs.Proof("first run", "", "", f"{first.changed} changes", first.changed > 0),
        demo_proofs.Proof("second run", "", "", "; ".join(again) or "changed nothing, deprovisioned", not again),
        demo_proofs.Proof("the image", "", "", "as it was" if kept else "was changed", kept),
        *demo_proofs.of_file(vhd, source),
        *demo_proofs.of_boot(check, after),
    ]
    return _shown(clock, proofs, vhd)


def _logged(play, log: Path):
    log.write_text(play.output, encoding="utf-8")
    print(f"  {len(play.tasks)} tasks, {play.changed} changed")
    return play


def _shown(clock: Clock, proofs: list, vhd: Path) -> int:
    print("\n" + demo_proofs.table(proofs))
    print("\nTime of each phase (" + ("KVM" if accelerator.kvm_works() else "no usable KVM: QEMU emulates") + ")\n" + clock.table())
    return _verdict(proofs, vhd)


def _verdict(proofs: list, vhd: Path) -> int:
    failed = [proof for proof in proofs if not proof.holds]
    print(f"\nVHD      {vhd if vhd.exists() else 'none'}\nconsole  {vhd.with_name('console.log')}")
    if failed:
        print(f"\nFAILED: {len(failed)} of {len(proofs)} proofs: {', '.join(proof.name for proof in failed)}")
        return 1
    print(f"\nAll {len(proofs)} proofs hold.")
    return 0


def start(kind: str, recipe: Recipe, source: Path, timeout: float = BOOT_TIME):
    """Return the record of a live guest on a disk, which it writes to. kind: container or vm; timeout: seconds until the login of a machine."""
    if kind == "vm":
        return machine.start(source, name=_name(), firmware=recipe.firmware, in_place=True, timeout=timeout, owned=True, architecture=recipe.architecture)
    return container.start(image=source, keep=True, name=_name(), suite=recipe.suite, owned=True)


def _name() -> str:
    return f"demo-{os.getpid()}"


def play(live: LiveGuest, variables: dict, log: Path, timeout: float = 1800):
    """Return what the playbook did, its output written to a file. timeout: seconds. Raises LabError: when it failed."""
    play = live.playbook(PLAYBOOK, variables, diff=False, timeout=timeout, show=_show_progress())
    log.write_text(play.output, encoding="utf-8")
    if play.failed:
        raise LabError(f"the playbook failed: {'; '.join(play.failed_tasks()) or play.output[-2000:]}; its output is in {log}")
    return _logged(play, log)


def _show_progress():
    """Return a function that prints the name of each role, and of each task that changes something."""
    state = {"task": "", "role": ""}

    def show(line: str) -> None:
        if line.startswith(("TASK [", "RUNNING HANDLER [")):
            state["task"] = line.partition("[")[2].rpartition("]")[0]
            role = state["task"].partition(" : ")[0] if " : " in state["task"] else ""
            if role and role != state["role"]:
                print(f"  {role.removeprefix('imagewright.azure.')}", flush=True)
            state["role"] = role or state["role"]
        elif line.startswith("changed: ["):
            print(f"    changed: {state['task'].rpartition(' : ')[2]}", flush=True)

    return show


def _choices() -> tuple:
    kind, firmware = os.environ.get("GUEST") or "container", os.environ.get("FIRMWARE") or "bios"
    if kind not in ("container", "vm", "image"):
        raise LabError(f"cannot use GUEST={kind!r}: give GUEST=container, GUEST=vm or GUEST=image")
    if firmware not in ("bios", "uefi"):
        raise LabError(f"cannot use FIRMWARE={firmware!r}: give FIRMWARE=bios or FIRMWARE=uefi")
    if (kind, firmware) == ("container", "uefi"):
        raise LabError("cannot show a UEFI guest as a container: it has no EFI system partition mounted; give GUEST=vm FIRMWARE=uefi")
    if (kind, firmware) == ("image", "uefi") and "vfat" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        raise LabError(
            "cannot open the image of a UEFI guest: the kernel of this machine has no vfat, which its EFI system partition needs; give FIRMWARE=bios"
        )
    return kind, firmware


def _as_root() -> None:
    """Start again by sudo when this is not root: containers and roots need it."""
    if os.geteuid() == 0:
        return
    if not shutil.which("sudo"):
        raise LabError("cannot start a guest: it needs root; run make demo as root, or install sudo")
    names = ("PATH", "PYTHONPATH", "GUEST", "FIRMWARE", "IMAGEWRIGHT_LAB_CACHE", "IMAGEWRIGHT_LAB_MIRROR", "ANSIBLE_HOME")
    kept = [f"{name}={os.environ[name]}" for name in names if name in os.environ]
    os.execvp("sudo", ["sudo", "env", *kept, sys.executable, "-m", "lab.demo"])


def _fresh_output(kind: str, firmware: str) -> Path:
    """Return an empty directory for what this demo leaves."""
    output = OUTPUT / ("demo" if (kind, firmware) == ("container", "bios") else f"demo-{kind}-{firmware}")
    output.mkdir(parents=True, exist_ok=True)
    for old in output.iterdir():
        old.unlink()
    return output


if __name__ == "__main__":
    sys.exit(main())
