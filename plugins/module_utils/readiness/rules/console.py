# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The serial console: Azure shows a machine that does not come up by nothing else.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services, shell_variables, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.machine import is_arm
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import command_lines, having, none_lacks
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    failed,
    failed_if,
    not_applicable,
    passed,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import COMMAND_LINE, LOADER, SYSTEM_MANAGER

_FIX = "guest_boot; grub_cmdline"
_CURE = "Run the role guest_boot (grub_cmdline), which changes every place that feeds a boot."


def _serial(context):
    return "ttyAMA0" if context.shared(is_arm) else "ttyS0"


def _has_value(text, name, beginning):
    return any((value or "") == beginning or (value or "").startswith(beginning + ",") for value in kernel_cmdline.values(text, name))


@rule(
    "R27a",
    step=COMMAND_LINE,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by=_FIX,
    title="The kernel talks to the serial console",
    fault="The kernel does not talk to the serial console",
    why="The serial console is the only screen of a virtual machine that does not boot; the certification asks for console=ttyS0.",
    cure=_CURE,
    source="Microsoft: create-upload-generic; certification test 40",
    choice="Eleven spellings are in print. We set console=tty1 console=ttyS0,115200n8 earlyprintk=ttyS0,115200 rootdelay=300, which meets all of them, and "
    "accept any speed; on ARM it is ttyAMA0.",
)
def serial_console(context):
    """Return failed with each place whose command line has no console= of the first serial port."""
    return none_lacks(context, lambda text: _has_value(text, "console", _serial(context)), f"console={_serial(context)}")


@rule(
    "R27b",
    step=COMMAND_LINE,
    severity=NOTE,
    fixed_by=_FIX,
    title="The serial console is the last one named",
    fault="The serial console is not the last one named",
    why="The last console= becomes /dev/console: init and the emergency shell talk there, and nowhere else.",
    cure=_CURE,
    source="Linux Documentation/admin-guide/serial-console",
)
def console_order(context):
    """Return failed with each command line that names a serial console and another one behind it."""
    evidence = []
    for line in context.shared(command_lines):
        consoles = [value or "" for value in kernel_cmdline.values(line.text, "console")]
        if any(value.startswith("ttyS") or value.startswith("ttyAMA") for value in consoles) and not consoles[-1].startswith(("ttyS", "ttyAMA")):
            evidence.append(line.place)
    return failed_if(evidence)


@rule(
    "R27c",
    step=COMMAND_LINE,
    severity=NOTE,
    marketplace=ERROR,
    fixed_by=_FIX,
    title="The kernel's first messages reach the serial console",
    fault="The kernel's first messages do not reach the serial console",
    why="A kernel that stops before its console is up says why only there; the certification asks for earlyprintk=ttyS0.",
    cure=_CURE,
    source="Microsoft: create-upload-generic; certification test 40",
)
def early_messages(context):
    """Return failed with each place whose command line has no early console on the serial port."""
    name, beginning = ("earlycon", "pl011") if context.shared(is_arm) else ("earlyprintk", "ttyS0")
    return none_lacks(context, lambda text: _has_value(text, name, beginning), f"{name}={beginning}")


@rule(
    "R30a",
    step=COMMAND_LINE,
    severity=WARNING,
    marketplace=WARNING,
    fixed_by=_FIX,
    title="The boot is not quiet, and crashkernel is not auto",
    fault="The boot is quiet, or crashkernel is auto",
    why="A graphical or quiet boot says nothing on the serial console; crashkernel=auto takes 128 MiB or more of small machines.",
    cure=_CURE,
    source="Microsoft: create-upload-generic",
    choice="Ubuntu's page keeps quiet splash, all others remove them: removed. An explicit crashkernel=256M stays.",
)
def quiet_boot(context):
    """Return failed with each place that brings quiet, rhgb, splash or crashkernel=auto onto a command line."""
    return failed_if(having(context, lambda parameter: parameter in ("rhgb", "quiet", "splash", "splash=silent", "crashkernel=auto")))


@rule(
    "R33",
    step=LOADER,
    severity=NOTE,
    fixed_by="guest_boot",
    title="GRUB's menu is on the serial console",
    fault="GRUB's menu is not on the serial console",
    why="Without it no other entry can be chosen when the default one does not boot.",
    cure='Run the role guest_boot: GRUB_TERMINAL="serial console".',
    source="Microsoft: redhat-create-upload-vhd; serial-console-grub",
)
def serial_menu(context):
    """Return passed when the terminal of /etc/default/grub and its drop-ins has serial among its outputs."""
    path = "/etc/default/grub"
    if not context.tree.is_file(path):
        return not_applicable("there is no /etc/default/grub")
    values = {}
    for source in [path] + context.tree.glob("/etc/default/grub.d/*.cfg"):
        values.update(shell_variables.values(context.tree.read_text(source), source))
    terminal = values.get("GRUB_TERMINAL_OUTPUT") or values.get("GRUB_TERMINAL") or ""
    if "serial" in terminal.split():
        return passed()
    lines = context.find([path], lambda text: text.startswith("GRUB_TERMINAL"))
    return failed(lines or [Evidence(path, None, "GRUB_TERMINAL is not set")])


@rule(
    "R33b",
    step=SYSTEM_MANAGER,
    severity=NOTE,
    title="There is a login on the serial console",
    fault="There is no login on the serial console",
    why="systemd offers one on the console of the kernel's command line; without it the serial console shows messages and lets nobody in.",
    cure="Run `systemctl unmask serial-getty@ttyS0.service`; where its file or its program is gone, install the package of it again.",
    source="Microsoft: serial-console-linux",
)
def serial_login(context):
    """Return failed when systemd's login on the first serial port is masked, itself or as a template, or, of a whole system, not there or cannot run."""
    known, name = context.shared(Units), f"serial-getty@{_serial(context)}.service"
    answer = units.can_start(known, name)
    is_lost = answer.state in (units.MISSING, units.FAILS) and services.uses_systemd(context.tree) and programs.is_whole_system(context.tree)
    is_masked = answer.state == units.MASKED
    return failed_if(Evidence(cause.path or name, cause.line, "masked" if is_masked else cause.text) for cause in answer.causes if is_masked or is_lost)


RULES = [serial_console, console_order, early_messages, quiet_boot, serial_menu, serial_login]
