# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from lab import bootcheck, cleanup, console, container, demo, disk, guests, inventory, line, machine, nspawn, record, roots, shapes, ssh
from lab.errors import LabError
from lab.recipe import ARCHITECTURES, FILE_SYSTEMS, FIRMWARES, INITRAMFS, KERNELS, LOADERS, SUITES, TABLES, Plan, Recipe


def main(arguments: list) -> int:
    """Return the exit code of one command."""
    own, words = split_words(arguments)
    options = parser().parse_args(own)
    options.words = words
    signal.signal(signal.SIGTERM, lambda *_ignored: sys.exit(143))  # so that `finally` is run
    try:
        return options.command(options) or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def split_words(arguments: list) -> tuple:
    """Return the arguments before a `--`, and the words of a guest's command behind it."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(prog="lab", description="Build guests from Debian packages and boot them.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _build_command(commands.add_parser("build", help="build a bootable disk"))
    _container_commands(commands.add_parser("container", help="a guest in a container: seconds"))
    _machine_commands(commands.add_parser("vm", help="a guest in QEMU: half a minute"))
    _boot_check_command(commands.add_parser("boot-check", help="boot a disk, say what its console said"))
    _line_command(commands.add_parser("line", help="the whole line on a guest in the shape of another distribution"))
    _inventory_command(commands.add_parser("inventory", help="print an inventory of running guests"))
    _list_command(commands.add_parser("list", help="list the running guests"))
    _cleanup_command(commands.add_parser("cleanup", help="give back what dead guests held"))
    return top


def _build_command(command) -> None:
    command.add_argument("--out", type=Path, required=True, help="DISK.raw, .img, .qcow2 or .vhd")
    command.add_argument("--like", choices=sorted(shapes.SHAPES), help="in the shape of another distribution, which decides all but --faulty")
    command.add_argument("--suite", choices=SUITES, default="bookworm")
    command.add_argument("--architecture", choices=ARCHITECTURES, default="amd64")
    command.add_argument("--firmware", choices=FIRMWARES, default="bios")
    command.add_argument("--table", choices=TABLES, help="default: mbr for BIOS, gpt for UEFI")
    command.add_argument("--loader", choices=LOADERS, default="grub2")
    command.add_argument("--initramfs", choices=INITRAMFS, default="initramfs-tools")
    command.add_argument("--kernel", choices=KERNELS, default="cloud")
    command.add_argument("--fs", choices=FILE_SYSTEMS, default="ext4")
    command.add_argument("--size", default="2G", help="bytes, or with K, M, G, T (times 1024)")
    command.add_argument("--include", default="", help="further packages, separated by commas")
    command.add_argument("--faulty", action="store_true", help="with every fault that the Azure documents warn of")
    command.set_defaults(command=_build)


def _build(options) -> None:
    began = time.monotonic()
    include = tuple(name for name in options.include.split(",") if name)
    recipe = Recipe(options.suite, options.firmware, options.loader, options.initramfs, options.kernel, options.fs, include, options.architecture)
    table = options.table or ("gpt" if options.firmware == "uefi" else "mbr")
    plan = Plan(recipe, table, options.faulty, parse_size(options.size))
    disk.build(shapes.plan(options.like, options.faulty) if options.like else plan, options.out)
    print(f"{options.out}: done after {time.monotonic() - began:.1f} s")


def parse_size(text: str) -> int:
    """Return bytes for a number with an optional K, M, G or T (times 1024)."""
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in ("K", "M", "G", "T") else (text, "")
    if not number.isdigit():
        raise LabError(f"cannot read the size {text!r}: give a whole number of bytes, or one with K, M, G or T, as 2G")
    return int(number) * 1024 ** ("KMGT".index(unit) + 1 if unit else 0)


def _container_commands(top) -> None:
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    start = commands.add_parser("start", help="start one or several, print names and ports")
    start.add_argument("names", nargs="*", default=[""], metavar="NAME")
    start.add_argument("--suite", choices=SUITES, default="bookworm")
    start.add_argument("--initramfs", choices=INITRAMFS, default="initramfs-tools")
    ground = start.add_mutually_exclusive_group()
    ground.add_argument("--disk", action="store_true", help="on a copy of a disk, not on an overlay: update-grub works")
    ground.add_argument("--faulty", action="store_true", help="on a copy of a faulty disk")
    ground.add_argument("--image", type=Path, help="on a copy of the root partition of this raw disk")
    start.add_argument("--keep", action="store_true", help="write to --image itself")
    start.add_argument("--timeout", type=float, default=60, help="seconds until the login")
    start.add_argument("--inventory", type=Path, help="also write an inventory of these guests")
    start.add_argument("--group", default="guests", help="the inventory's group")
    start.set_defaults(command=_container_start)
    _guest_commands(commands)
    supervise = commands.add_parser("supervise")
    supervise.add_argument("name")
    supervise.set_defaults(command=lambda options: nspawn.supervise(options.name))


def _container_start(options) -> None:
    if options.keep and not options.image:
        raise LabError("cannot keep what the container writes: --keep needs --image")
    ground = container_ground(options)
    started = []
    for name in options.names:
        began = time.monotonic()
        guest = container.start(**ground, keep=options.keep, name=name, suite=options.suite, timeout=options.timeout)
        started.append(guest)
        print(f"{guest.name}: ssh on 127.0.0.1:{guest.port} after {time.monotonic() - began:.1f} s")
    if options.inventory:
        options.inventory.parent.mkdir(parents=True, exist_ok=True)
        hosts = {guest.name: (guest, {}) for guest in started}
        options.inventory.write_text(inventory.inventory(hosts, options.group), encoding="utf-8")


def container_ground(options) -> dict:
    """Return what a container stands on: root=directory, or image=disk."""
    recipe = Recipe(suite=options.suite, initramfs=options.initramfs)
    if options.image:
        return {"image": options.image}
    if options.disk or options.faulty:
        return {"image": disk.cached_disk(Plan(recipe, faulty=options.faulty))}
    return {"root": roots.container_root(recipe)}


def _machine_commands(top) -> None:
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    start = commands.add_parser("start", help="boot a disk, wait for the login")
    start.add_argument("name", nargs="?", default="")
    start.add_argument("--in-place", action="store_true", help="write to the disk itself, not to an overlay")
    start.add_argument("--memory", type=int, default=0, help="MiB (default: what the architecture needs)")
    start.add_argument("--processors", type=int, default=0, help="default: what is fastest")
    start.add_argument("--until", default="", help="wait for this regular expression on the serial console, not for ssh")
    _boot_options(start)
    start.set_defaults(command=_machine_start)
    _guest_commands(commands)
    show = commands.add_parser("console", help="print what the serial console has said so far")
    show.add_argument("name")
    show.set_defaults(command=_console)


def _boot_options(command) -> None:
    command.add_argument("--disk", type=Path, required=True, help="raw, qcow2 or fixed VHD")
    command.add_argument("--architecture", choices=ARCHITECTURES, default="amd64")
    command.add_argument("--firmware", choices=FIRMWARES, default="bios")
    command.add_argument("--bus", choices=sorted(machine.BUSES), default="scsi")
    command.add_argument("--timeout", type=float, default=300, help="seconds")


def _machine_start(options) -> None:
    began = time.monotonic()
    guest = machine.start(
        options.disk,
        options.name,
        options.firmware,
        options.bus,
        options.in_place,
        options.memory,
        options.processors,
        options.until,
        options.timeout,
        architecture=options.architecture,
    )
    print(f"{guest.name}: ssh on 127.0.0.1:{guest.port} after {time.monotonic() - began:.1f} s")


def _console(options) -> None:
    sys.stdout.write(console.plain(guests.load(options.name).console.read_text(encoding="utf-8", errors="replace")))


def _boot_check_command(command) -> None:
    _boot_options(command)
    command.add_argument("--log", type=Path, help="also write the console's whole text")
    command.set_defaults(command=_boot_check)


def _boot_check(options) -> int:
    check = bootcheck.boot_check(options.disk, options.firmware, options.bus, options.timeout, options.architecture)
    if options.log:
        options.log.write_text(check.text, encoding="utf-8")
    print(bootcheck.summary(check))
    return 0 if check.report.login and not check.error else 1


def _line_command(command) -> None:
    command.add_argument("name", choices=sorted(shapes.SHAPES), metavar="NAME", help=", ".join(sorted(shapes.SHAPES)))
    command.add_argument("--vm", action="store_true", help="prepare it in QEMU, also where a container could hold it")
    command.add_argument("--output", type=Path, help="a directory for disk, VHD and logs (default: output/like-NAME)")
    command.add_argument("--record", action="store_true", help="also keep the result in tests/lab/tested.json, of which docs/tested.md is made")
    command.set_defaults(command=_line)


def _line(options) -> int:
    output = options.output or demo.OUTPUT / f"like-{options.name}"
    output.mkdir(parents=True, exist_ok=True)
    walked = line.walk(options.name, output, "vm" if options.vm else "")
    print(line.table(walked))
    if options.record:
        record.keep(options.name, walked)
    return 0 if all(proof.holds for proof in walked.proofs) else 1


def _guest_commands(commands) -> None:
    enter = commands.add_parser("ssh", help="log in, or run a command: ssh NAME -- COMMAND")
    enter.add_argument("name")
    enter.add_argument("--user", default="", help="admin (with sudo) or root")
    enter.set_defaults(command=_ssh)
    stop = commands.add_parser("stop", help="power off and clean up")
    stop.add_argument("names", nargs="+", metavar="NAME")
    stop.add_argument("--now", action="store_true", help="as if the power went")
    stop.set_defaults(command=_stop)
    wait = commands.add_parser("wait", help="wait until the guest has powered itself off")
    wait.add_argument("name")
    wait.add_argument("--timeout", type=float, default=120)
    wait.set_defaults(command=_wait)


def _ssh(options) -> None:
    command = ssh.argv(guests.load(options.name), options.words, user=options.user)
    os.execvp(command[0], command)


def _stop(options) -> None:
    running = {guest.name: guest for guest in guests.everyone()}
    for name in options.names:
        if name in running:
            cleanup.stop(running[name], at_once=options.now)
        else:
            print(f"{name}: not running")


def _wait(options) -> None:
    try:
        guest = guests.load(options.name)
    except LabError:
        return  # already off and gone
    (machine if guest.kind == "machine" else container).wait(guest, options.timeout)


def _inventory_command(command) -> None:
    command.add_argument("names", nargs="*", help="guests (default: all)")
    command.add_argument("--out", type=Path)
    command.set_defaults(command=_inventory)


def _inventory(options) -> None:
    chosen = [guests.load(name) for name in options.names] or guests.everyone()
    text = inventory.inventory({guest.name: (guest, {}) for guest in chosen})
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _list_command(command) -> None:
    command.set_defaults(command=_list)


def _list(_options) -> None:
    for guest in guests.everyone():
        state = "on" if guests.alive(guest.process) else "dead: run `lab cleanup`" if guests.is_off(guest) else "starting"
        print(f"{guest.name}\t{guest.kind}\t127.0.0.1:{guest.port}\t{state}\t{guest.disk or guest.lower}")


def _cleanup_command(command) -> None:
    command.add_argument("--all", action="store_true", help="stop the living ones too")
    command.set_defaults(command=lambda options: cleanup.cleanup(everyone=options.all))
