# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the walks of the line showed, kept in a file that docs/tested.md is made from."""

import datetime
import importlib.metadata
import json
from pathlib import Path

from lab import shapes

PLACE = Path(__file__).with_name("tested.json")


def keep(name: str, walked, place: Path = PLACE) -> None:
    """Write what a walk showed into the file of results, in place of that shape's result before."""
    results = read(place)
    results[name] = {
        "date": datetime.date.today().isoformat(),
        "guest": walked.kind,
        "suite": shapes.named(name).PLAN.recipe.suite,
        "ansible_core": importlib.metadata.version("ansible-core"),
        "versions": dict(sorted(walked.versions.items())),
        "proofs": len(walked.proofs),
        "failed": {proof.name: proof.after for proof in walked.proofs if not proof.holds},
        "seconds": {title: round(seconds) for title, seconds in walked.phases},
    }
    place.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read(place: Path = PLACE) -> dict:
    """Return {shape: its result}."""
    return json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
