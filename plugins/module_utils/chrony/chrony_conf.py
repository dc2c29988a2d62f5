# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""chrony.conf and the files that it names: which lines chronyd reads, and how one becomes what was asked for.

Lines are read in their order, those of an ``include`` or ``confdir`` in its place. Of ``makestep`` the last line counts, of ``refclock`` every
one, and chronyd ends when the device of one is missing. Files of a ``sourcedir`` may hold servers only.

Source: chrony.conf(5) and conf.c of chrony 4, each case tried with ``chronyd -p``.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.chrony.invocation import SERVICES, invocation
from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: One line that is no comment. line: int, 1-based; words: (str, ...), the directive first; text: str, stripped.
ChronyLine = collections.namedtuple("ChronyLine", "path line words text")

#: Where chronyd looks; of Debian and Alpine it is the second one.
PATHS = ("/etc/chrony.conf", "/etc/chrony/chrony.conf")

#: The name that udev gives to the clock of Hyper-V, whatever its number.
DEVICE = "/dev/ptp_hyperv"

#: As deep as chronyd follows includes (MAX_INCLUDE_LEVEL).
MAX_DEPTH = 10

#: More files, and lines in all of them, than any guest has that nobody made to hold us up.
MOST_FILES = 500
MOST_LINES = 100000

#: What C calls space, the line end apart.
_BLANKS = " \t\r\f\v"

_MOST_PROGRAM = 8 * 1024 * 1024  # bytes
_PROGRAMS = ("/usr/sbin/chronyd", "/usr/bin/chronyd", "/usr/local/sbin/chronyd")

#: Files here belong to a package, or are made again at each boot.
_NOT_THE_GUESTS = ("/usr/", "/lib/", "/lib64/", "/run/")


def find_path(tree):
    """Return the path (str) of the configuration that chronyd reads: what it is started with, else its own; None when there is none.

    One that it is started with and that is made at boot is not there.
    """
    started = invocation(tree)
    if started.file or started.directives:
        return started.file if started.file and tree.is_file(started.file) else None
    found = [path for path in PATHS if tree.is_file(path)]
    if len(found) > 1:
        programs = b"".join(tree.read_bytes(path, _MOST_PROGRAM) for path in _PROGRAMS if tree.is_file(path))
        found = [path for path in found if path.encode() in programs] or found
    return found[0] if found else None


def path_to_come(tree):
    """Return where the package of the guest's distribution will have the configuration."""
    return PATHS[distribution(tree).family in ("debian", "alpine")]


def service(tree):
    """Return the name (str) of chrony's service, None where there is no unit of it."""
    return next((name for name in SERVICES if services.unit_path(tree, name + ".service")), None)


def lines(tree, path):
    """Return the lines ([ChronyLine]) in the order in which chronyd reads them.

    Raises ImagewrightError: files include each other, or are too many.
    """
    found = []
    _read(tree, path, (), found, [])
    return found


def source_lines(tree, read):
    """Return the lines ([ChronyLine]) of the files of sourcedir, of which chronyd takes servers only; read: [ChronyLine] of the other files."""
    paths = [path for line in read if line.words[0].lower() == "sourcedir" for path in _in_folders(tree, line.words[1:], ".sources")]
    return [line for path in dict.fromkeys(paths) for line in lines_of(path, tree.read_text(path))]


def lines_of(path, text):
    """Return the lines ([ChronyLine]) of one file that are neither blank nor comments. What follows a value on its line is no comment."""
    found = ((number, words_of(line), line) for number, line in enumerate(text.split("\n"), 1))
    return [ChronyLine(path, number, words, line.strip(_BLANKS)) for number, words, line in found if words and words[0][0] not in "!;#%"]


def words_of(line):
    """Return the words (str, ...) of a line or directive."""
    return tuple(re.findall(f"[^{_BLANKS}]+", line))


def kind(words):
    """Return (str, ...): equal for two directives ([str]) of which one takes the other's place: ``makestep``, ``refclock`` of one device."""
    if words[0].lower() != "refclock":
        return (words[0].lower(),)
    return ("refclock", words[1].upper() if len(words) > 1 else "", device(words))


