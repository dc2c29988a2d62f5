# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mkinitcpio: Arch Linux and its relatives.

Images are named by presets in /etc/mkinitcpio.d, not after the kernel's version; the fallback image has options of its own.
A preset that names a configuration file makes mkinitcpio ignore drop-ins, so the modules then go into that file; those of a preset that
names none, and of the one that the next kernel gets, go into a drop-in.

Source: mkinitcpio(8), mkinitcpio.conf(5) and its presets.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import reading, variables
from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

NAME = "mkinitcpio"
#: Members that only images of this generator have.
MARKERS = ("init_functions", "buildconfig")
_MAIN_FILE = "/etc/mkinitcpio.conf"
_DROP_IN_DIRECTORY = "/etc/mkinitcpio.conf.d"
_DROP_IN = f"{_DROP_IN_DIRECTORY}/zz-imagewright-azure.conf"
_ARRAY = re.compile(r"^[ \t]*MODULES\+?=\(([^)]*)\)", re.M)
_STRING = re.compile(r"""^[ \t]*MODULES=(["'])([^"'\n]*)\1""", re.M)
_PRESET_NAME = re.compile(r"(\w+)_(image|uki|config|options)$")
_PRESETS = "/etc/mkinitcpio.d/*.preset"
#: What the preset of a new kernel is made of.
_NEXT_PRESET = "/usr/share/mkinitcpio/hook.preset"


def is_installed(tree):
    """Return whether images can be built with it."""
    return commands.find("mkinitcpio", tree.root) is not None


def has_kernel_hook(tree):
    """Return whether the next kernel's image will be built with it."""
    return bool(tree.glob("/usr/share/libalpm/hooks/*mkinitcpio*")) or bool(tree.glob(_PRESETS))


def config_file(tree):
    """Return the path of the file that names the modules."""
    return _config_files(tree)[0]


def config_edits(tree, modules):
    """Return the edits ([Edit]) that put the modules into every image from now on."""
    planned = []
    for path in _config_files(tree):
        before = edits.read(tree, path)
        planned.append(edits.Edit(path, before, with_modules(before or "", modules)))
    return planned


def with_modules(text, modules):
    """Return the text of a configuration file with those of the modules that its MODULES did not have.

    MODULES is an array; up to 2018 it was a string. An array is extended by a line of its own, which no quoting or comment can spoil.
    """
    string = _STRING.search(text)
    listed = string.group(2).split() if string else [name for found in _ARRAY.findall(text) for name in re.sub("#.*", "", found).split()]
    known = {drivers.normalize(name.strip("\"'?")) for name in listed}
    added = [name for name in modules if name not in known]
    if not added:
        return text
    if string:
        return text[: string.end(2)] + " " + " ".join(added) + text[string.end(2) :]
    if text and not text.endswith("\n"):
        text += "\n"
    return f"{text}MODULES+=({' '.join(added)})\n"


def target(tree, kernel):
    """Return the path of the image that is rebuilt for a kernel: the one that is booted, else the one that a preset names."""
    if kernel.image is not None:
        return kernel.image
    flavour = kernel.vmlinuz.partition("vmlinuz-")[2]
    return f"/boot/initramfs-{flavour}.img"


def build(tree, kernel, output, modules, work):
    """Return the arguments ([str]) that build the kernel's image into the new file output, with temporary files in work."""
    settings = _preset_of(tree, kernel)
    command = ["mkinitcpio", "-k", kernel.version, "-g", output, "-t", work]
    if "config" in settings:
        command += ["-c", settings["config"]]
    return command + shlex.split(settings.get("options", ""))


def _config_files(tree):
    """Return the files ([str]) whose MODULES count: those that presets name, and where one names none the drop-in, or the main file without any."""
    presets = _presets(tree)
    named = {settings["config"] for preset in presets for settings in preset.values() if "config" in settings}
    if not presets or any("config" not in settings for preset in presets for settings in preset.values()):
        named.add(_DROP_IN if tree.is_dir(_DROP_IN_DIRECTORY) else _MAIN_FILE)
    return sorted(named)


def _presets(tree):
    """Return what each preset, and the next kernel's, makes: [{its name: {image, uki, config, options: value}}].

    Raises ImagewrightError: only running the shell could tell it.
    """
    paths = tree.glob(_PRESETS) + ([_NEXT_PRESET] if tree.is_file(_NEXT_PRESET) else [])
    return [_preset(tree, path) for path in paths]


def _preset(tree, path):
    source = reading.parsed(tree, path, variables.source)
    environment, values, chosen = variables.environment([source], appends=True), {}, None
    for assignment in source.shell.assignments:
        match = _PRESET_NAME.match(assignment.name)
        words = _array(assignment)
        if assignment.name == "PRESETS" and words:
            chosen = words
        elif match and words is not None:
            values[match.groups()] = " ".join(map(shlex.quote, words))
        elif match:
            values[match.groups()] = variables.text_of(variables.value_in(environment, assignment.name))
    names = chosen or sorted({name for name, _kind in values if name != "ALL"}) or ["default"]
    return {
        name: {kind: values[(whose, kind)] for whose in ("ALL", name) for kind in ("image", "uki", "config", "options") if values.get((whose, kind))}
        for name in names
    }


def _array(assignment):
    """Return the words ([str]) of an array, None when the value is none."""
    written = assignment.atoms[0].value if len(assignment.atoms) == 1 and assignment.atoms[0].kind == "computed" else ""
    return shlex.split(written[1:-1], comments=True) if written.startswith("(") else None


def _preset_of(tree, kernel):
    """Return {config, options} of the preset's image that is rebuilt, {} when no preset has it."""
    name = posixpath.basename(target(tree, kernel))
    for preset in _presets(tree):
        for settings in preset.values():
            if posixpath.basename(settings.get("image", "")) == name:
                return settings
    return {}
