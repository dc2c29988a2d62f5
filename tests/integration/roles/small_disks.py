# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that a machine could boot, as small as Azure takes one, for plays that look at a guest's disk and do not boot it."""

import os

from unit.image.images import MIB, ROOT_UUID, ext4, put, run


def small_disk(path, machine_id="", host_key=""):
    """Write a raw disk of 32 MiB with a DOS table, boot code and an ext4 root with 2 MiB of data, and return its path.

    machine_id: str, what its /etc/machine-id has; host_key: str, the public key of its SSH server in base64.
    """
    folder = path.with_suffix(".root")
    for name in ("etc", "usr/lib", "usr/sbin", "var"):
        (folder / name).mkdir(parents=True)
    (folder / "etc/fstab").write_text(f"UUID={ROOT_UUID} / ext4 defaults 0 1\n")
    (folder / "etc/machine-id").write_text(machine_id and machine_id + "\n")
    if host_key:
        (folder / "etc/ssh").mkdir()
        (folder / "etc/ssh/ssh_host_ed25519_key.pub").write_text(f"ssh-ed25519 {host_key} root@web\n")
    (folder / "var/data").write_bytes(os.urandom(2 * MIB))
    with open(path, "wb") as stream:
        stream.truncate(32 * MIB)
    run("sfdisk", "--quiet", path, text="label: dos\nlabel-id: 0x2e8a1c7f\nstart=2048, size=61440, type=83, bootable\n")
    file_system = ext4(path.with_suffix(".ext4"), folder, 30 * MIB)
    put(path, file_system, MIB)
    with open(path, "r+b") as stream:
        stream.write(b"\xeb\x63\x90")  # a jump, as GRUB's boot code begins
    run("rm", "-r", folder, file_system)
    return path
