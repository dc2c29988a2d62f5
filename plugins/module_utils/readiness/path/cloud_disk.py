# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: cloud-init does not write another partition table over that of the system.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER

#: Names of the disk of the system. Azure's rules for udev give it the two last ones.
_SYSTEM = re.compile(r"/dev/(?:sda|nvme0n1|disk/azure/(?:root|os)|disk/cloud/azure_root)$")


@rule(
    "R42s",
    step=PROVISIONER,
    severity=ERROR,
    title="cloud-init leaves the partition table of the system alone",
    fault="cloud-init writes another partition table over that of the system",
    why="disk_setup with overwrite: true asks nobody whether the disk is in use: `sgdisk -Z` and `sfdisk --force` take its partitions away, and the next "
    "start finds no system.",
    cure="Take the disk out of disk_setup in /etc/cloud/cloud.cfg.d; ephemeral0 is the temporary disk, /dev/disk/azure/scsi1/lun0 the first data disk.",
    source="cloudinit/config/cc_disk_setup.py, mkpart, exec_mkpart_gpt, exec_mkpart_mbr",
    choice="/dev/sda is taken for the disk of the system, as it is on most machines.",
)
def leaves_the_table(context):
    """Return failed with each disk of the system that disk_setup writes to whatever is on it; unknown when nothing here reads YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    disks = config.value(documents, "disk_setup")
    named = disks.value.items() if disks is not None and isinstance(disks.value, dict) else []
    return failed_if(
        Evidence(disks.path, disks.line, f"disk_setup: {name}")
        for name, wanted in named
        if _SYSTEM.match(str(name)) and isinstance(wanted, dict) and _is_lost(wanted)
    )


def _is_lost(wanted):
    """Return whether the definition ({key: value}) of a disk has its partitions taken away."""
    # layout: remove fails with a device that is in use
    return wanted.get("overwrite") is True and wanted.get("layout", False) not in (False, [], "remove")


RULES = [leaves_the_table]
