# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what sysctl leaves the network, and the programs that the kernel starts itself.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers, kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import kernel_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

#: Hops that no way through the Internet does with.
_LEAST_HOPS = 16
#: Pages of memory that all connections need together; a machine has ten thousand.
_LEAST_PAGES = 256
#: Bytes of a connection's buffer. Source: SOCK_MIN_RCVBUF of Linux.
_LEAST_BUFFER = 2304
#: Ports of connections that an agent has at once, or has just closed.
_LEAST_PORTS = 16
#: Neighbours that a card and the loopback have.
_LEAST_NEIGHBOURS = 8
#: Queues that carry nothing. Source: sch_blackhole.c of Linux.
_SWALLOWING = ("blackhole",)
_BUFFERS = ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")
#: What connections_come_about asks for.
_NAMES = _BUFFERS + (
    "net.ipv4.ip_default_ttl",
    "net.ipv4.tcp_mem",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv4.tcp_syncookies",
    "net.core.default_qdisc",
    "net.core.somaxconn",
)
#: What the kernel starts where nothing else is named. Source: CONFIG_MODPROBE_PATH.
_MODPROBE = "/sbin/modprobe"


@rule(
    "R73h",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel's settings leave the network what a connection needs",
    fault="A setting of the kernel lets no connection come about",
    why="Packets that die on the way, connections without memory or ports, and a queue that swallows all: the machine has an address, and nobody reaches it, "
    "nor it Azure's platform.",
    cure="Remove the line from sysctl.d, or sysctl.NAME= from the command line.",
    source="Linux Documentation/networking/ip-sysctl.rst; Documentation/admin-guide/sysctl/net.rst; net/ipv4/tcp_input.c, tcp_conn_request",
    choice="net.core.somaxconn=0 lets one connection wait as long as SYN cookies are sent, and none without them.",
)
def connections_come_about(context):
    """Return failed with the last line of each setting of the network with which no connection comes about."""
    found = kernel_settings.settings(context, _NAMES)
    return failed_if(Evidence(found[name].path, found[name].line, f"{name} = {found[name].value}: {harm}") for name, harm in _harms(found))


def _harms(found):
    """Return [(name, what it does)] of the settings ({name: KernelSetting})."""
    harms = []
    hops = kernel_settings.number(found.get("net.ipv4.ip_default_ttl"))
    if hops is not None and 0 < hops < _LEAST_HOPS:
        harms.append(("net.ipv4.ip_default_ttl", f"packets die after {hops} hops"))
    harms += _of_connections(found, kernel_settings.number)
    memory = _numbers(found.get("net.ipv4.tcp_mem"), 3)
    if memory and memory[2] < _LEAST_PAGES:
        harms.append(("net.ipv4.tcp_mem", "no connection gets memory"))
    for name in _BUFFERS:
        buffer = _numbers(found.get(name), 3)
        if buffer and 0 < buffer[1] < _LEAST_BUFFER:
            harms.append((name, "no connection gets a buffer for a packet"))
    ports = _numbers(found.get("net.ipv4.ip_local_port_range"), 2)
    if ports and 0 <= ports[1] - ports[0] < _LEAST_PORTS - 1:
        harms.append(("net.ipv4.ip_local_port_range", f"{ports[1] - ports[0] + 1} ports are all that the machine's own connections have"))
    queue = found.get("net.core.default_qdisc")
    if queue is not None and queue.value in _SWALLOWING:
        harms.append(("net.core.default_qdisc", "the card's queue swallows every packet"))
    return harms


def _of_connections(found, number):
    neighbours, waiting = number(found.get("net.ipv4.neigh.default.gc_thresh3")), number(found.get("net.core.somaxconn"))
    harms = []
    if neighbours is not None and 0 <= neighbours < _LEAST_NEIGHBOURS:
        harms.append(("net.ipv4.neigh.default.gc_thresh3", "the gateway's own address is not kept"))
    if waiting == 0 and number(found.get("net.ipv4.tcp_syncookies")) == 0:
        harms.append(("net.core.somaxconn", "no connection may wait to be taken, and no cookie stands for it"))
    return harms


def _numbers(setting, count):
    """Return the numbers ([int]) that a KernelSetting writes, [] when it is None or has not so many."""
    words = setting.value.split() if setting is not None else []
    return [int(word) for word in words] if len(words) == count and all(re.fullmatch(r"\d{1,18}", word) for word in words) else []


@rule(
    "R20d",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel can have modules loaded that it asks for",
    fault="The kernel asks a program that is not there, or does nothing, for its modules",
    why="/sbin/modprobe, or what kernel.modprobe names, loads the module of a file system when it is mounted: vfat of the EFI system partition, udf of "
    "the provisioning DVD.",
    cure="Install kmod again; remove kernel.modprobe from sysctl.d, or from the command line.",
    source="Linux Documentation/admin-guide/sysctl/kernel.rst, modprobe",
)
def kernel_can_load(context):
    """Return failed with the line that names another program than modprobe, or what keeps modprobe from running, where a kernel has vfat or udf as a module."""
    setting = kernel_settings.settings(context, ("kernel.modprobe",)).get("kernel.modprobe")
    if not context.shared(_has_modules):
        return failed_if([])
    if setting is None:
        return failed_if(_of_modprobe(context.tree))
    target = context.tree.resolve(setting.value) if setting.value.startswith("/") else ""
    loads = bool(target) and (context.tree.is_file(target) or not context.tree.has_own_root) and not re.search(r"/(false|true|nologin)$", target)
    return failed_if([] if loads else [Evidence(setting.path, setting.line, f"kernel.modprobe = {setting.value}")])


def _of_modprobe(tree):
    """Return the [Evidence] that the program cannot run which the kernel starts by itself; none where it is not there in what is no whole system."""
    if tree.lstat(_MODPROBE) is None and not programs.is_whole_system(tree):
        return []
    wrong = programs.why_not(tree, _MODPROBE)
    return [Evidence(_MODPROBE, None, wrong)] if wrong else []


def _has_modules(tree):
    """Return whether a kernel has one of the file systems as a module, and not built in."""
    return any(
        {"vfat", "udf"} & set(drivers.available(tree, kernel.version)) - drivers.built_in(tree, kernel.version)
        for kernel in kernels.installed_kernels(tree)
        if kernel.has_modules
    )


RULES = [connections_come_about, kernel_can_load]
