# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of all topics: each file in cases/ has one or more of the tables below, and is found by itself.

BROKEN_FILES: (rule, files to write (None: removed), (path, line) of the first evidence or None).
BROKEN_DISKS: (rule, changes of the disk's facts, changes of the image's, text of the first evidence).
OLD_KERNELS: (rule, version of a further kernel, path of the first evidence).
RIGHT_FILES: (rule that does not concern the right guest, files with which it does, and holds).
CONTROLS: (rule, files that resemble its fault, and are right).
Files are written into the guest of guest_tree.py; content is str, bytes, ("link", target) or ("sparse", size in bytes).
"""

import importlib
import pathlib

_TOPICS = sorted(path.stem for path in (pathlib.Path(__file__).parent / "cases").glob("*.py"))


def collected(table):
    """Return the cases ([tuple]) of a table (str) of all topics."""
    return [case for topic in _TOPICS for case in getattr(importlib.import_module(f"unit.readiness.cases.{topic}"), table, [])]


BROKEN_FILES, BROKEN_DISKS, OLD_KERNELS, RIGHT_FILES, CONTROLS = map(collected, ("BROKEN_FILES", "BROKEN_DISKS", "OLD_KERNELS", "RIGHT_FILES", "CONTROLS"))
