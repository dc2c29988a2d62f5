# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the programs of a guest: each start is one operation, at which the module is killed or the program fails, with half of its output written."""

import io
import os
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands


def play(programs):
    """Return a Case's prepare.

    programs: {name: callable(root, argv) -> [(path on this machine, content (bytes), path that is written first and renamed, or None)]}, what a
    start of the program writes.
    """

    def prepare(operations, _place):
        really_run = commands.run

        def run(argv, doing, root="/", **options):
            name = posixpath.basename(argv[0])
            if name not in programs:
                return really_run(argv, doing, root=root, **options)
            outputs = operations.perform(lambda: programs[name](root.rstrip("/"), argv))
            try:
                operations.at("write", "program", name, lambda: _write(outputs, 1), lambda: _write(outputs, 2))
            except OSError as error:
                raise commands.failure(commands.Completed(argv, 1, "", f"{name}: {error.strerror}\n"), doing) from None
            return commands.Completed(argv, 0, "", "")

        commands.run = run

    return prepare


def _write(outputs, divisor):
    """Write the part of each output that a divisor leaves."""
    for path, content, beside in outputs:
        # not by open(), which is counted
        with io.FileIO(beside or path, "w") as stream:
            stream.write(content[: len(content) // divisor])
        if beside and divisor == 1:
            os.rename(beside, path)


def executable(root, *names):
    """Write programs that do nothing into a guest, for modules that look whether they are there."""
    for name in names:
        path = root / "usr/sbin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        os.chmod(path, 0o755)
