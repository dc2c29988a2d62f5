# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Web addresses of requirements and of the sources that they come from.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

#: As in galaxy.yml, which does not travel with a module.
COLLECTION, VERSION = "imagewright.azure", "1.0.0"
HOMEPAGE = "https://github.com/imagewright/imagewright.azure"
_REQUIREMENTS = HOMEPAGE + "/blob/main/docs/requirements.md"

_AZURE = "https://learn.microsoft.com/azure/"
#: Microsoft's pages, by the last part of their address; those that are not here lie below virtual-machines/linux/.
_MICROSOFT = {
    "generation-2": _AZURE + "virtual-machines/generation-2",
    "agent-linux": _AZURE + "virtual-machines/extensions/agent-linux",
    "nvme-linux": _AZURE + "virtual-machines/nvme-linux",
    "enable-nvme-interface": _AZURE + "virtual-machines/enable-nvme-interface",
    "accelerated-networking-how-it-works": _AZURE + "virtual-network/accelerated-networking-how-it-works",
    "accelerated-networking-mana-linux": _AZURE + "virtual-network/accelerated-networking-mana-linux",
    "serial-console-linux": "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/linux/serial-console-linux",
    "serial-console-grub": "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/linux/serial-console-grub-single-user-mode",
    "swap-configuration": "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/linux/create-swap-file-linux-vm",
    "certification": "https://learn.microsoft.com/partner-center/marketplace-offers/azure-vm-certification-faq",
}
_MICROSOFT["marketplace certification"] = _MICROSOFT["certification"]
_PLAIN = (
    "create-upload-generic",
    "create-upload-debian",
    "create-upload-ubuntu",
    "redhat-create-upload-vhd",
    "suse-create-upload-vhd",
    "oracle-create-upload-vhd",
    "time-sync",
    "disable-provisioning",
    "no-agent",
    "disks-upload-vhd-to-managed-disk-cli",
    "cloudinit-prepare-custom-image",
    "azure-virtual-machine-utilities",
)

#: Other sources: what their name begins with, and the address.
_OTHERS = (
    ("LP #1490611", "https://bugs.launchpad.net/bugs/1490611"),
    ("WALinuxAgent", "https://github.com/Azure/WALinuxAgent"),
    ("azure-vm-utils", "https://github.com/Azure/azure-vm-utils"),
    ("cloud-init", "https://docs.cloud-init.io/"),
    ("Boot Loader Specification", "https://uapi-group.org/specifications/specs/boot_loader_specification/"),
    ("UEFI Specification", "https://uefi.org/specifications"),
    ("QEMU block/vpc.c", "https://gitlab.com/qemu-project/qemu/-/blob/master/block/vpc.c"),
    ("VHD specification", "https://www.microsoft.com/download/details.aspx?id=23850"),
    ("GRUB 10_linux", "https://git.savannah.gnu.org/cgit/grub.git/tree/util/grub.d/10_linux.in"),
)
_OF_SYSTEMD = ("machine-id", "systemd")
_MANUAL = re.compile(r"([a-z][a-z0-9._@-]*)\((\d)\)$")
_KERNEL = re.compile(r"Linux ((?:Documentation|drivers|init|arch|fs|include)/[A-Za-z0-9_./-]+)$")


def requirement(identifier):
    """Return the web address (str) of a rule's row in docs/requirements.md."""
    return f"{_REQUIREMENTS}#{anchor(identifier)}"


def anchor(identifier):
    """Return the name (str) of a rule's row."""
    return identifier.lower()


def sources(text):
    """Return [(piece of the text, its web address or None)] of a rule's source; the pieces together are the text.

    text: str, e.g. ``Microsoft: create-upload-generic, nvme-linux; machine-id(5)``.
    """
    microsoft = text.startswith("Microsoft: ")
    return [(piece, _address(piece, microsoft)) for piece in re.split(r"(^Microsoft: |; |, )", text) if piece]


def _address(piece, microsoft):
    name = re.sub(r" test \d+( \(warning\))?$", "", piece)
    if microsoft and name in _MICROSOFT:
        return _MICROSOFT[name]
    if microsoft and name in _PLAIN:
        return f"{_AZURE}virtual-machines/linux/{name}"
    manual = _MANUAL.match(piece)
    if manual:
        page, section = manual.groups()
        return (
            f"https://www.freedesktop.org/software/systemd/man/latest/{page}.html"
            if page.startswith(_OF_SYSTEMD)
            else f"https://man7.org/linux/man-pages/man{section}/{page}.{section}.html"
        )
    kernel = _KERNEL.match(piece)
    if kernel:
        return f"https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/{kernel.group(1)}"
    return next((address for beginning, address in _OTHERS if piece.startswith(beginning)), None)
