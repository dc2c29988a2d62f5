# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small guest, written by hand, that every rule finds right; tests then break one thing in it."""

import os
import pathlib

from unit.initramfs.images import elf_module

KERNEL = "6.1.0-28-amd64"
UUID = "3f0c1b2a-8d4e-4c6f-9a7b-0123456789ab"
CMDLINE = "console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200 rootdelay=300 nvme_core.io_timeout=240"

#: name of module: path below /lib/modules/KERNEL/kernel
MODULES = {
    "hv_vmbus": "drivers/hv/hv_vmbus.ko",
    "hv_storvsc": "drivers/scsi/hv_storvsc.ko",
    "hv_netvsc": "drivers/net/hyperv/hv_netvsc.ko",
    "hv_utils": "drivers/hv/hv_utils.ko",
    "hv_balloon": "drivers/hv/hv_balloon.ko",
    "sd_mod": "drivers/scsi/sd_mod.ko",
    "sr_mod": "drivers/scsi/sr_mod.ko",
    "isofs": "fs/isofs/isofs.ko",
    "udf": "fs/udf/udf.ko",
    "vfat": "fs/fat/vfat.ko",
    "fat": "fs/fat/fat.ko",
    "nls_cp437": "fs/nls/nls_cp437.ko",
    "nvme": "drivers/nvme/host/nvme.ko",
    "nvme_core": "drivers/nvme/host/nvme-core.ko",
    "pci_hyperv": "drivers/pci/controller/pci-hyperv.ko",
    "ext4": "fs/ext4/ext4.ko",
    "mbcache": "fs/mbcache.ko",
    "mlx4_en": "drivers/net/mlx4_en.ko",
    "mlx5_core": "drivers/net/mlx5_core.ko",
    "mana": "drivers/net/mana.ko",
}
IN_INITRAMFS = ("hv_vmbus", "hv_storvsc", "hv_netvsc", "sd_mod", "nvme", "nvme_core", "pci_hyperv", "ext4", "mbcache")
MODULES_DEP = "".join(f"kernel/{path}:{' kernel/fs/mbcache.ko' if name == 'ext4' else ''}\n" for name, path in MODULES.items())

GRUB_CFG = f"""### BEGIN /etc/grub.d/10_linux ###
menuentry 'Debian GNU/Linux' --class debian {{
  linux /boot/vmlinuz-{KERNEL} root=UUID={UUID} ro {CMDLINE}
  initrd /boot/initrd.img-{KERNEL}
}}
### END /etc/grub.d/10_linux ###
"""
INITRAMFS = f"/boot/initrd.img-{KERNEL}"
WANTS = "/etc/systemd/system/multi-user.target.wants"
UNITS = "/usr/lib/systemd/system"
_INSTALLED = "[Unit]\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"

SERVICES = ("walinuxagent", "ssh", "chrony", "systemd-networkd", "hv-kvp-daemon", "cloud-init", "cloud-init-local", "cloud-config", "cloud-final")

ELF_X86_64 = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" + bytes(44)
ELF_I686 = b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x03\x00\x03\x00" + bytes(32)

FILES = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "/etc/fstab": f"UUID={UUID} / ext4 errors=remount-ro 0 1\nUUID=ABCD-1234 /boot/efi vfat umask=0077 0 1\n",
    "/etc/default/grub": f'GRUB_DEFAULT=0\nGRUB_TERMINAL="serial console"\nGRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="{CMDLINE}"\n',
    "/boot/grub/grub.cfg": GRUB_CFG,
    "/etc/hostname": "localhost\n",
    "/etc/machine-id": "",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "/etc/shadow": "root:!:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n",
    "/etc/group": "root:x:0:\ndaemon:x:1:\nsudo:x:27:\n",
    "/etc/login.defs": "UID_MIN 1000\n",
    "/etc/sudoers": "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n",
    "/etc/ssh/sshd_config": "Port 22\nClientAliveInterval 180\n",
    "/etc/waagent.conf": "Provisioning.Agent=cloud-init\nAutoUpdate.Enabled=y\nResourceDisk.Format=n\nResourceDisk.EnableSwap=n\n",
    "/etc/cloud/cloud.cfg": "users: [default]\ncloud_init_modules:\n - disk_setup\n - mounts\n - users-groups\n - ssh\n\ncloud_config_modules:\n - locale\n"
    "system_info: {default_user: {sudo: ['ALL=(ALL) NOPASSWD:ALL']}}\n",
    "/etc/cloud/cloud.cfg.d/10-azure-kvp.cfg": "reporting:\n  telemetry:\n    type: hyperv\n",
    "/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg": "datasource_list: [ Azure ]\n",
    "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "22.4.2"\n',
    "/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.7.3.0'\n",
    "/usr/sbin/waagent": "#!/usr/bin/python3\n",
    "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\nrefclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2\nmakestep 1.0 -1\n",
    "/etc/systemd/network/10-azure.network": "[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n",
    "/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules": 'DRIVERS=="mana|mlx4_core|mlx5_core", ENV{AZURE_UNMANAGED_SRIOV}="1"\n',
    "/usr/lib/udev/rules.d/80-azure-disk.rules": "# disks\n",
    "/usr/lib/udev/rules.d/50-udev-default.rules": 'SUBSYSTEM=="ptp", ATTR{clock_name}=="hyperv", SYMLINK += "ptp_hyperv"\n',
    **{f"/usr/lib/udev/rules.d/{name}.rules": "# udev's own\n" for name in ("60-persistent-storage", "80-drivers", "99-systemd")},
    "/boot/efi/EFI/BOOT/BOOTX64.EFI": "MZ",
    "/etc/nftables.conf": "table inet filter {}\n",
    f"/boot/vmlinuz-{KERNEL}": "kernel",
    f"/boot/config-{KERNEL}": "# Linux\nCONFIG_SERIAL_8250_CONSOLE=y\n",
    f"/lib/modules/{KERNEL}/modules.builtin": "",
    f"/lib/modules/{KERNEL}/modules.dep": MODULES_DEP,
    "/usr/lib/systemd/systemd": ELF_X86_64,
}
PROGRAMS = (
    "/usr/bin/python3",
    "/usr/sbin/sshd",
    "/usr/bin/growpart",
    "/usr/sbin/chpasswd",
    "/usr/sbin/useradd",
    "/usr/sbin/usermod",
    "/usr/bin/openssl",
    "/usr/sbin/ip",
    "/usr/bin/mount",
    "/usr/bin/sed",
    "/usr/bin/grep",
    "/bin/true",
)


