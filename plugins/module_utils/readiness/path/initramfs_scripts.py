# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs: what its own settings and scripts have the boot do on its way to the root.

PRIVATE: module_utils of this collection are not an interface.
Source: init and scripts/functions of initramfs-tools, which read conf and the ORDER of each directory in their own shell, and run what ORDER names in others;
dracut-lib.sh, source_all, for the hooks of dracut; dash(1): a syntax error, or exit, ends the shell, and with process 1 the kernel.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import FIX, generator, judged, root_facts, starts_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import unguarded
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS

#: Directories whose scripts every boot from a disk runs.
_STAGES = ("init-top", "init-premount", "local-top", "local-block", "local-premount", "local-bottom", "init-bottom")
#: Those of dracut that every boot sources, whether it is systemd's or not.
_HOOKS = ("cmdline", "pre-udev", "pre-trigger", "initqueue/settled", "pre-mount", "mount", "pre-pivot", "cleanup")
_DRACUT = ("/usr/lib/dracut/hooks", "/lib/dracut/hooks", "/var/lib/dracut/hooks")
_SHELLS = ("sh", "bash", "dash", "ash", "busybox")
_SETTING = re.compile(r"""^\s*(?:export\s+)?(break|init|ROOTFSTYPE)=(?:"([^"]*)"|'([^']*)'|([^\s;#]*))""", re.MULTILINE)
_RUN_BY_ORDER = re.compile(r"^\s*(/scripts/[\w./-]+)", re.MULTILINE)
_ENDS_MACHINE = re.compile(r"(?:exec\s+)?(?:/(?:usr/)?s?bin/)?(poweroff|halt|reboot)\b")
_WAITS = re.compile(r"(?:exec\s+)?(?:/(?:usr/)?bin/)?sleep\s+(infinity|inf|[0-9]{5,})\b")
_PANICS = re.compile(r"panic(\s|$)")
_ENDLESS = re.compile(r"^while\s+(?:true|:|\[\s*1\s*\])\s*;?\s*do\b(.*?)^\s*done\b", re.MULTILINE | re.DOTALL)
_ENDLESS_LINE = re.compile(r"^while\s+(?:true|:)\s*;\s*do\b((?:(?!\bbreak\b|\bexit\b|\breturn\b).)*);\s*done\s*$", re.MULTILINE)
_ARRAY = re.compile(r"^\s*\w+=\(", re.MULTILINE)


@rule(
    "R65g",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="The settings and scripts of every initramfs let it go on to the root",
    fault="A setting or a script of an initramfs ends the boot, or holds it",
    why="The files of an initramfs are of the day when it was built: a break, another init or an exit in what /init reads itself ends the boot whatever the "
    "command line says, and a script that waits for ever holds it.",
    cure="Correct /etc/initramfs-tools, or the hook or script that put it there (dracut: /etc/dracut.conf.d and modules.d), and build the image again.",
    source="init and scripts/functions of initramfs-tools; initramfs-tools(7); dracut.modules(7); dash(1)",
)
def goes_on(context):
    """Return failed with each setting and each command of an image that keeps it from the root; only of what initramfs-tools and dracut run."""
    lines = started_lines(context)

    def judge(image):
        made_by = generator(image.files)
        if made_by == "initramfs-tools":
            return _of_settings(context, image.files, lines) + _of_read_files(image.files) + _of_scripts(image.files)
        return _of_hooks(image.files) if made_by == "dracut" else []

    return judged(context, judge)


def _text(files, path):
    try:
        return files.read_text(path) if files.is_file(path) else ""
    except ImagewrightError:
        return ""


def _settings_files(files):
    return ["/conf/initramfs.conf"] + [f"/conf/conf.d/{name}" for name in sorted(files.listdir("/conf/conf.d"))]


def _of_settings(context, files, lines):
    """Return what the files of settings say ([str]) that the command line, read behind them, does not say otherwise."""
    values = {}
    for path in _settings_files(files):
        for match in _SETTING.finditer(_text(files, path)):
            values[match.group(1)] = (next(filter(None, match.groups()[1:]), ""), path)
    found = []
    for name, (value, path) in values.items():
        said = [last(line, name.lower()) for line in lines]
        if not value or "$" in value or said and all(said):
            continue
        cause = ""
        if name == "break":
            cause = "the boot stops there, in a shell"
        elif name == "init" and context.tree.exists(value) and posixpath.basename(value) in _SHELLS:  # one that is not there is passed over
            cause = "a shell starts in the place of the system"
        elif name == "ROOTFSTYPE":
            kind = context.facts(root_facts).kind
            cause = f"the root is {kind}" if kind and kind not in value.split(",") and value != "auto" else ""
        found += [f"{path[1:]}: {name}={value}: {cause}"] if cause else []
    return found


def _of_read_files(files):
    """Return what ends ([str]) the shell of /init itself: an exit outside of any condition, and what dash does not understand, in the files that it reads."""
    orders = [f"/scripts/{stage}/ORDER" for stage in _STAGES]
    found = []
    for path in _settings_files(files) + ["/scripts/functions", "/scripts/local"] + orders:
        text = _text(files, path)
        ends = [command for _number, command in unguarded(list(enumerate(text.split("\n"), 1))) if re.match(r"exit\b", command)]
        array = _ARRAY.search(text)
        if ends:
            found.append(f"{path[1:]}: {ends[0]}: /init reads this file itself, ends with it, and the kernel panics")
        elif array:
            found.append(f"{path[1:]}: {array.group().strip()}: the shell of /init has no arrays, and ends at it")
    return found


def _of_scripts(files):
    found = []
    for stage in _STAGES:
        for path in _RUN_BY_ORDER.findall(_text(files, f"/scripts/{stage}/ORDER")):
            found += _held(path, _text(files, path))
    return found


def _of_hooks(files):
    """Return what holds or ends ([str]) the hooks of dracut; an exit ends the boot alone where they are sourced by /init."""
    found = []
    for folder in [posixpath.join(base, name) for base in _DRACUT for name in _HOOKS]:
        for path in [f"{folder}/{name}" for name in sorted(files.listdir(folder)) if name.endswith(".sh")] if files.is_dir(folder) else []:
            text = _text(files, path)
            held = _held(path, text)
            ends = [command for _number, command in unguarded(list(enumerate(text.split("\n"), 1))) if re.match(r"exit\b", command)]
            if not held and ends and not starts_systemd(files):
                held = [f"{path[1:]}: {ends[0]}: /init reads this file itself, ends with it, and the kernel panics"]
            found += held
    return found


def _held(path, text):
    """Return what of a script ([str]) ends the machine, or never ends itself."""
    for _number, command in unguarded(list(enumerate(text.split("\n"), 1))):
        if _ENDS_MACHINE.match(command):
            return [f"{path[1:]}: {command}: the machine ends there"]
        if _WAITS.match(command):
            return [f"{path[1:]}: {command}: the boot waits there"]
        if _PANICS.match(command):
            return [f"{path[1:]}: {command}: the boot stops there, in a shell"]
        if re.match(r"(exit|return)\b", command):
            return []
    loops = _ENDLESS_LINE.findall(text) or [body for body in _ENDLESS.findall(text) if not re.search(r"\b(break|exit|return|exec|kill)\b", body)]
    return [f"{path[1:]}: a loop that never ends"] if loops else []


RULES = [goes_on]
