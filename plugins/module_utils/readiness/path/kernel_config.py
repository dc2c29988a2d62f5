# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel: it is built with what its initramfs and systemd need, as its own configuration says.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import compression
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import KERNEL

#: Symbols without which systemd does not start, or no program does. Source: systemd README, "REQUIREMENTS".
_NEEDED = (
    "BINFMT_ELF",
    "CGROUPS",
    "DEVTMPFS",
    "EPOLL",
    "FHANDLE",
    "INET",
    "INOTIFY_USER",
    "NET",
    "PROC_FS",
    "SIGNALFD",
    "SYSFS",
    "TIMERFD",
    "TMPFS",
    "UNIX",
)
#: {compression of an initramfs: the symbol that unpacks it}. Source: Linux usr/Kconfig.
_UNPACKING = {
    "gzip": "RD_GZIP",
    "bzip2": "RD_BZIP2",
    "lzma": "RD_LZMA",
    "xz": "RD_XZ",
    "lzo": "RD_LZO",
    "lz4": "RD_LZ4",
    "zstd": "RD_ZSTD",
}


@rule(
    "R62b",
    step=KERNEL,
    severity=ERROR,
    title="Every kernel is built with what the boot needs",
    fault="A kernel is built without what the boot needs",
    why="A kernel of one's own that lacks the unpacking of its initramfs, or what systemd is written for, ends in a panic or before the first service.",
    cure="Build the kernel with the option, pack the initramfs in another way, or start the distribution's kernel.",
    source="systemd README; Linux usr/Kconfig, init/Kconfig",
)
def has_what_the_boot_needs(context):
    """Return failed with each symbol that a kernel's configuration names as not set; a warning when none of them starts by itself."""
    entries = started_entries(context)
    started = {context.tree.resolve(entry.kernel): entry for entry in entries if entry.kernel}
    wrong, others, seen = [], [], False
    for kernel in kernels.installed_kernels(context.tree):
        path = next((each for each in drivers.configurations(context.tree, kernel.version) if context.tree.is_file(each)), None)
        if kernel.kind != "normal" or path is None:
            continue
        seen = True
        entry = started.get(context.tree.resolve(kernel.vmlinuz))
        wanted = _NEEDED + tuple(_of_initramfs(context, entry) if entry is not None else [])
        symbols = re.compile(rf"# CONFIG_({'|'.join(wanted)}) is not set\s*$")
        found = [Evidence(place.path, place.line, f"{place.text}: kernel {kernel.version}") for place in context.find([path], symbols.match)]
        (wrong if entry is not None or not started else others).extend(found)
    return failed_if(wrong + others, severity=ERROR if wrong else WARNING) if seen else not_applicable("no kernel has its configuration beside it")


def _of_initramfs(context, entry):
    """Return the symbols ([str]) that the initramfs images of an entry need."""
    starts = [context.tree.read_bytes(path, 16) for path in entry.initrds if context.tree.is_file(path)]
    return ["BLK_DEV_INITRD"] * bool(starts) + [_UNPACKING[name] for name in map(compression.detect, starts) if name in _UNPACKING]


RULES = [has_what_the_boot_needs]
