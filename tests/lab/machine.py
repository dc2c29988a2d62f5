# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests as QEMU machines: BIOS or UEFI, on a throw-away overlay of a disk or, on request, in place."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from lab import accelerator, console, guests, images, keys, nspawn, ports, ssh, tree
from lab.commands import last_lines, require_programs, run, succeeds
from lab.errors import LabError
from lab.faults import MAC
from lab.guests import Guest
from lab.paths import cache_dir

#: Code and empty variables, by Debian's name of the architecture; the first that is there.
FIRMWARE_FILES = {
    "amd64": (("OVMF/OVMF_CODE_4M.fd", "OVMF/OVMF_VARS_4M.fd"), ("OVMF/OVMF_CODE.fd", "OVMF/OVMF_VARS.fd")),
    "arm64": (("AAVMF/AAVMF_CODE.fd", "AAVMF/AAVMF_VARS.fd"),),
}
FIRMWARE_PACKAGES = {"amd64": "ovmf", "arm64": "qemu-efi-aarch64"}
PROGRAMS = {"amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}
#: MiB. On Azure the early console of arm64 is at 0xeffec000 (3,840 MiB); where QEMU has nothing there, a kernel that writes to it dies.
MEMORY = {"amd64": 1024, "arm64": 4096}
BUSES = {
    "scsi": ("-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=d0,bootindex=1"),  # /dev/sda
    "virtio": ("-device", "virtio-blk-pci,drive=d0,bootindex=1"),  # /dev/vda
    "sata": ("-device", "ide-hd,drive=d0,bus=ide.0,bootindex=1"),  # /dev/sda, on q35's AHCI
}
ATTEMPTS = 3  # newer kernels panic now and then under TCG with two processors


def start(
    disk: Path,
    name: str = "",
    firmware: str = "bios",
    bus: str = "scsi",
    in_place: bool = False,
    memory: int = 0,
    processors: int = 0,
    until: str = "",
    timeout: float = 300,
    wait: bool = True,
    owned: bool = False,
    architecture: str = "amd64",
) -> Guest:
    """Return a booted machine.

    disk: raw, qcow2 or fixed VHD; stays as it is unless in_place
    memory: int, MiB, 0 for what the architecture needs; timeout: float, seconds of each attempt
    processors: int, 0 for what is fastest
    until: a regular expression on the serial console to wait for, instead of an ssh login
    owned: the guest must not outlive this process: `lab cleanup` takes it when this one is killed
    Raises LabError: when the guest does not come up; a panic early in the boot is tried again, ATTEMPTS times
    """
    require_programs(PROGRAMS[architecture], "qemu-img", "ssh")
    settings = {"architecture": architecture, "firmware": firmware, "bus": bus, "in_place": in_place, "memory": memory or MEMORY[architecture]}
    settings["processors"] = processors or accelerator.best_processors(architecture)
    guest = guests.claim(name or guests.new_name("machine"), "machine", owned)
    try:
        guest.user, guest.key, guest.settings = tree.USER, str(keys.private_key()), settings
        guest.disk, guest.settings["format"] = str(disk.absolute()), images.image_format(disk)
        guest.port = ports.reserve(guest.name)
        _scratch(guest)
        _run(guest)
        for attempt in range(1, ATTEMPTS + 1) if wait else ():
            try:
                wait_until_up(guest, until, time.monotonic() + timeout)
                return guest
            except LabError:
                if attempt == ATTEMPTS or not early_panic(guest):
                    raise
                restart(guest)
    except BaseException:
        stop(guest, at_once=True)
        raise
    return guest


def stop(guest: Guest, at_once: bool = False, timeout: float = 180) -> None:
    """Power a machine off from inside, or with at_once pull the plug; then give back all that it held."""
    if guests.alive(guest.process) and not at_once:
        # The cloud kernel does not hear the power button.
        succeeds(ssh.argv(guest, ["systemctl", "poweroff"], user="root", connect_timeout=10), timeout=30)
        deadline = time.monotonic() + timeout
        while guests.alive(guest.process) and time.monotonic() < deadline:
            time.sleep(0.1)
    kill(guest)
    if guest.directory.exists():
        nspawn.release(guests.load(guest.name))


def wait(guest: Guest, timeout: float) -> None:
    """Return when a machine has powered itself off. Raises LabError: when it is still on after timeout (s)."""
    deadline = time.monotonic() + timeout
    while guests.alive(guest.process):
        if time.monotonic() > deadline:
            raise LabError(f"cannot wait for {guest.name}: still on after {timeout:.0f} s; see {guest.console}")
        time.sleep(0.1)
    if guest.directory.exists():
        nspawn.release(guests.load(guest.name))


def kill(guest: Guest) -> None:
    """End QEMU, if it runs."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 5
        while guests.alive(guest.process) and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(guest.process[0], sign)
            time.sleep(0.05)


def restart(guest: Guest) -> None:
    """Start a machine again, on a new overlay unless it runs in place."""
    kill(guest)
    guest.process = []  # it is being started, not off
    guests.save(guest)
    _run(guest)


def wait_until_up(guest: Guest, until: str, deadline: float) -> None:
    def still_running():
        text = guest.console.read_text(encoding="utf-8", errors="replace")
        hopeless = console.HOPELESS.search(console.plain(text))
        if hopeless:
            raise LabError(f"cannot boot {guest.name}: the console says {hopeless[0]!r}; see {guests.last_words(guest.name)}")
        if not guests.alive(guest.process):
            said = (guest.directory / "supervisor.log").read_text(encoding="utf-8", errors="replace")
            raise LabError(f"cannot boot {guest.name}: QEMU ended: {last_lines(said + text)}")

    if until:
        console.wait_for(guest.console, re.compile(until, re.MULTILINE), deadline, still_running)
    else:
        ssh.wait_for_login(guest, deadline, still_running)


def early_panic(guest: Guest) -> bool:
    """Return whether the kernel panicked before it wrote to the disk: the only case to start again."""
    text = guest.console.read_text(encoding="utf-8", errors="replace")
    return bool(console.PANIC.search(text)) and not console.ROOT_MOUNTED.search(text)


def arguments(guest: Guest) -> list:
    """Return QEMU's command line."""
    settings = guest.settings
    return [
        PROGRAMS[settings["architecture"]],
        "-name",
        guest.name,
        *accelerator.arguments(settings["architecture"]),
        "-smp",
        str(settings["processors"]),
        "-m",
        str(settings["memory"]),
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
        "-serial",
        f"file:{guest.console}",
        "-monitor",
        "none",
        "-device",
        "virtio-rng-pci",
        "-netdev",
        f"user,id=n0,hostfwd=tcp:127.0.0.1:{guest.port}-:22",
        "-device",
        f"virtio-net-pci,netdev=n0,romfile=,mac={MAC}",
        "-drive",
        _drive(guest),
        *BUSES[settings["bus"]],
        *_firmware(guest),
    ]


def efi_firmware(architecture: str = "amd64") -> tuple:
    """Return the paths of the firmware's code and its empty variables. Raises LabError: when it is not installed."""
    for names in FIRMWARE_FILES[architecture]:
        pair = tuple(Path("/usr/share") / name for name in names)
        if all(path.is_file() for path in pair):
            return pair
    raise LabError(f"cannot boot by UEFI: no {FIRMWARE_FILES[architecture][0][0]} in /usr/share; install the package {FIRMWARE_PACKAGES[architecture]}")


def _scratch(guest: Guest) -> None:
    directory = cache_dir() / "scratch" / guest.name
    guest.scratch.append(str(directory))
    guests.save(guest)
    directory.mkdir(parents=True)


def _drive(guest: Guest) -> str:
    if guest.settings["in_place"]:
        return f"if=none,id=d0,file={guest.disk},format={guest.settings['format']},cache=writeback,discard=unmap"
    return f"if=none,id=d0,file={guest.scratch[0]}/overlay.qcow2,format=qcow2,cache=unsafe,discard=unmap"


def _firmware(guest: Guest) -> tuple:
    if guest.settings["firmware"] == "bios":
        return ()
    code, variables = efi_firmware(guest.settings["architecture"])
    own = Path(guest.scratch[0]) / "variables.fd"
    if not own.exists():
        shutil.copyfile(variables, own)
    return ("-drive", f"if=pflash,format=raw,readonly=on,file={code}", "-drive", f"if=pflash,format=raw,file={own}")


def _run(guest: Guest) -> None:
    if not guest.settings["in_place"]:
        overlay = Path(guest.scratch[0]) / "overlay.qcow2"
        overlay.unlink(missing_ok=True)
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", guest.disk, "-F", guest.settings["format"], overlay])
    guest.console.write_text("", encoding="ascii")
    with (guest.directory / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(arguments(guest), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    guest.process = guests.identity(process.pid)
    guests.save(guest)
