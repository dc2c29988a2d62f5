# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which distribution a guest is, by os-release.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
from typing import Dict, NamedTuple, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree


class Distribution(NamedTuple):
    """name: ID of os-release; family: redhat, debian, suse, arch, alpine or ""; version: its numbers; pretty: for people;
    number: the version as it is written, 18.04.
    """

    name: str
    family: str
    version: Tuple[int, ...]
    pretty: str
    number: str


_FAMILIES = (
    ("redhat", ("rhel", "centos", "fedora", "rocky", "almalinux", "ol")),
    ("debian", ("debian", "ubuntu")),
    ("suse", ("suse", "sles", "opensuse", "sled", "sles_sap")),
    ("arch", ("arch",)),
    ("alpine", ("alpine",)),
)

#: What Ansible calls the families, and the distributions whose name it does not take from os-release's first word.
_ANSIBLE_FAMILIES = {"redhat": "RedHat", "debian": "Debian", "suse": "Suse", "arch": "Archlinux", "alpine": "Alpine"}
_ANSIBLE_NAMES = {
    "rhel": "RedHat",
    "centos": "CentOS",
    "almalinux": "AlmaLinux",
    "ol": "OracleLinux",
    "amzn": "Amazon",
    "sles": "SLES",
    "sled": "SLED",
    "sles_sap": "SLES_SAP",
    "opensuse-leap": "openSUSE Leap",
    "opensuse-tumbleweed": "openSUSE Tumbleweed",
    "arch": "Archlinux",
}


def distribution(tree: Tree) -> Distribution:
    """Return the Distribution of the guest; empty fields when it says nothing."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        if tree.is_file(path):
            values = shell_variables.values(tree.read_text(path), path)
            words = [values.get("ID") or ""] + (values.get("ID_LIKE") or "").split()
            family = next((family for word in words for family, names in _FAMILIES if word in names or word.split("-")[0] in names), "")
            numbers = tuple(int(part) for part in (values.get("VERSION_ID") or "").split(".") if part.isdigit())
            return Distribution(words[0], family, numbers, values.get("PRETTY_NAME") or words[0], values.get("VERSION_ID") or "")
    if tree.is_file("/etc/redhat-release"):
        text = tree.read_text("/etc/redhat-release").strip()
        digits = [part for part in text.replace("(", " ").split() if part[:1].isdigit()]
        number = digits[0] if digits else ""
        return Distribution("rhel", "redhat", tuple(int(part) for part in number.split(".") if part.isdigit()), text, number)
    if tree.is_file("/etc/SuSE-release"):
        return _of_suse_release(tree.read_text("/etc/SuSE-release"))
    return Distribution("", "", (), "an unknown distribution", "")


def as_ansible_names(found: Distribution) -> Dict[str, str]:
    """Return what Ansible's facts call the Distribution: {distribution, distribution_version, distribution_major_version, os_family}."""
    name = _ANSIBLE_NAMES.get(found.name, found.pretty.split(" ")[0] if found.name else "")
    return {
        "distribution": name,
        "distribution_version": found.number,
        "distribution_major_version": str(found.version[0]) if found.version else "",
        "os_family": _ANSIBLE_FAMILIES.get(found.family, name),
    }


def _of_suse_release(text: str) -> Distribution:
    """Return the Distribution of /etc/SuSE-release, which SLES 11 has in place of os-release: a name, VERSION and PATCHLEVEL."""
    values = dict(re.findall(r"^(VERSION|PATCHLEVEL) *= *([0-9]+)", text, re.MULTILINE))
    numbers = [values[name] for name in ("VERSION", "PATCHLEVEL") if name in values]
    return Distribution("sles", "suse", tuple(int(number) for number in numbers), text.split("\n")[0].strip(), ".".join(numbers))
