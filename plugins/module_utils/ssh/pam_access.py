# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the lines of access.conf turn away from everywhere: of the lines about a user the first counts.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: access.conf(5), pam_access(8).
"""

import collections

_CONF, _MORE = "/etc/security/access.conf", "/etc/security/access.d/*.conf"

#: The line that turns the user away.
AccessRefusal = collections.namedtuple("AccessRefusal", "path line text cause")


def refused(tree, path, name, groups):
    """Return the AccessRefusal of a user, None when nobody turns it away, or from some places alone.

    path: str of accessfile=, None for the usual files; name: str; groups: {str}, None when they are not known.
    """
    if path is not None and not tree.is_file(path):
        return AccessRefusal(path, None, "accessfile=" + path, "there is no such file, and the module gives up")
    for place in [path] if path is not None else [_CONF] + sorted(tree.glob(_MORE)):
        for number, text in enumerate(tree.read_text(place).split("\n"), 1) if tree.is_file(place) else ():
            fields = [field.strip() for field in text.split(":", 2)]
            if len(fields) < 3 or fields[0] not in ("+", "-") or not _is_among(fields[1].replace(",", " ").split(), name, groups, fields[0] == "+"):
                continue
            origins = fields[2].replace(",", " ").split()
            if fields[0] == "+":
                return None
            if origins[:1] == ["ALL"] and (len(origins) == 1 or origins[1:] in (["EXCEPT", "LOCAL"], ["EXCEPT", "cron", "crond"])):
                return AccessRefusal(place, number, text.strip(), "the user is turned away from everywhere")
    return None


def _is_among(words, name, groups, unknown):
    """Return whether a list of access.conf has the user; unknown: bool, the answer for a group where those of the user are not known."""
    if "EXCEPT" in words:
        index = words.index("EXCEPT")
        return _is_among(words[:index], name, groups, unknown) and not _is_among(words[index + 1 :], name, groups, not unknown)
    for word in words:
        if word in ("ALL", name):
            return True
        group = word[1:-1] if word.startswith("(") and word.endswith(")") else word
        if not word.startswith("@") and (unknown and word != group if groups is None else group in groups):
            return True
    return False
