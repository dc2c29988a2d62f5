# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that the machine needs on its way are as their packages say: what finds the damage that no other rule has thought of.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import packages, python_packages, python_syntax
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import KERNEL, PROVISIONER, ROOT, SSH
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import installation

_WHY = (
    "A file that is not what its package installed was damaged, cut off or deleted, or somebody replaced it: programs that need it fail in ways that "
    "only show at boot."
)
_CURE = "Install the package that is named again: `apt-get install --reinstall PACKAGE`, `dnf reinstall PACKAGE`."
_SOURCE = "deb-md5sums(5); rpm(8), verify options"
#: What runs of a package: programs, libraries and Python code. Other files may have been left out of a small image.
_CODE = re.compile(r"(?:/usr)?(?:/local)?/(?:s?bin/[^/]+|lib(?:exec)?/systemd/systemd[^/]*|lib.*\.so(?:\.[0-9.]+)?|lib.*\.py)$")
#: Parts of Python's library that small images leave out, and no provisioner needs.
_LEFT_OUT = re.compile(
    r"/usr/lib(?:64)?/python3[^/]*/(?:curses|dbm|distutils|ensurepip|idlelib|lib2to3|pydoc_data|sqlite3|test|tests|tkinter|turtledemo|unittest|venv|wsgiref)/"
)
#: What starts the programs of a provisioner. A script in init.d may stand in for a unit that is gone, but not in every release of systemd.
_UNIT = re.compile(r"(?:/usr)?/lib/systemd/system/[^/]+\.service$")
_OF_ROOT = (
    "/sbin/init",
    "/bin/sh",
    "/usr/bin/mount",
    "/usr/bin/udevadm",
    "/usr/lib/systemd/systemd-udevd",
    "/usr/lib/systemd/systemd-journald",
    "/lib*/ld-linux*.so.*",
    "/lib/*-linux-gnu/ld-linux*.so.*",
    "/lib*/libc.so.6",
    "/lib/*-linux-gnu/libc.so.6",
    "/usr/lib*/libsystemd.so.0",
    "/usr/lib/*-linux-gnu/libsystemd.so.0",
    "/usr/lib/systemd/libsystemd-shared-*.so",
    "/usr/lib/*-linux-gnu/systemd/libsystemd-shared-*.so",
)
_OF_SSH = (
    "/usr/sbin/sshd",
    "/usr/lib/openssh/sshd-session",
    "/usr/libexec/openssh/sshd-session",
    "/usr/lib*/libcrypto.so.*",
    "/usr/lib/*-linux-gnu/libcrypto.so.*",
    "/lib*/libpam.so.0",
    "/lib/*-linux-gnu/libpam.so.0",
)
_OF_PROVISIONERS = installation.PROGRAMS + ("/usr/bin/cloud-init",)
#: What Python and both provisioners import of its own library, of each of its packages one at least.
_OF_PYTHON = tuple(
    f"/usr/{folder}/python3*/{name}.py"
    for folder in ("lib", "lib64")
    for name in (
        *("abc", "argparse", "base64", "codecs", "contextlib", "copy", "datetime", "enum", "functools", "genericpath", "hashlib", "inspect", "io"),
        *("os", "platform", "posixpath", "random", "re", "shutil", "site", "socket", "ssl", "stat", "struct", "subprocess", "tempfile", "threading"),
        *("traceback", "types", "typing", "uuid", "warnings"),
        *("collections/__init__", "email/message", "encodings/__init__", "encodings/utf_8", "http/client", "importlib/__init__", "json/__init__"),
        *("json/decoder", "logging/__init__", "logging/handlers", "re/__init__", "urllib/parse", "urllib/request", "xml/__init__", "xml/dom/minidom"),
    )
)
#: The directory of one release's modules; Debian's python3 is that of its python3 program.
_SCRIPT, _LONGEST_FIRST_LINE = re.compile(rb"#![^\n]*\bpython"), 256
_VERSION = re.compile(r"/python(3\.\d+)/")
#: Directories of the provisioners' Python code, and how deep it lies in them.
_PYTHON = tuple(
    f"{folder}/python3*/{packages}/{name}{depth}/*.py"
    for folder in ("/usr/lib", "/usr/lib64")
    for packages in ("site-packages", "dist-packages")
    for name in ("azurelinuxagent", "cloudinit")
    for depth in ("", "/*", "/*/*", "/*/*/*")
)


@rule(
    "R80a",
    step=KERNEL,
    severity=WARNING,
    title="Every kernel is as its package says",
    fault="A kernel is not as its package says",
    why=_WHY,
    cure=_CURE,
    source=_SOURCE,
)
def kernel(context):
    """Return failed with each kernel that differs from what its package installed; an error when it is empty or gone."""
    return _outcome(context, _kernels(context.tree))


