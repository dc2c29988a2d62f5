# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Siblings of the ways of the other files, by other means: each stops a boot, a provisioning or every login."""

from integration.broken.ways_boot import NETWORK, early, halved, parameters, version, with_file, without
from integration.broken.ways_cloud_init import cloud, configured
from integration.broken.ways_login import pam
from integration.broken.ways_network import ifupdown, iptables, network_manager, nftables
from integration.broken.ways_root import AGENT, PAM, SSHD, drop_in, fstab, gone, masked, networkd, sshd, written
from integration.broken.ways_system import menu, service

PROFILE = "interface-name=eth0\n[ipv4]\nmethod=auto\n"


def linked(path, target):
    return lambda layer: layer.link(path, target)


def in_root(directory):
    """Return the way in which a directory of the root leads nowhere."""
    return linked(directory, f"/data{directory}")


def kernel_without(symbol):
    """Return the way in which the kernel's configuration says that it is built without a symbol."""

    def change(layer):
        path = f"/boot/config-{version(layer)}"
        layer.write(path, layer.read(path).replace(f"CONFIG_{symbol}=y", f"# CONFIG_{symbol} is not set"))

    return change


def useradd(key, value):
    """Return the way in which new users get another value by login.defs."""

    def change(layer):
        lines = [line for line in layer.read("/etc/login.defs").splitlines(True) if line.split()[:1] != [key]]
        layer.write("/etc/login.defs", "".join(lines) + f"{key}\t{value}\n")

    return change


def timer(settings):
    """Return the way in which an enabled timer starts a service that powers the machine off."""
    return lambda layer: (
        layer.write("/etc/systemd/system/end.timer", settings + "[Install]\nWantedBy=timers.target\n"),
        layer.write("/etc/systemd/system/end.service", "[Service]\nExecStart=/usr/bin/systemctl poweroff\n"),
        layer.link("/etc/systemd/system/timers.target.wants/end.timer", "/etc/systemd/system/end.timer"),
    )


#: {what was done: how}
def unlinked(name):
    """Return a change that removes a link that systemd's package brings."""
    return lambda layer: layer.remove(f"/usr/lib/systemd/system/{name}")


def nulled(name):
    """Return a change that masks a link to a unit, which leaves the unit alone."""
    return lambda layer: layer.link(f"/etc/systemd/system/{name}", "/dev/null")


