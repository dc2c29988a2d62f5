# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers of a kernel: built in, available as modules, and what each of them depends on.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

#: A module of a kernel. path: its file's path in the guest; dependencies: [str], names of the modules it needs, all levels.
DriverModule = collections.namedtuple("DriverModule", "path dependencies")

#: What a module's file may be called after its name.
_SUFFIX = re.compile(r"\.ko(\.gz|\.xz|\.zst)?$")

#: Configuration symbols that mean "built in" when they are y, for a kernel that comes without modules.builtin.
#: The first symbol that the configuration mentions decides. Source: Kconfig files of Linux; HYPERV_VMBUS was split off in 2025.
_SYMBOLS = {
    "hv_vmbus": ["HYPERV_VMBUS", "HYPERV"],
    "hv_storvsc": ["HYPERV_STORAGE"],
    "hv_netvsc": ["HYPERV_NET"],
    "hv_utils": ["HYPERV_UTILS"],
    "hv_balloon": ["HYPERV_BALLOON"],
    "hyperv_keyboard": ["HYPERV_KEYBOARD"],
    "hid_hyperv": ["HID_HYPERV_MOUSE"],
    "hyperv_fb": ["FB_HYPERV"],
    "hyperv_drm": ["DRM_HYPERV"],
    "pci_hyperv": ["PCI_HYPERV"],
    "nvme": ["BLK_DEV_NVME"],
    "nvme_core": ["NVME_CORE"],
    "mlx4_core": ["MLX4_CORE"],
    "mlx4_en": ["MLX4_EN"],
    "mlx5_core": ["MLX5_CORE"],
    "mana": ["MICROSOFT_MANA"],
    "udf": ["UDF_FS"],
    "vfat": ["VFAT_FS"],
    "fat": ["FAT_FS"],
    "nls_cp437": ["NLS_CODEPAGE_437"],
    "nls_iso8859_1": ["NLS_ISO8859_1"],
    "isofs": ["ISO9660_FS"],
    "sd_mod": ["BLK_DEV_SD"],
    "sr_mod": ["BLK_DEV_SR"],
    "scsi_mod": ["SCSI"],
    "ata_piix": ["ATA_PIIX"],
    "ext3": ["EXT3_FS"],
    "ext4": ["EXT4_FS"],
    "xfs": ["XFS_FS"],
    "btrfs": ["BTRFS_FS"],
    "dm_mod": ["BLK_DEV_DM"],
}


def normalize(name):
    """Return the name (str) of a module as the kernel compares it: ``-`` and ``_`` are the same."""
    return name.strip().replace("-", "_")


def module_name(path):
    """Return the name (str) of the module in a file such as ``kernel/drivers/hid/hid-hyperv.ko.xz``, or None."""
    name, count = _SUFFIX.subn("", posixpath.basename(path))
    return normalize(name) if count else None


def modules_directory(tree, version):
    """Return where the kernel's modules are, ``/lib/modules/VERSION``, or under /usr when only that is there."""
    for folder in ("/lib/modules", "/usr/lib/modules"):
        if tree.is_dir(f"{folder}/{version}"):
            return f"{folder}/{version}"
    return f"/lib/modules/{version}"


def index(tree, version):
    """Return {name: DriverModule} of the kernel's modules, {} when it has no modules.dep."""
    folder = modules_directory(tree, version)
    if not tree.is_file(f"{folder}/modules.dep"):
        return {}
    return parse_modules_dep(tree.read_text(f"{folder}/modules.dep"), folder)


def parse_modules_dep(text, folder):
    """Return {name: DriverModule} of the text of a modules.dep file. folder: str, what its paths are relative to."""
    found = {}
    for line in text.splitlines():
        path, colon, dependencies = line.partition(":")
        name = module_name(path.strip())
        if colon and name:
            names = [module_name(dependency) for dependency in dependencies.split()]
            found[name] = DriverModule(posixpath.join(folder, path.strip()), [needed for needed in names if needed])
    return found


def available(tree, version):
    """Return {name: path} of the modules that the kernel has as files."""
    return {name: module.path for name, module in index(tree, version).items()}


def built_in(tree, version):
    """Return the names ({str}) of the drivers that the kernel has built in.

    Read from modules.builtin, else from the kernel's configuration, which tells of the drivers of this collection only.
    """
    path = f"{modules_directory(tree, version)}/modules.builtin"
    if tree.is_file(path):
        return {name for name in map(module_name, tree.read_text(path).splitlines()) if name}
    said = configuration(tree, version)
    return {name for name, symbols in _SYMBOLS.items() if _first_mentioned(said, symbols) == "y"}


def _first_mentioned(configuration, symbols):
    for symbol in symbols:
        if symbol in configuration:
            return configuration[symbol]
    return None


def configurations(tree, version):
    """Return the paths ([str]) where a kernel's configuration lies, the first one that is there counts."""
    folder = modules_directory(tree, version)
    return [f"/boot/config-{version}", f"{folder}/config", f"{folder}/config-{version}", f"/usr/lib/modules/{version}/config"]


def configuration(tree, version):
    """Return {symbol: value} of the kernel's configuration; ``n`` for the symbols that are named as not set."""
    for path in configurations(tree, version):
        if tree.is_file(path):
            text = tree.read_text(path)
            found = dict(re.findall(r"^CONFIG_(\w+)=(\S+)", text, re.M))
            found.update((symbol, "n") for symbol in re.findall(r"^# CONFIG_(\w+) is not set", text, re.M))
            return found
    return {}
