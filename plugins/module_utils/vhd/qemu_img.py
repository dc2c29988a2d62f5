# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that calls qemu-img: one copy out of a foreign format, from one open file into another.

QEMU is given the numbers of open files, never names: names may hold commas, colons or line ends, and
may be exchanged while it runs. VHD files, fixed or dynamic, are read without it: of its vpc driver,
versions 2.2.1 to 2.5 write wrong sizes and later ones take damaged files.

PRIVATE: module_utils of this collection are not an interface.
"""

import json
import os
import re
from typing import Any, Dict, Iterator, List

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import refusal

_PACKAGES = "package qemu-utils on Debian and Ubuntu, qemu-img on Fedora and RHEL, qemu-tools on SUSE"
_LEAKED, _NO_CHECK = 3, 63  # exit statuses of `qemu-img check`


def require(path: str, image_format: str) -> str:
    """Return the path of a qemu-img that can convert an image of the format.

    Raises ImagewrightError: it is not installed, or older than 5.0.
    """
    program = commands.find("qemu-img")
    if not program:
        raise ImagewrightError(f"cannot convert {path}: reading {image_format} needs qemu-img, which is not installed; install it ({_PACKAGES})")
    # the option is asked for and not the version: distributions carry features back
    text = commands.run([program, "--help"], f"ask {program} what it can do").stdout
    if "target-is-zero" not in text:
        found = re.search(r"qemu-img version (\S+)", text)
        raise ImagewrightError(
            f"cannot convert {path}: {program} {found.group(1) if found else ''} knows no --target-is-zero; install version 5.0 or later ({_PACKAGES})"
        )
    return program


def check(program: str, descriptor: int, path: str, image_format: str) -> List[str]:
    """Return warnings ([str]) about an image whose metadata is sound.

    Raises ImagewrightError: qemu-img finds it damaged or cut off.
    """
    completed = commands.run([program, "check", _source(descriptor, image_format)], f"check {path}", accept=None, timeout=None)
    if completed.rc in (0, _NO_CHECK):
        return []
    if completed.rc == _LEAKED:
        return [f"{path} has leaked clusters: space that is lost, no damage"]
    words = [line.strip() for line in (completed.stderr + completed.stdout).splitlines() if line.strip()]
    raise refusal(
        path,
        "damaged",
        f"`qemu-img check` finds it damaged: {words[0] if words else f'exit status {completed.rc}'}",
        f"take a sound copy{', or repair a copy with `qemu-img check -r all`' if image_format == 'qcow2' else ''}",
    )


def check_map(program: str, descriptor: int, path: str, image_format: str) -> None:
    """Check that the blocks of an image that are not compressed lie within its file.

    Raises ImagewrightError: they do not; QEMU would read zeros.
    """
    extents = _map(program, descriptor, path, image_format)
    end, file_size = max((extent["offset"] + extent["length"] for extent in extents if "offset" in extent), default=0), os.fstat(descriptor).st_size
    if end > file_size:
        raise refusal(path, "cut_off", f"it is cut off: a block of its data ends at offset {end}, and the file at {file_size}", "get the whole image")


def mapped_size(program: str, descriptor: int, path: str, image_format: str) -> int:
    """Return how many bytes (int) of data the disk in the image holds, as its tables say; ``convert`` may find zeros in them.

    Raises ImagewrightError: qemu-img cannot tell.
    """
    # `qemu-img measure` gives the whole disk's size for raw targets
    extents = _map(program, descriptor, path, image_format)
    return sum(extent["length"] for extent in extents if extent["data"] and not extent["zero"])


def convert(program: str, descriptor: int, path: str, image_format: str, target: int) -> None:
    """Write the disk in the image into the open, empty target, which is at least as long; zeros become holes.

    descriptor, target: int, open files of this process.
    Raises ImagewrightError: qemu-img cannot read it to its end, or cannot write.
    """
    argv = [program, "convert", "-n", "--target-is-zero", "-S", "4k", "-O", "raw", _source(descriptor, image_format), _name(target)]
    completed = commands.run(_bound_to_us(argv), f"convert {path}", accept=None, timeout=None)
    if completed.rc and "error while reading" in completed.stderr:
        raise refusal(
            path, "damaged", f"qemu-img cannot read it to its end: {completed.stderr.strip().splitlines()[-1]}", "get the whole image, or take a sound copy"
        )
    if completed.rc:
        raise commands.failure(completed, f"convert {path}")


def _map(program: str, descriptor: int, path: str, image_format: str) -> Iterator[Dict[str, Any]]:
    """Yield the extents (dict) of the disk in the image; of data that is not compressed, ``offset`` is its place in the file.

    qemu-img prints a list with an extent a line; a disk that was written to for years has millions of them.
    """
    argv = [program, "map", "--output=json", _source(descriptor, image_format)]
    with commands.stream(argv, f"map {path}", []) as printed:
        for line in printed:
            extent = line.strip(b" \t\r\n[],")
            if extent:
                yield json.loads(extent)


def _source(descriptor: int, image_format: str) -> str:
    """Return the image as QEMU's JSON: format as we have found it, no backing file whatever the header says."""
    return "json:" + json.dumps({"driver": image_format, "backing": None, "file": {"driver": "file", "filename": _name(descriptor)}})


def _name(descriptor: int) -> str:
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _bound_to_us(argv: List[str]) -> List[str]:
    """Return the command so that it ends when we are killed, and no orphan goes on filling the disk."""
    setpriv = commands.find("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] + argv if setpriv else argv
