# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module in a child of this process, which has all that modules import, and tells how it ended and what it did to files."""

import collections
import gc
import importlib
import io
import json
import os
import resource
import signal
import sys
import traceback

from ansible.module_utils import basic
from integration.interrupted.operations import Operations

#: How a run ended. state: ``done``, ``failed`` (with a message), ``killed`` or ``broken`` (anything else); result: dict or None, what the module
#: returned; words: str, of the failure; operations: {kind: [Operation]}, only of a run that was not killed, and under ``unseen`` what changed files
#: without being one; seconds: float, of process time; memory: int, bytes that were in use at most.
Ended = collections.namedtuple("Ended", "state result words operations seconds memory")

#: Seconds that a run may take, on a machine that has much else to do; and seconds of process time.
MOST_SECONDS = 300
MOST_PROCESS_SECONDS = 20

MODULES = "ansible_collections.imagewright.azure.plugins.modules."


def load(name):
    """Return a module of the collection, imported once in the process that the children come from."""
    return importlib.import_module(MODULES + name)


def run(case, place, check=False, moment=None, most_memory=None):
    """Return how the module Ended, run in a child.

    case: Case. place: pathlib.Path, with the directories guest and tmp. check: bool, check mode. moment: operations.Moment or None.
    most_memory: int or None, bytes that the module may ask for on top of what it begins with.
    """
    load(case.module)
    gc.freeze()
    answer = os.memfd_create("answer")
    done = os.memfd_create("operations")
    child = os.fork()
    if child == 0:
        os._exit(_child(case, place, check, moment, most_memory, answer, done))
    _child_id, status, used = os.wait4(child, 0)
    used = (used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
    words, operations = _content(answer), _content(done)
    counted = json.loads(operations) if operations else None
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        killed = number == signal.SIGKILL
        return Ended("killed" if killed else "broken", None, "" if killed else f"ended by signal {number}", None, *used)
    try:
        result = json.loads(words.splitlines()[-1])
    except (ValueError, IndexError):
        return Ended("broken", None, words[-600:], counted, *used)
    return Ended("failed" if result.get("failed") else "done", result, str(result.get("msg", "")), counted, *used)


def _content(descriptor):
    with os.fdopen(descriptor, "rb") as stream:
        stream.seek(0)
        return stream.read().decode("utf-8", "surrogateescape")


def _child(case, place, check, moment, most_memory, answer, done):
    """Run the module in this process and return its exit status."""
    signal.alarm(MOST_SECONDS)
    if most_memory is not None:
        with open("/proc/self/statm", encoding="ascii") as stream:
            limit = int(stream.read().split()[0]) * resource.getpagesize() + most_memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_PROCESS_SECONDS, MOST_PROCESS_SECONDS))
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (answer, 1), (answer, 2)):
        os.dup2(source, target)
    # pytest has put its own in their places
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(number, "w", closefd=False), errors="surrogateescape") for number in (1, 2))
    os.environ.update(TMPDIR=str(place / "tmp"), HOME=str(place / "tmp"))
    os.chdir("/")
    os.umask(0o022)
    operations = Operations(moment, str(place))
    status = 1
    try:
        arguments = dict(case.arguments(place), _ansible_check_mode=check, _ansible_diff=True, _ansible_remote_tmp=str(place / "tmp"))
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        module = load(case.module)
        if case.prepare:
            case.prepare(operations, place)
        if moment is None and not check:
            operations.watch()
        operations.install()
        module.main()
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        operations.moment = None
        sys.stdout.flush()
        sys.stderr.flush()
        operations.original.get(("os", "write"), os.write)(done, json.dumps(dict(operations.done, unseen=operations.unseen)).encode())
    return status
