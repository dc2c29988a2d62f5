# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict as JSON.

PRIVATE: module_utils of this collection are not an interface.
"""

import json

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import as_dict
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.links import COLLECTION, VERSION
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.verdict import moment

FORMAT = 1  # raised when a key changes its meaning


def to_json(found):
    """Return the JSON text (str) of a Verdict."""
    image = found.image and {"size": found.image.size, "modified": moment(found.image.modified)}
    content = {
        "format": FORMAT,
        "subject": found.subject,
        "system": found.system,
        "made": moment(found.made),
        "image": image,
        "made_by": f"{COLLECTION} {VERSION}",
        "profile": found.profile,
        "kind": found.kind,
        "generation": found.generation,
        "ready": found.ready,
        "generations": found.generations,
        "summary": found.summary,
        "seconds": round(found.seconds, 3),
        "path": [dict(step._asdict()) for step in found.path],
        "findings": [as_dict(finding) for finding in found.findings],
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
