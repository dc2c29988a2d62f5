# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which distribution a guest is, by os-release.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

from ansible_collections.imagewright.azure.plugins.module_utils.core import shell_variables

#: name: ID of os-release; family: redhat, debian, suse, arch, alpine or ""; version: (int, ...); pretty: str.
Distribution = collections.namedtuple("Distribution", "name family version pretty")

_FAMILIES = (
    ("redhat", ("rhel", "centos", "fedora", "rocky", "almalinux", "ol")),
    ("debian", ("debian", "ubuntu")),
    ("suse", ("suse", "sles", "opensuse", "sled", "sles_sap")),
    ("arch", ("arch",)),
    ("alpine", ("alpine",)),
)


def distribution(tree):
    """Return the Distribution of the guest; empty fields when it says nothing."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        if tree.is_file(path):
            values = shell_variables.values(tree.read_text(path), path)
            words = [values.get("ID") or ""] + (values.get("ID_LIKE") or "").split()
            family = next((family for word in words for family, names in _FAMILIES if word in names or word.split("-")[0] in names), "")
            numbers = tuple(int(part) for part in (values.get("VERSION_ID") or "").split(".") if part.isdigit())
            return Distribution(words[0], family, numbers, values.get("PRETTY_NAME") or words[0])
    if tree.is_file("/etc/redhat-release"):
        text = tree.read_text("/etc/redhat-release").strip()
        digits = [part for part in text.replace("(", " ").split() if part[:1].isdigit()]
        return Distribution("rhel", "redhat", tuple(int(part) for part in digits[0].split(".") if part.isdigit()) if digits else (), text)
    if tree.is_file("/etc/SuSE-release"):
        return Distribution("sles", "suse", (), tree.read_text("/etc/SuSE-release").split("\n")[0].strip())
    return Distribution("", "", (), "an unknown distribution")
