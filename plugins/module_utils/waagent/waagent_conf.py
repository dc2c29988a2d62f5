# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module waagent_conf: set keys of the Azure Linux agent's configuration.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation, releases
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.values import file_value, means_same

ARGUMENTS = {
    "settings": {"type": "dict", "required": True},
    "path": {"type": "path"},
    "create": {"type": "bool", "default": False},
    "allow_unknown": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def plan(path, text, settings, allow_unknown=False):
    """Return (new text, [conf.Duplicate], {key: text of the value or None}) for the settings asked for.

    path: str, names the file in errors.
    Raises ImagewrightError: a key or value that the agent would not take.
    """
    wanted = {key: file_value(key, value, allow_unknown, conf.place(path, text, key)) for key, value in settings.items()}
    after, duplicates = conf.set_values(text, wanted)
    return after, duplicates, wanted


def run(module):
    """Return the module's result after setting the keys."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    path = parameters["path"] or installation.conf_path(tree) or installation.PATHS[0]
    before = edits.read(tree, path)
    if before is None and not parameters["create"]:
        raise ImagewrightError(f"cannot set keys in {path}: there is no such file; install the agent first, give its path, or set create: true")
    _check_encoding(path, before or "")
    after, duplicates, wanted = plan(path, before or "", parameters["settings"], parameters["allow_unknown"])
    edit = edits.Edit(path, before, after if before is not None or after else None)

    def read_back():
        _check_values(path, conf.parse(tree.read_text(path)), wanted)

    result = edits.apply(module, tree, [edit], parameters["backup"], activate=read_back if before != edit.after else None)
    version = installation.version(tree)
    for note in releases.notes(wanted, after, version):
        module.warn(f"{path}: {note}")
    for newer in installation.unmerged(tree, path):
        module.warn(f"{newer}: the packager's newer version of {path} was never merged; compare the two and remove it")
    result.update(
        path=path,
        agent_version=version,
        duplicates_removed=[duplicate._asdict() for duplicate in duplicates],
        before=_values(before or "", wanted),
        after=_values(after, wanted),
    )
    return result


def _check_encoding(path, text):
    """Raise ImagewrightError for bytes that the agent cannot decode: it would not start."""
    for number, line in enumerate(text.split("\n"), 1):
        if any("\udc80" <= character <= "\udcff" for character in line):
            raise ImagewrightError(f"cannot set keys in {path}: line {number} is not UTF-8, and the agent does not start with it; correct or remove that line")


def _check_values(path, values, wanted):
    """Raise ImagewrightError unless the agent reads the wanted values in the file."""
    for key, value in wanted.items():
        if not means_same(key, values.get(key), value):
            raise ImagewrightError(
                f"cannot set {key} in {path}: the file reads {values.get(key)!r} after it was written, not {value!r}; look for another program that writes it"
            )


def _values(text, wanted):
    values = conf.parse(text)
    return {key: values.get(key) for key in wanted}
