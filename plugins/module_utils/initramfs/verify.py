# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a kernel is booted with the drivers that it needs: in it, or in its initramfs with all that they depend on.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.contents import read_contents
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

#: What became of the modules asked for, each name in one list, in the order asked for. present: in the image, with their dependencies;
#: built_in: in the kernel; missing: the kernel has them, the image does not; unavailable: the kernel has no such driver;
#: reason: str, why those in missing are missing, "" when none is.
Verification = collections.namedtuple("Verification", "present built_in missing unavailable reason")


def check_image(tree, kernel, modules):
    """Return the Verification on a kernel and its image.

    kernel: Kernel. modules: [str], names; ``-`` and ``_`` are the same.
    Raises CorruptImage: the image is cut off or damaged. Raises CannotVerify: nothing here can look into it,
    and the kernel has not all of the modules built in.
    """
    names = list(collections.OrderedDict.fromkeys(drivers.normalize(name) for name in modules))
    index = drivers.index(tree, kernel.version)
    built_in = drivers.built_in(tree, kernel.version)
    in_kernel = [name for name in names if name in built_in]
    unavailable = [name for name in names if kernel.has_modules and name not in built_in and name not in index]
    looked_for = [name for name in names if name not in in_kernel and name not in unavailable]
    if kernel.image is None:
        return _without_image(in_kernel, looked_for, unavailable, "no initramfs is loaded for this kernel")
    if not tree.is_file(kernel.image):
        return _without_image(in_kernel, looked_for, unavailable, f"there is no file {kernel.image}")
    try:
        contents = _read(tree, kernel, looked_for, index, index)
        if not index and contents.index:
            contents = _read(tree, kernel, looked_for, contents.index, {})
    except CannotVerify:
        if looked_for:
            raise
        return Verification([], in_kernel, [], unavailable, "")
    if not kernel.has_modules:
        in_kernel += [name for name in looked_for if name in contents.built_in]
        looked_for = [name for name in looked_for if name not in contents.built_in]
    reasons = [(name, _why_missing(name, contents, index, built_in | contents.built_in)) for name in looked_for]
    missing = [name for name, reason in reasons if reason]
    if missing and contents.nested:
        raise CannotVerify(
            f"cannot verify {kernel.image}: it keeps its drivers in the file system {contents.nested} inside;"
            ' build it without dracut\'s squash modules: omit_dracutmodules+=" squash squash-squashfs squash-erofs "'
        )
    return Verification(
        [name for name in looked_for if name not in missing], in_kernel, missing, unavailable, "; ".join(reason for _name, reason in reasons if reason)
    )


def _read(tree, kernel, looked_for, index, originals):
    """Return the Contents of the kernel's image with the modules looked for and all that they need by index."""
    wanted = set(looked_for).union(*[index[name].dependencies for name in looked_for if name in index])
    return read_contents(tree, kernel.image, kernel.version, wanted, {name: originals[name].path for name in wanted if name in originals})


def _without_image(in_kernel, looked_for, unavailable, reason):
    return Verification([], in_kernel, looked_for, unavailable, reason if looked_for else "")


def _why_missing(name, contents, index, built_in):
    """Return why a module, or one that it depends on, would not load from the image, or None when it would."""
    known = index or contents.index or {}
    if name not in contents.modules:
        return f"{name} is not in it"
    dependencies = known[name].dependencies if name in known else []
    for needed in [name] + [needed for needed in dependencies if needed not in built_in]:
        whose = needed if needed == name else f"{needed}, which {name} needs,"
        if needed not in contents.modules:
            return f"{whose} is not in it"
        if contents.modules[needed] is not None:
            return f"{whose} {contents.modules[needed]}"
        if contents.index is not None and needed not in contents.index:
            return f"{whose} is not in the image's own modules.dep"
    return None
