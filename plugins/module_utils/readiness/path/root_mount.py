# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root as systemd mounts it again: it may be written, runs programs, and nothing is mounted over the system's own directories.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import FALSE
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_options import is_noexec

_FSTAB = "/etc/fstab"
#: Where the programs of the system lie.
_PROGRAMS = ("/", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib")
#: What is hidden by nothing that is empty at every boot.
_OWN = ("/", "/bin", "/boot", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var", "/var/lib")
_OWN += ("/etc/pam.d", "/etc/ssh", "/etc/systemd", "/etc/systemd/system")
_FOUND_BY_SYSTEMD = ("gpt-auto", "gpt-auto-force", "dissect", "dissect-force", "tmpfs")
_EMPTY = ("tmpfs", "ramfs")


@rule(
    "R70g",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The root is mounted to write",
    fault="The root stays read-only",
    why="The kernel mounts the root read-only (ro), and systemd mounts it again as its line of /etc/fstab says: without the line, or with ro in it, nobody "
    "can write accounts, keys and logs.",
    cure="Have a line for / in /etc/fstab, without ro (`UUID=... / ext4 defaults 0 1`), or rw on the kernel's command line.",
    source="systemd-remount-fs.service(8); bootparam(7), ro and rw; systemd-fstab-generator(8), fstab=",
)
def root_is_written(context):
    """Return failed with the root's line that has ro, or, where there is none, with each started line that does not have rw."""
    tree = context.tree
    if not services.uses_systemd(tree):
        return not_applicable("the guest is not started by systemd")
    mounts = context.shared(mount_lines)
    roots = [line for line in mounts if line.mount_point == "/"]
    if any(line.mount_point.rstrip("/") == "/etc" for line in mounts):
        return passed("/etc is a file system of its own")  # as of systems whose root is read-only on purpose
    lines = started_lines(context)
    if roots:
        own = roots[-1]
        read_only = [Evidence(own.path, own.line, own.text)] if _last_mode(own.options) == "ro" else []
        return failed_if(read_only + [place for line in lines for place in _passed_over(line)])
    if not lines:
        return not_applicable("no boot loader that is known here starts this guest")
    # what systemd finds by the types of partitions it mounts to write
    found = [line for line in lines if not _is_written(line) and last(line, "root") is not None and last(line, "root").value not in _FOUND_BY_SYSTEMD]
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
    fault="An empty file system is mounted over a directory of the system",
    why="A tmpfs over /etc, /usr or /var hides the accounts, programs and services that are there, at every boot.",
    cure="Remove the line of /etc/fstab, or the unit.",
    source="tmpfs(5)",
)
def nothing_hides_the_system(context):
    """Return failed with each tmpfs over a directory of the system."""
    return failed_if(
        Evidence(line.path, line.line, line.text)
        for line in context.shared(mount_lines)
        if line.kind in _EMPTY and (line.mount_point.rstrip("/") or "/") in _OWN and "noauto" not in line.options
    )


def _passed_over(line):
    """Return the [Evidence] of the parameter of a StartedLine by which systemd passes over /etc/fstab, and so leaves the root read-only, without rw."""
    parameter = last(line, "fstab", "systemd.fstab")
    ignored = parameter is not None and (parameter.value or "yes").lower() in FALSE
    return [parameter.place._replace(text=f"{parameter.text}: {parameter.place.text}")] if ignored and not _is_written(line) else []


def _is_written(line):
    return _last_mode([parameter.text for parameter in line.parameters]) == "rw"


def _last_mode(words):
    """Return the last ``ro`` or ``rw`` of some words ([str]), "" without one."""
    return next((word for word in reversed(words) if word in ("ro", "rw")), "")


RULES = [root_is_written, programs_run, nothing_hides_the_system]
