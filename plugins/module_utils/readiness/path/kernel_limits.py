# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what sysctl leaves the system's programs of memory, processes and files.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, systemd_version, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import huge_pages
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import kernel_settings, manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.endless_boot import LEAST_MEMORY, named
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

#: Percent of the memory that programs may have promised, which no boot does with less: on 2 GiB it is 200 MiB, what systemd, udev, sshd and an agent need.
_LEAST_RATIO = 10
_LEAST_COMMIT = 128 * 1024  # KiB; systemd, udev and sshd alone
#: Numbers that the kernel refuses, so that its own stays.
_LEAST_PID_MAX = 301
_LEAST_NR_OPEN = 64

#: A number that is too small to boot with. least: int, the smallest that is right; refused: int, the kernel takes nothing below it; what: str.
_Least = collections.namedtuple("_Least", "least refused what")
#: Source: Linux Documentation/admin-guide/sysctl. The kernel of a small machine has a hundred threads of its own, that of one with 16 processors three
#: hundred; a boot starts a hundred processes more, and opens a thousand files.
_LEAST = {
    "kernel.threads-max": _Least(512, 1, "threads are all that the kernel and every program may have together"),
    "kernel.pid_max": _Least(1024, _LEAST_PID_MAX, "is the highest number of a process, and 300 are kept"),
    "fs.file-max": _Least(1024, 0, "files may be open in the whole system: a boot opens more, and who is not root none then"),
    "vm.max_map_count": _Least(256, 0, "mappings are all that a process may have: one of systemd has more"),
    "fs.mount-max": _Least(64, 1, "file systems are all that may be mounted for a process; systemd mounts twenty"),
    "user.max_mnt_namespaces": _Least(16, 0, "services may have files of their own: networkd, udev and logind do"),
    "fs.epoll.max_user_watches": _Least(64, 0, "files are all that root's programs may wait for together"),
}
#: Names that the rules ask for.
_PAGES = ("vm.nr_hugepages", "vm.nr_hugepages_mempolicy")
_OF_MEMORY = _PAGES + ("vm.min_free_kbytes", "vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes")
#: Open files that the kernel lets a process have at most where nothing sets fs.nr_open; systemd raises it from a version on, but for Debian's.
_NR_OPEN, _RAISED_NR_OPEN = 1024 * 1024, 1073741816
_RAISING = 240
#: Services without which nobody is let in.
_SERVICES = (
    "ssh.service",
    "sshd.service",
    "walinuxagent.service",
    "waagent.service",
    "cloud-init-local.service",
    "cloud-init.service",
    "cloud-init-main.service",
    "cloud-init-network.service",
    "cloud-config.service",
    "cloud-final.service",
)


@rule(
    "R73a",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel's settings leave the programs memory",
    fault="A setting of the kernel leaves the programs no memory",
    why="Huge pages and reserves are taken from the memory before any program has some; with vm.overcommit_memory=2 none is promised beyond the limit: "
    "systemd, sshd and the agent are killed, or do not start.",
    cure="Remove the line (or sysctl.NAME= of the command line), or set it on the machine, by its size.",
    source="Linux Documentation/admin-guide/sysctl/vm.rst; Documentation/mm/overcommit-accounting.rst",
    choice="Huge pages and reserves of 512 MiB and more, all that the smallest size of Azure has, for an image does not know the size of its machines.",
)
def memory_is_left(context):
    """Return failed with the last line that sets so many huge pages, such a reserve, or so low a limit of what is promised."""
    found = kernel_settings.settings(context, _OF_MEMORY)
    bad = []
    size = max([huge_pages.default_size(named(line)) for line in started_lines(context)] or [huge_pages.DEFAULT_SIZE])
    for name in _PAGES:
        taken = (kernel_settings.number(found.get(name)) or 0) * size
        if taken >= LEAST_MEMORY:
            bad.append(_shown(name, found[name], f"{taken >> 20} MiB are taken for huge pages"))
    reserve = kernel_settings.number(found.get("vm.min_free_kbytes"))
    if reserve is not None and reserve * 1024 >= LEAST_MEMORY:
        bad.append(_shown("vm.min_free_kbytes", found["vm.min_free_kbytes"], f"{reserve >> 10} MiB are kept free"))
    return failed_if(bad + _promised(found))