WAYS = {
    # the loader, the kernel and its command line
    "the menu's timeout is a variable that says for ever": lambda layer: (
        layer.replace("/boot/grub/grub.cfg", "set timeout=", "set timeout=${menu_wait} #"),
        layer.write("/boot/grub/grubenv", "# GRUB Environment Block\nmenu_wait=-1\n".ljust(1024, "#")),
    ),
    "the entries look on another disk": menu("\tlinux\t", "\tset root='hd1,msdos1'\n\tlinux\t"),
    "rdinit is not there": parameters("rdinit=/sbin/preinit"),
    "memmap takes all memory": parameters("memmap=64G$16M"),
    "memmap leaves little memory": parameters("memmap=exactmap memmap=640K@0 memmap=100M@1M"),
    "no disk is looked for": parameters("scsi_mod.scan=none"),
    "the command line turns modules off": parameters("sysctl.kernel.modules_disabled=1"),
    "the command line wants the machine off": parameters("systemd.wants=poweroff.target"),
    "acpi=ht": parameters("acpi=ht"),
    "root is a disk in memory": parameters("root=/dev/ram0"),
    "the command line has SELinux enforce without a policy": parameters("security=selinux selinux=1 enforcing=1"),
    "the kernel is built without the unpacking of its initramfs": kernel_without("BLK_DEV_INITRD"),
    "the kernel is built without devtmpfs": kernel_without("DEVTMPFS"),
    "udev's rules are gone": gone("/usr/lib/udev"),
    "the root is not mounted again, by the command line": parameters("systemd.mask=systemd-remount-fs.service"),
    "the modules' files are gone, and their lists are there": lambda layer: layer.remove(f"/lib/modules/{version(layer)}/kernel"),
    "the network driver is cut off": lambda layer: [layer.cut(path) for path in layer.tree.glob("/usr/lib/modules/*/kernel/drivers/net/hyperv/hv_netvsc.ko*")],
    # what every user runs
    "/home is closed to others": lambda layer: layer.status("/home", 0o700),
    "the shell is closed to others": lambda layer: layer.status("/usr/bin/bash", 0o750),
    "the C library is closed to others": lambda layer: layer.status("/usr/lib/x86_64-linux-gnu/libc.so.6", 0o640),
    "groups are looked up in a directory service": lambda layer: layer.replace("/etc/nsswitch.conf", "group:          files", "group: sss"),
    # the initramfs
    "the initramfs has no library of udev's": early(without("libkmod.so")),
    "the initramfs has half a udev": early(halved("bin/udevadm")),
    "the initramfs has an /init with carriage returns": early(with_file("init", b"#!/bin/sh\r\necho hello\r\n", 0o755)),
    "the initramfs waits for a disk of the build machine": early(
        with_file("usr/lib/dracut/hooks/initqueue/finished/devexists-x.sh", b'[ -e "/dev/disk/by-label/old" ]\n')
    ),
    # the root
    "/var leads nowhere": in_root("/var"),
    "/home leads nowhere": in_root("/home"),
    "/home is a file": lambda layer: (layer.remove("/home"), layer.write("/home", "")),
    "mount is gone": lambda layer: layer.remove("/usr/bin/mount"),
    # the system manager
    "a drop-in for all services is for VMware": written("/etc/systemd/system/service.d/z.conf", "[Unit]\nConditionVirtualization=vmware\n"),
    "systemd's sessions of users are masked": masked("systemd-user-sessions.service"),
    "nothing starts systemd's sessions of users": unlinked("multi-user.target.wants/systemd-user-sessions.service"),
    "nothing has udev start for what is there": unlinked("sysinit.target.wants/systemd-udev-trigger.service"),
    "a link of the administrator's masks that to the end of nologin": nulled("multi-user.target.wants/systemd-user-sessions.service"),
    "a link of the administrator's masks that to udev's start": nulled("sysinit.target.wants/systemd-udev-trigger.service"),
    "fstab mounts a type that no kernel has": fstab("UUID=11111111-2222-3333-4444-555555555555 /data reiser5 defaults 0 0"),
    "a mount unit names a disk of the build machine": lambda layer: (
        layer.write("/etc/systemd/system/data.mount", "[Mount]\nWhat=/dev/vdb1\nWhere=/data\nType=ext4\n"),
        layer.link("/etc/systemd/system/local-fs.target.requires/data.mount", "/etc/systemd/system/data.mount"),
    ),
    "fstab requires a disk of the build machine": lambda layer: layer.write(
        "/etc/fstab", layer.read("/etc/fstab").replace(" 0 1", ",x-systemd.requires=dev-vdb.device 0 1", 1)
    ),
    "fstab lays directories over each other that are not there": fstab("overlay /srv overlay lowerdir=/opt/lower,upperdir=/opt/upper,workdir=/opt/work 0 0"),
    "fstab mounts what asks for a passphrase": lambda layer: (
        layer.write("/etc/crypttab", "data UUID=11111111-2222-3333-4444-555555555555 /root/key luks\n"),
        fstab("/dev/mapper/data /data ext4 defaults 0 2")(layer),
    ),
    "a timer powers the machine off after its start": timer("[Timer]\nOnBootSec=2min\n"),
    "a timer powers the machine off each minute": timer("[Timer]\nOnCalendar=minutely\n"),
    "a timer powers the machine off every five minutes": timer("[Timer]\nOnCalendar=*:0/5\n"),
    "cron powers the machine off each minute": written("/etc/cron.d/build", "* * * * * root /sbin/poweroff\n"),
    "a unit that fails powers the machine off": service("check", "[Unit]\nFailureAction=poweroff\n[Service]\nType=oneshot\nExecStart=/opt/build/check\n"),
    # the first card
    "networkd may not read its file": lambda layer: (layer.needs(NETWORK), layer.status(NETWORK, mode=0o600)),
    "networkd may not read its directory": lambda layer: (layer.needs(NETWORK), layer.status("/etc/systemd/network", mode=0o700)),
    "networkd: Azure's server is not on the list": networkd("[Match]\nName=eth0\n[Network]\nDHCP=yes\n[DHCPv4]\nAllowList=192.168.122.1\n"),
    "networkd: no ARP": networkd("[Match]\nName=eth0\n[Link]\nARP=no\n[Network]\nDHCP=yes\n"),
    "networkd: for a kernel of before": networkd("[Match]\nName=eth0\nKernelVersion=4.*\n[Network]\nDHCP=yes\n"),
    "networkd is ended before it has an address": lambda layer: (layer.needs(NETWORK), drop_in("systemd-networkd", "[Service]\nRuntimeMaxSec=2\n")(layer)),
    "networkd has users of its own": lambda layer: (layer.needs(NETWORK), drop_in("systemd-networkd", "[Service]\nPrivateUsers=yes\n")(layer)),
    "networkd may use no socket": lambda layer: (layer.needs(NETWORK), drop_in("systemd-networkd", "[Service]\nSystemCallFilter=~@network-io\n")(layer)),
    "networkd sees none of its files": lambda layer: (layer.needs(NETWORK), drop_in("systemd-networkd", "[Service]\nTemporaryFileSystem=/etc\n")(layer)),
    "networkd has a network of its own": lambda layer: (layer.needs(NETWORK), drop_in("systemd-networkd", "[Service]\nPrivateNetwork=yes\n")(layer)),
    "ifupdown: a command before it is not there": ifupdown("auto eth0\niface eth0 inet dhcp\n  pre-up /opt/build/first\n"),
    "ifupdown: a directory is read without names that have a dot": lambda layer: (
        ifupdown("source-directory /etc/network/interfaces.d\n")(layer),
        layer.write("/etc/network/interfaces.d/first.cfg", "auto eth0\niface eth0 inet dhcp\n"),
    ),
    "NetworkManager: for a slot of the old machine": network_manager("[match]\npath=pci-0000:00:03.0\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"),
    "NetworkManager: a switch asks who it is": network_manager(PROFILE + "[802-1x]\neap=tls;\nidentity=build\n", "[main]\nno-auto-default=*\n"),
    "nftables: dropped where it comes in": nftables("table netdev f {\n chain in {\n  type filter hook ingress device eth0 priority 0; policy drop;\n }\n}\n"),
    "nftables: dropped before it is routed": nftables(
        "table inet f {\n chain pre {\n  type filter hook prerouting priority -300;\n  tcp dport 22 drop\n }\n}\n"
    ),
    "iptables: dropped before it is routed": iptables(
        "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 22 -j DROP\nCOMMIT\n"
    ),
    # ssh
    "ssh runs as somebody else": drop_in("ssh", "[Service]\nUser=nobody\n"),
    "ssh reads a file of settings that is not there": drop_in("ssh", "[Service]\nEnvironmentFile=/etc/build/ssh\n"),
    "ssh works in a directory that is not there": drop_in("ssh", "[Service]\nWorkingDirectory=/opt/build\n"),
    "ssh has a root of its own that is not there": drop_in("ssh", "[Service]\nRootDirectory=/srv/jail\n"),
    "ssh is kept from every address": drop_in("ssh", "[Service]\nIPAddressDeny=any\n"),
    "ssh has a network of its own": drop_in("ssh", "[Service]\nPrivateNetwork=yes\n"),
    "sshd lets nobody try": lambda layer: layer.first(SSHD, "MaxAuthTries 0\n"),
    "sshd denies everybody in a block by name": lambda layer: layer.append(SSHD, "Match User *\n  DenyUsers *\n"),
    "PAM runs a program that is not there": lambda layer: layer.append(PAM, "session required pam_exec.so /opt/build/hello\n"),
    "PAM knows no shell": lambda layer: (pam("account required pam_shells.so")(layer), layer.write("/etc/shells", "/bin/ksh\n")),
    "bash's first file ends it": lambda layer: layer.first("/etc/bash.bashrc", "exit 1\n"),
    "the first file of new users ends their shell": lambda layer: layer.first("/etc/skel/.profile", "exit 1\n"),
    "nobody may have a process": lambda layer: layer.write("/etc/security/limits.d/z.conf", "* hard nproc 0\n"),
    # whoever provisions
    "new users get no number": useradd("UID_MIN", "70000"),
    "new users may not enter their home": useradd("HOME_MODE", "0000"),
    "new users have expired": written("/etc/default/useradd", "EXPIRE=2020-01-01\n"),
    "a lock of passwd was left behind": written("/etc/passwd.lock", ""),
    "the agent reads a file of settings that is not there": drop_in(AGENT, "[Service]\nEnvironmentFile=/etc/build/agent\n"),
    "cloud-init takes no key": configured("allow_public_ssh_keys: false\n"),
    "cloud-init's user has a shell that is not there, by an older word": configured("user: {name: azureuser, shell: /none}\n"),
    "cloud-init's user has expired": configured("system_info:\n  default_user:\n    name: admin\n    expiredate: '2020-01-01'\n"),
    "cloud-init is for another distribution": configured("system_info:\n  distro: slackware\n"),
    "cloud-init's state is a file": cloud(
        lambda layer: (layer.tree.lstat("/var/lib/cloud") and layer.remove("/var/lib/cloud"), layer.write("/var/lib/cloud", "x"))
    ),
    "cloud-init is told on the command line to look nowhere": cloud(parameters("cc: datasource_list: [ None ] end_cc")),
}

