# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every boot loader's entries have in common.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath

#: One entry of a boot menu. loader: the adapter's name; path, line: where it is written; title: str;
#: kernel, initrds: guest paths; cmdline: str, what the kernel gets; kind: normal, recovery, rescue, other
#: (another system's, or written by hand beside a generated menu).
BootEntry = collections.namedtuple("BootEntry", "loader path line title kernel initrds cmdline kind")

#: What a boot loader starts when nobody is there. loader: str; path: the configuration that it reads; entry: BootEntry, None when it is no
#: Linux; choice: Place that chooses it; problem: str, why entry is None; waits, passwords: [Place] that keep it from starting by itself;
#: variables: {name: value} that the loader puts in where the entry's line says ``$name``.
Start = collections.namedtuple("Start", "loader path entry choice problem waits passwords variables")
Start.__new__.__defaults__ = ({},)

#: What an adapter wants done. edits: [Edit]; sources: [{path, variable, before, after}]; warnings: [str];
#: regenerate: bool, whether these edits take effect only when the adapter's generators run.
LoaderPlan = collections.namedtuple("LoaderPlan", "edits sources warnings regenerate")

#: How generated output is made again. argv: [str]; doing: str, for errors; output: guest path of the file that boots;
#: aside: bool, argv takes ``-o FILE`` and is given another file to write, which is moved over output when it is whole.
Generator = collections.namedtuple("Generator", "argv doing output aside")

#: What the module was asked for beside the Request: recovery, rescue ("keep", "change"), settings ({name: str or None}).
Options = collections.namedtuple("Options", "recovery rescue settings")
Options.__new__.__defaults__ = ("change", "change", {})


#: Seconds that a menu may wait: who provisions has 20 minutes from the machine's start.
LONGEST_WAIT = 600


def is_long(seconds):
    """Return whether a number of seconds (str) is more than a menu may wait for a key."""
    return seconds.isdigit() and int(seconds[:9]) > LONGEST_WAIT


def is_subject(entry, options):
    """Return whether an entry is to be brought to the wanted state."""
    return {"normal": True, "recovery": options.recovery == "change", "rescue": options.rescue == "change"}.get(entry.kind, False)


def guest_path(tree, path, base="/boot"):
    """Return where a loader's path to a kernel or initrd is in the guest.

    Loaders count from the root of the file system that they read: /vmlinuz is /boot/vmlinuz when /boot is a file system
    of its own, and Btrfs puts a subvolume before it. The first place where the file exists is taken.
    base: str, where the file system is mounted that they read; on an EFI system partition a path means that place alone.
    """
    path = path.partition(")")[2] if path.startswith("(") else path
    path = posixpath.normpath("/" + path.lstrip("/"))
    if base != "/boot":
        return posixpath.join(base, path.lstrip("/"))
    parts = path.strip("/").split("/")
    tails = ["/" + "/".join(parts[index:]) for index in range(len(parts))]
    for candidate in [posixpath.join(base, path.lstrip("/")), path] + tails[1:] + ["/boot" + tail for tail in tails[1:]]:
        if tree.is_file(candidate):
            return candidate
    return path
