# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks with a boot loader, put together by hand: a GRUB core as grub-mkimage packs it, and file systems of a few files."""

import io
import lzma
import stat
import struct
import types

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition, Table
from ansible_collections.imagewright.azure.plugins.module_utils.image.disk_image import OpenVolume
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Volume
from efi_programs import efi_program

MIB = 1024 * 1024
UUID, OTHER_UUID = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
ESP, LINUX, BIOS_BOOT = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "21686148-6449-6E6F-744E-656564454649")

_MODULE = b"\x7fELF of a module"
#: Names that the kernel of bios_core has for its modules.
KERNEL_NAMES = b"grub_calloc\0grub_printf\0"


def grub(folder):
    """Return the files ({path: bytes}) that grub-install leaves in a folder, as few of them as lead to Linux."""
    return {
        f"{folder}/grub.cfg": b"menuentry Linux { linux /vmlinuz }\n",
        f"{folder}/i386-pc/normal.mod": _MODULE,
        f"{folder}/i386-pc/linux.mod": _MODULE,
        f"{folder}/i386-pc/relocator.mod": _MODULE,
        f"{folder}/i386-pc/moddep.lst": b"linux: boot relocator\nnormal:\nboot: \n",
        f"{folder}/i386-pc/boot.mod": _MODULE,
        f"{folder}/i386-pc/command.lst": b"*linux: linux\nboot: boot\n",
        f"{folder}/x86_64-efi/command.lst": b"*linux: linux\n",
        f"{folder}/x86_64-efi/normal.mod": _MODULE,
        f"{folder}/x86_64-efi/linux.mod": _MODULE,
    }


GRUB = grub("/boot/grub")


def module(*needs, has=()):
    """Return a module of GRUB for BIOS that needs symbols, and has others (str): an ELF file with the tables of its symbols and sections alone."""
    strings = symbols = b""
    strings += b"\0"
    symbols += bytes(16)
    for section, names in ((0, needs), (1, has)):
        for name in names:
            symbols += struct.pack("<III2BH", len(strings), 0, 0, 0x10, 0, section)
            strings += name.encode() + b"\0"
    names = b"\0.symtab\0.strtab\0.shstrtab\0"
    header, sections = 52, [bytes(40)]
    for name, kind, before, content in ((1, 2, b"", symbols), (9, 3, symbols, strings), (17, 3, symbols + strings, names)):
        sections.append(struct.pack("<10I", name, kind, 0, 0, header + len(before), len(content), 2, 0, 1, 16 if kind == 2 else 0))
    body = symbols + strings + names
    start = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 1, 3, 1, 0, 0, header + len(body), 0, header, 0, 0, 40, len(sections), 3)
    return start + body + b"".join(sections)


class FileSystem:
    """A file system of a few files. files: {path: bytes, or str for a link's target}; nodes are paths."""

    root = "/"

    def __init__(self, files, kind="ext", uuid=UUID, label="", default="/"):
        self.files = files
        self.kind, self.uuid, self.label, self.ignores_case, self.root = kind, uuid, label, kind == "fat", default

    def subvolume(self, path):
        return "/"

    def entries(self, node):
        """Yield (name, node) of a directory."""
        base = node.rstrip("/") + "/"
        for name in sorted({path[len(base) :].split("/")[0] for path in self.files if path.startswith(base)}):
            yield name, base + name

    def status(self, node):
        content = self.files.get(node)
        kind = stat.S_IFDIR if content is None else stat.S_IFLNK if isinstance(content, str) else stat.S_IFREG
        return Status(kind | 0o755, len(content or b""), 0, 0, 0.0)

    def link(self, node):
        return self.files[node]

    def open(self, node):
        return io.BytesIO(self.files[node])