#: {what was done: how}
CONTROLS = {
    "sshd takes keys of Ed25519 alone": sshd("PubkeyAcceptedAlgorithms ssh-ed25519"),
    "sshd takes long keys of RSA alone": sshd("RequiredRSASize 3072"),
    "the accounts are closed to others": lambda layer: layer.status("/etc/passwd", mode=0o600),
    "sudo is not there": gone("/usr/bin/sudo"),
    "networkd is hardened": drop_in(
        "systemd-networkd", "[Service]\nSystemCallFilter=~@privileged @mount\nPrivateDevices=yes\nReadOnlyPaths=/\nInaccessiblePaths=/home\nUMask=0077\n"
    ),
    "nothing starts systemd's settings of the kernel": unlinked("sysinit.target.wants/systemd-sysctl.service"),
    "udevd is started by what needs it alone": unlinked("sysinit.target.wants/systemd-udevd.service"),
    "a link to what needs no start is masked": nulled("sysinit.target.wants/systemd-sysctl.service"),
    "init is told of its usual target": parameters("-- --unit=multi-user.target --log-level=info"),
    "behind -- stands what is the kernel's": parameters("-- acpi=off mem=64M"),
    "cron restarts the machine at night": written("/etc/cron.d/night", "*/5 4 * * 0 root /sbin/reboot\n"),
    "memory is reserved": parameters("memmap=1M$0x9f000 crashkernel=256M"),
    "the command line sets what sysctl does": parameters("sysctl.vm.swappiness=10 scsi_mod.scan=sync acpi=noirq"),
    "root= stands twice, and the last one is right": lambda layer: layer.write(
        "/boot/grub/grub.cfg", layer.read("/boot/grub/grub.cfg").replace("root=UUID=", "root=/dev/sdz9 root=UUID=")
    ),
    "an address is asked for in the initramfs": parameters("ip=dhcp"),
    "the kernel starts again after a panic": parameters("panic=10 fsck.mode=skip audit=0"),
    "EFI's services are not used": parameters("efi=noruntime"),
    "a masked timer, by the command line": parameters("systemd.mask=apt-daily.timer systemd.getty_auto=no"),
    "rdinit is the usual one": parameters("rdinit=/init"),
    "a library to preload is not there": written("/etc/ld.so.preload", "/usr/lib/gone.so\n"),
    "/tmp is gone": gone("/tmp"),
    "the name of the host is gone": gone("/etc/hostname"),
    "the time zone leads nowhere": linked("/etc/localtime", "/usr/share/zoneinfo/Nowhere"),
    "machine-id is empty": written("/etc/machine-id", ""),
    "shadow may be read by nobody": lambda layer: layer.status("/etc/shadow", mode=0),
    "logind is masked": masked("systemd-logind.service"),
    "loading of modules is masked": masked("systemd-modules-load.service"),
    "a drop-in for all services": written("/etc/systemd/system/service.d/z.conf", "[Service]\nNice=1\n"),
    "fstab swaps on what is not there": fstab("UUID=11111111-2222-3333-4444-555555555555 none swap sw,nofail 0 0"),
    "fstab lays directories over each other": lambda layer: (
        layer.needs(*layer.tree.glob("/usr/lib/modules/*/kernel/fs/overlayfs/overlay.ko*")[:1] or ["/none"]),
        [layer.directory(f"/opt/{name}") for name in ("lower", "upper", "work")],
        fstab("overlay /srv overlay lowerdir=/opt/lower,upperdir=/opt/upper,workdir=/opt/work 0 0")(layer),
    ),
    "a timer powers the machine off at night": timer("[Timer]\nOnCalendar=*-*-* 23:00\n"),
    "a timer powers the machine off each day": timer("[Timer]\nOnCalendar=daily\n"),
    "a unit that succeeds would power the machine off when it fails": service(
        "check", "[Unit]\nFailureAction=poweroff\n[Service]\nType=oneshot\nExecStart=/bin/true\n"
    ),
    "networkd: its group may read the file": lambda layer: (layer.needs(NETWORK), layer.status(NETWORK, mode=0o644)),
    "networkd: Azure's server is on the list": networkd("[Match]\nName=eth0\n[Network]\nDHCP=yes\n[DHCPv4]\nAllowList=168.63.129.16 10.0.0.0/8\n"),
    "networkd: not for a netboot": networkd("[Match]\nName=eth0\nKernelCommandLine=!netboot\n[Network]\nDHCP=yes\n"),
    "networkd: a file with a fixed address comes behind": networkd(
        "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.9/24\n", "/etc/systemd/network/90-build.network"
    ),
    "networkd: a file of another host comes first": networkd(
        "[Match]\nName=eth0\nHost=build\n[Network]\nAddress=192.0.2.9/24\n", "/etc/systemd/network/05-build.network"
    ),
    "ifupdown: a command before it": ifupdown("auto eth0\niface eth0 inet dhcp\n  pre-up /bin/true\n  up ip link set eth0 mtu 1400\n"),
    "ifupdown: a directory is read": lambda layer: (
        ifupdown("source-directory /etc/network/interfaces.d\n")(layer),
        layer.write("/etc/network/interfaces.d/first", "auto eth0\niface eth0 inet dhcp\n"),
    ),
    "NetworkManager: for Azure's bus": network_manager("[match]\npath=acpi-VMBUS*;\n[ipv4]\nmethod=auto\n", "[main]\nno-auto-default=*\n"),
    "nftables: another port is dropped before it is routed": nftables(
        "table inet f {\n chain pre {\n  type filter hook prerouting priority -300;\n  tcp dport 23 drop\n }\n}\n"
    ),
    "ssh has settings that need not be there": drop_in("ssh", "[Service]\nEnvironmentFile=-/etc/build/ssh\nPrivateTmp=yes\nProtectHome=no\n"),
    "ssh is kept from some addresses": drop_in("ssh", "[Service]\nIPAddressDeny=192.0.2.0/24\n"),
    "sshd's file may be read by root alone": lambda layer: layer.status(SSHD, mode=0o600),
    "PAM runs a program that need not be there": lambda layer: layer.append(PAM, "session optional pam_exec.so /opt/build/hello\n"),
    "PAM knows the usual shells": lambda layer: (
        pam("account required pam_shells.so")(layer),
        layer.write("/etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/bash\n"),
    ),
    "new users have a home for themselves": useradd("HOME_MODE", "0700"),
    "a lock of passwd has a number": written("/etc/passwd.lock", "4711"),
    "cloud-init takes keys": configured("allow_public_ssh_keys: true\nno_ssh_fingerprints: true\npreserve_hostname: true\n"),
    # cloud-init makes the home for the key itself
    "cloud-init's user gets no home": configured("system_info:\n  default_user:\n    name: admin\n    no_create_home: true\n"),
    "cloud-init's user is one of the system": configured("system_info:\n  default_user:\n    name: admin\n    system: true\n"),
    "cloud-init's user has no end": configured("system_info:\n  default_user:\n    name: admin\n    expiredate: ''\n    no_create_home: false\n"),
    "cloud-init's first commands fail": configured("bootcmd:\n  - [/bin/false]\nmounts:\n  - [/dev/vdb, /data]\n"),
    "cloud-init is told something on the command line": cloud(parameters("cc: ssh_pwauth: false end_cc")),
}
