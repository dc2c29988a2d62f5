# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine leaves in its files about itself: identity, addresses, histories, the state of agents.

Pure: reads a Tree and returns what would be removed.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import stat

#: One thing to take away. action: delete (a file, or a directory with all in it) or empty (the file stays, with 0 bytes).
Trace = collections.namedtuple("Trace", "path action reason")

#: Host keys that are made anew at the first boot.
HOST_KEY = r"/etc/ssh/ssh_host_.*key[^/]*\Z"

#: Reason and the paths (shell patterns) that are deleted.
_DELETED = (
    ("SSH host key of this machine", ["/etc/ssh/ssh_host_*key*"]),
    ("state of the Azure agent", ["/var/lib/waagent", "/var/log/azure", "/var/log/waagent.log*"]),
    ("state of cloud-init", ["/var/lib/cloud/*", "/var/log/cloud-init*.log*", "/run/cloud-init/*"]),
    ("network configuration that cloud-init wrote for this machine",
     ["/etc/netplan/50-cloud-init.yaml", "/etc/NetworkManager/system-connections/cloud-init-*", "/etc/network/interfaces.d/50-cloud-init*",
      "/etc/systemd/network/10-cloud-init-*"]),
    ("DHCP lease of this machine",
     ["/var/lib/dhclient/*", "/var/lib/dhcpcd/*", "/var/lib/dhcp/*", "/var/lib/wicked/lease*", "/var/lib/NetworkManager/*.lease"]),
    ("state of NetworkManager",
     ["/var/lib/NetworkManager/secret_key", "/var/lib/NetworkManager/seen-bssids", "/var/lib/NetworkManager/timestamps"]),
    ("random seed of this machine",
     ["/var/lib/systemd/random-seed", "/var/lib/urandom/random-seed", "/var/lib/random-seed", "/var/lib/misc/random-seed", "/var/lib/seedrng/*"]),
    ("machine id of D-Bus", ["/var/lib/dbus/machine-id"]),
    ("systemd's credential key of this machine", ["/var/lib/systemd/credential.secret"]),
    ("initramfs images that initrd_modules replaced, with what keys are in them", ["/var/lib/imagewright/initrd-backup"]),
)

#: Copies of /etc/shadow that useradd and its like leave, passwords that may not be used again, and what installers were told.
_PASSWORDS = (
    ("former passwords", ["/etc/shadow-", "/etc/gshadow-", "/etc/shadow.org", "/etc/shadow.old", "/etc/shadow.*~", "/etc/gshadow.*~"]),
    ("answers for an installer, with passwords",
     ["/root/anaconda-ks.cfg", "/root/original-ks.cfg", "/root/initial-setup-ks.cfg", "/root/ks-post*.log", "/root/autoinst.xml",
      "/var/log/installer/autoinstall-user-data", "/var/log/installer/user-data", "/var/log/installer/cdebconf",
      "/var/lib/autoinstall/autoconf/*.xml", "/var/adm/autoinstall/cache/*.xml"]),
)
_USED_PASSWORDS = "/etc/security/opasswd"

_ANSIBLE = "files of the Ansible run"

#: In every home directory.
_IN_HOMES = (
    ("history of commands",
     [".bash_history", ".zsh_history", ".sh_history", ".ash_history", ".ksh_history", ".history", ".zhistory", ".local/share/fish/fish_history",
      ".python_history", ".lesshst", ".viminfo", ".mysql_history", ".psql_history", ".sqlite_history", ".node_repl_history", ".wget-hsts",
      ".ssh/known_hosts", ".ssh/known_hosts.old"]),
    (_ANSIBLE, [".ansible"]),
)

