# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables with which the loader of the GNU C library starts no program: other libraries first, damaged ones before all, or a list in place of the program.

Source: ld.so(8); each tried with glibc 2.36. What LD_PRELOAD and LD_AUDIT name and is not there, or is no library, it passes over with a message, and a
library for another processor, or that one may not read, without one.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import Dict

from ansible_collections.imagewright.azure.plugins.module_utils.core import glibc, programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.libraries import Libraries
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: The variables that the loader reads and that may end a program.
NAMES = ("LD_LIBRARY_PATH", "LD_PRELOAD", "LD_TRACE_LOADED_OBJECTS", "LD_DEBUG")


def why_not(tree: Tree, path: str, environment: Dict[str, str]) -> str:
    """Return why a program that runs otherwise (guest path) does not with an environment ({name: value}), "" when nothing of it is in its way.

    Of a program that is linked statically, or with another C library than GNU's, nothing is told.
    """
    try:
        elf = programs.inspect_file(tree, path).elf if tree.is_file(path) else None
        if elf is None or elf.interpreter is None or "musl" in elf.interpreter or programs.why_not(tree, path):
            return ""
        if "LD_TRACE_LOADED_OBJECTS" in environment:
            return "the loader lists the libraries of each program, and does not start it"
        if "help" in re.split(r"[\s,:]+", environment.get("LD_DEBUG", "")):
            return "the loader lists its own words, and starts no program"
        libraries = Libraries(tree, programs.inspect_file, environment)
        found = [each for each in programs.obstacles(tree, path, libraries=libraries) if each.kind != programs.UNKNOWN]
        if found:
            return programs.sentence(found[0])
        library = libraries.place_of(glibc.LIBRARY, path, elf)
        releases = [glibc.release(tree, each) for each in (library, elf.interpreter) if each]
        is_other = len(releases) == 2 and all(releases) and releases[0] != releases[1]
        return f"{library} is of the release {releases[0]} of glibc, and the loader of {releases[1]}" if is_other else ""
    except ImagewrightError:  # a file of it cannot be read
        return ""
