# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SUSE Linux Enterprise Server 11 SP4 and 12 SP5, as they are when somebody has done by hand what Azure asks for."""

from unit.old_guests.guests import unit
from unit.old_guests.red_hat import NO_RESUME, NTP, SSHD, WAAGENT

CONSOLE = "console=ttyS0 earlyprintk=ttyS0 rootdelay=300"
SUDOERS = """\
Defaults always_set_home
Defaults env_reset
Defaults env_keep = "LANG LC_ADDRESS LC_CTYPE LC_COLLATE LC_IDENTIFICATION LC_MEASUREMENT LC_MESSAGES LC_MONETARY LC_NAME LC_PAPER LC_TIME LC_ALL LANGUAGE"
root\tALL=(ALL) ALL
"""
SUSE_SSHD = SSHD.replace("/usr/libexec/openssh/sftp-server", "/usr/lib64/ssh/sftp-server").replace("GSSAPIAuthentication yes\n", "")


def _insserv(name, requires, levels=(3, 5), start=10):
    """Return the script of a service with LSB's header, and the links that insserv makes of it below /etc/init.d."""
    script = (
        f"#!/bin/sh\n### BEGIN INIT INFO\n# Provides:          {name}\n# Required-Start:    {requires}\n# Required-Stop:     {requires}\n"
        f"# Default-Start:     {' '.join(str(level) for level in levels)}\n# Default-Stop:      0 1 2 6\n"
        f"# Description:       {name}\n### END INIT INFO\n. /etc/rc.status\n"
    )
    files = {f"/etc/init.d/{name}": script}
    for level in levels:
        files[f"/etc/init.d/rc{level}.d/S{start:02}{name}"] = f"->../{name}"
        files[f"/etc/init.d/rc{level}.d/K{22 - start:02}{name}"] = f"->../{name}"
    return files


SLES11_KERNEL = "3.0.101-108.114-default"
SLES11 = {
    "files": {
        "/etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
        "/etc/inittab": "id:3:initdefault:\nsi::bootwait:/etc/init.d/boot\nl3:3:wait:/etc/init.d/rc 3\n1:2345:respawn:/sbin/mingetty --noclear tty1\n"
        "S0:12345:respawn:/sbin/agetty -L 115200 ttyS0 vt102\n",
        **_insserv("network", "$local_fs dbus", (2, 3, 5), 5),
        **_insserv("sshd", "$network $remote_fs", (3, 5), 11),
        **_insserv("waagent", "$network sshd", (3, 5), 12),
        **_insserv("ntp", "$network", (3, 5), 11),
        "/etc/rc.status": "# /etc/rc.status\n",
        "/boot/grub/menu.lst": "# Modified by YaST2. Last modification on Mon Jan  6 10:00:00 UTC 2014\ndefault 0\ntimeout 8\nserial --unit=0 --speed=9600\n"
        "terminal --timeout=15 serial console\n\n###Don't change this comment - YaST2 identifier: Original name: linux###\n"
        f"title SUSE Linux Enterprise Server 11 SP4 - {SLES11_KERNEL[:-8]}\n    root (hd0,0)\n"
        f"    kernel /boot/vmlinuz-{SLES11_KERNEL} root=/dev/disk/by-uuid/0a1b2c3d-0000-4000-8000-000000000001 showopts {CONSOLE}\n"
        f"    initrd /boot/initrd-{SLES11_KERNEL}\n",
        "/etc/grub.conf": "setup --stage2=/boot/grub/stage2 --force-lba (hd0) (hd0,0)\nquit\n",
        "/etc/sysconfig/bootloader": 'LOADER_TYPE="grub"\nDEFAULT_NAME=""\n'
        f'DEFAULT_APPEND="showopts {CONSOLE}"\nDEFAULT_VGA=""\nFAILSAFE_APPEND="showopts {CONSOLE}"\nXEN_KERNEL_APPEND="showopts"\n',
        "/etc/sysconfig/kernel": '# This variable contains the list of modules to be added to the initial ramdisk\nINITRD_MODULES="hv_vmbus hv_storvsc ext3"\n'
        'DOMU_INITRD_MODULES="xennet xenblk"\nMODULES_LOADED_ON_BOOT=""\n',
        "/etc/fstab": "/dev/disk/by-uuid/0a1b2c3d-0000-4000-8000-000000000001 /                    ext3       acl,user_xattr        1 1\n"
        "proc                 /proc                proc       defaults              0 0\n"
        "sysfs                /sys                 sysfs      noauto                0 0\n"
        "devpts               /dev/pts             devpts     mode=0620,gid=5       0 0\n",
        "/etc/HOSTNAME": "localhost\n",
        "/etc/sysconfig/network/config": 'NETWORKMANAGER="no"\nNETCONFIG_DNS_POLICY="auto"\n',
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="no"\nWRITE_HOSTNAME_TO_HOSTS="no"\n',
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nMTU=''\nREMOTE_IPADDR=''\nSTARTMODE='onboot'\nUSERCONTROL='no'\n",
        "/etc/sysconfig/network/ifcfg-lo": "IPADDR=127.0.0.1\nNETMASK=255.0.0.0\nSTARTMODE=onboot\n",
        "/etc/ssh/sshd_config": SUSE_SSHD,
        "/etc/sudoers": SUDOERS,
        "/etc/waagent.conf": WAAGENT.replace("ext4", "ext3"),
        "/etc/ntp.conf": NTP,
        "/etc/login.defs": "UID_MIN 1000\nUID_MAX 60000\n",
        "/usr/sbin/waagent": "#!/usr/bin/env python\n",
        "/usr/lib/python2.6/site-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.2.45'\n",
        "/etc/udev/rules.d/66-azure-storage.rules": 'ACTION=="add|change", SUBSYSTEM=="block", ENV{ID_VENDOR}=="Msft"\n',
    },
    "programs": ["/sbin/init", "/sbin/mkinitrd", "/sbin/chkconfig", "/usr/bin/python", "/sbin/dhcpcd", "/usr/sbin/ntpd", "/sbin/udevd", "/sbin/insserv"],
    "kernels": {SLES11_KERNEL: (f"/boot/vmlinuz-{SLES11_KERNEL}", f"/boot/initrd-{SLES11_KERNEL}")},
    "members": ["run_all.sh", "config/start.sh"],
}


