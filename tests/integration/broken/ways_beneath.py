# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a machine beneath its configuration: libraries and modules, the files that useradd writes, the scripts of its initramfs."""

import posixpath
import stat
import struct
import time

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Status
from integration.broken.overlay import DoesNotApply
from integration.broken.ways_boot import early, of_initramfs_tools, with_file, without
from integration.broken.ways_cloud_init import cloud, configured
from integration.broken.ways_limits import manager
from integration.broken.ways_root import SSHD, drop_in, fstab, sshd, with_agent, written

_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
_SUDOERS_SO = "/usr/libexec/sudo/sudoers.so"


def of_systemd(change):
    """Return the way in which an initramfs whose init is systemd is changed."""

    def changed(members):
        if not any(name.endswith("lib/systemd/systemd") for name in members):
            raise DoesNotApply("the initramfs is not started by systemd")
        change(members)

    return changed


def both(*changes):
    """Return the way in which all of several things are done."""
    return lambda layer: [change(layer) for change in changes]


def of_arm(path):
    """Return the way in which a program or library is one for arm64."""

    def change(layer):
        layer.needs(path)
        octets = bytearray(layer.tree.read_bytes(path))
        octets[18:20] = struct.pack("<H", 183)
        layer.write(path, bytes(octets))

    return change


def replaced(path, old, new):
    """Return the way in which bytes of a program or library are others."""

    def change(layer):
        layer.needs(path)
        octets = layer.tree.read_bytes(path)
        if old not in octets:
            raise DoesNotApply(f"{old!r} is not in {path}")
        layer.write(path, octets.replace(old, new))

    return change


def zeros(path):
    return lambda layer: (layer.needs(path), layer.write(path, bytes(len(layer.tree.read_bytes(path)))))


def preloaded(layer):
    """Have a library loaded before all that needs one which is not there."""
    library = layer.tree.read_bytes(f"{_LIBRARIES}/libpam.so.0").replace(b"libaudit.so.1\0", b"libnothing.so\0")
    layer.write("/usr/local/lib/libown.so", library, 0o755)
    layer.write("/etc/ld.so.preload", "/usr/local/lib/libown.so\n")


def directory(path):
    """Return the way in which a directory is there in place of a file."""

    def change(layer):
        folder = Status(stat.S_IFDIR | 0o755, 4096, 0, 0, time.time())
        layer.entries[posixpath.join(layer.tree.resolve(posixpath.dirname(path)), posixpath.basename(path))] = (folder, None)

    return change


def ordered(text):
    """Return what puts lines before those by which an initramfs runs its first scripts."""

    def change(members):
        name = "scripts/init-top/ORDER"
        members[name] = members[name]._replace(content=text.encode("ascii") + members[name].content)

    return change


def own_script(text):
    """Return what has an initramfs run a script (bytes) more."""

    def change(members):
        ordered('/scripts/init-top/own "$@"\n')(members)
        with_file("scripts/init-top/own", text, 0o755)(members)

    return change


def mode(path, permissions, gid=None):
    return lambda layer: (layer.needs(path), layer.status(layer.tree.resolve(path), permissions, gid=gid))


