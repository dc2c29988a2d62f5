# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers: available to every kernel, and not banned.

PRIVATE: module_utils of this collection are not an interface.
"""

import io

from ansible_collections.imagewright.azure.plugins.module_utils.core import elf_header
from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import installation as cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import module_file
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOTE, WARNING, Evidence, failed_if, not_applicable, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import CLOUD_INIT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRST_CARD, PROVISIONER, SYSTEM_MANAGER

_NETWORK = ("hv_netvsc",)
_MOST_MODULE = 64 * 1024 * 1024  # bytes of the file
#: How the file of a module begins: ELF, or packed by xz, zstd or gzip.
_MODULES = (elf_header.MAGIC, b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x1f\x8b")
_CLASSES = (b"\x01", b"\x02")  # the byte behind ELF's magic: 32 or 64 bits
_DVD = ("sr_mod", "isofs")


@rule(
    "R17c",
    step=FIRST_CARD,
    severity=ERROR,
    title="Every kernel has the network driver hv_netvsc",
    fault="A kernel lacks the network driver hv_netvsc",
    why="Without it there is no network on Azure.",
    cure="Install the kernel's full set of modules, or another kernel.",
    source="Microsoft: create-upload-generic",
)
def network_available(context):
    """Return failed with each kernel that has hv_netvsc neither built in nor among its modules."""
    return _available(context, _NETWORK)


def _kernel_drivers(tree):
    """Return [(Kernel, names ({str}) of the drivers that it has)] of kernels whose modules are there."""
    return [
        (kernel, set(drivers.available(tree, kernel.version)) | drivers.built_in(tree, kernel.version))
        for kernel in kernels.installed_kernels(tree)
        if kernel.has_modules
    ]


def _available(context, names, severity=None, detail=""):
    found = context.shared(_kernel_drivers)
    if not found and context.shared(kernels.installed_kernels):
        return not_applicable("no kernel has its modules, which R62 tells")
    if not found:
        return unknown("no kernel with its modules was found")
    evidence = [
        Evidence(f"/lib/modules/{kernel.version}", None, f"kernel {kernel.version} has no {', '.join(lacks)}")
        for kernel, has in found
        for lacks in [[name for name in names if name not in has]]
        if lacks and kernel.kind != "rescue"
    ]
    for kernel, _unused in found if context.tree.has_own_root else []:
        evidence += _lost(context.tree, kernel, names) if kernel.kind != "rescue" else []
    return failed_if(evidence, detail, severity)


def _lost(tree, kernel, names):
    """Return the [Evidence] of each module, of those named and of what they depend on, whose file is not there, or is no module."""
    index, built_in = drivers.index(tree, kernel.version), drivers.built_in(tree, kernel.version)
    waiting, seen, found = list(names), set(built_in), []
    while waiting:
        name = waiting.pop()
        if name in seen or name not in index:
            continue
        seen.add(name)
        waiting += index[name].dependencies
        path = index[name].path
        if not tree.is_file(path):
            found.append(Evidence(path, None, f"is not there, though modules.dep has it (kernel {kernel.version})"))
            continue
        wrong = _wrong(tree, path, kernel.version)
        if wrong:
            found.append(Evidence(path, None, f"{wrong} (kernel {kernel.version})"))
    return found


def _wrong(tree, path, version):
    """Return what is wrong with a module's file (str), "" when nothing is; one that nothing here unpacks, or of no known class, is taken to be right."""
    torn, size = "is no module, or not a whole one", tree.stat(path).size
    with tree.open(path) as stream:
        start = stream.read(16)
        if not start.startswith(_MODULES):
            return torn
        if not start.startswith(elf_header.MAGIC):  # it is compressed
            stream.seek(0)
            try:
                content = module_file.unpacked(stream.read(_MOST_MODULE), path)
            except CannotVerify:
                return ""
            except CorruptImage:
                return torn
            start, size, stream = content[:16], len(content), io.BytesIO(content)
        if start[4:5] not in _CLASSES:
            return ""
        try:
            sections = module_file.outline(stream, size)
        except ValueError:
            return torn
    other = module_file.other_kernel(sections, version)
    return f"is of the kernel {other}, and this one refuses it" if other else "" if sections else torn


