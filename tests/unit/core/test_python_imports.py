# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Python program imports whatever it does: the first that is missing, and nothing that it can do without."""

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.core import python_imports, python_packages
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

_LIBRARY = {f"/usr/lib/python3.12/{name}.py": "" for name in ("os", "re", "socket", "threading")}
_PLACE = "/usr/lib/python3/dist-packages"
_MAIN = f"{_PLACE}/cloudinit/main.py"
_OWN = {
    f"{_PLACE}/cloudinit/__init__.py": "",
    f"{_PLACE}/cloudinit/util.py": "import yaml\n",
    f"{_PLACE}/yaml/__init__.py": "from .error import *\nfrom ._own import x\n",
}


def found(tmp_path, text, **files):
    """Return (path below the packages, line, name) of what is missing for cloudinit.main with a text, None for nothing."""
    write_tree(tmp_path, {**_LIBRARY, **_OWN, _MAIN: text, **files})
    missing = python_imports.follow(LiveTree(str(tmp_path)), "3.12", [_PLACE], ["cloudinit.main", "cloudinit.of_another_release"], "/usr/bin").missing
    return missing and (missing.path[len(_PLACE) + 1 :], missing.line, missing.name)


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        ("import os\nimport jinja2\n", {}, ("cloudinit/main.py", 2, "jinja2")),
        ('"""Text.\n\nimport nothing\n"""\nimport os, jinja2 as jinja\n', {}, ("cloudinit/main.py", 5, "jinja2")),
        ("from jinja2.sandbox import Sandbox\n", {}, ("cloudinit/main.py", 1, "jinja2")),
        ("from cloudinit import util\n", {f"{_PLACE}/yaml/__init__.py": "import _yaml\nimport other\n"}, ("yaml/__init__.py", 2, "other")),
        ("from . import util\n", {f"{_PLACE}/cloudinit/util.py": "import gone\n"}, ("cloudinit/util.py", 1, "gone")),
        ("from .net.dhcp import Client\n", {f"{_PLACE}/cloudinit/net/__init__.py": ""}, ("cloudinit/main.py", 1, "cloudinit.net.dhcp")),
        ("import cloudinit.net\n", {}, ("cloudinit/main.py", 1, "cloudinit.net")),
        ("from cloudinit import (\n    util,\n    net,  # of cards\n)\n", {}, ("cloudinit/main.py", 1, "cloudinit.net")),
        # what releases of Python gave up
        ("import os\nfrom distutils.version import LooseVersion\n", {}, ("cloudinit/main.py", 2, "distutils")),
        ("import crypt\n", {"/usr/lib/python3.12/distutils/__init__.py": ""}, ("cloudinit/main.py", 1, "crypt")),
    ],
)
def test_an_import_of_what_is_nowhere_is_told_where_it_stands(tmp_path, text, files, expected):
    assert found(tmp_path, text, **files) == expected


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("import os, re, sys, _thread, zlib\nfrom cloudinit import util\nimport cloudinit.util as other\n", {}),
        ("try:\n    import gone\nexcept ImportError:\n    gone = None\n", {}),
        ("if False:\n    import gone\n\ndef later():\n    import gone\n", {}),
        ('TEXT = """\nimport gone\nfrom gone import x\n"""\n', {}),
        ("import fast\n", {f"{_PLACE}/fast.cpython-312-x86_64-linux-gnu.so": ""}),
        ("import math\nimport lzma\n", {"/usr/lib/python3.12/lib-dynload/lzma.cpython-312-x86_64-linux-gnu.so": ""}),
        ("from six.moves import urllib\nimport requests.packages.urllib3\n", {f"{_PLACE}/six.py": "", f"{_PLACE}/requests/packages.py": ""}),
        ("import gone\n", {f"{_PLACE}/own.pth": "/opt/python\n"}),
        ("import gone\n", {f"{_PLACE}/gone-1.0.egg/gone/__init__.py": ""}),
        ("import spaces.of.names\n", {f"{_PLACE}/spaces/of/names.py": ""}),
        ("from cloudinit import version\n", {f"{_PLACE}/cloudinit/__init__.py": "version = 1\n"}),
        ("from distutils import version\n", {f"{_PLACE}/_distutils_hack/__init__.py": ""}),
        ("import crypt\n", {f"{_PLACE}/crypt.py": ""}),
        ("import crypt\n", {"/usr/lib/python3.12/crypt.pyc": ""}),
    ],
)
def test_what_is_there_or_may_be_done_without_is_not_missing(tmp_path, text, files):
    assert found(tmp_path, text, **files) is None


