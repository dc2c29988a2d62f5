# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Like Ubuntu Server 24.04: netplan with networkd, cloud-init with what the installer leaves, a swap file, ufw, GRUB's drop-ins.

Source: what the live installer (subiquity, curtin) writes, as its public sources show it
"""

from lab import faults, tree
from lab.commands import run
from lab.recipe import Plan, Recipe
from lab.shapes import guest as shared

NAME = "ubuntu"
KERNEL_AFTER = "linux-image-rt-amd64"
PACKAGES = ("netplan.io", "systemd-resolved", "cloud-init", "ufw", "cloud-guest-utils", "curl", "chrony")
PLAN = Plan(Recipe("trixie", include=PACKAGES), size=3 * 1024**3, swap_partition=False)
SWAP_FILE_SIZE = 64 * 1024**2  # bytes

GRUB_DEFAULTS = """GRUB_DEFAULT=0
GRUB_TIMEOUT_STYLE=hidden
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${{NAME:-Ubuntu}} ) 2>/dev/null || echo Ubuntu`
GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"
GRUB_CMDLINE_LINUX="{parameters}"
"""
# Read after /etc/default/grub, and so the one that counts.
GRUB_DROP_IN = """# Cloud Image specific Grub settings for Generic Cloud Images
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_TIMEOUT=0
GRUB_CMDLINE_LINUX_DEFAULT="{parameters}"
{terminal}
"""
GOOD_TERMINAL = 'GRUB_TERMINAL="serial console"\nGRUB_SERIAL_COMMAND="serial --speed=115200"'

NETPLAN = """# This is the network config written by 'subiquity'
network:
  ethernets:
    {name}:
{match}      dhcp4: true
  version: 2
"""
MATCH = "      match:\n        macaddress: {mac}\n      set-name: {name}\n"

INSTALLER = {
    "etc/cloud/cloud.cfg.d/90-installer-network.cfg": NETPLAN,
    "etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg": "network: {{config: disabled}}\n",
    "etc/cloud/cloud.cfg.d/curtin-preserve-sources.cfg": "apt:\n  preserve_sources_list: true\n",
    "etc/cloud/cloud.cfg.d/99-installer.cfg": """datasource:
  None:
    metadata:
      instance-id: 11111111-2222-3333-4444-555555555555
    userdata_raw: "#cloud-config\\ngrowpart:\\n  mode: 'off'\\npreserve_hostname: true\\nresize_rootfs: false\\n"
datasource_list:
- None
""",
    "etc/cloud/ds-identify.cfg": "policy: enabled\n",
}

# What the package of GRUB for one kind of firmware brings; the lab installs the part that all have.
MENU_HOOK = """#!/bin/sh
exec update-grub
"""

UFW_RULE = """### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

"""


def fill(guest: shared.Unfilled) -> None:
    """Write all that makes an unpacked base a guest of this shape."""
    root, faulty = guest.root, guest.plan.faulty
    if faulty:
        shared.plant_common(guest)
        shared.plant_dependent_initramfs(root)
    tree.write(root, "etc/fstab", fstab(guest))
    if faulty:
        _swap_file(root)
    (root / "etc/systemd/network/20-dhcp.network").unlink()
    _network(guest)
    _firewall(root)
    tree.write(root, "etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication yes\n", 0o600)
    tree.write(root, "etc/ssh/sshd_config.d/60-cloudimg-settings.conf", "PasswordAuthentication no\n")
    tree.write(root, "etc/default/grub", GRUB_DEFAULTS.format(parameters="rhgb crashkernel=auto" if faulty else "net.ifnames=0"))
    parameters = "quiet splash" if faulty else "console=tty1 console=ttyS0"
    terminal = "GRUB_TERMINAL=console" if faulty else GOOD_TERMINAL
    tree.write(root, "etc/default/grub.d/50-cloudimg-settings.cfg", GRUB_DROP_IN.format(parameters=parameters, terminal=terminal))
    for folder in ("postinst.d", "postrm.d"):
        tree.write(root, f"etc/kernel/{folder}/zz-update-grub", MENU_HOOK, 0o755)
    shared.debian_initramfs_and_menu(guest)


def fstab(guest: shared.Unfilled) -> str:
    """Return an fstab as curtin writes it: file systems by UUID, a logical volume by its identifier."""
    device = f"by-id/dm-uuid-{guest.names.volume}" if guest.plan.logical else f"by-uuid/{guest.names.root}"
    lines = [f"/dev/disk/{device} / ext4 defaults 0 1"]
    if guest.plan.logical:
        lines.append(f"/dev/disk/by-uuid/{guest.names.boot} /boot ext4 defaults 0 1")
    if guest.plan.faulty:
        lines.append("/swap.img\tnone\tswap\tsw\t0\t0")
    return "\n".join(lines) + "\n"


def _network(guest: shared.Unfilled) -> None:
    root, faulty = guest.root, guest.plan.faulty
    name, match = ("enp0s2", MATCH.format(mac=faults.MAC, name="enp0s2")) if faulty else ("eth0", "")
    place = "00-installer-config.yaml" if guest.plan.logical else "50-cloud-init.yaml"  # of 22.04 and of 24.04
    tree.write(root, f"etc/netplan/{place}", NETPLAN.format(name=name, match=match), 0o600)
    for path, text in INSTALLER.items() if faulty else ():
        tree.write(root, path, text.format(name=name, match=match))


def _firewall(root) -> None:
    tree.edit(root, "etc/ufw/ufw.conf", "ENABLED=", "ENABLED=yes")
    rules = (root / "etc/ufw/user.rules").read_text(encoding="utf-8")
    tree.write(root, "etc/ufw/user.rules", rules.replace("### RULES ###\n", "### RULES ###\n\n" + UFW_RULE, 1), 0o640)


def _swap_file(root) -> None:
    with (root / "swap.img").open("wb") as handle:
        handle.write(bytes(SWAP_FILE_SIZE))  # no holes: the kernel refuses those
    (root / "swap.img").chmod(0o600)
    run(["mkswap", "-q", root / "swap.img"])
