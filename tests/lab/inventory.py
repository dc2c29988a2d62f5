# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of the lab's guests, for Ansible, Molecule and testinfra."""

import json

from lab.guests import Guest

# The lab's guests change their host keys all the time, and live on loopback.
SSH_ARGUMENTS = (
    "-F none -o ControlMaster=auto -o ControlPersist=60s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR"
)


def host_variables(guest: Guest) -> dict:
    """Return the connection variables of a guest."""
    return {
        "ansible_host": "127.0.0.1",
        "ansible_port": guest.port,
        "ansible_user": guest.user,
        "ansible_become": True,
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": guest.key,
        "ansible_ssh_common_args": SSH_ARGUMENTS,
        "ansible_ssh_args": "",
        "ansible_ssh_pipelining": True,
    }


def inventory(hosts: dict, group: str = "guests") -> str:
    """Return an inventory as JSON, which is YAML too.

    hosts: dict, name in the inventory -> (Guest, further variables as a dict)
    """
    described = {name: {**host_variables(guest), **more} for name, (guest, more) in hosts.items()}
    return json.dumps({group: {"hosts": described}}, indent=2) + "\n"