def test_nothing_is_told_of_a_library_that_is_not_seen(tmp_path):
    write_tree(tmp_path, {**_OWN, _MAIN: "import gone\n", "/usr/lib/python3.12/os.py": ""})
    for version in ("3.12", "2.7"):
        assert python_imports.follow(LiveTree(str(tmp_path)), version, [_PLACE], ["cloudinit.main"], "/usr/bin") == (None, None)


@pytest.mark.parametrize(("name", "taken"), [("re.py", True), ("yaml.py", True), ("cloudinit.py", False), ("own_tool.py", False), ("sys.py", False)])
def test_a_file_beside_the_script_is_taken_first(tmp_path, name, taken):
    write_tree(tmp_path, {**_LIBRARY, **_OWN, _MAIN: "import re, sys\nfrom . import util\n", f"/usr/bin/{name}": ""})
    found = python_imports.follow(LiveTree(str(tmp_path)), "3.12", [_PLACE], ["cloudinit.main"], "/usr/bin")
    assert found.beside == (f"/usr/bin/{name}" if taken else None)


_SCRIPT = {"/usr/bin/python3": "->python3.12", "/usr/bin/python3.12": "program"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "WALinuxAgent"),
        ({f"{_PLACE}/WALinuxAgent-2.9.egg-info/PKG-INFO": ""}, "WALinuxAgent"),
        ({f"{_PLACE}/WALinuxAgent-2.9.egg-info/entry_points.txt": ""}, None),
        ({f"{_PLACE}/walinuxagent-2.9.dist-info/entry_points.txt": ""}, None),
        ({f"{_PLACE}/WALinuxAgent-2.9-py3.12.egg/azurelinuxagent/__init__.py": ""}, None),
        ({"/usr/sbin/waagent": "#!/usr/bin/python3\nimport azurelinuxagent.agent as agent\n"}, None),
    ],
)
def test_an_entry_script_asks_for_its_distribution(tmp_path, files, expected):
    script = "#!/usr/bin/python3\n# EASY-INSTALL-ENTRY-SCRIPT\n__requires__ = 'WALinuxAgent==2.9'\nfrom importlib.metadata import distribution\n"
    write_tree(tmp_path, {**_SCRIPT, f"{_PLACE}/azurelinuxagent/__init__.py": "", "/usr/sbin/waagent": script, **files})
    assert python_packages.without_entry(LiveTree(str(tmp_path)), "/usr/sbin/waagent") == expected


_FUTURE = f"{_PLACE}/azurelinuxagent/common/future.py"


@pytest.mark.parametrize(
    ("version", "files", "line"),
    [
        ("3.12", {}, 7),
        ("3.12", {f"{_PLACE}/distro/__init__.py": ""}, None),
        ("3.12", {f"{_PLACE}/distro.py": ""}, None),
        ("3.6", {}, None),  # whose platform.py tells
        ("3.12", {_FUTURE: "def get_linux_distribution():\n    return read('/etc/os-release')\n"}, None),
    ],
)
def test_the_agent_ends_without_distro_where_python_does_not_tell_the_distribution(tmp_path, version, files, line):
    text = "try:\n    import distro\nexcept Exception:\n    pass\n\ndef get():\n    distro.linux_distribution(full_distribution_name=0)\n"
    script = {"/usr/bin/python3": f"->python{version}", f"/usr/bin/python{version}": "program", "/usr/sbin/waagent": "#!/usr/bin/python3\n"}
    library = {path.replace("3.12", version): "" for path in _LIBRARY}
    write_tree(tmp_path, {**library, **script, _FUTURE: text, **files})
    found = python_packages.without_distro(LiveTree(str(tmp_path)), "/usr/sbin/waagent")
    assert found == (None if line is None else (_FUTURE, line, "distro.linux_distribution()"))
