# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program a shell script hands over to whatever is the case."""

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core.stand_ins import handed_to


@pytest.mark.parametrize(
    "text",
    [
        '#!/bin/sh\nexec /opt/real "$@"\n',
        "#!/bin/sh\n# own\nexport LANG=C\nset -e\numask 022\n\n/opt/real --quiet\n",
        "#!/bin/bash\nlogger -t own 'useradd'\nHOME=/root\nexec -a useradd /opt/real",
        '#!/bin/sh\n/opt/real "$@" >/dev/null 2>/dev/null',
    ],
)
def test_a_script_hands_over_to_its_last_program(text):
    assert handed_to(text) == "/opt/real"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#!/bin/sh\n",
        "#!/bin/sh\n[ -x /opt/real ] || exit 0\nexec /opt/real\n",
        "#!/bin/sh\nif true; then\n  exit 0\nfi\n/opt/real\n",
        "#!/bin/sh\n/opt/real || true\n",
        "#!/bin/sh\n/opt/real | cat\n",
        "#!/bin/sh\n/opt/real; true\n",
        "#!/bin/sh\n/opt/real &\n",
        '#!/bin/sh\nexec "$REAL" "$@"\n',
        "#!/bin/sh\nexec real\n",
        "#!/bin/sh\n. /etc/own\nexec /opt/real\n",
        "#!/bin/sh\n/opt/$(uname -m)/real\n",
        "#!/bin/sh\nexec /opt/*/real\n",
        "#!/bin/sh\nexec /opt/real \\\n  --more\n",
        "#!/bin/sh\ncase $1 in\n  a) exec /opt/real;;\nesac\n",
        "#!/bin/sh\nexit 0\n/opt/real\n",
    ],
)
def test_where_it_hands_over_may_not_show(text):
    assert handed_to(text) is None
