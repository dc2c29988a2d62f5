# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of running guests: what each one holds, so that anybody can give it back after a crash."""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.errors import LabError
from lab.paths import run_dir

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")


@dataclass
class Guest:
    """One guest. A record is written before a resource is taken, so that no crash can hide one.

    starter: [pid, start time] of the process that starts the guest, until there is another one
    process, worker: the same of the supervisor (or QEMU), and of systemd-nspawn
    owner: the same of a test or demo that the guest must not outlive, [] when there is none
    """

    name: str
    kind: str  # container | machine
    port: int = 0
    user: str = ""
    key: str = ""
    disk: str = ""  # the image that the guest runs on, "" for a directory root
    lower: str = ""  # the directory under an overlay
    scratch: list = field(default_factory=list)  # directories that die with the guest
    offset: int = 0  # bytes, of the root partition on the disk
    node: str = ""  # the second device node of the root partition
    starter: list = field(default_factory=list)
    process: list = field(default_factory=list)
    worker: list = field(default_factory=list)
    owner: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        """Return the directory of the guest's record, log and mount points."""
        return run_dir() / self.name

    @property
    def console(self) -> Path:
        """Return the file that holds all that the guest said on its console."""
        return self.directory / "console.log"


def last_words(name: str) -> Path:
    """Return the file that keeps a guest's logs after its directory is gone."""
    directory = run_dir() / ".ended"
    directory.mkdir(exist_ok=True)
    return directory / f"{name}.log"


def keep_logs(guest: Guest) -> None:
    """Write a guest's logs to last_words."""
    logs = [path.read_text(encoding="utf-8", errors="replace") for path in (guest.directory / "supervisor.log", guest.console) if path.exists()]
    if logs:
        last_words(guest.name).write_text("".join(logs), encoding="utf-8")


def new_name(prefix: str) -> str:
    """Return a name that no other guest has."""
    return f"{prefix}-{secrets.token_hex(3)}"


def claim(name: str, kind: str, owned: bool = False) -> Guest:
    """Return a new record under a name, owned by this process or by nobody. Raises LabError: when the name is taken or not fit."""
    if not NAME.match(name):
        raise LabError(f"cannot name a guest {name!r}: use up to 32 of a-z, 0-9 and -, a letter first")
    starter = identity(os.getpid())
    guest = Guest(name=name, kind=kind, starter=starter, owner=starter if owned else [])
    try:
        guest.directory.mkdir(mode=0o755)
    except FileExistsError:
        raise LabError(f"cannot start {name}: a guest of this name exists; `lab {kind} stop {name}`, or `lab cleanup` when it has died") from None
    save(guest)
    return guest


def save(guest: Guest) -> None:
    """Write the record, whole or not at all."""
    part = guest.directory / f"guest.json.{os.getpid()}"
    part.write_text(json.dumps(asdict(guest), indent=1), encoding="utf-8")
    os.replace(part, guest.directory / "guest.json")


def load(name: str) -> Guest:
    """Return the record of a guest. Raises LabError: when there is none."""
    guest = _read(run_dir() / name)
    if guest is None:
        known = ", ".join(sorted(guest.name for guest in everyone())) or "none"
        raise LabError(f"cannot find a guest named {name!r}; running guests: {known}")
    return guest


def everyone() -> list:
    """Return the records of all guests."""
    found = [_read(path.parent) for path in sorted(run_dir().glob("*/guest.json"))]
    return [guest for guest in found if guest]


def _read(directory: Path):
    """Return the record in a directory, None when there is none, or none any more."""
    try:
        return Guest(**json.loads((directory / "guest.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_off(guest: Guest) -> bool:
    """Return whether a guest neither runs nor is being started."""
    return not alive(guest.process or guest.starter)


def abandoned(guest: Guest) -> bool:
    """Return whether nobody needs a guest any more: it is off, or its owner has ended."""
    return is_off(guest) or bool(guest.owner and not alive(guest.owner))


def identity(pid: int) -> list:
    """Return [pid, start time in clock ticks]: a pid alone is given to others later."""
    return [pid, _start_time(pid)]


def alive(process: list) -> bool:
    """Return whether the process of an identity still runs."""
    return bool(process) and process[1] is not None and _start_time(process[0]) == process[1]


def _start_time(pid: int):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])
