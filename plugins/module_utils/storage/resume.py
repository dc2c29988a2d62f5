# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an initramfs looks for the image of a suspended system in swap, and how it stops doing so.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive

INITRAMFS_TOOLS = "/etc/initramfs-tools/conf.d/resume"
DRACUT = "/etc/dracut.conf.d/azure-no-resume.conf"

#: Where an image keeps it: initramfs-tools in conf/conf.d and conf/param.conf, dracut in etc/cmdline.d.
_MEMBER = re.compile(r"(conf/conf\.d/[^/]+|conf/param\.conf|etc/cmdline\.d/[^/]+)$")
_SETTING = re.compile(r"^\s*(?:export\s+)?(?:RESUME|resume)=[\"']?([^\s\"']+)", re.MULTILINE)


def edits_of(tree):
    """Return the Edits ([edits.Edit]) after which a new initramfs looks for no suspended system."""
    wanted = []
    if tree.is_dir("/etc/initramfs-tools"):
        wanted.append((INITRAMFS_TOOLS, "RESUME=none\n"))
    if tree.is_dir("/etc/dracut.conf.d") and (tree.exists("/usr/bin/dracut") or tree.exists("/sbin/dracut")):
        wanted.append((DRACUT, 'omit_dracutmodules+=" resume "\n'))
    planned = [edits.Edit(path, edits.read(tree, path), text) for path, text in wanted]
    return [edit for edit in planned if edit.before != edit.after]


def resumes(tree, image):
    """Return whether the initramfs image (guest path or None) names a device to resume from; an unreadable one may.

    Source: hooks/resume of initramfs-tools, modules.d/95resume of dracut.
    """
    if image is None or not tree.is_file(image):
        return False
    try:
        with tree.open(image) as stream:
            members = list(archive.list_members(stream, image, keep=_MEMBER.match))
    except ImagewrightError:
        return True
    found = [value for member in members if member.content and _MEMBER.match(member.name)
             for value in _SETTING.findall(member.content.decode("utf-8", "replace"))]
    return any(value not in ("none", "NONE", "auto") for value in found)
