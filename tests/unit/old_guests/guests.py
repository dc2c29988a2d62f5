# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What recorded trees of old guests have in common, and how they are written.

Written after the distributions' documents and packages; no system of theirs was run.
"""

import pathlib

from unit.initramfs.images import elf_module
from unit.kernel.module_indices import index_of
from unit.readiness.guest_tree import ELF_X86_64, _member as member, write
from unit.trees import write_tree

#: Where the drivers were in Linux 2.6.32 of Red Hat 6, 3.0 of SUSE 11 and all since.
DRIVERS = {
    "hv_vmbus": "drivers/hv/hv_vmbus.ko",
    "hv_storvsc": "drivers/scsi/hv_storvsc.ko",
    "hv_netvsc": "drivers/net/hyperv/hv_netvsc.ko",
    "hv_utils": "drivers/hv/hv_utils.ko",
    "sd_mod": "drivers/scsi/sd_mod.ko",
    "sr_mod": "drivers/scsi/sr_mod.ko",
    "isofs": "fs/isofs/isofs.ko",
    "udf": "fs/udf/udf.ko",
    "fat": "fs/fat/fat.ko",
    "vfat": "fs/fat/vfat.ko",
    "nls_cp437": "fs/nls/nls_cp437.ko",
    "ext3": "fs/ext3/ext3.ko",
    "ext4": "fs/ext4/ext4.ko",
    "xfs": "fs/xfs/xfs.ko",
    "btrfs": "fs/btrfs/btrfs.ko",
}
#: Besides, where the kernel is from 4.6 on, or Red Hat 7.4's and later; a guest names the drivers that it has then.
NVME = {"nvme": "drivers/nvme/host/nvme.ko", "nvme_core": "drivers/nvme/host/nvme-core.ko", "pci_hyperv": "drivers/pci/host/pci-hyperv.ko"}
IN_INITRAMFS = ("hv_vmbus", "hv_storvsc", "hv_netvsc", "sd_mod", "ext3", "ext4", "xfs", "btrfs")

PROGRAMS = [
    "/bin/bash",
    "/bin/mount",
    "/bin/sed",
    "/bin/grep",
    "/sbin/ip",
    "/usr/sbin/chpasswd",
    "/usr/sbin/useradd",
    "/usr/sbin/usermod",
    "/usr/bin/openssl",
    "/usr/sbin/sshd",
    "/usr/bin/sudo",
]
USERS = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\nsshd:x:74:74::/var/empty/sshd:/sbin/nologin\n",
    "/etc/shadow": "root:*:16000:0:99999:7:::\nbin:*:16000:0:99999:7:::\nsshd:!!:16000::::::\n",
    "/etc/group": "root:x:0:\nbin:x:1:\nwheel:x:10:\nsshd:x:74:\nsudo:x:27:\n",
}


def write_guest(root, guest):
    """Write a guest below root (pathlib.Path) and return root.

    guest: {files: {path: text, or -> and a link's target}, programs: [path], interpreted: {path: first line}, kernels: {version: (vmlinuz, image)},
    generator: what marks an image as its: [member]}.
    """
    write_tree(root, {**USERS, **guest["files"]})
    for folder in ("dev", "proc", "sys", "tmp", "var/log", "var/lib", "root", "home"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path in [*PROGRAMS, *guest.get("programs", [])]:
        write(root, path, ELF_X86_64)
        pathlib.Path(str(root) + path).chmod(0o755)
    for path, text in guest["files"].items():
        if text.startswith("#!"):
            pathlib.Path(str(root) + path).chmod(0o755)
    pathlib.Path(str(root) + "/usr/bin/sudo").chmod(0o4755)
    if not (root / "bin/sh").is_symlink():
        (root / "bin/sh").symlink_to("bash")
    for version, (vmlinuz, image) in guest["kernels"].items():
        names = guest.get("drivers", DRIVERS)
        write(root, vmlinuz, "kernel")
        write(root, f"/lib/modules/{version}/modules.dep", "".join(f"kernel/{path}:\n" for name, path in {**DRIVERS, **NVME}.items() if name in names))
        write(root, f"/lib/modules/{version}/modules.builtin", "")
        for name, path in {**DRIVERS, **NVME}.items():
            if name in names:
                write(root, f"/lib/modules/{version}/kernel/{path}", elf_module(name.encode(), version))
        write(root, image, initramfs(version, [name for name in IN_INITRAMFS if name in names], guest["members"]))
    return root


def unit(name, folder="/usr/lib", wanted_by="multi-user.target", start=None):
    """Return a unit of systemd, and the link that enables it."""
    path = f"{folder}/systemd/system/{name}.service"
    return {
        path: f"[Unit]\nDescription={name}\n\n[Service]\nExecStart={start or '/usr/sbin/' + name}\n\n[Install]\nWantedBy={wanted_by}\n",
        f"/etc/systemd/system/{wanted_by}.wants/{name}.service": f"->{path}",
    }


def initramfs(version, names, own, texts=None):
    """Return a cpio archive (bytes) as the guest's generator builds it: its own members ([str]), the programs that it starts, and drivers ([str]).

    texts: {path: text}, further members.
    """
    files = {"init": b"#!/bin/sh\n", **dict.fromkeys(("bin/sh", "sbin/modprobe", "sbin/udevd", *own), ELF_X86_64)}
    files.update({f"lib/modules/{version}/kernel/{DRIVERS[name]}": elf_module(name.encode(), version) for name in names})
    files[f"lib/modules/{version}/modules.dep"] = "".join(f"kernel/{DRIVERS[name]}:\n" for name in names).encode()
    files[f"lib/modules/{version}/modules.dep.bin"] = files[f"lib/modules/{version}/modules.alias.bin"] = index_of(names)
    files[f"lib/modules/{version}/modules.alias"] = b"# Aliases\n"
    files.update({name: text.encode() for name, text in (texts or {}).items()})
    return b"".join(member(name, content, 0o100755) for name, content in files.items()) + member("TRAILER!!!", b"", 0)
