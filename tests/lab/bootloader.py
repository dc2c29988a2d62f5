# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a boot loader on a disk that no kernel knows as a disk.

grub-install and grub-probe cannot see a partition of a file. So grub-mkconfig runs in the guest's tree
with a grub-probe that answers for the guest's disk, and the boot code goes to where grub-install would
have put it.

Source: GRUB 2.06, grub-core/boot/i386/pc/boot.S and diskboot.S (the offsets), util/setup.c (what is set there)
"""

import contextlib
import struct
from pathlib import Path

from lab import filesystems, tree
from lab.commands import run
from lab.errors import LabError
from lab.layout import SECTOR, Layout
from lab.recipe import Recipe

BOOT_CODE_SIZE = 440  # bytes: the partition table begins behind the disk's signature
BOOT_KERNEL_SECTOR = 0x5C  # of boot.img: 8 bytes, where core.img begins
BOOT_DRIVE_CHECK = 0x66  # of boot.img: a jump that only floppies need
CORE_BLOCK_LIST = 0x1F4  # of core.img: 8 bytes, where its second sector lies
GAP_END = 2040  # sectors of core.img that fit in front of the first partition, or in its own

GRUB_FILE_SYSTEM = {"ext3": "ext2", "ext4": "ext2", "xfs": "xfs", "btrfs": "btrfs"}
EFI_MODULES = (
    "part_gpt",
    "part_msdos",
    "fat",
    "ext2",
    "xfs",
    "btrfs",
    "normal",
    "search",
    "search_fs_uuid",
    "configfile",
    "linux",
    "echo",
    "serial",
    "terminal",
    "all_video",
    "gzio",
    "loadenv",
    "test",
    "true",
    "regexp",
    "minicmd",
    "ls",
    "cat",
)

#: Names of EFI programs. Source: UEFI 2.10, 3.5.1.1 (removable media), GRUB's packages
EFI_NAMES = {"amd64": ("BOOTX64.EFI", "grubx64.efi", "x86_64-efi"), "arm64": ("BOOTAA64.EFI", "grubaa64.efi", "arm64-efi")}

PROBE = """#!/bin/sh
target= of=
while [ $# -gt 0 ]; do
  case $1 in
    --target=*) target=${{1#--target=}} ;;
    -t|--target) target=$2; shift ;;
    -*) ;;
    *) of=$1 ;;
  esac
  shift
