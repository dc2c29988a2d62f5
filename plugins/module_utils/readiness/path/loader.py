# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot loader: the configuration that it really reads, and the entry that it really starts.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import struct

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import is_long
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu, grub_conditions, grub_legacy, grub_script
from ansible_collections.imagewright.azure.plugins.module_utils.core import elf
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import huge_pages
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries, starts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import LOADER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import has_identifier, named_volume

_SET_ROOT = re.compile(r"root=\(?([^()]*)\)?$")
_DISK = re.compile(r"hd(\d{1,3})(?:,(?:msdos|gpt)?(\d{1,3}))?$")
_LEGACY_DISK = re.compile(r"\(hd(\d{1,3}),(\d{1,3})\)")
#: Devices that Azure has not, or that hold no kernel.
_NO_DISKS = ("fd", "cd", "memdisk", "proc", "tftp", "pxe", "http")
#: What leaves root as it is.
_SAME = ("$root", "${root}")
_LOW, _HIGH = 256 * 1024 * 1024, 1024 * 1024 * 1024  # bytes
_TIMEOUT = re.compile(r"\s*(?:export\s+)?GRUB_TIMEOUT=[\"']?(-?\d+)")
#: Directories of GRUB's modules.
_PLATFORMS = ("i386-pc", "x86_64-efi", "i386-efi", "arm64-efi")
_SOURCES = ("/etc/default/grub", "/etc/default/grub.d/*.cfg")


@rule(
    "R14e",
    step=LOADER,
    severity=ERROR,
    title="The entry that starts by itself starts Linux",
    fault="The entry that starts by itself starts no Linux",
    why="On Azure nobody chooses in the menu: what default=, the saved entry or loader.conf names is started.",
    cure="Choose an entry of Linux: grub2-set-default (or GRUB_DEFAULT=0 and update-grub), `default` in loader.conf or extlinux.conf.",
    source="GRUB manual, default; loader.conf(5); SYSLINUX doc/syslinux.txt",
)
def starts_linux(context):
    """Return failed with what chooses an entry of another system, or none, in each configuration that is read."""
    found = starts(context)
    if not found:
        return not_applicable("no boot loader that is known here starts this guest")
    evidence = [Evidence(*start.choice) for start in found if start.entry is None]
    return failed_if(evidence) if evidence else passed(f"{found[0].entry.title} ({found[0].choice.text})", [Evidence(*found[0].choice)])


@rule(
    "R14f",
    step=LOADER,
    severity=ERROR,
    title="The boot loader asks for no password",
    fault="The boot loader asks for a password before it starts the entry",
    why="Nobody types it: GRUB asks at every boot for the superuser's name, unless the entry has --unrestricted.",
    cure="Add --unrestricted to CLASS in /etc/grub.d/10_linux and run update-grub, or take the superuser out.",
    source="GRUB manual, Authentication and authorisation",
)
def asks_no_password(context):
    """Return failed with the lines that make a password needed for the entry that starts."""
    return failed_if(Evidence(*place) for start in starts(context) for place in start.passwords)


@rule(
    "R14g",
    step=LOADER,
    severity=ERROR,
    fixed_by="grub_cmdline",
    title="The boot loader's menu ends by itself",
    fault="The boot loader's menu waits for ever, or too long",
    why="With a timeout of -1 the menu waits for a key, and on Azure nobody presses one; who provisions has 20 minutes from the machine's start.",
    cure="Set GRUB_TIMEOUT=10 (grub_cmdline settings), `timeout 5` in loader.conf, TIMEOUT 50 in extlinux.conf; take the command out that waits.",
    source="GRUB manual, timeout; loader.conf(5); SYSLINUX doc/syslinux.txt",
)
def menu_ends(context):
    """Return failed with the lines that make the menu wait; a warning when only the next grub.cfg will have them."""
    waits = [Evidence(*place) for start in starts(context) for place in start.waits]
    sources = context.find([path for pattern in _SOURCES for path in context.tree.glob(pattern)], _waits_long)
    return failed_if(waits + sources, severity=ERROR if waits else WARNING)


