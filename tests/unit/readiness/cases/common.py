# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cases of several topics break in the right guest."""

from unit.readiness.disks import TABLE
from unit.readiness.guest_tree import CMDLINE, ELF_X86_64, GRUB_CFG, INITRAMFS, IN_INITRAMFS, KERNEL, MODULES, UNITS, UUID, WANTS, initramfs

DEP = f"/lib/modules/{KERNEL}/modules.dep"


def without_driver(name):
    """Return the guest's files without one driver at all."""
    return {DEP: "".join(f"kernel/{path}:\n" for module, path in MODULES.items() if module != name)}


def image_without(name):
    """Return the guest's files with one driver missing in the initramfs."""
    return {INITRAMFS: initramfs([module for module in IN_INITRAMFS if module != name])}


def grub(before, after):
    """Return the guest's files with the command line changed, in the source and in the menu."""
    assert before in CMDLINE or before == "ro "
    return {"/boot/grub/grub.cfg": GRUB_CFG.replace(before, after), "/etc/default/grub": GRUB_DEFAULT.replace(before, after)}


GRUB_DEFAULT = f'GRUB_DEFAULT=0\nGRUB_TERMINAL="serial console"\nGRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="{CMDLINE}"\n'
MENU = ("/boot/grub/grub.cfg", 2)
FSTAB = f"UUID={UUID} / ext4 defaults 0 1\n"
WAAGENT = "Provisioning.Agent=cloud-init\nAutoUpdate.Enabled=y\nResourceDisk.Format=n\nResourceDisk.EnableSwap=n\n"
BY_AGENT = WAAGENT.replace("=cloud-init", "=waagent")
WITHOUT_CLOUD_INIT = {f"{WANTS}/cloud-init.service": None, f"{WANTS}/cloud-init-local.service": None}
OLD_AGENT = "/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py"
#: A link that stands in for a file's content.
DEV_NULL = ("link", "/dev/null")
#: A guest on which NetworkManager sets up only the cards that it has a profile of, as on Red Hat's servers.
MANAGED_BY_NETWORKMANAGER = {
    f"{WANTS}/systemd-networkd.service": None,
    "/etc/systemd/network/10-azure.network": None,
    f"{WANTS}/cloud-init.service": None,
    f"{WANTS}/cloud-init-local.service": None,
    f"{UNITS}/NetworkManager.service": "[Service]\nExecStart=/usr/sbin/NetworkManager --no-daemon\n[Install]\n",
    "/usr/sbin/NetworkManager": ("program", ELF_X86_64),
    f"{WANTS}/NetworkManager.service": ("link", f"{UNITS}/NetworkManager.service"),
    "/usr/lib/NetworkManager/conf.d/00-server.conf": "[main]\nno-auto-default=*\n",
}
PROFILE = "[connection]\nid=card\ntype=ethernet\n"


def bad_table(**changes):
    """Return a disk whose partition table differs."""
    return {"table": TABLE._replace(**changes)}


def with_kernel(version, module):
    """Return the guest's files with one more kernel that has a module, a path below /lib/modules/VERSION."""
    return {
        f"/boot/vmlinuz-{version}": "kernel",
        f"/lib/modules/{version}/modules.dep": f"{module}:\n",
        "/boot/grub/grub.cfg": GRUB_CFG + GRUB_CFG.replace(KERNEL, version),
    }
