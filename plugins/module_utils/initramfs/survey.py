# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kernel of a guest has of the modules asked for, and what is in the way of giving it the rest.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.entries import boot_entries
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.verify import check_image
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.kernels import installed_kernels

#: kernel: Kernel; verdict: Verdict on it; problem: str, what is wrong with the image as a whole, "" when it is whole.
ImageState = collections.namedtuple("ImageState", "kernel verdict problem")

#: Names of drivers that people write for names of modules.
_OTHER_NAMES = {
    "hv_pci": "pci_hyperv",
    "vmbus": "hv_vmbus",
    "storvsc": "hv_storvsc",
    "netvsc": "hv_netvsc",
    "hid_hyperv_mouse": "hid_hyperv",
    "hv_keyboard": "hyperv_keyboard",
}


def module_names(requested):
    """Return the names ([str]) of modules, ``-`` as ``_``, each once.

    Raises ImagewrightError: there is none, or one is not the name of a module.
    """
    for name in requested:
        if not re.match(r"^[A-Za-z0-9_-]+$", name):
            raise ImagewrightError(f"cannot take {name!r} for a module: give its name alone, e.g. hv_storvsc, without path, .ko or parameters")
    if not requested:
        raise ImagewrightError("cannot put modules into the initramfs: `modules` is empty; name at least one, e.g. hv_storvsc")
    return list(collections.OrderedDict.fromkeys(drivers.normalize(name) for name in requested))


def select_kernels(tree, versions):
    """Return the kernels ([Kernel]) of these versions; ``all`` means every one.

    Raises ImagewrightError: there is no kernel, or none of a version.
    """
    if not versions:
        raise ImagewrightError("cannot look for kernels: `kernels` is empty, so that no image would be proved; name versions, or `all`")
    kernels = installed_kernels(tree)
    if not kernels:
        raise ImagewrightError(f"cannot find a kernel in {tree.root}: no boot entry and no file in /boot is one; mount /boot, or install a kernel")
    found = {kernel.version for kernel in kernels}
    unknown = [version for version in versions if version != "all" and version not in found]
    if unknown:
        raise ImagewrightError(f"cannot find kernel {unknown[0]!r} in {tree.root}: there are {', '.join(sorted(found))}")
    return [kernel for kernel in kernels if "all" in versions or kernel.version in versions]


def state_of(tree, kernel, names):
    """Return the ImageState of a kernel. A damaged image holds nothing.

    Raises CannotVerify: nothing here can look into the image of a kernel that is booted normally.
    """
    try:
        verdict = check_image(tree, kernel, names)
        return ImageState(kernel, verdict, "")
    except CannotVerify as error:
        if kernel.kind == "normal":
            raise
        problem = str(error)
    except ImagewrightError as error:
        problem = str(error)
    verdict = check_image(tree, kernel._replace(image=None), names)
    return ImageState(kernel, verdict._replace(reason=problem), problem)


def without(state, optional):
    """Return the ImageState without those of the optional names ([str]) that the kernel has no driver of."""
    lacking = [name for name in state.verdict.unavailable if name not in optional]
    return state._replace(verdict=state.verdict._replace(unavailable=lacking))


def check_available(tree, states):
    """Raise ImagewrightError when a kernel that is booted normally has no such driver at all, with what to install."""
    for state in states:
        if state.verdict.unavailable and state.kernel.kind == "normal":
            names, version = state.verdict.unavailable, state.kernel.version
            raise ImagewrightError(
                f"cannot put {', '.join(names)} into the initramfs of kernel {version}: the kernel has no such driver, "
                f"built in or as a module; {_fix(tree, names, version)}",
                kernel=version,
                unavailable=names,
            )