@rule(
    "R14h",
    step=LOADER,
    severity=ERROR,
    title="The entry that starts looks for its kernel on this disk",
    fault="The entry that starts looks for its kernel on another disk",
    why="A GRUB entry that sets root to a second disk, or to a partition that is not there, and does not search for its file system, finds no kernel.",
    cure="Run update-grub or grub2-mkconfig, whose entries search by UUID, or correct the entry.",
    source="GRUB manual, root and search",
)
def looks_on_this_disk(context):
    """Return failed with the line by which each started entry of GRUB 2 looks on another disk or partition, where no search after it finds one here."""
    found = [place for entry in started_entries(context) if entry.loader == grub2_menu.NAME for place in _roots(context, entry)]
    return failed_if(found + [place for entry in started_entries(context) if entry.loader == grub_legacy.NAME for place in _legacy_roots(context, entry)])


def _legacy_roots(context, entry):
    """Return [Evidence] of the lines of a title of GRUB Legacy's that name another disk, or a partition that is not there; it counts partitions from 0."""
    found = []
    for number, text in [(number, text) for number, text in context.lines(entry.path) if entry.line and number > entry.line]:
        words = re.split(r"[ \t=]+", text.strip())
        if words[0] == "title":
            break
        match = _LEGACY_DISK.match(" ".join(words[1:2])) if words[0] in ("root", "kernel", "initrd") else None
        if match and (int(match.group(1)) > 0 or _is_elsewhere(context, f"hd0,{int(match.group(2)) + 1}") is True):
            found.append(Evidence(entry.path, number, text.strip()))
    return found


def _roots(context, entry):
    """Return [Evidence] of the last line that says where the files of an entry are, when that is nowhere on this disk, and of files that it names there."""
    wrong, files = [], []
    for statement in _statements(context, entry):
        words, holds = statement.words, _holds(statement)
        if holds is False:
            continue
        match = _SET_ROOT.match(" ".join(words[-1:])) if words[0] == "set" or len(words) == 1 else None
        if match or words == ["unset", "root"]:
            elsewhere = _is_elsewhere(context, match.group(1) if match else "")
            if elsewhere is not True:
                wrong = wrong if elsewhere is None and match.group(1) in _SAME else []
            elif holds:
                wrong = [Evidence(entry.path, statement.line, " ".join(words))]
        elif words[0].startswith("search") and _sets_root(words) and _finds(context, words) is not False:
            wrong = []
        elif statement.entry is not None and words[0].startswith(("linux", "initrd")):
            named = [word for word in words[1 : 2 if words[0].startswith("linux") else None] if _is_elsewhere(context, _device(word)) is True]
            files += [Evidence(entry.path, statement.line, " ".join(words)) for _word in named[:1] if holds]
            if words[0].startswith("linux") and _device(" ".join(words[1:2])) is not None:
                wrong = []  # it names the disk itself
    return wrong + files


def _statements(context, entry):
    """Return the [Statement] of a menu that GRUB runs before the kernel of an entry: around all entries, and then in this one."""
    if not entry.line or not context.tree.is_file(entry.path):
        return []
    every = grub_script.menu(context.text(entry.path), entry.path).statements
    own = [statement for statement in every if statement.entry == entry.line]
    end = next((index for index, statement in enumerate(own) if statement.words[0] == "boot"), len(own))
    return [statement for statement in every if statement.entry is None] + own[:end]


def _holds(statement):
    """Return whether a Statement is run: None when its conditions do not tell."""
    truths = [grub_conditions.truth(condition, {}) for condition in statement.conditions]
    return False if False in truths else None if None in truths else True


def _sets_root(words):
    """Return whether a search sets the variable root, and no other one."""
    names = [word.partition("=")[2] for word in words if word.startswith("--set=")]
    names += [after for word, after in zip(words, words[1:]) if word in ("--set", "-s") and not after.startswith("-") and after != words[-1]]
    return not names or names[-1] == "root"


def _finds(context, words):
    """Return whether a search finds its file system on this disk, None when that is not known."""
    kind, value = words[0].partition(".")[2] or "", words[-1] if words[0] == "search" else " ".join(words[1:2])
    if kind == "file" or {"--file", "-f"} & set(words):
        return any(context.tree.exists(top + value) for top in ("", "/boot"))
    if kind == "fs_label" or {"--label", "--fs-label", "-l"} & set(words):
        return named_volume(context, f"LABEL={value}")
    return has_identifier(context, None, value)


def _device(word):
    """Return what stands in the brackets before a path (str), None without any."""
    match = re.match(r"\(([^()]*)\)", word)
    return match.group(1) if match else None


