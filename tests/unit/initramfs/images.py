# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and kernels for the tests of the initramfs reader, written byte by byte."""

import bz2
import gzip
import lzma
import struct
import subprocess

VERSION = "6.1.0-13-amd64"
REGULAR, DIRECTORY, LINK = 0o100644, 0o040755, 0o120777


def member(name, content=b"", mode=REGULAR, magic=b"070701", links=1, inode=1, checksum=0):
    """Return a member (bytes) of a newc archive."""
    stored = name.encode() + b"\0"
    fields = [inode, mode, 0, 0, links, 0, len(content), 8, 1, 0, 0, len(stored), checksum]
    head = magic + b"".join(b"%08X" % field for field in fields) + stored
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def archive(*members, magic=b"070701"):
    """Return a cpio archive (bytes) with its trailer."""
    return b"".join(members) + member("TRAILER!!!", mode=0, magic=magic)


def crc_member(name, content):
    """Return a member of the crc kind, with its checksum."""
    return member(name, content, magic=b"070702", checksum=sum(content) & 0xFFFFFFFF)


def _program(*argv):
    return lambda content: subprocess.run(argv, input=content, stdout=subprocess.PIPE, check=True).stdout


#: Each compression that a kernel may know, as the generators call it.
COMPRESS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "lzma": lambda content: lzma.compress(content, format=lzma.FORMAT_ALONE),
    "xz": lambda content: lzma.compress(content, check=lzma.CHECK_CRC32),
    "zstd": _program("zstd", "-q", "-c"),
    "lz4": _program("lz4", "-l", "-q", "-c"),
    "lzo": _program("lzop", "-q", "-c"),
}


def elf_module(code, version=VERSION, debug=b"", parameters=()):
    """Return a kernel module (bytes): ELF64 with .text, .modinfo and, when given, the unloaded section .debug.

    parameters: [str], as modinfo has them: ``ring_size:uint``.
    """
    names = b"\0.text\0.modinfo\0.debug\0.shstrtab\0"
    modinfo = b"license=GPL\0vermagic=" + version.encode() + b" SMP preempt mod_unload\0"
    modinfo += b"".join(b"parmtype=" + parameter.encode() + b"\0" for parameter in parameters)
    parts = [(b".text", 2, code), (b".modinfo", 2, modinfo), (b".debug", 0, debug), (b".shstrtab", 0, names)]
    body, headers = b"", [bytes(64)]
    for name, flags, content in parts:
        headers.append(struct.pack("<IIQQQQIIQQ", names.index(name), 1, flags, 0, 64 + len(body), len(content), 0, 0, 1, 0))
        body += content
    start = b"\x7fELF\x02\x01\x01" + bytes(9)
    return start + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(headers), 4) + body + b"".join(headers)


#: The drivers of the test kernel: hv_storvsc needs hv_vmbus and scsi_transport_fc, as on Debian.
DRIVERS = {
    "kernel/drivers/hv/hv_vmbus.ko": elf_module(b"vmbus code " * 900),
    "kernel/drivers/scsi/hv_storvsc.ko": elf_module(b"storvsc code " * 700),
    "kernel/drivers/scsi/scsi_transport_fc.ko": elf_module(b"fc code " * 500),
    "kernel/drivers/pci/controller/pci-hyperv.ko": elf_module(b"pci code " * 300),
}
MODULES_DEP = """kernel/drivers/hv/hv_vmbus.ko:
kernel/drivers/scsi/scsi_transport_fc.ko:
kernel/drivers/scsi/hv_storvsc.ko: kernel/drivers/scsi/scsi_transport_fc.ko kernel/drivers/hv/hv_vmbus.ko
kernel/drivers/pci/controller/pci-hyperv.ko: kernel/drivers/hv/hv_vmbus.ko
"""


def without(*names):
    """Return DRIVERS without the files that have one of the names."""
    return {path: content for path, content in DRIVERS.items() if path.rsplit("/", maxsplit=1)[-1] not in names}


def main_archive(drivers=None, prefix="usr/", version=VERSION, extra=()):
    """Return the archive of an initramfs with /init and the drivers ({path in the module tree: content})."""
    drivers = DRIVERS if drivers is None else drivers
    modules = [member(f"{prefix}lib/modules/{version}/{path}", content) for path, content in drivers.items()]
    dep = "".join(line + "\n" for line in MODULES_DEP.splitlines() if line.split(":")[0] in drivers)
    return archive(
        member(".", mode=DIRECTORY),
        member("init", b"#!/bin/sh\n" * 50, mode=0o100755),
        *modules,
        member(f"{prefix}lib/modules/{version}/modules.dep", dep.encode()),
        *extra,
    )


def microcode():
    """Return the uncompressed archive that comes first on many machines."""
    return archive(member("kernel", mode=DIRECTORY), member("kernel/x86/microcode/GenuineIntel.bin", bytes(range(256)) * 40))


def write_kernel(root, version=VERSION, drivers=None, builtin="", image=None, name="initrd.img-{}"):
    """Write a kernel with its modules, and its image (bytes) when given, into a tree."""
    folder = root / "lib/modules" / version
    for path, content in (DRIVERS if drivers is None else drivers).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "modules.dep").write_text(MODULES_DEP if drivers is None else "".join(f"{path}:\n" for path in drivers))
    (folder / "modules.builtin").write_text(builtin)
    (root / "boot").mkdir(exist_ok=True)
    (root / f"boot/vmlinuz-{version}").write_bytes(b"MZ")
    if image is not None:
        (root / "boot" / name.format(version)).write_bytes(image)


def uki(sections):
    """Return an EFI program (bytes) with the sections ([(name, content)])."""
    head = bytearray(0x80)
    head[:2], head[0x3C:0x40] = b"MZ", struct.pack("<I", 0x80)
    table, body = b"", b""
    start = 0x80 + 24 + 40 * len(sections)
    for name, content in sections:
        table += struct.pack("<8sIIII16x", name, len(content), 0, len(content) + 12, start + len(body))
        body += content + bytes(12)
    return bytes(head) + struct.pack("<4sHH12xH2x", b"PE\0\0", 0x8664, len(sections), 0) + table + body
