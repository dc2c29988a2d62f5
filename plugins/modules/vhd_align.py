#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: vhd_align
short_description: Turn any disk image into a fixed VHD that Azure accepts
version_added: 1.0.0
description:
  - Writes a fixed VHD whose disk is a whole number of MiB, out of a raw, qcow2, VMDK, VDI, VHDX, dynamic VHD or fixed VHD image.
  - Writes no more than must be written. In place that is a footer of 512 bytes; on a file system with reflinks the copy shares its
    blocks with the source; elsewhere each byte of data is written once and holes stay holes.
  - Moves the backup of a GUID partition table to the new end of the disk.
  - The destination appears under its name when it is whole and on disk, or not at all. The source is only changed with O(in_place).
  - Runs where the image lies, which is the controller (C(localhost)) or a virtualization host; not on the guest.
options:
  src:
    description:
      - The disk image. What it is, is told by its content and never by its name.
    type: path
    required: true
    aliases: [image]
  dest:
    description:
      - The VHD to write. A symbolic link is not followed.
      - Defaults to O(src) with the extension V(.vhd), or to O(src) itself with O(in_place).
      - A file that was made from O(src) as it is now, with the same options, is recognised by its footer and its time, and left as it is.
    type: path
  format:
    description:
      - The format of O(src), to be safe from surprises. An image of another format is an error.
      - A fixed VHD that is called V(raw) is taken as the VHD that it is.
      - V(vpc) is QEMU's name of the VHD formats.
    type: str
    choices: [auto, raw, qcow2, vmdk, vdi, vhdx, vpc]
    default: auto
  size:
    description:
      - Grow the disk to at least this size, like V(32GiB). A disk is never made smaller.
      - Sizes are bytes or numbers with C(K), C(M), C(G), C(T), optionally followed by C(B) or C(iB).
        All count in powers of 1024, as Azure does.
    type: str
  alignment:
    description:
      - The size of the disk becomes a multiple of this, itself a multiple of 1 MiB.
    type: str
    default: 1MiB
  max_size:
    description:
      - Refuse a disk that would be larger than this.
      - Defaults to what Azure takes as an operating system disk, which is 2 TiB for O(generation=1) and 4095 GiB for O(generation=2).
        With O(generation=auto) to 2 TiB for a disk with an MBR and 4095 GiB for any other.
    type: str
  generation:
    description:
      - The generation of the virtual machine that shall boot the disk. V(auto) judges by the disk.
    type: str
    choices: [auto, '1', '2']
    default: auto
  in_place:
    description:
      - Change O(src) itself into the VHD. For raw disks and fixed VHDs only.
    type: bool
    default: false
  overwrite:
    description:
      - Replace an existing O(dest) that was not made from O(src) as it is now.
    type: bool
    default: false
  relocate_gpt:
    description:
      - Move the backup of a GUID partition table to the end of the disk. A table that is damaged is left alone, with a warning.
    type: bool
    default: true
  repair_footer:
    description:
      - Take a fixed VHD whose only fault is the checksum of its footer.
    type: bool
    default: false
  wait_released:
    description:
      - Seconds to wait until no virtual machine, loop device or other program has O(src) open for writing.
    type: int
    default: 0
  sha256:
    description:
      - Also compute the SHA-256 of the whole VHD, for which all of it is read.
    type: bool
    default: false
  progress_file:
    description:
      - File that gets a line about the progress appended every few seconds of a copy that takes longer than that.
      - Needed for asynchronous tasks and other hosts only. On the controller, the lines are shown while the task runs.
    type: path
attributes:
  check_mode:
    support: full
    description: Predicts method and sizes, and writes nothing. O(ignore:gpt_relocated) of formats that only QEMU reads is not known before.
  diff_mode:
    support: full
    description: Shows the sizes before and after.
author:
  - imagewright.azure contributors (@imagewright)
notes:
  - Images of other formats than raw and VHD need C(qemu-img) 5.0 or later.
  - Backing files, external data files and flat extents are never read, whatever an image says.
seealso:
  - module: imagewright.azure.vhd_info
"""

EXAMPLES = r"""
- name: Make disk.vhd out of disk.qcow2
  imagewright.azure.vhd_align:
    src: /images/disk.qcow2

- name: Wait for the machine to be off, then change its raw disk into the VHD, in a few milliseconds
  imagewright.azure.vhd_align:
    src: /images/disk.raw
    in_place: true
    wait_released: 120

- name: Grow to 32 GiB on the way
  imagewright.azure.vhd_align:
    src: /images/disk.raw
    dest: /upload/disk.vhd
    size: 32GiB
    overwrite: true
"""

RETURN = r"""
method:
  description: How the VHD was made, or would be in check mode.
  returned: success
  type: str
  sample: reflink
  choices: [unchanged, in_place, reflink, sparse_copy, qemu_img]
src:
  description: The image that was read.
  returned: success
  type: str
dest:
  description: The VHD.
  returned: success
  type: str
source_format:
  description: The format of O(src) by its content.
  returned: success
  type: str
  sample: qcow2
source_virtual_size:
  description: Size of the disk in O(src), bytes.
  returned: success
  type: int
  sample: 8589422080