@rule(
    "R80b",
    step=ROOT,
    severity=WARNING,
    title="The programs and libraries that start the system are as their packages say",
    fault="A program or library that starts the system is not as its package says",
    why=_WHY,
    cure=_CURE,
    source=_SOURCE,
)
def system(context):
    """Return failed with each file of init, the C library, udev and the shell that differs, or is gone of their packages."""
    return _outcome(context, _found(context.tree, _OF_ROOT), whole=True)


@rule(
    "R80c",
    step=SSH,
    severity=WARNING,
    title="The SSH server is as its package says",
    fault="The SSH server is not as its package says",
    why=_WHY,
    cure=_CURE,
    source=_SOURCE,
)
def ssh_server(context):
    """Return failed with each file of the SSH server and its libraries that differs, or is gone of their packages."""
    return _outcome(context, _found(context.tree, _OF_SSH), whole=True)


@rule(
    "R80d",
    step=PROVISIONER,
    severity=WARNING,
    title="The agent, cloud-init and their Python are as their packages say",
    fault="The agent, cloud-init or their Python is not as its package says",
    why=_WHY,
    cure=_CURE,
    source=_SOURCE,
)
def provisioners(context):
    """Return failed with each program and Python file of the agent and cloud-init that differs, and each file and unit that is gone of their packages.

    An error where Python cannot read what differs.
    """
    return _outcome(context, _found(context.tree, _OF_PROVISIONERS + _OF_PYTHON + _PYTHON), whole=True, and_units=True)


def _kernels(tree):
    return sorted({each.vmlinuz for each in kernels.installed_kernels(tree) if each.kind == "normal"})


def compared_files(tree):
    """Return {path: packages.FileAnswer} of all files that the rules here ask about: the database is read once."""
    return packages.compare(tree, sorted(set(_kernels(tree) + _found(tree, _OF_ROOT + _OF_SSH + _OF_PROVISIONERS + _OF_PYTHON + _PYTHON))))


def _found(tree, patterns):
    """Return the files ([str]) of shell patterns; a plain path is in it though it is not there, for its package may tell that it should be."""
    return sorted({path for pattern in patterns for path in (tree.glob(pattern) if "*" in pattern else [pattern])})


def _outcome(context, paths, whole=False, and_units=False):
    """Return the Outcome for files; whole: also what is gone of the programs, libraries and Python code of their packages; and_units: and of their units."""
    if not packages.is_there(context.tree):
        return not_applicable("the guest has no package database that is read here")
    compared = context.shared(compared_files)
    answers = {path: compared[path] for path in paths}
    doubts = [Evidence(path, None, answer.text) for path, answer in answers.items() if answer.state == packages.UNKNOWN]
    wrong = [(path, answer) for path, answer in answers.items() if answer.state in (packages.CHANGED, packages.GONE)]
    gone = (
        []
        if doubts or not whole
        else [
            (path, name)
            for name in sorted({name for answer in answers.values() for name in answer.packages})
            for path in packages.missing(context.tree, name) or []
            if (_CODE.match(path) and not _LEFT_OUT.match(path) or and_units and _UNIT.match(path)) and path not in answers
        ]
    )
    unreadable = [Evidence(path, line, cause) for path, answer in wrong for line, cause in _unreadable(context.tree, path, answer)]
    stops = gone or unreadable or any(answer.state == packages.GONE or answer.is_empty for unused, answer in wrong)
    evidence = (
        unreadable
        + [Evidence(path, None, answer.text) for path, answer in wrong]
        + [Evidence(path, None, f"not there, though the package {name} has it") for path, name in gone]
    )
    if evidence:
        return failed(evidence, severity=ERROR if stops else WARNING)
    if doubts:
        return unknown(doubts[0].text, doubts, NOTE)
    return passed() if any(answer.state == packages.SAME for answer in answers.values()) else not_applicable("they come from no package")


def _unreadable(tree, path, answer):
    """Return [(line, what is wrong)] of a module or a script of Python that is not as its package says, when it cannot be imported, or started."""
    version = _VERSION.search(path)
    if answer.state != packages.CHANGED or answer.is_empty or not (path.endswith(".py") or _SCRIPT.match(tree.read_bytes(path, _LONGEST_FIRST_LINE))):
        return []
    found = python_syntax.problem(tree, path, version.group(1) if version else python_packages.interpreter_version(tree, "/usr/bin/python3"))
    return [found] if found else [(None, "is cut off within a line")] if path.endswith(".py") and python_syntax.is_cut_off(tree, path) else []


RULES = [kernel, system, ssh_server, provisioners]
