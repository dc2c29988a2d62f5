# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 7 to 10 and Ubuntu 12.04 to 18.04, as they are when somebody has done by hand what Azure asks for."""

from unit.old_guests.guests import unit
from unit.old_guests.red_hat import NTP

ROOT = "0a1b2c3d-0000-4000-8000-000000000001"
CONSOLE = "console=tty0 console=ttyS0,115200n8 earlyprintk=ttyS0,115200 nvme_core.io_timeout=240"
SSHD = """\
# Package generated configuration file
Port 22
Protocol 2
HostKey /etc/ssh/ssh_host_rsa_key
HostKey /etc/ssh/ssh_host_dsa_key
HostKey /etc/ssh/ssh_host_ecdsa_key
UsePrivilegeSeparation yes
KeyRegenerationInterval 3600
ServerKeyBits 768
SyslogFacility AUTH
LoginGraceTime 120
PermitRootLogin yes
StrictModes yes
RSAAuthentication yes
PubkeyAuthentication yes
IgnoreRhosts yes
RhostsRSAAuthentication no
ChallengeResponseAuthentication no
X11Forwarding yes
TCPKeepAlive yes
ClientAliveInterval 180
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
UsePAM yes
"""
NEW_SSHD = (
    "#Port 22\nChallengeResponseAuthentication no\nUsePAM yes\nX11Forwarding yes\nPrintMotd no\nClientAliveInterval 180\nAcceptEnv LANG LC_*\n"
    "Subsystem\tsftp\t/usr/lib/openssh/sftp-server\n"
)
SUDOERS = (
    'Defaults\tenv_reset\nDefaults\tmail_badpass\nDefaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n'
    "root\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n#includedir /etc/sudoers.d\n"
)
INTERFACES = "auto lo\niface lo inet loopback\n\n# The primary network interface\nauto eth0\niface eth0 inet dhcp\n"
INITTAB = (
    "id:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\nl2:2:wait:/etc/init.d/rc 2\n1:2345:respawn:/sbin/getty 38400 tty1\n"
    "T0:23:respawn:/sbin/getty -L ttyS0 115200 vt102\n"
)
WAAGENT = """\
Provisioning.Agent={agent}
Provisioning.DeleteRootPassword=y
Provisioning.RegenerateSshHostKeyPair={keys}
Provisioning.SshHostKeyPairType=rsa
ResourceDisk.Format={disk}
ResourceDisk.EnableSwap=n
AutoUpdate.Enabled=y
"""
PROGRAMS = ["/usr/sbin/mkinitramfs", "/usr/sbin/update-grub", "/usr/sbin/grub-mkconfig", "/sbin/dhclient", "/sbin/udevd"]


def _grub(kernel, title, quiet=""):
    return {
        "/boot/grub/grub.cfg": f"### BEGIN /etc/grub.d/10_linux ###\nmenuentry '{title}' --class gnu-linux --class gnu --class os {{\n"
        f"\tload_video\n\tinsmod gzio\n\tinsmod part_msdos\n\tinsmod ext2\n\tset root='(hd0,msdos1)'\n"
        f"\tsearch --no-floppy --fs-uuid --set=root {ROOT}\n"
        f"\techo\t'Loading Linux {kernel} ...'\n\tlinux\t/boot/vmlinuz-{kernel} root=UUID={ROOT} ro {CONSOLE}{quiet}\n"
        f"\techo\t'Loading initial ramdisk ...'\n\tinitrd\t/boot/initrd.img-{kernel}\n}}\n### END /etc/grub.d/10_linux ###\n",
        "/etc/default/grub": f'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="{quiet.strip()}"\nGRUB_CMDLINE_LINUX="{CONSOLE}"\n'
        'GRUB_TERMINAL="serial console"\nGRUB_SERIAL_COMMAND="serial --speed=115200"\n',
        "/etc/fstab": "# /etc/fstab: static file system information.\nproc            /proc           proc    defaults        0       0\n"
        f"UUID={ROOT} /               ext4    errors=remount-ro 0       1\n",
        "/etc/initramfs-tools/modules": "# List of modules that you want to include in your initramfs.\nhv_vmbus\nhv_storvsc\nhv_netvsc\n",
        "/etc/initramfs-tools/conf.d/resume": "RESUME=none\n",
        "/etc/initramfs-tools/initramfs.conf": "MODULES=most\nBUSYBOX=y\nCOMPRESS=gzip\nDEVICE=\n",
        "/usr/sbin/update-initramfs": '#!/bin/sh\nmkinitramfs ${OPTS} -o "${initramfs}.new" "${version}"\n',
        "/usr/share/initramfs-tools/init": "#!/bin/sh\n",
        "/etc/kernel/postinst.d/initramfs-tools": "#!/bin/sh\n",
    }


