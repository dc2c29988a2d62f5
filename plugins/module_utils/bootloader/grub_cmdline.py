# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module grub_cmdline: set and remove kernel parameters on every boot loader, for this boot and for the next kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import changing, discover, settings
from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.boot_entry import Options
from ansible_collections.imagewright.azure.plugins.module_utils.core import edits, errors
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline_changes

ARGUMENTS = {
    "present": {"type": "list", "elements": "str", "default": []},
    "absent": {"type": "list", "elements": "str", "default": []},
    "repeatable": {"type": "list", "elements": "str", "default": ["console", "earlycon"]},
    "recovery": {"type": "str", "choices": ["keep", "change"], "default": "change"},
    "rescue": {"type": "str", "choices": ["keep", "change"], "default": "change"},
    "settings": {"type": "dict", "default": {}},
    "bootloader": {"type": "str", "choices": ["auto", "grub2", "grub_legacy", "bls", "extlinux"], "default": "auto"},
    "regenerate": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def run(module):
    """Bring the guest's kernel command lines to the wanted state, and return the result."""
    params = module.params
    wanted = cmdline_changes.request(params["present"], params["absent"], params["repeatable"])
    options = Options(params["recovery"], params["rescue"], settings.checked(params["settings"]))
    tree = LiveTree(params["root"])
    loaders = discover.loaders(tree, params["bootloader"], refuse=True)
    if not loaders:
        raise errors.ImagewrightError(
            f"cannot set the kernel command line in {params['root']}: no boot loader was found there (GRUB 2, "
            "GRUB Legacy, Boot Loader Specification entries, EXTLINUX); install one, "
            "or mount the guest's /boot below its root"
        )
    if options.settings and not any(loader.NAME == "grub2" for loader in loaders):
        names = ", ".join(loader.NAME for loader in loaders)
        raise errors.ImagewrightError(
            f"cannot set {', '.join(options.settings)} by settings: they belong to GRUB 2 and the guest boots with {names}; leave settings out"
        )
    change = changing.plan(tree, loaders, wanted, options, params["regenerate"])
    entries = list(change.after)

    def activate():
        changing.regenerate(tree, change.generators)
        changing.renew(tree)
        entries[:] = changing.read_back(tree, loaders, wanted, options, params["regenerate"], change)

    has_work = any(edit.before != edit.after for edit in change.edits) or change.generators
    result = edits.apply(
        module, tree, change.edits, backup=params["backup"], activate=activate if has_work else None, generated=changing.touched(tree, change.generators)
    )
    for warning in change.warnings:
        module.warn(warning)
    result.update(
        bootloaders=[loader.NAME for loader in loaders],
        sources=change.sources,
        entries=changing.described(change.before, entries),
        next_kernel=change.next_kernel,
        regenerated=[generator.output for generator in change.generators],
    )
    return result
