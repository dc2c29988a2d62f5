# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root: the C library and the loader of programs, which are one package, are of one release.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import glibc, programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import ROOT

_PROGRAMS = ("/sbin/init", "/bin/sh")


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
        library = libraries.place_of(glibc.LIBRARY, path, program) if loader and tree.is_file(loader) else None
        if library:
            pairs.setdefault(tree.resolve(library), (library, loader))
    releases = [(library, glibc.release(tree, library), loader, glibc.release(tree, loader)) for library, loader in pairs.values()]
    known = [each for each in releases if each[1] and each[3]]
    if not known:
        return not_applicable("their releases are not known here")
    return failed_if(Evidence(library, None, f"is of glibc {one}, and {loader} of {other}") for library, one, loader, other in known if one != other)


RULES = [libc_fits_loader]
