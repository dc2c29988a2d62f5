# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that every ring of the tests may use."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from hypothesis import settings

#: How long an example takes says nothing on a machine that has much to do.
settings.register_profile("imagewright", settings.default, deadline=None)
settings.load_profile("imagewright")

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
COLLECTIONS = CHECKOUT / ".venv" / "collections"

#: Runs a module as Ansible does on the target: its arguments as JSON, its result as JSON on standard output.
RUNNER = """
import json, runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.imagewright.azure.plugins.modules." + sys.argv[1], run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def run_module():
    """Return a function that runs a module of the collection in a process of its own and returns its result.

    run_module("grub_cmdline", root=tree, present=["a=1"], check=True, diff=True) -> dict with ``failed`` and ``changed``.
    check, diff: Ansible's modes; python: the interpreter; env: further environment variables.
    """
    return run_module_process


def run_module_process(name, check=False, diff=True, python=sys.executable, env=None, timeout=600, **arguments):
    """Return the result (dict) of a module run on this machine."""
    arguments = {key: str(value) if isinstance(value, pathlib.Path) else value for key, value in arguments.items()}
    arguments.update(_ansible_check_mode=check, _ansible_diff=diff)
    process = subprocess.run(
        [python, "-c", RUNNER, name],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        text=True,
        capture_output=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS), **(env or {})},
    )
    try:
        result = json.loads(process.stdout)
    except ValueError:
        raise AssertionError(f"{name} printed no result:\n{process.stdout}\n{process.stderr}") from None
    result.setdefault("failed", process.returncode != 0)
    return result
