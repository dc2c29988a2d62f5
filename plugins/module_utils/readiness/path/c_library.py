# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root: the C library and the loader of programs, which are one package, are of one release.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf, programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import ROOT

_PROGRAMS = ("/sbin/init", "/bin/sh")
_LIBC = "libc.so.6"
#: What `--version` of both prints; the loader has it since glibc 2.33, and before that both have the release in the name that theirs leads to.
_SAID = re.compile(rb"(?:GNU C Library|ld\.so) \([^\0()]{1,80}\) \w{1,20} release version (\d{1,2}\.\d{1,3})")
_NAMED = re.compile(r"-(\d+\.\d+)\.so$")
_LARGEST = 8 * 1024 * 1024  # bytes


@rule(
    "R68k",
    step=ROOT,
    severity=ERROR,
    title="The C library and the loader of programs are of one release",
    fault="The C library and the loader of programs are of two releases",
    why="They know each other's inside: with a file of another release no program starts, init first (`undefined symbol: ..., version GLIBC_PRIVATE`, or "
    "`stack smashing detected`), and the kernel panics.",
    cure="Install the package of the C library again (libc6, glibc), in a chroot of the guest with a static shell or from its package files.",
    source="glibc elf/rtld.c, csu/version.c; tried with those of 2.36 and 2.41",
)
def libc_fits_loader(context):
    """Return failed with the C library of init, or of the shell, when it says that it is of another release than their loader."""
    tree = context.tree
    libraries, pairs = Libraries(tree, programs.inspect_file), {}
    for path in [path for path in _PROGRAMS if tree.is_file(path)]:
        program = libraries.look(path).elf
        loader = program.interpreter if program else None
        library = libraries.place_of(_LIBC, path, program) if loader and tree.is_file(loader) else None
        if library:
            pairs.setdefault(tree.resolve(library), (library, loader))
    releases = [(library, _release(tree, library), loader, _release(tree, loader)) for library, loader in pairs.values()]
    known = [each for each in releases if each[1] and each[3]]
    if not known:
        return not_applicable("their releases are not known here")
    return failed_if(Evidence(library, None, f"is of glibc {one}, and {loader} of {other}") for library, one, loader, other in known if one != other)


def _release(tree, path):
    """Return the release (str, ``2.36``) of glibc that a file is of, "" when it does not say so."""
    said = _SAID.search(_constants(tree, path))
    named = _NAMED.search(posixpath.basename(tree.resolve(path)))
    return said.group(1).decode("ascii") if said else named.group(1) if named else ""


def _constants(tree, path):
    """Return the constants (bytes) of an ELF file, all of it where it has no table of sections; the whole C library would be much to read."""
    status = tree.stat(path)
    with tree.open(path) as stream:
        try:
            offset, length = next((section.offset, section.length) for section in elf.sections(stream, status.size) if section.name == ".rodata")
        except (ValueError, StopIteration):
            offset, length = 0, status.size
        stream.seek(offset)
        return stream.read(min(length, _LARGEST))


RULES = [libc_fits_loader]
