# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel: what is compressed in its file can be unpacked, as it unpacks itself.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import packages
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import image_file, payload
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.packaged import compared_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_entries
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import KERNEL


@rule(
    "R60a",
    step=KERNEL,
    severity=ERROR,
    title="The kernel that starts can be unpacked",
    fault="The kernel that starts is damaged: it cannot be unpacked",
    why="A kernel unpacks itself: a part of it that is damaged ends the boot with a line on the screen (`System halted`), or without one.",
    cure="Install the kernel's package again.",
    source="Linux Documentation/arch/x86/boot.rst, payload_offset; drivers/firmware/efi/libstub/zboot-header.S",
    choice="Of each kernel that starts by itself. What is compressed in a way that nothing here can read passes, and the reason says so.",
)
def can_be_unpacked(context):
    """Return failed with each kernel that starts by itself and whose compressed part is damaged; what cannot be read here passes."""
    kernels = sorted({entry.kernel for entry in started_entries(context) if entry.kernel})
    if not kernels:
        return not_applicable("no boot loader that is known here starts this guest")
    damaged, unread = [], []
    for path in [path for path in kernels if not _is_as_packaged(context, path)]:
        status = context.tree.stat(path)
        if status is None or not status.size or image_file.examine(context.tree, path).problem:
            continue  # told by R14d and R60
        try:
            damaged += [Evidence(path, None, text) for text in [_problem(context.tree, path)] if text]
        except CannotVerify as error:
            unread.append(str(error))
    if damaged:
        return failed(damaged)
    return passed("; ".join(unread))


def _is_as_packaged(context, path):
    """Return whether the package of a kernel says that its file is whole, which another rule has read all of for that."""
    if not packages.is_there(context.tree):
        return False
    resolved = context.tree.resolve(path)
    answers = context.shared(compared_files).items()
    return any(answer.state == packages.SAME and context.tree.resolve(own) == resolved for own, answer in answers if own.startswith("/boot/"))


def _problem(tree, path):
    with tree.open(path) as stream:
        found = payload.payload(stream)
        return payload.problem(stream, found, path) if found is not None else ""


RULES = [can_be_unpacked]