def good_guest(root):
    """Write the guest's tree below root (pathlib.Path) and return root."""
    for path, text in FILES.items():
        write(root, path, text)
    for path in PROGRAMS:
        write(root, path, "program")
    write(root, "/bin/sh", ELF_X86_64)
    for path in (*PROGRAMS, "/bin/sh", "/usr/sbin/waagent", "/usr/lib/systemd/systemd"):
        pathlib.Path(str(root) + path).chmod(0o755)
    symlink(root, "/sbin/init", "/usr/lib/systemd/systemd")
    for path in ("/bin/true", "/usr/bin/openssl", "/usr/sbin/ip", "/usr/sbin/useradd"):
        write(root, path, ELF_X86_64)
    for folder in ("dev", "proc", "run", "sys", "var"):
        (root / folder).mkdir(exist_ok=True)
    pathlib.Path(str(root) + "/bin/true").chmod(0o755)
    write(root, "/usr/bin/sudo", ELF_X86_64)
    pathlib.Path(str(root) + "/usr/bin/sudo").chmod(0o4755)
    for name, path in MODULES.items():
        write(root, f"/lib/modules/{KERNEL}/kernel/{path}", module(name))
    write(root, INITRAMFS, initramfs(IN_INITRAMFS))
    for name in SERVICES:
        write(root, f"{UNITS}/{name}.service", _INSTALLED)
        enable(root, name)
    return root


def write(root, path, content):
    """Write a file (str or bytes) of the guest; None removes it."""
    place = pathlib.Path(str(root) + path)
    if content is None:
        place.unlink()
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():
        place.unlink()
    place.write_bytes(content if isinstance(content, bytes) else content.encode())


def symlink(root, path, target):
    """Make a symbolic link in the guest."""
    place = pathlib.Path(str(root) + path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() or place.exists():
        place.unlink()
    os.symlink(target, place)


def enable(root, name):
    """Enable a service."""
    symlink(root, f"{WANTS}/{name}.service", f"{UNITS}/{name}.service")


def module(name):
    """Return a kernel module that does nothing."""
    return elf_module(name.encode(), KERNEL)


def initramfs(names, changes=(), links=()):
    """Return an uncompressed cpio archive as initramfs-tools builds it: /init, the programs that it uses, and the modules.

    changes: {name of a member: bytes or str, None to leave it out}; links: {name: target}.
    """
    members = {
        "init": b"#!/bin/sh\n",
        "bin/sh": ELF_X86_64,
        "sbin/modprobe": ELF_X86_64,
        "lib/systemd/systemd-udevd": ELF_X86_64,
        "scripts/functions": b"# functions\n",
        f"lib/modules/{KERNEL}/modules.dep": MODULES_DEP.encode(),
        f"lib/modules/{KERNEL}/modules.alias": b"# Aliases\n",
    }
    members.update({f"lib/modules/{KERNEL}/kernel/{MODULES[name]}": module(name) for name in names})
    members.update({name: content.encode() if isinstance(content, str) else content for name, content in dict(changes).items()})
    archive = b"".join(
        _member(name, content, 0o100755 if name in _EXECUTABLE or content[:4] == b"\x7fELF" else 0o100644)
        for name, content in members.items()
        if content is not None
    )
    return archive + b"".join(_member(name, target.encode(), 0o120777) for name, target in dict(links).items()) + _member("TRAILER!!!", b"", 0)


_EXECUTABLE = ("init",)


def _member(name, content, mode):
    # newc: magic, inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, checksum
    numbers = (1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    header = b"070701" + b"".join(b"%08x" % number for number in numbers) + name.encode() + b"\0"
    return _padded(header) + _padded(content)


def _padded(octets):
    return octets + bytes(-len(octets) % 4)
