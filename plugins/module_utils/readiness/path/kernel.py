# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel: the file that the started entry names, whole and for this processor, and its modules.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls, systemd_boot, unified
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, image_file, kernels, modprobe, module_index
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.drivers import modules_directory
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, failed_if, passed, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import KERNEL

_SMALLEST = 64 * 1024  # bytes

#: A kernel's file as an entry names it. file: image_file.KernelFile, None with the error (ImagewrightError) that kept it from being read.
_Examined = collections.namedtuple("_Examined", "path file error")


def _examined(context):
    """Return the [_Examined] of every file that a boot entry starts and that has any content, each once."""
    found, tree = {}, context.tree
    for entry in [entry for entry in context.shared(boot_entries) if entry.kind != "other"] + started_entries(context):
        if not entry.kernel or entry.kernel in found:
            continue
        status = tree.stat(entry.kernel)
        if status is None or not status.size:
            continue  # told by R14d
        try:
            file = image_file.examine(tree, entry.kernel)
            if entry.loader == unified.NAME and not file.problem and not unified.has_kernel(tree, entry.kernel):
                file = file._replace(problem="there is no kernel in this unified kernel image (its section .linux)")
            if entry.loader == bls.NAME and not file.problem and systemd_boot.is_fallback(tree) and not _has_stub(tree, entry.kernel):
                file = file._replace(problem="it is no EFI program, and systemd-boot starts no other: it has no EFI stub, or is packed without one")
            found[entry.kernel] = _Examined(entry.kernel, file, None)
        except ImagewrightError as error:
            found[entry.kernel] = _Examined(entry.kernel, None, error)
    return list(found.values())


def _has_stub(tree, path):
    """Return whether a kernel begins as an EFI program; what is shorter than any stands for one in trees that have none."""
    return tree.stat(path).size < _SMALLEST or tree.read_bytes(path, 2) == b"MZ"


def _severity(context, paths):
    """Return ERROR when one of the paths ([str]) is of a kernel that starts by itself, else WARNING."""
    started = {context.tree.resolve(entry.kernel) for entry in started_entries(context)}
    return ERROR if not started or started.intersection(map(context.tree.resolve, paths)) else WARNING


@rule(
    "R60",
    step=KERNEL,
    severity=ERROR,
    title="Every kernel's file is whole",
    fault="A kernel's file is cut off or damaged, or no kernel",
    why="A boot loader loads what is there and starts it: the machine hangs or resets without a word.",
    cure="Install the kernel's package again.",
    source="Linux Documentation/arch/x86/boot.rst; Microsoft PE Format; UAPI group's Boot Loader Specification, linux",
)
def file_is_whole(context):
    """Return failed with each kernel that is shorter than its own header says, or is a text or zeros; a warning when none of them starts by itself."""
    examined = context.facts(_examined)
    broken = [found for found in examined if found.file is not None and found.file.problem]
    if broken:
        return failed([Evidence(found.path, None, found.file.problem) for found in broken], severity=_severity(context, [found.path for found in broken]))
    unreadable = [Evidence(found.path, None, str(found.error)) for found in examined if found.error is not None]
    return unknown(unreadable[0].text, unreadable) if unreadable else passed()


@rule(
    "R61",
    step=KERNEL,
    severity=ERROR,
    title="Every kernel is for the guest's processor",
    fault="A kernel is for another processor than the guest's programs",
    why="A kernel of another processor does not start; a 32-bit kernel cannot start 64-bit programs.",
    cure="Install the kernel of the guest's architecture and remove this one.",
    source="Linux Documentation/arch/x86/boot.rst, xloadflags; Microsoft PE Format, Machine",
)
def right_processor(context):
    """Return failed with each kernel whose header names another machine; a warning when none of them starts by itself."""
    machine = context.shared(architecture)[0]
    if machine not in ("x86_64", "aarch64"):
        return passed("the guest's own architecture is told by R16")
    wrong = [found for found in context.facts(_examined) if found.file is not None and found.file.machine not in ("", machine)]
    return failed_if(
        [Evidence(found.path, None, f"a kernel for {found.file.machine}, and the guest is {machine}") for found in wrong],
        severity=_severity(context, [found.path for found in wrong]),
    )


@rule(
    "R62",
    step=KERNEL,
    severity=ERROR,
    title="Every kernel has its modules and their indices",
    fault="A kernel's modules, or an index of them, are gone or damaged",
    why="Without them no driver is loaded once the root is mounted: no network, no DVD drive, no FAT.",
    cure="Install the package with this kernel's modules again, and run depmod VERSION; or remove the kernel and its entry.",
    source="depmod(8); kmod libkmod-index",
)
def modules_are_there(context):
    """Return failed with each kernel whose modules directory, or an index in it, is not there or damaged; a warning when none of them starts by itself."""
    found = []
    for kernel in [each for each in kernels.installed_kernels(context.tree) if each.kind == "normal"]:
        path = _missing(context, kernel)
        wrong = [(path, "is not there, or empty")] if path else _damaged(context.tree, kernel)
        found += [(kernel, Evidence(place, None, f"{cause} (kernel {kernel.version}, {kernel.vmlinuz})")) for place, cause in wrong]
    return failed_if([place for _kernel, place in found], severity=_severity(context, [kernel.vmlinuz for kernel, _place in found]))


def _damaged(tree, kernel):
    """Return [(path, what is wrong with it)] of the indices by which kmod's modprobe does not find the modules that modules.dep has."""
    folder = modules_directory(tree, kernel.version)
    if not tree.has_own_root or not modprobe.is_kmod(tree) or not _has_files(tree, folder):
        return []
    index = drivers.index(tree, kernel.version)
    names = [name for name in modprobe.NEEDED if name in index]
    asked = [(posixpath.join(folder, "modules.dep.bin"), names), (posixpath.join(folder, "modules.alias.bin"), [])]
    found = [(path, module_index.problem(tree, path, keys)) for path, keys in asked if tree.is_file(path)]
    return [(path, cause) for path, cause in found if cause]


def _missing(context, kernel):
    """Return the path (str) that a kernel's modules lack, "" when all is there or the kernel is built without modules."""
    folder = modules_directory(context.tree, kernel.version)
    if context.tree.is_dir(folder):
        status = context.tree.stat(posixpath.join(folder, "modules.dep"))
        if status is not None and (status.size or not _has_files(context.tree, folder)):
            return _missing_index(context.tree, folder)
        if status is not None or _has_files(context.tree, folder):
            return posixpath.join(folder, "modules.dep")
    config = f"/boot/config-{kernel.version}"
    if context.tree.is_file(config) and not context.find([config], lambda text: re.match(r"CONFIG_MODULES=y", text)):
        return ""
    return folder


def _missing_index(tree, folder):
    """Return the path (str) of an index that kmod's modprobe needs and that is not there: it reads no list as text."""
    if not _has_files(tree, folder) or not modprobe.is_kmod(tree):
        return ""
    paths = [posixpath.join(folder, name) for name in ("modules.dep.bin", "modules.alias.bin")]
    return next((path for path in paths if not tree.is_file(path) or not tree.stat(path).size), "")


def _has_files(tree, folder):
    return bool(tree.listdir(posixpath.join(folder, "kernel"))) or bool(tree.listdir(posixpath.join(folder, "updates")))


RULES = [file_is_whole, right_processor, modules_are_there]
