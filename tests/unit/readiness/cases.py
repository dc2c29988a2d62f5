# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For every rule what to break in a right guest, or on its disk, and where that shows; and guests that some rules alone ask about."""

from unit.readiness.disks import GIB, LINUX, MIB, PARTITIONS, SWAP, TABLE, volumes
from unit.readiness.guest_tree import (
    CMDLINE, ELF_I686, GRUB_CFG, IN_INITRAMFS, INITRAMFS, KERNEL, MODULES, UNITS, UUID, WANTS, initramfs)

from ansible_collections.imagewright.azure.plugins.module_utils.disk.bootability import Bootability
from ansible_collections.imagewright.azure.plugins.module_utils.disk.partitions import Partition

DEP = f"/lib/modules/{KERNEL}/modules.dep"


def without_driver(name):
    """Return the guest's files without one driver at all."""
    return {DEP: "".join(f"kernel/{path}:\n" for module, path in MODULES.items() if module != name)}


def image_without(name):
    """Return the guest's files with one driver missing in the initramfs."""
    return {INITRAMFS: initramfs([module for module in IN_INITRAMFS if module != name])}


def grub(before, after):
    """Return the guest's files with the command line changed, in the source and in the menu."""
    assert before in CMDLINE or before == "ro "
    return {"/boot/grub/grub.cfg": GRUB_CFG.replace(before, after), "/etc/default/grub": GRUB_DEFAULT.replace(before, after)}


GRUB_DEFAULT = f'GRUB_DEFAULT=0\nGRUB_TERMINAL="serial console"\nGRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX="{CMDLINE}"\n'
MENU = ("/boot/grub/grub.cfg", 2)
FSTAB = f"UUID={UUID} / ext4 defaults 0 1\n"
WAAGENT = "Provisioning.Agent=cloud-init\nAutoUpdate.Enabled=y\nResourceDisk.Format=n\nResourceDisk.EnableSwap=n\n"
BY_AGENT = WAAGENT.replace("=cloud-init", "=waagent")
WITHOUT_CLOUD_INIT = {f"{WANTS}/cloud-init.service": None, f"{WANTS}/cloud-init-local.service": None}
OLD_AGENT = "/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py"
#: A link that stands in for a file's content.
DEV_NULL = ("link", "/dev/null")
#: A guest on which NetworkManager sets up only the cards that it has a profile of, as on Red Hat's servers.
MANAGED_BY_NETWORKMANAGER = {
    f"{WANTS}/systemd-networkd.service": None, "/etc/systemd/network/10-azure.network": None, f"{WANTS}/cloud-init.service": None,
    f"{WANTS}/cloud-init-local.service": None, f"{UNITS}/NetworkManager.service": "[Install]\n",
    f"{WANTS}/NetworkManager.service": ("link", f"{UNITS}/NetworkManager.service"),
    "/usr/lib/NetworkManager/conf.d/00-server.conf": "[main]\nno-auto-default=*\n"}
PROFILE = "[connection]\nid=card\ntype=ethernet\n"

