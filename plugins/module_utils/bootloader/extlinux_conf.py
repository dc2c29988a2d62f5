# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of EXTLINUX, SYSLINUX and U-Boot's extlinux.conf. Pure text, no I/O.

Source: SYSLINUX doc/syslinux.txt: keywords in any case; an APPEND before the first LABEL is that of labels without one.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

#: One label that starts a Linux kernel. line: of its LABEL (1-based); start, end: offsets of the arguments that it boots
#: with, None when no APPEND gives it any; kernel_end: offset of the end of its KERNEL line; indent: of that line.
Label = collections.namedtuple("Label", "line title kernel initrds start end kernel_end indent kind")

_LINE = re.compile(r"^([ \t]*)(menu[ \t]+label|[A-Za-z0-9]+)(?![^ \t\r\n])[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_MODULES = (".c32", ".com", ".cbt", ".0", ".bin", ".bss", ".bs", ".img")


def labels(text, _where=""):
    """Return the labels ([Label]) that start a Linux kernel, in order."""
    found, common, current, line, counted = [], None, None, 1, 0
    for match in _LINE.finditer(text):
        keyword = " ".join(match.group(2).lower().split())
        value = match.group(3).rstrip(" \t")
        span = (match.start(3), match.start(3) + len(value))
        if keyword == "label":
            found += _label(text, current, common)
            line, counted = line + text.count("\n", counted, match.start()), match.start()
            current = {"line": line, "title": value}
        elif current is None:
            common = span if keyword == "append" and value else common
        elif keyword in ("kernel", "linux") and value:
            current["kernel"], current["kernel_line"] = value, match
        elif keyword == "append":
            current["append"] = span
        elif keyword == "initrd" and value:
            current["initrd"] = value
        elif keyword == "menu label" and value:
            current["title"] = value.replace("^", "")
    return found + _label(text, current, common)


def change(text, wanted, recovery, rescue):
    """Return the menu with the Request brought into the arguments of every label that is to be changed."""
    subjects = [label for label in labels(text) if label.kind == "normal" or (label.kind == "recovery" and recovery) or (label.kind == "rescue" and rescue)]
    spans = set()
    for label in subjects:
        if label.start is not None:
            old = text[label.start : label.end]
            new = cmdline_changes.change(old, wanted)
            gap = " " if new and text[label.start - 1 : label.start] not in (" ", "\t") else ""
            spans.add((label.start, label.end, gap + new))
        elif wanted.present:
            new = " ".join(cmdline_changes.plan([], wanted).additions)
            end = "\r\n" if "\r\n" in text else "\n"
            spans.add((label.kernel_end, label.kernel_end, f"{end}{label.indent}append {new}"))
    return cmdline_changes.spliced(text, sorted(spans))


def arguments(text, label):
    """Return the kernel's arguments (str) of a Label."""
    return "" if label.start is None else " ".join(kernel_cmdline.split(text[label.start : label.end]))


def _label(text, found, common):
    """Return [Label] of what was found below a LABEL, [] when it starts no Linux kernel."""
    if not found or "kernel" not in found:
        return []
    match, kernel = found["kernel_line"], found["kernel"]
    if kernel.lower().endswith(_MODULES) or "memtest" in kernel.lower():
        return []
    span = found.get("append", common)
    if span is not None and text[span[0] : span[1]] == "-":
        span = None
    parameters = kernel_cmdline.split(text[span[0] : span[1]]) if span else []
    initrds = [path for parameter in parameters if kernel_cmdline.key(parameter) == "initrd" for path in (kernel_cmdline.parse(parameter)[1] or "").split(",")]
    initrds = initrds or found.get("initrd", "").replace(",", " ").split()
    return [
        Label(
            found["line"], found["title"], kernel, initrds, span and span[0], span and span[1], match.end(), match.group(1), _kind(found["title"], parameters)
        )
    ]


def _kind(title, parameters):
    words = title.lower()
    if "single" in parameters or "recovery" in words or "rescue target" in words:
        return "recovery"
    return "rescue" if "rescue" in words or "failsafe" in words else "normal"
