# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that stand in the place of a program which whoever provisions calls."""

import os

import pytest
from unit.readiness.cases.common import BY_AGENT
from unit.readiness.guest_tree import ELF_X86_64, good_guest, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.catalogue import all_rules
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate

CALLS = '#!/bin/sh\n# diverted\nexec %s "$@"\n'
USERADD = "/usr/sbin/useradd"


class OwnRoot(LiveTree):
    """A guest's files, mounted."""

    has_own_root = True


@pytest.fixture
def tree(tmp_path):
    tree = OwnRoot(str(good_guest(tmp_path / "guest")))
    write(tree.root, "/etc/waagent.conf", BY_AGENT)
    write(tree.root, "/etc/cloud/cloud.cfg", None)
    for path in ("/lib/x86_64-linux-gnu/libc.so.6", "/bin/sh", USERADD, "/usr/bin/ssh-keygen", "/usr/bin/mount", "/opt/real"):
        program(tree, path, ELF_X86_64)
    return tree


def program(tree, path, content):
    write(tree.root, path, content)
    os.chmod(str(tree.root) + path, 0o755)


def finding(tree):
    """Return (status, severity, path, line) of the rule about the programs that the agent calls."""
    found = next(found for found in evaluate(Context(tree), [each for each in all_rules() if each.id == "R40e"]))
    return (found.status,) if found.status == "passed" else (found.status, found.severity, found.evidence[0].path, found.evidence[0].line)


@pytest.mark.parametrize("path", [USERADD, "/usr/bin/ssh-keygen", "/usr/bin/mount"])
def test_a_script_runs_no_more_than_what_it_hands_over_to(tree, path):
    assert finding(tree) == ("passed",)
    program(tree, path, CALLS % "/opt/gone")
    assert finding(tree) == ("failed", "error", path, None)
    program(tree, path, CALLS % "/opt/real")
    assert finding(tree) == ("passed",)
    os.chmod(str(tree.root) + "/opt/real", 0o644)
    assert finding(tree) == ("failed", "error", path, None)


def test_a_script_that_calls_itself_never_ends(tree):
    program(tree, USERADD, CALLS % USERADD)
    assert finding(tree) == ("failed", "error", USERADD, None)


def test_a_script_that_does_nothing_but_fail_is_named_with_its_line(tree):
    program(tree, USERADD, "#!/bin/sh\nlogger useradd\nexit 1\n")
    assert finding(tree) == ("failed", "error", USERADD, 3)


def test_a_script_that_may_do_its_work_is_right(tree):
    program(tree, USERADD, "#!/bin/sh\n[ -x /opt/gone ] && exec /opt/gone\nexec /opt/real\n")
    assert finding(tree) == ("passed",)