def disk(volumes, content=b"", kind="gpt", active=(), mbr_types=()):
    """Return as much of a DiskImage as is asked for.

    volumes: [(type of the partition, what it holds, FileSystem or None)], the first at 1 MiB, each of 1 MiB.
    """
    partitions = [Partition(number, name, number * MIB, MIB, number in active, "") for number, (name, _holds, _files) in enumerate(volumes, 1)]
    opened = [
        OpenVolume(Volume(f"partition {partition.number}", holds, None, None, partition, None), files, None, set(), False)
        for partition, (_name, holds, files) in zip(partitions, volumes)
    ]

    def read_at(offset, length):
        return content[offset : offset + length].ljust(max(min(length, 64 * MIB - offset), 0), b"\0")

    table = Table(kind, partitions, bool(content[:440].strip(b"\0")), None, None, 512, content[:512].ljust(512, b"\0"))
    return types.SimpleNamespace(
        table=table,
        volumes=opened,
        content=types.SimpleNamespace(read_at=read_at, size=64 * MIB),
        container=types.SimpleNamespace(path="/images/web.vhd"),
        file_systems=lambda: [each for each in opened if each.file_system is not None],
    )


def objects(prefix, config="", wide=False):
    """Return a GRUB's built-in objects: a module's, the configuration and the prefix, behind their header of 32 or 64 bits."""
    told = b""
    for kind, text in ((0, b"\x7fELF a module"), (2, config.encode() + b"\0" if config else b""), (3, prefix.encode() + b"\0")):
        padded = text.ljust(-(-len(text) // 4) * 4, b"\0")
        told += struct.pack("<II", kind, 8 + len(padded)) + padded if text else b""
    if wide:
        return b"mimg" + struct.pack("<4xQQ", 24, 24 + len(told)) + told
    return b"mimg" + struct.pack("<II", 12, 12 + len(told)) + told


def boot_sector(core_sector, active_only=b""):
    """Return a first sector with GRUB's boot code, or with other text."""
    sector = bytearray(512)
    sector[:3] = b"\xeb\x63\x90"
    text = active_only or b"GRUB \0Geom\0Hard Disk\0Read\0 Error"
    sector[0x180 : 0x180 + len(text)] = text
    if not active_only:
        struct.pack_into("<Q", sector, 0x5C, core_sector)
        sector[0x64] = 0xFF  # from the drive that the BIOS started
    sector[510:] = b"\x55\xaa"
    return bytes(sector)


def bios_core(prefix, config="", sector=1, decompressor=2848, blocks=None):
    """Return a core for BIOS as it lies on the disk: diskboot, a decompressor, and what it unpacks.

    blocks: [(start, sectors)], where the rest lies; behind the first sector when None.
    """
    memory = b"kernel".ljust(4096, b"\x90") + KERNEL_NAMES + objects(prefix, config)
    packed = lzma.compress(memory, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}])
    head = bytearray(b"\xea\x1c\x82".ljust(decompressor, b"\x90"))
    struct.pack_into("<II", head, 8, len(packed), len(memory))
    body = bytes(head) + packed
    body = body.ljust(-(-len(body) // 512) * 512, b"\0")
    first = bytearray(512)
    text = b"loading\0.\0\r\n\0Geom\0Read\0 Error\0"
    first[0x180 : 0x180 + len(text)] = text
    for number, (start, count) in enumerate(blocks or [(sector + 1, len(body) // 512)]):
        struct.pack_into("<QHH", first, 500 - 12 * number, start, count, 0x820)
    return bytes(first), body


def bios_disk(prefix, config="", sector=1, volumes=None, kind="mbr", **more):
    """Return a disk whose boot code loads a core with this prefix from a sector."""
    first, body = bios_core(prefix, config, sector, **more)
    content = boot_sector(sector) + bytes(512 * (sector - 1)) + first + body
    return disk(volumes or [("0x83", "ext", FileSystem(GRUB))], content, kind)


SHIM = efi_program(content=b"sbat,1\nshim,4,UEFI shim", signature=b"Microsoft Corporation UEFI CA 2011")


def grub_program(prefix="/EFI/debian", config="", **more):
    """Return a GRUB for EFI with this prefix built in."""
    return efi_program(sections=((b".text", 0x200, b"code"), (b"mods", 0x200, objects(prefix, config, wide=True))), **more)


def stub(uuid=UUID):
    """Return the lines that Debian and Ubuntu leave on the ESP."""
    return f"search.fs_uuid {uuid} root hd0,gpt3 \nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n".encode()
