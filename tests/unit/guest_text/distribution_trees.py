# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of distributions that the lab does not build, as their installers leave them: {name: {path: text, or -> and a link's target}}.

Written after their documents and packages; no system of theirs was run.
"""

PASSWD = "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\nclerk:x:1000:1000::/home/clerk:/bin/bash\n"
OLD_PASSWD = PASSWD.replace("1000:1000", "500:500")
SHADOW = "root:$6$of-root:18000:0:99999:7:::\nbin:*:18000:0:99999:7:::\nclerk:$6$of-clerk:18000:0:99999:7:::\n"

#: What every machine that was used has.
USED = {
    "/etc/passwd": PASSWD,
    "/etc/shadow": SHADOW,
    "/etc/shadow-": SHADOW,
    "/root/.bash_history": "ls\n" * 300,
    "/home/clerk/.bash_history": "ls\n",
    "/home/clerk/.ssh/authorized_keys": "ssh-rsa AAAA clerk\n",
    "/etc/ssh/ssh_host_rsa_key": "key",
    "/etc/ssh/ssh_host_rsa_key.pub": "key",
    "/etc/resolv.conf": "nameserver 192.0.2.1\n",
}

RHEL_SUDOERS = """\
Defaults   !visiblepw
Defaults    always_set_home
Defaults    env_reset
Defaults    env_keep =  "COLORS DISPLAY HOSTNAME HISTSIZE KDEDIR LS_COLORS"
Defaults    secure_path = /sbin:/bin:/usr/sbin:/usr/bin
root\tALL=(ALL) \tALL
%wheel\tALL=(ALL)\tALL
#includedir /etc/sudoers.d
"""
SUSE_SUDOERS = """\
Defaults always_set_home
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin:/usr/local/sbin"
Defaults env_reset
Defaults !insults
## In the default (unconfigured) configuration, sudo asks for the root password.
Defaults targetpw   # ask for the password of the target user i.e. root
ALL   ALL=(ALL) ALL   # WARNING! Only use this together with 'Defaults targetpw'!
root ALL=(ALL) ALL
"""
WAAGENT = """\
#
# Microsoft Azure Linux Agent Configuration
#

# Enable extension handling. Do not disable this unless you do not need password reset,
Extensions.Enabled=y
Provisioning.Agent=auto
ResourceDisk.Format=n
ResourceDisk.Filesystem={filesystem}
ResourceDisk.MountPoint=/mnt/resource
ResourceDisk.EnableSwap=n
ResourceDisk.SwapSizeMB=0    ## NOTE: setting this to whatever you need it to be.
OS.RootDeviceScsiTimeout=300
# AutoUpdate.Enabled=y
"""
OLD_SSHD = "Protocol 2\nPasswordAuthentication yes\n#ClientAliveInterval 0\nUsePAM yes\nSubsystem sftp /usr/libexec/openssh/sftp-server\n"
NEW_SSHD = "Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile .ssh/authorized_keys\nSubsystem sftp /usr/libexec/openssh/sftp-server\n"
#: cloud-init 18.5 to 22.1 of Red Hat 7 and 8, and upstream's own of 23 and later.
OLD_CLOUD = """\
users:
 - default

disable_root: 1
ssh_pwauth:   0

mount_default_fields: [~, ~, 'auto', 'defaults,nofail,x-systemd.requires=cloud-init.service', '0', '2']
resize_rootfs_tmp: /dev
ssh_deletekeys:   1
ssh_genkeytypes:  ~
syslog_fix_perms: ~
disable_vmware_customization: false

cloud_init_modules:
 - disk_setup
 - migrator
 - bootcmd
 - write-files
 - growpart
 - resizefs
 - set_hostname
 - update_hostname
 - update_etc_hosts
 - rsyslog
 - users-groups
 - ssh

cloud_config_modules:
 - mounts
 - locale
 - set-passwords
 - rh_subscription
 - yum-add-repo
 - package-update-upgrade-install
 - timezone
 - runcmd

