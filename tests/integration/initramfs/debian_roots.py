# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Debian roots in a chroot: `uname -r` and /sys are those of this machine, not of the guest, as when an image is prepared."""

import pathlib
import subprocess

COMPRESSORS = ("bzip2", "lz4", "lzop", "xz-utils", "zstd")  # xz-utils brings lzma too
HV = ["hv_vmbus", "hv_storvsc", "hv_netvsc"]


class Root:
    """A guest's tree that a test may write to."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.version = sorted(entry.name for entry in (self.path / "lib/modules").iterdir())[0]
        self.image = self.path / f"boot/initrd.img-{self.version}"

    def run(self, *argv, check=True):
        """Return the completed program of the guest, /proc mounted as in every chroot that builds an initramfs."""
        script = 'root=$1; shift; mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && exec chroot "$root" "$@"'
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", str(self.path), "env", "LC_ALL=C", *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=check,
        )

    def configure(self, **settings):
        """Write settings of initramfs-tools, e.g. MODULES="list"."""
        (self.path / "etc/initramfs-tools/conf.d/test").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    def build(self, version=None):
        """Write an image with the guest's own generator, without our module."""
        version = version or self.version
        self.run("mkinitramfs", "-o", f"/boot/initrd.img-{version}", version)

    def listed(self, version=None, wanted=tuple(HV)):
        """Return which of the wanted drivers the guest's own lister, lsinitramfs or lsinitrd, finds as files of modules in the image.

        Newer lsinitramfs write lzma but do not list it: then cpio and lzma do, segment by segment.
        """
        image = f"/boot/initrd.img-{version or self.version}"
        lister = "lsinitrd" if (self.path / "usr/bin/lsinitrd").exists() else "lsinitramfs"
        completed = self.run(lister, image, check=False)
        if completed.returncode:
            completed = self.run("bash", "-c", 'set -o pipefail; (cpio --quiet -it && lzma -dc | cpio --quiet -it) < "$1"', "bash", image)
        lines = completed.stdout.splitlines()
        names = [line.split()[-1].rpartition("/")[2].partition(".ko")[0].replace("-", "_") for line in lines if ".ko" in line]
        return [name for name in wanted if name in names]
