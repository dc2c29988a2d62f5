# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what the verdicts on broken and on right images were, an image a line."""

import collections

from integration.broken.images import IMAGES

OUTCOMES = ("named", "too low", "missed", "right", "false alarm")


def pytest_terminal_summary(terminalreporter):
    """Print how many ways were named, named too low and missed, and how many right images were called so."""
    counts = {image: collections.Counter() for image in IMAGES}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for image, outcome in getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ():
                if image in counts and outcome in OUTCOMES:
                    counts[image][outcome] += 1
    if any(counts.values()):
        terminalreporter.section("broken images", sep="-")
        terminalreporter.line(f"{'':36}" + "".join(f"{outcome:>12}" for outcome in OUTCOMES))
        for image, found in counts.items():
            terminalreporter.line(f"{image:36}" + "".join(f"{found[outcome]:12}" for outcome in OUTCOMES))
