# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the firmware to the boot loader's own files: what is whole, what is broken, and what cannot be said."""

import struct

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.disk import bootability, grub_core
from ansible_collections.imagewright.azure.plugins.module_utils.disk.volumes import Logical
from ansible_collections.imagewright.azure.plugins.module_utils.image import boot_chain
from efi_programs import ARM64, efi_program
from unit.image.grub_disks import (
    BIOS_BOOT,
    ESP,
    GRUB,
    LINUX,
    MIB,
    OTHER_UUID,
    SHIM,
    UUID,
    FileSystem,
    bios_core,
    bios_disk,
    boot_sector,
    disk,
    grub,
    grub_program,
    module,
    stub,
)

SUBVOLUMES = grub("/@/boot/grub")
EFI = ("/boot/grub/x86_64-efi/normal.mod", "/boot/grub/x86_64-efi/linux.mod")


NO_COMMANDS = {"/boot/grub/i386-pc/command.lst": None}


def modules(**changes):
    """Return the modules that start Linux, with their symbols: changes: {name: bytes}."""
    own = {"normal": module("grub_printf", has=["grub_normal"]), "relocator": module("grub_calloc", has=["grub_relocate"]), **changes}
    return {f"/boot/grub/i386-pc/{name}.mod": content for name, content in own.items()}


def with_grub(changes, *gone):
    """Return the volumes of a disk with one root, whose GRUB has other files: changes: {path: bytes, or None for what is gone}."""
    files = {**GRUB, **changes, **dict.fromkeys(gone)}
    return [("0x83", "ext", FileSystem({path: content for path, content in files.items() if content is not None}))]


def logical(opened, group, name):
    """Return an OpenVolume as a logical volume."""
    return opened._replace(
        volume=opened.volume._replace(name=f"logical volume {group}/{name}", logical=Logical(group, name, "V" * 32 + "L" * 32), partition=None)
    )


def hybrid_disk(prefix):
    """Return a disk with a GPT, and an MBR that has partitions of its own beside the protective one."""
    found = bios_disk(prefix, sector=2048, kind="gpt", volumes=[(BIOS_BOOT, "empty", None), (LINUX, "ext", FileSystem(GRUB))])
    mbr = bytearray(found.table.mbr)
    for at, kind, first in ((446, 0xEE, 1), (462, 0x83, 4096)):
        struct.pack_into("<B3xB3xII", mbr, at, 0, kind, first, 2047)
    found.table = found.table._replace(mbr=bytes(mbr), gpt=object())
    return found


def lvm_disk(prefix, names=("debian-vg", "root")):
    found = bios_disk(prefix, volumes=[("0x8e", "lvm", None), ("0x83", "ext", FileSystem(GRUB))])
    found.volumes[1] = logical(found.volumes[1], *names)
    return found


