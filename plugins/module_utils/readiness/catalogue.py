# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules in the order of the requirements, and the choice of some of them.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import (
    accounts,
    openssl,
    agent_paths,
    c_library,
    cloud_commands,
    cloud_disk,
    cloud_files,
    cloud_network,
    command_line,
    confinement,
    dhcp_clients,
    file_systems,
    firmware,
    first_card,
    first_card_routes,
    grub_file_systems,
    grub_loopback,
    grub_modules,
    grub_reading,
    grub_statements,
    identity as identity_step,
    initramfs,
    initramfs_init,
    initramfs_root,
    initramfs_scripts,
    module_options,
    kernel as kernel_step,
    kernel_config,
    kernel_payload,
    loader,
    login_limits,
    login_time,
    manager_environment,
    pipes,
    plain_text,
    provisioner,
    provisioner_python,
    root,
    session_environment,
    ssh as ssh_step,
    system_manager,
    allow_list,
    appraisal,
    udev_devices,
    udev_waits,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules import (
    agent,
    agent_conf,
    boot,
    cloud_init,
    cmdline,
    console,
    disk,
    drivers,
    drivers_allowed,
    firewall,
    host_keys,
    identity,
    initramfs_carried,
    initramfs_drivers,
    kernel,
    network,
    network_manager,
    packaged,
    partitions,
    services,
    ssh,
    storage,
    sudo,
    users,
    volume_activation,
    vhd,
)

#: Known faults, by topic; a further one is one file in rules/ and one name here.
_TOPICS = (
    vhd,
    disk,
    partitions,
    storage,
    boot,
    initramfs_drivers,
    initramfs_carried,
    volume_activation,
    drivers,
    drivers_allowed,
    kernel,
    cmdline,
    console,
    network,
    network_manager,
    firewall,
    agent,
    agent_conf,
    cloud_init,
    ssh,
    sudo,
    users,
    services,
    identity,
    host_keys,
    packaged,
)
#: What each step of the path needs, in the order of steps.STEPS.
_PATH = (
    firmware,
    loader,
    grub_statements,
    grub_file_systems,
    grub_loopback,
    grub_modules,
    grub_reading,
    kernel_step,
    kernel_config,
    kernel_payload,
    command_line,
    initramfs,
    initramfs_root,
    initramfs_scripts,
    module_options,
    initramfs_init,
    root,
    c_library,
    pipes,
    plain_text,
    accounts,
    system_manager,
    file_systems,
    allow_list,
    appraisal,
    confinement,
    udev_devices,
    udev_waits,
    first_card,
    first_card_routes,
    dhcp_clients,
    ssh_step,
    login_limits,
    login_time,
    session_environment,
    manager_environment,
    provisioner,
    provisioner_python,
    cloud_network,
    cloud_commands,
    cloud_disk,
    cloud_files,
    openssl,
    agent_paths,
    identity_step,
)

_ID = re.compile(r"^R(\d+)([a-z]?)$")


def all_rules():
    """Return every Rule, by the number of its requirement."""
    return sorted((rule for topic in _TOPICS + _PATH for rule in topic.RULES), key=_order)


def select(rules, include=(), exclude=()):
    """Return the rules that are included and not excluded.

    include, exclude: [str], ids of rules (``R12a``) or requirements (``R12``: all of R12a, R12b, ...); an empty include means all.
    Raises ImagewrightError: an id that no rule has.
    """
    for wanted in list(include) + list(exclude):
        if not any(_is(rule, wanted) for rule in rules):
            raise ImagewrightError(f"cannot select the rule {wanted!r}: there is none of this id; see docs/requirements.md for all of them")
    return [rule for rule in rules if (not include or any(_is(rule, wanted) for wanted in include)) and not any(_is(rule, wanted) for wanted in exclude)]


def _is(rule, wanted):
    return rule.id == wanted or rule.id[:-1] == wanted and rule.id[-1].isalpha()


def _order(rule):
    number, letter = _ID.match(rule.id).groups()
    return int(number), letter
