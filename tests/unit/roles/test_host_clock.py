# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role guest_time and the verdict agree on which kernels have the clock of the Hyper-V host (R55)."""

import os
import pathlib
import subprocess
import sys

import yaml
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import patches

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
KERNELS = {
    "2.6.32-754.el6.x86_64": False,
    "3.10.0-514.el7.x86_64": False,
    "3.10.0-693.el7.x86_64": True,
    "3.10.0-1160.119.1.el7.x86_64": True,
    "3.10.0": False,
    "4.4.0-210-generic": False,
    "4.10.0-42-generic": False,
    "4.11.0-rc1": True,
    "4.18.0-553.el8_10.x86_64": True,
    "6.1.0-50-cloud-amd64": True,
}


def test_the_verdict_knows_it():
    assert {kernel: patches.has_host_clock(kernel) for kernel in KERNELS} == KERNELS


def test_the_role_knows_the_same(tmp_path):
    hosts = {f"guest{number}": {"running": kernel} for number, kernel in enumerate(KERNELS)}
    (tmp_path / "inventory.yml").write_text(
        yaml.safe_dump({"all": {"vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}, "hosts": hosts}})
    )
    tasks = [
        {"ansible.builtin.set_fact": {"cacheable": True, "kernel": "{{ running }}"}},
        {"ansible.builtin.copy": {"dest": f"{tmp_path}/{{{{ inventory_hostname }}}}", "content": "{{ __guest_time_kernel_has_clock | bool }}"}},
    ]
    play = {"hosts": "all", "gather_facts": False, "vars_files": [str(CHECKOUT / "roles/guest_time/vars/main.yml")], "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))

    subprocess.run(
        [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "inventory.yml", tmp_path / "play.yml"],
        env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"},
        check=True,
        capture_output=True,
        timeout=600,
    )

    assert {kernel: (tmp_path / guest).read_text() == "True" for guest, kernel in zip(hosts, KERNELS)} == KERNELS
