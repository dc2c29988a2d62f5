# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""openssl.cnf: what libcrypto reads of it, and what leaves whoever uses it without algorithms.

PRIVATE: module_utils of this collection are not an interface.
Source: config(5) of OpenSSL, crypto/conf/conf_def.c and crypto/provider_conf.c; tried with OpenSSL 3.0 and 3.5.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

#: Where it is, as OpenSSL is built: Debian's, Red Hat's, all others'.
_FOLDERS = ("/usr/lib/ssl", "/etc/pki/tls", "/etc/ssl")
_NAME = "openssl.cnf"
#: What turns a provider off since 3.2; before, every value turned it on.
_OFF = re.compile(r"0|no|off|false", re.IGNORECASE)


class OpensslSetting(NamedTuple):
    """One assignment. line: from 1."""

    value: str
    line: int


#: {section: {name: OpensslSetting}}, "" for what stands before all sections; the last of a name counts.
Sections = Dict[str, Dict[str, OpensslSetting]]


def path(tree: Tree) -> Optional[str]:
    """Return where libcrypto looks for the file (str), whether it is there or not; None where no directory for it is."""
    folder = next((folder for folder in _FOLDERS if tree.is_dir(folder)), None)
    return None if folder is None else f"{folder}/{_NAME}"


def parse(text: str) -> Tuple[Sections, Optional[Tuple[int, str]]]:
    """Return (Sections up to the first line that OpenSSL does not take, (that line from 1, its text), None when it takes all)."""
    sections: Sections = {"": {}}
    current, continued = "", False
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        line = raw.partition("#")[0].strip().lstrip("\ufeff")
        is_whole, continued = not continued, raw.rstrip().endswith("\\")
        if not is_whole or not line or line.startswith("."):
            continue
        if line.startswith("["):
            if "]" not in line:
                return sections, (number, line)
            current = line[1:].partition("]")[0].strip()
            sections.setdefault(current, {})
        elif "=" in line:
            name, _equals, value = line.partition("=")
            sections[current][name.strip()] = OpensslSetting(value.strip().strip("\"'"), number)
        else:
            return sections, (number, line)
    return sections, None


def without_algorithms(sections: Sections) -> List[Tuple[int, str]]:
    """Return [(line from 1, what is wrong)] of what leaves OpenSSL 3 without its algorithms, its random numbers among them."""
    start = sections[""].get("openssl_conf")
    main = sections.get(start.value, {}) if start is not None else {}
    named = main.get("providers")
    providers = sections.get(named.value, {}) if named is not None else {}
    active = {name: setting for name, setting in providers.items() if _is_active(sections.get(setting.value, {}))}
    found = []
    if active and not {"default", "fips"} & set(active):
        first = next(iter(active.values()))
        found.append((first.line, f"{', '.join(sorted(active))} alone: once one provider is activated, default is not by itself"))
    chosen = main.get("alg_section")
    wanted = sections.get(chosen.value, {}).get("default_properties") if chosen is not None else None
    if wanted is not None and wanted.value.replace(" ", "") in ("fips=yes", "fips") and "fips" not in active:
        found.append((wanted.line, f"default_properties = {wanted.value}: and no provider fips is activated"))
    return found


def _is_active(section: Dict[str, OpensslSetting]) -> bool:
    return any(name == "activate" and not _OFF.fullmatch(setting.value) for name, setting in section.items())
