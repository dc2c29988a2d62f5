# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: the default target, and the units that every start goes through.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files, unit_reach, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import FOLDERS, MASKED, MISSING, THERE, Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_needs, generated
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import old_inits
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_SYSTEMD = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
#: What every start of systemd goes through, whatever is installed.
_TARGETS = ("sysinit.target", "basic.target", "local-fs.target", "multi-user.target")
#: Without them no disk gets its name, or the root stays read-only.
_SERVICES = ("systemd-udevd.service", "systemd-udev-trigger.service", "systemd-remount-fs.service")
#: Of these what the links of systemd's package alone start; the other is pulled in by a generator, too.
_SHIPPED = ("systemd-udev-trigger.service", "systemd-udevd.service")
#: Every service is in one of them; systemd makes those without a file.
_SLICES = ("system.slice", "-.slice")
_UDEV_RULES = ("/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/lib/udev/rules.d", "/usr/lib/udev/rules.d")
_NEEDED_RULES = ("50-udev-default.rules", "60-persistent-storage.rules", "80-drivers.rules", "99-systemd.rules")
#: Where a default target leads to no login.
_ELSEWHERE = re.compile(r"(?:^|/)(?:(?:rescue|emergency|poweroff|halt|reboot|shutdown|kexec|sysinit|basic)\.target|null)$")


@rule(
    "R69a",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The default target leads to a login",
    fault="The default target does not lead to a login",
    why="A machine whose default target is rescue.target, masked or not there ends in a shell on the console, or nowhere; on Azure nobody sits there.",
    cure="Run `systemctl set-default multi-user.target` in the guest; of older systems, correct /etc/inittab.",
    source="systemd.special(7), default.target; inittab(5); openrc(8)",
)
def default_target(context):
    """Return failed when the default target is masked, not there, or does not pull in multi-user.target; of older systems, when init comes to no runlevel."""
    if not any(context.tree.is_file(path) for path in _SYSTEMD):
        return _default_runlevel(context)
    found = context.shared(Units)
    unit = unit_reach.default_target(found)
    made = [each for each in generated.links(context) if each.unit == unit_reach.DEFAULT and _ELSEWHERE.search(each.target)]
    if made:
        return failed([each.place for each in made])
    link = next((f"{folder}/default.target" for folder in FOLDERS if context.tree.lstat(f"{folder}/default.target") is not None), None)
    if unit.state == MASKED:
        return failed([Evidence(unit.path, None, f"{unit.name} is masked")])
    if unit.state == MISSING:
        if link is None and found.find("multi-user.target").state != THERE:
            return not_applicable("the targets of systemd are not in this tree")
        return failed([Evidence(link or "/usr/lib/systemd/system/default.target", None, f"there is no {unit.name}")])
    if "multi-user.target" not in found.known(unit_reach.reached):
        return failed([Evidence(link, None, f"default.target is {unit.name}, which does not pull in multi-user.target")])
    return passed()


def _default_runlevel(context):
    found = old_inits.without_login(context)
    return not_applicable("the guest is not started by systemd") if found is None else failed_if(found)


@rule(
    "R69b",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="What every start goes through is there and not masked",
    fault="A unit that every start needs is masked, missing or cannot start",
    why="Without udev no disk gets its name, so that no file system is mounted; without these targets, or the programs and jobs of an older init, nothing "
    "behind them starts.",
    cure="Run `systemctl unmask` with the unit's name in the guest, or install its package once more.",
    source="bootup(7); inittab(5); init(5) of Upstart",
)
def needed_units(context):
    """Return failed with each target and service of the start that is masked, missing or cannot start; of older systems, with what init starts."""
    if not any(context.tree.is_file(path) for path in _SYSTEMD):
        found = old_inits.lacking(context)
        return failed_if(found) if found else not_applicable("the guest is not started by systemd")
    found = context.shared(Units)
    whole = found.find("sysinit.target").state == THERE  # else the tree is one without systemd's own units
    evidence = []
    for name in _TARGETS + _SERVICES:
        unit = found.find(name)
        if unit.state == MISSING and not whole and unit.path is None:
            continue
        answer = units.can_start(found, name)
        if answer.state in (MASKED, MISSING, units.FAILS):
            evidence += [Evidence(cause.path, cause.line, cause.text) for cause in answer.causes]
    lost = [units.nobody_starts(found, name) for name in _SHIPPED]
    evidence += [Evidence(cause.path, cause.line, cause.text) for cause in lost if cause]
    evidence += _of_udevd(found) + _of_generators(context, found)
    masked = [unit for unit in map(found.find, _SLICES) if unit.state == MASKED]
    return failed_if(evidence + [Evidence(unit.path, None, f"{unit.name} is masked, and with it every service") for unit in masked])


def _of_generators(context, found):
    """Return the [Evidence] of generators that mask what every start goes through, a server, or who provisions."""
    needed = {name for name in context.facts(boot_needs.needed_units) if not name.startswith("cloud-") or is_by_cloud_init(context.tree)}
    masked = [each for each in generated.links(context) if each.target == "/dev/null" and each.unit in needed.union(_TARGETS, _SERVICES)]
    return [each.place for each in masked if found.find(each.unit).name == each.unit]


def _of_udevd(found):
    """Return the [Evidence] of what parts udevd from the rest: systemd hears of no device by a network of its own, and sees no name in a /dev of its own."""
    settings = found.readable_settings(found.find("systemd-udevd.service")) or []
    alone = [unit_files.last(settings, "Service", key) for key in ("PrivateNetwork", "PrivateDevices")]
    return [
        Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: systemd sees no device")
        for setting in alone
        if setting is not None and setting.value.lower() in unit_files.TRUE
    ]


@rule(
    "R69d",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="udev has its own rules",
    fault="A rule file of udev's own is gone, or masked",
    why="Without them no driver is loaded for a device that is found, no disk is known by its UUID, and systemd waits for devices that never come.",
    cure="Remove the file of this name below /etc/udev/rules.d, or install the package udev (systemd-udev) again.",
    source="udev(7); systemd rules.d",
)
def udev_rules(context):
    """Return failed with each rule file that every boot needs and that is masked, empty or in no directory of udev's."""
    tree = context.tree
    if not any(tree.is_file(path) for path in _SYSTEMD) or not (tree.has_own_root or any(tree.listdir(folder) for folder in _UDEV_RULES[1:])):
        return not_applicable("udev's own rules are not in this tree")
    evidence = []
    for name in _NEEDED_RULES:
        path = next((f"{folder}/{name}" for folder in _UDEV_RULES if tree.lstat(f"{folder}/{name}") is not None), None)
        if path is None and tree.has_own_root:
            evidence.append(Evidence(f"{_UDEV_RULES[-1]}/{name}", None, "is not there"))
        elif path is not None and (not tree.is_file(path) or not tree.stat(path).size or _is_taken_over(context, path)):
            evidence.append(Evidence(path, None, "has no rule, or is no file: udev has no rules of this name"))
    return failed_if(evidence)


def _is_taken_over(context, path):
    """Return whether a file of the administrator's, which stands for the one of udev, has comments alone."""
    return path.startswith(_UDEV_RULES[:2]) and not any(text.strip() and not text.lstrip().startswith("#") for _number, text in context.lines(path))


RULES = [default_target, needed_units, udev_rules]