def _insserv(name, levels=(2, 3, 4, 5), start=2, required="$remote_fs $syslog"):
    """Return the script of a service with LSB's header, and the links that insserv makes of it below /etc/rcN.d."""
    script = f"#!/bin/sh\n### BEGIN INIT INFO\n# Provides:          {name}\n# Required-Start:    {required}\n# Required-Stop:     {required}\n"
    script += f"# Default-Start:     {' '.join(str(level) if level != 'S' else 'S' for level in levels)}\n# Default-Stop:\n### END INIT INFO\nset -e\n"
    return {f"/etc/init.d/{name}": script, **{f"/etc/rc{level}.d/S{start:02}{name}": f"->../init.d/{name}" for level in levels}}


def _guest(kernel, title, files, programs=()):
    return {
        "files": {
            **_grub(kernel, title),
            "/etc/hostname": "localhost\n",
            "/etc/sudoers": SUDOERS,
            "/etc/login.defs": "UID_MIN\t\t\t 1000\nUID_MAX\t\t\t60000\n",
            "/lib/udev/rules.d/66-azure-storage.rules": 'ACTION=="add|change", SUBSYSTEM=="block", ENV{ID_VENDOR}=="Msft"\n',
            **files,
        },
        "programs": [*PROGRAMS, *programs],
        "kernels": {kernel: (f"/boot/vmlinuz-{kernel}", f"/boot/initrd.img-{kernel}")},
        "members": ["scripts/functions", "conf/initramfs.conf"],
    }


def _agent(python, folder, conf):
    return {
        "/usr/sbin/waagent": f"#!/usr/bin/{python}\n",
        f"{folder}/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.2.45'\n",
        "/etc/waagent.conf": conf,
    }


_ALONE = WAAGENT.format(agent="waagent", keys="y", disk="y")
_WITH_CLOUD_INIT = WAAGENT.format(agent="cloud-init", keys="n", disk="n")
_CLOUD_CFG = """\
users:
   - default
disable_root: true
preserve_hostname: false
cloud_init_modules:
 - migrator
 - disk_setup
 - mounts
 - set_hostname
 - users-groups
 - ssh
cloud_config_modules:
 - locale
 - runcmd
cloud_final_modules:
 - scripts-user
system_info:
   distro: ubuntu
   default_user:
     name: ubuntu
     sudo: ["ALL=(ALL) NOPASSWD:ALL"]
"""

