# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disturbs modules at their moments, and counts what went wrong.

    PYTHONPATH=tests:.venv/collections .venv/bin/python -m integration.interrupted.exploring 'swap_off, resume'

explores one case and prints each bad moment; several names explore several, and `all` every one, and writes the table of docs/promises.md;
`all 40` tries 40 moments of each, spread over its run.
This process imports Ansible once; each run of a module is a fork of it, so that hundreds of moments take seconds.
"""

import collections
import json
import pathlib
import random
import sys
import tempfile
import zlib

from integration.interrupted import disks, guests_boot, guests_initramfs, guests_network, guests_text, guests_used
from integration.interrupted.examination import Examination

#: {name: Case}
CASES = {case.name: case for group in (guests_text, guests_used, guests_network, guests_boot, guests_initramfs, disks) for case in group.CASES}

#: Where the table is shown, and between which lines.
PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "promises.md"
BEGINNING, END = "<!-- written by make promises -->", "<!-- end -->"

#: What came of a case. module: str; operations: {kind: int}; every: int, moments that there are; moments: int, that were tried;
#: bad: [(moment in words, [problem])].
Explored = collections.namedtuple("Explored", "module operations every moments bad")


def explore(name, count=None):
    """Return what was Explored of a case.

    count: int or None, of moments that are tried: drawn by the name's seed, one from each of as many parts of the run; all of them without.
    Raises AssertionError: a run that nothing disturbs is not right.
    """
    with tempfile.TemporaryDirectory(prefix="interrupted-", dir=_memory()) as folder:
        examination = Examination(CASES[name], pathlib.Path(folder))
        every = examination.moments()
        moments = spread(every, count, zlib.crc32(name.encode()))
        found = [(examination.described(moment), examination.problems(moment)) for moment in moments]
        operations = {kind: len(done) for kind, done in examination.operations.items()}
    return Explored(CASES[name].module, operations, len(every), len(moments), [(moment, problems) for moment, problems in found if problems])


def spread(moments, count, seed):
    """Return count of the moments, one drawn from each of as many parts, or all when there are no more."""
    if count is None or count >= len(moments):
        return moments
    source = random.Random(seed)
    return [moments[int(source.uniform(part, part + 1) / count * len(moments))] for part in range(count)]


def table(explored):
    """Return the lines ([str]) of a table of modules.

    explored: [Explored].
    """
    lines = ["| module | guests | operations | moments | tried | bad |", "|---|---|---|---|---|---|"]
    totals = [0, 0, 0, 0, 0]
    for module in sorted({each.module for each in explored}):
        cases = [each for each in explored if each.module == module]
        row = [
            len(cases),
            sum(sum(each.operations.values()) for each in cases),
            sum(each.every for each in cases),
            sum(each.moments for each in cases),
            sum(len(each.bad) for each in cases),
        ]
        totals = [total + number for total, number in zip(totals, row)]
        lines.append(f"| `{module}` | " + " | ".join(f"{number:,}" for number in row) + " |")
    return lines + ["| all | " + " | ".join(f"{number:,}" for number in totals) + " |"]


def _memory():
    """Return a directory in memory, where there is one: guests are copied for each moment."""
    return "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None


def main(arguments):
    """Explore the cases that are named, or those that come as JSON on standard input: [name, count]."""
    if not arguments:
        for line in sys.stdin:
            name, count = json.loads(line)
            try:
                answer = explore(name, count)._asdict()
            except AssertionError as error:
                answer = {"undisturbed": str(error)}
            print(json.dumps(answer), flush=True)
        return
    explored = []
    every = arguments[0] == "all"
    for name in CASES if every else arguments:
        explored.append(explore(name, int(arguments[1]) if every and len(arguments) > 1 else None))
        print(f"{name}: {explored[-1].moments} moments, {len(explored[-1].bad)} bad", file=sys.stderr)
        for moment, problems in explored[-1].bad:
            print(f"  {moment}: {'; '.join(problems)}", file=sys.stderr)
    print("\n".join(table(explored)))
    if every:
        before, after = PAGE.read_text(encoding="utf-8").split(BEGINNING)
        PAGE.write_text(f"{before}{BEGINNING}\n" + "\n".join(table(explored)) + "\n" + END + after.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
