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

#: Kinds of traces.
HOST_KEYS, AGENT, CLOUD_INIT, WRITTEN_NETWORK, LEASE, NETWORKMANAGER, SEED = (
    "host_keys",
    "agent",
    "cloud_init",
    "written_network",
    "lease",
    "networkmanager",
    "seed",
)
DBUS_ID, MACHINE_ID, CREDENTIAL_KEY, NAME_SERVERS, OLD_INITRAMFS, PASSWORDS, ANSWERS, HISTORY, ANSIBLE, LOG = (
    "dbus_id",
    "machine_id",
    "credential_key",
    "name_servers",
    "old_initramfs",
    "passwords",
    "answers",
    "history",
    "ansible",
    "log",
)
ACCOUNT_KEY, ACCOUNT_HOME, ACCOUNT_MAIL = "account_key", "account_home", "account_mail"

#: What a person is told of each.
_REASONS = {
    HOST_KEYS: "SSH host key of this machine",
    AGENT: "state of the Azure agent",
    CLOUD_INIT: "state of cloud-init",
    WRITTEN_NETWORK: "network configuration that cloud-init wrote for this machine",
    LEASE: "DHCP lease of this machine",
    NETWORKMANAGER: "state of NetworkManager",
    SEED: "random seed of this machine",
    DBUS_ID: "machine id of D-Bus",
    MACHINE_ID: "machine id",
    CREDENTIAL_KEY: "systemd's credential key of this machine",
    NAME_SERVERS: "name servers of this machine's network",
    OLD_INITRAMFS: "initramfs images that initrd_modules replaced, with what keys are in them",
    PASSWORDS: "former passwords",
    ANSWERS: "answers for an installer, with passwords",
    HISTORY: "history of commands",
    ANSIBLE: "files of the Ansible run",
    LOG: "log",
    ACCOUNT_KEY: "key of the account {}",
    ACCOUNT_HOME: "home of the account {}",
    ACCOUNT_MAIL: "mail of the account {}",
}

#: One thing to take away. action: delete (a file, or a directory with all in it) or empty (the file stays, with 0 bytes); kind: one of those above;
#: whose: str, name of an account, or "".
Trace = collections.namedtuple("Trace", "path action kind whose")
Trace.__new__.__defaults__ = ("",)

#: A registration that only another system can undo. path: str, what shows it; what: str; fix: str.
Registration = collections.namedtuple("Registration", "path what fix")

#: Host keys that are made again at the first boot.
HOST_KEY = r"/etc/ssh/ssh_host_.*key[^/]*\Z"

#: Kind and the paths (shell patterns) that are deleted.
_DELETED = (
    (HOST_KEYS, ["/etc/ssh/ssh_host_*key*"]),
    (AGENT, ["/var/lib/waagent", "/var/log/azure", "/var/log/waagent.log*"]),
    (CLOUD_INIT, ["/var/lib/cloud/*", "/var/log/cloud-init*.log*", "/run/cloud-init/*"]),
    (
        WRITTEN_NETWORK,
        [
            "/etc/netplan/50-cloud-init.yaml",
            "/etc/NetworkManager/system-connections/cloud-init-*",
            "/etc/network/interfaces.d/50-cloud-init*",
            "/etc/systemd/network/10-cloud-init-*",
        ],
    ),
    (LEASE, ["/var/lib/dhclient/*", "/var/lib/dhcpcd/*", "/var/lib/dhcp/*", "/var/lib/wicked/lease*", "/var/lib/NetworkManager/*.lease"]),
    (NETWORKMANAGER, ["/var/lib/NetworkManager/secret_key", "/var/lib/NetworkManager/seen-bssids", "/var/lib/NetworkManager/timestamps"]),
    (SEED, ["/var/lib/systemd/random-seed", "/var/lib/urandom/random-seed", "/var/lib/random-seed", "/var/lib/misc/random-seed", "/var/lib/seedrng/*"]),
    (DBUS_ID, ["/var/lib/dbus/machine-id"]),
    (CREDENTIAL_KEY, ["/var/lib/systemd/credential.secret"]),
    (OLD_INITRAMFS, ["/var/lib/imagewright/initrd-backup"]),
)

#: Copies of /etc/shadow that useradd and its like leave, passwords that may not be used again, and what installers were told.
_PASSWORDS = (
    (PASSWORDS, ["/etc/shadow-", "/etc/gshadow-", "/etc/shadow.org", "/etc/shadow.old", "/etc/shadow.*~", "/etc/gshadow.*~"]),
    (
        ANSWERS,
        [
            "/root/anaconda-ks.cfg",
            "/root/original-ks.cfg",
            "/root/initial-setup-ks.cfg",
            "/root/ks-post*.log",
            "/root/autoinst.xml",
            "/var/log/installer/autoinstall-user-data",
            "/var/log/installer/user-data",
            "/var/log/installer/cdebconf",
            "/var/lib/autoinstall/autoconf/*.xml",
            "/var/adm/autoinstall/cache/*.xml",
        ],
    ),
)
_USED_PASSWORDS = "/etc/security/opasswd"