#: sysvinit with insserv, ifupdown.
DEBIAN7 = _guest(
    "3.2.0-6-amd64",
    "Debian GNU/Linux, with Linux 3.2.0-6-amd64",
    {
        "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 7 (wheezy)"\nNAME="Debian GNU/Linux"\nVERSION_ID="7"\nVERSION="7 (wheezy)"\nID=debian\n',
        "/etc/inittab": INITTAB,
        "/etc/network/interfaces": INTERFACES,
        "/etc/ssh/sshd_config": SSHD,
        "/etc/ntp.conf": NTP,
        **_insserv("networking", ("S",), 10, "mountkernfs $local_fs"),
        **_insserv("ssh"),
        **_insserv("waagent", start=4),
        **_insserv("ntp"),
        **_agent("python", "/usr/lib/python2.7/dist-packages", _ALONE),
    },
    ["/sbin/init", "/usr/bin/python", "/usr/sbin/ntpd", "/sbin/ifup"],
)
#: systemd 215 with SysV scripts beside units, ifupdown.
DEBIAN8 = _guest(
    "3.16.0-11-amd64",
    "Debian GNU/Linux",
    {
        "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="8"\nVERSION="8 (jessie)"\nID=debian\n',
        "/etc/machine-id": "",
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\n" + INTERFACES.replace("auto eth0", "allow-hotplug eth0"),
        "/etc/ssh/sshd_config": SSHD.replace("PermitRootLogin yes", "PermitRootLogin without-password"),
        "/etc/ntp.conf": NTP,
        "/sbin/init": "->/lib/systemd/systemd",
        **_insserv("networking", ("S",), 10, "mountkernfs $local_fs"),
        **_insserv("ntp"),
        **unit("ssh", "/lib", start="/usr/sbin/sshd -D"),
        **unit("walinuxagent", "/lib", start="/usr/sbin/waagent -daemon"),
        **_agent("python3", "/usr/lib/python3/dist-packages", _ALONE),
    },
    ["/lib/systemd/systemd", "/usr/bin/python3", "/usr/sbin/ntpd", "/sbin/ifup"],
)
#: systemd 232, ifupdown as a unit of its own, ntp as SysV script.
DEBIAN9 = _guest(
    "4.9.0-19-amd64",
    "Debian GNU/Linux",
    {
        "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 9 (stretch)"\nNAME="Debian GNU/Linux"\nVERSION_ID="9"\nVERSION="9 (stretch)"\nID=debian\n',
        "/etc/machine-id": "",
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\n" + INTERFACES.replace("auto eth0", "allow-hotplug eth0"),
        "/etc/ssh/sshd_config": NEW_SSHD,
        "/etc/ntp.conf": NTP,
        "/sbin/init": "->/lib/systemd/systemd",
        **_insserv("ntp"),
        **unit("networking", "/lib", start="/sbin/ifup -a --read-environment"),
        **unit("ssh", "/lib", start="/usr/sbin/sshd -D"),
        **unit("walinuxagent", "/lib", start="/usr/bin/python3 -u /usr/sbin/waagent -daemon"),
        **_agent("python3", "/usr/lib/python3/dist-packages", _ALONE),
    },
    ["/lib/systemd/systemd", "/usr/bin/python3", "/usr/sbin/ntpd", "/sbin/ifup"],
)
#: systemd, ifupdown as a unit of its own.
DEBIAN10 = _guest(
    "4.19.0-27-amd64",
    "Debian GNU/Linux",
    {
        "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 10 (buster)"\nNAME="Debian GNU/Linux"\nVERSION_ID="10"\nVERSION="10 (buster)"\nID=debian\n',
        "/etc/machine-id": "",
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\n" + INTERFACES.replace("auto eth0", "allow-hotplug eth0"),
        "/etc/ssh/sshd_config": NEW_SSHD,
        "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\nmakestep 1.0 -1\nrefclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2\n",
        "/etc/udev/rules.d/99-ptp_hyperv.rules": 'SUBSYSTEM=="ptp", ATTR{clock_name}=="hyperv", SYMLINK += "ptp_hyperv"\n',
        "/sbin/init": "->/lib/systemd/systemd",
        **unit("networking", "/lib", start="/sbin/ifup -a --read-environment"),
        **unit("ssh", "/lib", start="/usr/sbin/sshd -D"),
        **unit("chrony", "/lib", start="/usr/sbin/chronyd"),
        **unit("walinuxagent", "/lib", start="/usr/bin/python3 -u /usr/sbin/waagent -daemon"),
        **_agent("python3", "/usr/lib/python3/dist-packages", _ALONE),
    },
    ["/lib/systemd/systemd", "/usr/bin/python3", "/usr/sbin/chronyd", "/sbin/ifup"],
)
#: Upstart and ifupdown.
UBUNTU12 = _guest(
    "3.13.0-117-generic",
    "Ubuntu, with Linux 3.13.0-117-generic",
    {
        "/etc/os-release": 'NAME="Ubuntu"\nVERSION="12.04.5 LTS, Precise Pangolin"\nID=ubuntu\nID_LIKE=debian\n'
        'PRETTY_NAME="Ubuntu precise (12.04.5 LTS)"\nVERSION_ID="12.04"\n',
        "/etc/network/interfaces": INTERFACES,
        "/etc/ssh/sshd_config": SSHD,
        "/etc/ntp.conf": NTP,
        "/etc/init/rc.conf": "start on runlevel [0123456]\nstop on runlevel [!$RUNLEVEL]\nexport RUNLEVEL\ntask\nexec /etc/init.d/rc $RUNLEVEL\n",
        "/etc/init/rc-sysinit.conf": "start on (filesystem and static-network-up) or failsafe-boot\nstop on runlevel\nenv DEFAULT_RUNLEVEL=2\ntask\n"
        "exec telinit 2\n",
        "/etc/init/networking.conf": "start on (local-filesystems and (stopped udevtrigger or container)) or runlevel [2345]\nstop on unmounting-filesystem\n"
        "pre-start exec mkdir -p /run/network\nexec ifup -a\n",
        "/etc/init/ssh.conf": "start on runlevel [2345]\nstop on runlevel [!2345]\nrespawn\nexec /usr/sbin/sshd -D\n",
        "/etc/init/walinuxagent.conf": "start on (runlevel [2345] and started ssh)\nstop on runlevel [!2345]\nexec /usr/sbin/waagent -daemon\n",
        "/etc/init/ttyS0.conf": "start on stopped rc RUNLEVEL=[2345]\nrespawn\nexec /sbin/getty -L 115200 ttyS0 vt102\n",
        **_insserv("ntp"),
        **_agent("python", "/usr/lib/python2.7/dist-packages", _ALONE),
    },
    ["/sbin/init", "/usr/bin/python", "/usr/sbin/ntpd", "/sbin/ifup"],
)
#: Upstart, ifupdown, cloud-init 0.7.
UBUNTU14 = _guest(
    "4.4.0-148-generic",
    "Ubuntu",
    {
        **UBUNTU12["files"],
        **_grub("4.4.0-148-generic", "Ubuntu"),
        "/etc/os-release": 'NAME="Ubuntu"\nVERSION="14.04.6 LTS, Trusty Tahr"\nID=ubuntu\nID_LIKE=debian\n'
        'PRETTY_NAME="Ubuntu 14.04.6 LTS"\nVERSION_ID="14.04"\n',
        "/etc/init/cloud-init.conf": "start on mounted MOUNTPOINT=/ and stopped cloud-init-nonet\ntask\nexec /usr/bin/cloud-init init\n",
        "/etc/init/cloud-init-local.conf": "start on mounted MOUNTPOINT=/\ntask\nexec /usr/bin/cloud-init init --local\n",
        "/etc/init/cloud-config.conf": "start on (filesystem and started rsyslog)\ntask\nexec cloud-init modules --mode=config\n",
        "/etc/init/cloud-final.conf": "start on (stopped rc RUNLEVEL=[2345] and stopped cloud-config)\ntask\nexec cloud-init modules --mode=final\n",
        "/usr/bin/cloud-init": "#!/usr/bin/python\n",
        "/usr/lib/python2.7/dist-packages/cloudinit/version.py": "from distutils import version as vr\n\n\ndef version():\n"
        '    return vr.StrictVersion("0.7.5")\n',
        "/etc/cloud/cloud.cfg": _CLOUD_CFG,
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ Azure ]\n",
        "/etc/waagent.conf": _WITH_CLOUD_INIT,
    },
    ["/sbin/init", "/usr/bin/python", "/usr/sbin/ntpd", "/sbin/ifup", "/usr/bin/growpart"],
)


