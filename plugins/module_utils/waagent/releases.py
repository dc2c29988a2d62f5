# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each release of the agent honours: which keys say who provisions, and which settings it ignores.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.waagent.conf import parse
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import KEYS

#: Who provisions, for agents from 2.2.45 on and for those before: each ignores the keys of the other.
_PROVISIONING_KEYS = ("Provisioning.Agent",)
_OLD_PROVISIONING_KEYS = ("Provisioning.Enabled", "Provisioning.UseCloudInit")
_FIRST_WITH_PROVISIONING_AGENT = (2, 2, 45)


def provisioning_keys(version):
    """Return the keys ([str]) by which the agent of this version (str or None) knows who provisions."""
    numbers = _numbers(version)
    return _OLD_PROVISIONING_KEYS if numbers and numbers < _FIRST_WITH_PROVISIONING_AGENT else _PROVISIONING_KEYS


def provisioning_agent(values, version):
    """Return what Provisioning.Agent means to the agent (str), in lower case, None when the file does not say.

    values: {key: value}, as parse gives it; version: str or None, of the installed agent. Agents before 2.2.45 take it from
    Provisioning.Enabled and Provisioning.UseCloudInit, and provision themselves when neither is set.
    Source: azurelinuxagent/pa/provision/__init__.py of 2.2.44 and 2.2.45.
    """
    if provisioning_keys(version) == _PROVISIONING_KEYS:
        return (values.get("Provisioning.Agent") or "").lower() or None
    if (values.get("Provisioning.UseCloudInit") or "n").lower() == "y":
        return "cloud-init"
    return "disabled" if (values.get("Provisioning.Enabled") or "y").lower() == "n" else "waagent"


def notes(wanted, text, version):
    """Return warnings ([str]): settings that this agent ignores, or that have no effect as the file now stands.

    wanted: {key: value}, as set_values takes it.
    text: str, the file after the change.
    version: str or None, of the installed agent.
    """
    found = []
    for name in [name for name in wanted if name in KEYS]:
        if name in _PROVISIONING_KEYS + _OLD_PROVISIONING_KEYS and set(_PROVISIONING_KEYS + _OLD_PROVISIONING_KEYS) <= set(wanted):
            # every agent finds its own
            continue
        key = KEYS[name]
        # what is not set has no effect anyway
        reason = _ignored(key, version) if wanted[name] is not None else None
        if reason:
            found.append(f"{name}: {reason}" + (f"; {key.note}" if key.note else ""))
        elif name == "Extensions.WaitForCloudInitTimeout":
            found.append(f"{name}: {key.note}")
    values = parse(text)
    if "ResourceDisk.EnableSwap" in wanted and (values.get("ResourceDisk.EnableSwap") or "").lower() == "y":
        if (values.get("ResourceDisk.Format") or "n").lower() != "y":
            found.append("ResourceDisk.EnableSwap=y has no effect: the agent makes swap only with ResourceDisk.Format=y")
        elif not re.match(r"0*[1-9]", values.get("ResourceDisk.SwapSizeMB") or ""):
            found.append("ResourceDisk.EnableSwap=y has no effect: the agent makes swap only with ResourceDisk.SwapSizeMB above 0")
    return found


def _ignored(key, version):
    """Return why the agent of this version ignores the key (str), or None when it reads it or that is not known."""
    numbers = _numbers(version)
    if not numbers:
        return f"agents later than {_dotted(key.until)} ignore it" if key.until else None
    if key.until and numbers[: len(key.until)] > key.until:
        return f"the installed agent {version} ignores it, as all do after {_dotted(key.until)}"
    if key.since and numbers < key.since:
        return f"the installed agent {version} ignores it, as all do before {_dotted(key.since)}"
    return None


def _numbers(version):
    return tuple(int(part) for part in re.findall("[0-9]+", version or ""))


def _dotted(numbers):
    return ".".join(str(number) for number in numbers)
