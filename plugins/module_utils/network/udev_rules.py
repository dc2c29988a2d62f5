# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""udev's rules as far as they name network cards: keys, operators and values of each line.

Source: udev(7); rules of systemd's udev and of the persistent-net generator.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import credentials, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.network.texts import text_of

#: One rule. line: int from 1, where it begins; text: str; tokens: [(key, operator, value)], e.g. ``("ATTR{address}", "==", "52:54:00:12:34:56")``.
UdevRule = collections.namedtuple("UdevRule", "line text tokens")

#: Where rules are: of two files with one name that of the first folder counts. /run is empty before the boot.
FOLDERS = ("/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")

#: What makes files of rules of credentials, before udev starts, and the names of these.
_SERVICE, _CREDENTIALS = "systemd-udev-load-credentials.service", "udev.rules."

#: Drivers of a card of VMBus and of what it hangs on.
_PARENTS = ("hv_netvsc", "hv_vmbus", "vmbus", "")

#: Keys by which a rule means network cards, or this one.
_TELLING = ("SUBSYSTEM", "KERNEL", "DRIVERS", "ENV{ID_NET_DRIVER}", "ATTR{type}")

_TOKEN = re.compile(r"""(?<![A-Za-z_])([A-Za-z_]+(?:\{[^}"]*\})?)[ \t]*(==|!=|\+=|-=|:=|=)[ \t]*[ei]?"((?:[^"\\]|\\.)*)\"""")


def files(tree):
    """Return [(path, text)] of the files of rules in the order in which udev reads them."""
    by_name = {path.rpartition("/")[2]: path for path in tree.glob(FOLDERS[0] + "/*.rules")}
    for name, path in _of_credentials(tree).items():
        by_name.setdefault(name, path)
    for folder in FOLDERS[1:]:
        for path in tree.glob(folder + "/*.rules"):
            by_name.setdefault(path.rpartition("/")[2], path)
    return [(path, text_of(tree, path)) for _name, path in sorted(by_name.items()) if tree.is_file(path)]


def _of_credentials(tree):
    """Return {name: path} of the credentials that become files of rules below /run. Source: udevadm(8), --load-credentials; tried with 257."""
    if not any(tree.glob(f"{store}/{_CREDENTIALS}*") for store in credentials.STORES):
        return {}
    known = tree.known(Units)
    handed = credentials.handed(known, _SERVICE) if _SERVICE in unit_reach.reached_through_services(known) else {}
    return {f"{name[len(_CREDENTIALS) :]}.rules": path for name, path in handed.items() if name.startswith(_CREDENTIALS)}


def rules(text):
    """Return the rules ([UdevRule]) of a file; a backslash at the end of a line continues it, a comment ends none."""
    found, begun, first = [], [], None
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        first = number if first is None else first
        if line.endswith("\\"):
            begun.append(line[:-1])
            continue
        whole, begun = "".join(begun) + line, []
        if whole.strip():
            found.append(UdevRule(first, whole.strip(), _TOKEN.findall(whole)))
        first = None
    return found


def without_line(text, number):
    """Return the text without the rule that begins in line number (int from 1)."""
    lines = text.split("\n")
    end = number
    while end < len(lines) and lines[end - 1].endswith("\\"):
        end += 1
    return "\n".join(lines[: number - 1] + lines[end:])


def name_given(rule):
    """Return the name (str) that a rule gives to what it matches, None without one."""
    return next((value for key, operator, value in rule.tokens if key == "NAME" and operator in ("=", ":=")), None)


def is_by_address(rule):
    """Return whether a rule is for a card with a MAC address."""
    return any(key in ("ATTR{address}", "ATTRS{address}", "SYSFS{address}") and operator == "==" for key, operator, value in rule.tokens)


def holds(rule, card):
    """Return whether everything that a rule asks is true of the card (first_card.Card) for certain; one that asks nothing hangs on a jump before it."""
    return is_of(
        rule,
        {
            "SUBSYSTEM": ("net",),
            "ACTION": ("add",),
            "KERNEL": (card.name,),
            "DRIVERS": _PARENTS,
            "ATTR{type}": ("1",),
            "ATTR{dev_id}": ("0x0",),
            "ATTR{dev_port}": ("0",),
            "ENV{ID_NET_DRIVER}": (card.driver,),
            "NAME": ("",),
            "SUBSYSTEMS": ("net", "vmbus"),
        },
    )


def is_of(rule, known):
    """Return whether everything that a rule asks is true of a device for certain.

    known: {key: values ([str])} of what is known of the device, and of its parents.
    """
    asks = any(operator == "==" and key in _TELLING for key, operator, value in rule.tokens)
    return asks and all(_is_true(key, operator, value, known) for key, operator, value in rule.tokens)


def _is_true(key, operator, value, known):
    """Return whether a token holds; an assignment always does, but for those that run something first."""
    if operator not in ("==", "!="):
        return key not in ("IMPORT", "PROGRAM", "GOTO")
    if key not in known:
        return False
    fits = any(fnmatch.fnmatchcase(each, pattern) for each in known[key] for pattern in value.split("|"))
    return fits == (operator == "==")
