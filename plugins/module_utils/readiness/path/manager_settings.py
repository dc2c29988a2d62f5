# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: systemd's own settings, of system.conf, its drop-ins and the kernel's command line, as they are at the next boot.

Source: systemd-system.conf(5); systemd kernel-command-line(7).

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.core import unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import started_lines

#: The first folder that has a file of a name counts; what lies below /run is gone at the next boot.
_FOLDERS = ("/etc/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd")
#: What says the same on the command line, with ``-`` as ``_``.
_PARAMETERS = {
    "systemd.setenv": "DefaultEnvironment",
    "systemd.default_timeout_start_sec": "DefaultTimeoutStartSec",
    "systemd.default_device_timeout_sec": "DefaultDeviceTimeoutSec",
}


def settings(context):
    """Return the [UnitSetting] of system.conf, then of its drop-ins, then of the started command lines, in the order in which they count.

    Raises ImagewrightError: a file cannot be read.
    """
    return context.facts(_all_settings)


def _all_settings(context):
    found = _settings(context.tree, "system.conf")
    for parameter in [parameter for line in started_lines(context) for parameter in line.parameters]:
        # a parameter is in quotes as a whole, or its value is
        value = re.sub(r"^\"(.*)\"$", r"\1", parameter.value or "")
        if parameter.name in _PARAMETERS and value:
            key = _PARAMETERS[parameter.name]
            value = shlex.quote(value) if key == "DefaultEnvironment" else value
            found.append(unit_files.UnitSetting("Manager", key, value, parameter.place.path, parameter.place.line))
    return found


def logind(tree):
    """Return the [UnitSetting] of logind.conf and its drop-ins, as of settings."""
    return _settings(tree, "logind.conf")


def _settings(tree, name):
    main = [path for path in (f"{folder}/{name}" for folder in _FOLDERS) if tree.is_file(path)][:1]
    added = {}
    for folder in _FOLDERS:
        for path in tree.glob(f"{folder}/{name}.d/*.conf"):
            added.setdefault(posixpath.basename(path), path)
    paths = main + [added[each] for each in sorted(added) if tree.is_file(added[each])]
    return [setting for path in paths for setting in unit_files.parse(tree.read_text(path), path)]
