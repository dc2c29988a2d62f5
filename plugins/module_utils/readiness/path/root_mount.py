# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root as systemd mounts it again: it may be written, runs programs, and nothing is mounted over the system's own directories.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators, programs, services, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import FALSE, Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import called_programs, mount_drivers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import old_inits
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import is_written, last, last_mode, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import kind_of
from ansible_collections.imagewright.azure.plugins.module_utils.storage import mount_refusals
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import is_bind, mount_lines
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_options import is_noexec

_FSTAB = "/etc/fstab"
#: Where the programs of the system lie.
_PROGRAMS = ("/", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib")
#: What is hidden by nothing that is empty at every boot.
_OWN = ("/", "/bin", "/boot", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var", "/var/lib")
_OWN += ("/etc/pam.d", "/etc/ssh", "/etc/systemd", "/etc/systemd/system")
#: What is hidden by nothing where something is in it.
_FILLED = ("/lib/modules", "/lib/systemd", "/usr/lib64", "/usr/lib/modules", "/usr/lib/python3", "/usr/lib/systemd", "/usr/lib/udev", "/usr/share/dbus-1")
_FILLED += ("/etc/NetworkManager", "/etc/cloud", "/etc/dbus-1", "/etc/netplan", "/etc/network", "/etc/security", "/etc/sysconfig", "/etc/systemd/network")
#: The kernel's own file systems: the option with which none may be mounted again, that which takes it back, and what it does.
_OF_THE_KERNEL = {
    "/dev": ("nodev", "dev", "no device can be opened"),
    "/proc": ("ro", "rw", "PAM cannot write whose session it is, and ends it"),
    "/run": ("ro", "rw", "no service can make its socket, or its directory there"),
    "/sys": ("ro", "rw", "udev cannot ask for the devices that were there before it"),
    "/sys/fs/cgroup": ("ro", "rw", "systemd can make no control group, and starts no service without one"),
}
#: Where it is chance whether the devices were asked for before.
_BY_LUCK = ("/sys",)
#: Of these, what is not there before a line of fstab mounts it; /usr is mounted by the initramfs.
_NEEDED = ("/etc", "/var", "/var/lib", "/opt")
_FOUND_BY_SYSTEMD = ("gpt-auto", "gpt-auto-force", "dissect", "dissect-force", "tmpfs")
_REMOUNT = "systemd-remount-fs.service"
#: What has nothing of the system: empty, or the kernel's own.
_WITHOUT_SYSTEM = ("tmpfs", "ramfs", "proc", "sysfs", "devtmpfs", "devpts", "debugfs", "tracefs", "configfs", "securityfs", "cgroup", "cgroup2", "mqueue")


@rule(
    "R70g",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The root is mounted to write",
    fault="The root stays read-only",
    why="The kernel mounts the root read-only (ro), and systemd mounts it again as its line of /etc/fstab says: without the line, with ro in it, or with an "
    "option that cannot be changed any more, nobody can write accounts, keys and logs.",
    cure="Have a line for / in /etc/fstab, without ro (`UUID=... / ext4 defaults 0 1`), or rw on the kernel's command line; have data= of ext4 in rootflags= "
    "of the command line too, or as the file system's own (`tune2fs -o journal_data_writeback`).",
    source="systemd-remount-fs.service(8); bootparam(7), ro and rw; systemd-fstab-generator(8), fstab=; Linux fs/ext4/super.c",
    choice="A mode of ext4's journal is a warning where only files can be read: its superblock may say the same.",
)
def root_is_written(context):
    """Return failed with the root's line that has ro, or what no later mount changes, or, where there is none, with each started line without rw."""
    tree = context.tree
    if not services.uses_systemd(tree):
        left = [] if any(is_written(line) for line in started_lines(context)) else old_inits.root_is_left(context)
        return failed_if(left) if left else not_applicable("the guest is not started by systemd")
    mounts = context.shared(mount_lines)
    roots = [line for line in mounts if line.mount_point == "/"]
    if any(line.mount_point.rstrip("/") == "/etc" for line in mounts):
        return passed("/etc is a file system of its own")  # as of systems whose root is read-only on purpose
    lines = started_lines(context)
    if roots:
        own = roots[-1]
        read_only = [Evidence(own.path, own.line, own.text)] if last_mode(own.options) == "ro" else []
        read_only += [place for line in lines for place in _passed_over(line)]
        kept = _kept(context, own, lines)
        severity = ERROR if read_only or any(sure for _place, sure in kept) else WARNING
        return failed_if(dict.fromkeys(read_only + [place for place, _sure in kept]), severity=severity)
    if not lines:
        return not_applicable("no boot loader that is known here starts this guest")
    # what systemd finds by the types of partitions it mounts to write
    found = [line for line in lines if not is_written(line) and last(line, "root") is not None and last(line, "root").value not in _FOUND_BY_SYSTEMD]
    return failed_if([Evidence(_FSTAB, None, "no entry for /, and no rw on the kernel's command line")] if found else [])


@rule(
    "R70h",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Programs may be run where the system's programs lie",
    fault="No program may be run where the system's programs lie",
    why="With noexec (which user and users mean, too) nothing on that file system is run any more once systemd has mounted it again.",
    cure="Take noexec from the line in /etc/fstab.",
    source="mount(8)",
)
def programs_run(context):
    """Return failed with each mount of / or /usr whose options end up as noexec."""
    return failed_if(
        Evidence(line.path, line.line, line.text)
        for line in context.shared(mount_lines)
        if (line.mount_point.rstrip("/") or "/") in _PROGRAMS and is_noexec(line.options)
    )


@rule(
    "R70i",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Nothing empty is mounted over the system's own directories",
    fault="A file system without the system's files is mounted over a directory of the system",
    why="A tmpfs or proc over /etc, /usr or /var, or a directory without their files that is bound to one, hides the accounts, "
    "programs and services that are there, at every boot.",
    cure="Remove the line of /etc/fstab, or the unit.",
    source="tmpfs(5); mount(8), bind mounts",
)
def nothing_hides_the_system(context):
    """Return failed with each tmpfs, file system of the kernel's, and bind mount of what has none of its files, over a directory of the system."""
    tree = context.tree
    return failed_if(
        Evidence(line.path, line.line, line.text)
        for line in context.shared(mount_lines)
        for place in [line.mount_point.rstrip("/") or "/"]
        if "noauto" not in line.options and (place in _OWN or place in _FILLED and tree.is_dir(place) and tree.listdir(place)) and _is_empty(tree, line)
    )


def _is_empty(tree, line):
    """Return whether a MountLine shows nothing of what it hides: it is empty, the kernel's, or a directory with hardly anything of it."""
    if line.kind in _WITHOUT_SYSTEM:
        return True
    if not is_bind(line) or not tree.has_own_root:
        return False
    if not tree.is_dir(line.device):
        # systemd makes the directory, unless another mount brings it
        others = [each.mount_point.rstrip("/") for each in tree.known(mount_lines)]
        return not tree.exists(line.device) and not any(place and line.device.startswith(place + "/") for place in others)
    shown, hidden = set(tree.listdir(line.device)), set(tree.listdir(line.mount_point))
    return not shown or len(shown & hidden) * 4 < len(hidden)


@rule(
    "R70p",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel's own file systems are mounted again as they have to be",
    fault="A file system of the kernel is mounted again with an option that ends the boot, or every session",
    why="systemd mounts /dev, /proc, /run and /sys itself, and again with the options of their lines in /etc/fstab, as hardening guides have them for "
    "/dev/shm.",
    cure="Take the option out of the line in /etc/fstab, or the line.",
    source="systemd-remount-fs.service(8); systemd src/shared/mount-setup.c, mount_point_is_api; pam_loginuid(8)",
    choice="/sys is a warning: whether udev has asked for all devices before it is read-only is chance.",
)
def of_the_kernel(context):
    """Return failed with each line of fstab for /dev with nodev, and for /proc, /run, /sys and the control groups with ro."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    found, stops = [], False
    for line in [each for each in context.shared(mount_lines) if each.path == _FSTAB]:
        option, opposite, cause = _OF_THE_KERNEL.get(line.mount_point.rstrip("/"), ("", "", ""))
        if option and [word for word in line.options if word in (option, opposite)][-1:] == [option]:
            found.append(Evidence(line.path, line.line, f"{option}: {cause}: {line.text}"))
            stops = stops or line.mount_point.rstrip("/") not in _BY_LUCK
    return failed_if(found, severity=None if stops else WARNING)


@rule(
    "R70r",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The program by which systemd mounts can run",
    fault="The program by which systemd mounts cannot run",
    why="systemd mounts with mount(8), and with it has the root written, which the kernel mounts read-only; a mount that the start waits for ends in the "
    "emergency shell.",
    cure="Install the package mount (util-linux) again.",
    source="systemd-remount-fs.service(8); systemd src/core/mount.c",
    choice="Where the kernel mounts the root to write, and the start waits for no other mount, it is a warning.",
)
def mount_runs(context):
    """Return failed with what keeps mount(8) from doing any work; an error where the start needs it."""
    tree = context.tree
    if not services.uses_systemd(tree) or not programs.is_whole_system(tree):
        return not_applicable("the guest is not started by systemd, or only some of its files are here")
    found = called_programs.useless(context, ("mount",))
    if called_programs.place(tree, "mount") is None:
        found.append(Evidence("/usr/bin/mount", None, "not there"))
    lines = started_lines(context)
    is_written_already = bool(lines) and all(map(is_written, lines))
    waits = any(line.required and line.mount_point != "/" for line in context.shared(mount_lines))
    return failed_if(found, severity=WARNING if is_written_already and not waits else ERROR)


@rule(
    "R70o",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="systemd reads /etc/fstab",
    fault="systemd does not read /etc/fstab",
    why="systemd-fstab-generator makes the mounts of /etc/fstab, and has the root mounted again to write; where it is masked, a root that the kernel "
    "mounted read-only stays so, and /var is empty.",
    cure="Remove the link of this name below /etc/systemd/system-generators, or install systemd's package again.",
    source="systemd.generator(7); systemd-fstab-generator(8)",
    choice="File systems that no boot needs, as /home, are not asked for.",
)
def fstab_is_read(context):
    """Return failed when the generator does not run, and fstab mounts a directory of the system, or the root is to be mounted again."""
    if not services.uses_systemd(context.tree) or not any(name.startswith("systemd-") for name in generators.names(context.tree)):
        return not_applicable("the generators of systemd are not in this tree")
    kept = generators.obstacle(context.tree, "systemd-fstab-generator")
    if kept is None:
        return passed()
    lost = [line for line in context.shared(mount_lines) if line.path == _FSTAB and line.mount_point.rstrip("/") in _NEEDED and "noauto" not in line.options]
    # older systemd wants it by a link of its own
    again = _REMOUNT in context.shared(Units).known(unit_reach.reached_through_services)
    read_only = [] if again else [line for line in started_lines(context) if not is_written(line)]
    return failed_if([Evidence(kept.path, None, kept.text)] if lost or read_only else [])


def _passed_over(line):
    """Return the [Evidence] of the parameter of a StartedLine by which systemd passes over /etc/fstab, and so leaves the root read-only, without rw."""
    parameter = last(line, "fstab", "systemd.fstab")
    ignored = parameter is not None and (parameter.value or "yes").lower() in FALSE
    return [parameter.place._replace(text=f"{parameter.text}: {parameter.place.text}")] if ignored and not is_written(line) else []


def _kept(context, own, lines):
    """Return [(Evidence, sure: bool)] of the options of the root's MountLine that it cannot be mounted again with, so that it stays as ro has it."""
    kind = kind_of(context, own.device) if own.kind == "auto" else own.kind
    features, found = context.tree.file_system_features("/"), []
    for line in [line for line in lines if not is_written(line) and not mount_drivers.reads_fstab(context, line)]:
        refusals = mount_refusals.of_a_later_mount(kind, own.options, mount_drivers.root_flags(line), features, mount_drivers.driver_of(context, kind))
        found += [(Evidence(own.path, own.line, f"{refusal.option}: {refusal.cause}: {own.text}"), refusal.sure) for refusal in refusals]
    return found


RULES = [root_is_written, programs_run, nothing_hides_the_system, mount_runs, of_the_kernel, fstab_is_read]
