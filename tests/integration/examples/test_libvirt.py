# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/libvirt: the disk of a guest is what libvirt says it is. The stand-ins print what virsh 9 and community.libvirt 2 return."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from lab.paths import CHECKOUT

EXAMPLE = CHECKOUT / "examples" / "libvirt"

LISTING = """\
 Type    Device   Target   Source
---------------------------------------------------------------
 file    cdrom    sda      -
 {type}    disk     vda      {source}
"""

#: Of a running domain, shortened: a CD drive, the disk with the image below it, and the domain's card.
DOMAIN = """<domain type='kvm' id='1'>
  <name>{name}</name>
  <devices>
    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <source file='/isos/debian.iso' index='2'/>
      <target dev='sda' bus='sata'/>
    </disk>
{disks}
  </devices>
</domain>
"""
DISK = """    <disk type='{type}' device='disk' snapshot='no'>
      <driver name='qemu' type='qcow2' discard='unmap'/>
      <source {attribute}='{source}' index='1'/>
      <backingStore type='file' index='3'>
        <format type='qcow2'/>
        <source file='/images/base.qcow2'/>
        <backingStore/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>"""

#: What the real plugin does with a domain, without libvirt: name, variables, compose and groups.
PLUGIN = '''
import json
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable

DOCUMENTATION = """
name: libvirt
short_description: Stand-in
description: Stand-in.
extends_documentation_fragment: [constructed]
options:
  plugin: {description: Name., required: true}
  uri: {description: Where., required: true}
"""


class InventoryModule(BaseInventoryPlugin, Constructable):
    NAME = "community.libvirt.libvirt"

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for host, values in json.load(open("domains.json")).items():
            self.inventory.add_host(host)
            for name, value in {"ansible_connection": "community.libvirt.libvirt_qemu", **values}.items():
                self.inventory.set_variable(host, name, value)
            variables = self.inventory.hosts[host].get_vars()
            self._set_composite_vars(self.get_option("compose"), variables, host, self.get_option("strict"))
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host, self.get_option("strict"))
'''


def disk(source, attribute="file"):
    return DISK.format(type={"file": "file", "dev": "block"}[attribute], attribute=attribute, source=source)


def domain(*disks, state="running", addresses=None):
    """Return the variables (dict) that the plugin sets for a domain."""
    addresses = {"error": "guest agent is not connected"} if addresses is None else addresses
    return {"xml_desc": DOMAIN.format(name="x", disks="\n".join(disks)), "info": {"state": state}, "interface_addresses": addresses}


def ansible(program, folder, *arguments):
    """Return the finished program of Ansible, run in a folder whose bin/ comes first."""
    programs = f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs, "ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_COLLECTIONS_PATH"] = f"{folder}:{CHECKOUT / '.venv' / 'collections'}"
    command = [Path(sys.executable).parent / program, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def repository(tmp_path):
    """A copy of the example with a stand-in for virsh, which prints the file listing.txt and notes what it was asked."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/virsh").write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\ncat {tmp_path}/listing.txt\n')
    (tmp_path / "bin/virsh").chmod(0o755)
    return tmp_path


def plain(value):
    """Return a value of ansible-inventory without the mark of what came from outside."""
    return value["__ansible_unsafe"] if isinstance(value, dict) else value


def first_play(repository):
    """Return what the first play of the example says, with a last task that shows the disk."""
    play = yaml.safe_load((repository / "prepare.yml").read_text())[0]
    play["tasks"].append({"name": "Show it", "ansible.builtin.debug": {"var": "azure_image_src"}})
    (repository / "first.yml").write_text(json.dumps([play]))
    return ansible("ansible-playbook", repository, "-i", "inventory.yml", "first.yml", "--check")


@pytest.mark.parametrize(("kind", "source"), [("file ", "/var/lib/libvirt/images/web1.qcow2"), ("block", "/dev/vg0/web1"), ("file ", "/images/my web.qcow2")])
def test_the_disk_that_virsh_lists_becomes_the_image(repository, kind, source):
    (repository / "listing.txt").write_text(LISTING.format(type=kind, source=source))

    done = first_play(repository)

    assert done.returncode == 0, done.stdout
    assert f'"azure_image_src": "{source}"' in done.stdout
    assert (repository / "asked").read_text() == "--connect qemu:///system domblklist --details web1\n"


def test_a_domain_with_two_disks_stops_and_names_both(repository):
    (repository / "listing.txt").write_text(LISTING.format(type="file ", source="/images/a.qcow2") + " file    disk     vdb      /images/b.qcow2\n")

    done = first_play(repository)

    assert done.returncode != 0
    assert "cannot tell which disk of web1 boots: virsh domblklist names 2 (/images/a.qcow2, /images/b.qcow2); set azure_image_src" in " ".join(
        done.stdout.split()
    )


@pytest.fixture
def listed(repository):
    """A function that returns the inventory (dict) of the domains that the plugin's stand-in finds."""
    plugin = repository / "ansible_collections/community/libvirt/plugins/inventory/libvirt.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(PLUGIN)

    def inventory(**domains):
        (repository / "domains.json").write_text(json.dumps(domains))
        done = ansible("ansible-inventory", repository, "-i", "libvirt.yml", "--list")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return inventory


def test_the_inventory_of_libvirt_names_the_disk_and_the_address(listed):
    addresses = {
        "lo": {"addrs": [{"addr": "127.0.0.1"}, {"addr": "::1"}]},
        "dummy0": {"addrs": None},
        "enp1s0": {"addrs": [{"addr": "192.168.122.7"}, {"addr": "fe80::1"}]},
    }

    found = listed(web1=domain(disk("/images/web1.qcow2"), addresses=addresses), db1=domain(disk("/dev/vg0/db1", "dev")))

    names = ("azure_image_src", "ansible_host", "ansible_connection")
    told = {host: tuple(plain(values[name]) for name in names) for host, values in found["_meta"]["hostvars"].items()}
    assert told == {"web1": ("/images/web1.qcow2", "192.168.122.7", "ssh"), "db1": ("/dev/vg0/db1", "db1", "ssh")}
    assert found["guests"] == {"hosts": ["web1", "db1"]}


def test_a_domain_that_is_off_or_has_no_plain_disk_is_no_guest(listed):
    found = listed(off=domain(disk("/images/off.qcow2"), state="shutoff"), two=domain(disk("/images/a.qcow2"), disk("/images/b.qcow2")), none=domain())

    assert "guests" not in found
    disks = {host: plain(values["azure_image_src"]) for host, values in found["_meta"]["hostvars"].items()}
    assert disks == {"off": "/images/off.qcow2", "two": None, "none": None}
