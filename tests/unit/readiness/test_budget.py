# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every verdict has an end that no code can swallow, and keeps what was found before it."""

import contextlib
import os
import time

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import budget


@pytest.fixture(autouse=True)
def a_usual_machine(monkeypatch):
    """Let the limits be those of a usual machine, whatever this one is."""
    monkeypatch.setattr(budget, "slowness", lambda: 1)


def collected(produce):
    """Return (values, message of the end or None)."""
    values = []
    try:
        for value in budget.bounded(produce):
            values.append(value)
    except budget.Ended as ended:
        return values, str(ended)
    return values, None


def test_what_is_produced_arrives_in_order():
    assert collected(lambda: iter(["a" * 3000000, ("b", 2), None])) == (["a" * 3000000, ("b", 2), None], None)


def test_it_is_produced_in_another_process():
    assert collected(lambda: iter([os.getpid()]))[0] != [os.getpid()]


def swallowing():
    """Go on whatever is raised."""
    yield "first"
    while True:
        with contextlib.suppress(Exception):
            while True:
                pass


def test_process_time_ends_what_swallows_every_error_and_leaves_what_was_found(monkeypatch):
    monkeypatch.setattr(budget, "MOST_SECONDS", 1)
    monkeypatch.setattr(budget, "_GRACE", 0)
    started = time.monotonic()
    assert collected(swallowing) == (["first"], "it took more than 1 s of process time")
    assert time.monotonic() - started < 100


def test_an_emulated_machine_gets_as_much_more_time_as_it_is_slower(monkeypatch):
    monkeypatch.setattr(budget, "MOST_SECONDS", 1)
    monkeypatch.setattr(budget, "_GRACE", 0)
    monkeypatch.setattr(budget, "slowness", lambda: 2.5)
    assert collected(swallowing) == (["first"], "it took more than 2 s of process time")


@pytest.mark.parametrize(("seconds", "times"), [(0.003, 1), (0.019, 1), (0.05, 10), (0.2, 40), (30, 60)])
def test_how_much_slower_it_is_a_piece_of_work_tells(monkeypatch, seconds, times):
    clock = iter([100, 100 + seconds])
    monkeypatch.undo()
    monkeypatch.setattr(budget.time, "process_time", lambda: next(clock))
    assert budget.slowness() == pytest.approx(times)


def waiting():
    """Take no process time, and never end."""
    yield "first"
    time.sleep(100)


def test_the_clock_ends_what_only_waits(monkeypatch):
    monkeypatch.setattr(budget, "_MOST_WAITING", 0.5)
    assert collected(waiting) == (["first"], "it took more than 0.5 s")


def hoarding():
    """Take all memory that there is."""
    yield "first"
    held = []
    while True:
        held.append(bytearray(64 * 1024 * 1024))


def test_memory_has_an_end():
    started = time.monotonic()
    assert collected(hoarding) == (["first"], "it needed more than 1024 MiB of memory")
    assert time.monotonic() - started < 100


def test_an_error_arrives_with_its_details():
    def refuse():
        yield 1
        raise ImagewrightError("cannot read it", errno="EIO")

    with pytest.raises(ImagewrightError, match="cannot read it") as raised:
        list(budget.bounded(refuse))
    assert raised.value.details == {"errno": "EIO"}


def test_a_fault_of_ours_is_one_clear_error():
    def fail():
        yield 1
        raise KeyError("name")

    with pytest.raises(ImagewrightError, match="a fault of this collection: KeyError: 'name'; please report it"):
        list(budget.bounded(fail))


def test_who_stops_reading_ends_the_process():
    values = budget.bounded(lambda: iter(os.getpid, None))
    child = next(values)
    values.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def busy(seconds):
    """Take process time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.parametrize("work", [time.sleep, busy])
def test_a_step_that_takes_too_long_is_ended_past_every_except(work):
    with pytest.raises(budget.Spent, match="cannot check R01 within"), budget.step("check R01", 0.1):
        try:
            work(20)
        except Exception:  # what a library does with any error
            work(20)


def test_a_step_leaves_no_alarm_behind():
    with budget.step("check R01", 0.2):
        pass
    time.sleep(0.3)
    busy(0.3)
