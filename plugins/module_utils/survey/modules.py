# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules whose plans are looked at together.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import efi_fallback_loader, grub_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_clock
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import cloud_init_early
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import initrd_modules
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe_allow
from ansible_collections.imagewright.azure.plugins.module_utils.network import network_dhcp
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import readiness_info
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_options
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab_clean, swap_off
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers_clean
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import guest_agent_info, waagent_conf

#: {name: what has ARGUMENTS and run()}.
MODULES = {
    "chrony_clock": chrony_clock,
    "cloud_init_early": cloud_init_early,
    "efi_fallback_loader": efi_fallback_loader,
    "fstab_clean": fstab_clean,
    "grub_cmdline": grub_cmdline,
    "guest_agent_info": guest_agent_info,
    "initrd_modules": initrd_modules,
    "modprobe_allow": modprobe_allow,
    "network_dhcp": network_dhcp,
    "readiness_info": readiness_info,
    "sshd_options": sshd_options,
    "sudoers_clean": sudoers_clean,
    "swap_off": swap_off,
    "waagent_conf": waagent_conf,
}
