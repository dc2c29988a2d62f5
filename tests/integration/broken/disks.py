# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a good disk that is changed where no file shows it: boot code, partition table, EFI system partition, file systems."""

import contextlib
import json
import os
import re
import struct
import subprocess
import tempfile
import zlib

from integration.broken.overlay import DoesNotApply

SECTOR = 512
MIB = 1024 * 1024
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
LVM = "E6D6D379-F507-44C2-A23C-238F2A3DF928"
_TYPES = {"esp": (ESP,), "biosboot": (BIOS_BOOT,), "root": (LINUX, "83"), "lvm": ("8E", "8e", LVM)}
_SCRATCH = "/dev/shm" if os.path.isdir("/dev/shm") else None


@contextlib.contextmanager
def copied(image):
    """Give a Disk whose file is a copy of an image's, with its holes, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="broken-", dir=_SCRATCH) as folder:
        copy = os.path.join(folder, "disk.raw")
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
        yield Disk(copy)


class Disk:
    """A raw disk that may be written. path: str."""

    def __init__(self, path):
        self.path = path

    def read(self, offset, length):
        """Return length bytes from offset."""
        with open(self.path, "rb") as stream:
            stream.seek(offset)
            return stream.read(length)

    def write(self, offset, octets):
        """Write bytes at offset."""
        with open(self.path, "r+b") as stream:
            stream.seek(offset)
            stream.write(octets)

    def zero(self, offset, length):
        """Write zeros."""
        self.write(offset, bytes(length))

    @property
    def size(self):
        return os.path.getsize(self.path)

    def table(self):
        """Return what sfdisk says of the partition table (dict)."""
        return json.loads(_said("sfdisk", "--json", self.path))["partitiontable"]

    def partition(self, role):
        """Return (number, start, size), in bytes, of the partition of a role: esp, biosboot, lvm or root (the largest of Linux)."""
        found = [part for part in self.table()["partitions"] if part["type"].upper() in _TYPES[role]]
        if not found or role == "root" and any(part["type"].upper() in _TYPES["lvm"] for part in self.table()["partitions"]):
            raise DoesNotApply(f"the disk has no partition of the role {role}")
        part = max(found, key=lambda each: each["size"])
        return int(part["node"][len(self.path) :].lstrip("p")), part["start"] * SECTOR, part["size"] * SECTOR

    def needs(self, label):
        """Raise DoesNotApply unless the partition table is of a kind: dos or gpt."""
        if self.table()["label"] != label:
            raise DoesNotApply(f"the partition table is no {label}")

    def sfdisk(self, *arguments, text=""):
        """Change the partition table with sfdisk; ``DISK`` stands for the disk."""
        _said("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", *[self.path if word == "DISK" else word for word in arguments], text=text)

    def mtools(self, program, *arguments, content=None):
        """Run one of the mtools on the EFI system partition; content: bytes, of the file that the argument ``FILE`` stands for."""
        _number, start, _size = self.partition("esp")
        given = os.path.join(os.path.dirname(self.path), "content")
        with open(given, "wb") as stream:
            stream.write(content or b"")
        words = [given if word == "FILE" else word for word in arguments]
        subprocess.run(
            [program, "-i", f"{self.path}@@{start}", *words],
            env=dict(os.environ, MTOOLS_SKIP_CHECK="1"),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def esp_file(self, path):
        """Return the content (bytes) of a file of the EFI system partition."""
        _number, start, _size = self.partition("esp")
        done = subprocess.run(["mtype", "-i", f"{self.path}@@{start}", f"::{path}"], capture_output=True, check=False)
        if done.returncode:
            raise DoesNotApply(f"{path} is not on the EFI system partition")
        return done.stdout

    def write_esp(self, path, content):
        """Write a file (content: bytes) of the EFI system partition."""
        self.mtools("mcopy", "-o", "FILE", f"::{path}", content=content)

    def esp_path(self, pattern):
        """Return the path (str) of the first file of the EFI system partition that a regular expression finds."""
        _number, start, _size = self.partition("esp")
        listed = _said("env", "MTOOLS_SKIP_CHECK=1", "mdir", "-i", f"{self.path}@@{start}", "-/", "-b", "::/")
        found = [line[2:] for line in listed.splitlines() if re.search(pattern, line)]
        if not found:
            raise DoesNotApply(f"no file of the EFI system partition is {pattern}")
        return found[0]

    def cut_chain(self, path):
        """Let the chain of clusters of a file of the EFI system partition end in its middle, in both tables."""
        first, last = self._clusters(path)
        self._write_cluster((first + last) // 2, 0x0FFFFFFF)

    def free_chain(self, path):
        """Let the chain of clusters of a file of the EFI system partition be free, in both tables."""
        self._write_cluster(self._clusters(path)[0], 0)

    def _clusters(self, path):
        """Return (first, last) of the clusters of a file of the EFI system partition."""
        self.esp_file(path)
        _number, start, _size = self.partition("esp")
        shown = _said("env", "MTOOLS_SKIP_CHECK=1", "mshowfat", "-i", f"{self.path}@@{start}", f"::{path}")
        first, last = re.findall(r"<(\d+)(?:-(\d+))?>", shown)[0]
        return int(first), int(last or first)

    def _write_cluster(self, cluster, value):
        _number, start, _size = self.partition("esp")
        reserved, tables, small, large = struct.unpack("<HB5xH12xI", self.read(start + 14, 26))
        entry = struct.pack("<H", value & 0xFFFF) if small else struct.pack("<I", value)
        for table in range(tables):
            self.write(start + (reserved + table * (small or large)) * SECTOR + cluster * len(entry), entry)

    def group(self, *programs):
        """Run programs of lvm2 ([str] each) on the volume group alone; ``GROUP`` stands for its name."""
        _number, start, size = self.partition("lvm")
        device = _said("losetup", "--find", "--show", "--offset", str(start), "--sizelimit", str(size), self.path).strip()
        own = ["--devices", device, "--driverloaded", "n", "-q", "--config", "backup{backup=0 archive=0}"]
        try:
            name = _said("vgs", *own, "--noheadings", "-o", "vg_name").strip()
            for program, *words in programs:
                _said(program, *own, *[word.replace("GROUP", name) for word in words])
        finally:
            _said("losetup", "--detach", device)

    def kind(self):
        """Return the kind of the root's file system (str), as blkid calls it."""
        _number, start, size = self.partition("root")
        return _said("blkid", "-p", "-O", str(start), "-S", str(size), "-o", "value", "-s", "TYPE", self.path).strip()

    def debugfs(self, *requests):
        """Change the root, which has to be ext4, with debugfs."""
        if self.kind() != "ext4":
            raise DoesNotApply("the root is no ext4")
        _number, start, _size = self.partition("root")
        return _said("debugfs", "-w", "-f", "-", f"{self.path}?offset={start}", text="".join(request + "\n" for request in requests))

    def beside(self, change):
        """Change the root's file system in a file of its own: change takes the path, and the result is put back."""
        _number, start, size = self.partition("root")
        part = os.path.join(os.path.dirname(self.path), "root.part")
        _said("dd", f"if={self.path}", f"of={part}", f"bs={MIB}", f"skip={start // MIB}", f"count={size // MIB}", "conv=sparse", "status=none")
        change(part)
        _said("dd", f"if={part}", f"of={self.path}", f"bs={MIB}", f"seek={start // MIB}", "conv=notrunc", "status=none")
        os.unlink(part)

    def mounted(self, change):
        """Change the root's file system where it is mounted: change takes the directory."""

        def with_mount(part):
            folder = part + ".d"
            os.mkdir(folder)
            _said("mount", "-o", "loop", part, folder)
            try:
                change(folder)
                _said("sync", "--file-system", folder)
            finally:
                _said("umount", folder)

        self.beside(with_mount)

    def gpt(self, change, backup=False):
        """Change the header of a GPT (bytearray of 92 bytes), with a right checksum afterwards."""
        self.needs("gpt")
        offset = self.size - SECTOR if backup else SECTOR
        header = bytearray(self.read(offset, 92))
        change(header)
        header[16:20] = bytes(4)
        struct.pack_into("<I", header, 16, zlib.crc32(header))
        self.write(offset, bytes(header))


def _said(*words, text=""):
    """Return what a program prints."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(words)}: {done.stderr[-300:]}")
    return done.stdout
