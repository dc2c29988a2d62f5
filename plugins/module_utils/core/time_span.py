# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spans of time as systemd writes them: ``1min 30s``.

PRIVATE: module_utils of this collection are not an interface.
Source: systemd.time(7), parse_time of systemd's src/basic/time-util.c.
"""

import re
from typing import Dict, Optional

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z\u00b5\u03bc]*)\s*")
_SECONDS: Dict[str, float] = {"": 1}
for _names, _length in (
    ("us usec \u00b5s \u03bcs", 1e-6),
    ("ms msec", 1e-3),
    ("s sec second seconds", 1),
    ("m min minute minutes", 60),
    ("h hr hour hours", 3600),
    ("d day days", 86400),
    ("w week weeks", 604800),
    ("M month months", 2629800),
    ("y year years", 31557600),
):
    _SECONDS.update(dict.fromkeys(_names.split(), _length))


def seconds(text: str) -> Optional[float]:
    """Return the seconds (float) of a span, None of what is none, and of ``infinity``."""
    text, total, place = text.strip(), 0.0, 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or part.group(2) not in _SECONDS:
            return None
        total += float(part.group(1)) * _SECONDS[part.group(2)]
        place = part.end()
    return total if text else None
