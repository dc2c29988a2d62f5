# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what sysctl, and the kernel by ``sysctl.NAME=`` of its command line, set in the kernel.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, failed_if
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

_WRITTEN = re.compile(r"(?:/usr)?(?:/bin/)?echo\s+([^\s>;|&]+)\s*>\s*/proc/sys/([\w./-]+)$")
_NO_MORE_MODULES = re.compile(r"^\s*-?\s*kernel[./]modules_disabled\s*=\s*(?!0\s*$)\S")


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
    """Return failed with each line of sysctl.d or sysctl.conf that turns the loading of modules off: nothing turns it on again."""
    return failed_if(context.find(context.shared(_files), _NO_MORE_MODULES.match))


def settings(context):
    """Return the OrderedDict of {name, with dots (str): KernelSetting} that the boot leaves in the kernel, in the order in which they are written.

    The kernel writes those of its command line before it starts init, sysctl those of its files later, and commands of the boot theirs.
    Source: sysctl.d(5); Linux kernel-parameters, sysctl.*=.
    """
    found = collections.OrderedDict()
    written = _of_command_lines(context)
    for path in context.shared(_files):
        for number, text in context.lines(path):
            name, has_value, value = text.partition("=")
            name = name.strip().lstrip("-").strip()
            if has_value and name and name[0] not in "#;":
                written.append((name, KernelSetting(value.strip(), path, number)))
    for name, setting in written + _of_commands(context):
        name = _with_dots(name)
        found.pop(name, None)  # the last one is written last, too
        found[name] = setting
    return found


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


def _files(tree):
    """Return the paths ([str]) of the files that are read; systemd reads sysctl.conf only where sysctl.d has a link to it."""
    found = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.conf"):
            found.setdefault(posixpath.basename(path), path)
    older = [] if any(tree.is_file(path) for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")) else ["/etc/sysctl.conf"]
    return [path for path in [found[name] for name in sorted(found)] + older if tree.is_file(path)]


RULES = [modules_may_be_loaded]
