# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package of module_utils may import which, and which must compile on Python 3.6 (docs/architecture.md)."""

import ast
import pathlib

import pytest

MODULE_UTILS = pathlib.Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
PREFIX = "ansible_collections.imagewright.azure.plugins.module_utils."

GUEST = {"bootloader", "chrony", "cloud_init", "generalize", "initramfs", "kernel", "network", "ssh", "storage", "sudo", "waagent"}
ALLOWED = {
    "core": set(),
    "disk": {"core"},
    "image": {"core", "disk", "storage", "bootloader", "kernel"},  # an image is put together as its own boot entries and fstab say
    "vhd": {"core", "disk", "image"},
    "opening": {"core", "disk", "image", "vhd"},
    "upload": {"core", "disk"},
    "readiness": {"core", "disk"} | GUEST,
    "survey": {"core", "readiness"} | GUEST,
}
ALLOWED.update((package, {"core", "disk"} | GUEST) for package in GUEST)

#: The one file of readiness that opens an image; readiness_info alone imports it, so what looks at a guest alone carries nothing of an image.
OPENING = {"readiness/opened_image.py": {"image", "vhd"}}


def imports(path):
    """Return [package] of what a file imports of module_utils."""
    return [
        node.module[len(PREFIX) :].split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX)
    ]


FILES = sorted(str(path.relative_to(MODULE_UTILS)) for path in MODULE_UTILS.rglob("*.py"))


@pytest.mark.parametrize("name", FILES)
def test_a_package_imports_only_what_lies_below_it(name):
    package = name.split("/")[0]
    for imported in imports(MODULE_UTILS / name):
        allowed = ALLOWED[package] | {package} | OPENING.get(name, set())
        assert imported in allowed, f"{name} imports {imported}/, {package}/ may import {sorted(allowed)}"


#: What runs on the controller alone, by a Python of its own.
OF_THE_CONTROLLER = {"image_session.py", "vhd_align.py", "vhd_info.py", "vhd_upload.py"}


def imported_at_once(path):
    """Return {file of module_utils} that a module imports when it starts, what its functions import left out."""
    found, left = set(), [path]
    while left:
        for node in ast.parse(left.pop().read_text()).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX[:-1]):
                place = MODULE_UTILS.joinpath(*node.module[len(PREFIX) :].split("."))
                places = [place, *(place / alias.name for alias in node.names)]
                files = {file.with_suffix(".py") for file in places if file.with_suffix(".py").is_file()}
                left += files - found
                found |= files
    return found


@pytest.mark.parametrize("path", sorted((MODULE_UTILS.parent / "modules").glob("*.py")), ids=lambda path: path.name)
def test_what_a_guest_runs_starts_without_what_only_the_controllers_python_can(path):
    packages = {file.relative_to(MODULE_UTILS).parts[0] for file in imported_at_once(path)}
    assert "core" in packages or not packages
    assert bool(packages & {"image", "vhd", "upload", "opening"}) == (path.name in OF_THE_CONTROLLER)


def test_only_readiness_info_carries_what_opens_an_image():
    plugins = MODULE_UTILS.parent
    assert [path.name for path in plugins.rglob("*.py") if "import opened_image" in path.read_text()] == ["readiness_info.py"]


def test_every_package_has_its_place():
    assert {path.name for path in MODULE_UTILS.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(ALLOWED)


def test_no_module_lies_beside_the_packages():
    assert [path.name for path in MODULE_UTILS.glob("*.py")] == []


@pytest.mark.parametrize(
    ("called", "places"),
    [
        # a file of a guest has one writer; an image, which is made piece by piece beside its place, has its own
        (("os.rename", "os.replace", "os.renames", "shutil.move"), {"core/files.py", "vhd/temporary.py"}),
        (("subprocess.Popen", "subprocess.run", "os.system", "os.execv", "os.execve", "os.posix_spawn"), {"core/commands.py"}),
    ],
)
def test_only_one_place_puts_files_where_they_belong_and_one_starts_programs(called, places):
    found = {
        name
        for name in FILES
        for node in ast.walk(ast.parse((MODULE_UTILS / name).read_text()))
        if isinstance(node, ast.Call)
        if ast.unparse(node.func) in called
    }
    assert found == places
