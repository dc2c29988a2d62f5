# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spans of time, as `systemd-analyze timespan` reads them."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core import time_span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1min 30s", 90),
        ("1m30", 90),
        ("500ms", 0.5),
        ("1.5h", 5400),
        ("2 days", 172800),
        ("1w", 604800),
        ("1M", 2629800),
        ("0", 0),
        ("infinity", None),
        ("soon", None),
        ("5 parsecs", None),
        ("1s later", None),
        ("", None),
    ],
)
def test_a_span_is_read_as_systemd_does(text, seconds):
    assert time_span.seconds(text) == seconds
