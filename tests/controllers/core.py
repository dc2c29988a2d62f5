# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another release of ansible-core as the controller.

    python -m controllers.core list [whole]            the releases of cores.txt, or those whose unit tests and guest are run
    python -m controllers.core install 2.21            install one of them into .cache/cores/2.21; its programs are in bin/ there
    python -m controllers.core run 2.21 PROGRAM ...    run one of its programs

A release that this machine's Python does not take runs in the root of a newer Debian, and its programs in bin/ are doors to it: they run
`run`, with the checkout, the lab's cache and /tmp lent to it under their own names.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from lab.paths import CHECKOUT

from controllers import root

SETUP = CHECKOUT / "tests" / "setup"
BESIDE = ("ansible-core", "ansible-lint", "molecule")  # bring or want an ansible-core of their own
GUESTS_ONLY = ("ovmf", "qemu-system-x86")  # guests are started from here, not from there
PROGRAMS = ("ansible", "ansible-galaxy", "ansible-playbook", "ansible-test", "pip", "pytest", "python")
HANDED_ON = ("ANSIBLE_", "LAB_", "IMAGEWRIGHT_", "PYTHONPATH", "PIP_QUIET", "NO_COLOR")


class Core(NamedTuple):
    """A release of ansible-core: version, "2.21.5"; suite, the Debian release whose Python runs it, or "here"; extent, "whole" or "sanity"."""

    version: str
    suite: str
    extent: str

    @property
    def minor(self) -> str:
        """Return "2.21" of "2.21.5"."""
        return self.version.rpartition(".")[0]

    @property
    def folder(self) -> Path:
        """Return where it is installed."""
        return CHECKOUT / ".cache" / "cores" / self.minor

    @property
    def programs(self) -> Path:
        """Return the directory of its programs."""
        return self.folder / "bin"


def cores(extent: str = "") -> list:
    """Return the releases (list of Core) of cores.txt; with an extent those of which so much is run."""
    lines = (Path(__file__).parent / "cores.txt").read_text(encoding="utf-8").splitlines()
    every = [Core(*line.split()) for line in lines if line and not line.startswith("#")]
    return [core for core in every if extent in ("", core.extent)]


def installed(core: Core) -> Core:
    """Return core, installed when it is not, or when the lists of packages have changed."""
    stamp = core.folder / f"ready-{root.content_id([core.version, *requirements(), *debian_packages()])}"
    if not stamp.exists():
        if core.suite == "here":
            subprocess.run([sys.executable, "-m", "venv", "--clear", core.folder], check=True)
        else:
            core.programs.mkdir(parents=True, exist_ok=True)
            _in_root(core, ["python3", "-m", "venv", "--clear", core.folder / "venv"])
            for name in PROGRAMS:
                _write_door(core, name)
        subprocess.run([core.programs / "pip", "install", "--quiet", f"ansible-core=={core.version}", *requirements()], check=True)
        stamp.touch()
    return core


def requirements() -> list:
    """Return what pip installs besides ansible-core: what tests and playbooks need."""
    lines = [line.partition("#")[0].strip() for level in ("demo", "test") for line in (SETUP / level / "requirements.txt").read_text().splitlines()]
    return [line for line in lines if line and line.partition("==")[0] not in BESIDE]


def debian_packages() -> list:
    """Return the Debian packages of a root that runs the unit tests."""
    lines = [line.partition("#")[0].strip() for level in ("demo", "test") for line in (SETUP / level / "packages.txt").read_text().splitlines()]
    return [line for line in lines if line and line not in GUESTS_ONLY]


def words(core: Core, argv: list) -> list:
    """Return the words of a command that runs argv where core's Python is."""
    if core.suite == "here":
        return argv
    environment = {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
    directory = root.made(core.suite, debian_packages(), say=lambda text: print(text, file=sys.stderr))
    return root.arguments(directory, argv, Path.cwd(), ["/tmp", *_git_directory()], environment, devices=True, settled=True)


def _in_root(core: Core, argv: list) -> None:
    subprocess.run(words(core, argv), check=True)


def _git_directory() -> list:
    """Return the directory of git's database, where it lies outside of the checkout, as that of a linked worktree does."""
    found = subprocess.run(["git", "rev-parse", "--path-format=absolute", "--git-common-dir"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    directory = Path(found.stdout.strip() or CHECKOUT)
    return [] if CHECKOUT in (directory, *directory.parents) else [directory]


def _write_door(core: Core, name: str) -> None:
    door = core.programs / name
    door.write_text(
        f'#!/bin/sh\nPYTHONPATH="{CHECKOUT / "tests"}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{sys.executable}" -m controllers.core run {core.minor} {name} "$@"\n',
        encoding="utf-8",
    )
    door.chmod(0o755)


def main(arguments: list) -> None:
    """Do one of the commands above."""
    known = {core.minor: core for core in cores()}
    command, *rest = arguments or ["list"]
    if command == "list":
        print(*(core.minor for core in cores(*rest[:1])))
        return
    if command not in ("install", "run") or not rest or rest[0] not in known:
        sys.exit(f"core: cannot do {' '.join(arguments)}: say list, install RELEASE or run RELEASE PROGRAM; the releases are {', '.join(known)}")
    core = known[rest[0]]
    if command == "install":
        print(installed(core).programs)
        return
    program = core.folder / "venv" / "bin" / rest[1] if core.suite != "here" else core.programs / rest[1]
    argv = words(core, [str(program), *rest[2:]])
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1:])
