# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run vhd_align, and say what must come of it."""

import json
import os
import subprocess
import sys
import time

from conftest import COLLECTIONS, RUNNER, run_module_process
from integration.vhd.images import digest


def align(src, **options):
    """Return the result of vhd_align, its warnings as plain text (ansible-core 2.19 wraps them)."""
    result = run_module_process("vhd_align", src=os.fspath(src), **options)
    result["warnings"] = [json.dumps(warning) for warning in result.get("warnings", [])]
    return result


def converted(src, **options):
    """Return the result of vhd_align, which must succeed and leave the source as it was."""
    before = digest(src)
    result = align(src, **options)
    assert not result["failed"], result["msg"]
    assert digest(src) == before
    assert os.path.getsize(result["dest"]) == result["file_size"] == result["virtual_size"] + 512
    return result


def refused(src, *words, dest=None, **options):
    """Return the message of vhd_align, which must fail with these words and leave source and destination as they were."""
    dest = os.fspath(dest or os.path.splitext(src)[0] + ".out.vhd")
    before = digest(src) if os.path.isfile(src) else None
    there = sorted(os.listdir(os.path.dirname(dest))) if os.path.isdir(os.path.dirname(dest)) else None
    for check in (True, False):
        result = align(src, dest=dest, check=check, **options)
        assert result["failed"], result
        missing = [word for word in words if word not in result["msg"]]
        assert not missing, result["msg"]
        assert "Traceback" not in json.dumps(result)
        assert there is None or sorted(os.listdir(os.path.dirname(dest))) == there
    assert before is None or digest(src) == before
    return result["msg"]


def refused_sparse(disk, *words, **options):
    """As refused, without hashing a disk of terabytes."""
    before = disk.stat()
    result = align(disk, dest=os.fspath(disk) + ".out.vhd", **options)
    assert result["failed"]
    assert all(word in result["msg"] for word in words), result["msg"]
    assert (before.st_size, before.st_mtime_ns, before.st_blocks) == (disk.stat().st_size, disk.stat().st_mtime_ns, disk.stat().st_blocks)
    assert os.listdir(disk.parent) == [disk.name]


def waited_for(condition, seconds=30):
    """Wait until the condition holds, and return its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError("it did not happen")


def start_align(src, **options):
    """Return a process that runs vhd_align; ``communicate`` gives its result as JSON."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, "vhd_align"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ, PYTHONPATH=str(COLLECTIONS)),
    )
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options, src=os.fspath(src))}).encode())
    process.stdin.close()
    process.stdin = None
    return process
