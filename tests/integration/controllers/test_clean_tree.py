# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What meta/ lists is enough: a minimal Debian with the packages of bindep.txt, and a venv with those of requirements.txt and ansible-core,
converts, judges and uploads with the collection as it is installed.
"""

import json
import shutil
import subprocess

import pytest
from controllers import root
from controllers.tarball import built
from lab import disk
from lab.paths import CHECKOUT
from lab.recipe import Plan, Recipe
from unit.image.images import LINUX, MIB, empty_disk

from integration.upload import azurite as emulator

pytestmark = pytest.mark.slow


def listed_packages():
    """Return the Debian packages (list of str) that bindep.txt asks for."""
    lines = [line.partition("#")[0].strip() for line in (CHECKOUT / "meta" / "bindep.txt").read_text().splitlines()]
    return [line.split()[0] for line in lines if line and "platform:rpm" not in line]


class Tree:
    """The installed collection in the minimal Debian: all it has lies in a folder of this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.root = root.made("bookworm", ["python3-venv", *listed_packages()])

    def run(self, *argv):
        """Return the finished program, one of the venv."""
        collections = {"ANSIBLE_COLLECTIONS_PATH": str(self.folder), "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_NOCOLOR": "1"}
        path = {"PATH": f"{self.folder}/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        return root.run(self.root, argv, cwd=self.folder, lent=[self.folder], environment={**collections, **path})

    def install(self):
        """Install what the README says, in its order, from this checkout."""
        lists = self.folder / "ansible_collections/imagewright/azure/meta/requirements.txt"
        venv = self.folder / "venv"
        for argv in (
            ["python3", "-m", "venv", venv],
            [venv / "bin/pip", "install", "--quiet", "ansible-core"],
            [venv / "bin/ansible-galaxy", "collection", "install", built(self.folder), "--collections-path", self.folder],
            [venv / "bin/pip", "install", "--quiet", "-r", lists],
        ):
            done = self.run(*argv)
            assert done.returncode == 0, done.stdout
        # all that the Ansible community lets what users call rely on
        for path in lists.parent.parent.iterdir():
            if path.name not in ("meta", "plugins", "roles", "playbooks", "MANIFEST.json", "FILES.json"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = Tree(tmp_path_factory.mktemp("tree"))
    tree.install()
    return tree


def test_a_disk_of_a_foreign_format_is_converted_and_uploaded(tree):
    raw, qcow2 = tree.folder / "disk.raw", tree.folder / "disk.qcow2"
    empty_disk(raw, 32 * MIB, (1, 24, LINUX))
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", raw, qcow2], check=True)

    converted = tree.run("ansible-playbook", "imagewright.azure.convert", "-e", f"image={qcow2}")
    assert converted.returncode == 0, converted.stdout
    vhd = tree.folder / "disk.vhd"
    assert vhd.stat().st_size == 32 * MIB + 512

    with emulator.running() as azurite:
        azurite.client().create_container("vhds")
        address = f"{azurite.endpoint}/vhds/disk.vhd?{azurite.sas('vhds', 'disk.vhd')}"
        # nothing boots from it, as from a data disk
        (tree.folder / "sas.yml").write_text(json.dumps({"disk_upload_url": address, "disk_upload_allow_problems": True}))
        uploaded = tree.run("ansible-playbook", "imagewright.azure.upload", "-e", f"image={vhd}", "-e", "@sas.yml")
        assert uploaded.returncode == 0, uploaded.stdout
        assert azurite.client().get_blob_client("vhds", "disk.vhd").download_blob().readall() == vhd.read_bytes()


def test_the_verdict_on_an_image_is_that_of_this_machine(tree, run_module):
    image = disk.cached_disk(Plan(Recipe()))
    here = run_module("readiness_info", image=image)

    judged = tree.run("ansible-playbook", "imagewright.azure.readiness", "-e", f"image={image}", "-e", f"reports={tree.folder}/reports")

    assert judged.returncode in (0, 2), judged.stdout
    report = json.loads(next((tree.folder / "reports").glob("*.json")).read_text())
    assert {finding["id"]: finding["status"] for finding in report["findings"]} == {finding["id"]: finding["status"] for finding in here["findings"]}