def device(words):
    """Return the device (str) of a refclock, without the options that may follow it behind a colon; "" when it has none."""
    return words[2].split(":")[0] if len(words) > 2 else ""


def is_ptp_clock(words):
    """Return whether a directive ([str]) is a refclock on the clock of a card or of a hypervisor."""
    return kind(words)[:2] == ("refclock", "PHC")


def is_same(words, others):
    """Return whether chronyd takes two directives ([str]) as one."""
    return words[0].lower() == others[0].lower() and words[1:] == others[1:]


def belongs_to_guest(tree, path):
    """Return whether a file is the guest's own, and no package's and not made again at each boot."""
    resolved = tree.resolve(path)
    return not resolved.startswith(_NOT_THE_GUESTS) or resolved.startswith("/usr/local/")


def with_lines(text, replaced, added=()):
    """Return the text (str) with some lines replaced, and others at its end; all else stays byte for byte.

    replaced: {line, int, 1-based: str, or None to remove it}. added: [str].
    """
    found = text.split("\n")
    ending = "\r" if found[0].endswith("\r") else ""
    if added and found[-1]:
        found.append("")
    for number, line in replaced.items():
        found[number - 1] = None if line is None else line + ("\r" if found[number - 1].endswith("\r") else "")
    if added:
        found[-1:] = [line + ending for line in added] + [""]
    return "\n".join(line for line in found if line is not None)


def device_rule(name=None):
    """Return the rule (str) by which udev names the clock of Hyper-V; name: str, the service that it starts then, or None."""
    start = f', TAG+="systemd", ENV{{SYSTEMD_WANTS}}+="{name}.service"' if name else ""
    return (
        "# The clock of Hyper-V, whatever its number, and chrony as soon as it is there\n"
        f'SUBSYSTEM=="ptp", ACTION!="remove", ATTR{{clock_name}}=="hyperv", SYMLINK+="ptp_hyperv"{start}\n'
    )


#: systemd skips chrony, which would fail.
DROP_IN = (
    "# Without the clock of Hyper-V, which chrony.conf names, chronyd would end with an error: udev starts it when the clock appears.\n"
    f"[Unit]\nConditionPathExists={DEVICE}\n"
)


def _read(tree, path, including, found, files):
    """Append the lines of a file, and of those that it names, to found ([ChronyLine]); files: [str], those that were read or looked for."""
    if path in including or len(including) > MAX_DEPTH:
        raise ImagewrightError(
            f"cannot read {path}: {including[-1]} names it, and chronyd ends with files that include each other, or more than "
            f"{MAX_DEPTH} deep; remove one of the includes"
        )
    text = tree.read_text(path)
    _note(path, path, files, len(found) + text.count("\n"))
    for line in lines_of(path, text):
        found.append(line)
        if line.words[0].lower() in ("confdir", "include"):
            _note(path, line.text, files, len(found))
            for name in _named(tree, line.words):
                _read(tree, name, including + (path,), found, files)


def _note(path, name, files, count):
    """Append a name to files. Raises ImagewrightError: they, or the lines that were counted, are too many."""
    files.append(name)
    if len(files) > MOST_FILES or count > MOST_LINES:
        raise ImagewrightError(
            f"cannot read {path}: chrony's files are more than {MOST_FILES}, or have more than {MOST_LINES} lines; look whether they are damaged"
        )


def _named(tree, words):
    """Return the paths ([str]) of the files that a confdir or include brings in."""
    if words[0].lower() == "confdir":
        return _in_folders(tree, words[1:], ".conf")
    return [path for path in tree.glob("/" + " ".join(words[1:])) if tree.is_file(path)]


def _in_folders(tree, folders, suffix):
    """Return the paths ([str]) of the files in some directories by name; of those with one name only the first directory's."""
    first = {}
    for folder in reversed(folders):
        for path in tree.glob(f"/{folder}/*{suffix}"):
            first[posixpath.basename(path)] = path
    return [path for _name, path in sorted(first.items()) if tree.is_file(path)]
