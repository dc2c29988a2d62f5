# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The template of examples/packer, copied into another repository and built by Debian's Packer: boot, preparation, power-off, VHD."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from controllers import tarball
from lab import accelerator, bootcheck, commands, disk, filesystems, keys, tree, vhdfile
from lab.paths import CHECKOUT
from lab.recipe import Plan, Recipe

pytestmark = pytest.mark.slow

EXAMPLE = CHECKOUT / "examples" / "packer"
HOURS = 3600  # s


@pytest.fixture
def repository(tmp_path):
    """Somebody's repository: the example in its folder azure/, and in collections/ what was installed."""
    shutil.copytree(EXAMPLE, tmp_path / "repository" / "azure")
    (tmp_path / "repository" / "collections").mkdir()
    tarball.installed(tmp_path / "repository" / "collections")
    return tmp_path / "repository"


def environment(repository):
    """Return the environment of a build: the tools of the venv, and nothing written outside of the repository's folder."""
    home = repository.parent
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "CHECKPOINT_DISABLE": "1",
        "PACKER_CACHE_DIR": str(home / "cache"),
        "ANSIBLE_COLLECTIONS_PATH": str(repository / "collections"),
        "ANSIBLE_HOME": str(home / "ansible"),
    }


def packer(command, variables, repository, timeout):
    """Return the finished process of a packer command, started at the top of the repository."""
    options = [word for name, value in variables.items() for word in ("-var", f"{name}={value}")]
    return commands.finished(["packer", command, *options, "azure/debian.pkr.hcl"], timeout, cwd=repository, env=environment(repository))


@pytest.fixture
def variables(tmp_path):
    """The template's variables, for a Debian guest of the lab and its key; a faulty one looks for its root on /dev/sda, and this is a virtio disk."""
    image, key = tmp_path / "debian.qcow2", tmp_path / "key"
    filesystems.export(disk.cached_disk(Plan(Recipe())), image)
    shutil.copyfile(keys.private_key(), key)
    key.chmod(0o600)
    return {
        "disk": image,
        "user": tree.USER,
        "private_key": key,
        **({"accelerator": "kvm"} if accelerator.kvm_works() else {"accelerator": "tcg", "cpus": 1}),
    }


def test_a_build_ends_with_a_vhd_that_boots(variables, repository):
    valid = packer("validate", variables, repository, 60)
    assert valid.returncode == 0, valid.stdout

    build = packer("build", variables, repository, 1.5 * HOURS)

    assert build.returncode == 0, build.stdout[-6000:]
    vhd = repository / "output" / "azure" / "guest.vhd"
    assert vhd.exists(), build.stdout[-6000:]
    assert vhdfile.wrong(vhd) == []
    assert [name for name in vhdfile.list_directory(vhd, "/etc/ssh") if name.startswith("ssh_host_")] == []
    check = bootcheck.boot_check(vhd, timeout=900)
    assert check.error == "" and check.state.multi_user and check.state.swaps == []
    assert "earlyprintk=ttyS0,115200" in check.state.command_line.split()
    assert "Provisioning.Agent=auto" in vhdfile.read_file(vhd, "/etc/waagent.conf").decode()