#: (rule, files to write (None: removed), (path, line) of the first evidence)
BROKEN_FILES = [
    ("R12b", {"/etc/fstab": FSTAB + "UUID=1-2 none swap sw 0 0\n"}, ("/etc/fstab", 2)),
    ("R12b", {"/etc/systemd/system/swapfile.swap": "[Swap]\nWhat=/swapfile\n"}, ("/etc/systemd/system/swapfile.swap", None)),
    ("R12c", grub("rootdelay=300", "rootdelay=300 resume=UUID=1-2"), ("/etc/default/grub", 4)),
    ("R12c", {"/etc/initramfs-tools/conf.d/resume": "# swap\nRESUME=UUID=1-2\n"}, ("/etc/initramfs-tools/conf.d/resume", 2)),
    ("R13a", {"/etc/fstab": "# root\n/dev/vda1 / ext4 defaults 0 1\n"}, ("/etc/fstab", 2)),
    ("R13a", {"/etc/fstab": FSTAB + "/dev/disk/by-path/pci-0000-part1 /srv ext4 defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13b", {"/boot/grub/grub.cfg": GRUB_CFG.replace(f"UUID={UUID}", "/dev/vda1")}, MENU[:1] + (3,)),
    ("R13c", {"/etc/fstab": FSTAB + "UUID=99999999-0000-0000-0000-000000000000 /data xfs defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13c", {"/etc/fstab": FSTAB + "LABEL=DATA /data xfs defaults 0 2\n"}, ("/etc/fstab", 2)),
    ("R13d", {"/boot/grub/grub.cfg": GRUB_CFG.replace(UUID, "99999999-0000-0000-0000-000000000000")}, ("/boot/grub/grub.cfg", 3)),
    ("R13e", {"/etc/fstab": "# nothing\n"}, ("/etc/fstab", None)),
    ("R14c", {"/boot/grub/grub.cfg": "# empty\n"}, ("/boot", None)),
    ("R14d", {INITRAMFS: None}, ("/boot/grub/grub.cfg", 4)),
    ("R14d", {f"/boot/vmlinuz-{KERNEL}": ""}, ("/boot/grub/grub.cfg", 3)),
    ("R15b", {"/boot/efi/EFI/BOOT/BOOTX64.EFI": None, "/boot/efi/EFI/BOOT/BOOTIA32.EFI": "MZ"}, ("/boot/efi/EFI/BOOT/BOOTIA32.EFI", None)),
    ("R16", {"/bin/sh": ELF_I686}, ("/bin/sh", None)),
    ("R17a", image_without("hv_vmbus"), (INITRAMFS, None)),
    ("R17a", {**image_without("hv_storvsc"), "/etc/initramfs-tools/initramfs.conf": "# x\nMODULES=dep\n"}, ("/etc/initramfs-tools/initramfs.conf", 2)),
    ("R17b", image_without("hv_netvsc"), (INITRAMFS, None)),
    ("R17c", without_driver("hv_netvsc"), (f"/lib/modules/{KERNEL}", None)),
    ("R17d", image_without("sd_mod"), (INITRAMFS, None)),
    ("R17e", {"/etc/modprobe.d/hard.conf": "# no\ninstall hv-storvsc /bin/false\n"}, ("/etc/modprobe.d/hard.conf", 2)),
    ("R17f", grub("rootdelay=300", "rootdelay=300 module_blacklist=floppy,hv_netvsc"), ("/etc/default/grub", 4)),
    ("R18a", image_without("pci_hyperv"), (INITRAMFS, None)),
    ("R18b", grub("nvme_core.io_timeout=240", "nvme_core.io_timeout=30"), ("/etc/default/grub", 3)),
    ("R19a", without_driver("udf"), (f"/lib/modules/{KERNEL}", None)),
    ("R19b", {"/etc/modprobe.d/cis.conf": "install udf /bin/true\n"}, ("/etc/modprobe.d/cis.conf", 1)),
    ("R19c", without_driver("sr_mod"), (f"/lib/modules/{KERNEL}", None)),
    ("R19d", {"/etc/modprobe.d/cis.conf": "blacklist cdrom\n"}, ("/etc/modprobe.d/cis.conf", 1)),
    ("R20a", without_driver("vfat"), (f"/lib/modules/{KERNEL}", None)),
    ("R20b", {"/etc/modprobe.d/cis.conf": "\ninstall vfat /bin/false\n"}, ("/etc/modprobe.d/cis.conf", 2)),
    ("R21", grub("rootdelay=300", "rootdelay=300 numa=off"), ("/boot/grub/grub.cfg", 3)),
    ("R26a", without_driver("mlx5_core"), (f"/lib/modules/{KERNEL}", None)),
    ("R26b", without_driver("mana"), (f"/lib/modules/{KERNEL}", None)),
    ("R26c", without_driver("hv_utils"), (f"/lib/modules/{KERNEL}", None)),
    ("R27a", grub("console=ttyS0,115200n8 ", ""), ("/etc/default/grub", 3)),
    ("R27b", grub("console=tty1 console=ttyS0,115200n8", "console=ttyS0,115200n8 console=tty1"), ("/boot/grub/grub.cfg", 3)),
    ("R27c", grub("earlyprintk=ttyS0,115200 ", ""), ("/etc/default/grub", 3)),
    ("R27d", grub("rootdelay=300", "rootdelay=300 " + " ".join(f"module{number}.option=value" for number in range(100))), ("/boot/grub/grub.cfg", 3)),
    ("R27e", {f"/boot/config-{KERNEL}": "# Linux\nCONFIG_SERIAL_8250_CONSOLE=m\n"}, (f"/boot/config-{KERNEL}", 2)),
    ("R28a", grub("rootdelay=300 ", ""), ("/etc/default/grub", 3)),
    ("R28b", {"/etc/kernel/postinst.d/initramfs-tools": "#!/bin/sh\n", "/usr/share/initramfs-tools/init": "#!/bin/sh\n"}, ("/etc/default/grub", 4)),
    ("R29", {"/etc/os-release": "ID=rhel\n"}, ("/etc/default/grub", 3)),
    ("R30a", grub("rootdelay=300", "rootdelay=300 quiet crashkernel=auto"), ("/etc/default/grub", 4)),
    ("R30b", grub("rootdelay=300", "rootdelay=300 libata.atapi_enabled=0"), ("/etc/default/grub", 4)),
    ("R33", {"/etc/default/grub": GRUB_DEFAULT.replace("serial console", "console")}, ("/etc/default/grub", 2)),
    ("R33b", {"/etc/systemd/system/serial-getty@ttyS0.service": DEV_NULL}, ("/etc/systemd/system/serial-getty@ttyS0.service", None)),
    ("R34a", {f"{WANTS}/systemd-networkd.service": None, "/etc/systemd/network/10-azure.network": None}, ("/etc/systemd/system", None)),
    ("R34b", {"/etc/systemd/network/10-azure.network": "[Match]\nName=ens3\n\n[Network]\nDHCP=yes\n", f"{WANTS}/cloud-init.service": None,
              f"{WANTS}/cloud-init-local.service": None}, ("/etc/systemd/network/10-azure.network", 2)),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/system-connections/ens3.nmconnection": PROFILE + "interface-name=ens3\n"},
     ("/usr/lib/NetworkManager/conf.d/00-server.conf", 2)),
    ("R34b", {**MANAGED_BY_NETWORKMANAGER, "/etc/NetworkManager/system-connections/any.nmconnection": PROFILE + "[ipv4]\nmethod=disabled\n"},
     ("/usr/lib/NetworkManager/conf.d/00-server.conf", 2)),
    ("R34b", {"/etc/systemd/network/10-azure.network": "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n", f"{WANTS}/cloud-init.service": None,
              f"{WANTS}/cloud-init-local.service": None}, ("/etc/systemd/network/10-azure.network", 2)),
    ("R34b", {"/etc/systemd/network/10-azure.network": None, f"{WANTS}/cloud-init.service": None, f"{WANTS}/cloud-init-local.service": None,
              "/etc/network/interfaces": "iface eth0 inet dhcp\n"}, ("/etc/network/interfaces", 1)),
    ("R34c", {"/etc/systemd/network/10-azure.network": "[Match]\nName=eth0\n\n[Network]\nAddress=10.1.2.3/24\n"},
     ("/etc/systemd/network/10-azure.network", 5)),
    ("R34c", {"/etc/network/interfaces": "auto eth0\niface eth0 inet static\n  address 10.1.2.3\n"}, ("/etc/network/interfaces", 2)),
    ("R34d", {"/etc/systemd/network/10-azure.network": "[Match]\nMACAddress=52:54:00:12:34:56\n\n[Network]\nDHCP=yes\n"},
     ("/etc/systemd/network/10-azure.network", 2)),
    ("R34d", {"/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\nLLADDR='52:54:00:12:34:56'\n"}, ("/etc/sysconfig/network/ifcfg-eth0", 2)),
    ("R34e", {"/etc/sysconfig/network/dhcp": "# x\nDHCLIENT_SET_HOSTNAME=\"yes\"\n"}, ("/etc/sysconfig/network/dhcp", 2)),
    ("R35", {"/etc/udev/rules.d/70-persistent-net.rules": '# card\nSUBSYSTEM=="net", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"\n'},
     ("/etc/udev/rules.d/70-persistent-net.rules", 2)),
    ("R36", {"/usr/lib/udev/rules.d/10-azure-unmanaged-sriov.rules": None}, ("/etc/udev/rules.d", None)),
    ("R38", {"/usr/lib/udev/rules.d/80-azure-disk.rules": None}, ("/usr/lib/udev/rules.d", None)),
    ("R39", {"/etc/iptables/rules.v4": "*filter\n-A OUTPUT -d 168.63.129.16 -j DROP\n"}, ("/etc/iptables/rules.v4", 2)),
    ("R39", {"/etc/iptables/rules.v4": "*filter\n:OUTPUT DROP [0:0]\n"}, ("/etc/iptables/rules.v4", 2)),
    ("R39b", {"/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n", f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
              f"{UNITS}/networking.service": "[Install]\n"}, ("/sbin/dhclient", None)),
    ("R40a", {"/usr/sbin/waagent": None}, ("/usr/sbin/waagent", None)),
    ("R40b", {f"{WANTS}/walinuxagent.service": None}, ("/etc/systemd/system", None)),
    ("R40b", {"/etc/systemd/system/walinuxagent.service": DEV_NULL}, ("/etc/systemd/system", None)),
    ("R40c", {"/usr/lib/python3/dist-packages/azurelinuxagent/common/version.py": "AGENT_VERSION = '2.2.18'\n"}, None),
    ("R40d", {"/usr/sbin/waagent": "#!/usr/bin/python2.7\n"}, ("/usr/sbin/waagent", 1)),
    ("R40e", {"/usr/bin/openssl": None}, ("/usr/bin/openssl", None)),
    ("R41", {"/etc/waagent.conf": WAAGENT.replace("Enabled=y", "Enabled=n")}, ("/etc/waagent.conf", 2)),
    ("R42a", {"/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg": "datasource_list: [ NoCloud, None ]\n"},
     ("/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg", 1)),
    ("R42a", {"/etc/cloud/cloud.cfg.d/95-x.cfg": "# x\ndatasource_list:\n  - Ec2\n"}, ("/etc/cloud/cloud.cfg.d/95-x.cfg", 2)),
    ("R42b", {"/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg": "datasource_list: [ NoCloud, Azure ]\n"},
     ("/etc/cloud/cloud.cfg.d/91-azure_datasource.cfg", 1)),
    ("R42c", {"/etc/cloud/cloud.cfg.d/99-installer.cfg": "datasource: {}\n"}, ("/etc/cloud/cloud.cfg.d/99-installer.cfg", None)),
    ("R42d", {"/etc/systemd/system/cloud-final.service": DEV_NULL}, ("/etc/systemd/system", None)),
    ("R42e", {"/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "20.4.1"\n'}, None),
    ("R42f", {"/usr/bin/growpart": None}, ("/usr/bin/growpart", None)),
    ("R42g", {"/etc/cloud/cloud.cfg.d/10-azure-kvp.cfg": "Reporting:\n"}, ("/etc/cloud/cloud.cfg.d", None)),
    ("R42h", {"/etc/cloud/cloud.cfg": "cloud_init_modules:\n - disk_setup\n\ncloud_config_modules:\n - mounts\n"}, ("/etc/cloud/cloud.cfg", 5)),
    ("R42h", {"/etc/cloud/cloud.cfg": "\ncloud_init_modules:\n - mounts\n - disk_setup\n"}, ("/etc/cloud/cloud.cfg", 2)),
    ("R42h", {"/etc/cloud/cloud.cfg": "# nothing\n"}, ("/etc/cloud/cloud.cfg", None)),
    ("R43", {"/etc/cloud/cloud-init.disabled": ""}, ("/etc/waagent.conf", 1)),
    ("R43", {"/etc/waagent.conf": WAAGENT.replace("=cloud-init", "=waagent")}, ("/etc/waagent.conf", 1)),
    ("R43", {"/etc/waagent.conf": WAAGENT.replace("=cloud-init", "=disabled"), f"{WANTS}/cloud-init.service": None,
             f"{WANTS}/cloud-init-local.service": None}, ("/etc/waagent.conf", 1)),
    ("R43", {OLD_AGENT: "AGENT_VERSION = '2.2.38'\n"}, ("/etc/waagent.conf", None)),
    ("R43", {OLD_AGENT: "AGENT_VERSION = '2.2.38'\n", "/etc/waagent.conf": WAAGENT + "Provisioning.UseCloudInit=n\nProvisioning.Enabled=y\n"},
     ("/etc/waagent.conf", 6)),
    ("R44", {"/etc/waagent.conf": WAAGENT.replace("Format=n", "Format=y")}, ("/etc/waagent.conf", 3)),
    ("R45", {"/etc/waagent.conf": WAAGENT + "ResourceDisk.SwapSizeMB=2048    ## NOTE: set this to whatever you need\n"}, ("/etc/waagent.conf", 5)),
    ("R45", {"/etc/waagent.conf": WAAGENT + "OS.EnableFirewall=true\n"}, ("/etc/waagent.conf", 5)),
    ("R57", {"/etc/waagent.conf": WAAGENT + "Extensions.Enabled=n\n"}, ("/etc/waagent.conf", 5)),
    ("R46a", {"/usr/sbin/sshd": None}, ("/usr/sbin/sshd", None)),
    ("R46b", {f"{WANTS}/ssh.service": None}, ("/etc/systemd/system", None)),
    ("R46c", {"/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nClientAliveInterval 180\n",
              "/etc/ssh/sshd_config.d/10-local.conf": "# no\nClientAliveInterval 0\n"}, ("/etc/ssh/sshd_config.d/10-local.conf", 2)),
    ("R47", {"/etc/sudoers": "Defaults env_reset\nDefaults targetpw\nALL ALL=(ALL) ALL\n"}, ("/etc/sudoers", 2)),
    ("R48a", {"/etc/shadow": "root::19000:0:99999:7:::\n"}, ("/etc/shadow", 1)),
    ("R48b", {"/etc/shadow": "root:!:1::::::\nbob:$6$salt$hash:19000:0:99999:7:::\n"}, ("/etc/shadow", 2)),
    ("R48c", {"/root/.ssh/authorized_keys": "ssh-ed25519 AAAA build\n"}, ("/root/.ssh/authorized_keys", None)),
    ("R48c", {"/etc/ssh/sshd_config": "AuthorizedKeysFile /etc/ssh/keys/%u\nClientAliveInterval 180\n", "/etc/ssh/keys/root": "ssh-ed25519 AAAA\n"},
     ("/etc/ssh/keys/root", None)),
    ("R48d", {"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\n"}, ("/etc/passwd", 2)),
    ("R48e", {"/var/log/big": ("sparse", 200 * MIB)}, ("/var/log/big", None)),
    ("R49a", {"/etc/ssh/ssh_host_rsa_key": "key"}, ("/etc/ssh/ssh_host_rsa_key", None)),
    ("R49b", {"/etc/machine-id": "0123456789abcdef0123456789abcdef\n"}, ("/etc/machine-id", None)),
    ("R49c", {"/var/lib/waagent/provisioned": ""}, ("/var/lib/waagent/provisioned", None)),
    ("R49d", {"/var/lib/cloud/instances/i-1/obj.pkl": ""}, ("/var/lib/cloud/instances/i-1", None)),
    ("R49e", {"/var/lib/dhcp/dhclient.leases": "lease"}, ("/var/lib/dhcp/dhclient.leases", None)),
    ("R49f", {"/etc/hostname": "builder07\n"}, ("/etc/hostname", 1)),
    ("R49g", {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=n\n", **WITHOUT_CLOUD_INIT}, ("/etc/waagent.conf", 5)),
    ("R49g", {"/etc/waagent.conf": BY_AGENT, **WITHOUT_CLOUD_INIT}, ("/etc/waagent.conf", None)),
    ("R50", {"/root/.bash_history": "secret\n"}, ("/root/.bash_history", 1)),
    ("R54", {f"{WANTS}/hv-kvp-daemon.service": None}, ("/usr/lib/systemd/system", None)),
    ("R55a", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp0 poll 3\nmakestep 1.0 -1\n"}, ("/etc/chrony/chrony.conf", 1)),
    ("R55a", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp_hyperv\nmakestep 1.0 -1\nconfdir /etc/clocks\n",
              "/etc/clocks/kvm.conf": "# of libvirt\nrefclock PHC /dev/ptp_kvm poll 2\n"}, ("/etc/clocks/kvm.conf", 2)),
    ("R55b", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp_hyperv\nmakestep 1 3\n"}, ("/etc/chrony/chrony.conf", 2)),
    ("R55b", {"/etc/chrony/chrony.conf": "refclock PHC /dev/ptp_hyperv\nmakestep 1.0 -1\ninclude /etc/own\n", "/etc/own": "makestep 1 3"}, ("/etc/own", 1)),
    ("R55c", {f"{WANTS}/chrony.service": None}, ("/etc/systemd/system", None)),
    ("R55c", {f"{WANTS}/ntpsec.service": ("link", f"{UNITS}/ntpsec.service"), f"{UNITS}/ntpsec.service": "[Install]\n"}, ("/etc/systemd/system", None)),
    ("R55d", {"/usr/lib/udev/rules.d/50-udev-default.rules": "# none\n"}, ("/etc/udev/rules.d/99-ptp_hyperv.rules", None)),
    ("R56", {"/etc/pki/consumer/cert.pem": "x"}, ("/etc", None)),
]


def bad_table(**changes):
    """Return a disk whose partition table differs."""
    return {"table": TABLE._replace(**changes)}


#: (rule, changes of the disk's facts, changes of the image's, text of the first evidence)
BROKEN_DISKS = [
    ("R00", {"mount_problems": ["/boot (UUID=1) cannot be read: damaged"]}, {}, "/boot (UUID=1)"),
    ("R01", {}, {"disk_type": "dynamic", "accepted": False}, "a dynamic VHD"),
    ("R01", {}, {"format": "raw", "disk_type": None, "accepted": False}, "without a VHD footer"),
    ("R01", {}, {"checksum_ok": False, "accepted": False, "problems": ["the checksum of its footer is wrong"]}, "checksum"),
    ("R02", {}, {"virtual_size": 21475270656, "file_size": 21475270656 + 512}, "bytes over a whole MiB"),
    ("R02", {}, {"file_size": 8 * GIB + 1024}, "is not virtual size"),
    ("R02b", {}, {"path": "/images/100%.vhd"}, "100%.vhd"),
    ("R04", {}, {"problems": ["its creator 'qemu' makes QEMU compute the size from the geometry: 1"]}, "from the geometry"),
    ("R07", {"virtual_size": 1024 * GIB}, {}, "1099511627776 bytes"),
    ("R07", {"virtual_size": 10 * MIB}, {}, "10 MiB"),
    ("R09", bad_table(partitions=[Partition(1, LINUX, 63 * 512, GIB, False, "")]), {}, "starts at sector 63"),
    ("R10", {"volumes": volumes("empty", "fat", "lvm")}, {}, "LVM"),
    ("R11", {"volumes": volumes("empty", "fat", "ext") + [volumes("ext", "ext", "xfs")[2]._replace(name="partition 4")]}, {}, "partition 3"),
    ("R12a", bad_table(partitions=PARTITIONS + [Partition(4, SWAP, 8 * GIB, MIB, False, "")]), {}, "partition 4 is of the type swap"),
    ("R12a", {"volumes": volumes("empty", "fat", "swap")}, {}, "partition 3 holds swap space"),
    ("R14a", {"bootability": Bootability([], None, ["generation 1 needs boot code"])}, {}, "generation 1 needs boot code"),
    ("R14b", bad_table(damage="the GPT header at sector 1 has a wrong checksum"), {}, "wrong checksum"),
    ("R14b", bad_table(sector=4096), {}, "4096"),
    ("R14b", {"virtual_size": 4 * GIB}, {}, "partition 3 ends at byte"),
    ("R15", {"bootability": Bootability([1], False, ["generation 2 needs EFI/BOOT/BOOTX64.EFI"])}, {}, "not there"),
    ("R52", {"unclean": [("partition 3", "ext")]}, {}, "partition 3 holds an ext2/3/4 file system that is still marked as in use"),
    ("R52", {"unclean": [("partition 3", "xfs")], "undecided": [("partition 2", "xfs")]}, {}, "partition 3 holds an XFS file system whose log"),
    ("R52", {"unclean": [("partition 3", "btrfs")]}, {}, "whose log tree has not been replayed"),
]

OLD_KERNELS = [
    ("R21", "2.6.32-431.el6.x86_64", "/boot/grub/grub.cfg"),
    ("R22", "2.6.32-220.el6.x86_64", "/lib/modules/2.6.32-220.el6.x86_64"),
    ("R23", "4.1.0-custom", "/boot/vmlinuz-4.1.0-custom"),
    ("R24", "2.6.39-400.17.1.el6uek.x86_64", "/boot/vmlinuz-2.6.39-400.17.1.el6uek.x86_64"),
    ("R25", "3.10.0-957.el7.x86_64", "/boot/vmlinuz-3.10.0-957.el7.x86_64"),
]


def with_kernel(version, module):
    """Return the guest's files with one more kernel that has a module, a path below /lib/modules/VERSION."""
    return {f"/boot/vmlinuz-{version}": "kernel", f"/lib/modules/{version}/modules.dep": f"{module}:\n",
            "/boot/grub/grub.cfg": GRUB_CFG + GRUB_CFG.replace(KERNEL, version)}


#: Rules that do not concern the right guest, and files with which they do, and hold.
RIGHT_FILES = [
    ("R22", with_kernel("2.6.32-220.el6.x86_64", "extra/microsoft-hyper-v/hv_vmbus.ko")),
    ("R23", with_kernel("4.4.1-custom", "kernel/hv_vmbus.ko")),
    ("R28b", {**grub("rootdelay=300 ", ""), "/etc/kernel/postinst.d/initramfs-tools": "#!/bin/sh\n", "/usr/share/initramfs-tools/init": "#!/bin/sh\n"}),
    ("R29", {"/etc/os-release": "ID=rhel\n", **grub("rootdelay=300", "rootdelay=300 net.ifnames=0")}),
    ("R34e", {"/etc/sysconfig/network/dhcp": 'DHCLIENT_SET_HOSTNAME="no"\n'}),
    ("R49g", {"/etc/waagent.conf": BY_AGENT + "Provisioning.RegenerateSshHostKeyPair=y\n", **WITHOUT_CLOUD_INIT}),
    ("R39b", {"/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n", f"{WANTS}/networking.service": ("link", f"{UNITS}/networking.service"),
              f"{UNITS}/networking.service": "[Install]\n", "/sbin/dhclient": "program"}),
]
