# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of cloud-init."""

from unit.readiness.cases.common import DEV_NULL

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R42a", {"/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg": "datasource_list: [ NoCloud, None ]\n"}, ("/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg", 1)),
    ("R42a", {"/etc/cloud/cloud.cfg.d/95-x.cfg": "# x\ndatasource_list:\n  - Ec2\n"}, ("/etc/cloud/cloud.cfg.d/95-x.cfg", 2)),
    (
        "R42b",
        {"/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg": "datasource_list: [ NoCloud, Azure ]\n"},
        ("/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg", 1),
    ),
    ("R42c", {"/etc/cloud/ds-identify.cfg": "# by hand\npolicy: disabled\n"}, ("/etc/cloud/ds-identify.cfg", 2)),
    ("R42c", {"/etc/cloud/ds-identify.cfg": "policy: enabled\ndatasource: NoCloud\n"}, ("/etc/cloud/ds-identify.cfg", None)),
    ("R42c", {"/etc/cloud/cloud.cfg.d/99-installer.cfg": "datasource: {}\n"}, ("/etc/cloud/cloud.cfg.d/99-installer.cfg", None)),
    ("R42d", {"/etc/systemd/system/cloud-final.service": DEV_NULL}, ("/etc/systemd/system/cloud-final.service", None)),
    ("R42e", {"/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "20.4.1"\n'}, None),
    ("R42f", {"/usr/bin/growpart": None}, ("/usr/bin/growpart", None)),
    ("R42g", {"/etc/cloud/cloud.cfg.d/10-azure-kvp.cfg": "Reporting:\n"}, ("/etc/cloud/cloud.cfg.d", None)),
    ("R42h", {"/etc/cloud/cloud.cfg": "cloud_init_modules:\n - disk_setup\n\ncloud_config_modules:\n - mounts\n"}, ("/etc/cloud/cloud.cfg", 5)),
    ("R42h", {"/etc/cloud/cloud.cfg": "\ncloud_init_modules:\n - mounts\n - disk_setup\n"}, ("/etc/cloud/cloud.cfg", 2)),
    ("R42h", {"/etc/cloud/cloud.cfg": "# nothing\n"}, ("/etc/cloud/cloud.cfg", None)),
]

#: (rule, files that resemble its fault, and are right)
CONTROLS = [
    ("R42c", {"/etc/cloud/ds-identify.cfg": "policy: disabled\npolicy: enabled\n"}),  # the last line counts
    ("R42c", {"/etc/cloud/ds-identify.cfg": "policy: search,found=all,maybe=all,notfound=enabled\ndatasource: Azure\n"}),
    ("R42c", {"/etc/cloud/ds-identify.cfg.rpmsave": "policy: disabled\n", "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ Azure ]\n"}),
]