#: {what was done: how}
WAYS = {
    "a library to preload needs one that is not there": preloaded,
    "libcrypto is another library": lambda layer: layer.write(f"{_LIBRARIES}/libcrypto.so.3", layer.tree.read_bytes(f"{_LIBRARIES}/libz.so.1")),
    "sshd is made for a newer C library": replaced("/usr/sbin/sshd", b"GLIBC_2.34\0", b"GLIBC_2.99\0"),
    "the C library is of another release than its loader": replaced(f"{_LIBRARIES}/libc.so.6", b" release version 2.", b" release version 3."),
    "the C library asks its loader for what that has not": replaced(f"{_LIBRARIES}/ld-linux-x86-64.so.2", b"GLIBC_2.35\0", b"GLIBC_2.99\0"),
    "useradd is made for a newer C library": replaced("/usr/sbin/useradd", b"GLIBC_2.34\0", b"GLIBC_2.99\0"),
    "a module of PAM is for another processor": of_arm(f"{_LIBRARIES}/security/pam_unix.so"),
    "a module of PAM is zeros": zeros(f"{_LIBRARIES}/security/pam_permit.so"),
    "a module of PAM is cut off": lambda layer: layer.cut(f"{_LIBRARIES}/security/pam_nologin.so"),
    "sudo's policy is cut off": lambda layer: layer.cut(_SUDOERS_SO),
    "sudo's policy is for another processor": of_arm(_SUDOERS_SO),
    "sudo looks for its plugins where none are": written("/etc/sudo.conf", "Path plugin_dir /opt/none/\n"),
    "sudo is closed to others": mode("/usr/bin/sudo", 0o4750),
    "bash, which the agent gives its user, lacks a library": with_agent(lambda layer: layer.remove(*layer.tree.glob(f"{_LIBRARIES}/libtinfo.so*"))),
    "bash, which the agent gives its user, is zeros": with_agent(zeros("/usr/bin/bash")),
    "shadow is a link": lambda layer: (layer.write("/etc/auth/shadow", layer.read("/etc/shadow"), 0o640), layer.link("/etc/shadow", "auth/shadow")),
    "gshadow is a directory": directory("/etc/gshadow"),
    "the copy of passwd is a directory": directory("/etc/passwd-"),
    "the lock of passwd is a directory": directory("/etc/.pwd.lock"),
    "new users get a file in the place of their keys": written("/etc/skel/.ssh", ""),
    "new users get a link that leads nowhere in the place of their keys": lambda layer: layer.link("/etc/skel/.ssh", "/data/ssh"),
    "another useradd comes first, and fails": written("/usr/local/sbin/useradd", "#!/bin/sh\nexit 1\n", 0o755),
    "another useradd comes first, and is empty": written("/usr/local/sbin/useradd", "", 0o755),
    "another ssh-keygen comes first, and fails": written("/usr/local/bin/ssh-keygen", "#!/bin/sh\nexit 1\n", 0o755),
    "the agent's Python has no module any more that it imports": lambda layer: layer.remove(
        *layer.tree.glob("/usr/lib/python3.*/crypt.py"), *layer.tree.glob("/usr/lib/python3/dist-packages/crypt.py")
    ),
    "sudoers.d leads nowhere": lambda layer: layer.link("/etc/sudoers.d", "/srv/sudoers.d"),
    "/lib is gone": lambda layer: layer.remove("/lib"),
    "/var/lib leads nowhere": lambda layer: layer.link("/var/lib", "/srv/lib"),
    "the kernel's modprobe is gone": lambda layer: layer.remove("/usr/sbin/modprobe"),
    "kmod is gone": lambda layer: layer.remove("/usr/bin/kmod"),
    "ssh-keygen is gone": with_agent(lambda layer: layer.remove("/usr/bin/ssh-keygen")),
    "sshd does not take a method": sshd("AuthenticationMethods publickey,one-time"),
    "sshd does not take a network with bits behind its length": lambda layer: layer.append(SSHD, "\nMatch Address 10.0.0.1/8\n  PasswordAuthentication yes\n"),
    "sshd does not take a limit of new keys": sshd("RekeyLimit 15"),
    "sshd does not take a port that it forwards": sshd("PermitOpen internal:99999"),
    "sshd does not take options of keys with a comma": sshd("PubkeyAuthOptions touch-required,verify-required"),
    "sshd takes no key from any network": lambda layer: layer.append(
        SSHD, "\nMatch Address 0.0.0.0/0,::/0\n  PubkeyAuthentication no\n  PasswordAuthentication no\n  KbdInteractiveAuthentication no\n"
    ),
    "sshd takes no key at any of its addresses": lambda layer: layer.append(
        SSHD, "\nMatch LocalAddress *\n  PubkeyAuthentication no\n  PasswordAuthentication no\n  KbdInteractiveAuthentication no\n"
    ),
    "the initramfs does not say that it is one": early(of_systemd(without("initrd-release"))),
    "the initramfs lacks what goes on when the root is mounted": early(of_systemd(without("initrd-parse-etc.service"))),
    "the initramfs has no unit of udev": early(of_systemd(without("systemd-udevd.service"))),
    "the initramfs has no rule by which systemd knows a disk": early(of_systemd(without("99-systemd.rules"))),
    "the initramfs gives the disk no name by its UUID": early(of_systemd(without("60-persistent-storage.rules"))),
    "the initramfs does not start udev": early(of_initramfs_tools(without("scripts/init-top/udev"))),
    "the initramfs has no rule that loads drivers": early(of_initramfs_tools(without("80-drivers.rules"))),
    "the initramfs stops by its own settings": early(of_initramfs_tools(with_file("conf/conf.d/own", b"break=premount\n"))),
    "the initramfs mounts the root as what it is not": early(of_initramfs_tools(with_file("conf/conf.d/own", b"ROOTFSTYPE=reiserfs\n"))),
    "the initramfs ends by its own settings": early(of_initramfs_tools(with_file("conf/conf.d/own", b"exit 1\n"))),
    "the initramfs has settings of another shell": early(of_initramfs_tools(with_file("conf/conf.d/own", b"MORE=(1 2)\n"))),
    "the initramfs ends in the order of its scripts": early(of_initramfs_tools(ordered("exit 1\n"))),
    "a script of the initramfs waits for ever": early(of_initramfs_tools(own_script(b"#!/bin/sh\nwhile :; do sleep 1; done\n"))),
    "a script of the initramfs powers the machine off": early(of_initramfs_tools(own_script(b"#!/bin/sh\npoweroff -f\n"))),
    "a script of the initramfs stops in a shell": early(of_initramfs_tools(own_script(b"#!/bin/sh\n. /scripts/functions\npanic 'no disk'\n"))),
    "PAM turns everybody away from sudo": lambda layer: layer.first("/etc/pam.d/sudo", "account required pam_deny.so\n"),
    "PAM lets only a group use sudo": lambda layer: layer.first("/etc/pam.d/sudo", "account required pam_succeed_if.so user ingroup builders\n"),
    "PAM asks a program that fails before sudo": lambda layer: layer.append("/etc/pam.d/sudo", "session required pam_exec.so /bin/false\n"),
    "hosts.allow turns everybody away": written("/etc/hosts.allow", "sshd: ALL: deny\n"),
    "fstab mounts a tmpfs over /etc/ssh": fstab("tmpfs /etc/ssh tmpfs defaults 0 0"),
    "fstab mounts a tmpfs over /etc/systemd": fstab("tmpfs /etc/systemd tmpfs defaults 0 0"),
    "the agent has no search path": with_agent(drop_in("walinuxagent", "[Service]\nEnvironment=PATH=/opt/none\n")),
    "the agent's Python looks elsewhere": with_agent(drop_in("walinuxagent", "[Service]\nEnvironment=LANG=C PYTHONHOME=/opt/python\n")),
    "systemd has every Python look elsewhere": manager("DefaultEnvironment=PYTHONHOME=/opt/python"),
    "cloud-init's user has no rule of sudo": configured("system_info:\n  default_user:\n    name: admin\n    sudo: false\n"),
    "the agent's Python finds an empty package first": with_agent(
        lambda layer: layer.write(f"/usr/local/lib/{posixpath.basename(layer.tree.resolve('/usr/bin/python3'))}/dist-packages/azurelinuxagent/__init__.py", "")
    ),
    "cloud-init's Python finds an empty package first": cloud(written("/usr/local/lib/python3.13/dist-packages/cloudinit/__init__.py", "")),
    "sudo's directory of rules is a group's": mode("/etc/sudoers.d", 0o775, 1000),
}

