# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where entries of the Boot Loader Specification lie, which come first, and the variables of GRUB that they refer to.

Source: UAPI.1 Boot Loader Specification; Red Hat's grub-core/commands/blscfg.c.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls_entry, grubenv, kernel_install, menu_places, reading
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline

GRUBENV = ("/boot/grub2/grubenv", "/boot/grub/grubenv", "/boot/efi/EFI/*/grubenv")
GRUB_CFG = ("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg", "/boot/efi/EFI/*/grub.cfg")
#: The lines that stand in for a lost grubenv (kernelopts) and for an entry without options (default_kernelopts).
#: Source: rhboot/grub2, util/grub.d/10_linux.in of Fedora 30 and of version 8; blscfg.c.
FALLBACK = re.compile(r'^([ \t]*set ((?:default_)?kernelopts)=")((?:[^"\\$\n]|\\.)*)("[ \t]*\r?)$', re.MULTILINE)
_BLSCFG = re.compile(r"^[ \t]*blscfg\b", re.MULTILINE)
#: Where systemd-boot, and zipl, have their files.
_OTHER_READERS = (
    "/boot/loader/loader.conf",
    "/boot/efi/loader/loader.conf",
    "/efi/loader/loader.conf",
    "/boot/efi/EFI/systemd",
    "/efi/EFI/systemd",
    "/boot/EFI/systemd",
)
KERNELOPTS = ("kernelopts", "default_kernelopts")


def entry_paths(tree):
    """Return the paths ([str]) of the entries, each once, the newest version first."""
    found = collections.OrderedDict()
    for pattern in menu_places.BLS:
        for path in sorted(tree.glob(pattern), key=_version, reverse=True):
            if tree.is_file(path):
                found.setdefault(tree.resolve(path), path)
    return list(found.values())


def version_key(text):
    """Return a key that sorts texts with runs of digits as numbers."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|\D+", text)]


def _version(path):
    """Return a sort key that counts runs of digits as numbers: ...-5.14.0-70 before ...-5.14.0-162."""
    return version_key(posixpath.basename(path))


def uses_kernelopts(tree):
    """Return whether an entry takes its parameters from $kernelopts, or has no options of its own."""
    return any(
        bls_entry.KERNELOPTS in kernel_cmdline.split(bls_entry.options(reading.text(tree, path)) or "") or bls_entry.options(reading.text(tree, path)) is None
        for path in entry_paths(tree)
    )


def is_read_by_grub(tree):
    """Return whether GRUB reads the entries: a grub.cfg has the command blscfg."""
    return any(_BLSCFG.search(text) for text in reading.texts(tree, GRUB_CFG).values())


def not_read(tree):
    """Return the Place of the menu of GRUB that ought to read the entries below /boot and does not, or is not there; None where something may read them.

    Entries on the EFI system partition are systemd-boot's, or of a GRUB that finds them by itself.
    """
    paths = entry_paths(tree)
    if not paths or not all(path.startswith("/boot/loader/") for path in paths) or is_read_by_grub(tree) or any(map(tree.exists, _OTHER_READERS)):
        return None
    folder = next((folder for folder in ("/boot/grub2", "/boot/grub") if tree.is_dir(folder)), None)
    if folder is None or not tree.is_file(kernel_install.DEFAULTS):
        return None
    path = f"{folder}/grub.cfg"
    said = (
        "has no command blscfg, with which GRUB reads the entries below /boot/loader"
        if tree.is_file(path)
        else "is not there, and GRUB reads no entries without it"
    )
    return Place(path, None, said)


def environment(tree):
    """Return GRUB's variables ({name: value}) that entries may refer to: grubenv's, and what grub.cfg sets."""
    found, fallbacks, menus = {}, {}, reading.texts(tree, GRUB_CFG)
    for text in menus.values():
        fallbacks.update((match.group(2), plain(match.group(3))) for match in FALLBACK.finditer(text))
    beside = {posixpath.dirname(path) for path, text in menus.items() if _BLSCFG.search(text)}
    # a menu loads the one beside it; what lies elsewhere counts where nothing else does
    for _path, text in sorted(reading.texts(tree, GRUBENV).items(), key=lambda item: posixpath.dirname(item[0]) in beside):
        found.update({name: value for name, value in grubenv.loaded(text).items() if name in KERNELOPTS + ("tuned_params",)})
    known = dict({"tuned_params": ""}, **dict(fallbacks, **found))
    if "default_kernelopts" in fallbacks:  # grub.cfg sets it whatever grubenv says
        known["default_kernelopts"] = fallbacks["default_kernelopts"]
    return known


def plain(text):
    """Return what GRUB reads of a text between double quotes."""
    return re.sub(r'\\(["\\$])', r"\1", text)
