# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a script's Python finds a package: in directories of its version, in Debian's, and in nobody's own."""

import pytest
from unit.trees import write_tree

from ansible_collections.imagewright.azure.plugins.module_utils.core import python_packages
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree

SCRIPT = {"/usr/bin/cloud-init": "#!/usr/bin/python3.11\n", "/usr/bin/python3.11": "program"}


@pytest.mark.parametrize(
    ("folder", "there"),
    [
        ("/usr/lib/python3.11/site-packages", True),
        ("/usr/lib/python3/dist-packages", True),
        ("/usr/lib/python3.9/site-packages", False),
        ("/usr/lib/python-old/site-packages", False),  # of no version: somebody put it aside
        ("/usr/local/lib/python3.11.bak/site-packages", False),
    ],
)
def test_a_package_is_there_where_the_interpreter_looks(tmp_path, folder, there):
    write_tree(tmp_path, {**SCRIPT, f"{folder}/cloudinit/__init__.py": "x"})
    found = python_packages.find(LiveTree(str(tmp_path)), "/usr/bin/cloud-init", "cloudinit")
    assert (found.found, found.there, found.version) == ([f"{folder}/cloudinit"], there, "3.11")


def test_an_environment_of_its_own_has_its_own_packages(tmp_path):
    folder = "/opt/azure/lib/python3.11/site-packages/azurelinuxagent"
    script = {
        "/usr/sbin/waagent": "#!/opt/azure/bin/python3\n",
        "/opt/azure/bin/python3": "->/usr/bin/python3.11",
        "/opt/azure/pyvenv.cfg": "home = /usr/bin\n",
    }
    write_tree(tmp_path, {"/usr/bin/python3.11": "program", **script, f"{folder}/__init__.py": "x"})
    found = python_packages.find(LiveTree(str(tmp_path)), "/usr/sbin/waagent", "azurelinuxagent")
    assert (found.found, found.there) == ([folder], True)


def test_a_script_of_another_interpreter_has_no_python(tmp_path):
    write_tree(tmp_path, {"/usr/bin/agent": "#!/bin/sh\n"})
    assert python_packages.find(LiveTree(str(tmp_path)), "/usr/bin/agent", "azurelinuxagent") is None


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"/usr/local/lib/python3.11/dist-packages/yaml/__init__.py": ""}, "/usr/local/lib/python3.11/dist-packages/yaml/__init__.py"),
        ({"/usr/local/lib/python3.11/dist-packages/yaml.py": "# own\n"}, "/usr/local/lib/python3.11/dist-packages/yaml.py"),
        ({"/usr/local/lib/python3.11/dist-packages/yaml/__init__.py": "def safe_load(stream): ...\n"}, None),
        ({"/usr/local/lib/python3.9/dist-packages/yaml/__init__.py": ""}, None),
        ({"/usr/lib/python3/dist-packages/yaml/__init__.py": ""}, None),  # the package's own is another rule's
    ],
)
def test_an_emptied_package_in_usr_local_is_taken_before_the_systems(tmp_path, files, found):
    write_tree(tmp_path, {**SCRIPT, "/usr/lib/python3/dist-packages/yaml/__init__.py": "def safe_load(stream): ...\n", **files})
    assert python_packages.emptied(LiveTree(str(tmp_path)), "/usr/bin/cloud-init", "yaml", "safe_load") == found


_BOTH = ["urllib3", "idna"]


@pytest.mark.parametrize(
    ("files", "imported"),
    [
        (
            {"packages.py": 'for package in ("urllib3", "idna"):\n    __import__(package)\n', "certs.py": "from certifi import where\n"},
            ["urllib3", "idna", "certifi"],
        ),
        (
            {"__init__.py": "import warnings\nimport urllib3\n", "packages.py": "for package in ('urllib3', 'idna', 'chardet'):\n"},
            ["urllib3", "idna", "chardet"],
        ),
        ({"packages/urllib3/__init__.py": "", "certs.py": "try:\n    from certifi import where\nexcept ImportError:\n"}, []),  # as 2.9 has them
    ],
)
def test_requests_says_itself_what_it_imports(tmp_path, files, imported):
    folder = "/usr/lib/python3/dist-packages/requests"
    write_tree(tmp_path, {**SCRIPT, f"{folder}/__init__.py": "x", **{f"{folder}/{name}": text for name, text in files.items()}})
    assert python_packages.of_requests(LiveTree(str(tmp_path)), "/usr/bin/cloud-init") == imported
