# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line."""

import argparse
import os
import sys
import time
from pathlib import Path

from lab import cleanup, container, guests, inventory, nspawn, roots, ssh
from lab.errors import LabError
from lab.recipe import INITRAMFS, SUITES, Recipe


def main(arguments: list) -> int:
    """Return the exit code of one command."""
    options = parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(prog="lab", description="Build guests from Debian packages and boot them.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _container_commands(commands.add_parser("container", help="a guest in a container: seconds"))
    _inventory_command(commands.add_parser("inventory", help="print an inventory of running guests"))
    _list_command(commands.add_parser("list", help="list the running guests"))
    _cleanup_command(commands.add_parser("cleanup", help="give back what dead guests held"))
    return top


def _container_commands(top) -> None:
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    start = commands.add_parser("start", help="start one, print its name and port")
    start.add_argument("name", nargs="?", default="")
    start.add_argument("--suite", choices=SUITES, default="bookworm")
    start.add_argument("--initramfs", choices=INITRAMFS, default="initramfs-tools")
    start.add_argument("--image", type=Path, help="run on the root partition of this raw disk (on a copy without --keep)")
    start.add_argument("--keep", action="store_true", help="write to --image itself")
    start.add_argument("--hostname", default="guest")
    start.add_argument("--timeout", type=float, default=60, help="seconds until the login")
    start.add_argument("--inventory", type=Path, help="also write an inventory of this guest")
    start.set_defaults(command=_container_start)
    _guest_commands(commands)
    supervise = commands.add_parser("supervise")
    supervise.add_argument("name")
    supervise.set_defaults(command=lambda options: nspawn.supervise(options.name))


def _container_start(options) -> None:
    began = time.monotonic()
    if options.keep and not options.image:
        raise LabError("cannot keep what the container writes: --keep needs --image")
    root = None if options.image else roots.container_root(Recipe(suite=options.suite, initramfs=options.initramfs))
    guest = container.start(root=root, image=options.image, keep=options.keep, name=options.name, suite=options.suite,
                            hostname=options.hostname, timeout=options.timeout)
    if options.inventory:
        options.inventory.write_text(inventory.inventory({guest.name: (guest, {})}), encoding="utf-8")
    print(f"{guest.name}: ssh on 127.0.0.1:{guest.port} after {time.monotonic() - began:.1f} s")


def _guest_commands(commands) -> None:
    enter = commands.add_parser("ssh", help="log in, or run a command")
    enter.add_argument("name")
    enter.add_argument("--user", default="", help="admin (with sudo) or root")
    enter.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    enter.set_defaults(command=_ssh)
    stop = commands.add_parser("stop", help="power off and clean up")
    stop.add_argument("name")
    stop.add_argument("--now", action="store_true", help="as if the power went")
    stop.set_defaults(command=lambda options: container.stop(guests.load(options.name), at_once=options.now))
    wait = commands.add_parser("wait", help="wait until the guest has powered itself off")
    wait.add_argument("name")
    wait.add_argument("--timeout", type=float, default=120)
    wait.set_defaults(command=_wait)


def _ssh(options) -> None:
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    command = ssh.argv(guests.load(options.name), words, user=options.user)
    os.execvp(command[0], command)


def _wait(options) -> None:
    try:
        guest = guests.load(options.name)
    except LabError:
        return  # already off and gone
    container.wait(guest, options.timeout)


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
        state = "on" if guests.alive(guest.process) else "dead: run `lab cleanup`"
        print(f"{guest.name}\t{guest.kind}\t127.0.0.1:{guest.port}\t{state}\t{guest.disk or guest.lower}")


def _cleanup_command(command) -> None:
    command.add_argument("--all", action="store_true", help="stop the living ones too")
    command.set_defaults(command=lambda options: cleanup.cleanup(everyone=options.all))
