# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk as a whole: what can be read, its size, its generation, its file systems.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk import limits
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import FALLBACK_LOADERS, generation_wanted
from ansible_collections.imagewright.azure.plugins.module_utils.disk.content import NAMES
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import show_size
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRMWARE, ROOT
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab

#: How it shows that a file system was not unmounted.
_NOT_UNMOUNTED = {"ext": "that is still marked as in use", "xfs": "whose log does not end with an unmount", "btrfs": "whose log tree has not been replayed"}


@rule(
    "R00",
    step=ROOT,
    severity=ERROR,
    needs="any",
    title="A Linux system is on the disk and can be read",
    fault="No whole Linux system can be read",
    why="Azure boots and provisions a Linux system; what cannot be read here cannot be vouched for.",
    cure="Give the whole image of a disk whose root is not encrypted; check an encrypted guest while it runs, with `root: /`.",
    source="design of readiness_info",
)
def readable(context):
    """Return failed when there is no root that can be read, or a file system of its fstab that cannot."""
    if context.tree is None:
        return failed([Evidence(context.image["path"] if context.image else "/", None, context.problem)], "No Linux root could be read.")
    problems = context.disk.mount_problems if context.disk else []
    return failed_if([Evidence("/etc/fstab", None, problem) for problem in problems], "A file system of this system cannot be read.")


@rule(
    "R00b",
    step=ROOT,
    severity=NOTE,
    needs="disk",
    title="Every Linux file system of the disk is looked at",
    fault="Linux file systems of the disk are not looked at",
    why="What is in a file system that the started system does not mount is not judged; a second Linux system may be the one that was meant.",
    cure="Mount it by /etc/fstab when it belongs to the system, or remove it.",
    source="design of readiness_info",
)
def all_is_looked_at(context):
    """Return failed with each Linux file system of the image that the system which boots does not mount."""
    if context.disk.format == "live":
        return not_applicable("the guest is running: it has mounted what it mounts")
    mounts = getattr(context.tree, "mounts", None)
    chosen = f"What is looked at is the system on {mounts[0].volume.name}, as the boot entries and /etc/fstab say." if mounts else ""
    return failed_if([Evidence(context.disk.path, None, left) for left in context.disk.left_out], chosen)


@rule(
    "R00c",
    step=ROOT,
    severity=ERROR,
    needs="others",
    title="All that was looked at can be read",
    fault="A part of the file systems cannot be read",
    why="What is damaged may lack anything: neither the rules that looked there can decide, nor can the machine start from it.",
    cure="Repair the file system with fsck, or give a sound copy of the image.",
    source="design of readiness_info",
)
def all_can_be_read(context):
    """Return unknown with each path of the image that another rule wanted to read, and that is damaged or of a kind that cannot be read here."""
    unreadable = getattr(context.tree, "unreadable", {})
    places = [Evidence(path, None, text) for path, text in sorted(unreadable.items())]
    return unknown("what other rules looked at cannot be read", places) if places else passed()


@rule(
    "R07",
    step=FIRMWARE,
    severity=WARNING,
    marketplace=ERROR,
    needs="disk",
    fixed_by="vhd_align max_size",
    title="The disk is within the size limits of an OS disk",
    fault="The disk is too large or too small for an OS disk",
    why="Generation 1 boots from an MBR-sized disk of at most 2 TiB, generation 2 from at most 4,095 GiB; the certification asks for 1023 GiB or less.",
    cure="Make the disk smaller; move data to data disks.",
    source="Microsoft: generation-2, create-upload-generic, certification",
    choice="1023 GB (2017), 2 TiB (generation 1), 4 TiB and 4,095 GiB (generation 2) are all in print: more than the generation's limit is an error, "
    "more than 1023 GiB a warning, and an error in the marketplace profile.",
)
def size_limit(context):
    """Return failed for a disk beyond its generation's limit or the certification's, or below the smallest managed disk."""
    disk = context.disk
    wanted = generation_wanted(context.generation)
    generations = [wanted] if wanted else disk.bootability.generations or [1]
    limit = max(limits.LARGEST_OS_DISK[number] for number in generations)
    size = Evidence(disk.path, None, f"virtual size {show_size(disk.virtual_size)}")
    if disk.virtual_size > limit:
        return failed([size], f"An OS disk of generation {' or '.join(str(number) for number in generations)} may have {show_size(limit)}.", ERROR)
    if disk.virtual_size > limits.LARGEST_CERTIFIED:
        return failed([size], f"The certification takes at most {show_size(limits.LARGEST_CERTIFIED)}.")
    if disk.virtual_size < limits.SMALLEST_MANAGED_DISK and disk.format != "live":
        return failed([size], f"A managed disk has at least {show_size(limits.SMALLEST_MANAGED_DISK)}.", ERROR)
    return passed(f"{show_size(disk.virtual_size)}")


@rule(
    "R14a",
    step=FIRMWARE,
    severity=ERROR,
    needs="disk",
    title="The disk can boot on the wanted generation",
    fault="The disk cannot boot on the wanted generation",
    why="Generation 1 starts BIOS boot code from the first sector, generation 2 a UEFI loader from the EFI system partition; the generation cannot be "
    "changed after the upload.",
    cure="Generation 1: install GRUB for BIOS (with a BIOS boot partition on GPT). Generation 2: GPT, an EFI system partition and EFI/BOOT/BOOTX64.EFI in it.",
    source="Microsoft: generation-2",
    choice="The guide of 2017 knows generation 1 only; both are checked, and `generations` tells which the disk can boot on.",
)
def generation(context):
    """Return failed when the disk lacks what the asked generation boots from, or what either boots from."""
    able, reasons = context.disk.bootability.generations, context.disk.bootability.reasons
    wanted = generation_wanted(context.generation)
    if wanted and wanted not in able or not able:
        lacking = [reasons[wanted]] if wanted in reasons else list(reasons.values())
        return failed(
            [Evidence(context.disk.path, None, reason) for reason in lacking],
            f"The disk cannot boot on generation {wanted}." if wanted else "The disk can boot on neither generation.",
        )
    return passed(f"boots on generation {' and '.join(str(number) for number in able)}")