#: Logs go when they are asked for: rotated ones are deleted, others stay as empty files that their writers expect.
_ROTATED = (".gz", ".xz", ".bz2", ".zst", ".old", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9")


def traces(tree, homes, logs=False):
    """Return the Traces ([Trace]) of a machine, sorted by path.

    homes: [str], home directories of all accounts, ``/root`` among them.
    logs: bool, also all of /var/log.
    """
    found = [Trace(path, "delete", reason) for reason, patterns in _DELETED for pattern in patterns
             for path in tree.glob(pattern) if not _is_link_to_machine_id(tree, path)]
    found += [trace for home in sorted(set(homes)) for trace in _in_home(tree, home)]
    found += _machine_id(tree) + _resolver(tree)
    if logs:
        found += _logs(tree, "/var/log")
    return without_nested(found)


def passwords(tree):
    """Return the Traces ([Trace]) with which passwords of the machine could be found out, apart from /etc/shadow."""
    found = [Trace(path, "delete", reason) for reason, patterns in _PASSWORDS for pattern in patterns for path in tree.glob(pattern)]
    status = tree.lstat(_USED_PASSWORDS)
    # PAM wants the file to be there
    if status is not None and stat.S_ISREG(status.mode) and status.size:
        found.append(Trace(_USED_PASSWORDS, "empty", "former passwords"))
    return sorted(found)


def warnings(tree):
    """Return what the person has to do ([str]), because only another system can undo it."""
    found = []
    if tree.glob("/etc/pki/consumer/*.pem") or tree.exists("/etc/sysconfig/rhn/systemid"):
        found.append("the guest is registered with Red Hat (/etc/pki/consumer or /etc/sysconfig/rhn/systemid); "
                     "run `subscription-manager unregister` before the image is made")
    if tree.exists("/etc/SUSEConnect") or tree.glob("/etc/zypp/credentials.d/SCC*"):
        found.append("the guest is registered with SUSE (/etc/zypp/credentials.d); run `SUSEConnect --de-register` before the image is made")
    if tree.glob("/etc/krb5.keytab") or tree.glob("/var/lib/sss/secrets/*"):
        found.append("the guest has joined a domain (/etc/krb5.keytab); leave it before the image is made")
    return found


def _is_link_to_machine_id(tree, path):
    """Return whether the path is D-Bus' link to /etc/machine-id, which stays."""
    return path == "/var/lib/dbus/machine-id" and tree.is_symlink(path)


def _machine_id(tree):
    """Return the Trace that empties /etc/machine-id: an empty file gets a new id, without the first-boot presets of a missing one.

    Source: machine-id(5).
    """
    status = tree.lstat("/etc/machine-id")
    if status is None or not stat.S_ISREG(status.mode) or not status.size:
        return []
    return [Trace("/etc/machine-id", "empty", "machine id")]


def _resolver(tree):
    """Return the Trace that deletes /etc/resolv.conf; a link to what systemd-resolved or NetworkManager writes stays."""
    status = tree.lstat("/etc/resolv.conf")
    if status is None or not stat.S_ISREG(status.mode):
        return []
    return [Trace("/etc/resolv.conf", "delete", "name servers of this machine's network")]


def _in_home(tree, home):
    """Return the Traces in a home: files and links, never what a link on the way leads to, for the user may have made it."""
    found = []
    for reason, names in _IN_HOMES:
        for path in [posixpath.join(home, name) for name in names]:
            status = tree.lstat(path)
            between = path[len(home):].split("/")[1:-1]
            if status is None or stat.S_ISDIR(status.mode) and reason != _ANSIBLE:
                continue
            if not any(tree.is_symlink(posixpath.join(home, *between[:count])) for count in range(1, len(between) + 1)):
                found.append(Trace(path, "delete", reason))
    return found


def _logs(tree, top):
    found, pending = [], [top]
    while pending:
        folder = pending.pop()
        for name in tree.listdir(folder):
            path = f"{folder}/{name}"
            status = tree.lstat(path)
            if status is None:
                continue
            if stat.S_ISDIR(status.mode):
                if path == "/var/log/journal":
                    found += [Trace(f"{path}/{child}", "delete", "log") for child in tree.listdir(path)]
                else:
                    pending.append(path)
            elif stat.S_ISREG(status.mode) and name.endswith(_ROTATED):
                found.append(Trace(path, "delete", "log"))
            elif stat.S_ISREG(status.mode) and status.size:
                found.append(Trace(path, "empty", "log"))
    return found


def without_nested(found):
    """Return the Traces sorted, each path once, without those below a directory that goes as a whole."""
    kept, gone = {}, set()
    for trace in sorted(found, key=lambda trace: (trace.path.split("/"), trace.action)):
        parts = trace.path.split("/")
        if trace.path not in kept and not any("/".join(parts[:count]) in gone for count in range(2, len(parts))):
            kept[trace.path] = trace
            gone.update([trace.path] if trace.action == "delete" else [])
    return sorted(kept.values())