def dvd_severity(context):
    """Return the severity of what only the provisioning DVD needs: cloud-init 21.2 and later can do without."""
    version = cloud_init.version(context.tree)
    return WARNING if provisioner(context.tree).who == CLOUD_INIT and version is not None and version >= (21, 2) else None


@rule(
    "R19a",
    step=PROVISIONER,
    severity=ERROR,
    title="Every kernel can read the provisioning DVD: udf",
    fault="A kernel cannot read the provisioning DVD: udf is missing",
    why="The user, the key and the custom data come on a DVD with a UDF file system.",
    cure="Install the package with the kernel's further modules (kernel-modules-extra, linux-modules-extra).",
    source="Microsoft: create-upload-generic, agent-linux",
    choice="cloud-init 21.2 and later can take them from the metadata service instead, when only an SSH key is used: a warning there.",
)
def udf_available(context):
    """Return failed with each kernel without udf; a warning where cloud-init can do without the DVD."""
    return _available(context, ("udf",), dvd_severity(context))


@rule(
    "R19c",
    step=PROVISIONER,
    severity=WARNING,
    title="Every kernel has the DVD drive's drivers: sr_mod, isofs",
    fault="A kernel lacks a driver of the DVD drive: sr_mod or isofs",
    why="The provisioning DVD is a SCSI drive; the agent tries udf, iso9660 and vfat on it.",
    cure="Install the package with the kernel's further modules.",
    source="WALinuxAgent",
)
def dvd_available(context):
    """Return failed with each kernel without sr_mod or isofs."""
    return _available(context, _DVD, dvd_severity(context))


@rule(
    "R20a",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Every kernel has vfat",
    fault="A kernel lacks vfat",
    why="The EFI system partition is FAT: without the driver, or the code page of its names, /boot/efi is not mounted and the boot ends in the emergency "
    "shell.",
    cure="Install the package with the kernel's further modules.",
    source="Microsoft: create-upload-generic",
)
def vfat_available(context):
    """Return failed with each kernel that lacks vfat, fat or the code page of their names."""
    return _available(context, ("vfat", "fat", "nls_cp437"))


@rule(
    "R26a",
    step=FIRST_CARD,
    severity=WARNING,
    title="Every kernel has the drivers of accelerated networking",
    fault="A kernel lacks a driver of accelerated networking",
    why="The card of the host changes when a machine is moved: both Mellanox drivers and Hyper-V's PCI bus are needed.",
    cure="Install the kernel's full set of modules.",
    source="Microsoft: accelerated-networking-how-it-works",
)
def accelerated(context):
    """Return failed with each kernel that lacks pci_hyperv, mlx4_en or mlx5_core."""
    return _available(context, ("pci_hyperv", "mlx4_en", "mlx5_core"))


@rule(
    "R26b",
    step=FIRST_CARD,
    severity=NOTE,
    title="Every kernel has the driver of the Azure network adapter: mana",
    fault="A kernel lacks the driver of the Azure network adapter: mana",
    why="Hosts with Azure Boost have MANA cards; without the driver the slower synthetic path is used.",
    cure="Install a newer kernel.",
    source="Microsoft: accelerated-networking-mana-linux",
)
def boost(context):
    """Return failed with each kernel that lacks mana."""
    return _available(context, ("mana",))


@rule(
    "R26c",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    title="Every kernel has hv_utils and hv_balloon",
    fault="A kernel lacks hv_utils or hv_balloon",
    why="They carry shutdown requests, time, heartbeats and key-value pairs between host and guest.",
    cure="Install the kernel's full set of modules.",
    source="Microsoft: create-upload-generic; time-sync",
)
def guest_services(context):
    """Return failed with each kernel that lacks hv_utils or hv_balloon."""
    return _available(context, ("hv_utils", "hv_balloon"))


RULES = [
    network_available,
    udf_available,
    dvd_available,
    vfat_available,
    accelerated,
    boost,
    guest_services,
]
