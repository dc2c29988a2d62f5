# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons beside the agent: Hyper-V's, and the clock.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.chrony import chrony_conf
from ansible_collections.imagewright.azure.plugins.module_utils.chrony.invocation import invocation
from ansible_collections.imagewright.azure.plugins.module_utils.core import services
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels, patches
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import NOTE, WARNING, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER, SYSTEM_MANAGER

_KVP = ("hv-kvp-daemon", "hypervkvpd", "hv_kvp_daemon", "hyperv-daemons.hv-kvp-daemon.service")
_STARTED_BY_UDEV = re.compile(r"^[^#]*kvp.*SYSTEMD_WANTS", re.IGNORECASE)
_OTHER_CLOCKS = ("systemd-timesyncd", "ntpd", "ntp", "ntpsec", "openntpd")
_PTP_RULE = re.compile(r'hyperv.*SYMLINK\s*\+=\s*"ptp_hyperv"')


@rule(
    "R54",
    step=PROVISIONER,
    severity=NOTE,
    fixed_by="guest_kernel",
    title="The Hyper-V daemons are there",
    fault="The Hyper-V daemons are not there",
    why="hv_kvp_daemon passes the guest's address and state to the host, and lets cloud-init report its progress.",
    cure="Install hyperv-daemons (Ubuntu: linux-cloud-tools-virtual; SUSE: hyper-v) with the role guest_kernel.",
    source="Microsoft: create-upload-generic",
)
def hyperv_daemons(context):
    """Return passed when the key-value daemon is enabled, or udev starts it."""
    if services.state(context.tree, _KVP) == services.ENABLED:
        return passed()
    rules = [path for folder in ("/etc", "/usr/lib", "/lib") for path in context.tree.glob(folder + "/udev/rules.d/*.rules")]
    started = context.find(rules, _STARTED_BY_UDEV.search)
    if started and services.state(context.tree, _KVP) == services.DISABLED:
        return passed("udev starts it when the device is there", started)
    return failed([Evidence("/usr/lib/systemd/system", None, "no enabled service of " + ", ".join(_KVP[:3]))])


def _chrony(tree):
    """Return (path of chrony.conf or None, [chrony_conf.ChronyLine] that chronyd reads)."""
    path = chrony_conf.find_path(tree)
    return path, chrony_conf.lines(tree, path) if path else []


def _places(lines):
    return [Evidence(line.path, line.line, line.text) for line in lines]


@rule(
    "R55a",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    fixed_by="guest_time",
    title="chrony follows the host's clock",
    fault="chrony does not follow the host's clock",
    why="The Hyper-V host gives its time as a PTP clock; without it the guest drifts, or follows the network's time only.",
    cure="Run the role guest_time: refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2.",
    source="Microsoft: time-sync",
    choice="Some guides name /dev/ptp0, which may be a Mellanox card: /dev/ptp_hyperv is always the host.",
)
def host_clock(context):
    """Return failed when chrony is missing, has no clock of the host, or a clock beside it that may be absent."""
    path, lines = context.shared(_chrony)
    started = context.shared(invocation)
    versions = [kernel.version for kernel in context.shared(kernels.installed_kernels)]
    old = bool(versions) and not any(patches.has_host_clock(version) for version in versions)
    if old and not any(chrony_conf.is_ptp_clock(line.words) for line in lines):
        return not_applicable("no kernel here has the host's clock, which came with Linux 4.11 and with Red Hat's 3.10.0-693")
    if not path and started.path:
        named = f"-f {started.file}, which no file of the image is" if started.file else "directives of its own, and it reads no file"
        return failed([Evidence(started.path, started.line, f"chronyd is started with {named}")])
    if not path:
        return failed([Evidence("/etc/chrony.conf", None, "chrony is not installed")])
    clocks = [line for line in lines if chrony_conf.is_ptp_clock(line.words)]
    others = [line for line in clocks if chrony_conf.device(line.words) != chrony_conf.DEVICE]
    if others:
        return failed(
            _places(others),
            "chronyd ends with an error where one of its clocks is missing, and another card may be /dev/ptp0: accelerated networking makes one too.",
        )
    if not clocks:
        return failed([Evidence(path, None, "no line 'refclock PHC /dev/ptp_hyperv'")])
    return passed(evidence=_places(clocks))


@rule(
    "R55b",
    step=SYSTEM_MANAGER,
    severity=NOTE,
    fixed_by="guest_time",
    title="chrony may step the clock at any time",
    fault="chrony may not step the clock later on",
    why="A machine that was paused or moved comes back seconds late: slewing takes hours, and certificates and tokens fail meanwhile.",
    cure="Run the role guest_time: makestep 1.0 -1.",
    source="Microsoft: time-sync",
)
def clock_steps(context):
    """Return failed with the last makestep line when it limits how often the clock is stepped."""
    path, lines = context.shared(_chrony)
    if not path:
        return not_applicable("chrony is not installed")
    steps = [line for line in lines if chrony_conf.kind(line.words) == ("makestep",)]
    if steps and steps[-1].words[-1] == "-1":
        return passed(evidence=_places(steps[-1:]))
    return failed(_places(steps[-1:]) or [Evidence(path, None, "no line 'makestep 1.0 -1'")])


@rule(
    "R55c",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    fixed_by="guest_time",
    title="Exactly one service keeps the time",
    fault="No service keeps the time, or several do",
    why="Without one the clock drifts; two of them pull at it from both sides.",
    cure="Run the role guest_time: chrony on, the others off.",
    source="Microsoft: time-sync",
)
def one_clock(context):
    """Return failed when no service that keeps the time is enabled, or with each when several are."""
    enabled = [name for name, state in services.states(context.tree, chrony_conf.SERVICES + _OTHER_CLOCKS).items() if state == services.ENABLED]
    distinct = sorted({"chrony" if name in chrony_conf.SERVICES else name for name in enabled})
    if not distinct:
        return failed([Evidence("/etc/systemd/system", None, "no service that keeps the time is enabled")])
    return failed_if(Evidence("/etc/systemd/system", None, f"{name} is enabled") for name in distinct if len(distinct) > 1)


@rule(
    "R55d",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    fixed_by="guest_time",
    title="The host's clock has a name that does not change",
    fault="The host's clock has no name that stays the same",
    why="Without a udev rule there is no /dev/ptp_hyperv, and chrony does not start.",
    cure="Run the role guest_time, which adds the rule where systemd has none.",
    source="Microsoft: time-sync",
)
def ptp_name(context):
    """Return failed when chrony uses the host's clock and no udev rule names it."""
    tree = context.tree
    if not any(chrony_conf.is_ptp_clock(line.words) for line in context.shared(_chrony)[1]):
        return not_applicable("chrony does not use the host's clock")
    rules = [path for folder in ("/etc", "/usr/lib", "/lib") for path in tree.glob(folder + "/udev/rules.d/*.rules")]
    if any(_PTP_RULE.search(tree.read_text(path)) for path in rules if "ptp" in path or "udev-default" in path or "azure" in path):
        return passed()
    return failed([Evidence("/etc/udev/rules.d/99-ptp_hyperv.rules", None, "no rule names the host's clock ptp_hyperv")])


RULES = [hyperv_daemons, host_clock, clock_steps, one_clock, ptp_name]
