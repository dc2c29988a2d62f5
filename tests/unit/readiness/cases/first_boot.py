# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of systemd's questions at a first boot."""

from unit.readiness.cases.system_manager import SYSTEM, TARGETS
from unit.readiness.guest_tree import GRUB_CFG, UNITS

_UNIT, _LOCALES = f"{UNITS}/systemd-firstboot.service", "/usr/lib/locale"
_FIRST = {"/etc/machine-id": "uninitialized\n"}
_ZONE = {"/etc/localtime": ("link", "/usr/share/zoneinfo/Etc/UTC")}
_TWO = {f"{_LOCALES}/C.utf8/LC_CTYPE": "", f"{_LOCALES}/de_DE.utf8/LC_CTYPE": ""}


def _asking(prompts, *more, wanted=True):
    """Return the files of a guest whose systemd-firstboot has so many prompts, in its fifth line."""
    text = f"[Unit]\nDefaultDependencies=no\nConditionFirstBoot=yes\n[Service]\nExecStart=systemd-firstboot {prompts}\nType=oneshot\n"
    found = {**TARGETS, "/usr/bin/systemd-firstboot": ("program", "#!/bin/sh\n"), _UNIT: text}
    if wanted:
        found[f"{UNITS}/sysinit.target.wants/systemd-firstboot.service"] = ("link", "../systemd-firstboot.service")
    for each in more:
        found.update(each)
    return found


def _told(value):
    return {"/boot/grub/grub.cfg": GRUB_CFG.replace(" ro ", f" ro systemd.condition-first-boot={value} ")}


BROKEN_FILES = [
    ("R69k", _asking("--prompt-locale --prompt-timezone --prompt-root-password", _FIRST), (_UNIT, 5)),
    ("R69k", _asking("--prompt-locale --prompt-timezone", {"/etc/machine-id": None}, _ZONE, _TWO), (_UNIT, 5)),
    ("R69k", _asking("--prompt", _FIRST, _ZONE, {"/usr/share/keymaps/i386/qwerty/us.map.gz": ""}), (_UNIT, 5)),
    ("R69k", _asking("--prompt-locale", _FIRST, {f"{_LOCALES}/C.utf8/LC_CTYPE": "", f"{_LOCALES}/locale-archive": "x"}), (_UNIT, 5)),
]

BROKEN_FILES += [
    ("R69k", _asking("--prompt-timezone", {"/etc/machine-id": "0123456789abcdef0123456789abcdef\n"}, _told("yes")), (_UNIT, 5)),
    ("R69k", _asking("--prompt-timezone", _told("1")), (_UNIT, 5)),
]

RIGHT_FILES = [("R69k", _asking("--prompt-locale --prompt-timezone", _FIRST, _ZONE))]

CONTROLS = [
    ("R69k", _asking("--prompt-timezone")),  # an empty machine-id
    ("R69k", _asking("--prompt-timezone", {"/etc/machine-id": "0123456789abcdef0123456789abcdef\n"})),
    ("R69k", _asking("--prompt-locale", _FIRST, _TWO, {"/etc/locale.conf": "LANG=C.UTF-8\n"})),
    ("R69k", _asking("--prompt-locale", _FIRST, {f"{_LOCALES}/C.utf8/LC_CTYPE": "", f"{_LOCALES}/de_DE/LC_CTYPE": ""})),  # of another character set
    ("R69k", _asking("--prompt-keymap", _FIRST)),  # there are none to choose from
    ("R69k", _asking("--prompt-root-password", _FIRST)),  # shadow has root
    ("R69k", _asking("--prompt-timezone", _FIRST, wanted=False)),
    ("R69k", _asking("--prompt-timezone", _FIRST, {f"{SYSTEM}/systemd-firstboot.service": ("link", "/dev/null")})),
    ("R69k", _asking("--prompt-timezone", _FIRST, {"/boot/grub/grub.cfg": GRUB_CFG.replace(" ro ", " ro systemd.firstboot=off ")})),
    ("R69k", _asking("--timezone=UTC", _FIRST)),
    ("R69k", _asking("--prompt-timezone", _FIRST, _told("no"))),
    ("R69k", _asking("--prompt-timezone", _ZONE, _told("yes"))),
]
