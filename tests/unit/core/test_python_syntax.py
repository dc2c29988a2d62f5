# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.imagewright.azure.plugins.module_utils.core import python_syntax
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

_PATH = "/usr/lib/agent.py"
#: Of a Python that is later than any that runs this.
_LATER = "3.99"


@pytest.fixture(name="problem")
def _problem(tmp_path):
    def problem(text, version):
        (tmp_path / "usr/lib").mkdir(parents=True, exist_ok=True)
        (tmp_path / _PATH[1:]).write_text(text)
        return python_syntax.problem(LiveTree(str(tmp_path)), _PATH, version)

    return problem


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import os\n<<<<<<< HEAD\nimport re\n", 2),
        ("import os\nx = 1\n=======\ny = 2\n", 3),
        ("x = (1,\n", 1),
        ("def f():\nreturn 1\n", 2),
        ("x = 1\n\0\n", 2),
    ],
)
def test_what_no_python_reads_is_told_of_a_later_one_too(problem, text, line):
    assert problem(text, _LATER)[0] == line
    assert problem(text, "3.6")[0] == line


@pytest.mark.parametrize("text", ["match x:\n    case 1 2:\n        pass\n", "print 'x'\n", "x <<<<<<< 1\n"])
def test_what_a_later_python_may_read_is_not_told_of_it(problem, text):
    assert problem(text, _LATER) is None
    assert problem(text, "3.6") is not None


@pytest.mark.parametrize("text", ["import os\n", '"""A text.\n<<<<<<< HEAD\n"""\n', ""])
def test_a_module_that_is_read_has_no_problem(problem, text):
    assert problem(text, "3.6") is None


def test_of_a_python_that_is_not_known_nothing_is_told(problem):
    assert problem("<<<<<<< HEAD\n", None) is None
