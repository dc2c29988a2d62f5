# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root: its init can run, and its directories, free space and labels let the system come up.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import guest_labels, programs
from ansible_collections.imagewright.azure.plugins.module_utils.core.distribution import distribution
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import architecture
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
    unknown,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import ROOT

#: What an initramfs starts, in its order. Source: init of initramfs-tools; systemd's switch-root starts /sbin/init.
_INITS = ("/sbin/init", "/etc/init", "/bin/init", "/bin/sh")
#: Directories that programs of every account go through.
_FOR_ALL = ("/", "/bin", "/etc", "/lib", "/lib64", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/var", "/var/lib", "/run", "/home")
#: Directories below which systemd-tmpfiles makes others.
_ABOVE = ("/", "/etc", "/var", "/var/lib", "/var/log")
_SHELLS = ("/bin/sh", "/bin/bash")
#: The files in which everybody looks a name up.
_NAMES = ("/etc/passwd", "/etc/group")
_OTHER_SHELLS = ("/bin/bash", "/usr/bin/bash", "/bin/dash", "/usr/bin/dash", "/bin/busybox", "/usr/bin/busybox")
_LIBRARIES = ("/lib*/libc.so.6", "/lib/*-linux-gnu*/libc.so.6", "/lib*/ld-linux*.so.*", "/lib/*-linux-gnu*/ld-linux*.so.*", "/lib/*-linux-gnu*/libtinfo.so.6")
#: Directories that are made where they are not there, and in which who provisions writes.
_WRITTEN = ("/var/lib", "/etc/sudoers.d")
_FOR_A_START = ("/dev", "/etc", "/lib", "/proc", "/run", "/sys", "/usr", "/var")
#: What a first boot writes at least, keys, logs, the agent's state, and what it takes comfortably, in
#: bytes; ext4 keeps 16 MiB to itself, which count as free and are given to nobody (fs/ext4/super.c, ext4_calculate_resv_clusters)
_LEAST_FREE, _LITTLE_FREE = 32 * 1024 * 1024, 256 * 1024 * 1024
_LEAST_INODES, _LITTLE_INODES = 64, 1024
#: The policy's version in the name of its file, and what a policy begins with: a number, and the length of the text behind it.
_VERSION = re.compile(r"/policy\.(\d+)$")
_HEADER = b"\x8c\xff\x7c\xf9\x08\x00\x00\x00SE Linux"
_MOST_POLICY = 32 * 1024 * 1024  # bytes; those of distributions have two to ten MiB
#: Files that must have a label before anything can run.
_LABELLED = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/etc/passwd", "/bin/bash", "/usr/bin/bash")


@rule(
    "R68a",
    step=ROOT,
    severity=ERROR,
    title="The root's init can run",
    fault="The root's init cannot run",
    why="The initramfs hands over to /sbin/init of the root: where it, its loader or a library is missing, the kernel panics.",
    cure="Install the package of the init system (systemd-sysv, systemd) and the library again.",
    source="Linux init/main.c; ld.so(8)",
)
def init_runs(context):
    """Return failed with what keeps /sbin/init from running."""
    return _runs(context, next((path for path in _INITS[:3] if context.tree.lstat(path) is not None), _INITS[0]))


@rule(
    "R68i",
    step=ROOT,
    severity=ERROR,
    title="The root's /bin/sh can run",
    fault="The root's /bin/sh cannot run",
    why="The agent makes the host keys through it, ifupdown and dhclient bring the first card up through it, and so does every script of the system: without "
    "it the machine is not provisioned.",
    cure="Link it again to a shell that is there (`ln -s dash /bin/sh`, `ln -s bash /bin/sh`), or install its package again.",
    source="system(3); azurelinuxagent/common/utils/shellutil.py; interfaces(5)",
)
def system_shell_runs(context):
    """Return failed with what keeps /bin/sh from running, or its absence beside another shell."""
    if context.tree.lstat(_SHELLS[0]) is None and not any(context.tree.is_file(path) for path in _OTHER_SHELLS):
        return not_applicable("no shell is there at all")
    target = context.tree.resolve(_SHELLS[0])
    if posixpath.basename(target) in programs.NO_SHELLS and context.tree.is_file(target):
        return failed([Evidence(_SHELLS[0], None, f"is {target}, which is no shell")])
    return _runs(context, _SHELLS[0])


def _runs(context, path):
    """Return failed with what keeps a program of the root from running."""
    try:
        machine = context.shared(architecture)[0]
    except ImagewrightError:
        machine = None
    found = programs.obstacles(context.tree, path, machine)
    unread = [obstacle for obstacle in found if obstacle.kind == programs.UNKNOWN]
    if unread and len(unread) == len(found):
        return unknown(programs.sentence(unread[0]))
    return failed_if(Evidence(obstacle.path, None, programs.sentence(obstacle)) for obstacle in found if obstacle.kind != programs.UNKNOWN)


@rule(
    "R68d",
    step=ROOT,
    severity=ERROR,
    title="Every account can reach the system's directories, its shell and its libraries",
    fault="A directory, the shell or a library of the system is closed to all but root",
    why="Services and users have accounts of their own: with mode 0700 on /, /etc or /home, or on the shell or the C library, they find neither programs nor "
    "libraries, and no login works. Where they may not read /etc/passwd or /etc/group, users have no name, and programs end that ask for it.",
    cure="Give it mode 0755 (`chmod 755`), /etc/passwd and /etc/group 0644.",
    source="path_resolution(7)",
)
def directories_are_open(context):
    """Return failed with each directory of the system that others may not search, each shell that they may not run, and each library that they may not read.

    It is a warning where they may not read the files of accounts alone.
    """
    evidence = []
    libraries = [path for pattern in _LIBRARIES for path in context.tree.glob(pattern)]
    folders = [path for path in map(posixpath.dirname, libraries) if path not in _FOR_ALL]
    for path in (*(_FOR_ALL if context.tree.has_own_root else _FOR_ALL[1:]), *dict.fromkeys(folders)):
        status = context.tree.stat(path)
        if status is not None and stat.S_ISDIR(status.mode) and not status.mode & stat.S_IXOTH:
            evidence.append(Evidence(path, None, f"has mode {stat.S_IMODE(status.mode):04o}"))
    for path, needed in [(path, stat.S_IXOTH) for path in _SHELLS] + [(path, stat.S_IROTH) for path in libraries]:
        status = context.tree.stat(path) if context.tree.has_own_root else None
        if status is not None and stat.S_ISREG(status.mode) and not status.mode & needed:
            evidence.append(Evidence(path, None, f"has mode {stat.S_IMODE(status.mode):04o}"))
    return failed_if(evidence + _closed_names(context.tree), severity=None if evidence else WARNING)


def _closed_names(tree):
    """Return the [Evidence] of the files of accounts that others may not read: a login works, for who lets one in is root, and its user has no name."""
    found = [(path, tree.stat(path)) for path in _NAMES if tree.has_own_root and tree.is_file(path)]
    return [Evidence(path, None, f"has mode {stat.S_IMODE(status.mode):04o}") for path, status in found if not status.mode & stat.S_IROTH]


@rule(
    "R68l",
    step=ROOT,
    severity=WARNING,
    title="The system's directories are root's",
    fault="A directory of the system is not root's",
    why="systemd-tmpfiles makes nothing of root's below a directory that is somebody else's: what services expect in /run, /tmp and /var is not there. A copy "
    "gives / the owner of the directory from which it was taken.",
    cure="Give it back to root: `chown root:root` with its name.",
    source="systemd src/basic/fs-util.c, unsafe_transition",
)
def directories_are_roots(context):
    """Return failed with each directory of the system above those of tmpfiles.d that has another owner than root."""
    tree = context.tree
    if not tree.has_own_root or not tree.exists("/usr/lib/tmpfiles.d"):
        return not_applicable("there is no systemd-tmpfiles, or these files have not the guest's owners")
    owners = [(path, tree.stat(path).uid) for path in _ABOVE if tree.is_dir(path)]
    return failed_if(Evidence(path, None, f"is owned by {uid}") for path, uid in owners if uid)


@rule(
    "R68g",
    step=ROOT,
    severity=ERROR,
    title="The directories that a start mounts on are there",
    fault="A directory is not there that a start needs",
    why="The initramfs and systemd mount /proc, /sys, /dev and /run on directories of the root, which is read-only then: where one is missing, the boot ends. "
    "Below /lib, a link to /usr/lib in most guests, kmod looks for every driver. "
    "Where /var/lib or /etc/sudoers.d is a file, or a link that leads nowhere, nobody can make it, and who provisions ends there.",
    cure="Make it again: `mkdir -m 755` with its name, `ln -s usr/lib /lib`; /proc and /sys have the mode 0555.",
    source="hier(7); systemd src/shared/mount-setup.c; mkdir(2)",
)
def directories_are_there(context):
    """Return failed with each directory for a mount of the start, and /etc, /lib, /usr and /var, that is not in the guest's own root, and each that is none."""
    tree = context.tree
    blocked = [path for path in _WRITTEN if tree.lstat(path) is not None and not tree.is_dir(path)]
    if not tree.has_own_root and not blocked:
        return not_applicable("the directories for mounts are not in every tree of files")
    lacking = [path for path in _FOR_A_START if tree.has_own_root and not tree.is_dir(path)]
    return failed_if(
        [Evidence(path, None, "there is no such directory") for path in lacking]
        + [Evidence(path, None, f"leads nowhere, to {tree.readlink(path)}" if tree.is_symlink(path) else "is no directory") for path in blocked]
    )


@rule(
    "R68e",
    step=ROOT,
    severity=ERROR,
    title="The root has free space and inodes",
    fault="The root has no free space, or no free inodes",
    why="The first boot makes keys, accounts and logs before the root is grown; without room for them provisioning fails.",
    cure="Free some space: old kernels, the package manager's cache, logs; or make the disk larger and grow the file system.",
    source="Microsoft: agent-linux; cloud-init growpart",
)
def has_room(context):
    """Return failed when the file system of /, or one of /var or /etc, is full; a warning when it nearly is."""
    evidence, full, known = [], False, False
    for path in ("/", "/var"):
        free = context.tree.free(path)
        if free is None:
            continue
        known = True
        little = [f"{free.size >> 20} MiB"] if free.size < _LITTLE_FREE else []
        little += [f"{free.inodes} inodes"] if free.inodes is not None and free.inodes < _LITTLE_INODES else []
        full = full or free.size < _LEAST_FREE or free.inodes is not None and free.inodes < _LEAST_INODES
        evidence += [Evidence(path, None, f"has {' and '.join(little)} free")] if little else []
    if not known:
        return not_applicable("the free space of these files is not the guest's")
    return failed_if(evidence, severity=None if full else WARNING)


@rule(
    "R68f",
    step=ROOT,
    severity=ERROR,
    title="SELinux has its policy and labels",
    fault="SELinux enforces without its policy, or without labels",
    why="With SELINUX=enforcing and no policy, or one that is damaged, systemd stops the boot; files without a label may not be run or read.",
    cure="Install the policy (selinux-policy-targeted) and run `touch /.autorelabel`, or set SELINUX=permissive.",
    source="selinux(8); systemd src/core/selinux-setup.c",
)
def selinux_is_whole(context):
    """Return failed when SELinux enforces and its policy is not there, or the first files have no label and no relabel is asked for."""
    tree, path = context.tree, "/etc/selinux/config"
    settings = guest_labels.settings(tree)
    demanded = _demanded(context)
    if settings.get("SELINUX", ("",))[0] != "enforcing" and demanded is None or not _is_active(context):
        return not_applicable("SELinux does not enforce")
    kind, line = settings.get("SELINUXTYPE", ("targeted", settings.get("SELINUX", ("", None))[1]))
    policies = [policy for policy in tree.glob(f"/etc/selinux/{kind}/policy/policy.*") if tree.is_file(policy) and _VERSION.search(policy)]
    if not policies and demanded is not None:
        return failed([Evidence(demanded.path, demanded.line, f"enforcing=1: /etc/selinux/{kind}/policy has no policy; {demanded.text}")])
    if not policies:
        return failed([Evidence(path, line, f"/etc/selinux/{kind}/policy has no policy, and SELINUX=enforcing")])
    damaged = _of_policy(tree, kind, max(policies, key=lambda policy: int(_VERSION.search(policy).group(1))))
    if damaged:
        return failed(damaged)
    if tree.lstat("/.autorelabel") is not None:
        return passed("the first boot labels all files")
    labels = [(name, tree.security_label(name)) for name in _LABELLED if tree.is_file(name)]
    if any(label is None for _name, label in labels):
        return passed("with a policy; labels cannot be read here")
    return failed_if(Evidence(name, None, "has no label of SELinux, and /.autorelabel is not there") for name, label in labels if not label)


def _of_policy(tree, kind, policy):
    """Return the [Evidence] of the policy that is loaded, the one with the highest number, when it is none or cut off, or of the labels that are not there.

    Source: libselinux src/load_policy.c; Linux security/selinux/ss/policydb.c; systemd src/shared/selinux-util.c, open_label_db.
    """
    size, first = tree.stat(policy).size, tree.read_bytes(policy, len(_HEADER))
    store = f"/var/lib/selinux/{kind}/active/policy.kern"
    if first != _HEADER:
        return [Evidence(policy, None, "is empty, and is the one that is loaded" if not size else "is no policy, and is the one that is loaded")]
    whole = tree.stat(store).size if tree.is_file(store) else 0
    if size < whole <= _MOST_POLICY and tree.read_bytes(store, size) == tree.read_bytes(policy, size):
        return [Evidence(policy, None, f"is cut off: it has {size} of the {whole} bytes of {store}")]
    contexts = f"/etc/selinux/{kind}/contexts/files/file_contexts"
    if any(tree.is_file(contexts + end) for end in ("", ".bin")):
        return []
    return [Evidence(contexts, None, "is not there: systemd ends, which gets no label for any file")]


def _demanded(context):
    """Return the place of a started command line that has SELinux enforce, whatever /etc/selinux/config says, None without one."""
    return next(
        (line.place for line in context.shared(command_lines) if line.kind == "normal" and kernel_cmdline.values(line.text, "enforcing")[-1:] == ["1"]), None
    )


def _is_active(context):
    """Return whether the kernel starts with SELinux: by default on Red Hat's and its relatives, elsewhere when the command line says so."""
    lines = [line.text for line in context.shared(command_lines) if line.kind == "normal"]
    if lines and all("0" in kernel_cmdline.values(line, "selinux")[-1:] or "0" in kernel_cmdline.values(line, "enforcing")[-1:] for line in lines):
        return False
    if distribution(context.tree).family in ("redhat", "suse"):
        return True
    return any(
        "1" in kernel_cmdline.values(line, "selinux")
        or "selinux" in kernel_cmdline.values(line, "security")
        or any("selinux" in (value or "") for value in kernel_cmdline.values(line, "lsm"))
        for line in lines
    )


RULES = [
    init_runs,
    system_shell_runs,
    directories_are_open,
    directories_are_roots,
    directories_are_there,
    has_room,
    selinux_is_whole,
]
