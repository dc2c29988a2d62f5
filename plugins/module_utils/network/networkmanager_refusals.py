# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyfiles that NetworkManager takes for invalid: it has no such profile then, whatever else is in the file.

Source: GLib, g_key_file_load_from_data; verify() of NetworkManager's settings; tried with 1.42 and 1.52.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.place import Place
from ansible_collections.imagewright.azure.plugins.module_utils.network import ini

_METHODS = {
    "ipv4": ("auto", "manual", "link-local", "shared", "disabled"),
    "ipv6": ("auto", "dhcp", "manual", "link-local", "shared", "disabled", "ignore"),
}
_SECTION = re.compile(r"\[([^\[\]]+)\]\s*$")
_ADDRESS = re.compile(r"address(es)?\d*$")
#: Values that are words, of which a blank behind them is a part.
_WORDS = {("connection", "type"), ("connection", "interface-name")}


def refused(path, text):
    """Return the Place for which NetworkManager takes a keyfile for invalid, None without one. text: str, as of program_text.of_c."""
    section, headers, values = None, {}, {}
    for number, line in enumerate(text.split("\n"), 1):
        whole = line.rstrip("\r").lstrip()
        match = _SECTION.match(whole)
        if not whole or whole.startswith("#"):
            continue
        if match:
            section = match.group(1)
            headers.setdefault(section, Place(path, number, whole.strip()))
        elif section is None or "=" not in whole or whole.startswith("="):
            return Place(path, number, f"{whole.strip()}: is none of a key file, and NetworkManager takes none of it")
        else:
            key, _equals, value = whole.partition("=")
            values[section, key.rstrip()] = (value.lstrip(), Place(path, number, whole.strip()))
    return _of_words(values) or _of_methods(headers, values) or _of_gateway(values)


def _of_words(values):
    """Return the Place of a word with a blank behind it. values: {(section, key): (value with it, Place)}."""
    behind = [place for key, (value, place) in values.items() if key in _WORDS and value != value.rstrip()]
    return behind[0]._replace(text=f"{behind[0].text}: a blank stands behind it, and is a part of it") if behind else None


def _of_methods(headers, values):
    """Return the Place of a section of addresses without a method, or with one that there is not. headers: {section: Place}."""
    for section, methods in _METHODS.items():
        method, place = values.get((section, "method"), (None, headers.get(section)))
        if place is not None and method not in methods:
            blank = ", a blank stands behind it" if method is not None and method.strip() in methods else ""
            return place._replace(text=f"{place.text}: it has no method that there is{blank}")
    return None


def _of_gateway(values):
    """Return the Place of a gateway without an address. Source: verify of NMSettingIPConfig."""
    (gateway, place), (never, _place) = (values.get(("ipv4", key), ("", None)) for key in ("gateway", "never-default"))
    has_address = any(section == "ipv4" and _ADDRESS.match(key) for section, key in values)
    return place if gateway.strip() and not has_address and never.strip().lower() not in ini.TRUE else None