def _ubuntu_systemd(kernel, release, number, files, programs):
    clouds = [
        unit(name, "/lib", wanted_by="cloud-init.target", start="/usr/bin/cloud-init init")
        for name in ("cloud-init-local", "cloud-init", "cloud-config", "cloud-final")
    ]
    return _guest(
        kernel,
        "Ubuntu",
        {
            "/etc/os-release": f'NAME="Ubuntu"\nVERSION="{release}"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu {release}"\nVERSION_ID="{number}"\n',
            "/etc/machine-id": "",
            "/etc/ssh/sshd_config": NEW_SSHD,
            "/sbin/init": "->/lib/systemd/systemd",
            **unit("ssh", "/lib", start="/usr/sbin/sshd -D"),
            **unit("chrony", "/lib", start="/usr/sbin/chronyd"),
            **unit("walinuxagent", "/lib", start="/usr/bin/python3 -u /usr/sbin/waagent -daemon"),
            **{path: text for cloud in clouds for path, text in cloud.items()},
            "/lib/systemd/system/cloud-init.target": "[Unit]\nDescription=Cloud-init target\n[Install]\nWantedBy=multi-user.target\n",
            "/etc/systemd/system/multi-user.target.wants/cloud-init.target": "->/lib/systemd/system/cloud-init.target",
            "/lib/systemd/system/multi-user.target": "[Unit]\nDescription=Multi-User System\n",
            "/etc/systemd/system/default.target": "->/lib/systemd/system/multi-user.target",
            "/usr/bin/cloud-init": "#!/usr/bin/python3\n",
            "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "23.1.2"\n',
            "/etc/cloud/cloud.cfg": _CLOUD_CFG,
            "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ Azure ]\n",
            "/etc/cloud/cloud.cfg.d/10-azure-kvp.cfg": "reporting:\n  logging:\n    type: log\n  telemetry:\n    type: hyperv\n",
            "/etc/chrony/chrony.conf": "pool ntp.ubuntu.com iburst maxsources 4\nmakestep 1.0 -1\n"
            "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2\n",
            "/etc/udev/rules.d/99-ptp_hyperv.rules": 'SUBSYSTEM=="ptp", ATTR{clock_name}=="hyperv", SYMLINK += "ptp_hyperv"\n',
            **_agent("python3", "/usr/lib/python3/dist-packages", _WITH_CLOUD_INIT),
            **files,
        },
        ["/lib/systemd/systemd", "/usr/bin/python3", "/usr/sbin/chronyd", "/usr/bin/growpart", *programs],
    )


