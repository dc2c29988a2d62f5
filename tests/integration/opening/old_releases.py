# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded trees of old releases as their installers left them on a virtual machine of another kind, with programs that run: not these systems.

They are the trees of tests/unit/old_guests without what was done by hand for Azure there.
"""

import copy
import pathlib

from unit.old_guests import debian, red_hat, suse
from unit.old_guests.debian import ROOT
from unit.old_guests.guests import DRIVERS, NVME, USERS, initramfs, unit, write_guest
from unit.trees import write_tree

from . import recorded_programs as programs
from .guests import BUSYBOX

#: The administrator has a password, as an installer asks for.
SHADOW = USERS["/etc/shadow"].replace("root:*:", "root:$6$salt$hash:")
SWAP = "0a1b2c3d-0000-4000-8000-000000000002"
STATIC = (
    "# This file describes the network interfaces available on your system\nauto lo\niface lo inet loopback\n\n# The primary network interface\n"
    "auto eth0\niface eth0 inet static\n\taddress 192.0.2.7\n\tnetmask 255.255.255.0\n\tgateway 192.0.2.1\n\tdns-nameservers 192.0.2.1\n"
)
#: Of udev before 220, which writes it when it sees a card.
PERSISTENT_NET = (
    "# PCI device 0x15ad:0x07b0 (vmxnet3)\n"
    'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="00:50:56:aa:bb:cc", ATTR{dev_id}=="0x0", ATTR{type}=="1", KERNEL=="eth*", NAME="eth0"\n'
)
MEMTEST = """  echo '### BEGIN /etc/grub.d/20_memtest86+ ###'
  printf 'menuentry "Memory test (memtest86+)" {\\n\\tlinux16\\t/boot/memtest86+.bin\\n}\\n'
  printf 'menuentry "Memory test (memtest86+, serial console 115200)" {\\n\\tlinux16\\t/boot/memtest86+.bin console=ttyS0,115200n8\\n}\\n'
  echo '### END /etc/grub.d/20_memtest86+ ###'
