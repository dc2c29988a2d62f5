# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module initrd_modules: put drivers into the initramfs of every kernel, and prove it.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import carried, generators, replace, survey
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.kernels import installed_kernels, version_key


#: A kernel whose image is rebuilt. state: survey.ImageState; target: guest path of the image; backup: guest path of the old one's copy
#: or None; idle: bool, a boot entry starts this kernel without an initramfs, so that the image is not booted yet.
Rebuild = collections.namedtuple("Rebuild", "state target backup idle")

ARGUMENTS = {
    "modules": {"type": "list", "elements": "str", "required": True},
    "optional": {"type": "list", "elements": "str", "default": []},
    "left_out": {"type": "list", "elements": "str", "default": [], "choices": list(carried.KINDS)},
    "kernels": {"type": "list", "elements": "str", "default": ["all"]},
    "rescue": {"type": "bool", "default": False},
    "generator": {
        "type": "str",
        "default": "auto",
        "choices": ["auto", "dracut", "initramfs-tools", "mkinitcpio", "mkinitfs", "mkinitrd-redhat", "mkinitrd-suse"],
    },
    "rebuild": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": True},
    "backup_dir": {"type": "path", "default": replace.BACKUP_DIRECTORY},
    "root": {"type": "path", "default": "/"},
}


def run(module):
    """Return the module's result after the images were brought to the state asked for."""
    parameters = module.params
    if not parameters["backup_dir"].startswith("/"):
        raise ImagewrightError(f"cannot keep images in backup_dir {parameters['backup_dir']!r}: it is no absolute path of the guest; begin it with /")
    tree = LiveTree(parameters["root"])
    if not parameters["modules"] and parameters["left_out"] and not installed_kernels(tree):
        return {"changed": False, "backup_files": [], "kernels": [], "generator": None, "config_file": None}
    required = survey.module_names(parameters["modules"]) if parameters["modules"] or not parameters["left_out"] else []
    optional = [name for name in survey.module_names(parameters["optional"]) if name not in required] if parameters["optional"] else []
    states = [survey.without(survey.state_of(tree, kernel, required + optional), optional) for kernel in survey.select_kernels(tree, parameters["kernels"])]
    survey.check_available(tree, states)
    names = required + [name for name in optional if any(name in state.verdict.present + state.verdict.missing for state in states)]
    items = [_carried(module, tree, state, parameters["left_out"], names) for state in states]
    generator = _generator(tree, parameters["generator"], states, items)
    rebuilds = plan(tree, generator, states, items, names, parameters) if parameters["rebuild"] else []
    planned = generator.config_edits(tree, names) if generator and names else []

    copies = []

    def activate():
        copies.extend(_rebuild(tree, generator, [rebuild.state.kernel for rebuild in rebuilds], names, parameters))

    result = edits.apply(module, tree, planned, parameters["backup"], activate=activate if rebuilds else None)
    # what was asked for is done: nothing that goes wrong from here on is a failure of it
    try:
        if copies:
            replace.remove_old_backups(tree, parameters["backup_dir"], copies, tree.listdir("/lib/modules"))
        for warning in _warnings(tree, generator, states, rebuilds, names):
            module.warn(warning)
    except ImagewrightError as error:
        module.warn(f"the images are as they should be; besides, {error}")
    result.update(
        kernels=_reports(states, items, names, rebuilds),
        generator=generator.NAME if generator else None,
        config_file=generator.config_file(tree) if generator else None,
    )
    return result


def plan(tree, generator, states, items, names, parameters):
    """Return the Rebuilds of the images that lack modules or carry over ([Carried] for each state) what is to be left out.

    Raises ImagewrightError: one of them cannot be rebuilt.
    """
    rebuilds = []
    for state, carries in zip(states, items):
        if not (state.verdict.missing or carries) or state.kernel.kind == "rescue" and not parameters["rescue"]:
            continue
        survey.check_rebuildable(state, carried.sentence(carries))
        target = generator.target(tree, state.kernel)
        if carries or survey.lacks_modules(tree, state, target, names):
            backup = None
            if parameters["backup"] and tree.is_file(target):
                backup = replace.backup_path(tree, state.kernel.version, target, parameters["backup_dir"])
            rebuilds.append(Rebuild(state, target, backup, survey.is_started_without_image(tree, state.kernel)))
    return rebuilds


def _carried(module, tree, state, left_out, names):
    """Return what the image of a kernel carries over ([Carried]) of left_out; a damaged one is told by its state."""
    image = state.kernel.image
    if not left_out or state.problem or image is None or not tree.is_file(image):
        return []
    try:
        return carried.carried(tree, image, left_out, names)
    except CannotVerify as error:
        module.warn(f"whether {image} carries over what is to be left out is not known: {error}")
        return []


def _reports(states, items, names, rebuilds):
    """Return the result's ``kernels``, normal ones first, by version."""
    rebuilt = [rebuild.state for rebuild in rebuilds]
    reports = [survey.report(state, names, state.kernel.image, False, False, None) for state in states if state not in rebuilt]
    reports += [
        survey.report(rebuild.state, names, rebuild.state.kernel.image or rebuild.target, not rebuild.idle, True, rebuild.backup) for rebuild in rebuilds
    ]
    lines = {(state.kernel.version, state.kernel.image): [carried.sentence([item]) for item in carries] for state, carries in zip(states, items)}
    for report in reports:
        report["carried"] = lines.get((report["version"], report["image"]), [])
    return sorted(reports, key=lambda report: (report["kind"], version_key(report["version"]), report["image"] or ""))


def _warnings(tree, generator, states, rebuilds, names):
    """Yield what the user must know besides the result."""
    rebuilt = [rebuild.state for rebuild in rebuilds]
    for obstacle in generators.obstacles(generator, tree, names) if generator else []:
        yield f"the next kernel's initramfs may lack drivers, which are kept out by {obstacle}; take them out of that line"
    for state in states:
        kernel, missing = state.kernel, ", ".join(state.verdict.missing)
        if kernel.kind == "rescue" and missing and state not in rebuilt:
            yield f"the rescue image {kernel.image} lacks {missing}; set rescue: true to rebuild it"
        if missing and survey.is_started_without_image(tree, kernel):
            yield (
                f"a boot entry starts kernel {kernel.version} without an initramfs, and so without {missing}; regenerate the boot loader's "
                f"configuration, so that it loads {generator.target(tree, kernel)}"
            )


def _generator(tree, name, states, items):
    """Return the generator, or None when there is none and none is needed: all drivers are built in, now and in the next kernel."""
    needed = any(items) or any(state.verdict.missing or state.verdict.present for state in states)
    if name == "auto" and not needed and not generators.installed(tree):
        return None
    return generators.choose(tree, name, [state.kernel for state in states])


def _rebuild(tree, generator, kernels, names, parameters):
    """Rebuild the images and return the copies ([guest path]) of the old ones that stay."""
    backup_dir = parameters["backup_dir"] if parameters["backup"] else None
    replaced = replace.rebuild_all(tree, generator, kernels, names, backup_dir, parameters["left_out"])
    return [done.kept for done in replaced if done.kept]
