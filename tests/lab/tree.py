# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's files in a directory: unpack the base, settle what every guest has, make its initramfs."""

import contextlib
import uuid
from pathlib import Path

from lab import host, keys
from lab.commands import run
from lab.errors import LabError
from lab.recipe import Recipe

USER = "admin"
HOST_NAME = "guest"

NETWORKD = """[Match]
Name=e* host*
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
"""

GRUB_DEFAULTS = """# If you change this file, run 'update-grub' afterwards to update /boot/grub/grub.cfg.
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="net.ifnames=0 console=tty0 console=ttyS0,115200n8"
GRUB_TERMINAL="serial console"
GRUB_SERIAL_COMMAND="serial --speed=115200"
"""


def unpack(tarball: Path, root: Path) -> None:
    """Write the files of a base tarball into a new directory."""
    root.mkdir(mode=0o755)
    run(["tar", "-C", root, "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xf", tarball])


def settle(root: Path) -> None:
    """Write what every guest of the lab has: names, network, a login with the lab's key, host keys."""
    write(root, "etc/hostname", f"{HOST_NAME}\n")
    write(root, "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {HOST_NAME}\n")
    write(root, "etc/resolv.conf", host.resolv_conf())
    write(root, "etc/machine-id", uuid.uuid4().hex + "\n")
    write(root, "etc/fstab", "# no file system but the root of the container\n")
    _login(root)
    _network(root)
    for old in (root / "etc/ssh").glob("ssh_host_*"):
        old.unlink()
    run(["ssh-keygen", "-q", "-A", "-f", root])
    # A first boot may find a clock that is ahead of, or behind, the one of the build.
    write(root, "var/lib/systemd/timesync/clock", "")


def write(root: Path, name: str, text: str, mode: int = 0o644) -> None:
    """Write one file of the guest, with its directories."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def append(root: Path, name: str, text: str) -> None:
    """Write text at the end of a file of the guest."""
    with (root / name).open("a", encoding="utf-8") as handle:
        handle.write(text)


def chroot(root: Path, *argv, **options) -> str:
    """Return the output of a program of the guest, run in its tree."""
    return run(["chroot", root, *argv], env={"DEBIAN_FRONTEND": "noninteractive"}, **options)


@contextlib.contextmanager
def proc_mounted(root: Path):
    """Have /proc in the tree while its own programs run."""
    run(["mount", "-t", "proc", "proc", root / "proc"])
    try:
        yield
    finally:
        run(["umount", "-l", root / "proc"])


def kernel_version(root: Path) -> str:
    """Return the version of the one kernel of the tree."""
    versions = sorted(path.name for path in (root / "lib/modules").iterdir())
    if len(versions) != 1:
        raise LabError(f"cannot tell the kernel of {root}: /lib/modules holds {versions}; the lab expects one")
    return versions[0]


def make_initramfs(root: Path, recipe: Recipe) -> None:
    """Write the initramfs of the tree's kernel with all drivers that the tool takes by default."""
    version = kernel_version(root)
    image = f"/boot/initrd.img-{version}"
    if recipe.initramfs == "dracut":
        chroot(root, "dracut", "--force", "--no-hostonly", "--kver", version, image)
    else:
        edit(root, "etc/initramfs-tools/initramfs.conf", "COMPRESS=", "COMPRESS=zstd")
        chroot(root, "update-initramfs", "-c", "-k", version)
    if not (root / image.lstrip("/")).is_file():
        raise LabError(f"cannot make the initramfs of {root}: {recipe.initramfs} wrote no {image}")


def edit(root: Path, name: str, start: str, replacement: str) -> None:
    """Replace the lines of a guest's file that begin with start, or append the replacement."""
    path = root / name
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [replacement if line.startswith(start) else line for line in lines]
    if replacement not in kept:
        kept.append(replacement)
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _login(root: Path) -> None:
    chroot(root, "useradd", "-m", "-s", "/bin/bash", USER)
    for home in ("root", f"home/{USER}"):
        write(root, f"{home}/.ssh/authorized_keys", keys.public_key(), 0o600)
        (root / home / ".ssh").chmod(0o700)
    chroot(root, "chown", "-R", f"{USER}:", f"/home/{USER}/.ssh")
    write(root, f"etc/sudoers.d/90-{USER}", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", 0o440)


def _network(root: Path) -> None:
    write(root, "etc/systemd/network/20-dhcp.network", NETWORKD)
    chroot(root, "systemctl", "-q", "enable", "systemd-networkd.service")
    chroot(root, "systemctl", "-q", "mask", "systemd-networkd-wait-online.service")