"""
#: Ubuntu 16.04 has one more entry of each kernel where Upstart is still there.
UPSTART = (
    "    entry '\t' '{title}, with Linux '$version' (upstart)' $version"
    ' " $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT$(handoff "$GRUB_CMDLINE_LINUX_DEFAULT") init=/sbin/upstart"\n'
)
#: What chrony's packages of that time bring.
CHRONY = {
    "/usr/sbin/chronyd": "ELF",
    "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\nkeyfile /etc/chrony/chrony.keys\ndriftfile /var/lib/chrony/chrony.drift\n"
    "maxupdateskew 100.0\nrtcsync\nmakestep 1 3\n",
}
#: Of releases before pools and makestep's present default.
OLD_CHRONY = {
    "/usr/sbin/chronyd": "ELF",
    "/etc/chrony/chrony.conf": "# This the default chrony.conf file for the Debian chrony package.\nserver 0.debian.pool.ntp.org offline minpoll 8\n"
    "server 1.debian.pool.ntp.org offline minpoll 8\nkeyfile /etc/chrony/chrony.keys\ncommandkey 1\ndriftfile /var/lib/chrony/chrony.drift\n"
    "maxupdateskew 100.0\ndumponexit\nlocal stratum 10\nallow foo.example.net\nlogchange 0.5\nrtconutc\n",
}


def _without_azure(files, *names):
    """Return the files ({path: text}) without those whose path has one of the names."""
    return {path: text for path, text in files.items() if not any(name in path for name in names)}


class Release:
    """A recorded tree. files: {path: text}; kernel: its version; drivers: names ([str]) in its initramfs, marks: members of its generator's;
    carried: {member: text} of its initramfs; packages: {name: {path: text}} that its repositories have; installed: names of packages that are there;
    generator: {path: text}, the programs that run; menu: path of what mkconfig writes."""

    def __init__(self, guest, files, gone, **kept):
        self.guest = copy.deepcopy(guest)
        self.guest["files"] = {"/etc/shadow": SHADOW, **_without_azure(self.guest["files"], *gone), **files}
        self.guest["drivers"] = kept["drivers"]
        if "chrony" not in kept["installed"]:
            self.guest["programs"] = [path for path in self.guest["programs"] if "chronyd" not in path]
        self.kernel = next(iter(self.guest["kernels"]))
        self.menu, self.tools, self.packages = kept["menu"], kept["tools"], kept["packages"]
        self.installed, self.carried, self.members = kept["installed"], kept["carried"], guest["members"]

    def write(self, root):
        """Write the tree below root (path) and return root."""
        self.guest["programs"] = [path for path in self.guest["programs"] if path not in self.tools]
        self.guest["files"] = {path: text for path, text in self.guest["files"].items() if path not in self.tools}
        write_guest(root, self.guest)
        image = self.guest["kernels"][self.kernel][1]
        names = ["sd_mod", "ext3", "ext4", "xfs"]
        (root / image.lstrip("/")).write_bytes(initramfs(self.kernel, names, self.members, self.carried))
        write_tree(root, self.tools)
        for path in self.tools:
            (root / path.lstrip("/")).chmod(0o755)
        self._with_busybox(root)
        self._with_packages(root)
        return root

    def _with_busybox(self, root):
        (root / "bin/busybox").write_bytes(pathlib.Path(BUSYBOX).read_bytes())
        (root / "bin/busybox").chmod(0o755)
        for name in programs.APPLETS:
            (root / "bin" / name).unlink(missing_ok=True)
            (root / "bin" / name).symlink_to("busybox")

    def _with_packages(self, root):
        mirror = root / "var/lib/recorded/packages"
        for name, files in self.packages.items():
            (mirror / name).mkdir(parents=True)
            texts = {path: text for path, text in files.items() if text != "ELF"}
            write_tree(mirror / name, texts)
            for path in files.keys() - texts.keys():
                (mirror / name / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
                (mirror / name / path.lstrip("/")).write_bytes((root / "usr/bin/sudo").read_bytes())
            for path, text in files.items():
                if text == "ELF" or text.startswith("#!"):
                    (mirror / name / path.lstrip("/")).chmod(0o755)
        if (root / "usr/bin/apt-get").exists():
            (root / "var/lib/dpkg").mkdir(parents=True, exist_ok=True)
            status = "".join(f"Package: {name}\nStatus: install ok installed\nVersion: 1\n\n" for name in self.installed)
            (root / "var/lib/dpkg/status").write_text(status)
        else:
            (root / "var/lib/recorded/installed").write_text("".join(f"{name}\n" for name in self.installed))


def _of_debian(guest, title, linux, files, packages, installed, gone=(), more="", recovery="single", handoff="true", chrony=None, nvme=False):
    """Return the Release of a guest with initramfs-tools, apt and grub-mkconfig.

    title: of its menu entries; linux: how 10_linux writes them; handoff: the shell's function that adds what stands behind splash.
    """
    word = "ubuntu" if "Ubuntu" in title else "debian"
    agent = {
        path: text
        for path, text in guest["files"].items()
        if "waagent" in path or "walinuxagent" in path or "azurelinuxagent" in path or path.endswith("66-azure-storage.rules")
    }
    agent = {path: text for path, text in agent.items() if not path.startswith("/etc/systemd/system/")} | {
        path: text for path, text in agent.items() if path.startswith("/etc/systemd/system/")
    }
    alternative = UPSTART.format(title=title) if "16.04" in guest["files"]["/etc/os-release"] else ""
    linux = linux.format(title=title, recovery=recovery, alternative=alternative, handoff=handoff)
    fields = {"uuid": ROOT, "word": word, "command": "linux", "initrd": "initrd", "image": "initrd.img-%s", "read_only": "ro", "program": "grub-mkconfig"}
    tools = {
        "/usr/sbin/grub-mkconfig": programs.MKCONFIG.format(**fields, linux=linux, more=more),
        "/usr/sbin/update-grub": programs.UPDATE_GRUB,
        "/usr/sbin/mkinitramfs": programs.MKINITRAMFS,
        "/usr/bin/apt-get": programs.APT_GET,
        "/usr/bin/dpkg-query": programs.DPKG_QUERY,
        "/usr/sbin/update-rc.d": programs.UPDATE_RC,
        **({"/bin/systemctl": programs.SYSTEMCTL} if "/sbin/init" in guest["files"] else {}),
    }
    common = {
        "/etc/default/grub": "# If you change this file, run 'update-grub' afterwards to update\n# /boot/grub/grub.cfg.\nGRUB_DEFAULT=0\n"
        "GRUB_HIDDEN_TIMEOUT_QUIET=true\nGRUB_TIMEOUT=5\n"
        f'GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT="quiet{" splash" * (word == "ubuntu")}"\n'
        'GRUB_CMDLINE_LINUX=""\n\n# Uncomment to disable graphical terminal (grub-pc only)\n#GRUB_TERMINAL=console\n',
        "/etc/fstab": "# <file system> <mount point>   <type>  <options>       <dump>  <pass>\n"
        f"UUID={ROOT} /               ext4    errors=remount-ro 0       1\n# swap was on /dev/sda5 during installation\n"
        f"UUID={SWAP} none            swap    sw              0       0\n/dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0\n",
        "/etc/initramfs-tools/modules": "# List of modules that you want to include in your initramfs.\n",
        "/etc/initramfs-tools/conf.d/driver-policy": "# Driver inclusion policy selected during installation\nMODULES=dep\n",
        "/etc/initramfs-tools/conf.d/resume": f"RESUME=UUID={SWAP}\n",
        "/etc/ssh/sshd_config": guest["files"]["/etc/ssh/sshd_config"].replace("ClientAliveInterval 180\n", ""),
        "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "/etc/hostname": "web1\n",
        "/usr/sbin/update-initramfs": guest["files"]["/usr/sbin/update-initramfs"],
    }
    if "/etc/machine-id" not in guest["files"]:
        del common["/etc/machine-id"]
    carried = {"conf/conf.d/resume": f"RESUME=UUID={SWAP}\n"}
    if "/etc/udev/rules.d/70-persistent-net.rules" in files:
        carried["etc/udev/rules.d/70-persistent-net.rules"] = PERSISTENT_NET
    return Release(
        guest,
        {**common, **files},
        (*agent, "99-ptp_hyperv", "chrony", *gone),
        menu="/boot/grub/grub.cfg",
        tools=tools,
        packages={"waagent" if word == "debian" else "walinuxagent": agent, "chrony": chrony, **dict.fromkeys(packages, {})},
        installed=["openssh-server", *installed],
        drivers={**DRIVERS, **(NVME if nvme else {})},
        carried=carried,
    )


def _sysv(name):
    return debian._insserv(name)


DEBIAN7 = _of_debian(
    debian.DEBIAN7,
    "Debian GNU/Linux",
    programs.FLAT,
    {"/etc/network/interfaces": STATIC, "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET},
    ["openssl", "python-setuptools"],
    ["ntp", "ifupdown"],
    more=MEMTEST,
    chrony={**OLD_CHRONY, **_sysv("chrony")},
)
DEBIAN8 = _of_debian(
    debian.DEBIAN8,
    "Debian GNU/Linux",
    programs.NESTED,
    {
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\n" + STATIC.replace("auto eth0", "allow-hotplug eth0"),
        "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET,
    },
    ["hyperv-daemons", "openssl"],
    ["ntp", "ifupdown"],
    chrony={**OLD_CHRONY, **unit("chrony", "/lib")},
)
DEBIAN9 = _of_debian(
    debian.DEBIAN9,
    "Debian GNU/Linux",
    programs.NESTED,
    {"/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\n" + STATIC.replace("auto eth0", "allow-hotplug ens192").replace("eth0", "ens192")},
    ["hyperv-daemons", "openssl"],
    ["ntp", "ifupdown"],
    chrony={**CHRONY, **unit("chrony", "/lib")},
)
DEBIAN10 = _of_debian(
    debian.DEBIAN10,
    "Debian GNU/Linux",
    programs.NESTED,
    {
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*\n\n" + STATIC.replace("auto eth0", "allow-hotplug ens192").replace("eth0", "ens192"),
        **unit("systemd-timesyncd", "/lib", wanted_by="sysinit.target", start="/lib/systemd/systemd-timesyncd"),
    },
    ["hyperv-daemons", "openssl"],
    ["ifupdown"],
    chrony={**CHRONY, **unit("chrony", "/lib")},
)
UBUNTU12 = _of_debian(
    debian.UBUNTU12,
    "Ubuntu",
    programs.FLAT,
    {"/etc/network/interfaces": STATIC, "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET},
    ["openssl"],
    ["ntp", "ifupdown"],
    more=MEMTEST,
    recovery="recovery nomodeset",
    handoff="handoff",
    chrony={**OLD_CHRONY, **_sysv("chrony")},
)
UBUNTU14 = _of_debian(
    debian.UBUNTU14,
    "Ubuntu",
    programs.NESTED,
    {"/etc/network/interfaces": STATIC, "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET},
    ["linux-cloud-tools-common", "openssl"],
    ["ntp", "ifupdown"],
    gone=("cloud",),
    more=MEMTEST,
    recovery="recovery nomodeset",
    handoff="handoff",
    chrony={**OLD_CHRONY, **_sysv("chrony")},
)
UBUNTU16 = _of_debian(
    debian.UBUNTU16,
    "Ubuntu",
    programs.NESTED,
    {
        "/etc/network/interfaces": "source /etc/network/interfaces.d/*.cfg\n",
        "/etc/network/interfaces.d/50-cloud-init.cfg": STATIC.replace("eth0", "ens192"),
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ NoCloud, ConfigDrive, OVF, None ]\n",
        "/sbin/upstart": "#!/bin/sh\n",
        **unit("systemd-timesyncd", "/lib", wanted_by="sysinit.target", start="/lib/systemd/systemd-timesyncd"),
    },
    ["linux-cloud-tools-common", "openssl", "cloud-init", "cloud-guest-utils", "gdisk"],
    ["ifupdown", "cloud-init", "cloud-guest-utils"],
    gone=("10-azure-kvp",),
    recovery="recovery nomodeset",
    handoff="handoff",
    chrony={**CHRONY, **unit("chrony", "/lib")},
)
UBUNTU18 = _of_debian(
    debian.UBUNTU18,
    "Ubuntu",
    programs.NESTED,
    {
        "/etc/netplan/50-cloud-init.yaml": "network:\n    ethernets:\n        ens160:\n            addresses: [192.0.2.7/24]\n            gateway4: 192.0.2.1\n"
        "            nameservers:\n                addresses: [192.0.2.1]\n    version: 2\n",
        "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ NoCloud, ConfigDrive, OVF, None ]\n",
        "/etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg": "network: {config: disabled}\n",
        "/etc/cloud/cloud.cfg.d/50-curtin-networking.cfg": "network:\n  version: 2\n  ethernets:\n    ens160:\n      addresses: [192.0.2.7/24]\n",
        "/etc/cloud/cloud.cfg.d/99-installer.cfg": "datasource:\n  None:\n    userdata_raw: ''\ndatasource_list: [None]\n",
        **unit("systemd-timesyncd", "/lib", wanted_by="sysinit.target", start="/lib/systemd/systemd-timesyncd"),
    },
    ["linux-cloud-tools-common", "openssl", "cloud-init", "cloud-guest-utils", "gdisk", "netplan.io"],
    ["netplan.io", "cloud-init", "cloud-guest-utils"],
    gone=("10-azure-kvp",),
    nvme=True,
    recovery="recovery nomodeset",
    handoff="handoff",
    chrony={**CHRONY, **unit("chrony", "/lib")},
)


def _with_rpm(guest, linux, files, packages, installed, gone, title, word, chrony, tools, **menu):
    """Return the Release of a guest with dracut, rpm and grub2-mkconfig. menu: what MKCONFIG has places for."""
    agent = {path: text for path, text in guest["files"].items() if "waagent" in path or "azurelinuxagent" in path or "66-azure-storage" in path}
    carried = {"etc/cmdline.d/95resume.conf": f"resume=UUID={SWAP}\n"}
    fields = {"uuid": ROOT, "word": word, "command": "linux", "initrd": "initrd", "read_only": "", "program": "grub2-mkconfig", "more": "", **menu}
    return Release(
        guest,
        files,
        (*agent, "99-ptp_hyperv", "chrony", "azure", *gone),
        menu="/boot/grub2/grub.cfg",
        tools={
            "/usr/sbin/grub2-mkconfig": programs.MKCONFIG.format(**fields, linux=linux),
            "/usr/bin/rpm": programs.RPM,
            "/usr/bin/systemctl": programs.SYSTEMCTL,
            **tools,
        },
        packages={**packages, "chrony": chrony, title: agent},
        installed=installed,
        drivers={**DRIVERS, **NVME},
        carried=carried,
    )


SUSE_LINE = f"resume=/dev/disk/by-uuid/{SWAP} splash=silent quiet showopts crashkernel=217M,high crashkernel=72M,low"
SLES12 = _with_rpm(
    suse.SLES12,
    programs.SUSE,
    {
        "/etc/default/grub": "# If you change this file, run 'grub2-mkconfig -o /boot/grub2/grub.cfg' afterwards to update\nGRUB_DISTRIBUTOR=SLES12-SP5\n"
        f'GRUB_DEFAULT=saved\nGRUB_HIDDEN_TIMEOUT=0\nGRUB_HIDDEN_TIMEOUT_QUIET=true\nGRUB_TIMEOUT=8\nGRUB_CMDLINE_LINUX_DEFAULT="{SUSE_LINE}"\n'
        'GRUB_CMDLINE_LINUX=""\nGRUB_CMDLINE_LINUX_RECOVERY="single splash=none"\nGRUB_TERMINAL=gfxterm\nGRUB_GFXMODE=auto\n',
        "/etc/sysconfig/bootloader": f'LOADER_TYPE="grub2"\nDEFAULT_NAME=""\nDEFAULT_APPEND="{SUSE_LINE}"\nDEFAULT_VGA="gfx-1024x768x16"\n'
        'FAILSAFE_APPEND="showopts apm=off noresume edd=off nomodeset x11failsafe"\nSECURE_BOOT="no"\n',
        "/etc/fstab": f"UUID={SWAP} swap swap defaults 0 0\nUUID={ROOT} / xfs defaults 0 0\n",
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='static'\nBROADCAST=''\nETHTOOL_OPTIONS=''\nIPADDR='192.0.2.7/24'\nMTU=''\nNAME=''\nNETWORK=''\n"
        "REMOTE_IPADDR=''\nSTARTMODE='auto'\n",
        "/etc/sysconfig/network/routes": "default 192.0.2.1 - -\n",
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\n',
        "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET,
        "/etc/sudoers": suse.SUDOERS + "Defaults targetpw   # ask for the password of the target user i.e. root\n"
        "ALL\tALL=(ALL) ALL   # WARNING! Only use this together with 'Defaults targetpw'!\n#includedir /etc/sudoers.d\n",
        "/etc/ssh/sshd_config": suse.SLES12["files"]["/etc/ssh/sshd_config"].replace("ClientAliveInterval 180\n", ""),
        "/etc/ntp.conf": "server 127.127.1.0\nfudge 127.127.1.0 stratum 10\ndriftfile /var/lib/ntp/drift/ntp.drift\n",
        **unit("ntpd", start="/usr/sbin/start-ntpd start"),
        "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "/etc/hostname": "web1\n",
        "/usr/lib/dracut/dracut-functions.sh": "\n",
        "/usr/lib/module-init-tools/regenerate-initrd-posttrans": "#!/bin/bash\n",
    },
    {"hyper-v": {}},
    ["openssh", "wicked", "ntp"],
    (),
    "python-azure-agent",
    "sles",
    {
        "/usr/sbin/chronyd": "ELF",
        "/etc/chrony.conf": "! pool pool.ntp.org iburst\ninclude /etc/chrony.d/*.conf\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 3\nrtcsync\n",
        **unit("chronyd"),
    },
    {"/usr/bin/dracut": programs.DRACUT, "/usr/bin/zypper": programs.YUM},
    image="initrd-%s",
)
RHEL7 = _with_rpm(
    red_hat.RHEL7,
    programs.RED_HAT,
    {
        "/etc/default/grub": "GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=\"$(sed 's, release .*$,,g' /etc/system-release)\"\nGRUB_DEFAULT=saved\n"
        'GRUB_DISABLE_SUBMENU=true\nGRUB_TERMINAL_OUTPUT="console"\n'
        'GRUB_CMDLINE_LINUX="crashkernel=auto rhgb quiet"\nGRUB_DISABLE_RECOVERY="true"\n',
        "/etc/fstab": f"UUID={ROOT} /                       xfs     defaults        0 0\nUUID={SWAP} swap                    swap    defaults        0 0\n",
        "/etc/sysconfig/network-scripts/ifcfg-ens192": "TYPE=Ethernet\nPROXY_METHOD=none\nBROWSER_ONLY=no\nBOOTPROTO=none\nDEFROUTE=yes\n"
        "NAME=ens192\nUUID=0c53c1a4-7d7a-4a5c-9b8a-3a1f6f1b2c3d\nDEVICE=ens192\nONBOOT=yes\nIPADDR=192.0.2.7\nPREFIX=24\nGATEWAY=192.0.2.1\nDNS1=192.0.2.1\n",
        "/etc/ssh/sshd_config": red_hat.RHEL7["files"]["/etc/ssh/sshd_config"].replace("ClientAliveInterval 180\n", ""),
        "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "/usr/lib/dracut/dracut-functions.sh": "\n",
        "/etc/chrony.conf": "server 0.rhel.pool.ntp.org iburst\nserver 1.rhel.pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 3\nrtcsync\n"
        "logdir /var/log/chrony\n",
        **unit("chronyd"),
        "/usr/lib/kernel/install.d/50-dracut.install": "#!/bin/bash\n",
        "/etc/system-release": "->redhat-release",
    },
    {"hyperv-daemons": {}, "python-pyasn1": {}},
    ["openssh-server", "NetworkManager", "chrony"],
    ("ifcfg-eth0",),
    "WALinuxAgent",
    "red",
    {},
    {"/usr/sbin/dracut": programs.DRACUT, "/usr/bin/yum": programs.YUM},
    command="linux16",
    initrd="initrd16",
    image="initramfs-%s.img",
    read_only="ro",
)


def _of_sysv(guest, files, title, agent_names, drivers, tools, installed, packages, carried=None):
    """Return the Release of a guest with GRUB Legacy, SysV scripts and rpm. title: the agent's package."""
    agent = {path: text for path, text in guest["files"].items() if any(name in path for name in agent_names)}
    common = {
        "/etc/ssh/sshd_config": guest["files"]["/etc/ssh/sshd_config"].replace("ClientAliveInterval 180\n", ""),
        **files,
    }
    return Release(
        guest,
        common,
        (*agent, "azure-no-resume"),
        menu="",
        tools={"/usr/bin/rpm": programs.RPM, "/sbin/chkconfig": programs.CHKCONFIG, **tools},
        packages={title: agent, **packages},
        installed=installed,
        drivers=drivers,
        carried=carried,
    )


