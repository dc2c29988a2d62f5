# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud-init that a guest has: its program, services and version, what switches it off, and what an installer left to it.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators, services
from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import MASKED, THERE, Units

PROGRAM = "/usr/bin/cloud-init"
#: Where a configuration is added to /etc/cloud/cloud.cfg.
FOLDER = "/etc/cloud/cloud.cfg.d"
#: In the order in which they run. From 24.3 on cloud-init-main and cloud-init-network are there where cloud-init was.
SERVICES = ("cloud-init-local", "cloud-init-main", "cloud-init-network", "cloud-init", "cloud-config", "cloud-final")
#: Any of these that is enabled starts it.
_STARTING = ("cloud-init-main", "cloud-init-network", "cloud-init", "cloud-init-local")
#: cloud-init's disabling file, and the generator's condition.
DISABLED_BY = "/etc/cloud/cloud-init.disabled"
#: What pulls cloud-init.target in at boot.
GENERATOR = "cloud-init-generator"
#: Its own search for a source, which ends the start of cloud-init where its policy says so.
DS_IDENTIFY = "/etc/cloud/ds-identify.cfg"
_IDENTIFY_LINE = re.compile(r"\s*(policy|datasource):\s*([^#]*)")
#: What Ubuntu's installers leave in the way of the network: the cards of this machine, and that it shall be left alone. R42c
NETWORK_LEFTOVERS = (FOLDER + "/50-curtin-networking.cfg", FOLDER + "/subiquity-disable-cloudinit-networking.cfg")
#: All that installers leave: each keeps cloud-init from setting up the network or from finding Azure.
LEFTOVERS = NETWORK_LEFTOVERS + (FOLDER + "/curtin-preserve-sources.cfg", FOLDER + "/99-installer.cfg", DS_IDENTIFY)


def enabled(tree):
    """Return whether cloud-init's services start at boot."""
    return services.state(tree, _STARTING) == services.ENABLED


def cause(tree):
    """Return the Place of what keeps cloud-init from running, of one that does not: its own switch, its generator, or its first unit that is masked or gone."""
    generator = generators.obstacle(tree, GENERATOR)
    units = tree.known(Units)
    found = [units.find(f"{name}.service") for name in _STARTING]
    masked = next((unit for unit in found if unit.state == MASKED and unit.path), None)
    if tree.exists(DISABLED_BY):
        return Place(DISABLED_BY, None, "cloud-init does not run at boot")
    if masked is not None:
        return Place(masked.path, None, f"cloud-init does not run at boot: {masked.name} is masked")
    if generator is not None and tree.exists(PROGRAM) and any(unit.state == THERE for unit in found):
        return Place(generator.path, None, f"cloud-init does not run at boot: its generator {generator.text}")
    return Place("/etc/systemd/system/cloud-init.target.wants", None, "cloud-init does not run at boot")


def runs(tree):
    """Return whether cloud-init is installed and would run at the next boot, whatever the kernel's command line says."""
    return enabled(tree) and not tree.exists(DISABLED_BY)


def switches(tree, command_line=""):
    """Return what keeps cloud-init from running ([str]): a path, or a parameter of the kernel.

    command_line: str, of the running kernel, "" where none runs.
    Source: tools/cloud-init-generator of cloud-init; the last of several words counts.
    """
    words = [word for word in command_line.split() if word.startswith("cloud-init=")]
    return [DISABLED_BY] * tree.exists(DISABLED_BY) + words[-1:] * (words[-1:] == ["cloud-init=disabled"])


def identify_settings(tree):
    """Return {key: (line number, line, value)} of what ds-identify.cfg says: the keys ``policy`` and ``datasource``, each by its last line.

    Source: tools/ds-identify of cloud-init (read_config).
    """
    lines = enumerate(tree.read_text(DS_IDENTIFY).split("\n") if tree.is_file(DS_IDENTIFY) else [], 1)
    found = [(match, number, line.strip()) for number, line in lines for match in [_IDENTIFY_LINE.match(line)] if match]
    return {match.group(1): (number, line, match.group(2).strip()) for match, number, line in found}


def policy_line(tree):
    """Return the number of the line with which ds-identify ends the start of cloud-init, ``policy: disabled``; None without one.

    Source: tools/ds-identify of cloud-init (set_di_policy): the first word is the mode.
    """
    number, _line, value = identify_settings(tree).get("policy", (None, "", ""))
    return number if re.split(r"[\s,]", value)[0] == "disabled" else None


def leftovers(tree):
    """Return the paths ([str]) of what an installer left to hold cloud-init back; settings of ds-identify that find Azure hold nothing back."""
    found = [path for path in LEFTOVERS if tree.exists(path)]
    finds_azure = policy_line(tree) is None and identify_settings(tree).get("datasource", (None, "", "Azure"))[2] in ("", "Azure")
    return [path for path in found if path != DS_IDENTIFY or not finds_azure]


def version(tree):
    """Return the version of the installed cloud-init as (major, minor), None when it is not found."""
    for pattern in ("/usr/lib/python[23]*/site-packages", "/usr/lib/python[23]*/dist-packages", "/usr/local/lib/python[23]*/site-packages"):
        for path in tree.glob(pattern + "/cloudinit/version.py"):
            match = re.search(r"""(?:__VERSION__ = |StrictVersion\()["'](\d+)\.(\d+)""", tree.read_text(path))
            if match:
                return int(match.group(1)), int(match.group(2))
    return None