def _is_elsewhere(context, device):
    """Return whether a device of GRUB's (str, ``hd0,gpt2``) is none of this disk, None when that is not known."""
    match = _DISK.match(device or "")
    if device is None or device and not match:
        return True if device and device.startswith(_NO_DISKS) else None
    if not device:
        return True
    disk, partition = int(match.group(1)), match.group(2)
    if disk > 0:
        return True
    if context.disk is None:
        return None
    numbers = [each.number for each in context.disk.table.partitions]
    return int(partition) not in numbers if partition is not None else bool(numbers)


@rule(
    "R14j",
    step=LOADER,
    severity=ERROR,
    title="GRUB looks for its modules where they are",
    fault="GRUB looks for its modules where none are",
    why="The command linux is a module, as is what unpacks the kernel: where prefix names another place before it is loaded, GRUB says that it cannot find "
    "the command, and starts nothing.",
    cure="Remove `set prefix=` from the menu, or correct it.",
    source="GRUB manual, prefix; grub-core/normal/autofs.c, dyncmd.c",
    choice="A warning for a GRUB of UEFI alone: one that is signed has its modules in it.",
)
def finds_its_modules(context):
    """Return failed with the last line before a started kernel that sets prefix to a place where this GRUB's modules are not."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME]:
        folder = posixpath.dirname(entry.path)
        there = [platform for platform in _PLATFORMS if context.tree.is_dir(f"{folder}/{platform}")]
        places = [statement for statement in _statements(context, entry) if _holds(statement) and _prefix_of(statement.words) is not None]
        wrong = there and places and not _has_modules(context, _prefix_of(places[-1].words), there)
        found += [(Evidence(entry.path, places[-1].line, " ".join(places[-1].words)), "i386-pc" in there)] if wrong else []
    return failed_if([place for place, _bios in found], severity=ERROR if any(bios for _place, bios in found) else WARNING)


def _prefix_of(words):
    """Return the prefix (str) that a command sets, None when it sets none."""
    text = words[-1] if words[0] in ("set", "export") or len(words) == 1 else ""
    return text.partition("=")[2] if text.startswith("prefix=") else None


def _has_modules(context, prefix, platforms):
    """Return whether modules of one of the platforms lie at a prefix of GRUB's, or that is not known; paths count from a file system's root."""
    device = _device(prefix)
    if "$" in prefix.replace("($root)", "") or "${" in prefix:
        return True
    if device is not None and "$" not in device and _is_elsewhere(context, device) is True:
        return False
    parts = [part for part in prefix.partition(")")[2 if device is not None else 0].split("/") if part]
    tails = ["/".join(parts[index:]) for index in range(len(parts) + 1)]
    return any(context.tree.is_dir(posixpath.join(top, tail, platform)) for top in ("/", "/boot") for tail in tails for platform in platforms)


@rule(
    "R14l",
    step=LOADER,
    severity=ERROR,
    title="The modules with which GRUB starts Linux are there and whole",
    fault="A module with which GRUB starts Linux is gone, or damaged",
    why="The menu is a module of GRUB's, as is the command linux and what both need: without the file GRUB stops at `grub rescue>`, or says that it cannot "
    "find the command.",
    cure="Install the boot loader again from the guest or a chroot of it: `grub-install` (`grub2-install`).",
    source="GRUB moddep.lst, command.lst; grub-core/kern/dl.c",
    choice="Only of generation 1: a GRUB of UEFI mostly has them in it.",
)
def modules_are_whole(context):
    """Return failed with each file of a module that the menu and the started entry need, as GRUB's own lists say, and that is not there or no whole ELF."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME and entry.line]:
        folder = f"{posixpath.dirname(entry.path)}/{_PLATFORMS[0]}"
        needs = dict(_pairs(context, f"{folder}/moddep.lst"))
        wanted = {"normal"} | {module for command, module in _pairs(context, f"{folder}/command.lst") if command.lstrip("*") in ("linux", "initrd")}
        waiting = [name for name in sorted(wanted) if name in needs]
        seen = set()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += needs.get(name, "").split()
        found += [Evidence(f"{folder}/{name}.mod", None, text) for name in sorted(seen) for text in [_wrong_module(context, f"{folder}/{name}.mod")] if text]
    return failed_if(found)


def _pairs(context, path):
    """Return [(name, value)] of the lines of one of GRUB's lists, ``name: value``."""
    return [(name.strip(), value.strip()) for _number, text in context.lines(path) for name, colon, value in [text.partition(":")] if colon]


