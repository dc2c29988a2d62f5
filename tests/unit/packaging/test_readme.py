# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README has a reader type is there: playbooks and their inventory, files that pip and ansible-galaxy read, targets of make."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
import yaml
from controllers.tarball import built

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
INSTALLED = "~/.ansible/collections/ansible_collections/imagewright/azure/"


def commands():
    """Return the commands ([str]) of the README: lines after "$ " without their comments, and what stands in backticks in a table."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    typed = [line[2:].split(" # ")[0].strip() for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return typed + re.findall(r"`(ansible-(?:playbook|galaxy) [^`]+)`", README)


def playbooks():
    return [command for command in commands() if command.startswith("ansible-playbook ")]


def run(folder, *command):
    programs = pathlib.Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "ANSIBLE_HOME": str(folder / "home")}
    if command[0] != "ansible-galaxy":
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(CHECKOUT / ".venv" / "collections")
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


def block(name):
    """Return the text of the file whose name stands in the first line of its YAML block."""
    return re.search(rf"```yaml\n# {re.escape(name)}\n(.*?)```", README, re.DOTALL).group(1)


def test_every_command_is_of_a_kind_that_is_tried_here():
    kinds = {" ".join(command.split()[:2]) if command.startswith("ansible-galaxy") else command.split()[0] for command in commands()}
    assert kinds == {"pip", "ansible-galaxy collection", "ansible-playbook", "make"}


@pytest.mark.parametrize("command", playbooks())
def test_a_playbook_is_understood(tmp_path, command):
    (tmp_path / "inventory.yml").write_text(block("inventory.yml"))
    (tmp_path / "target.yml").write_text("disk_upload_url: https://example.blob.core.windows.net/vhds/web1.vhd\n")

    done = run(tmp_path, *shlex.split(command), "--syntax-check")

    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr or "-i" not in command, done.stderr


def test_the_inventory_has_the_guest_and_its_disk(tmp_path):
    (tmp_path / "inventory.yml").write_text(block("inventory.yml"))

    done = run(tmp_path, "ansible-inventory", "-i", "inventory.yml", "--host", "web1", "--yaml")

    assert yaml.safe_load(done.stdout) == {
        "ansible_host": "192.0.2.10",
        "ansible_user": "admin",
        "azure_image_src": "/var/lib/libvirt/images/web1.qcow2",
    }


def test_pip_is_given_files_that_an_installed_collection_has():
    given = [word for command in commands() if command.startswith("pip ") for word in shlex.split(command)[2:] if "/" in word]
    assert given == [f"{INSTALLED}meta/requirements.txt"]
    assert all((CHECKOUT / path[len(INSTALLED) :]).is_file() for path in given)
    assert "meta" not in yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["build_ignore"]


def test_ansible_galaxy_is_given_the_repository_the_tarball_and_the_list():
    galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())
    given = {shlex.split(command)[-1] for command in commands() if command.startswith("ansible-galaxy collection install")}
    assert given == {f"git+{galaxy['repository']}.git", f"imagewright-azure-{galaxy['version']}.tar.gz", "requirements.yml"}
    assert f"ansible-galaxy collection build {galaxy['repository'].rpartition('/')[2]}" in commands()
    assert yaml.safe_load(block("requirements.yml")) == {"collections": [{"name": galaxy["repository"] + ".git", "type": "git"}]}


@pytest.mark.parametrize("kind", ["tarball", "list"])
def test_the_collection_is_installed_by_it(tmp_path, kind):
    if kind == "tarball":
        source = [str(built(tmp_path))]
    else:
        galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())
        (tmp_path / "requirements.yml").write_text(block("requirements.yml").replace(galaxy["repository"] + ".git", f"git+file://{CHECKOUT}"))
        source = ["-r", "requirements.yml"]

    done = run(tmp_path, "ansible-galaxy", "collection", "install", "-p", "installed", *source)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "installed/ansible_collections/imagewright/azure/meta/requirements.txt").is_file()


def test_make_has_the_targets():
    makefile = (CHECKOUT / "Makefile").read_text()
    for command in commands():
        if command.startswith("make "):
            assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE), command


def test_what_was_tried_stands_between_marks_for_what_writes_it():
    assert re.search(r"^<!-- tested: begin -->\n\| .*^<!-- tested: end -->$", README, re.MULTILINE | re.DOTALL)


def test_the_readme_leads_to_the_page_of_each_module_and_role():
    marked = {mark: page for page in CHECKOUT.glob("docs/*.md") for mark in re.findall(r"<!-- options of (\w+): begin -->", page.read_text(encoding="utf-8"))}
    assert {page.name for page in marked.values() if f"(docs/{page.name}" not in README} == set()
    roles = {path.parts[-3] for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml")}
    assert {role for role in roles if f"(roles/{role})" not in README} == set()
