# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requirements on how an image is made: no guest and no image shows whether they were kept, so that no rule checks them.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

#: what, why: str; kept_by: str, the part of the collection that keeps it; source: str; choice: as of a Rule.
Requirement = collections.namedtuple("Requirement", "id what why kept_by source choice")

REQUIREMENTS = [
    Requirement(
        "R03",
        "The size is rounded up to the next whole MiB, and left alone when it is one",
        "The formula of the older guides adds a MiB at every run.",
        "vhd_align",
        "Microsoft: create-upload-generic, create-upload-debian",
        "((size/MB)+1)*MB (2015, 2017, Red Hat's pages) against ((size+MB-1)/MB)*MB (general and Debian's): the latter.",
    ),
    Requirement(
        "R05",
        "qemu-img 2.2.1 to 2.5 is not used to write a VHD",
        "These versions write sizes that are no whole MiB.",
        "vhd_align writes the VHD itself, and reads back what it wrote",
        "LP #1490611; Microsoft: create-upload-generic",
        "Pages differ in which versions are bad, and distributions brought the fix to older ones: the result is proven, not the version.",
    ),
    Requirement(
        "R06",
        "The disk is converted by way of raw, and a finished VHD is never resized",
        "Tools that do not know the footer write over it; a resized VHD loses it.",
        "vhd_align",
        "Microsoft: create-upload-generic",
        "",
    ),
    Requirement(
        "R08",
        "The upload is told the size of the file, 512 bytes more than the disk",
        "az disk create --upload-size-bytes wants the file's size and refuses any other.",
        "disk_upload; vhd_upload",
        "Microsoft: disks-upload-vhd-to-managed-disk-cli",
        "",
    ),
    Requirement(
        "R31", "numa=off is on the kernel command line of old kernels", "See R21, which checks it.", "grub_cmdline", "Microsoft: create-upload-generic", ""
    ),
    Requirement("R32", "nvme_core.io_timeout=240 is on the kernel command line", "See R18b, which checks it.", "grub_cmdline", "Microsoft: nvme-linux", ""),
    Requirement(
        "R37",
        "NetworkManager is not removed where it is the network manager",
        "Old guides and agent packages remove it; on RHEL 7 and later no network is left then. R34a tells when it happened.",
        "guest_agent; guest_network",
        "Microsoft: redhat-create-upload-vhd",
        "",
    ),
    Requirement(
        "R49",
        "Deprovisioning comes last, and only for an image that is generalized",
        "It deletes keys, leases and users: a machine that is to keep them must not be deprovisioned.",
        "prepare (prepare_image_kind); guest_deprovision",
        "Microsoft: agent-linux, create-upload-generic",
        "-deprovision (2015, 2017, Oracle) against -deprovision+user (all others): users of the build are removed by the role, since the agent "
        "removes only a user whom Azure made.",
    ),
    Requirement(
        "R51",
        "An input/output error of deprovisioning in VirtualBox is taken for what it is",
        '"[Errno 5] Input/output error" there is harmless.',
        "guest_deprovision",
        "Microsoft: guide of 2017",
        "",
    ),
]