#: In every home directory.
_IN_HOMES = (
    (
        HISTORY,
        [
            ".bash_history",
            ".zsh_history",
            ".sh_history",
            ".ash_history",
            ".ksh_history",
            ".history",
            ".zhistory",
            ".local/share/fish/fish_history",
            ".python_history",
            ".lesshst",
            ".viminfo",
            ".mysql_history",
            ".psql_history",
            ".sqlite_history",
            ".node_repl_history",
            ".wget-hsts",
            ".ssh/known_hosts",
            ".ssh/known_hosts.old",
        ],
    ),
    (ANSIBLE, [".ansible"]),
)

#: Logs go when they are asked for: rotated ones are deleted, others stay as empty files that their writers expect.
_ROTATED = (".gz", ".xz", ".bz2", ".zst", ".old", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9")


def traces(tree, homes, logs=False):
    """Return the Traces ([Trace]) of a machine, sorted by path.

    homes: [str], home directories of all accounts, ``/root`` among them.
    logs: bool, also all of /var/log.
    """
    found = [
        Trace(path, "delete", kind)
        for kind, patterns in _DELETED
        for pattern in patterns
        for path in tree.glob(pattern)
        if not _is_link_to_machine_id(tree, path)
    ]
    found += [trace for home in sorted(set(homes)) for trace in _in_home(tree, home)]
    found += _machine_id(tree) + _resolver(tree)
    if logs:
        found += _logs(tree, "/var/log")
    return without_nested(found)


def passwords(tree):
    """Return the Traces ([Trace]) with which passwords of the machine could be found out, apart from /etc/shadow."""
    found = [Trace(path, "delete", kind) for kind, patterns in _PASSWORDS for pattern in patterns for path in tree.glob(pattern)]
    status = tree.lstat(_USED_PASSWORDS)
    # PAM wants the file to be there
    if status is not None and stat.S_ISREG(status.mode) and status.size:
        found.append(Trace(_USED_PASSWORDS, "empty", PASSWORDS))
    return sorted(found)


def reason(trace):
    """Return what a Trace is (str), for a person."""
    return _REASONS[trace.kind].format(trace.whose)


def as_dict(trace):
    """Return a Trace as the dict of the module's result."""
    return {"path": trace.path, "action": trace.action, "reason": reason(trace)}


#: Shell patterns of what shows a registration, what it is, and what undoes it.
_REGISTRATIONS = (
    (("/etc/pki/consumer/*.pem", "/etc/sysconfig/rhn/systemid"), "registered with Red Hat", "run `subscription-manager unregister`"),
    (("/etc/SUSEConnect", "/etc/zypp/credentials.d/SCC*"), "registered with SUSE", "run `SUSEConnect --de-register`"),
    (("/etc/krb5.keytab", "/var/lib/sss/secrets/*"), "a member of a domain", "leave it"),
)


def registrations(tree):
    """Return the [Registration] of a guest, one for each system that knows it."""
    found = [([path for pattern in patterns for path in tree.glob(pattern)], what, fix) for patterns, what, fix in _REGISTRATIONS]
    return [Registration(paths[0], what, fix) for paths, what, fix in found if paths]


def warnings(tree):
    """Return what the person has to do ([str]), because only another system can undo it."""
    return [f"the guest is {found.what} ({found.path}); {found.fix} before the image is made" for found in registrations(tree)]


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
    return [Trace("/etc/machine-id", "empty", MACHINE_ID)]


def _resolver(tree):
    """Return the Trace that deletes /etc/resolv.conf; a link to what systemd-resolved or NetworkManager writes stays."""
    status = tree.lstat("/etc/resolv.conf")
    if status is None or not stat.S_ISREG(status.mode):
        return []
    return [Trace("/etc/resolv.conf", "delete", NAME_SERVERS)]


def _in_home(tree, home):
    """Return the Traces in a home: files and links, never what a link on the way leads to, for the user may have made it."""
    found = []
    for kind, names in _IN_HOMES:
        for path in [posixpath.join(home, name) for name in names]:
            status = tree.lstat(path)
            between = path[len(home) :].split("/")[1:-1]
            if status is None or stat.S_ISDIR(status.mode) and kind != ANSIBLE:
                continue
            if not any(tree.is_symlink(posixpath.join(home, *between[:count])) for count in range(1, len(between) + 1)):
                found.append(Trace(path, "delete", kind))
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
                    found += [Trace(f"{path}/{child}", "delete", LOG) for child in tree.listdir(path)]
                else:
                    pending.append(path)
            elif stat.S_ISREG(status.mode) and name.endswith(_ROTATED):
                found.append(Trace(path, "delete", LOG))
            elif stat.S_ISREG(status.mode) and status.size:
                found.append(Trace(path, "empty", LOG))
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
