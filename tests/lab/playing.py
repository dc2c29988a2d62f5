# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules, roles and playbooks of this checkout on guests, and read back what each task said."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.paths import CHECKOUT

CALLBACKS = Path(__file__).parent / "callbacks"
COLLECTIONS = CHECKOUT / ".venv" / "collections"


@dataclass
class Play:
    """What a run of ansible did.

    tasks: list of dicts: status (ok, failed, ignored, unreachable, skipped), host, task, action, tags, result
    hosts: dict, host -> its counts: ok, changed, failures, unreachable, skipped, ...
    """

    returncode: int
    output: str
    tasks: list
    hosts: dict

    @property
    def failed(self) -> bool:
        """Return whether the run did not succeed on every host."""
        return self.returncode != 0

    @property
    def changed(self) -> int:
        """Return the number of changed tasks on all hosts."""
        return sum(counts["changed"] for counts in self.hosts.values())

    def changed_tasks(self) -> list:
        """Return "host: task" of each task that changed something."""
        return [f"{event['host']}: {event['task']}" for event in self.tasks if event["status"] == "ok" and event["result"].get("changed")]

    def failed_tasks(self) -> list:
        """Return "host: task: message" of each task that failed."""
        return [
            f"{event['host']}: {event['task']}: {event['result'].get('msg', event['result'])}"
            for event in self.tasks
            if event["status"] in ("failed", "unreachable")
        ]


def playbook(inventory: str, path, variables: dict = None, check: bool = False, diff: bool = True, options=(), timeout: float = 900, show=None) -> Play:
    """Return what a playbook did on an inventory.

    path: a file, or the name of a playbook of a collection
    options: further arguments, as ("--tags", "R46")
    timeout: float, seconds
    show: function, called with each line of ansible's output as it comes
    """
    argv = ["ansible-playbook", str(path), *_modes(check, diff), *options]
    if variables:
        argv += ["--extra-vars", json.dumps(variables)]
    return _ansible(inventory, argv, timeout, show)


def role(inventory: str, name: str, variables: dict = None, host: str = "all", tasks_from: str = "", **options) -> Play:
    """Return what a role did on a host.

    name: as in roles/, or with its collection; variables, options: see playbook()
    """
    full_name = name if "." in name else f"imagewright.azure.{name}"
    include = {"name": full_name, **({"tasks_from": tasks_from} if tasks_from else {})}
    play = [{"name": f"Run {full_name}", "hosts": host, "tasks": [{"name": f"Role {full_name}", "ansible.builtin.import_role": include}]}]
    with tempfile.TemporaryDirectory(prefix="imagewright-lab-") as directory:
        path = Path(directory) / "play.yml"
        path.write_text(json.dumps(play), encoding="utf-8")
        return playbook(inventory, path, variables, **options)


def module(
    inventory: str, name: str, arguments: dict, host: str = "all", check: bool = False, diff: bool = True, become: bool = True, timeout: float = 600
) -> dict:
    """Return the result of one module on one host, with `failed` and `changed` always in it."""
    full_name = name if "." in name else f"imagewright.azure.{name}"
    argv = ["ansible", host, "-m", full_name, *(["-a", json.dumps(arguments)] if arguments else []), *_modes(check, diff)]
    if not become:
        argv += ["-e", "ansible_become=false"]
    play = _ansible(inventory, argv, timeout)
    results = [event["result"] for event in play.tasks if "result" in event]
    if len(results) != 1:
        raise LabError(f"cannot run the module {name}: {len(results)} results, exit code {play.returncode}:\n{play.output}")
    result = results[0]
    result["failed"] = play.failed
    result.setdefault("changed", False)
    return result


def _modes(check: bool, diff: bool) -> list:
    return ["--check"] * check + ["--diff"] * diff


def _ansible(inventory: str, argv: list, timeout: float, show=None) -> Play:
    with tempfile.TemporaryDirectory(prefix="imagewright-lab-") as directory:
        hosts, record = Path(directory) / "inventory.json", Path(directory) / "record.jsonl"
        hosts.write_text(inventory, encoding="utf-8")
        record.touch()
        command = [program(argv[0]), "-i", str(hosts), *argv[1:]]
        returncode, output = _run_showing(command, {**environment(), **_recording(record)}, timeout, show)
        events = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    hosts_counts = next((event["hosts"] for event in events if event["status"] == "stats"), {})
    return Play(returncode, output, [event for event in events if event["status"] != "stats"], hosts_counts)


def _run_showing(command: list, environment: dict, timeout: float, show):
    """Return exit code and output of a program; show is called with each line as it comes."""
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    alarm = threading.Timer(timeout, process.terminate)
    alarm.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if show:
                show(line)
        process.wait()
    finally:
        in_time = alarm.is_alive()
        alarm.cancel()
    if not in_time:
        raise LabError(f"cannot wait for {' '.join(command[:4])}: not done after {timeout:.0f} s:\n{''.join(lines[-30:])}")
    return process.returncode, "".join(lines)


def _recording(record: Path) -> dict:
    return {
        "LAB_RECORD": str(record),
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "lab_record",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",  # for the ad-hoc command
    }


def program(name: str) -> str:
    """Return the path of a program of Ansible's, its bare name where it is not beside this Python."""
    path = Path(os.environ.get("LAB_PROGRAMS") or Path(sys.executable).parent) / name
    return str(path) if path.exists() else name


def environment() -> dict:
    """Return the variables with which Ansible finds the checkout as a collection, and asks nothing."""
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_TIMEOUT": "60",  # s, for sudo's prompt on a machine that has much to do
    }
