# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image file: a fixed VHD with a sound footer, of a size that Azure takes.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.disk.problems import OF_THE_FOOTER
from ansible_collections.imagewright.azure.plugins.module_utils.disk.sizes import MIB, show_size
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import MARKETPLACE_ONLY, rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import FIRMWARE


@rule(
    "R01",
    step=FIRMWARE,
    severity=ERROR,
    needs="any",
    fixed_by="disk_convert; vhd_align",
    title="The image is a fixed VHD with a sound footer",
    fault="The image is not a fixed VHD with a sound footer",
    why="Azure takes a fixed VHD and nothing else: an upload of a dynamic VHD, a VHDX or a raw image is refused, or makes a disk that does not boot.",
    cure="Convert it with the role disk_convert (module vhd_align).",
    source="Microsoft: create-upload-generic; VHD specification 1.0",
)
def fixed_vhd(context):
    """Return failed for another format, another type of VHD or a footer that is wrong; a plain raw image is only a warning, for it is converted later."""
    image = context.image
    if image is None:
        return not_applicable("the running guest's disk becomes a VHD later, by disk_convert")
    if image["format"] is None:
        return failed([Evidence(image["path"], None, problem) for problem in image["problems"]])
    if image["disk_type"] != "fixed":
        calls_itself_vhd = image["format"] in ("vpc", "vhdx") or image["path"].lower().endswith(".vhd")
        what = {"vpc": f"a {image['disk_type']} VHD", "raw": "a raw image without a VHD footer"}.get(
            image["format"], f"an image of the format {image['format']}"
        )
        return failed([Evidence(image["path"], None, f"it is {what}")], "", ERROR if calls_itself_vhd else WARNING)
    return failed_if(_problems(image, OF_THE_FOOTER | {"empty"}))


def _problems(image, ids):
    """Return the Evidence of those problems of an image that have one of the ids."""
    return [Evidence(image["path"], None, problem["cause"]) for problem in image["problem_details"] if problem["id"] in ids]


@rule(
    "R02",
    step=FIRMWARE,
    severity=ERROR,
    needs="any",
    fixed_by="disk_convert; vhd_align",
    title="The virtual size is a whole number of MiB, the file 512 bytes more",
    fault="The size of the image is not what Azure takes",
    why='Azure refuses it: "has an unsupported virtual size ... The size must be a whole number (in MBs)".',
    cure="Align it with vhd_align; do not resize a finished VHD.",
    source="Microsoft: create-upload-generic; certification",
    choice="The older guides round up with ((size/MB)+1)*MB, which adds a MiB to an aligned disk at every run; we round up to the next multiple (R03), as "
    "create-upload-generic does today. It is the disk in the file that must be aligned, not the file.",
)
def whole_mebibytes(context):
    """Return failed when the virtual size is no whole number of MiB, or the file of a fixed VHD is not 512 bytes longer."""
    image = context.image
    if image is None or image["virtual_size"] is None:
        return not_applicable("there is no image whose size is known")
    size, evidence = image["virtual_size"], []
    if size % MIB:
        evidence.append(Evidence(image["path"], None, f"virtual size {show_size(size)}: {size % MIB} bytes over a whole MiB"))
    if image["disk_type"] != "fixed":
        return failed_if(evidence, "The conversion to a fixed VHD rounds it up.", WARNING)
    if image["file_size"] != size + 512:
        evidence.append(Evidence(image["path"], None, f"file size {image['file_size']} is not virtual size {size} + 512"))
    return failed_if(evidence)


@rule(
    "R02b",
    step=FIRMWARE,
    severity=ERROR,
    needs="any",
    profiles=MARKETPLACE_ONLY,
    title="The name of the file has no % and no quotation mark",
    fault="The name of the file has a % or a quotation mark",
    why="The certification does not take such a name.",
    cure="Rename the file before the upload.",
    source="Microsoft: marketplace certification",
)
def file_name(context):
    """Return failed when the last part of the image's path has a character that the certification refuses."""
    if context.image is None:
        return not_applicable("there is no image file")
    name = context.image["path"].rpartition("/")[2]
    return failed_if([Evidence(context.image["path"], None, name)] if "%" in name or '"' in name else [])


@rule(
    "R04",
    step=FIRMWARE,
    severity=WARNING,
    needs="any",
    fixed_by="disk_convert; vhd_align",
    title="Every reader sees the same size of the VHD",
    fault="Readers of the VHD see different sizes",
    why="qemu-img computes the size from the geometry of footers that it or others wrote without force_size: it cuts off the end of the disk, and with it "
    "the backup of the partition table, when the VHD is converted again.",
    cure="Run vhd_align in_place: true, which writes a footer that all read alike.",
    source="QEMU block/vpc.c; LP #1490611",
    choice="The guide of 2017 gives subformat=fixed first and force_size as an alternative; without it qemu-img rounds the size up to whole cylinders, "
    "which is no whole MiB: the very number of the guides' sample error. vhd_align writes what force_size writes.",
)
def same_size_everywhere(context):
    """Return failed when the footer makes some readers compute the size from its geometry."""
    if context.image is None or context.image["disk_type"] != "fixed":
        return not_applicable("it is no fixed VHD yet")
    return failed_if(_problems(context.image, ("geometry",)))


RULES = [fixed_vhd, whole_mebibytes, file_name, same_size_everywhere]
