# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""waagent.conf as text: read by the agent's own rules, changed in as few bytes as can be.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.waagent.values import means_same

#: A line that the agent reads. number: int, 1-based; key: str; value: str, or None for the word ``None``, which unsets.
AgentSetting = collections.namedtuple("AgentSetting", "number key value")

#: A line that set_values removed because an earlier one sets the same key.
Duplicate = collections.namedtuple("Duplicate", "line key value")


def settings(text):
    """Return the lines ([AgentSetting]) that the agent reads, in order.

    Source: ConfigurationProvider.load in azurelinuxagent/common/conf.py.
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#") or "=" not in line:
            continue
        key, _unused, rest = line.partition("=")
        value = rest.split("#")[0].strip('" ').strip()
        found.append(AgentSetting(number, key.strip(), None if value == "None" else value))
    return found


def parse(text):
    """Return {key: value} as the agent reads the file: the last line of a key wins, a value None is unset."""
    return {setting.key: setting.value for setting in settings(text)}


def place(path, text, key):
    """Return where a key is to be set, for an error: the path, and the line that the agent reads now, if there is one."""
    numbers = [setting.number for setting in settings(text) if setting.key == key]
    return f"{path} line {numbers[-1]}" if numbers else path


def set_values(text, wanted):
    """Return (new text, [Duplicate]): the keys have the wanted values, everything else is as it was.

    wanted: {key: str as file_value gives it, or None to comment the key out}.
    The first line that sets a key is changed in place, later ones are removed; a key that is only there as a
    comment is uncommented in place; any other is added at the end.
    """
    duplicates = _later_lines(text, [key for key, value in wanted.items() if value is not None])
    removed = {duplicate.line for duplicate in duplicates}
    lines = [line for number, line in enumerate(text.split("\n"), 1) if number not in removed]
    for key, value in wanted.items():
        present = [setting for setting in settings("\n".join(lines)) if setting.key == key]
        if value is None:
            _comment_out(lines, present)
        elif present:
            _set(lines, present[0], value)
        else:
            _uncomment_or_add(lines, key, value)
    return "\n".join(lines), duplicates


def _later_lines(text, keys):
    """Return the lines ([Duplicate]) that set one of the keys again."""
    seen, found = set(), []
    for setting in settings(text):
        if setting.key in seen and setting.key in keys:
            found.append(Duplicate(*setting))
        seen.add(setting.key)
    return found


def _set(lines, setting, value):
    """Give the line the value, unless the agent already reads it there."""
    if means_same(setting.key, setting.value, value):
        return
    line = lines[setting.number - 1]
    carriage_return = "\r" if line.endswith("\r") else ""
    comment = line.partition("=")[2].partition("#")[2].rstrip("\r")
    lines[setting.number - 1] = f"{setting.key}={value}{carriage_return}"
    if comment.strip():
        # the agent's README rules comments behind a value out (R45): it keeps its text on a line of its own
        lines.insert(setting.number - 1, f"#{comment}{carriage_return}")


def _comment_out(lines, present):
    for setting in present:
        if setting.value is not None:
            lines[setting.number - 1] = "# " + lines[setting.number - 1]


def _uncomment_or_add(lines, key, value):
    commented = re.compile(r"[ \t]*#[# \t]*" + re.escape(key) + r"[ \t]*=[ \t]*[^\s#]*[ \t]*(#[^\r]*)?(\r?)\Z")
    for index, line in enumerate(lines):
        match = commented.match(line)
        if match:
            lines[index] = f"{key}={value}{match.group(2)}"
            if match.group(1):
                lines.insert(index, match.group(1) + match.group(2))
            return
    carriage_return = "\r" if len(lines) > 1 and lines[0].endswith("\r") else ""
    if lines[-1] != "":
        # the agent takes a carriage return behind a quote for a part of the value
        if parse(lines[-1] + carriage_return) == parse(lines[-1]):
            lines[-1] += carriage_return
        lines.append("")
    lines.insert(len(lines) - 1, f"{key}={value}{carriage_return}")
