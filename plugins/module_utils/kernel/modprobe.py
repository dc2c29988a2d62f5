# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a kernel module from being loaded: lines of modprobe.d.

Hardening guides forbid udf and vfat; Azure's provisioning disc is UDF, and the EFI system partition is VFAT (R19, R20).

Source: modprobe.d(5) of kmod.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath
import re

#: One line that bans a module. line: int, 1-based, the first of a continued one; last: its last; text: str, on one line.
Ban = collections.namedtuple("Ban", "path line last text module")

#: Where the program is.
PROGRAMS = ("/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe", "/usr/bin/modprobe")

#: What Azure needs to boot and to provision.
NEEDED = (
    "udf",
    "vfat",
    "fat",
    "isofs",
    "iso9660",
    "cdrom",
    "sr_mod",
    "sd_mod",
    "hv_vmbus",
    "hv_storvsc",
    "hv_netvsc",
    "hv_utils",
    "pci_hyperv",
    "nvme",
    "nvme_core",
)

#: What the kernel and udev ask for on Azure, with which modules.alias has it; an alias of modprobe.d stands before that.
#: Source: Linux include/linux/hyperv.h (HV_NIC_GUID, HV_SCSI_GUID, HV_PCIE_GUID); drivers/scsi/sd.c, sr.c; seen of modprobe 30.
_ASKED = {
    "hv_netvsc": ("vmbus:635161f83edfc546913ff2d2f965ed0e",),
    "hv_storvsc": ("vmbus:d96361baa104294db60572e2ffb1dc7f",),
    "pci_hyperv": ("vmbus:1df6c444444400449d52802e27ede19f",),
    "sd_mod": ("scsi:t-0x00",),
    "sr_mod": ("scsi:t-0x05",),
}

#: Directories of kmod, strongest first: a file hides those of the same name further down.
ADMIN_FOLDER = "/etc/modprobe.d"
FOLDERS = (ADMIN_FOLDER, "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")

#: An install command with one of these loads the module after all.
_LOADERS = re.compile(r"\b(modprobe|insmod)\b")


def is_kmod(tree):
    """Return whether modprobe is that of kmod, which reads the index modules.dep.bin alone; busybox reads modules.dep."""
    return any(posixpath.basename(tree.resolve(path)) == "kmod" for path in PROGRAMS if tree.exists(path))


def bans(tree, module):
    """Return the lines ([Ban]) that keep the module from being loaded, in the order in which kmod reads them.

    module: str; ``-`` and ``_`` are equal.
    """
    return bans_in(texts(tree), module)


def bans_in(read, module):
    """Return the lines ([Ban]) of files that were read, [(path, text)], that keep the module from being loaded."""
    return [Ban(path, *line) for path, text in read for line in banning_lines(text, module)]


def is_for_all(ban):
    """Return whether a Ban holds also where another module needs this one: ``install`` does, and ``blacklist`` is for those that are asked for by alias."""
    return ban.text.startswith("install ")


def texts(tree):
    """Return [(path, text)] of the files, in the order in which kmod reads them."""
    return [(path, tree.read_text(path)) for path in files(tree)]


def files(tree):
    """Return the paths ([str]) that kmod reads: of files with one name only the strongest."""
    strongest = {}
    for folder in reversed(FOLDERS):
        for path in tree.glob(folder + "/*.conf"):
            strongest[posixpath.basename(path)] = path
    # a link to /dev/null hides a file too
    return [path for _name, path in sorted(strongest.items()) if tree.is_file(path)]


def banning_lines(text, module):
    """Return [(line, last, text, module)] of the lines that ban the module: ``blacklist``, ``install`` of a program that does not
    load it, ``alias`` to ``off`` or to another module.
    """
    return [(first, last, " ".join(words), module) for first, last, words in commands(text) if _bans(words, module)]


def without(text, modules):
    """Return the text (str) with every line that bans one of the modules as a comment; all else stays byte for byte."""
    numbers = {number for module in modules for first, last, _text, _module in banning_lines(text, module) for number in range(first, last + 1)}
    return "\n".join("# " + line if number in numbers else line for number, line in enumerate(text.split("\n"), 1))


def commands(text):
    """Return [(first line, last line, words)] of the commands of a file's text.

    A backslash takes the line end behind it away with it, and leaves any other character as it is; a comment may be continued.
    Source: freadline_wrapped and kmod_config_parse of kmod.
    """
    found, first = [], 1
    for line in re.findall(r"(?:\\[\s\S]|[^\\\n])*\\?(?:\n|\Z)", text):
        joined = re.sub(r"\\([\s\S])", lambda match: match.group(1).strip("\n"), line)
        words = re.findall(r"[^ \t\n]+", joined)
        if words and not words[0].startswith("#"):
            found.append((first, first + line[:-1].count("\n"), words))
        first += line.count("\n")
    return found


def _bans(words, module):
    if len(words) < 2:
        return False
    if words[0] == "alias":
        # old files have names for modules that are called otherwise: iso9660 isofs
        return len(words) > 2 and _normal(words[2]) not in NEEDED + (_normal(module),) and _is_of(words[1], module)
    if words[0] == "install":
        return len(words) > 2 and fnmatch.fnmatchcase(_normal(module), _normal(words[1])) and not _LOADERS.search(" ".join(words[2:]))
    return words[0] == "blacklist" and _normal(words[1]) == _normal(module)


def _is_of(pattern, module):
    """Return whether an alias (a pattern, str) stands before what loads a module: its name, or what udev and the kernel ask for.

    To mount a file system the kernel asks for ``fs-`` and its name. Source: Linux fs/filesystems.c, get_fs_type.
    """
    asked = _ASKED.get(_normal(module), (f"fs-{module}",))
    return fnmatch.fnmatchcase(_normal(module), _normal(pattern)) or any(fnmatch.fnmatchcase(name, pattern) for name in asked)


def _normal(name):
    return name.replace("-", "_")