#: {what was done: how}, which is right
CONTROLS = {
    "PAM asks nobody's password for sudo": lambda layer: layer.first("/etc/pam.d/sudo", "auth required pam_deny.so\n"),
    "hosts.allow turns the rest away": written("/etc/hosts.allow", "sshd: ALL\nALL: ALL: deny\n"),
    "the agent has an environment": drop_in("walinuxagent", "[Service]\nEnvironment=PYTHONPATH=/none PYTHONUNBUFFERED=1 PATH=/usr/sbin:/usr/bin\n"),
    "a script of the initramfs fails": early(of_initramfs_tools(own_script(b'#!/bin/sh\n[ "$1" = prereqs ] && exit 0\nexit 1\n'))),
    "a script of the initramfs waits for a while": early(
        of_initramfs_tools(own_script(b"#!/bin/sh\nn=0\nwhile [ $n -lt 5 ]; do\n  sleep 1\n  n=$((n+1))\ndone\nexit 0\n"))
    ),
    "the initramfs has settings of its own": early(of_initramfs_tools(with_file("conf/conf.d/own", b"RESUME=none\nKEYMAP=y\ninit=/sbin/none\n"))),
    "sshd's port has a name": sshd("Port ssh\nRekeyLimit 16 1h\nFingerprintHash md5\nPubkeyAuthOptions touch-required verify-required"),
    "another useradd may not be run": written("/usr/local/sbin/useradd", "#!/bin/sh\nexit 1\n", 0o644),
    "another useradd calls the system's": written("/usr/local/sbin/useradd", '#!/bin/sh\nexec /usr/sbin/useradd "$@"\n', 0o755),
    "new users get a configuration of ssh": written("/etc/skel/.ssh/config", "Host *\n", 0o600),
    "the skeleton of homes is a file": lambda layer: (layer.remove("/etc/skel"), layer.write("/etc/skel", "")),
    "a library to preload is a text": both(written("/etc/ld.so.preload", "/opt/own.so\n"), written("/opt/own.so", "a text\n", 0o755)),
    "a library to preload is whole": lambda layer: layer.write("/etc/ld.so.preload", f"{_LIBRARIES}/libz.so.1\n"),
    "sudo looks for its plugins where they are": written("/etc/sudo.conf", "Path plugin_dir /usr/libexec/sudo/\nPlugin sudoers_policy sudoers.so\n"),
}
