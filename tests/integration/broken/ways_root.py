# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine between its root file system and the first login."""

from integration.broken.ways_boot import NETWORK

DROP_IN = "/etc/systemd/system/{}.service.d/z.conf"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
LOADER = "/lib64/ld-linux-x86-64.so.2"
FSTAB, SSHD, PAM = "/etc/fstab", "/etc/ssh/sshd_config", "/etc/pam.d/sshd"
AGENT = "walinuxagent"
CONF = "/etc/waagent.conf"


def ends_in_zeros(path):
    """Return the way in which the second half of a file is zeros, as after a loss of power behind a copy."""

    def change(layer):
        octets = layer.tree.read_bytes(path)
        layer.write(path, octets[: len(octets) // 2].ljust(len(octets), b"\0"))

    return change


def with_agent(change):
    """Return the way in which change is done to an image that the agent provisions."""

    def way(layer):
        layer.replace(CONF, "Provisioning.Agent=waagent", "Provisioning.Agent=waagent")
        change(layer)

    return way


def fstab(line):
    return lambda layer: layer.append(FSTAB, line + "\n")


def sshd(text):
    """Return the way in which sshd's first line is another one, for it is the first value that counts."""
    return lambda layer: layer.write(SSHD, text + "\n" + layer.tree.read_text(SSHD))


def masked(unit):
    return lambda layer: layer.link(f"/etc/systemd/system/{unit}", "/dev/null")


def drop_in(service, text):
    return lambda layer: layer.write(DROP_IN.format(service), text)


def gone(*paths):
    return lambda layer: layer.remove(*paths)


def written(path, text, mode=None):
    return lambda layer: layer.write(path, text, mode)


def networkd(text, path=NETWORK):
    """Return the way in which networkd has a file, on an image that it sets up."""
    return lambda layer: (layer.needs(NETWORK), layer.write(path, text))


def root_kind(layer):
    """Return the root's file system (str), as /etc/fstab has it."""
    return next(words[2] for words in map(str.split, layer.read("/etc/fstab").splitlines()) if words[1:2] == ["/"])


def without_account(name):
    """Return the way in which an account is gone, and what systemd-sysusers would make it again of, as Debian 13's for sshd."""

    def change(layer):
        again = [path for path in layer.tree.glob("/usr/lib/sysusers.d/*.conf") if f"\nu {name} " in "\n" + layer.read(path)]
        if again:
            layer.remove(*again)
        for path in ("/etc/passwd", "/etc/shadow"):
            layer.write(path, "".join(line for line in layer.tree.read_text(path).splitlines(True) if not line.startswith(name + ":")))

    return change


def firewall(rules):
    """Return the way in which nftables loads rules at boot."""

    def change(layer):
        layer.write("/etc/nftables.conf", rules)
        layer.write("/usr/sbin/nft", b"\x7fELF\x02\x01\x01", 0o755)
        layer.write(
            "/usr/lib/systemd/system/nftables.service",
            "[Service]\nType=oneshot\nExecStart=/usr/sbin/nft -f /etc/nftables.conf\n[Install]\nWantedBy=sysinit.target\n",
        )
        layer.link("/etc/systemd/system/sysinit.target.wants/nftables.service", "/usr/lib/systemd/system/nftables.service")

    return change


#: {what was done: how}
WAYS = {
    # the root file system
    "init is gone": gone("/sbin/init"),
    "init leads nowhere": lambda layer: layer.link("/sbin/init", "/lib/systemd/nothing"),
    "systemd is gone": gone("/lib/systemd/systemd"),
    "systemd cannot be run": lambda layer: layer.status("/lib/systemd/systemd", mode=0o644),
    "systemd is empty": lambda layer: layer.write("/lib/systemd/systemd", b""),
    "systemd is cut off": lambda layer: layer.cut("/lib/systemd/systemd"),
    "the C library is gone": gone(LIBC),
    "the C library is empty": lambda layer: layer.write(LIBC, b""),
    "the C library ends in zeros": ends_in_zeros(LIBC),
    "the C library is cut off": lambda layer: layer.cut(LIBC),
    "the dynamic loader is gone": gone(LOADER),
    "a library of systemd is gone": lambda layer: layer.remove(*layer.tree.glob("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-*.so")),
    "/ is closed to others": lambda layer: layer.status("/", mode=0o700),
    "/etc is closed to others": lambda layer: layer.status("/etc", mode=0o700),
    "the directory of the libraries is closed to others": lambda layer: layer.status("/usr/lib/x86_64-linux-gnu", mode=0o700),
    "passwd is empty": written("/etc/passwd", ""),
    "passwd is gone": gone("/etc/passwd"),
    "shadow is gone": gone("/etc/shadow"),
    "group is gone": gone("/etc/group"),
    "root is gone from passwd": without_account("root"),
    "sshd's own account is gone": without_account("sshd"),
    "SELinux enforces a policy that is empty": lambda layer: (
        layer.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n"),
        layer.write("/etc/selinux/targeted/policy/policy.33", ""),
        layer.replace("/boot/grub/grub.cfg", "console=ttyS0,115200n8", "console=ttyS0,115200n8 security=selinux selinux=1"),
    ),
    "SELinux enforces without a policy": lambda layer: (
        layer.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n"),
        layer.replace("/boot/grub/grub.cfg", "console=ttyS0,115200n8", "console=ttyS0,115200n8 security=selinux selinux=1"),
    ),
    # the system manager
    "default.target is rescue.target": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/rescue.target"),
    "default.target is emergency.target": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/emergency.target"),
    "default.target is masked": masked("default.target"),
    "default.target leads nowhere": lambda layer: layer.link("/etc/systemd/system/default.target", "/lib/systemd/system/mine.target"),
    "multi-user.target is masked": masked("multi-user.target"),
    "sysinit.target is masked": masked("sysinit.target"),
    "basic.target is masked": masked("basic.target"),
    "local-fs.target is masked": masked("local-fs.target"),
    "udevd is masked": masked("systemd-udevd.service"),
    "udevd is gone": gone("/lib/systemd/systemd-udevd"),
    "modules cannot be loaded": written("/etc/sysctl.d/z.conf", "kernel.modules_disabled=1\n"),
    "fstab has an option that its file system does not know": lambda layer: layer.replace(FSTAB, "errors=remount-ro", "errors=remount-ro,space_cache=v2"),
    "fstab mounts a disk of the build machine": fstab("/dev/sdb1 /data ext4 defaults 0 2"),
    "fstab mounts a UUID that is nowhere": fstab("UUID=11111111-2222-3333-4444-555555555555 /data ext4 defaults 0 2"),
    "fstab mounts a label that is nowhere": fstab("LABEL=data /data xfs defaults 0 2"),
    "fstab mounts a logical volume that is nowhere": fstab("/dev/mapper/datavg-data /data xfs defaults 0 0"),
    "fstab mounts an array that is nowhere": fstab("/dev/md0 /data ext4 defaults 0 2"),
    "fstab binds what is not there to a file": fstab("/srv/nothing /etc/hosts none bind 0 0"),
    "fstab requires a unit that is not there": lambda layer: layer.replace(FSTAB, "errors=remount-ro", "errors=remount-ro,x-systemd.requires=mine.service"),
    "fstab mounts a share of VMware": fstab(".host:/ /mnt/hgfs vmhgfs defaults 0 0"),
    "fstab mounts a share of VirtualBox": fstab("share /mnt vboxsf defaults 0 0"),
    "a mount unit wants a disk that is nowhere": lambda layer: (
        layer.write("/etc/systemd/system/data.mount", "[Mount]\nWhat=/dev/disk/by-label/data\nWhere=/data\nType=ext4\n[Install]\nWantedBy=local-fs.target\n"),
        layer.link("/etc/systemd/system/local-fs.target.requires/data.mount", "/etc/systemd/system/data.mount"),
    ),
    # the first card
    "the first card has a fixed address": networkd("[Match]\nName=e*\n[Network]\nAddress=192.0.2.9/24\nGateway=192.0.2.1\n"),
    "the first card is known by its old address": networkd("[Match]\nMACAddress=52:54:00:12:34:56\n[Network]\nDHCP=yes\n"),
    "the first card has another name": networkd("[Match]\nName=ens3\n[Network]\nDHCP=yes\n"),
    "the first card is not managed": networkd("[Match]\nName=eth*\n[Link]\nUnmanaged=yes\n", "/etc/systemd/network/10-off.network"),
    "an earlier file has a fixed address": networkd("[Match]\nName=eth0\n[Network]\nAddress=192.0.2.9/24\n", "/etc/systemd/network/10-a.network"),
    "the network has no configuration": gone(NETWORK),
    "networkd does not run": gone("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"),
    "networkd is masked in the guest": lambda layer: (layer.needs(NETWORK), masked("systemd-networkd.service")(layer)),
    "a link file renames the first card": lambda layer: (
        layer.needs(NETWORK),
        layer.write("/etc/systemd/network/10-lan.link", "[Match]\nOriginalName=eth0\n[Link]\nName=lan0\n"),
        layer.write(NETWORK, "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"),
    ),
    "a udev rule renames the first card": lambda layer: (
        layer.needs(NETWORK),
        layer.write("/etc/udev/rules.d/70-net.rules", 'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", NAME="lan0"\n'),
        layer.write(NETWORK, "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"),
    ),
    "a bridge swallows the first card": lambda layer: (
        layer.needs(NETWORK),
        layer.write("/etc/systemd/network/10-br.netdev", "[NetDev]\nName=br0\nKind=bridge\n"),
        layer.write("/etc/systemd/network/11-eth.network", "[Match]\nName=e*\n[Network]\nBridge=br0\n"),
        layer.write("/etc/systemd/network/12-br.network", "[Match]\nName=br0\n[Network]\nAddress=192.0.2.9/24\n"),
    ),
    "the network driver is banned": written("/etc/modprobe.d/z.conf", "blacklist hv_netvsc\ninstall hv_netvsc /bin/false\n"),
    "nftables drops everything": firewall("table inet filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n }\n}\n"),
    "nftables drops everything, over several lines": firewall(
        "table inet filter {\n chain input {\n  type filter hook input priority filter\n  policy drop\n  ct state established accept\n }\n}\n"
    ),
    "nftables lets nothing out": firewall("table inet filter {\n chain output {\n  type filter hook output priority 0; policy drop;\n }\n}\n"),
    # ssh
    "sshd is gone": gone("/usr/sbin/sshd"),
    "sshd is empty": lambda layer: layer.write("/usr/sbin/sshd", b""),
    "a library of sshd is gone": lambda layer: layer.remove("/usr/lib/x86_64-linux-gnu/libcrypto.so.3"),
    "ssh is masked in the guest": masked("ssh.service"),
    "ssh does not run": lambda layer: layer.remove("/etc/systemd/system/multi-user.target.wants/ssh.service", "/etc/systemd/system/sshd.service"),
    "sshd_config is gone": gone(SSHD),
    "sshd_config has an unknown keyword": sshd("PermitRootLogins no"),
    "sshd_config has a value that is none": sshd("PermitRootLogin perhaps"),
    "a drop-in of sshd has an unknown keyword": written("/etc/ssh/sshd_config.d/a.conf", "MaxAuthTrys 3\n"),
    "a line of sshd has no value": sshd("Port"),
    "sshd lets only the build's user in": sshd("AllowUsers builder"),
    "sshd lets only a group in that is not there": sshd("AllowGroups wheel-of-build"),
    "sshd denies everybody": sshd("DenyUsers *"),
    "sshd listens on the old address": sshd("ListenAddress 192.0.2.9"),
    "sshd listens on itself alone": sshd("ListenAddress 127.0.0.1"),
    "sshd has no way to authenticate": sshd("PubkeyAuthentication no\nPasswordAuthentication no\nKbdInteractiveAuthentication no"),
    # cloud-init writes keys to where sshd looks
    "sshd looks for keys elsewhere": with_agent(sshd("AuthorizedKeysFile /etc/nobody/%u\nPasswordAuthentication no")),
    "nobody may log in": written("/etc/nologin", "closed\n"),
    "hosts.deny keeps everybody out": written("/etc/hosts.deny", "ALL: ALL\n"),
    "PAM of sshd is gone, and nobody else may come in": lambda layer: (
        layer.remove(PAM),
        layer.write("/etc/pam.d/other", "account required pam_deny.so\nsession required pam_deny.so\n"),
    ),
    "PAM of sshd names a module that is not there": lambda layer: layer.append(PAM, "account required pam_ours.so\n"),
    "PAM of accounts is gone": gone("/etc/pam.d/common-account"),
    "pam_unix is gone": lambda layer: layer.remove(*layer.tree.glob("/lib/x86_64-linux-gnu/security/pam_unix.so")),
    "PAM lets nobody in": lambda layer: layer.write(PAM, "account required pam_deny.so\n" + layer.tree.read_text(PAM)),
    # the provisioner
    "the agent is gone": gone("/usr/sbin/waagent"),
    "the agent cannot be run": lambda layer: layer.status("/usr/sbin/waagent", mode=0o644),
    "the agent's Python is gone": lambda layer: layer.remove("/usr/bin/python3", "/usr/bin/python3.11"),
    "the agent's Python package is gone": gone("/usr/lib/python3/dist-packages/azurelinuxagent"),
    "a file of the agent's package is empty": with_agent(written("/usr/lib/python3/dist-packages/azurelinuxagent/agent.py", "")),
    "Python's library is gone": gone("/usr/lib/python3.11"),
    "the agent's unit is gone": with_agent(gone(f"/lib/systemd/system/{AGENT}.service")),
    "the agent's unit is masked": masked(f"{AGENT}.service"),
    "the agent's unit is for VMware": drop_in(AGENT, "[Unit]\nConditionVirtualization=vmware\n"),
    "the agent's unit wants a file that is not there": drop_in(AGENT, "[Unit]\nConditionPathExists=/etc/build/ready\n"),
    "the agent's unit starts what is not there": drop_in(AGENT, "[Service]\nExecStart=\nExecStart=/opt/agent/run\n"),
    "the agent runs as somebody who is not there": drop_in(AGENT, "[Service]\nUser=agent\n"),
    "the agent does not start": lambda layer: layer.remove(f"/etc/systemd/system/multi-user.target.wants/{AGENT}.service"),
    "waagent.conf is gone": gone("/etc/waagent.conf"),
    "waagent.conf is not UTF-8": with_agent(lambda layer: layer.write(CONF, layer.read(CONF).encode() + "# für Azure\n".encode("latin-1"))),
    "the agent writes a time for sshd that is none": with_agent(lambda layer: layer.append(CONF, "\nOS.SshClientAliveInterval=3 minutes\n")),
    "sshd_config is not UTF-8": lambda layer: layer.write(
        "/etc/ssh/sshd_config", layer.read("/etc/ssh/sshd_config").encode() + "# für Azure\n".encode("latin-1")
    ),
    "waagent.conf is empty": with_agent(written(CONF, "")),
    "the agent does not provision": lambda layer: layer.replace("/etc/waagent.conf", "Provisioning.Agent=waagent", "Provisioning.Agent=disabled"),
    "the agent leaves it to cloud-init": lambda layer: layer.replace("/etc/waagent.conf", "Provisioning.Agent=waagent", "Provisioning.Agent=cloud-init"),
    "useradd is gone": gone("/usr/sbin/useradd"),
    # cloud-init can do without the disc
    "the drivers of the provisioning disc are banned": with_agent(written("/etc/modprobe.d/z.conf", "install udf /bin/false\ninstall isofs /bin/false\n")),
    # cloud-init adds the line that reads its own file
    "sudo is broken": with_agent(written("/etc/sudoers", "root ALL=(ALL:ALL\n", 0o440)),
}