cloud_final_modules:
 - scripts-per-boot
 - scripts-user
 - final-message
 - power-state-change

system_info:
  default_user:
    name: cloud-user
    groups: [adm, systemd-journal]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
  distro: rhel
  ssh_svcname: sshd

# vim:syntax=yaml
"""
NEW_CLOUD = """\
# The modules that run in the 'init' stage
cloud_init_modules:
  - migrator
  - seed_random
  - bootcmd
  - write_files
  - growpart
  - resizefs
  - disk_setup
  - mounts
  - set_hostname
  - users_groups
  - ssh

# The modules that run in the 'config' stage
cloud_config_modules:
  - ssh_import_id
  - locale
  - set_passwords
  - runcmd

# The modules that run in the 'final' stage
cloud_final_modules:
  - scripts_user
  - final_message
"""
PERSISTENT = 'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="52:54:00:12:34:56", ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"\n'
KERNEL_SWAP = "UUID=4bd1a3c2-0000-4000-8000-000000000002 swap swap defaults 0 0\n"
ROOT = "UUID=4bd1a3c2-0000-4000-8000-000000000001 / {fs} defaults 1 1\n"


def _wants(*units):
    links = {f"/etc/systemd/system/multi-user.target.wants/{unit}.service": f"->/usr/lib/systemd/system/{unit}.service" for unit in units}
    content = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
    return dict(links, **{f"/usr/lib/systemd/system/{unit}.service": content for unit in units})


RHEL6 = dict(
    USED,
    **{
        "/etc/passwd": OLD_PASSWD,
        "/etc/login.defs": "UID_MIN\t\t\t  500\nUID_MAX\t\t\t60000\n",
        "/etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
        "/etc/sudoers": RHEL_SUDOERS,
        "/etc/sudoers.d/clerk": "clerk ALL=(ALL) ALL\n",
        "/etc/waagent.conf": WAAGENT.format(filesystem="ext4"),
        "/etc/fstab": "#\n# /etc/fstab\n# Created by anaconda\n#\n" + ROOT.format(fs="ext4") + KERNEL_SWAP + "tmpfs /dev/shm tmpfs defaults 0 0\n",
        "/etc/ssh/sshd_config": OLD_SSHD,
        "/etc/rc.d/rc3.d/S10network": "->../init.d/network",
        "/etc/rc.d/init.d/network": "#!/bin/bash\n",
        "/etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=build6.example.com\n",
        "/etc/sysconfig/network-scripts/ifcfg-eth0": 'DEVICE="eth0"\nBOOTPROTO="static"\nHWADDR="52:54:00:12:34:56"\nIPADDR="192.0.2.7"\nONBOOT="yes"\n',
        "/etc/sysconfig/network-scripts/ifcfg-lo": "DEVICE=lo\nIPADDR=127.0.0.1\nONBOOT=yes\nNAME=loopback\n",
        "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT,
        "/lib/udev/rules.d/75-persistent-net-generator.rules": 'ACTION=="add", SUBSYSTEM=="net", IMPORT{program}="write_net_rules"\n',
        "/etc/modprobe.d/CIS.conf": "install cramfs /bin/true\ninstall udf /bin/true\ninstall vfat /bin/true\n",
        "/var/lib/dhclient/dhclient-eth0.leases": "lease {\n}\n",
        "/var/lib/random-seed": "seed",
        "/root/anaconda-ks.cfg": "rootpw --iscrypted $6$x\n",
    },
)
RHEL8 = dict(
    USED,
    **_wants("NetworkManager", "sshd"),
    **{
        "/etc/sudoers": RHEL_SUDOERS,
        "/etc/sudoers.d/clerk": "%wheel ALL=(ALL) NOPASSWD: ALL\nclerk ALL=(ALL) ALL\n",
        "/etc/waagent.conf": WAAGENT.format(filesystem="ext4"),
        "/etc/fstab": "UUID=4bd1a3c2-0000-4000-8000-000000000001 / xfs defaults 0 0\n/dev/mapper/rhel-swap swap swap defaults 0 0\n",
        "/etc/ssh/sshd_config": OLD_SSHD + "Match User anoncvs\n\tClientAliveInterval 0\n",
        "/etc/sysconfig/network": "# Created by anaconda\n",
        "/etc/sysconfig/network-scripts/ifcfg-ens3": "TYPE=Ethernet\nBOOTPROTO=none\nNAME=ens3\nUUID=9a1f\nDEVICE=ens3\nONBOOT=yes\nIPADDR=192.0.2.8\n",
        "/etc/modprobe.d/cis.conf": "blacklist udf\n",
        "/etc/hostname": "build8.example.com\n",
        "/etc/machine-id": "0" * 32 + "\n",
        "/etc/cloud/cloud.cfg": OLD_CLOUD,
        "/var/lib/NetworkManager/secret_key": "x",
        "/root/anaconda-ks.cfg": "rootpw --iscrypted $6$x\n",
    },
)
RHEL10 = dict(
    USED,
    **_wants("NetworkManager", "sshd"),
    **{
        "/etc/sudoers": RHEL_SUDOERS,
        "/etc/sudoers.d/clerk": "clerk ALL=(ALL) ALL\n",
        "/etc/waagent.conf": WAAGENT.format(filesystem="ext4"),
        "/etc/fstab": "UUID=4bd1a3c2-0000-4000-8000-000000000001 / xfs defaults 0 0\n" + KERNEL_SWAP,
        "/etc/ssh/sshd_config": NEW_SSHD,
        "/etc/ssh/sshd_config.d/50-redhat.conf": "SyslogFacility AUTHPRIV\nClientAliveInterval 0\n",
        "/etc/NetworkManager/system-connections/ens3.nmconnection": "[connection]\nid=ens3\ntype=ethernet\ninterface-name=ens3\n\n[ethernet]\n"
        "mac-address=52:54:00:12:34:56\n\n[ipv4]\nmethod=manual\naddress1=192.0.2.9/24\n",
        "/etc/NetworkManager/system-connections/br0.nmconnection": "[connection]\nid=br0\ntype=bridge\n",
        "/etc/cloud/cloud.cfg": NEW_CLOUD,
        "/usr/lib/modprobe.d/dist-blacklist.conf": "blacklist udf\n",
        "/etc/hostname": "build10\n",
        "/etc/machine-id": "1" * 32 + "\n",
    },
)
SLES11 = dict(
    USED,
    **{
        "/etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
        "/etc/HOSTNAME": "build11.example.com\n",
        "/etc/sudoers": SUSE_SUDOERS,
        "/etc/waagent.conf": WAAGENT.format(filesystem="ext3"),
        "/etc/fstab": "LABEL=root / ext3 acl,user_xattr 1 1\nLABEL=swap swap swap defaults 0 0\nproc /proc proc defaults 0 0\n",
        "/etc/ssh/sshd_config": OLD_SSHD,
        "/etc/init.d/rc3.d/S05network": "->../network",
        "/etc/init.d/network": "#!/bin/sh\n",
        "/etc/sysconfig/network/config": "\n",
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\n',
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='static'\nIPADDR='192.0.2.11/24'\nSTARTMODE='auto'\n",
        "/etc/sysconfig/network/ifcfg-lo": "IPADDR=127.0.0.1\n",
        "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT,
        "/lib/udev/rules.d/75-persistent-net-generator.rules": "x\n",
        "/root/autoinst.xml": "<profile/>\n",
    },
)
SLES15 = dict(
    USED,
    **_wants("wicked", "sshd"),
    **{
        "/etc/sudoers": SUSE_SUDOERS + "@includedir /etc/sudoers.d\n",
        "/etc/sudoers.d/clerk": "clerk ALL=(ALL) ALL\n",
        "/etc/waagent.conf": WAAGENT.format(filesystem="btrfs"),
        "/etc/fstab": "UUID=4bd1a3c2-0000-4000-8000-000000000001  /  btrfs  defaults  0 0\n"
        + KERNEL_SWAP
        + "UUID=4bd1a3c2-0000-4000-8000-000000000001  /var  btrfs  subvol=/@/var  0 0\n",
        "/etc/ssh/sshd_config": OLD_SSHD,
        "/etc/sysconfig/network/config": "\n",
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\nDHCLIENT_BIN=""\n',
        "/etc/sysconfig/network/ifcfg-eth1": "BOOTPROTO='dhcp'\n",
        "/etc/modprobe.d/60-blacklist_fs-udf.conf": "blacklist udf\n",
        "/etc/hostname": "build15\n",
        "/etc/machine-id": "2" * 32 + "\n",
        "/etc/zypp/credentials.d/SCCcredentials": "username=SCC_x\n",
    },
)
SLES16 = dict(
    USED,
    **_wants("NetworkManager", "sshd"),
    **{
        "/usr/etc/sudoers": SUSE_SUDOERS + "@includedir /etc/sudoers.d\n@includedir /usr/etc/sudoers.d\n",
        "/etc/sudoers.d/clerk": "clerk ALL=(ALL) ALL\n",
        "/etc/waagent.conf": WAAGENT.format(filesystem="ext4"),
        "/etc/fstab": "UUID=4bd1a3c2-0000-4000-8000-000000000001 / btrfs ro 0 0\n" + KERNEL_SWAP,
        "/usr/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nInclude /usr/etc/ssh/sshd_config.d/*.conf\n"
        "AuthorizedKeysFile .ssh/authorized_keys\n",
        "/usr/lib/modprobe.d/60-blacklist_fs-udf.conf": "# no udf\nblacklist udf\n",
        "/etc/hostname": "build16\n",
        "/etc/machine-id": "3" * 32 + "\n",
    },
)
UBUNTU = dict(
    USED,
    **_wants("systemd-networkd", "ssh"),
    **{
        "/etc/sudoers": "Defaults\tenv_reset\nroot\tALL=(ALL:ALL) ALL\n%admin ALL=(ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
        "/etc/sudoers.d/clerk": "clerk ALL=(ALL) NOPASSWD:ALL\n",
        "/etc/waagent.conf": WAAGENT.format(filesystem="ext4"),
        "/etc/fstab": "/dev/disk/by-uuid/4bd1a3c2-0000-4000-8000-000000000001 / ext4 defaults 0 1\n/swap.img\tnone\tswap\tsw\t0\t0\n",
        "/swap.img": "swap",
        "/etc/ssh/sshd_config": NEW_SSHD,
        "/etc/ssh/sshd_config.d/50-cloud-init.conf": "PasswordAuthentication yes\n",
        "/etc/netplan/50-cloud-init.yaml": "network:\n  version: 2\n  ethernets:\n    ens3:\n      addresses: [192.0.2.24/24]\n",
        "/usr/sbin/netplan": "",
        "/usr/bin/cloud-init": "",
        "/etc/cloud/cloud.cfg": NEW_CLOUD,
        "/etc/modprobe.d/blacklist-rare.conf": "blacklist udf\n",
        "/etc/hostname": "build24\n",
        "/etc/machine-id": "4" * 32 + "\n",
        "/var/lib/cloud/instance/user-data.txt": "x",
        "/var/log/installer/autoinstall-user-data": "password: $6$x\n",
    },
)

#: Oracle Linux 7 is Red Hat's of that time, with its network script beside NetworkManager.
ORACLE7 = dict(RHEL8, **_wants("NetworkManager", "sshd"))
ORACLE7.update(
    {
        "/etc/rc.d/rc3.d/S10network": "->../init.d/network",
        "/etc/rc.d/init.d/network": "#!/bin/bash\n",
        "/etc/oracle-release": "Oracle Linux Server release 7.9\n",
    }
)

TREES = {"rhel6": RHEL6, "oracle7": ORACLE7, "rhel8": RHEL8, "rhel10": RHEL10, "sles11": SLES11, "sles15": SLES15, "sles16": SLES16, "ubuntu": UBUNTU}
