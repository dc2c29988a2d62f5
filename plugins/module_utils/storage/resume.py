# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an initramfs stops to look for the image of a suspended system in swap.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import dracut

INITRAMFS_TOOLS = "/etc/initramfs-tools/conf.d/resume"
DRACUT = "/etc/dracut.conf.d/azure-no-resume.conf"


def edits_of(tree):
    """Return the Edits ([edits.Edit]) after which a new initramfs looks for no suspended system."""
    wanted = []
    if tree.is_dir("/etc/initramfs-tools"):
        wanted.append((INITRAMFS_TOOLS, "RESUME=none\n"))
    if dracut.is_installed(tree):
        wanted.append((DRACUT, 'omit_dracutmodules+=" resume "\n'))
    planned = [edits.Edit(path, edits.read(tree, path), text) for path, text in wanted]
    return [edit for edit in planned if edit.before != edit.after]