@rule(
    "R15",
    step=FIRMWARE,
    severity=ERROR,
    needs="disk",
    fixed_by="guest_boot",
    title="The EFI system partition has the fallback loader",
    fault="The EFI system partition has no fallback loader",
    why="The firmware's boot entries (NVRAM) do not travel with the disk: a generation 2 machine starts EFI/BOOT/BOOTX64.EFI or nothing.",
    cure="Debian and Ubuntu: `grub-install --force-extra-removable`, or copy shimx64.efi there and keep grubx64.efi beside it; Red Hat and SUSE: reinstall "
    "shim.",
    source="Microsoft: create-upload-ubuntu",
)
def fallback_loader(context):
    """Return failed when the EFI system partition lacks EFI/BOOT/BOOT<arch>.EFI; an error when generation 2 is the only way to boot."""
    loader = context.disk.bootability.fallback_loader
    if loader is None:
        return not_applicable("the disk has no EFI system partition")
    if loader:
        return passed()
    needed = generation_wanted(context.generation) == 2 or context.disk.bootability.generations == []
    reason = context.disk.bootability.reasons.get(2, "not there")
    return failed([Evidence(f"/boot/efi/{FALLBACK_LOADERS['x64']}", None, reason)], "", ERROR if needed else WARNING)


@rule(
    "R52",
    step=ROOT,
    severity=WARNING,
    needs="disk",
    fixed_by="prepare (shut down)",
    title="The file systems were unmounted",
    fault="A file system was not unmounted",
    why="A disk copied from a running or crashed machine misses what was only in its journal: files may be old or torn.",
    cure="Shut the guest down, then convert; do not start it again before.",
    source="Microsoft: create-upload-generic",
)
def clean_file_systems(context):
    """Return failed with each file system of the image that is marked as in use or has a log to replay."""
    if context.disk.format == "live":
        return not_applicable("the guest is running")
    if context.disk.undecided and not context.disk.unclean:
        return unknown(
            "the log of an XFS file system could not be made out",
            [Evidence(context.disk.path, None, f"{name} holds {NAMES[kind]}") for name, kind in context.disk.undecided],
        )
    return failed_if(Evidence(context.disk.path, None, f"{name} holds {NAMES[kind]} {_NOT_UNMOUNTED[kind]}") for name, kind in context.disk.unclean)


@rule(
    "R52b",
    step=ROOT,
    severity=WARNING,
    needs="disk",
    title="Linux has found no error in the file systems",
    fault="Linux has found errors in a file system",
    why="Files may be gone or torn. The start has fsck go over the whole, and ends at its question where it cannot repair that alone.",
    cure="Run `e2fsck -f` on the file system while nothing mounts it.",
    source="ext4(5), errors=; tune2fs(8); Linux fs/ext4/super.c, ext4_setup_super",
)
def sound_file_systems(context):
    """Return failed with each file system of the image that says that errors were found in it."""
    return failed_if(Evidence(context.disk.path, None, f"{name} holds {NAMES[kind]} that says so") for name, kind in context.disk.faulty)


@rule(
    "R52c",
    step=ROOT,
    severity=ERROR,
    needs="disk",
    title="Linux writes the file systems of the system",
    fault="Linux does not write a file system of the system, or stops at its first error",
    why="A descriptor of a group with another checksum keeps ext4 read-only, and a bitmap with another is an error as soon as Linux looks there for room: "
    "with errors=remount-ro all is read-only from then on, and nobody can be made who logs in.",
    cure="Run `e2fsck -f` on the file system while nothing mounts it, or take a sound copy.",
    source="ext4(5), errors=; Linux fs/ext4/super.c (ext4_check_descriptors, __ext4_remount), fs/ext4/bitmap.c; tried with Linux 6.1 and e2fsck 1.47",
    choice="A descriptor is a warning where the sixth field of fstab has fsck look at it first, which makes it right; a bitmap is one with errors=continue.",
)
def written_file_systems(context):
    """Return failed with each file system of the image's system that Linux would mount read-only, or have become so."""
    if context.tree is None:
        return not_applicable("no system is known whose file systems these would be")
    lines = fstab.entries(context.text("/etc/fstab"))
    found = {unwritten: _is_survived(unwritten, lines) for unwritten in context.disk.unwritten}
    places = [Evidence(context.disk.path, None, f"{unwritten.name} holds {NAMES[unwritten.kind]}: {unwritten.cause}") for unwritten in found]
    return failed_if(places, "", WARNING if all(found.values()) else ERROR)


def _is_survived(unwritten, lines):
    """Return whether a machine starts with an Unwritten file system, by the lines ([FstabEntry]) of its fstab."""
    entry = next((entry for entry in lines if entry.mount_point.rstrip("/") == unwritten.path.rstrip("/")), None)
    if not unwritten.on_errors:
        return entry is not None and fstab.is_checked(entry)
    modes = [option.partition("=")[2] for option in entry.options.split(",") if option.startswith("errors=")] if entry else []
    return (modes or [unwritten.on_errors])[-1] == "continue"


RULES = [
    readable,
    all_is_looked_at,
    all_can_be_read,
    size_limit,
    generation,
    fallback_loader,
    clean_file_systems,
    sound_file_systems,
    written_file_systems,
]
