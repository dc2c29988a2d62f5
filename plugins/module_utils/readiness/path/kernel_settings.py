# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what sysctl, and the kernel by ``sysctl.NAME=`` of its command line, set in the kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import credentials, services, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER

#: The first folder that has a file of a name counts.
_FOLDERS = ("/etc/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
#: The kernel that first takes ``sysctl.NAME=``. Source: Linux 5.8, do_sysctl_args.
_FIRST_OF_LINE = (5, 8)
_KERNEL_VERSION = re.compile(r"(\d+)\.(\d+)")
#: One setting of the kernel that is written at the boot. value: str; path, line: where the last one is that is read.
KernelSetting = collections.namedtuple("KernelSetting", "value path line")

#: What reads the files of a guest that systemd starts, and the credential with further lines.
_SERVICE, _CREDENTIAL = "systemd-sysctl.service", "sysctl.extra"
_NO_MORE_MODULES = "kernel.modules_disabled"
_WRITTEN = re.compile(r"(?:/usr)?(?:/bin/)?echo\s+([^\s>;|&]+)\s*>\s*/proc/sys/([\w./-]+)$")


@rule(
    "R20c",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The kernel may load modules after its start",
    fault="The kernel loads no module any more once it has started",
    why="kernel.modules_disabled=1 keeps vfat, udf and the drivers of accelerated networking out: the EFI system partition is not mounted, the provisioning "
    "DVD not read.",
    cure="Remove kernel.modules_disabled from sysctl.d, or set it late, after cloud-init has finished.",
    source="Linux Documentation/admin-guide/sysctl/kernel.rst; sysctl.d(5)",
)
def modules_may_be_loaded(context):
    """Return failed with each line of sysctl.d or sysctl.conf that turns the loading of modules off: once written, nothing turns it on again."""
    written = [setting for name, setting in _of_files(context, (_NO_MORE_MODULES,)) if number(setting) != 0 and setting.value]
    return failed_if(Evidence(setting.path, setting.line, f"{_NO_MORE_MODULES} = {setting.value}") for setting in written)


def settings(context, names):
    """Return the OrderedDict of {name (str): KernelSetting} that the boot leaves in the kernel, in the order in which they are written.

    names: those that are asked for ([str], with dots); a pattern of a file is one of these at most.
    The kernel writes those of its command line before it starts init, sysctl those of its files later, and commands of the boot theirs.
    Source: sysctl.d(5); Linux kernel-parameters, sysctl.*=.
    """
    found = collections.OrderedDict()
    for name, setting in _of_command_lines(context) + _of_files(context, names) + _of_commands(context):
        name = _with_dots(name)
        if name in names:
            found.pop(name, None)  # the last one is written last, too
            found[name] = setting
    return found


def _of_files(context, names):
    """Return [(name, KernelSetting)] of what sysctl writes of its files, in that order.

    systemd's writes of each name the last value alone; a pattern means all names that no line has in full, with a value or, behind ``-``, without one.
    Other ones write each line. Source: systemd-sysctl 252 and 257, and procps 4, tried.
    """
    lines = [line for path in context.facts(_files) for line in _lines(context, path)]
    if not services.uses_systemd(context.tree):
        return [(name, setting) for name, setting in lines if setting is not None and name in names]
    last = collections.OrderedDict()
    for name, setting in lines:
        last.pop(name, None)
        last[name] = setting
    found = []
    for name, setting in last.items():
        is_pattern = re.search(r"[*?\[]", name)
        meant = [each for each in names if (each not in last and _fits(each, name) if is_pattern else each == name)]
        found += [(each, setting) for each in meant if setting is not None]
    return found


def _lines(context, path):
    """Return [(name with dots, KernelSetting)] of the lines of a file, with None for one that has a name behind ``-`` and no value."""
    found = []
    for line, text in context.lines(path):
        name, has_value, value = text.strip().partition("=")
        is_kept = name.startswith("-")
        name = _with_dots(name.lstrip("-").strip())
        if name and name[0] not in "#;" and (has_value or is_kept):
            found.append((name, KernelSetting(value.strip(), path, line) if has_value else None))
    return found


def _fits(name, pattern):
    """Return whether a name is one of those that a pattern means, in which no sign stands for a dot."""
    parts, wanted = name.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(part, each) for part, each in zip(parts, wanted))


def _with_dots(name):
    """Return the name of a setting (str) with dots between its parts: the first dot or slash says which of both that is."""
    separator = re.search(r"[./]", name)
    return name.translate(str.maketrans("./", "/.")) if separator and separator.group() == "/" else name


def _of_command_lines(context):
    """Return [(name, KernelSetting)] of ``sysctl.NAME=`` on the started command lines, where their kernel takes it."""
    found = []
    for line in started_lines(context):
        version = _KERNEL_VERSION.search(posixpath.basename(line.entry.kernel))
        if version is not None and (int(version.group(1)), int(version.group(2))) < _FIRST_OF_LINE:
            continue
        for parameter in line.parameters:
            name, _equals, value = parameter.text.replace('"', "").partition("=")
            if re.match(r"sysctl[./]", name):
                found.append((name[len("sysctl.") :], KernelSetting(value.strip(), parameter.place.path, parameter.place.line)))
    return found


def _of_commands(context):
    """Return [(name, KernelSetting)] of the commands of the boot: ``sysctl -w NAME=VALUE``, and ``echo VALUE > /proc/sys/NAME``."""
    found = []
    for run in context.facts(boot_commands.commands):
        words = boot_commands.words_of(run.command)
        program = posixpath.basename(words[0]) if words else ""
        if program == "sysctl":
            pairs = [word.partition("=")[::2] for word in words[1:] if "=" in word and not word.startswith("-")]
        else:
            written = _WRITTEN.match(run.command.strip()) if program == "echo" else None
            pairs = [(written.group(2), written.group(1).strip("\"'"))] if written else []
        found += [(name, KernelSetting(value.strip(), run.path, run.line)) for name, value in pairs]
    return found


def number(setting):
    """Return the number (int) that a KernelSetting writes, None when there is none or it is no number."""
    try:
        return None if setting is None else int(setting.value, 0)
    except ValueError:
        return int(setting.value) if setting.value.isdigit() else None


def _files(context):
    """Return the paths ([str]) of the files that are read, and of a credential behind them; systemd reads sysctl.conf only where sysctl.d has a link to it."""
    tree, known = context.tree, context.shared(Units)
    if known.find(_SERVICE).state == unit_files.MASKED:
        return []
    found = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.conf"):
            found.setdefault(posixpath.basename(path), path)
    added = [path for name, path in credentials.handed(known, _SERVICE).items() if name == _CREDENTIAL]
    older = [] if any(tree.is_file(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")) else ["/etc/sysctl.conf"]
    return [path for path in [found[name] for name in sorted(found)] + added + older if tree.is_file(path)]


RULES = [modules_may_be_loaded]
