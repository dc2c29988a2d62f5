# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python files that are not as their packages say: a change of one's own is a warning, and what Python cannot read an error."""

import hashlib

import pytest
from unit.readiness.disks import GOOD_DISK, GOOD_IMAGE
from unit.readiness.guest_tree import good_guest, symlink, write

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.evaluate import evaluate
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import packaged

_MODULE = "/usr/lib/python3/dist-packages/azurelinuxagent/common/conf.py"
_INFO = "/var/lib/dpkg/info/walinuxagent"
_TEXT = 'import os\n\n\ndef load(path):\n    """Read it."""\n    return open(os.path.join("/etc", path)).read()\n'


@pytest.fixture
def judged(tmp_path):
    """Return a function: (text of a module whose package has _TEXT, version of the guest's Python) -> Finding of R80d."""

    def judge(text, version="3.9"):
        guest = good_guest(tmp_path / "guest")
        write(guest, f"/usr/bin/python{version}", "program")
        symlink(guest, "/usr/bin/python3", f"python{version}")
        write(guest, "/var/lib/dpkg/status", "Package: walinuxagent\nStatus: install ok installed\n")
        write(guest, f"{_INFO}.list", f"{_MODULE}\n")
        write(guest, f"{_INFO}.md5sums", f"{hashlib.md5(_TEXT.encode(), usedforsecurity=False).hexdigest()}  {_MODULE[1:]}\n")
        write(guest, _MODULE, text)
        (found,) = evaluate(Context(LiveTree(str(guest)), GOOD_DISK, image=GOOD_IMAGE), [packaged.provisioners])
        return found

    return judge


@pytest.mark.parametrize(
    ("text", "version", "line"),
    [
        (_TEXT.replace("(path)", "(path"), "3.9", 4),
        (_TEXT.replace("    return", "  return"), "3.9", 6),
        (_TEXT[: _TEXT.index("Read")], "3.9", 5),
        (_TEXT + "print 'read'\n", "3.9", 7),
        (_TEXT + "print(\n", "3.99", 7),
        (_TEXT + "  print()\n", "3.99", 7),
        (_TEXT[:20] + "\0" * 40, "3.99", 4),
        (_TEXT[:-3], "3.99", None),  # of a Python that is not known here the end alone tells
        (_TEXT[: _TEXT.index(".join")], "3.9", 6),
        ("", "3.9", None),
    ],
)
def test_a_module_that_python_cannot_read_stops_the_provisioner(judged, text, version, line):
    found = judged(text, version)
    assert (found.status, found.severity) == ("failed", "error")
    assert (found.evidence[0].path, found.evidence[0].line) == (_MODULE, line)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (_TEXT.replace("/etc", "/usr/etc"), "3.9"),
        (_TEXT + "type Path = str\n", "3.99"),  # what a later Python reads
        (_TEXT + "def first[T](them: list[T]) -> T:\n    return them[0]\n", "3.99"),
        (_TEXT + "name = f'{[\n  1]}'\n", "3.99"),
        (_TEXT + "name = f\"{'('} {f'{1}('}\"\n", "3.99"),
        ("# \u00e4\n" + _TEXT, "3.9"),
        ("# -*- coding: latin-1 -*-\n" + _TEXT, "3.9"),
    ],
)
def test_a_module_that_somebody_changed_is_a_warning(judged, text, version):
    found = judged(text, version)
    assert (found.status, found.severity, found.evidence[0].path) == ("failed", "warning", _MODULE)


def test_a_module_as_it_was_installed_passes(judged):
    assert judged(_TEXT).status == "passed"
