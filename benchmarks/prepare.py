# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the role prepare on containers of Debian: calls to the guest and time beside `ansible -m setup`, and many guests at once.

    python benchmarks/prepare.py [--guests 12] [--output result.json]      prints a table; needs root, for the containers

First run: a guest with every fault that the lab knows. Second run: the same guest, ready. Bars: 10 calls and 4 times `setup` on the guest that is
ready, and every one of the guests that are prepared at once is right. The exit code tells whether they were met.
"""

import argparse
import json
import os
import pathlib
import resource
import sys
import time

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests"))

from lab import container, disk, inventory, playing  # noqa: E402
from lab.calls import calls  # noqa: E402
from lab.live import LiveGuest  # noqa: E402
from lab.recipe import Plan, Recipe  # noqa: E402

BARS = {"calls": 10, "times_setup": 4.0}
VARIABLES = {"prepare_image_kind": "generalized", "prepare_deprovision": False, "prepare_shutdown": False}


def timed(function):
    """Return (what a function returned, seconds)."""
    began = time.monotonic()
    return function(), time.monotonic() - began


def one_guest():
    """Return the figures (dict) of one guest: setup, first run and second run."""
    record = container.start(image=disk.cached_disk(Plan(Recipe(), faulty=True)), owned=True)
    try:
        guest = LiveGuest(record)
        setup = min(timed(lambda: guest.module("ansible.builtin.setup"))[1] for _time in range(3))
        runs = {}
        for name in ("first", "second"):
            play, seconds = timed(lambda: guest.role("prepare", VARIABLES, diff=False))
            if play.failed:
                sys.exit(f"cannot measure: the {name} run failed:\n{play.output[-3000:]}")
            runs[name] = figures(play, seconds, setup)
    finally:
        container.stop(record, at_once=True)
    return {"setup": round(setup, 2), **runs}


def figures(play, seconds, setup):
    return {
        "seconds": round(seconds, 1),
        "times_setup": round(seconds / setup, 1),
        "calls": len(calls(play)),
        "tasks": len(play.tasks),
        "skipped": sum(event["status"] == "skipped" for event in play.tasks),
        "lines": play.output.count("\n"),
        "changed": play.changed,
    }


def many_guests(number):
    """Return the figures (dict) of many guests that are prepared at once, as many forks as guests."""
    image = disk.cached_disk(Plan(Recipe(), faulty=True))
    records = []
    try:
        for _position in range(number):
            records.append(container.start(image=image, owned=True, timeout=300))
        hosts = {f"guest{position}": (record, {}) for position, record in enumerate(records)}
        found = {}
        for name in ("first", "second"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            play, seconds = timed(
                lambda: playing.role(inventory.inventory(hosts), "prepare", VARIABLES, diff=False, options=("--forks", str(number)), timeout=3600)
            )
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[name] = {
                "seconds": round(seconds, 1),
                "seconds_a_guest": round(seconds / number, 1),
                "controller_process_seconds": round(used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, 1),
                "largest_process_mib": round(used.ru_maxrss / 1024),
                "failed": sorted(host for host, counts in play.hosts.items() if counts["failures"] or counts["unreachable"]),
                "changed": play.changed,
            }
    finally:
        for record in records:
            container.stop(record, at_once=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guests", type=int, default=12, help="prepare so many at once, too; 0 leaves that out")
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    found = {"cores": os.cpu_count(), "one": one_guest()}
    print(f"ansible -m setup: {found['one']['setup']} s")
    for name in ("first", "second"):
        run = found["one"][name]
        print(
            f"{name + ' run':<11} {run['seconds']:6.1f} s, {run['times_setup']:.1f} times setup; {run['calls']} calls, {run['tasks']} tasks "
            f"({run['skipped']} skipped), {run['lines']} lines, {run['changed']} changed"
        )
    ready = found["one"]["second"]
    met = ready["calls"] <= BARS["calls"] and ready["times_setup"] <= BARS["times_setup"]
    if arguments.guests:
        found["many"] = dict(many_guests(arguments.guests), guests=arguments.guests)
        for name in ("first", "second"):
            run = found["many"][name]
            print(
                f"{arguments.guests} guests, {name} run: {run['seconds']:.0f} s, {run['seconds_a_guest']:.1f} s a guest, "
                f"{run['controller_process_seconds']:.0f} s of processor time on the controller, largest process {run['largest_process_mib']} MiB, "
                f"failed: {', '.join(run['failed']) or 'none'}"
            )
            met = met and not run["failed"]
        met = met and not found["many"]["second"]["changed"]
    if arguments.output:
        arguments.output.write_text(json.dumps(found, indent=1))
    print(f"bars: {BARS['calls']} calls and {BARS['times_setup']:.0f} times setup on the guest that is ready: {'met' if met else 'NOT met'}")
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
