# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's command line configures cloud-init with is an error where it leaves Azure out, and a warning else."""

import pytest
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.context import Context
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import provisioner
from unit.readiness.guest_tree import CMDLINE, GRUB_CFG, good_guest, write


@pytest.mark.parametrize(
    ("parameters", "severity"),
    [
        ("cc: datasource_list: [ None ] end_cc", "error"),
        ("cc: datasource_list: [NoCloud, ConfigDrive] end_cc", "error"),
        ("cc: datasource_list: [Azure, None] end_cc", None),
        ("cc: ssh_pwauth: true end_cc", None),
    ],
)
def test_a_list_of_sources_without_azure_is_an_error(tmp_path, parameters, severity):
    good_guest(tmp_path)
    write(tmp_path, "/boot/grub/grub.cfg", GRUB_CFG.replace(CMDLINE, f"{CMDLINE} {parameters}"))
    found = provisioner.not_configured_by_the_kernel.check(Context(LiveTree(str(tmp_path))))
    assert (found.status, found.severity) == ("failed", severity)
