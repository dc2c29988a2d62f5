# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels of a guest that can be booted, and the initramfs that each is booted with.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import io
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import entries
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import uki
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel.drivers import available, built_in, index, modules_directory

__all__ = ["Kernel", "available", "built_in", "installed_kernels"]

#: A kernel with one of its images. version: str, as in /lib/modules; image: path of the initramfs that it is booted
#: with (it may not exist), or None when there is none; vmlinuz: path; has_modules: whether /lib/modules/VERSION/modules.dep
#: is there; kind: normal, rescue or kdump.
Kernel = collections.namedtuple("Kernel", "version image vmlinuz has_modules kind")

#: Where distributions put kernels, each file named after its version or, at Arch and Alpine, its flavour.
_KERNEL_FILES = ("/boot/vmlinuz-*", "/boot/vmlinux-*", "/boot/Image-*", "/boot/kernel-*", "/boot/vmlinuz")

#: Names of an image after the kernel's version or flavour, in the order of grub-mkconfig's 10_linux.
_IMAGE_NAMES = ("initrd.img-{}", "initrd-{}.img", "initrd-{}", "initramfs-{}.img", "initramfs-{}", "initramfs-genkernel-{}", "initramfs-genkernel-x86_64-{}")

#: Left by package managers and by hand beside kernels. Source: grub_file_is_not_garbage of grub-mkconfig_lib.
_GARBAGE = re.compile(r"(\.(dpkg-.*|rpmsave|rpmnew|sig|hmac|bak|old|orig|pre.*)|~)$")

#: Images that are loaded besides the initramfs and hold no drivers: processor microcode.
_MICROCODE = re.compile(r"(ucode|microcode|^amd-uc|^early_)", re.I)


def installed_kernels(tree):
    """Return the kernels ([Kernel]) that a boot entry or the firmware can start, and those of /boot that have no entry yet.

    A kernel that entries start with several images comes once for each of them. kdump's kernels are left out:
    they are never started by an entry.
    """
    found = collections.OrderedDict()
    for entry in entries.boot_entries(tree):
        kernel = _of_entry(tree, entry)
        if kernel is not None and kernel.kind != "kdump":
            _add(tree, found, kernel)
    started = {kernel.version for kernel in found.values()}
    for path in _kernel_files(tree):
        kernel = _of_file(tree, path)
        if kernel is not None and kernel.version not in started and kernel.kind != "kdump":
            _add(tree, found, kernel)
    return sorted(found.values(), key=lambda kernel: (kernel.kind != "normal", version_key(kernel.version), kernel.image or ""))


def any_has(tree, name):
    """Return whether a kernel that can be booted has a driver (str), as a module or built in; True where no kernel is found."""
    versions = {kernel.version for kernel in installed_kernels(tree)}
    return not versions or any(name in available(tree, version) or name in built_in(tree, version) for version in versions)


def built_in_everywhere(tree):
    """Return the names ({str}) of the drivers that every kernel has built in, so that no ban reaches them."""
    found = [built_in(tree, kernel.version) for kernel in installed_kernels(tree) if kernel.has_modules]
    return set.intersection(*map(set, found)) if found else set()


def dependencies(tree):
    """Return {name: names ({str})} of the modules without which one of them is not loaded, by any kernel that can be booted."""
    found = {}
    for version in {kernel.version for kernel in installed_kernels(tree) if kernel.has_modules}:
        for name, module in index(tree, version).items():
            found.setdefault(name, set()).update(module.dependencies)
    return found