SLES12_KERNEL = "4.12.14-122.222-default"
SLES12 = {
    "files": {
        "/etc/os-release": 'NAME="SLES"\nVERSION="12-SP5"\nVERSION_ID="12.5"\nPRETTY_NAME="SUSE Linux Enterprise Server 12 SP5"\nID="sles"\n',
        "/etc/SuSE-release": "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 5\n",
        **unit("wicked"),
        **unit("wickedd"),
        **unit("sshd"),
        **unit("waagent", start="/usr/sbin/waagent -daemon"),
        **unit("chronyd"),
        "/etc/systemd/system/default.target": "->/usr/lib/systemd/system/multi-user.target",
        "/usr/lib/systemd/system/multi-user.target": "[Unit]\nDescription=Multi-User System\n",
        "/boot/grub2/grub.cfg": "### BEGIN /etc/grub.d/10_linux ###\n"
        "menuentry 'SLES 12-SP5'  --class sles --class gnu-linux --class gnu --class os $menuentry_id_option 'gnulinux-simple' {\n"
        f"\tlinux\t/boot/vmlinuz-{SLES12_KERNEL} root=UUID=0a1b2c3d-0000-4000-8000-000000000001  {CONSOLE} nvme_core.io_timeout=240\n"
        f"\tinitrd\t/boot/initrd-{SLES12_KERNEL}\n}}\n### END /etc/grub.d/10_linux ###\n",
        "/etc/default/grub": f"GRUB_DISTRIBUTOR=SLES12-SP5\nGRUB_DEFAULT=saved\nGRUB_TIMEOUT=8\n"
        f'GRUB_CMDLINE_LINUX_DEFAULT="{CONSOLE} nvme_core.io_timeout=240"\n'
        'GRUB_CMDLINE_LINUX=""\nGRUB_TERMINAL="serial console"\nGRUB_SERIAL_COMMAND="serial --speed=115200 --unit=0"\n',
        "/etc/fstab": "UUID=0a1b2c3d-0000-4000-8000-000000000001  /  xfs  defaults  0  0\n",
        "/etc/hostname": "localhost\n",
        "/etc/machine-id": "",
        "/etc/sysconfig/network/config": "\n",
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="no"\n',
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n",
        "/etc/sysconfig/network/ifcfg-lo": "IPADDR=127.0.0.1/8\nNETMASK=255.0.0.0\nSTARTMODE=nfsroot\n",
        "/etc/ssh/sshd_config": SUSE_SSHD,
        "/etc/sudoers": SUDOERS + "#includedir /etc/sudoers.d\n",
        "/etc/waagent.conf": "Provisioning.Agent=auto\nProvisioning.RegenerateSshHostKeyPair=y\nResourceDisk.Format=y\n"
        "ResourceDisk.EnableSwap=n\nAutoUpdate.Enabled=y\n",
        "/etc/chrony.conf": "! pool pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 -1\n"
        "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2\n",
        "/etc/udev/rules.d/99-ptp_hyperv.rules": 'SUBSYSTEM=="ptp", ATTR{clock_name}=="hyperv", SYMLINK += "ptp_hyperv"\n',
        "/etc/login.defs": "UID_MIN 1000\nUID_MAX 60000\n",
        "/usr/sbin/waagent": "#!/usr/bin/python3\n",
        "/usr/lib/python3.4/site-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.9.1.1'\n",
        "/usr/lib/udev/rules.d/66-azure-storage.rules": 'ACTION=="add|change", SUBSYSTEM=="block", ENV{ID_VENDOR}=="Msft"\n',
        "/sbin/init": "->/usr/lib/systemd/systemd",
        "/etc/dracut.conf.d/azure-no-resume.conf": NO_RESUME,
        "/etc/dracut.conf.d/azure.conf": 'add_drivers+=" hv_vmbus hv_netvsc hv_storvsc "\n',
    },
    "programs": [
        "/usr/lib/systemd/systemd",
        "/usr/bin/dracut",
        "/usr/bin/python3",
        "/usr/bin/python3.4",
        "/usr/sbin/wicked",
        "/usr/sbin/wickedd",
        "/usr/sbin/chronyd",
        "/usr/sbin/grub2-mkconfig",
    ],
    "kernels": {SLES12_KERNEL: (f"/boot/vmlinuz-{SLES12_KERNEL}", f"/boot/initrd-{SLES12_KERNEL}")},
    "members": ["usr/lib/dracut-lib.sh"],
}
