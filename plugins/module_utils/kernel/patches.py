# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kernel's version tells about running on Hyper-V: the seven patches, NUMA, LIS, UEK and the SACK fixes (R21 to R25).

Source: Microsoft's "Create and upload a Linux VHD", section "Linux kernel requirements"; first releases found by reading
the sources of released kernels for the text of each fix.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

#: One fix that Azure asks for. commit: first 12 digits of its id in mainline; since: first mainline release that has it for sure,
#: (major, minor); backports: {(major, minor): first stable release of that series seen with it}.
Patch = collections.namedtuple("Patch", "commit title since backports")

PATCHES = (
    Patch("cd006086fa5d", "ata_piix: defer disks to the Hyper-V drivers by default", (3, 5), {(3, 4): 4}),
    Patch("5c1b10ab7f93", "storvsc: Account for in-transit packets in the RESET path", (3, 7), {(3, 4): 39}),
    Patch("3e8f4f406590", "storvsc: avoid usage of WRITE_SAME", (3, 10), {(3, 9): 6}),
    Patch("54b2b50c20a6", "Disable WRITE SAME for RAID and virtual host adapter drivers", (3, 13), {(3, 10): 49}),
    Patch("b12bb60d6c35", "storvsc: NULL pointer dereference fix", (3, 15), {(3, 10): 49, (3, 13): 10, (3, 14): 1}),
    Patch("e86fb5e8ab95", "storvsc: ring buffer failures may result in I/O freeze", (3, 19), {(3, 18): 30}),
    Patch("be821fd8e627", "scsi_sysfs: protect against double execution of __scsi_remove_device()", (4, 4), {}),
)

#: How distributions mark the kernels that they build, and to which they bring fixes without changing the base version.
_VENDORS = re.compile(
    r"""
    \.el[0-9]+          # RHEL, CentOS, AlmaLinux, Rocky Linux, Oracle Linux with Red Hat's kernel
    | \.fc[0-9]+        # Fedora
    | [.]uek|uek$       # Oracle's Unbreakable Enterprise Kernel
    | -(default|azure|xen|pae|trace|rt|preempt|64kb)$    # SUSE
    | ^[0-9.]+-[0-9]+-(generic|lowlatency|azure|azure-fde|aws|gcp|oracle|kvm|virtual|server)(-[a-z0-9-]+)?$     # Ubuntu
    | -(cloud-)?(amd64|arm64|686-pae|686)$     # Debian
    | \.amzn[0-9] | \.(azl|cm)[0-9]       # Amazon Linux, Azure Linux
    | -(lts|virt)$ | -arch[0-9]+-[0-9]+$ | -flatcar$      # Alpine, Arch, Flatcar
    """,
    re.VERBOSE,
)

#: First mainline release with the fixes of CVE-2019-11477, -11478 and -11479.
_SACK_MAINLINE = (5, 2)

#: First fixed builds of vendors' kernels by what the version begins with: {build: (build, ...)}; a build above all of these is fixed.
#: Source: certification test 52.
_SACK_BUILDS = (
    (re.compile(r"2\.6\.32-([\d.]+)\.el6"), {754: (754, 15, 3)}),
    (
        re.compile(r"3\.10\.0-([\d.]+)\.el7"),
        {327: (327, 79, 2), 514: (514, 66, 2), 693: (693, 50, 3), 862: (862, 34, 2), 957: (957, 21, 3), 1062: (1062, 1, 1)},
    ),
    (re.compile(r"4\.18\.0-([\d.]+)\.el8"), {80: (80, 4, 2), 147: (147,)}),
    (re.compile(r"2\.6\.39-([\d.]+)\.el\duek"), {400: (400, 312, 2)}),
    (re.compile(r"3\.8\.13-([\d.]+)\.el\duek"), {118: (118, 35, 2)}),
    (re.compile(r"4\.1\.12-([\d.]+)\.el\duek"), {124: (124, 28, 3)}),
    (re.compile(r"4\.14\.35-([\d.]+)\.el\duek"), {1902: (1902, 2, 0)}),
    (re.compile(r"3\.0\.101-([\d.]+)-default"), {108: (108, 95)}),
    (re.compile(r"4\.12\.14-([\d.]+)-azure"), {5: (5, 30), 6: (6, 15)}),
    (re.compile(r"4\.15\.0-(\d+)-azure"), {1049: (1049,)}),
    (re.compile(r"4\.18\.0-(\d+)-azure"), {1023: (1023,)}),
    (re.compile(r"5\.0\.0-(\d+)-azure"), {1025: (1025,)}),
    (re.compile(r"4\.4\.0-(\d+)-generic"), {151: (151,)}),
)


def base_version(version):
    """Return (major, minor, patch) of a kernel's version such as ``3.10.0-1160.el7.x86_64``, or None when it begins with none."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in match.groups()) if match else None


def is_vendor_kernel(version):
    """Return whether the version is one that a distribution gives to its kernels; these have fixes that the number does not tell."""
    return _VENDORS.search(re.sub(r"(\.|\+)?(x86_64|aarch64|i686)$", "", version)) is not None


def missing_patches(version):
    """Return the patches ([Patch]) that a mainline or stable kernel of this version lacks.

    Says nothing useful of a vendor's kernel: see is_vendor_kernel.
    """
    base = base_version(version)
    if base is None:
        return []
    return [patch for patch in PATCHES if base[:2] < patch.since and base[2] < patch.backports.get(base[:2], float("inf"))]


def numa_off_needed(version):
    """Return whether the kernel needs ``numa=off`` (R21): before 2.6.37, in RHEL 6 before 2.6.32-504."""
    base = base_version(version)
    build = el6_build(version)
    if build is not None:
        return build < 504
    return base is not None and base < (2, 6, 37)


def has_host_clock(version):
    """Return whether the kernel has the clock of the Hyper-V host (R55), hv_utils' PTP clock: since 4.11, and in Red Hat's 3.10.0 since build 693."""
    base = base_version(version)
    build = re.match(r"3\.10\.0-(\d+)", version)
    return base is not None and base >= (4, 11) or build is not None and int(build.group(1)) >= 693


def lis_needed(version):
    """Return whether the kernel is one of RHEL 6.0 to 6.3, whose Hyper-V drivers are the Linux Integration Services' (R22)."""
    build = el6_build(version)
    # 6.4 began with 2.6.32-358
    return build is not None and build < 358


def is_uek2(version):
    """Return whether the kernel is Oracle's UEK 2 (2.6.39), or the one before it, which have no Hyper-V drivers (R24)."""
    return re.match(r"2\.6\.3[29]-.*uek", version) is not None


def has_sack_fix(version):
    """Return whether the kernel has the fixes of the SACK panic (R25); None when its version does not tell."""
    base = base_version(version)
    if base is not None and base[:2] >= _SACK_MAINLINE:
        return True
    for pattern, floors in _SACK_BUILDS:
        match = pattern.match(version)
        if match:
            build = tuple(int(part) for part in match.group(1).split(".") if part)
            floor = floors.get(build[0])
            return build >= floor if floor else build[0] > max(floors)
    return None


def el6_build(version):
    """Return the build number (int) of RHEL 6's kernel, 504 of ``2.6.32-504.1.3.el6.x86_64``, or None for any other kernel."""
    match = re.match(r"2\.6\.32-(\d+)\b", version)
    return int(match.group(1)) if match and "el6" in version and "uek" not in version else None
