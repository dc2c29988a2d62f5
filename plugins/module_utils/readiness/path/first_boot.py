# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: systemd's questions at a first boot, which nobody answers on Azure.

Source: systemd-firstboot(1), machine-id(5), "First Boot Semantics"; src/firstboot/firstboot.c of systemd 252 to 257. Tried with systemd-firstboot 252:
it waits for two languages or no time zone, and asks nothing with one language, nor for the password of a root that shadow has.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files, unit_reach, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import starting_parameters
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

_MACHINE_ID = "/etc/machine-id"
_UNIT = "systemd-firstboot.service"
_LOCALES = "/usr/lib/locale"
_KEYMAPS = ("/usr/share/keymaps", "/usr/share/kbd/keymaps", "/usr/lib/kbd/keymaps")


@rule(
    "R69k",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="systemd asks nothing at the first boot",
    fault="systemd asks at the console, and the first boot waits for an answer",
    why="Without a machine-id a boot is the first one, and systemd-firstboot asks at the console for what is not set: nothing goes on until somebody there "
    "presses a key.",
    cure="Empty /etc/machine-id instead of removing it (`truncate -s 0 /etc/machine-id`); or write what is asked for (`systemd-firstboot --timezone=UTC "
    "--locale=C.UTF-8`), or `systemctl mask systemd-firstboot`.",
    source="systemd-firstboot(1); machine-id(5), First Boot Semantics",
)
def asks_nothing(context):
    """Return failed with each question that systemd-firstboot asks when the guest is started next."""
    tree, known = context.tree, context.shared(Units)
    text = tree.read_bytes(_MACHINE_ID, 64).decode("ascii", "replace").strip() if tree.is_file(_MACHINE_ID) else None
    told = [parameter for parameter in starting_parameters(context, "systemd.condition_first_boot") if (parameter.value or "yes").lower() in unit_files.TRUE]
    if text not in (None, "uninitialized") and not told:
        return not_applicable("there is a machine-id, or an empty one: no boot is the first")
    unit, line = known.find(_UNIT), " ".join(parameter.text for parameter in starting_parameters(context)) or None
    if unit.state != unit_files.THERE or _UNIT not in known.known(unit_reach.reached_through_services):
        return passed("nothing starts systemd-firstboot")
    if any(_is_off(parameter) for parameter in starting_parameters(context)) or units.can_start(known, _UNIT, line).state in (units.SKIPPED, units.FAILS):
        return passed("systemd-firstboot does not run")
    return failed_if(
        Evidence(
            setting.path,
            setting.line,
            f"{setting.key}={setting.value}: it asks for {what}, for {told[0].text if told else f'{_MACHINE_ID} is ' + (text or 'not there')}",
        )
        for setting in unit_files.listed(known.settings(unit), "Service", "ExecStart")
        for what in _asked(tree, setting.value.split()[1:])
    )


def _is_off(parameter):
    return parameter.name in ("systemd.firstboot", "systemd.condition_first_boot") and (parameter.value or "").lower() in unit_files.FALSE


def _asked(tree, words):
    """Return what is asked for ([str]) with the words of the command; what cannot be told for certain is left out."""
    wanted = {word.replace("--prompt-", "") for word in words if word.startswith("--prompt-")}
    everything = "--prompt" in words
    found = []
    if (everything or "timezone" in wanted) and tree.lstat("/etc/localtime") is None:
        found.append("the time zone (/etc/localtime is not there)")
    if (everything or "locale" in wanted) and not tree.exists("/etc/locale.conf") and len(_locales(tree)) > 1:
        found.append("the language (/etc/locale.conf is not there)")
    if (everything or "keymap" in wanted) and tree.lstat("/etc/vconsole.conf") is None and any(tree.glob(f"{folder}/*") for folder in _KEYMAPS):
        found.append("the keyboard (/etc/vconsole.conf is not there)")
    return found


def _locales(tree):
    """Return the names ({str}) of languages with UTF-8 that the guest has; an archive of them counts as one, which is none of the others."""
    found = {posixpath.basename(path) for path in tree.glob(_LOCALES + "/*") if tree.is_dir(path)}
    archive = {_LOCALES + "/locale-archive"} if tree.is_file(_LOCALES + "/locale-archive") else set()
    return {name for name in found if re.search(r"\.utf-?8", name, re.IGNORECASE)} | archive


RULES = [asks_nothing]