#: systemd, ifupdown that cloud-init writes.
UBUNTU16 = _ubuntu_systemd(
    "4.15.0-142-generic",
    "16.04.7 LTS (Xenial Xerus)",
    "16.04",
    {
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*.cfg\n",
        "/etc/network/interfaces.d/50-cloud-init.cfg": "# This file is generated from information provided by the datasource.\n" + INTERFACES,
        **unit("networking", "/lib", start="/sbin/ifup -a --read-environment"),
    },
    ["/sbin/ifup"],
)
#: systemd-networkd by netplan.
UBUNTU18 = _ubuntu_systemd(
    "5.4.0-150-generic",
    "18.04.6 LTS (Bionic Beaver)",
    "18.04",
    {
        "/etc/netplan/50-cloud-init.yaml": "network:\n    ethernets:\n        eth0:\n            dhcp4: true\n            dhcp6: false\n    version: 2\n",
        "/usr/sbin/netplan": "->/usr/share/netplan/netplan.script",
        "/usr/share/netplan/netplan.script": "#!/usr/bin/python3\n",
        "/lib/systemd/system-generators/netplan": "->../../netplan/generate",
        "/lib/netplan/generate": "#!/bin/sh\n",
        **unit("systemd-networkd", "/lib", start="/lib/systemd/systemd-networkd"),
    },
    ["/lib/systemd/systemd-networkd"],
)