def _wrong_module(context, path):
    """Return what is wrong (str) with the file of a module, "" when nothing is: an ELF file ends with the table of its sections, or holds it."""
    status = context.tree.stat(path)
    if status is None:
        return "is not there"
    head = context.tree.read_bytes(path, 64)
    if head[:4] != elf.MAGIC or len(head) < 52:
        return "is no module"
    wide = head[4] == 2
    table, size, count = (
        (struct.unpack_from("<Q", head, 40) + struct.unpack_from("<HH", head, 58))
        if wide and len(head) == 64
        else (struct.unpack_from("<I", head, 32) + struct.unpack_from("<HH", head, 46))
    )
    return "is cut off" if table + size * count > status.size else ""


@rule(
    "R14k",
    step=LOADER,
    severity=ERROR,
    title="GRUB hands the kernel the memory of the machine",
    fault="GRUB takes the memory that the kernel needs",
    why="What cutmem and badram take is in no list of memory that the kernel gets: a line for another machine's broken memory leaves none of a small one's.",
    cure="Remove cutmem or badram from the menu, and GRUB_BADRAM from /etc/default/grub.",
    source="GRUB manual, badram and cutmem; grub-core/mmap/mmap.c",
    choice="What lies between 256 MiB and 1 GiB has to be left, for the smallest sizes of Azure have no more.",
)
def leaves_memory(context):
    """Return failed with each line before a started kernel that takes the first gigabyte."""
    return failed_if(
        Evidence(entry.path, statement.line, " ".join(statement.words))
        for entry in started_entries(context)
        if entry.loader == grub2_menu.NAME
        for statement in _statements(context, entry)
        if _holds(statement) and (_cuts(statement.words) or _is_bad(statement.words))
    )


def _cuts(words):
    """Return whether cutmem takes all between 256 MiB and 1 GiB."""
    if words[0] != "cutmem" or len(words) != 3:
        return False
    start, end = (_bytes(word) for word in words[1:])
    return start is not None and end is not None and start <= _LOW and end >= _HIGH


def _bytes(word):
    """Return the address (int) of ``64M`` or ``0x4000000``, None of what is none."""
    return int(word, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", word) else huge_pages.size_of(word)


def _is_bad(words):
    """Return whether badram, whose addresses are bad where they are the same as one in the bits of its mask, takes all between 256 MiB and 1 GiB."""
    if words[0] != "badram" or len(words) < 2:
        return False
    numbers = [int(word, 16) for word in words[1].split(",") if re.fullmatch(r"(0[xX])?[0-9a-fA-F]{1,16}", word)]
    return any(not mask & (_HIGH - 4096) and (address ^ _LOW) & mask < 4096 for address, mask in zip(numbers[::2], numbers[1::2]))


@rule(
    "R14i",
    step=LOADER,
    severity=ERROR,
    title="GRUB has the commands that the entry which starts uses",
    fault="The entry that starts uses a command that its GRUB has not",
    why="linuxefi and initrdefi are commands of a GRUB for UEFI, linux16 and initrd16 of one for BIOS: after a change of firmware the old menu loads nothing.",
    cure="Run update-grub or grub2-mkconfig, or write linux and initrd in the entry.",
    source="GRUB command.lst; util/grub.d/10_linux.in of Red Hat 7",
)
def has_its_commands(context):
    """Return failed with each line of a started entry that loads a kernel or an initramfs by a command in no command.lst beside its menu."""
    found = []
    for entry in [entry for entry in started_entries(context) if entry.loader == grub2_menu.NAME and entry.line]:
        known = _commands(context, posixpath.dirname(entry.path))
        for number, text in [(number, text) for number, text in context.lines(entry.path) if known and number > entry.line]:
            command = (text.split() or [""])[0]
            if command == "}":
                break
            if command.startswith(("linux", "initrd")) and command not in known:
                found.append(Evidence(entry.path, number, f"{command}: this GRUB has no such command"))
    return failed_if(found)


def _commands(context, folder):
    """Return the commands ({str}) of the GRUB whose modules are below a directory, empty where none is there: it has them in its core."""
    lists = [path for platform in _PLATFORMS for path in [f"{folder}/{platform}/command.lst"] if context.tree.is_file(path)]
    return {text.partition(":")[0].lstrip("*") for path in lists for _number, text in context.lines(path)}


def _waits_long(text):
    match = _TIMEOUT.match(text)
    return bool(match) and (match.group(1).startswith("-") or is_long(match.group(1)))


RULES = [starts_linux, looks_on_this_disk, has_its_commands, finds_its_modules, modules_are_whole, leaves_memory, asks_no_password, menu_ends]
