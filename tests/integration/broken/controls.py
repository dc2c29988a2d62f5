# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Right configurations that resemble a fault: none of them may be called an error."""

from integration.broken.ways_boot import MENU, early, lvm_conf, parameters, signed, version, with_file
from integration.broken.ways_root import PAM, SSHD, drop_in, fstab, networkd, root_kind, sshd, written

#: {what was done: how}
CONTROLS = {
    "/ is owned by who copied it": lambda layer: layer.status("/", uid=1000, gid=1000),
    "a serial console more": parameters("console=ttyS1"),
    "a rootdelay": parameters("rootdelay=300"),
    "rootfstype of the root's own file system": lambda layer: parameters(f"rootfstype={root_kind(layer)}")(layer),
    "a kernel has a signature more": signed,
    "an unknown parameter": parameters("mine.option=1"),
    "a driver is blacklisted that Azure does not need": parameters("modprobe.blacklist=pcspkr,floppy"),
    "a module that the storage driver needs is blacklisted for its own aliases": parameters("modprobe.blacklist=scsi_transport_fc"),
    "the initramfs blacklists a module that the storage driver needs": early(with_file("etc/modprobe.d/ban.conf", b"blacklist scsi_transport_fc\n")),
    "a target by name that leads to a login": parameters("systemd.unit=graphical.target"),
    "the initramfs has LVM activate the root's volume group": early(lvm_conf("activation", 'volume_list = ["vg9", "vg0"]')),
    "the initramfs has LVM heed events": early(lvm_conf("global", "event_activation = 1")),
    "a unit is masked that nobody needs": parameters("systemd.mask=apt-daily.timer"),
    "mem=4G": parameters("mem=4G"),
    "a long timeout of the menu": lambda layer: layer.replace("/boot/grub/grub.cfg", "set timeout=", "set timeout=10 #"),
    "the entries are as old GRUBs have them": lambda layer: (
        layer.needs("/boot/grub/i386-pc/command.lst"),
        layer.write(MENU, layer.read(MENU).replace("\tlinux\t", "\tlinux16\t").replace("\tinitrd\t", "\tinitrd16\t")),
    ),
    "an entry written by hand": lambda layer: layer.append("/boot/grub/grub.cfg", "menuentry 'Memory test' {\n linux16 /boot/memtest.bin\n}\n"),
    "fstab mounts a data disk with nofail": fstab("UUID=11111111-2222-3333-4444-555555555555 /data ext4 defaults,nofail 0 2"),
    "fstab mounts a data disk by hand": fstab("/dev/sdc1 /data ext4 noauto,nofail 0 0"),
    "fstab has a tmpfs": fstab("tmpfs /tmp tmpfs size=1g 0 0"),
    "fstab binds what is there": lambda layer: (layer.directory("/srv/www"), layer.directory("/var/www"), fstab("/srv/www /var/www none bind 0 0")(layer)),
    "fstab binds what systemd makes": fstab("/srv/nothing /mnt none bind 0 0"),
    "a package with a script of SysV is removed and not purged": lambda layer: (
        layer.write("/etc/init.d/ntp", "#!/bin/sh\nDAEMON=/usr/sbin/ntpd\ntest -x $DAEMON || exit 5\n", 0o755),
        layer.link("/etc/rc3.d/S01ntp", "../init.d/ntp"),
    ),
    "a mount unit has a condition": lambda layer: (
        layer.write(
            "/usr/lib/systemd/system/var-lib-machines.mount",
            "[Unit]\nConditionPathExists=/var/lib/machines.raw\n[Mount]\nWhat=/var/lib/machines.raw\nWhere=/var/lib/machines\nType=btrfs\nOptions=loop\n",
        ),
        layer.link("/usr/lib/systemd/system/remote-fs.target.wants/var-lib-machines.mount", "../var-lib-machines.mount"),
    ),
    "fstab has a share of Windows": fstab("//server/share /mnt cifs nofail,credentials=/root/share 0 0"),
    "fstab has a CD that is not mounted": fstab("/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0"),
    "networkd by the name of the card": networkd("[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n"),
    "networkd for every Ethernet card": networkd("[Match]\nType=ether\n[Network]\nDHCP=yes\n"),
    "a fixed address on a bridge of containers": lambda layer: (
        layer.write("/etc/systemd/network/30-br.netdev", "[NetDev]\nName=docker0\nKind=bridge\n"),
        layer.write("/etc/systemd/network/31-br.network", "[Match]\nName=docker0\n[Network]\nAddress=172.17.0.1/16\n"),
    ),
    "a fixed address on WireGuard": written("/etc/systemd/network/30-wg.network", "[Match]\nName=wg0\n[Network]\nAddress=10.9.0.2/24\n"),
    "nftables rules that nobody loads": written(
        "/etc/nftables.conf", "table inet filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n }\n}\n"
    ),
    "a rule of udev for a card that is not the first": written(
        "/etc/udev/rules.d/60-lan.rules", 'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:99:99:99", NAME="lan9"\n'
    ),
    "a link file for a card that is not the first": written("/etc/systemd/network/10-x.link", "[Match]\nMACAddress=52:54:00:99:99:99\n[Link]\nName=lan9\n"),
    "sshd with keys alone": sshd("PasswordAuthentication no"),
    "sshd without root": sshd("PermitRootLogin no"),
    "sshd on a port more": sshd("Port 22\nPort 2222"),
    "sshd denies one user": sshd("DenyUsers builder"),
    "sshd with a rule for one user": lambda layer: layer.append(SSHD, "Match User backup\n  PasswordAuthentication no\n"),
    "PAM with an optional module that is not there": lambda layer: layer.append(PAM, "-session optional pam_ours.so\n"),
    "hosts.deny with hosts.allow": lambda layer: (layer.write("/etc/hosts.deny", "ALL: ALL\n"), layer.write("/etc/hosts.allow", "sshd: ALL\n")),
    "a drop-in of the agent": drop_in("walinuxagent", "[Service]\nCPUQuota=75%\nNice=5\n"),
    "the agent's unit asks whether it is a virtual machine": drop_in("walinuxagent", "[Unit]\nConditionVirtualization=vm\n"),
    "a driver is banned that Azure does not need": written("/etc/modprobe.d/z.conf", "blacklist pcspkr\ninstall floppy /bin/false\ninstall cramfs /bin/true\n"),
    "the initramfs has a file more": early(with_file("etc/motd", b"hello\n")),
    "the initramfs bans what nobody needs": early(with_file("etc/modprobe.d/z.conf", b"blacklist floppy\n")),
    "the next kernel's modules": lambda layer: layer.write(f"/lib/modules/{version(layer)}/updates/README", "none\n"),
    "SELinux is off": written("/etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n"),
}