def check_rebuildable(state, carries=""):
    """Raise ImagewrightError when a kernel has no modules on the disk to build an image from, or no image of its own to replace.

    carries: str, what its image is not to carry over, ""; beside the modules that it lacks.
    """
    kernel = state.kernel
    wrong = " and ".join(
        part for part in (f"lacks {', '.join(state.verdict.missing)}" if state.verdict.missing else "", f"carries over {carries}" if carries else "") if part
    )
    if not kernel.has_modules:
        raise ImagewrightError(
            f"cannot rebuild the initramfs of kernel {kernel.version} ({kernel.vmlinuz}), which {wrong}: "
            f"/lib/modules/{kernel.version}/modules.dep is not there; install its modules, or remove this kernel "
            "and its boot entry, or name the other kernels in `kernels`"
        )
    if kernel.image == kernel.vmlinuz:
        raise ImagewrightError(
            f"cannot rebuild the initramfs of kernel {kernel.version}, which {wrong}: it is part of the "
            f"unified kernel image {kernel.image}; build that again (ukify, dracut --uefi, mkinitcpio -U)"
        )
    if "/ostree/" in kernel.vmlinuz:
        raise ImagewrightError(
            f"cannot rebuild the initramfs of kernel {kernel.version}, which {wrong}: {kernel.vmlinuz} belongs to an ostree deployment, which is "
            "replaced as a whole; add the drivers with `rpm-ostree initramfs --enable --arg=--add-drivers --arg='...'`, or build the image "
            "that is deployed with them (bootc)"
        )


def is_started_without_image(tree, kernel):
    """Return whether a boot entry starts the kernel and loads no initramfs, so that an image would change nothing."""
    return kernel.image is None and kernel.vmlinuz in [entry.kernel for entry in boot_entries(tree)]


def lacks_modules(tree, state, target, names):
    """Return whether the image at target is to be rebuilt: what is booted lacks a module, and an image that no entry loads is no better."""
    if state.verdict.missing and state.kernel.image is None and tree.is_file(target):
        return bool(state_of(tree, state.kernel._replace(image=target), names).verdict.missing)
    return bool(state.verdict.missing)


def report(state, names, image, built, rebuilt, backup):
    """Return the entry (dict) of a kernel in the module's result.

    names: [str], the modules asked for, in their order. built: bool, whether the kernel is booted with a rebuilt image now.
    rebuilt: bool, whether an image was rebuilt.
    """
    verdict = state.verdict
    return {
        "version": state.kernel.version,
        "image": image,
        "kind": state.kernel.kind,
        "built_in": verdict.built_in,
        "present_before": verdict.present,
        "present": [name for name in names if name in verdict.present or (built and name in verdict.missing)],
        "missing": ([] if built else verdict.missing) + verdict.unavailable,
        "reason": verdict.reason,
        "rebuilt": rebuilt,
        "backup": backup,
    }


def _fix(tree, names, version):
    """Return what to install so that the kernel has the drivers, by the distribution."""
    meant = [f"{name} is called {_OTHER_NAMES[name]}" for name in names if name in _OTHER_NAMES]
    if meant:
        return f"as a module {' and '.join(meant)}"
    found = distribution(tree)
    if found.family == "redhat":
        if (6, 0) <= (found.version + (0, 0))[:2] < (6, 4) and found.name != "fedora":
            return "install Microsoft's Linux Integration Services (LIS): RHEL 6.0 to 6.3 came without these drivers"
        return f"install the package kernel-modules-{version} (kernel-modules-core on RHEL 9 and later, kernel-uek-modules with Oracle's kernel)"
    if found.name == "ubuntu":
        return f"install the package linux-modules-extra-{version}, or the kernel linux-azure"
    if found.family == "debian":
        return "install the kernel linux-image-cloud-amd64 or linux-image-amd64 (or -arm64) and remove this one"
    if found.family == "suse":
        return "install the kernel kernel-default or kernel-azure in place of a -base or -minimal one"
    if found.family == "alpine":
        return "install the kernel linux-lts and remove this one"
    return "install a kernel that has it, or the package with the rest of this kernel's modules, and remove the kernels that have not"
