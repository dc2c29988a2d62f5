# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB Legacy's menu.lst (grub.conf): its stanzas, and the comments that Debian's update-grub reads. Pure text, no I/O.

Source: GRUB 0.97 manual and stage2/cmdline.c (a command and its arguments are parted by blanks or ``=``; ``#`` begins a
comment only at the start of a line); stage2/stage2.c, get_line_from_config (a backslash at the end of a line joins it with
the next one, comments too); Debian's /usr/lib/grub-legacy/update-grub.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import shared_line
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

#: One `title` with its kernel. line: of its title (1-based); kernel: as written; start, end: offsets of the Linux
#: arguments in the text; kind: normal, recovery, rescue, other.
MenuStanza = collections.namedtuple("MenuStanza", "line title kernel initrds start end kind")

#: One of Debian's comments with meaning. name: kopt, kopt_2_6, defoptions, altoptions, ...; start, end: offsets of its value.
Magic = collections.namedtuple("Magic", "name start end")

_COMMAND = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9_-]*)(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)")
_PATH = re.compile(r"((?:--\S+\s+)*)(\S+)")
_MAGIC = re.compile(r"^# (kopt(?:_[0-9A-Za-z_]+)?|defoptions|altoptions|xenkopt|xenhopt)=([^\r\n]*)", re.MULTILINE)
_LABEL = re.compile(r"\([^)]*\)\s*")
_AUTOMAGIC = re.compile(r"^### BEGIN AUTOMAGIC KERNELS LIST\r?\n", re.MULTILINE)
_OPTIONS = re.compile(r"^## ## Start Default Options ##\r?\n(.*?)^## ## End Default Options ##\r?$", re.MULTILINE | re.DOTALL)
_CONTINUED = re.compile(r"\\\r?\n")


def is_menu(text):
    """Return whether a text is a menu: /etc/grub.conf on SUSE is a script for the grub shell and has no `title`."""
    return re.search(r"^[ \t]*title(?:[ \t=]|$)", text, re.MULTILINE) is not None


def stanzas(text, _where=""):
    """Return the stanzas ([MenuStanza]) that start a Linux kernel, those of Xen too, in order."""
    found, title, title_line, current = [], None, 0, []
    line, counted, lines, text = 1, 0, text, _joined(text)
    for start, command, value_start, value_end in _commands(text):
        if command == "title":
            found += _stanza(text, title, title_line, current)
            line, counted = line + lines.count("\n", counted, start), start
            title, title_line, current = text[value_start:value_end].strip(), line, []
        elif title is not None:
            current.append((command, value_start, value_end))
    return found + _stanza(text, title, title_line, current)


def change(text, wanted, recovery, rescue):
    """Return the menu with the Request brought into its stanzas, and into Debian's magic comments.

    recovery, rescue: bool, whether entries of these kinds are to be changed.
    """
    text = cmdline_changes.spliced(text, [(comment.start, comment.end, new) for comment, new in _changed_magic(text, wanted, recovery)])
    spans = []
    for stanza in stanzas(text):
        if stanza.kind == "other" or (stanza.kind == "recovery" and not recovery) or (stanza.kind == "rescue" and not rescue):
            continue
        line = text[stanza.start : stanza.end]
        tokens = kernel_cmdline.tokenize(_joined(line))
        changed = cmdline_changes.rewrite(line, tokens, cmdline_changes.plan([token.text for token in tokens], wanted))
        gap = " " if changed and not line and text[stanza.start - 1 : stanza.start] not in (" ", "\t") else ""
        spans.append((stanza.start, stanza.end, gap + changed))
    return cmdline_changes.spliced(text, spans)


def arguments(text, stanza):
    """Return the parameters (str) that a MenuStanza of the menu gives to its kernel, lines that are continued joined."""
    return " ".join(kernel_cmdline.split(_joined(text[stanza.start : stanza.end])))


def default_stanza(text):
    """Return the MenuStanza that boots when nobody chooses: number `default` of all titles, the first when it starts no kernel."""
    found, lines = stanzas(text), text
    text = _joined(text)
    titles, line, counted = [], 1, 0
    for start, command, *_unused in _commands(text):
        if command == "title":
            line, counted = line + lines.count("\n", counted, start), start
            titles.append(line)
    number = next((text[value_start:value_end].strip() for _unused, command, value_start, value_end in _commands(text) if command == "default"), "0")
    line = titles[int(number)] if number.isdigit() and int(number) < len(titles) else None
    return next((stanza for stanza in found if stanza.line == line), found[0] if found else None)


