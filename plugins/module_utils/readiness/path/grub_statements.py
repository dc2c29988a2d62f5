# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB: what its menu does before the kernel of the entry that starts: where it looks for the files, and what memory it takes away.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import grub2_menu, grub_conditions, grub_legacy, grub_reader
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import huge_pages
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
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
        for statement in statements(context, entry)
        if runs(statement) and (_cuts(statement.words) or _is_bad(statement.words))
    )


def statements(context, entry):
    """Return the [Statement] of a menu that GRUB runs before the kernel of an entry: around all entries, and then in this one."""
    if not entry.line or not context.tree.is_file(entry.path):
        return []
    every = grub_reader.menu(context.text(entry.path), entry.path).statements
    own = [statement for statement in every if statement.entry == entry.line]
    end = next((index for index, statement in enumerate(own) if statement.words[0] == "boot"), len(own))
    return [statement for statement in every if statement.entry is None] + own[:end]


def runs(statement):
    """Return whether a Statement is run: None when its conditions do not tell."""
    truths = [grub_conditions.truth(condition, {}) for condition in statement.conditions]
    return False if False in truths else None if None in truths else True


def device_of(word):
    """Return what stands in the brackets before a path (str), None without any."""
    match = re.match(r"\(([^()]*)\)", word)
    return match.group(1) if match else None


def is_elsewhere(context, device):
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


def _legacy_roots(context, entry):
    """Return [Evidence] of the lines of a title of GRUB Legacy's that name another disk, or a partition that is not there; it counts partitions from 0."""
    found = []
    for number, text in [(number, text) for number, text in context.lines(entry.path) if entry.line and number > entry.line]:
        words = re.split(r"[ \t=]+", text.strip())
        if words[0] == "title":
            break
        match = _LEGACY_DISK.match(" ".join(words[1:2])) if words[0] in ("root", "kernel", "initrd") else None
        if match and (int(match.group(1)) > 0 or is_elsewhere(context, f"hd0,{int(match.group(2)) + 1}") is True):
            found.append(Evidence(entry.path, number, text.strip()))
    return found


def _roots(context, entry):
    """Return [Evidence] of the last line that says where the files of an entry are, when that is nowhere on this disk, and of files that it names there."""
    wrong, files = [], []
    for statement in statements(context, entry):
        words, holds = statement.words, runs(statement)
        if holds is False:
            continue
        match = _SET_ROOT.match(" ".join(words[-1:])) if words[0] == "set" or len(words) == 1 else None
        if match or words == ["unset", "root"]:
            elsewhere = is_elsewhere(context, match.group(1) if match else "")
            if elsewhere is not True:
                wrong = wrong if elsewhere is None and match.group(1) in _SAME else []
            elif holds:
                wrong = [Evidence(entry.path, statement.line, " ".join(words))]
        elif words[0].startswith("search") and sets_root(words) and _finds(context, words) is not False:
            wrong = []
        elif statement.entry is not None and words[0].startswith(("linux", "initrd")):
            named = [word for word in words[1 : 2 if words[0].startswith("linux") else None] if is_elsewhere(context, device_of(word)) is True]
            files += [Evidence(entry.path, statement.line, " ".join(words)) for _word in named[:1] if holds]
            if words[0].startswith("linux") and device_of(" ".join(words[1:2])) is not None:
                wrong = []  # it names the disk itself
    return wrong + files


def sets_root(words):
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


RULES = [looks_on_this_disk, leaves_memory]
