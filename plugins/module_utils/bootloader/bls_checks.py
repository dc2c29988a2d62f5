# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps the parameters of an entry of the Boot Loader Specification from being set as they are meant.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls_entry, grub_script
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline


def check_kernelopts(path, entry, environment):
    """Raise ImagewrightError when an entry takes all from $kernelopts and nothing sets that."""
    if bls_entry.KERNELOPTS in kernel_cmdline.split(entry.cmdline) and "kernelopts" not in environment:
        raise ImagewrightError(
            f"cannot set the parameters in {path}: it takes them from $kernelopts, which neither grubenv nor grub.cfg sets, "
            'so that not even root= reaches the kernel; set it by `grub2-editenv - set kernelopts="root=..."`, '
            "or run grub2-mkconfig"
        )


def check_options(path, text):
    """Raise ImagewrightError when an options line ends with a backslash: the specification knows no continued lines."""
    for line, value in bls_entry.numbered(text, "options"):
        if value.endswith("\\"):
            raise ImagewrightError(
                f"cannot set the parameters in {path} line {line}: it ends with a backslash, which continues no line of such an "
                f"entry but is handed to the kernel: {value!r}; write all options into one line, or as several `options` lines"
            )


def check_ends(path, text):
    """Raise ImagewrightError when GRUB would end the kernel's line in the midst of the options."""
    for line, value in bls_entry.numbered(text, "options")[:1]:
        end = grub_script.ending(value)
        if end is not None:
            raise ImagewrightError(
                f"cannot set the parameters in {path} line {line}: to GRUB the unquoted {value[end]!r} ends the kernel's "
                f"parameters, in {value!r}; put double quotes around that parameter, or take it out"
            )


def check_expressible(wanted):
    """Raise ImagewrightError when GRUB would not hand a wanted parameter to the kernel as it is meant."""
    for parameter in wanted.present:
        found = [character for character in "$\\'" if character in parameter]
        if found:
            raise ImagewrightError(
                f"cannot set {parameter!r} in Boot Loader Specification entries that GRUB reads: to GRUB its {found[0]} is a "
                "character of its own, and no way to write it suits both GRUB and other loaders; leave it out"
            )
