# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file and the disk in it: format, size, partitions, generation.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import GIB, MIB, TIB, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR, MARKETPLACE_ONLY, NOTE, WARNING, Evidence, Rule, failed, failed_if, not_applicable, passed, unknown)

_LARGEST = {"1": 2 * TIB, "2": 4 * TIB}  # bytes, R07
_LARGEST_CERTIFIED = 1023 * GIB  # bytes, R07
_SMALLEST = 20 * MIB  # bytes, R02
_FIRST_FREE = 2048 * 512  # bytes, R09
_SWAP_TYPES = ("0x82", "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F")
#: How it shows that a file system was not unmounted.
_NOT_UNMOUNTED = {"ext": "that is still marked as in use", "xfs": "whose log does not end with an unmount",
                  "btrfs": "whose log tree has not been replayed"}
_LINUX_ROOT_GUIDS = ("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "B921B045-1DF0-41C3-AF44-4C6F280D3FAE")


def readable(context):
    """R00"""
    if context.tree is None:
        return failed([Evidence(context.image["path"] if context.image else "/", None, context.problem)], "No Linux root could be read.")
    problems = context.disk.mount_problems if context.disk else []
    return failed_if([Evidence("/etc/fstab", None, problem) for problem in problems], "A file system of this system cannot be read.")


def fixed_vhd(context):
    """R01"""
    image = context.image
    if image is None:
        return not_applicable("the running guest's disk becomes a VHD later, by disk_convert")
    if image["format"] is None:
        return failed([Evidence(image["path"], None, problem) for problem in image["problems"]])
    if image["disk_type"] != "fixed":
        calls_itself_vhd = image["format"] in ("vpc", "vhdx") or image["path"].lower().endswith(".vhd")
        what = {"vpc": f"a {image['disk_type']} VHD", "raw": "a raw image without a VHD footer"}.get(
            image["format"], f"an image of the format {image['format']}")
        return failed([Evidence(image["path"], None, f"it is {what}")], "", ERROR if calls_itself_vhd else WARNING)
    return failed_if(Evidence(image["path"], None, problem) for problem in _footer_problems(image))


def _footer_problems(image):
    """Return what is wrong ([str]) with the footer of a fixed VHD, apart from its size, which R02 looks at."""
    if image["accepted"]:
        return []
    problems = [] if image["checksum_ok"] else ["the checksum of its footer is wrong"]
    told = [problem for problem in image["problems"] if "footer" in problem or "saved state" in problem]
    return problems + [problem for problem in told if problem not in problems and "unsupported virtual size" not in problem]


def whole_mebibytes(context):
    """R02"""
    image = context.image
    if image is None or image["virtual_size"] is None:
        return not_applicable("there is no image whose size is known")
    size, evidence = image["virtual_size"], []
    if size % MIB:
        evidence.append(Evidence(image["path"], None, f"virtual size {show_size(size)}: {size % MIB} bytes over a whole MiB"))
    if image["disk_type"] != "fixed":
        return failed_if(evidence, "The conversion to a fixed VHD rounds it up.", WARNING)
    if image["file_size"] != size + 512:
        evidence.append(Evidence(image["path"], None, f"file size {image['file_size']} is not virtual size {size} + 512"))
    return failed_if(evidence)


def file_name(context):
    """R02b"""
    if context.image is None:
        return not_applicable("there is no image file")
    name = context.image["path"].rpartition("/")[2]
    return failed_if([Evidence(context.image["path"], None, name)] if "%" in name or '"' in name else [])


def same_size_everywhere(context):
    """R04"""
    if context.image is None or context.image["disk_type"] != "fixed":
        return not_applicable("it is no fixed VHD yet")
    return failed_if(Evidence(context.image["path"], None, problem) for problem in context.image["problems"] if "geometry" in problem)


def size_limit(context):
    """R07"""
    disk = context.disk
    generations = [context.generation] if context.generation != "auto" else [str(number) for number in disk.bootability.generations] or ["1"]
    limit = max(_LARGEST[generation] for generation in generations)
    size = Evidence(disk.path, None, f"virtual size {show_size(disk.virtual_size)}")
    if disk.virtual_size > limit:
        return failed([size], f"An OS disk of generation {' or '.join(generations)} may have {show_size(limit)}.", ERROR)
    if disk.virtual_size > _LARGEST_CERTIFIED:
        return failed([size], f"The certification takes at most {show_size(_LARGEST_CERTIFIED)}.")
    if disk.virtual_size < _SMALLEST and disk.format != "live":
        return failed([size], f"A managed disk has at least {show_size(_SMALLEST)}.", ERROR)
    return passed(f"{show_size(disk.virtual_size)}")


def first_mebibyte(context):
    """R09"""
    return failed_if([Evidence(context.disk.path, None, f"partition {partition.number} starts at sector {partition.start // 512}")
                      for partition in context.disk.table.partitions if partition.start < _FIRST_FREE])


def no_lvm(context):
    """R10"""
    return failed_if([Evidence(context.disk.path, None, f"{volume.name} holds {NAMES['lvm']}")
                      for volume in context.disk.volumes if volume.holds == "lvm"])


def single_root(context):
    """R11"""
    roots = [partition for partition in context.disk.table.partitions if partition.type in _LINUX_ROOT_GUIDS]
    data = [volume for volume in context.disk.volumes
            if volume.holds in ("ext", "xfs", "btrfs") and volume.partition is not None and volume.partition.size >= 2 * GIB]
    found = [Evidence(context.disk.path, None, f"partition {partition.number} is of the type root partition") for partition in roots]
    if len(found) < 2:
        found = [Evidence(context.disk.path, None, f"{volume.name} holds {NAMES[volume.holds]} of {show_size(volume.partition.size)}")
                 for volume in data]
    return failed_if(found if len(found) > 1 else [])


def no_swap_partition(context):
    """R12a"""
    by_type = {partition.number for partition in context.disk.table.partitions if partition.type in _SWAP_TYPES}
    evidence = [Evidence(context.disk.path, None, f"partition {number} is of the type swap") for number in sorted(by_type)]
    evidence += [Evidence(context.disk.path, None, f"{volume.name} holds swap space") for volume in context.disk.volumes
                 if volume.holds == "swap" and (volume.partition is None or volume.partition.number not in by_type)]
    return failed_if(evidence)


def generation(context):
    """R14a"""
    able, reasons = context.disk.bootability.generations, context.disk.bootability.reasons
    wanted = [int(context.generation)] if context.generation != "auto" else []
    lacking = [reason for reason in reasons if not wanted or reason.startswith(f"generation {wanted[0]}")]
    if wanted and wanted[0] not in able or not able:
        return failed([Evidence(context.disk.path, None, reason) for reason in lacking or reasons],
                      f"The disk cannot boot on generation {wanted[0]}." if wanted else "The disk can boot on neither generation.")
    return passed(f"boots on generation {' and '.join(str(number) for number in able)}")


def fallback_loader(context):
    """R15"""
    loader = context.disk.bootability.fallback_loader
    if loader is None:
        return not_applicable("the disk has no EFI system partition")
    if loader:
        return passed()
    needed = context.generation == "2" or context.disk.bootability.generations == []
    return failed([Evidence("/boot/efi/EFI/BOOT/BOOTX64.EFI", None, "not there")], "", ERROR if needed else WARNING)


def clean_file_systems(context):
    """R52"""
    if context.disk.format == "live":
        return not_applicable("the guest is running")
    if context.disk.undecided and not context.disk.unclean:
        return unknown("the log of an XFS file system could not be made out",
                       [Evidence(context.disk.path, None, f"{name} holds {NAMES[kind]}") for name, kind in context.disk.undecided])
    return failed_if(Evidence(context.disk.path, None, f"{name} holds {NAMES[kind]} {_NOT_UNMOUNTED[kind]}") for name, kind in context.disk.unclean)


def sector_size(context):
    """R14b"""
    table = context.disk.table
    evidence = []
    if table.sector == 4096:
        evidence.append(Evidence(context.disk.path, None, "the GPT is made for sectors of 4096 bytes"))
    elif table.damage:
        evidence.append(Evidence(context.disk.path, None, table.damage))
    evidence += [Evidence(context.disk.path, None, f"partition {partition.number} ends at byte {partition.start + partition.size} of a disk of "
                                                   f"{context.disk.virtual_size} bytes")
                 for partition in table.partitions if partition.start + partition.size > context.disk.virtual_size]
    return failed_if(evidence)


RULES = [
    Rule("R00", "A Linux system is on the disk and can be read", ERROR,
         "Azure boots and provisions a Linux system; what cannot be read here cannot be vouched for.",
         "Give the whole image of a disk whose root is not encrypted; check an encrypted guest while it runs, with `root: /`.",
         "design of readiness_info", readable, needs="any"),
    Rule("R01", "The image is a fixed VHD with a sound footer", ERROR,
         "Azure takes a fixed VHD and nothing else: an upload of a dynamic VHD, a VHDX or a raw image is refused, or makes a disk that does not boot.",
         "Convert it with the role disk_convert (module vhd_align).",
         "Microsoft: create-upload-generic; VHD specification 1.0", fixed_vhd, "disk_convert; vhd_align", "any"),
    Rule("R02", "The virtual size is a whole number of MiB, the file 512 bytes more", ERROR,
         "Azure refuses it: \"has an unsupported virtual size ... The size must be a whole number (in MBs)\".",
         "Align it with vhd_align; do not resize a finished VHD.",
         "Microsoft: create-upload-generic; certification", whole_mebibytes, "disk_convert; vhd_align", "any",
         choice="The older guides round up with ((size/MB)+1)*MB, which adds a MiB to an aligned disk at every run; we round up to the next "
                "multiple (R03), as create-upload-generic does today. It is the disk in the file that must be aligned, not the file."),
    Rule("R02b", "The name of the file has no % and no quotation mark", ERROR,
         "The certification does not take such a name.", "Rename the file before the upload.", "Microsoft: marketplace certification", file_name,
         needs="any", profiles=MARKETPLACE_ONLY),
    Rule("R04", "Every reader sees the same size of the VHD", WARNING,
         "qemu-img computes the size from the geometry of footers that it or others wrote without force_size: it cuts off the end of the disk, and with "
         "it the backup of the partition table, when the VHD is converted again.", "Run vhd_align in_place: true, which writes a footer that all read alike.",
         "QEMU block/vpc.c; LP #1490611", same_size_everywhere, "disk_convert; vhd_align", "any",
         choice="The guide of 2017 gives subformat=fixed first and force_size as an alternative; without it qemu-img rounds the size up to whole cylinders, "
                "which is no whole MiB: the very number of the guides' sample error. vhd_align writes what force_size writes."),
    Rule("R07", "The disk is within the size limits of an OS disk", WARNING,
         "Generation 1 boots from an MBR-sized disk of at most 2 TiB, generation 2 from at most 4 TiB; the certification asks for 1023 GiB or less.",
         "Make the disk smaller; move data to data disks.",
         "Microsoft: generation-2, create-upload-generic, certification", size_limit, "vhd_align max_size", "disk", ERROR,
         choice="1023 GB (2017), 2 TiB (generation 1) and 4 TiB (generation 2) are all in print: more than the generation's limit is an error, "
                "more than 1023 GiB a warning, and an error in the marketplace profile."),
    Rule("R09", "The first MiB of the disk is free of partitions", NOTE,
         "The certification wants the first 2048 sectors kept free; boot loaders and Azure's tools use them.",
         "Partition the disk anew with the first partition at sector 2048.",
         "Microsoft: marketplace certification", first_mebibyte, "", "disk", ERROR),
    Rule("R10", "The OS disk has no LVM", WARNING,
         "When the disk is attached to another virtual machine of the same image for rescue, the volume groups clash by name and neither can be mounted.",
         "Prefer plain partitions when the image is next built; LVM works otherwise.",
         "Microsoft: create-upload-generic; redhat-create-upload-vhd", no_lvm, "", "disk",
         choice="Most pages advise against LVM, Red Hat's supports it: a warning, never an error."),
    Rule("R11", "There is one root partition", WARNING,
         "The certification recommends a single root partition.",
         "Bring the system onto one partition; /boot and the EFI system partition may stay.",
         "Microsoft: marketplace certification, test 42", single_root, "", "disk", profiles=MARKETPLACE_ONLY),
    Rule("R12a", "The OS disk has no swap partition", WARNING,
         "Swap on the OS disk is slow, costs I/O budget and fails the certification; systemd uses a partition of the type swap by itself, "
         "whatever /etc/fstab says.",
         "Run the role guest_swap, and delete the partition or give it another type: `sfdisk --part-type DISK NUMBER linux`.",
         "Microsoft: create-upload-generic; certification test 41", no_swap_partition, "guest_swap", "disk", ERROR),
    Rule("R14a", "The disk can boot on the wanted generation", ERROR,
         "Generation 1 starts BIOS boot code from the first sector, generation 2 a UEFI loader from the EFI system partition; "
         "the generation cannot be changed after the upload.",
         "Generation 1: install GRUB for BIOS (with a BIOS boot partition on GPT). Generation 2: GPT, an EFI system partition and "
         "EFI/BOOT/BOOTX64.EFI in it.",
         "Microsoft: generation-2", generation, "", "disk",
         choice="The guide of 2017 knows generation 1 only; both are checked, and `generations` tells which the disk can boot on."),
    Rule("R14b", "The partition table is sound and within the disk", ERROR,
         "Azure presents sectors of 512 bytes; a table made for 4096, a damaged one or one that reaches past the disk loses partitions.",
         "Repair it with `sgdisk -v` and `gdisk`, or get the whole image.",
         "UEFI Specification 2.10, section 5.3", sector_size, "vhd_align relocate_gpt", "disk"),
    Rule("R15", "The EFI system partition has the fallback loader", ERROR,
         "The firmware's boot entries (NVRAM) do not travel with the disk: a generation 2 machine starts EFI/BOOT/BOOTX64.EFI or nothing.",
         "Debian and Ubuntu: `grub-install --force-extra-removable`, or copy shimx64.efi there and keep grubx64.efi beside it; "
         "Red Hat and SUSE: reinstall shim.",
         "Microsoft: create-upload-ubuntu", fallback_loader, "guest_boot", "disk"),
    Rule("R52", "The file systems were unmounted", WARNING,
         "A disk copied from a running or crashed machine misses what was only in its journal: files may be old or torn.",
         "Shut the guest down, then convert; do not start it again before.",
         "Microsoft: create-upload-generic", clean_file_systems, "prepare (shut down)", "disk"),
]
