# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs: the options that the drivers of Azure get from modprobe.d and the command line, and the signatures that a kernel asks of them.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import module_file
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels, modprobe, module_parameters
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import images
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import DRIVERS_OF_DISK
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines, starting_parameters
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import root_kind

_DRIVERS = DRIVERS_OF_DISK + ("hv_netvsc", "scsi_mod")
#: What R63 asks of the command line, built in or not.
_OF_ANOTHER_RULE = (("scsi_mod", "scan"),)
_MOST_MODULE = 64 * 1024 * 1024  # bytes of the file
_SIGNED = b"~Module signature appended~\n"  # include/linux/module_signature.h of Linux
#: Pages of the ring of hv_storvsc: one of indices, and one for a request at least.
_LEAST_RING = 8192

#: An option that a module gets. name: str; value: str or None; place: Evidence.
_Option = collections.namedtuple("_Option", "module name value place")


@rule(
    "R17i",
    step=INITRAMFS,
    severity=ERROR,
    title="The drivers that Azure needs take the options that they get",
    fault="A driver that Azure needs does not take an option that it gets",
    why="A module is not loaded with a value that its parameter does not take; without the driver there is no disk, or no network.",
    cure="Remove the option from modprobe.d, or from the command line, and build the initramfs again.",
    source="modprobe.d(5), options; Linux kernel/params.c; drivers/scsi/scsi_scan.c, scan; drivers/scsi/storvsc_drv.c",
    choice="A parameter that a module does not have is right: the kernel passes over it.",
)
def options_are_taken(context):
    """Return failed with each line that gives one of the drivers a value which it does not take, or with which it finds no disk."""
    found = []
    for option in _of_files(context) + _of_command_line(context):
        cause = _cause(context, option)
        if cause:
            found.append(option.place._replace(text=f"{option.place.text}: {cause}"))
    return failed_if(found)


def _of_files(context):
    """Return the [_Option] of modprobe.d, of the guest and inside its initramfs images."""
    read = [(path, path, text) for path, text in context.shared(modprobe.texts)]
    for image in context.shared(images):
        if image.files is not None:
            read += [(image.kernel.image, path[1:], text) for path, text in modprobe.texts(image.files)]
    found, loaded = [], context.shared(_loaded)
    for where, path, text in read:
        for first, _last, words in modprobe.commands(text) if "options" in text else []:
            module = drivers.normalize(words[1]) if words[0] == "options" and words[1:] else ""
            if module in loaded:
                place = Evidence(where, first, " ".join(words)) if where == path else Evidence(where, None, f"{path} line {first}: {' '.join(words)}")
                found += [_Option(module, *_parted(word), place) for word in words[2:]]
    return found


def _loaded(tree):
    """Return those of the drivers ({str}) that a kernel has as a module; one that is built in is not asked for options of modprobe.d."""
    found = [drivers.available(tree, kernel.version).keys() - drivers.built_in(tree, kernel.version) for kernel in kernels.installed_kernels(tree)]
    return set(_DRIVERS).intersection(*[set().union(*found)])


def _of_command_line(context):
    """Return the [_Option] of a started entry; a driver that is built in gets them too."""
    found = []
    for parameter in starting_parameters(context):
        module, dot, name = parameter.name.partition(".")
        if dot and (module, name) in _OF_ANOTHER_RULE:
            continue
        if dot and module in _DRIVERS:
            found.append(_Option(module, name, parameter.value, parameter.place._replace(text=f"{parameter.text} in {parameter.place.text}")))
    return found


def _parted(word):
    name, has_value, value = word.partition("=")
    return name.replace("-", "_"), value.strip('"') if has_value else None


def _cause(context, option):
    """Return why a driver does not work with an option (str), None when it does."""
    if (option.module, option.name) == ("scsi_mod", "scan") and option.value in ("none", "manual"):
        return "no disk is looked for"
    if (option.module, option.name, option.value) == ("hv_storvsc", "storvsc_vcpus_per_sub_channel", "0"):
        return "the driver divides by it"
    if (option.module, option.name) == ("hv_storvsc", "storvsc_ringbuffer_size") and (option.value or "").isdigit() and int(option.value) < _LEAST_RING:
        return "there is no room for a request"
    for kernel in context.shared(kernels.installed_kernels):
        path = drivers.available(context.tree, kernel.version).get(option.module) if kernel.has_modules and kernel.kind != "rescue" else None
        kind = _kinds(context.tree, path).get(option.name) if path is not None and context.tree.is_file(path) else None
        if kind is not None and not module_parameters.is_taken(kind, option.value):
            return f"{option.name} is of the kind {kind}, and the module is not loaded (kernel {kernel.version})"
    return None


def _kinds(tree, path):
    """Return {name: kind} of a module's parameters, {} where nothing here can read it."""
    try:
        sections = module_file.loaded_sections(module_file.unpacked(tree.read_bytes(path, _MOST_MODULE), path))
    except (CannotVerify, CorruptImage, ValueError):
        return {}
    return module_parameters.kinds(sections.get(".modinfo", b""))


@rule(
    "R17j",
    step=INITRAMFS,
    severity=ERROR,
    title="The drivers that Azure needs have the signatures that the kernel asks for",
    fault="The kernel asks for signatures that its drivers do not have",
    why="With module.sig_enforce=1 or lockdown= the kernel loads no module without a signature at its end: no disk, no network.",
    cure="Remove the parameter with grub_cmdline absent, or install the signed kernel of the distribution.",
    source="Linux Documentation/admin-guide/module-signing.rst; kernel_lockdown(7)",
)
def drivers_are_signed(context):
    """Return failed with each module of those that are needed which has no signature, and the parameter that asks for one."""
    asking = [parameter for line in started_lines(context) for parameter in line.parameters if _asks_for_signatures(parameter)]
    if not asking:
        return not_applicable("no entry that starts asks for signatures of modules")
    found, tree = [], context.tree
    for kernel in context.shared(kernels.installed_kernels):
        if not kernel.has_modules or kernel.kind == "rescue" or drivers.configuration(tree, kernel.version).get("MODULE_SIG") == "n":
            continue
        paths = drivers.available(tree, kernel.version)
        for name in _DRIVERS + (context.shared(root_kind),):
            path = paths.get(name) if name not in drivers.built_in(tree, kernel.version) else None
            if path is not None and tree.is_file(path) and not _is_signed(tree, path):
                found.append(Evidence(path, None, f"has no signature, and {asking[0].text} asks for one (kernel {kernel.version})"))
    return failed_if(found)


def _asks_for_signatures(parameter):
    if parameter.name == "module.sig_enforce":
        return parameter.value is None or parameter.value[:1] in ("1", "y", "Y", "t", "T") or parameter.value == "on"
    return parameter.name == "lockdown" and parameter.value in ("integrity", "confidentiality")


def _is_signed(tree, path):
    """Return whether a module ends with a signature; one that nothing here unpacks is taken to."""
    try:
        return module_file.unpacked(tree.read_bytes(path, _MOST_MODULE), path).endswith(_SIGNED)
    except (CannotVerify, CorruptImage):
        return True


RULES = [options_are_taken, drivers_are_signed]