AGENT = ("waagent", "azurelinuxagent", "66-azure-storage")
_FIXED_CARD = "DEVICE=eth0\nHWADDR=00:50:56:AA:BB:CC\nONBOOT=yes\nBOOTPROTO=none\nIPADDR=192.0.2.7\nNETMASK=255.255.255.0\nGATEWAY=192.0.2.1\nTYPE=Ethernet\n"
#: Its Python 2.4 runs no agent.
RHEL5 = _of_sysv(
    red_hat.RHEL5,
    {
        "/boot/grub/grub.conf": red_hat._grub_legacy(
            "Red Hat Enterprise Linux Server", red_hat.RHEL5_KERNEL, "ro root=LABEL=/ rhgb quiet", f"/boot/initrd-{red_hat.RHEL5_KERNEL}.img"
        ),
        "/etc/fstab": red_hat.RHEL5["files"]["/etc/fstab"] + "LABEL=SWAP-sda2         swap                    swap    defaults        0 0\n",
        "/etc/modprobe.conf": "alias eth0 e1000\nalias scsi_hostadapter mptbase\nalias scsi_hostadapter1 mptspi\n",
        "/etc/sysconfig/network-scripts/ifcfg-eth0": "# Intel Corporation 82545EM Gigabit Ethernet Controller\n" + _FIXED_CARD,
    },
    "WALinuxAgent",
    AGENT,
    DRIVERS,
    {"/sbin/mkinitrd": programs.MKINITRD_RED_HAT, "/usr/bin/yum": programs.YUM},
    ["openssh-server", "ntp"],
    {},
)
RHEL6 = _of_sysv(
    red_hat.RHEL6,
    {
        "/boot/grub/grub.conf": red_hat._grub_legacy(
            "Red Hat Enterprise Linux 6",
            "2.6.32-754.35.1.el6.x86_64",
            f"{red_hat.RHEL6_LINE} crashkernel=auto rhgb quiet",
            "/boot/initramfs-2.6.32-754.35.1.el6.x86_64.img",
        ),
        "/etc/fstab": red_hat.RHEL6["files"]["/etc/fstab"] + f"UUID={SWAP} swap                    swap    defaults        0 0\n",
        "/etc/dracut.conf": '# additional kernel modules to the default\n#add_drivers+=""\n',
        "/etc/sysconfig/network-scripts/ifcfg-eth0": _FIXED_CARD + "NM_CONTROLLED=yes\nUUID=0c53c1a4-7d7a-4a5c-9b8a-3a1f6f1b2c3d\n",
        "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET,
        "/usr/share/dracut/dracut-functions": "\n",
    },
    "WALinuxAgent",
    AGENT,
    DRIVERS,
    {"/sbin/dracut": programs.DRACUT.replace("usr/lib/dracut-lib.sh", "lib/dracut-lib.sh"), "/usr/bin/yum": programs.YUM},
    ["openssh-server", "ntp"],
    {
        "chrony": {
            "/usr/sbin/chronyd": "ELF",
            "/etc/chrony.conf": "server 0.rhel.pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\nmakestep 10 3\nrtcsync\n",
            **red_hat._chkconfig("chronyd", "-", 58, 74, on=()),
        },
        "python-pyasn1": {},
    },
)
_SUSE11_LINE = f"resume=/dev/disk/by-uuid/{SWAP} splash=silent crashkernel= showopts vga=0x317"
SLES11 = _of_sysv(
    suse.SLES11,
    {
        "/boot/grub/menu.lst": suse.SLES11["files"]["/boot/grub/menu.lst"].replace(f"showopts {suse.CONSOLE}", _SUSE11_LINE)
        + "\n###Don't change this comment - YaST2 identifier: Original name: failsafe###\n"
        f"title Failsafe -- SUSE Linux Enterprise Server 11 SP4 - {suse.SLES11_KERNEL[:-8]}\n    root (hd0,0)\n"
        f"    kernel /boot/vmlinuz-{suse.SLES11_KERNEL} root=/dev/disk/by-uuid/{ROOT} showopts ide=nodma apm=off noresume edd=off powersaved=off nohz=off "
        f"highres=off processor.max_cstate=1 nomodeset x11failsafe vga=0x317\n    initrd /boot/initrd-{suse.SLES11_KERNEL}\n",
        "/etc/sysconfig/bootloader": f'LOADER_TYPE="grub"\nDEFAULT_NAME=""\nDEFAULT_APPEND="{_SUSE11_LINE[:-11]}"\nDEFAULT_VGA="0x317"\n'
        'FAILSAFE_APPEND="showopts ide=nodma apm=off noresume edd=off nomodeset x11failsafe"\nXEN_KERNEL_APPEND="splash=silent showopts"\n',
        "/etc/sysconfig/kernel": suse.SLES11["files"]["/etc/sysconfig/kernel"].replace("hv_vmbus hv_storvsc ext3", "ata_piix mptspi ext3"),
        "/etc/fstab": suse.SLES11["files"]["/etc/fstab"] + f"/dev/disk/by-uuid/{SWAP} swap                 swap       defaults              0 0\n",
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='static'\nBROADCAST=''\nETHTOOL_OPTIONS=''\nIPADDR='192.0.2.7/24'\nMTU=''\nREMOTE_IPADDR=''\n"
        "STARTMODE='auto'\nUSERCONTROL='no'\n",
        "/etc/sysconfig/network/routes": "default 192.0.2.1 - -\n",
        "/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="yes"\n',
        "/etc/udev/rules.d/70-persistent-net.rules": PERSISTENT_NET,
        "/etc/sudoers": suse.SUDOERS + "Defaults targetpw   # ask for the password of the target user i.e. root\n"
        "ALL\tALL=(ALL) ALL   # WARNING! Only use this together with 'Defaults targetpw'!\n",
    },
    "python-azure-agent",
    AGENT,
    DRIVERS,
    {"/sbin/mkinitrd": programs.MKINITRD_SUSE, "/usr/bin/zypper": programs.YUM},
    ["openssh", "ntp"],
    {"hyper-v": {}},
)
