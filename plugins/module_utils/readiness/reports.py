# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports to files.

PRIVATE: module_utils of this collection are not an interface.
"""

import os

from ansible_collections.imagewright.azure.plugins.module_utils.core.files import write
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_html import to_html
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_json import to_json
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_junit import to_junit
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.report_sarif import to_sarif

_WRITERS = (("json", to_json), ("junit", to_junit), ("html", to_html), ("sarif", to_sarif))


def write_reports(verdict, paths):
    """Write the reports that are asked for, and return {name: path} of them.

    paths: {json, junit, html, sarif: str or None}.
    Raises ImagewrightError: one cannot be written.
    """
    written = {}
    for name, writer in _WRITERS:
        path = paths.get(name)
        if path:
            write(os.path.abspath(path), writer(verdict).encode("utf-8", "backslashreplace"))
            written[name] = path
    return written
