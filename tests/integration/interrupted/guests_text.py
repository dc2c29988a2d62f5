# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests for the modules that edit texts."""

import os

from integration.interrupted.examination import Case
from unit.trees import write_tree

SUDOERS = "Defaults targetpw\nALL ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n"
CLOUD_CFG = "cloud_init_modules:\n - migrator\n - ssh\n\ncloud_config_modules:\n - disk_setup\n - mounts\n - locale\n"


def text_case(name, module, files, backup=False, modes=None, **options):
    """Return the Case of a module on a guest of files ({path: text}).

    modes: {path: permissions} of those that have others than a new file gets.
    """

    def build(place):
        write_tree(place / "guest", files)
        for path, mode in (modes or {}).items():
            os.chmod(place / "guest" / path.lstrip("/"), mode)

    def arguments(place):
        return dict(options, root=str(place / "guest"), **({"backup": True} if backup else {}))

    return Case(name + (", with a copy" if backup else ""), module, build, arguments)


CASES = [
    case
    for backup in (False, True)
    for case in (
        text_case(
            "sudoers_clean",
            "sudoers_clean",
            {"/etc/sudoers": SUDOERS, "/etc/sudoers.d/admin": "admin ALL=(ALL) NOPASSWD: ALL\n", "/etc/sudoers.d/more": "Defaults targetpw\n"},
            backup,
            {"/etc/sudoers": 0o440, "/etc/sudoers.d/more": 0o440},
        ),
        text_case(
            "waagent_conf",
            "waagent_conf",
            {"/etc/waagent.conf": "# agent\nProvisioning.Enabled=n\nResourceDisk.Format=n\nResourceDisk.Format=n\n"},
            backup,
            {"/etc/waagent.conf": 0o600},
            settings={"Provisioning.Enabled": True, "ResourceDisk.Format": True},
        ),
        text_case("fstab_clean", "fstab_clean", {"/etc/fstab": "UUID=1 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n"}, backup),
        text_case(
            "chrony_clock",
            "chrony_clock",
            {
                "/etc/chrony/chrony.conf": "confdir /etc/chrony/conf.d\npool ntp.example.org iburst\nmakestep 1 3\n",
                "/etc/chrony/conf.d/kvm.conf": "refclock PHC /dev/ptp_kvm\n",
                "/usr/lib/systemd/systemd": "",
                "/lib/systemd/system/chrony.service": "[Service]\nExecStart=/usr/sbin/chronyd\n",
            },
            backup,
        ),
        text_case("cloud_init_early", "cloud_init_early", {"/etc/cloud/cloud.cfg": CLOUD_CFG}, backup),
        text_case(
            "modprobe_allow",
            "modprobe_allow",
            {
                "/etc/modprobe.d/cis.conf": "install udf /bin/false\n",
                "/etc/modprobe.d/x.conf": "blacklist hv_storvsc\n",
                "/usr/lib/modprobe.d/hardening.conf": "blacklist vfat\noptions z\n",
            },
            backup,
        ),
        text_case(
            "sshd_options, drop-in",
            "sshd_options",
            {
                "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nClientAliveInterval 0\n",
                "/etc/ssh/sshd_config.d/a.conf": "ClientAliveInterval 0\n",
            },
            backup,
            {"/etc/ssh/sshd_config.d/a.conf": 0o600},
            options={"ClientAliveInterval": 180},
        ),
    )
] + [
    text_case("waagent_conf, no file yet", "waagent_conf", {"/etc/hostname": "x\n"}, create=True, settings={"Provisioning.Enabled": True}),
    text_case("sshd_options, main file", "sshd_options", {"/etc/ssh/sshd_config": "Port 22\n"}, options={"ClientAliveInterval": 180}),
    text_case("chrony_clock, no file yet", "chrony_clock", {"/usr/lib/systemd/systemd": ""}, create=True),
    text_case(
        "guest_files",
        "guest_files",
        {"/etc/cloud/cloud.cfg.d/99-installer.cfg": "datasource_list: [None]\n", "/etc/cloud/cloud.cfg.d/05_logging.cfg": "output: {}\n"},
        present={"/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg": "datasource_list: [Azure]\n", "/etc/cloud/cloud.cfg.d/05_logging.cfg": "output: none\n"},
        absent=["/etc/cloud/cloud.cfg.d/99-installer.cfg"],
    ),
    text_case(
        "efi_fallback_loader",
        "efi_fallback_loader",
        {
            "/boot/efi/EFI/debian/shimx64.efi": "shim",
            "/boot/efi/EFI/debian/grubx64.efi": "grub",
            "/boot/efi/EFI/debian/mmx64.efi": "mok",
            "/bin/sh": "\x7fELF\x02\x01\x01" + "\0" * 9 + "\x03\x00\x3e\x00",
        },
    ),
]