done
case $of in
  /boot|/boot/*|{device}) device={device} uuid={uuid} ;;
  *) device={root_device} uuid={root_uuid} ;;
esac
case $target in
  device) echo $device ;;
  fs_uuid) echo $uuid ;;
  fs) echo {file_system} ;;
  partmap) echo {table} ;;
  drive) echo "(hd0,{table}{number})" ;;
  abstraction) case $device in /dev/mapper/*) echo lvm ;; esac ;;
esac
"""


RELATIVE = """#!/bin/sh
for path; do :; done
echo "/{subvolume}${{path%/}}"
"""

RELATIVE_TO_BOOT = """#!/bin/sh
for path; do :; done
echo "${path#/boot}"
"""


def write_files(root: Path, recipe: Recipe, disk: Layout, uuid: str, boot_uuid: str = "") -> None:
    """Write the boot loader's files into the guest's tree, its menu made by the guest's own tools. Identifiers are as in `answering`."""
    if recipe.loader == "grub2":
        _grub2_menu(root, recipe, disk, uuid, boot_uuid)
        if recipe.firmware == "bios":
            write_bios_files(root, recipe, disk)
    elif recipe.loader == "grub-legacy":
        _legacy_files(root, uuid)


def write_code(image: Path, root: Path, recipe: Recipe, disk: Layout, uuid: str, esp_id: str) -> None:
    """Write the boot loader's code to the disk, behind file systems and partition table."""
    if recipe.firmware == "uefi":
        _write_esp(image, root, recipe, disk, uuid, esp_id)
    elif recipe.loader == "grub2":
        _write_grub2_bios(image, root, disk)
    elif recipe.loader == "grub-legacy":
        _write_legacy(image, root)


def boot_image(content: bytes, core_sector: int) -> bytes:
    """Return the boot code for the disk's first sector, with core.img at a sector of the disk."""
    code = bytearray(content[:BOOT_CODE_SIZE])
    struct.pack_into("<Q", code, BOOT_KERNEL_SECTOR, core_sector)
    code[BOOT_DRIVE_CHECK : BOOT_DRIVE_CHECK + 2] = b"\x90\x90"  # no jump: trust the drive that the BIOS names
    return bytes(code)


def core_image(content: bytes, core_sector: int) -> bytes:
    """Return core.img with the place of its own second sector. Raises LabError: when it is too big."""
    if len(content) > GAP_END * SECTOR:
        raise LabError(f"cannot embed core.img: {len(content)} bytes do not fit in front of the first partition")
    image = bytearray(content)
    struct.pack_into("<Q", image, CORE_BLOCK_LIST, core_sector + 1)
    return bytes(image)


def _place(disk: Layout):
    """Return the partition that GRUB reads /boot from."""
    return disk.part("boot") or disk.part("root")


def _grub_table(disk: Layout) -> str:
    return "msdos" if disk.table == "mbr" else "gpt"


@contextlib.contextmanager
def answering(root: Path, recipe: Recipe, disk: Layout, uuid: str, subvolume: str = "", boot_uuid: str = ""):
    """Have a grub-probe in the tree that answers for the guest's disk, and a grub-mkrelpath for the subvolume of its root.

    uuid: of the root; boot_uuid: of the file system of /boot, where that is one of its own
    """
    place = _place(disk)
    probe = PROBE.format(
        number=place.number,
        device=disk.device(place.role),
        uuid=boot_uuid or uuid,
        root_device=disk.device("root"),
        root_uuid=uuid,
        table=_grub_table(disk),
        file_system=GRUB_FILE_SYSTEM[recipe.file_system],
    )
    # Without it 10_linux writes root=/dev/sda1; with the other, the name of a logical volume.
    devices = [root / "dev/disk/by-uuid" / uuid, *([root / disk.device("root").lstrip("/")] if disk.logical else ())]
    for device in devices:
        device.parent.mkdir(parents=True)
        device.touch()
    with contextlib.ExitStack() as replaced:
        replaced.enter_context(_replaced(root / "usr/sbin/grub-probe", probe))
        if subvolume:
            replaced.enter_context(_replaced(root / "usr/bin/grub-mkrelpath", RELATIVE.format(subvolume=subvolume)))
        elif boot_uuid:
            replaced.enter_context(_replaced(root / "usr/bin/grub-mkrelpath", RELATIVE_TO_BOOT))
        yield
    run(["rm", "-r", *(root / "dev" / device.relative_to(root / "dev").parts[0] for device in devices)])


def _grub2_menu(root: Path, recipe: Recipe, disk: Layout, uuid: str, boot_uuid: str) -> None:
    (root / "boot/grub").mkdir(exist_ok=True)
    with answering(root, recipe, disk, uuid, boot_uuid=boot_uuid):
        tree.chroot(root, "grub-mkconfig", "-o", "/boot/grub/grub.cfg")
    tree.chroot(root, "grub-editenv", "/boot/grub/grubenv", "create")
    menu = (root / "boot/grub/grub.cfg").read_text(encoding="utf-8")
    named = disk.device("root") if disk.logical else f"UUID={uuid}"
    if f"root={named} " not in menu:
        raise LabError(f"cannot make the boot menu: grub-mkconfig wrote no entry with root={named}; is a kernel in /boot?")


@contextlib.contextmanager
def _replaced(program: Path, script: str):
    """Have a script in a program's place for a while."""
    real = program.with_name(program.name + ".real")
    program.rename(real)
    try:
        program.write_text(script, encoding="ascii")
        program.chmod(0o755)
        yield
    finally:
        real.rename(program)


def write_bios_files(root: Path, recipe: Recipe, disk: Layout, directory: str = "boot/grub", subvolume: str = "") -> None:
    """Write GRUB's modules and its core image for the BIOS into the directory where it looks for its menu."""
    source, target = root / "usr/lib/grub/i386-pc", root / directory / "i386-pc"
    target.mkdir(exist_ok=True)
    files = [*source.glob("*.mod"), *source.glob("*.lst"), source / "boot.img"]
    run(["cp", *files, target])
    table = _grub_table(disk)
    tree.chroot(
        root,
        "grub-mkimage",
        "-O",
        "i386-pc",
        "-o",
        f"/{directory}/i386-pc/core.img",
        "-p",
        f"(,{table}{_place(disk).number})/{subvolume and subvolume + '/'}{directory.removeprefix('boot/') if disk.part('boot') else directory}",
        "biosdisk",
        f"part_{table}",
        GRUB_FILE_SYSTEM[recipe.file_system],
    )


def _write_grub2_bios(image: Path, root: Path, disk: Layout) -> None:
    boot_partition = disk.part("biosboot")
    core_sector = boot_partition.start // SECTOR if boot_partition else 1
    files = next(path for path in (root / "boot/grub2/i386-pc", root / "boot/grub/i386-pc") if path.is_dir())
    with image.open("r+b") as handle:
        handle.write(boot_image((files / "boot.img").read_bytes(), core_sector))
        handle.seek(core_sector * SECTOR)
        handle.write(core_image((files / "core.img").read_bytes(), core_sector))


def _write_esp(image: Path, root: Path, recipe: Recipe, disk: Layout, uuid: str, esp_id: str) -> None:
    folder = image.parent
    files = {}
    if recipe.loader == "grub2":
        fallback, name, platform = EFI_NAMES[recipe.architecture]
        loader = root / "usr/lib/grub" / platform / "monolithic" / name
        if not loader.is_file():
            tree.chroot(root, "grub-mkimage", "-O", platform, "-o", f"/tmp/{name}", "-p", "/EFI/debian", *EFI_MODULES)
            loader = (root / "tmp" / name).rename(folder / name)
        menu = folder / "esp-grub.cfg"
        menu.write_text(f"search.fs_uuid {uuid} root\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n", encoding="ascii")
        files = {f"/EFI/BOOT/{fallback}": loader, f"/EFI/debian/{name}": loader, "/EFI/debian/grub.cfg": menu}
    filesystems.write_esp(image, disk.part("esp"), esp_id, files)


def _legacy_files(root: Path, uuid: str) -> None:
    """Write GRUB Legacy's stages and a menu as its update-grub leaves it."""
    version = tree.kernel_version(root)
    arguments = f"root=UUID={uuid} ro {kernel_arguments(root)}".rstrip()
    stages = next((root / "usr/lib/grub").glob("*-pc"))
    (root / "boot/grub").mkdir(exist_ok=True)
    run(["cp", stages / "stage1", stages / "stage2", stages / "e2fs_stage1_5", root / "boot/grub"])
    tree.write(root, "boot/grub/device.map", "(hd0) /dev/sda\n")
    serial = "serial --unit=0 --speed=115200\nterminal --timeout=0 serial\n" if "console=ttyS0" in arguments else ""
    tree.write(
        root,
        "boot/grub/menu.lst",
        f"""default 0
timeout 0
{serial}### BEGIN AUTOMAGIC KERNELS LIST
## lines between the AUTOMAGIC KERNELS LIST markers will be modified
## by the debian update-grub script except for the default options below

## ## Start Default Options ##
# kopt={arguments}
# groot=(hd0,0)
# alternative=true
## ## End Default Options ##

title\t\tDebian GNU/Linux, kernel {version}
root\t\t(hd0,0)
kernel\t\t/boot/vmlinuz-{version} {arguments}
initrd\t\t/boot/initrd.img-{version}

### END DEBIAN AUTOMAGIC KERNELS LIST
""",
    )


def kernel_arguments(root: Path) -> str:
    """Return the kernel parameters of the tree's /etc/default/grub, as GRUB 2 would join them."""
    script = '. "$1" && printf "%s %s" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"'
    return run(["sh", "-c", script, "sh", root / "etc/default/grub"]).strip()


def _write_legacy(image: Path, root: Path) -> None:
    """Run the grub shell of the guest's own package on the image file."""
    inside = root / "tmp/disk.raw"
    image.rename(inside)
    try:
        said = tree.chroot(
            root, "grub", "--batch", "--no-floppy", "--device-map=/dev/null", timeout=60, stdin="device (hd0) /tmp/disk.raw\nroot (hd0,0)\nsetup (hd0)\nquit\n"
        )
    finally:
        inside.rename(image)
    if "Done." not in said and "succeeded" not in said:
        raise LabError(f"cannot install GRUB Legacy on {image}: its shell said: {said[-500:]}")
