# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kmod's indices, as depmod writes them, and damaged."""

import shutil
import subprocess

import pytest
from unit.initramfs.images import elf_module
from unit.kernel.module_indices import index_of

from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import module_index

_VERSION = "6.1.0-28-amd64"
_NAMES = ("hv_netvsc", "hv_storvsc", "hv_vmbus", "udf", "vfat")
_DEP = f"/lib/modules/{_VERSION}/modules.dep.bin"
_DEPMOD, _MODPROBE = (shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin") for name in ("depmod", "modprobe"))


@pytest.fixture
def root(tmp_path):
    if _DEPMOD is None:
        pytest.skip("depmod is not here")
    folder = tmp_path / "lib/modules" / _VERSION / "kernel"
    folder.mkdir(parents=True)
    for name in _NAMES:
        (folder / f"{name}.ko").write_bytes(elf_module(b"code", _VERSION))
    subprocess.run([_DEPMOD, "-b", tmp_path, _VERSION], check=True)
    return tmp_path


def problem(root, names=_NAMES):
    return module_index.problem(LiveTree(str(root)), _DEP, names)


def test_what_depmod_writes_has_every_module(root):
    assert problem(root) == ""
    assert problem(root, ["hv_net", "hv_netvsc2", "udf"]) == "does not have hv_net, hv_netvsc2"


def test_modprobe_reads_the_indices_of_other_tests(root):
    (root / _DEP.lstrip("/")).write_bytes(index_of(_NAMES))
    assert problem(root) == "" and problem(root, ["udf", "xfs"]) == "does not have xfs"
    found = [subprocess.run([_MODPROBE, "-n", "-d", root, "-S", _VERSION, name], check=False, stderr=subprocess.DEVNULL).returncode for name in ("udf", "xfs")]
    assert found == [0, 1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda octets: octets[: len(octets) // 2], "is cut off"),
        (lambda octets: octets[:7], "is cut off"),
        (lambda octets: bytes(len(octets)), "is no index of modules"),
        (lambda octets: b"text" * 40, "is no index of modules"),
        (lambda octets: octets[:12] + bytes(len(octets) - 12), f"does not have {', '.join(_NAMES)}"),
    ],
)
def test_a_damaged_index_is_told(root, change, expected):
    path = root / _DEP.lstrip("/")
    path.write_bytes(change(path.read_bytes()))
    assert problem(root) == expected
