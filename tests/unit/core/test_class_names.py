# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One noun, one thing: a reader who has met a value once knows it everywhere."""

import collections
import pathlib
import re

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
_DEFINITION = re.compile(r"^(?:class ([A-Z]\w+)|([A-Z]\w+) = collections\.namedtuple\()", re.MULTILINE)


def test_no_two_kinds_of_value_have_the_same_name():
    """An action plugin's class is named by Ansible; a private one is met in its file alone."""
    places = collections.defaultdict(list)
    for path in sorted(PLUGINS.rglob("*.py")):
        for match in _DEFINITION.finditer(path.read_text()):
            places[match.group(1) or match.group(2)].append(str(path.relative_to(PLUGINS)))

    assert {name: found for name, found in places.items() if len(found) > 1 and name != "ActionModule"} == {}