def _promised(found):
    """Return the [Evidence] of the limit of promised memory; of vm.overcommit_ratio and vm.overcommit_kbytes, the one counts that is written last."""
    if kernel_settings.number(found.get("vm.overcommit_memory")) != 2:
        return []
    limits = [name for name in found if name in ("vm.overcommit_ratio", "vm.overcommit_kbytes") and kernel_settings.number(found[name]) is not None]
    if not limits:
        return []
    name = limits[-1]
    value = kernel_settings.number(found[name])
    if name == "vm.overcommit_kbytes" and value < _LEAST_COMMIT:
        return [_shown(name, found[name], f"with vm.overcommit_memory=2 programs get {value >> 10} MiB in all")]
    if name == "vm.overcommit_ratio" and value < _LEAST_RATIO:
        return [_shown(name, found[name], f"with vm.overcommit_memory=2 programs get {value} percent of the memory in all")]
    return []


@rule(
    "R73b",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel's settings leave the boot its processes and files",
    fault="A setting of the kernel leaves the boot too few processes or files",
    why="Beyond these numbers no process, thread, mapping or file is given out any more, to root neither: services fail, and nobody logs in.",
    cure="Remove the line (or sysctl.NAME= of the command line), or set a number as the kernel's own.",
    source="Linux Documentation/admin-guide/sysctl/kernel.rst, fs.rst and vm.rst; setrlimit(2), EPERM of RLIMIT_NOFILE",
    choice="fs.nr_open has to be as high as the limit that systemd gives its services (DefaultLimitNOFILE=, from 240 on 524288): a limit above it is "
    "refused, and the service with it.",
)
def counts_are_left(context):
    """Return failed with the last line of each setting that is too small to boot with."""
    found = kernel_settings.settings(context, tuple(_LEAST) + ("fs.nr_open",))
    bad = []
    for name, setting in found.items():
        least, value = _LEAST.get(name), kernel_settings.number(setting)
        if least is not None and value is not None and least.refused <= value < least.least:
            bad.append(_shown(name, setting, f"{value} {least.what}"))
    return failed_if(bad + _open_files(context, found))


def _open_files(context, found):
    """Return the [Evidence] of fs.nr_open below the limit of open files that systemd sets for each service, or that one of those needed here has."""
    value = kernel_settings.number(found.get("fs.nr_open"))
    if value is None or value < _LEAST_NR_OPEN or not services.uses_systemd(context.tree):
        return []
    is_new = (context.shared(systemd_version.version) or 0) >= 240
    own = unit_files.last(manager_settings.settings(context), "Manager", "DefaultLimitNOFILE")
    usual = own.value if own is not None else "1024:524288" if is_new else "1024"
    if _is_refused(context, usual, value):
        return [_shown("fs.nr_open", found["fs.nr_open"], f"systemd cannot set its services' limit of {usual.rpartition(':')[2]} open files, and starts none")]
    known = context.shared(unit_files.Units)
    limits = [
        unit_files.last(known.settings(unit), "Service", "LimitNOFILE")
        for name in _SERVICES
        for unit in [known.find(name)]
        if unit.state == unit_files.THERE and services.state(context.tree, [name]) == services.ENABLED
    ]
    return [
        Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: the kernel allows {value} (fs.nr_open), and the service does not start")
        for setting in limits
        if is_new and setting is not None and _is_refused(context, setting.value, value)
    ]


def _is_refused(context, text, most):
    """Return whether systemd cannot set a limit (str, ``1024:524288``) where fs.nr_open was lowered to most (int) when systemd ran already.

    What is refused it sets to its own limit, which is as high as fs.nr_open was: that fails too, unless it is the one that the process has anyway.
    Source: src/basic/rlimit-util.c, setrlimit_closest; src/core/main.c, bump_rlimit_nofile.
    """
    soft, _colon, hard = text.partition(":")
    numbers = [int(word) if word.isdigit() else None for word in (soft.strip(), (hard or soft).strip())]
    first = usual_most_open(context)
    if numbers[1] is not None and numbers[1] <= most:
        return False
    return not all(number is None or number >= first for number in numbers) and (numbers[1] is not None or (hard or soft).strip() == "infinity")


def usual_most_open(context):
    """Return the open files (int) that a process may have at most where nothing sets fs.nr_open."""
    is_old = (context.shared(systemd_version.version) or _RAISING) < _RAISING
    return _NR_OPEN if is_old or context.tree.is_file("/var/lib/dpkg/status") else _RAISED_NR_OPEN


def _shown(name, setting, text):
    return Evidence(setting.path, setting.line, f"{name} = {setting.value}: {text}")


RULES = [memory_is_left, counts_are_left]