virtual_size:
  description: Size of the disk in the VHD, bytes; a multiple of 1 MiB.
  returned: success
  type: int
  sample: 8589934592
file_size:
  description: Size of the VHD file, bytes; what C(az disk create --upload-size-bytes) wants.
  returned: success
  type: int
  sample: 8589935104
bytes_written:
  description: Bytes that were written; in check mode those that would be, at most.
  returned: success
  type: int
  sample: 18432
allocated:
  description: Bytes of disk space that the VHD takes; in check mode an estimate.
  returned: success
  type: int
  sample: 1073741824
gpt_relocated:
  description: Whether the backup of a GUID partition table was moved. Null when check mode cannot know.
  returned: success
  type: bool
generations:
  description:
    - Generations of virtual machines that can boot the disk, by its partition table, boot code and EFI system partition.
    - Null when not known yet.
  returned: success
  type: list
  elements: int
  sample: [1, 2]
architecture:
  description: The processor that the disk boots on, V(x64) or V(Arm64), in the words of C(az --architecture). Null when not known.
  returned: success
  type: str
  sample: x64
footer:
  description: The fields of the VHD's footer.
  returned: success
  type: dict
  sample: {creator_application: qem2, creator_host_os: Wi2k, current_size: 8589934592, disk_type: fixed}
sha256:
  description: SHA-256 of the whole VHD. Null in check mode, unless nothing is to be done.
  returned: when O(sha256) is set
  type: str
"""

import os
from typing import Any, Dict, Mapping, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.discreet_module import DiscreetModule
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import generation_wanted
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import parse_size, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import disk_size
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.align import AlignRequest, align

ARGUMENTS = {
    "src": {"type": "path", "required": True, "aliases": ["image"]},
    "dest": {"type": "path"},
    "format": {"type": "str", "default": "auto", "choices": ["auto", "raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"]},
    "size": {"type": "str"},
    "alignment": {"type": "str", "default": "1MiB"},
    "max_size": {"type": "str"},
    "generation": {"type": "str", "default": "auto", "choices": ["auto", "1", "2"]},
    "in_place": {"type": "bool", "default": False},
    "overwrite": {"type": "bool", "default": False},
    "relocate_gpt": {"type": "bool", "default": True},
    "repair_footer": {"type": "bool", "default": False},
    "wait_released": {"type": "int", "default": 0},
    "sha256": {"type": "bool", "default": False},
    "progress_file": {"type": "path"},
}


def check_options(options: Mapping[str, Any]) -> None:
    """Check what the types of the options cannot tell.

    Raises ImagewrightError: src or dest name no file, or wait_released no time.
    """
    if not options["src"]:
        raise ImagewrightError("cannot convert '': src is empty; give the path of the disk image")
    if options["dest"] and options["dest"].endswith("/"):
        raise ImagewrightError(f"cannot write {options['dest']}: dest ends with a slash and so names a directory; give the path of the VHD itself")
    if options["wait_released"] < 0:
        raise ImagewrightError(f"cannot wait {options['wait_released']} seconds: wait_released is negative; use 0 or more")


def plan(module: DiscreetModule) -> AlignRequest:
    """Return the AlignRequest that the module's options describe.

    Raises ImagewrightError: an option makes no sense.
    """
    options = module.params
    check_options(options)
    src = os.path.abspath(options["src"])
    default = os.path.realpath(src) if options["in_place"] else os.path.splitext(src)[0] + ".vhd"
    return AlignRequest(
        src=src,
        dest=os.path.abspath(options["dest"] or default),
        format=options["format"],
        size=_size(options, "size"),
        alignment=disk_size.whole_alignment(parse_size(options["alignment"], "alignment")),
        max_size=_positive(options, "max_size"),
        generation=generation_wanted(options["generation"]),
        in_place=options["in_place"],
        overwrite=options["overwrite"],
        relocate_gpt=options["relocate_gpt"],
        repair_footer=options["repair_footer"],
        wait_released=options["wait_released"],
        sha256=options["sha256"],
        report_path=options["progress_file"],
        check=module.check_mode,
    )


def run(module: DiscreetModule) -> Dict[str, Any]:
    """Return the module's result."""
    result = align(plan(module))
    for warning in result.pop("warnings"):
        module.warn(warning)
    if module._diff:  # pylint: disable=protected-access  # there is no public name for it
        result["diff"] = {"before": _before(result), "after": _after(result)}
    return result


def _size(options: Mapping[str, Any], name: str) -> Optional[int]:
    return parse_size(options[name], name) if options[name] else None


def _positive(options: Mapping[str, Any], name: str) -> Optional[int]:
    size = _size(options, name)
    if size == 0:
        raise ImagewrightError(f"cannot use {name} {options[name]!r}: no disk is that small; leave it out for the limits of Azure")
    return size


def _before(result: Mapping[str, Any]) -> str:
    if not result["changed"]:
        return _after(result)
    return f"{result['src']}: {result['source_format']} disk of {show_size(result['source_virtual_size'])}\n"


def _after(result: Mapping[str, Any]) -> str:
    return f"{result['dest']}: fixed VHD, disk of {show_size(result['virtual_size'])}, file of {result['file_size']} bytes\n"


def main() -> None:
    """Run the module."""
    finish(DiscreetModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