def damaged_core():
    """Return a disk whose core has other bytes in its second half."""
    found = bios_disk("(,msdos1)/boot/grub")
    good = found.content
    octets = bytearray(good.read_at(0, MIB))
    length = octets[512:].rstrip(b"\0").__len__()
    octets[512 + length // 2 : 512 + length] = b"\xff" * (length - length // 2)
    return disk([("0x83", "ext", FileSystem(GRUB))], bytes(octets), "mbr")


def changed(found, at, octets):
    """Return a disk with other bytes in its first sector."""
    sector = bytearray(found.table.mbr)
    sector[at : at + len(octets)] = octets
    rest = found.content.read_at(512, MIB - 512)
    return disk([("0x83", "ext", FileSystem(GRUB))], bytes(sector) + rest, "mbr")


def with_boot_directory(files):
    """Return a disk whose /boot is a file system of its own."""
    return [("0x83", "ext", FileSystem(files)), ("0x83", "xfs", FileSystem({"/etc/fstab": b""}, "xfs", OTHER_UUID))]


@pytest.mark.parametrize(
    "found",
    [
        bios_disk("(,msdos1)/boot/grub"),
        bios_disk("(hd0,msdos1)/boot/grub"),
        bios_disk("(,msdos1)/grub2", volumes=with_boot_directory(grub("/grub2"))),
        bios_disk("(,msdos1)/boot/grub", decompressor=2832),  # of another release
        changed(bios_disk("(,msdos1)/boot/grub"), 0x64, b"\x80"),
        bios_disk("(,gpt2)/boot/grub", sector=2048, kind="gpt", volumes=[(BIOS_BOOT, "empty", None), (LINUX, "ext", FileSystem(GRUB))]),
        bios_disk("(,gpt1)/boot/grub", sector=4100, kind="gpt", volumes=[(LINUX, "ext", FileSystem(GRUB))]),  # block lists, no BIOS boot partition
        bios_disk("(,msdos1)/@/boot/grub", volumes=[("0x83", "btrfs", FileSystem(SUBVOLUMES, "btrfs", default="/@"))]),
        bios_disk("(,msdos1)/boot/grub", volumes=[("0x83", "btrfs", FileSystem(SUBVOLUMES, "btrfs", default="/@"))]),
        bios_disk("/boot/grub", f"search.fs_uuid {UUID} root hd0,msdos1\nset prefix=($root)'/boot/grub'\n"),
        bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/search.mod": b""})),  # needed by nobody here
        bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/moddep.lst": None})),
        bios_disk("(,msdos1)/boot/grub", volumes=with_grub(NO_COMMANDS | {"/boot/grub/grub.cfg": b"\tinsmod linux\nmenuentry L {\nlinux /vmlinuz\n}\n"}, *EFI)),
        bios_disk("(,msdos1)/boot/grub", volumes=with_grub(modules(linux=module("grub_calloc", "grub_relocate")), *EFI)),
        bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/search.mod": module("grub_newloc")}, *EFI)),  # needed by nobody here
        lvm_disk("(lvm/debian--vg-root)/boot/grub"),
        lvm_disk(f"(lvmid/{'V' * 32}/{'L' * 32})/boot/grub"),
        hybrid_disk("(,gpt2)/boot/grub"),
        hybrid_disk("(,msdos2)/boot/grub"),
    ],
    ids=lambda found: found.table.kind,
)
def test_a_core_that_finds_its_files_is_whole(found):
    chain = boot_chain.of_bios(found)

    assert (chain.loader, chain.fault, chain.doubt) == ("GRUB 2", None, None)


@pytest.mark.parametrize(
    "found, words",
    [
        (bios_disk("(hd1,msdos1)/boot/grub"), "looks for its files in (hd1,msdos1)/boot/grub, which is not on this disk"),
        (bios_disk("(,msdos5)/boot/grub"), "(,msdos5)/boot/grub, which is not on this disk"),
        (bios_disk("(,gpt1)/boot/grub"), "(,gpt1)/boot/grub, which is not on this disk"),  # the table is an MBR
        (bios_disk("(,msdos1)/boot/grub2"), "in /boot/grub2 on partition 1, and there is no such directory"),
        (
            bios_disk("(,msdos1)/boot/grub", volumes=[("0x83", "ext", FileSystem({"/boot/grub/device.map": b""}))]),
            "neither its modules nor its grub.cfg are there",
        ),
        (bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/normal.mod": b""}, *EFI)), "its module normal.mod is no module"),
        (bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/linux.mod": None}, *EFI)), "its module linux.mod is not there"),
        (bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/relocator.mod": None}, *EFI)), "its module relocator.mod is not there"),
        (bios_disk("(,msdos1)/boot/grub", volumes=with_grub(NO_COMMANDS, *EFI)), "its list command.lst, which names the module of each command, has no linux"),
        (
            bios_disk("(,msdos1)/boot/grub", volumes=with_grub({"/boot/grub/i386-pc/command.lst": b""}, *EFI)),
            "its list command.lst, which names the module of each command, has no linux",
        ),
        (
            bios_disk("(,msdos1)/boot/grub", volumes=with_grub(modules(linux=module("grub_newloc")), *EFI)),
            "its module linux.mod is of another GRUB: it needs grub_newloc, which this core has not",
        ),
        (
            bios_disk("(,msdos1)/boot/grub", volumes=with_grub(modules(relocator=module("grub_is_lockdown")), *EFI)),
            "its module relocator.mod is of another GRUB: it needs grub_is_lockdown",
        ),
        (bios_disk("(,msdos1)/boot/grub", volumes=[("0x83", "empty", None)]), "on partition 1, which holds no file system"),
        (
            bios_disk("/boot/grub", f"search.fs_uuid {OTHER_UUID} root hd1,msdos1\nset prefix=($root)'/boot/grub'\n"),
            f"its GRUB core looks for a file system with the UUID {OTHER_UUID}, and none of this disk has it",
        ),
        (lvm_disk("(lvm/other-root)/boot/grub"), "(lvm/other-root)/boot/grub, which is not on this disk"),
        (lvm_disk("(lvmid/VVVV/LLLL)/boot/grub"), "(lvmid/VVVV/LLLL)/boot/grub, which is not on this disk"),
        (bios_disk("(lvmid/a/b)/boot/grub"), "(lvmid/a/b)/boot/grub, which is not on this disk"),
        (disk([("0x83", "ext", FileSystem(GRUB))], boot_sector(1), "mbr"), "loads its GRUB from sector 1, and at sector 1 there is no GRUB core"),
        (disk([("0x83", "ext", FileSystem(GRUB))], boot_sector(4096), "mbr"), "at sector 4096 there is no GRUB core"),
        (disk([("0x83", "ext", None)], boot_sector(1) + bios_core("(,msdos1)/boot/grub")[0], "mbr"), "where the core at sector 1 goes on, there are zeros"),
        (damaged_core(), "the core at sector 1 is damaged"),
        (changed(bios_disk("(,msdos1)/boot/grub"), 0, b"\0\0\0"), "GRUB's boot code does not begin with the jump to its program"),
        (changed(bios_disk("(,msdos1)/boot/grub"), 0x64, b"\x81"), "GRUB's boot code reads from drive 0x81 alone"),
        (disk([("0x83", "ext", None)], boot_sector(0, b"Missing operating system\r\n"), "mbr"), "starts the active partition, and none is active"),
        (disk([("0x83", "ext", None)], boot_sector(0, b"Missing operating system\r\n"), "mbr", active=(1,)), "its first sector has no boot code"),
    ],
)
def test_boot_code_that_leads_nowhere_is_broken(found, words):
    assert words in boot_chain.of_bios(found).fault


@pytest.mark.parametrize(
    "found",
    [
        bios_disk("(mduuid/0123)/boot/grub"),
        bios_disk("(cryptouuid/0123)/boot/grub"),
        bios_disk("(,msdos1)/boot/grub", volumes=[("0x83", "luks", None)]),
        bios_disk(
            "/boot/grub",
            f"search.fs_uuid {OTHER_UUID} root\nset prefix=($root)'/boot/grub'\n",
            volumes=[("0x83", "ext", FileSystem(GRUB)), ("0x83", "luks", None)],
        ),
        disk([("0x83", "ext", None)], boot_sector(0, b"of nobody"), "mbr"),
    ],
)
def test_what_cannot_be_said_is_a_doubt_and_no_fault(found):
    chain = boot_chain.of_bios(found)

    assert chain.fault is None and chain.doubt


def test_other_loaders_are_left_to_themselves():
    content = boot_sector(0, b"Missing operating system\r\n").ljust(MIB, b"\0") + b"\xeb\x58\x90EXTLINUX".ljust(510, b"\1") + b"\x55\xaa"
    legacy = bytearray(boot_sector(0))
    legacy[0x3E:0x40] = b"\x03\x02"

    assert boot_chain.of_bios(disk([("0x83", "ext", None)], content, "mbr", active=(1,))).loader == "the active partition"
    assert boot_chain.of_bios(disk([("0x83", "ext", None)], bytes(legacy), "mbr")).loader == "GRUB Legacy"
    assert boot_chain.of_bios(disk([("0x83", "ext", None)], bytes(512), "mbr")) is None


@pytest.mark.parametrize("blocks", [[(2, 0xFFFF)] * 3, [(2**63, 8)], [(1, 1)] * 9])
def test_a_list_of_blocks_that_lies_ends(blocks):
    first, body = bios_core("(,msdos1)/boot/grub", blocks=blocks)
    content = boot_sector(1) + first + body

    def read_at(offset, length):
        return content[offset : offset + length] if offset < 2**40 else b""

    try:
        assert grub_core.read_core(read_at, 1) is None
    except grub_core.CoreError as error:
        assert "sector 1" in str(error)


@pytest.mark.parametrize("octets", [b"mimg", b"mimg" + b"\xff" * 40, b"mimg" * 5000, b"mimg" + b"\x0c\0\0\0\xff\xff\xff\xff" + bytes(40)])
def test_damaged_objects_are_none(octets):
    assert grub_core.built_in(octets) is None


def efi_disk(files, root=None, uuid=UUID, verdict=(2, "x64"), monkeypatch=None):
    """Return a disk with an ESP of these files and a root."""
    monkeypatch.setattr(bootability, "judge", lambda table, read_at: bootability.Bootability([verdict[0]], True, {}, verdict[1], True))
    return disk([(ESP, "fat", FileSystem(files, "fat", "ABCD-1234")), (LINUX, "ext", FileSystem(root or GRUB, uuid=uuid))])


SIGNED = {
    "/EFI/BOOT/BOOTX64.EFI": SHIM,
    "/EFI/BOOT/fbx64.efi": SHIM,
    "/EFI/debian/shimx64.efi": SHIM,
    "/EFI/debian/grubx64.efi": grub_program(),
    "/EFI/debian/BOOTX64.CSV": "shimx64.efi,debian,,This is the boot entry for debian\n".encode("utf-16"),
    "/EFI/debian/grub.cfg": stub(),
}
#: A kernel with its initramfs, larger than what is read of a program.
UNIFIED = efi_program(sections=((b".text", 512, b"x"), (b".linux", 512, b"MZ"), (b".initrd", 17 * 1024 * 1024, b"")))
FEDORA = b"search --no-floppy --root-dev-only --fs-uuid --set=dev %s\nset prefix=($dev)/boot/grub\nexport $prefix\nconfigfile $prefix/grub.cfg\n"
UBUNTU = {"/EFI/BOOT/BOOTX64.EFI": SHIM, "/EFI/BOOT/grubx64.efi": grub_program("/EFI/ubuntu"), "/EFI/ubuntu/grub.cfg": stub()}


@pytest.mark.parametrize(
    "files, loader",
    [
        (SIGNED, "GRUB 2"),
        (UBUNTU, "GRUB 2"),
        ({**SIGNED, "/EFI/debian/grub.cfg": FEDORA % UUID.upper().encode()}, "GRUB 2"),
        ({**SIGNED, "/EFI/debian/grub.cfg": b"if [ -f /x ]; then source /x; fi\n"}, "GRUB 2"),
        ({**SIGNED, "/EFI/debian/grub.cfg": b"menuentry 'Red Hat 7' { linuxefi /vmlinuz }\n"}, "GRUB 2"),
        ({**UBUNTU, "/EFI/ubuntu/grub.cfg": None, "/EFI/BOOT/grub.cfg": stub()}, "GRUB 2"),  # beside the loader
        ({"/EFI/BOOT/BOOTX64.EFI": grub_program("(,gpt2)/boot/grub")}, "GRUB 2"),
        ({"/efi/boot/bootx64.efi": grub_program("(,gpt2)/boot/grub")}, "GRUB 2"),
        ({"/EFI/BOOT/BOOTX64.EFI": efi_program(sections=((b".text", 512, b"x"), (b".sdmagic", 512, b"#### LoaderInfo: systemd-boot")))}, "systemd-boot"),
        ({"/EFI/BOOT/BOOTX64.EFI": efi_program(sections=((b".text", 512, b"x"), (b".linux", 512, b"MZ")))}, "a unified kernel image"),
        ({"/EFI/BOOT/BOOTX64.EFI": UNIFIED}, "a unified kernel image"),
        ({**SIGNED, "/EFI/debian/grubx64.efi": UNIFIED}, "a unified kernel image"),
        ({"/EFI/BOOT/BOOTX64.EFI": efi_program()}, "another loader than GRUB"),
        ({"/EFI/BOOT/BOOTX64.EFI": grub_program("(memdisk)/boot/grub")}, "a GRUB whose files are built in"),
        # Azure Linux: on the ESP, without a device
        (
            {
                "/EFI/BOOT/BOOTX64.EFI": SHIM,
                "/EFI/BOOT/grubx64.efi": grub_program("/boot/grub2"),
                "/boot/grub2/grub.cfg": f"search -n -u {UUID} -s\nset bootprefix=/boot\nconfigfile ($root)/boot/grub/grub.cfg\n".encode(),
            },
            "GRUB 2",
        ),
        ({**SIGNED, "/EFI/debian/grub.cfg": f"search -s -u {UUID}\nconfigfile ($root)/boot/grub/grub.cfg\n".encode()}, "GRUB 2"),
    ],
)
def test_a_loader_that_finds_its_configuration_is_whole(monkeypatch, files, loader):
    found = efi_disk({path: octets for path, octets in files.items() if octets is not None}, monkeypatch=monkeypatch)
    chain = boot_chain.of_efi(found)

    assert (chain.loader, chain.fault, chain.doubt) == (loader, None, None)


@pytest.mark.parametrize(
    "changes, place, words",
    [
        ({"/EFI/debian/grub.cfg": b""}, "/EFI/debian/grub.cfg", "it is empty, or has no entry and leads to no other file"),
        ({"/EFI/debian/grub.cfg": bytes(117)}, "/EFI/debian/grub.cfg", "it is empty"),
        ({"/EFI/debian/grub.cfg": b"".join(stub().splitlines(True)[:2])}, "/EFI/debian/grub.cfg", "leads to no other file"),
        ({"/EFI/debian/grub.cfg": stub(OTHER_UUID)}, "/EFI/debian/grub.cfg:1", f"looks for a file system with the UUID {OTHER_UUID}"),
        ({"/EFI/debian/grub.cfg": FEDORA % OTHER_UUID.encode()}, "/EFI/debian/grub.cfg:1", f"looks for a file system with the UUID {OTHER_UUID}"),
        (
            {"/EFI/debian/grub.cfg": b"search --label --set=root other\nconfigfile ($root)/boot/grub/grub.cfg\n"},
            "/EFI/debian/grub.cfg:1",
            "with the label other",
        ),
        (
            {"/EFI/debian/grub.cfg": stub().replace(b"/boot/grub", b"/grub")},
            "/EFI/debian/grub.cfg",
            "leads to /grub/grub.cfg on partition 2, and there is no such",
        ),
        (
            {"/EFI/debian/grub.cfg": None},
            "/EFI/debian/grubx64.efi",
            "GRUB looks for its grub.cfg in /EFI/debian of the EFI system partition, and there is none",
        ),
        ({"/EFI/debian/grub.cfg": b"configfile ($cmdpath)/EFI/debian/grub.cfg\n"}, "/EFI/debian/grub.cfg", "it leads to itself"),
        ({"/EFI/debian/grubx64.efi": None}, "/EFI/debian/shimx64.efi", "it is shim, which starts grubx64.efi beside it, and that is not there"),
        ({"/EFI/debian/grubx64.efi": b""}, "/EFI/debian/shimx64.efi", "and that is empty"),
        ({"/EFI/debian/grubx64.efi": efi_program(ARM64)}, "/EFI/debian/shimx64.efi", "and that is for the processor Arm64"),
        ({"/EFI/debian/shimx64.efi": None}, "/EFI/debian/BOOTX64.CSV", "it names shimx64.efi, which is not there"),
        ({"/EFI/debian/BOOTX64.CSV": None}, "/EFI/BOOT/fbx64.efi", "it starts what a vendor's BOOTX64.CSV names, and there is none"),
        ({"/EFI/BOOT/fbx64.efi": None}, "/EFI/BOOT/BOOTX64.EFI", "it is shim, which starts grubx64.efi beside it, and that is not there"),
        ({"/EFI/BOOT/BOOTX64.EFI": grub_program("(,gpt7)/boot/grub")}, "/EFI/BOOT/BOOTX64.EFI", "(,gpt7)/boot/grub, which is not on this disk"),
    ],
)
def test_a_loader_that_leads_nowhere_is_broken_where_it_shows(monkeypatch, changes, place, words):
    files = {path: octets for path, octets in {**SIGNED, **changes}.items() if octets is not None}
    chain = boot_chain.of_efi(efi_disk(files, monkeypatch=monkeypatch))

    assert chain.place == place and words in chain.fault


@pytest.mark.parametrize(
    "text",
    [
        stub(OTHER_UUID),  # it may be on the encrypted partition
        b"if [ -f /x ]; then\nsearch --file --set=root /x\nfi\nconfigfile $prefix/x86_64.cfg\n",
        b"configfile (hd1,gpt1)/grub.cfg\n",
    ],
)
def test_what_a_configuration_leaves_open_is_no_fault(monkeypatch, text):
    found = efi_disk({**SIGNED, "/EFI/debian/grub.cfg": text, "/EFI/debian/x86_64.cfg": b"menuentry x {\n"}, monkeypatch=monkeypatch)
    found.volumes.append(found.volumes[1]._replace(volume=found.volumes[1].volume._replace(holds="luks"), file_system=None))

    assert boot_chain.of_efi(found).fault is None


@pytest.mark.parametrize("octets", [b"", b"MZ", b"a text", efi_program(ARM64), UNIFIED[: 1024 * 1024]])
def test_a_second_esp_is_looked_into_where_the_first_has_no_loader_that_starts(monkeypatch, octets):
    monkeypatch.setattr(bootability, "judge", lambda table, read_at: bootability.Bootability([2], True, {}, "x64", True))
    broken = {"/EFI/BOOT/BOOTX64.EFI": octets}
    found = disk([(ESP, "fat", FileSystem(broken, "fat", "ABCD-1234")), (ESP, "fat", FileSystem(SIGNED, "fat", "EF01-1234")), (LINUX, "ext", FileSystem(GRUB))])
    assert boot_chain.of_efi(found).loader == "GRUB 2"


def test_a_disk_that_does_not_boot_so_has_no_chain(monkeypatch):
    assert boot_chain.of_efi(efi_disk(SIGNED, verdict=(1, "x64"), monkeypatch=monkeypatch)) is None
