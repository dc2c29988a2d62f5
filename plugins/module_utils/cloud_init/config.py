# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init's configuration files as YAML: what each says, and which of them counts.

PRIVATE: module_utils of this collection are not an interface.
Source: read_conf_with_confd and mergemanydict of cloud-init: files of cloud.cfg.d by name, the last that has a key counts, mappings are joined.
ds-identify, which tells cloud-init its sources, reads the files on its own, whatever they say of each other.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import merging
from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_FOLDER = "/etc/cloud/cloud.cfg.d"
PATHS = ("/etc/cloud/cloud.cfg", f"{_FOLDER}/*.cfg")

#: A value and where it stands. line: int from 1, None for an empty file.
ConfigValue = collections.namedtuple("ConfigValue", "value path line")

#: A file that cloud-init cannot read. missing: bool, only PyYAML is missing here.
ConfigFault = collections.namedtuple("ConfigFault", "path message missing")


#: A file, or a directory of them, that cloud-init leaves out, and why (text).
LeftOut = collections.namedtuple("LeftOut", "path line text")


def documents(tree):
    """Return ([(path, yaml_text.Document)] in the order in which cloud-init reads them, as far as each counts, [ConfigFault] of those that it cannot read)."""
    found, faults = _chosen(tree)[:2]
    if faults:
        return found, faults
    try:
        return merging.joined(found).documents, []
    except ImagewrightError as error:
        return found, [ConfigFault(path, str(error), False) for path in _at_fault(found)]


def left_out(tree):
    """Return the [LeftOut] of what cloud-init does not read though it is where its files are; [] where it can read none."""
    found, faults, other = _chosen(tree)
    try:
        out = [] if faults else merging.joined(found).left_out
    except ImagewrightError:
        out = []
    return other + [LeftOut(path, line, "merge_how without dict(): cloud-init leaves the file out with all that it says") for path, line in out]


def as_written(tree):
    """Return what documents() does of the files as they are, whatever they say of each other."""
    return _read(tree, PATHS)


def _read(tree, patterns):
    found, faults = [], []
    for path in [path for pattern in patterns for path in tree.glob(pattern) if tree.is_file(path)]:
        try:
            found.append((path, yaml_text.load(path, tree.read_text(path))))
        except ImagewrightError as error:
            faults.append(ConfigFault(path, str(error), "missing" in error.details))
    return found, faults


def _chosen(tree):
    """Return (as of documents, of the files that the main one chooses, and [LeftOut] of those that it leaves out by conf_d)."""
    main, faults = _read(tree, PATHS[:1])
    place = said(main, "conf_d")
    if place is None:
        found, more = _read(tree, PATHS[1:])
        return main + found, faults + more, []
    if place.value and not isinstance(place.value, str):
        return main, faults + [ConfigFault(place.path, f"cannot read {place.path} line {place.line}: conf_d is no path, and cloud-init ends", False)], []
    folder = (place.value or "").strip().rstrip("/")
    found, more = _read(tree, (folder + "/*.cfg",)) if folder.startswith("/") else ([], [])
    text = f"conf_d: {place.value or ''}".strip()
    other = [] if folder == _FOLDER or not tree.glob(PATHS[1]) else [LeftOut(place.path, place.line, f"{text}: cloud-init does not read {_FOLDER}")]
    return main + found, faults + more, other


def _at_fault(found):
    """Return the paths of the files whose merge_how is none."""
    paths = []
    for path, document in found:
        try:
            merging.way(path, document)
        except ImagewrightError:
            paths.append(path)
    return paths


def value(found, *keys):
    """Return the ConfigValue of a path of keys that counts, None where no file has it, or the one that counts says nothing.

    found: [(path, Document)] as of documents. A mapping that is null, or a number, takes the place of all that earlier files say below it.
    """
    for path, document in reversed(found):
        content = yaml_text.get(document, *keys)
        if content is not None:
            return ConfigValue(content, path, yaml_text.line(document, *keys))
        if _is_closed(document, keys):
            return None
    return None


def _is_closed(document, keys):
    """Return whether nothing of earlier files counts below a path of keys, as a part of it is null, or a number."""
    parts = [keys[:length] for length in range(1, len(keys) + 1)]
    return any(part in document.places and not isinstance(yaml_text.get(document, *part), (dict, list, str)) for part in parts)


def said(found, *keys):
    """Return the ConfigValue of a path of keys as value(), also where the file that counts says null: what others say does not come in its place."""
    for path, document in reversed(found):
        if keys in document.places:
            return ConfigValue(yaml_text.get(document, *keys), path, yaml_text.line(document, *keys))
        if _is_closed(document, keys[:-1]):
            return None
    return None


def modules(found):
    """Return {list: [name]} of the modules that cloud-init runs in each stage, names with ``_``; without what cannot be understood.

    Source: form_module_name of cloudinit/config/modules.py.
    """
    lists = {}
    for key in ("cloud_init_modules", "cloud_config_modules", "cloud_final_modules"):
        listed = said(found, key)
        items = listed.value if listed and isinstance(listed.value, list) else []
        names = [item[0] if isinstance(item, list) and item else item.get("name") if isinstance(item, dict) else item for item in items]
        lists[key] = [re.sub(r"^cc_|\.py$", "", name.strip().replace("-", "_")) for name in names if isinstance(name, str)]
    return lists
