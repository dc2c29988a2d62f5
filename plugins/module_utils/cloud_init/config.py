# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init's configuration files as YAML: what each says, and which of them counts.

PRIVATE: module_utils of this collection are not an interface.
Source: read_conf_with_confd and mergemanydict of cloud-init: files of cloud.cfg.d by name, the last that has a key counts, mappings are joined.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

PATHS = ("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg")

#: A value and where it stands. line: int from 1, None for an empty file.
ConfigValue = collections.namedtuple("ConfigValue", "value path line")

#: A file that cloud-init cannot read. missing: bool, only PyYAML is missing here.
ConfigFault = collections.namedtuple("ConfigFault", "path message missing")


def documents(tree):
    """Return ([(path, yaml_text.Document)] in the order in which cloud-init reads them, [ConfigFault] of those that are no YAML)."""
    found, faults = [], []
    for path in [path for pattern in PATHS for path in tree.glob(pattern) if tree.is_file(path)]:
        try:
            found.append((path, yaml_text.load(path, tree.read_text(path))))
        except ImagewrightError as error:
            faults.append(ConfigFault(path, str(error), "missing" in error.details))
    return found, faults


def value(found, *keys):
    """Return the ConfigValue of a path of keys that counts, None where no file has it.

    found: [(path, Document)] as of documents.
    """
    for path, document in reversed(found):
        content = yaml_text.get(document, *keys)
        if content is not None:
            return ConfigValue(content, path, yaml_text.line(document, *keys))
    return None


def said(found, *keys):
    """Return the ConfigValue of a path of keys as value(), also where the file that counts says null: what others say does not come in its place."""
    for path, document in reversed(found):
        if keys in document.places:
            return ConfigValue(yaml_text.get(document, *keys), path, yaml_text.line(document, *keys))
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
