# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules whose plans are looked at together.

Each is imported when it is asked: half of what a call takes would be the compiling of modules that are not.

PRIVATE: module_utils of this collection are not an interface.
"""


def _chrony_clock():
    from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_clock

    return chrony_clock


def _cloud_init_early():
    from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import cloud_init_early

    return cloud_init_early


def _efi_fallback_loader():
    from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback_loader

    return efi_fallback_loader


def _fstab_clean():
    from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab_clean

    return fstab_clean


def _grub_cmdline():
    from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub_cmdline

    return grub_cmdline


def _guest_agent_info():
    from ansible_collections.imagewright.azure.plugins.module_utils.waagent import guest_agent_info

    return guest_agent_info


def _initrd_modules():
    from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import initrd_modules

    return initrd_modules


def _modprobe_allow():
    from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe_allow

    return modprobe_allow


def _network_dhcp():
    from ansible_collections.imagewright.azure.plugins.module_utils.network import network_dhcp

    return network_dhcp


def _readiness_info():
    from ansible_collections.imagewright.azure.plugins.module_utils.readiness import readiness_info

    return readiness_info


def _sshd_options():
    from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_options

    return sshd_options


def _sudoers_clean():
    from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_clean

    return sudoers_clean


def _swap_off():
    from ansible_collections.imagewright.azure.plugins.module_utils.storage import swap_off

    return swap_off


def _waagent_conf():
    from ansible_collections.imagewright.azure.plugins.module_utils.waagent import waagent_conf

    return waagent_conf


#: {name: function without arguments, which returns what has ARGUMENTS and run()}.
MODULES = {
    "chrony_clock": _chrony_clock,
    "cloud_init_early": _cloud_init_early,
    "efi_fallback_loader": _efi_fallback_loader,
    "fstab_clean": _fstab_clean,
    "grub_cmdline": _grub_cmdline,
    "guest_agent_info": _guest_agent_info,
    "initrd_modules": _initrd_modules,
    "modprobe_allow": _modprobe_allow,
    "network_dhcp": _network_dhcp,
    "readiness_info": _readiness_info,
    "sshd_options": _sshd_options,
    "sudoers_clean": _sudoers_clean,
    "swap_off": _swap_off,
    "waagent_conf": _waagent_conf,
}