def magic(text):
    """Return Debian's magic comments ([Magic]) of a menu: those that update-grub reads, between its marks; [] where it has none."""
    options = _OPTIONS.search(text, _AUTOMAGIC.search(text).end()) if has_automagic(text) else None
    if options is None:
        return []
    return [Magic(match.group(1), match.start(2), match.end(2)) for match in _MAGIC.finditer(text, *options.span(1))]


def has_automagic(text):
    """Return whether Debian's update-grub writes the stanzas of this menu again."""
    return _AUTOMAGIC.search(text) is not None


def next_kernel(text):
    """Return the arguments (str) that Debian's update-grub gives to a new kernel, None when there is no automagic block."""
    comments = {comment.name: text[comment.start : comment.end] for comment in magic(text)}
    if "kopt" not in comments:
        return None
    return " ".join(kernel_cmdline.split(comments.get("kopt", "")) + kernel_cmdline.split(comments.get("defoptions", "")))


def _joined(text):
    """Return a text of the same length with blanks for each backslash and line end that continue a line."""
    return _CONTINUED.sub(lambda match: " " * len(match.group()), text)


def _commands(text):
    """Return [(line start, command, value start, value end)] of every line that is no comment."""
    found = []
    for line in re.finditer(r"[^\n]+", text):
        match = _COMMAND.match(text, line.start(), line.end())
        if match and not line.group().lstrip(" \t").startswith("#"):
            end = match.end(2)
            found.append((line.start(), match.group(1), match.start(2), end - (text[end - 1 : end] == "\r" and end > match.start(2))))
    return found


def _stanza(text, title, line, commands):
    """Return [MenuStanza] of the commands between two titles, [] when they start no Linux kernel."""
    kernels = [(start, end) for command, start, end in commands if command == "kernel"]
    modules = [(start, end) for command, start, end in commands if command in ("module", "modulenounzip")]
    initrds = [text[start:end].strip() for command, start, end in commands if command == "initrd"]
    if title is None or not kernels:
        return []
    if posixpath.basename(_path(text, *kernels[0])[0]).startswith("xen") and modules:
        place, initrds = modules[0], [_path(text, *module)[0] for module in modules[1:]]
    else:
        place = kernels[0]
    kernel, start = _path(text, *place)
    if not kernel:
        return []
    return [MenuStanza(line, title, kernel, initrds, start, place[1], _kind(title, kernel, text[start : place[1]]))]


def _path(text, start, end):
    """Return (path, offset where its arguments begin) of the value of a `kernel` or `module` command."""
    match = _PATH.match(text, start, end)
    if not match:
        return "", end
    arguments = match.end()
    while arguments < end and text[arguments] in " \t":
        arguments += 1
    return match.group(2), arguments


def _kind(title, kernel, arguments):
    name = posixpath.basename(kernel).lower()
    if name.startswith(("memtest", "xen", "iplx", "ipxe", "etherboot")):
        return "other"
    words = title.lower()
    if "failsafe" in words or "rescue" in words or "0-rescue" in name:
        return "rescue"
    if "single-user" in words or "recovery mode" in words or "single" in kernel_cmdline.split(arguments):
        return "recovery"
    return "normal"


def _changed_magic(text, wanted, recovery):
    """Return [(Magic, its new value)] in order."""
    comments = magic(text)
    defaults = next((comment for comment in comments if comment.name == "defoptions"), None)
    alternatives = [comment for comment in comments if comment.name == "altoptions"]
    normal = "" if defaults is None else text[defaults.start : defaults.end]
    changed = {}
    for comment in comments:
        if not comment.name.startswith("kopt"):
            continue
        shared = text[comment.start : comment.end]
        lines = [kernel_cmdline.tokenize(line) for line in (shared, normal)]
        parameters = [[token.text for token in line] for line in lines]
        planned = shared_line.plan(parameters[0], parameters[1], [], wanted, recovery and bool(alternatives))
        changed[comment] = cmdline_changes.rewrite(shared, lines[0], planned[0])
        if defaults is not None and defaults not in changed:
            changed[defaults] = cmdline_changes.rewrite(normal, lines[1], planned[1])
    for comment in alternatives if recovery else []:
        value = text[comment.start : comment.end]
        label = _LABEL.match(value)
        start = label.end() if label else 0
        changed[comment] = value[:start] + cmdline_changes.change(value[start:], wanted._replace(present=[]))
    return sorted(changed.items(), key=lambda item: item[0].start)
