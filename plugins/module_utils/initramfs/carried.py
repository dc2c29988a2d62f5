# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an initramfs carries over from the machine that it was built on, though the guest itself has it no longer.

Source: hooks/resume and hooks/udev of initramfs-tools; modules.d/95resume and 95udev-rules of dracut.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive, uki
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import modprobe

#: Something of the old machine in an image. kind: one of KINDS; member: str, the file in the image; text: str, what it says.
Carried = collections.namedtuple("Carried", "kind member text")

#: A device from which a suspended system is woken up; a name that a card gets by its MAC address; a ban of a module that the guest has lifted.
RESUME, NETWORK_NAMES, BANS = "resume", "network_names", "bans"
KINDS = (BANS, NETWORK_NAMES, RESUME)

#: Where an image keeps the device: initramfs-tools in conf/conf.d and conf/param.conf, dracut in etc/cmdline.d.
_RESUME_MEMBER = re.compile(r"(conf/conf\.d/[^/]+|conf/param\.conf|etc/cmdline\.d/[^/]+)$")
_RESUME_SETTING = re.compile(r"^\s*(?:export\s+)?(?:RESUME|resume)=[\"']?([^\s\"']+)", re.MULTILINE)
_NO_DEVICE = ("none", "NONE", "auto")

_BANS_MEMBER = re.compile(r"(?:etc|(?:usr/)?lib)/modprobe\.d/[^/]+\.conf$")

#: The administrator's and the machine's own files on the names of cards; those of packages are below lib and usr/lib.
_NAMES_MEMBER = re.compile(r"etc/(udev/rules\.d/[^/]+\.rules|systemd/network/[^/]+\.link)$")
_NAMES_BY_ADDRESS = (
    re.compile(r"^[^#\n]*ATTRS?\{address\}==[^#\n]*\bNAME:?=.*$", re.MULTILINE),
    re.compile(r"^\s*(?:Permanent)?MACAddress\s*=\s*\S.*$", re.MULTILINE),
)


def carried(tree, image, kinds, modules=()):
    """Return what the image (guest path) carries over of the kinds ([str], of KINDS) as [Carried].

    modules: [str], those of which a ban counts. The name of a card counts when the guest's root has no such file, and a ban when its own
    modprobe.d has none of this module: a new image would be without it.
    Raises CorruptImage: the image is damaged. Raises CannotVerify: nothing here can read it.
    """

    def keep(name):
        return (
            (RESUME in kinds and _RESUME_MEMBER.match(name))
            or (NETWORK_NAMES in kinds and _NAMES_MEMBER.match(name))
            or (BANS in kinds and _BANS_MEMBER.match(name))
        )

    found = collections.OrderedDict()
    with tree.open(image) as stream:
        for member in archive.list_members(initramfs_of(stream, image), image, keep):
            if member.content is not None and keep(member.name):
                found[member.name] = member.content.decode("utf-8", "surrogateescape")
    allowed = [module for module in modules if not modprobe.bans(tree, module)] if BANS in kinds else []
    return [item for name, text in found.items() for item in _of_member(tree, name, text, allowed)]


def sentence(items):
    """Return what is carried over (str), for a person."""
    return ", ".join(f"{item.text} ({item.member})" for item in items)


def names_by_address(text):
    """Return the lines ([str]) of a rule of udev or a .link file that name a card by its MAC address."""
    return [match.group(0).strip() for pattern in _NAMES_BY_ADDRESS for match in pattern.finditer(text)]


def initramfs_of(stream, path):
    """Return the binary stream of the initramfs: the file itself, or the section of a unified kernel image.

    Raises CorruptImage: it is a unified kernel image without one.
    """
    if not uki.is_uki(stream):
        return stream
    section = uki.section(stream, ".initrd", path)
    if section is None:
        raise CorruptImage(f"cannot read {path}: this unified kernel image has no section .initrd; build it with an initramfs")
    return section


def _of_member(tree, name, text, allowed):
    if _BANS_MEMBER.match(name):
        return [Carried(BANS, name, ban[2]) for module in allowed for ban in modprobe.banning_lines(text, module)]
    if _RESUME_MEMBER.match(name):
        return [Carried(RESUME, name, f"RESUME={device}") for device in _RESUME_SETTING.findall(text) if device not in _NO_DEVICE]
    if tree.exists("/" + name):
        return []
    lines = names_by_address(text)
    return [Carried(NETWORK_NAMES, name, lines[0])] if lines else []
