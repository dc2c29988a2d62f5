# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts when nobody is there: the entries, and the command line of each with what its initramfs adds.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader.starting import starts as starts_of_tree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import kernels
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.command_lines import line_of
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import Evidence
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import images

#: One parameter that the started kernel, or what reads its command line, gets. text: str, as written; name: str, with ``-`` as ``_``;
#: value: str or None; place: Evidence, where it is written.
Parameter = collections.namedtuple("Parameter", "text name value place")

#: The line of one started entry. entry: BootEntry; parameters: [Parameter], in the order in which they are read: those of the initramfs
#: first, as dracut joins them; arguments: [Parameter], what follows a bare ``--``, which the kernel hands to init, and others read all the same;
#: problem: str, why the initramfs could not be asked, "" when it was.
StartedLine = collections.namedtuple("StartedLine", "entry parameters arguments problem")

#: Parameters that name drivers which are not loaded. Source: Linux kernel-parameters; modprobe(8).
_FOR_ALL = "module_blacklist"  # also where another module needs the one that is banned
_BANS = (_FOR_ALL, "modprobe.blacklist")

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def starts(context):
    """Return the [bootloader.boot_entry.Start] of the guest: what each configuration that is read starts when nobody is there."""
    return context.shared(starts_of_tree)


def started_entries(context):
    """Return the boot entries ([BootEntry]) that start by themselves."""
    return [start.entry for start in starts(context) if start.entry is not None]


def started_version(context):
    """Return the version (str) of the kernel that starts by itself, None when that is not known, or several boot loaders start several."""
    versions = {kernels.version_of(context.tree, entry.kernel) for entry in started_entries(context) if context.tree.is_file(entry.kernel)}
    return versions.pop() if len(versions) == 1 else None


def started_lines(context):
    """Return the [StartedLine] of the entries that start by themselves."""
    return context.facts(_started_lines)


def starting_parameters(context, name=None):
    """Return the [Parameter] of all entries that start by themselves, of one name (``-`` and ``_`` are the same) when it is given.

    What follows a bare ``--`` is init's, and left out.
    """
    wanted = name.replace("-", "_") if name else None
    return [parameter for line in started_lines(context) for parameter in line.parameters if wanted in (None, parameter.name)]


def last(line, *names):
    """Return the last Parameter of a StartedLine that has one of the names, None when there is none."""
    return next((parameter for parameter in reversed(line.parameters) if parameter.name in names), None)


def is_written(line):
    """Return whether the root of a StartedLine is mounted to write from its start: the last of ro and rw is rw."""
    return last_mode([parameter.text for parameter in line.parameters]) == "rw"


def last_mode(words):
    """Return the last ``ro`` or ``rw`` of some words ([str]), "" without one."""
    return next((word for word in reversed(words) if word in ("ro", "rw")), "")


def initramfs_of(context, entry):
    """Return the content ([InitramfsTree]) of the images that a boot entry (BootEntry) is started with, without those that cannot be read."""
    loaded = {context.tree.resolve(path) for path in entry.initrds}
    return [image.files for image in context.shared(images) if image.files is not None and context.tree.resolve(image.kernel.image) in loaded]


def needed_by(context, names):
    """Return the names ({str}) of the modules without which one of the names ([str]) is not loaded."""
    known = context.shared(kernels.dependencies)
    return set().union(*[known.get(name, ()) for name in names]) - set(names) - context.shared(kernels.built_in_everywhere)


def bans(context, names, beneath=()):
    """Return the Evidence of each parameter of a started entry that keeps a driver ([str]) from being loaded, or one of what is beneath them ([str])."""
    found = []
    for parameter in starting_parameters(context):
        banned = {word.replace("-", "_") for word in (parameter.value or "").split(",")}
        reached = {*names, *beneath} if parameter.name == _FOR_ALL else set(names)
        if parameter.name in _BANS and banned & reached:
            found.append(parameter.place._replace(text=f"{parameter.text} in {parameter.place.text}"))
    return found


def _started_lines(context):
    found = []
    for start in [start for start in starts(context) if start.entry is not None]:
        entry, texts, problem = start.entry, [], ""
        try:
            texts = _own_cmdlines(context, entry)
        except ImagewrightError as error:
            problem = str(error)
        parameters = [_parameter(text, place) for content, place in texts for text in _of_kernel(kernel_cmdline.split(content))]
        place = Evidence(entry.path, line_of(context.tree, entry, entry.cmdline), f"{entry.title}: {entry.cmdline}")
        words = kernel_cmdline.split(_expanded(entry.cmdline or "", start.variables))
        own = _of_kernel(words)
        parameters += [_parameter(text, place) for text in own]
        found.append(StartedLine(entry, parameters, [_parameter(text, place) for text in words[len(own) + 1 :]], problem))
    return found


def _expanded(text, variables):
    """Return a line (str) with the loader's variables ({name: value}) put in; one that is not known stays."""
    return _VARIABLE.sub(lambda match: variables.get(match.group(1) or match.group(2), match.group()), text)


def _parameter(text, place):
    name, value = kernel_cmdline.parse(text)
    return Parameter(text, name.replace("-", "_"), value, place)


def _of_kernel(parameters):
    return parameters[: parameters.index("--")] if "--" in parameters else parameters


def _own_cmdlines(context, entry):
    """Return [(text, Evidence)] of the command lines inside the initramfs of an entry, in the order in which dracut's dracut-lib.sh joins them.

    Raises ImagewrightError: nothing here can look into it.
    """
    found, loaded = [], {context.tree.resolve(path) for path in entry.initrds}
    for image in context.shared(images):
        resolved = context.tree.resolve(image.kernel.image)
        if resolved not in loaded:
            continue
        loaded.discard(resolved)  # several kernels may be started with it
        if image.files is None:
            raise ImagewrightError(image.problem)
        paths = image.files.glob("/etc/cmdline.d/*.conf") + ["/etc/cmdline"]
        texts = [(path, image.files.read_text(path)) for path in paths if image.files.is_file(path)]
        found += [(text, Evidence(f"{image.kernel.image}: {path[1:]}", None, text.strip())) for path, text in texts]
    return found