def version_key(version):
    """Return a key that sorts the versions of kernels by their numbers."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.findall(r"\d+|[^\d.]+", version)]


def _add(tree, found, kernel):
    """Keep one Kernel for each version and image, links followed; one that any entry starts normally is normal."""
    key = (kernel.version, kernel.image and tree.resolve(kernel.image))
    if key not in found or kernel.kind == "normal":
        found[key] = kernel


def _of_entry(tree, entry):
    """Return the Kernel that a boot entry starts, or None when it starts none that is there."""
    if not entry.kernel or not tree.is_file(entry.kernel):
        return None
    version = version_of(tree, entry.kernel)
    if version is None:
        return None
    images = initramfs_of(entry)
    image = images[-1] if images else None
    if image is None and posixpath.splitext(entry.kernel)[1].lower() == ".efi":
        image = entry.kernel  # a unified kernel image holds its own
    return _kernel(tree, version, image, entry.kernel, entry.kind == "rescue")


def _of_file(tree, path):
    """Return the Kernel in a file of /boot with the image that a boot loader would pick, or None."""
    version = version_of(tree, path)
    if version is None:
        return None
    return _kernel(tree, version, image_beside(tree, path), path, False)


def _kernel(tree, version, image, path, rescue):
    names = [posixpath.basename(name) for name in (path, image) if name]
    kind = "normal"
    if any("kdump" in name for name in names):
        kind = "kdump"
    elif rescue or any("rescue" in name for name in names):
        kind = "rescue"
    has_modules = tree.is_file(f"{modules_directory(tree, version)}/modules.dep")
    return Kernel(version, image, path, has_modules, kind)


def initramfs_of(entry):
    """Return the paths ([str]) of the initramfs of a boot entry: what it loads besides, as the processor's microcode, is none."""
    return [path for path in entry.initrds if "$" not in path and not _MICROCODE.search(posixpath.basename(path))]


def image_beside(tree, vmlinuz):
    """Return the path of the initramfs that a boot loader picks for a kernel by its name, or None."""
    folder, name = posixpath.split(vmlinuz)
    label = name.partition("-")[2]
    for pattern in _IMAGE_NAMES if label else ("initrd.img", "initrd", "initramfs"):
        candidate = posixpath.join(folder, pattern.format(label))
        if tree.is_file(candidate):
            return candidate
    return None


def _kernel_files(tree):
    """Return the paths of the kernels in /boot; a link such as /boot/vmlinuz only counts when its target is not there."""
    paths = [path for pattern in _KERNEL_FILES for path in tree.glob(pattern) if tree.is_file(path) and not _GARBAGE.search(path)]
    plain = {path for path in paths if not tree.is_symlink(path)}
    return [path for path in paths if path in plain or tree.resolve(path) not in plain]


def version_of(tree, path):
    """Return the version (str) of the kernel in a file, as in /lib/modules, or None when it is no kernel of Linux.

    By the file's name when there are modules of that version, else by what the kernel says of itself.
    """
    resolved = tree.resolve(path)
    labels = [re.sub(r"\.efi$", "", posixpath.basename(name).partition("-")[2]) for name in (path, resolved)]
    within = re.match(r"(?:/usr)?/lib/modules/([^/]+)/", resolved)
    for label in labels + ([within.group(1)] if within else []):
        if label and tree.is_dir(modules_directory(tree, label)):
            return label
    return _stated_version(tree, path) or _version_of_flavour(tree, labels[0]) or _version_of_name(labels[0])


def _stated_version(tree, path):
    """Return the version in the header of an x86 kernel, or in the section .uname of a unified kernel image.

    Source: Documentation/arch/x86/boot.rst of Linux, kernel_version.
    """
    with tree.open(path) as stream:
        header = stream.read(0x210)
        if header[0x202:0x206] == b"HdrS" and len(header) == 0x210:
            stream.seek(int.from_bytes(header[0x20E:0x210], "little") + 0x200)
        elif header.startswith(b"MZ"):
            stream = _uname(stream, path)
        else:
            return None
        words = stream.read(256).partition(b"\0")[0].split()
    return words[0].decode("ascii", "replace") if words and re.match(rb"\d+\.\d+", words[0]) else None


def _uname(stream, path):
    try:
        return uki.section(stream, ".uname", path) or io.BytesIO()
    except CorruptImage:
        return io.BytesIO()  # an EFI kernel of another kind


def _version_of_flavour(tree, label):
    """Return the version of a kernel that is named after its flavour: Arch's /boot/vmlinuz-linux, Alpine's vmlinuz-lts."""
    versions = tree.listdir("/lib/modules") or tree.listdir("/usr/lib/modules")
    for version in versions:
        pkgbase = f"{modules_directory(tree, version)}/pkgbase"
        if tree.is_file(pkgbase) and tree.read_text(pkgbase).strip() == label:
            return version
    suffixed = [version for version in versions if label and version.endswith("-" + label)]
    return suffixed[0] if len(suffixed) == 1 else None


def _version_of_name(label):
    return label if re.match(r"\d+\.\d+", label) else None
