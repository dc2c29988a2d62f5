# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where kernel-install and SUSE's sdbootutil take the next kernel's command line from.

Source: systemd 90-loaderentry.install; openSUSE sdbootutil (cmdline.d: /usr/kernel/cmdline.d/*, of which one that
/etc/kernel/cmdline.d has too does not count, then /etc/kernel/cmdline.d/*); Red Hat 20-grub.install.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.bootloader import bls_entry, menu_places, reading
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import cmdline as kernel_cmdline, cmdline_changes

MAIN, VENDOR_MAIN = menu_places.KERNEL_CMDLINE, "/usr/lib/kernel/cmdline"
PARTS, VENDOR_PARTS = "/etc/kernel/cmdline.d", "/usr/kernel/cmdline.d"
#: Red Hat's own way: it takes the words of comments for parameters, and a MAIN that is older than DEFAULTS for overruled.
RED_HAT = "/usr/lib/kernel/install.d/20-grub.install"
DEFAULTS = "/etc/default/grub"

_COMMENT = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
#: Rounds of editing after which files that override each other count as unsolvable.
_MAX_ROUNDS = 4


def files(tree):
    """Return {path: text} of the files whose words the next kernel gets, in their order; {} where nothing on the guest says it."""
    main = next((path for path in (MAIN, VENDOR_MAIN) if tree.is_file(path)), None)
    if main is None:
        return collections.OrderedDict()
    own = reading.texts(tree, [PARTS + "/*"])
    vendor = [(path, text) for path, text in reading.texts(tree, [VENDOR_PARTS + "/*"]).items() if not tree.exists(f"{PARTS}/{posixpath.basename(path)}")]
    return collections.OrderedDict([(main, reading.text(tree, main))] + vendor + list(own.items()))


def line(tree, found):
    """Return the parameters ([str]) that the next kernel gets from the files ({path: text})."""
    return [token.text for text in found.values() for token in _tokens(text, tree.exists(RED_HAT))]


def change(tree, wanted, main):
    """Return [(path, before, after)] of the files, those that stay as they are too; before is None for a file that is new.

    main: str, the text of /etc/kernel/cmdline, as it is or as it is to be made.
    What a vendor's file gives is changed in a copy of it below /etc, which counts in its stead.
    Raises ImagewrightError: the files do not come to the wanted line.
    """
    before = files(tree)
    before.pop(VENDOR_MAIN, None)
    after = _in_order(dict(before, **{MAIN: main}))
    for _unused in range(_MAX_ROUNDS):
        changed = _changed(after, wanted)
        if changed == after:
            break
        after = _in_order({path if path == MAIN or text == after[path] else f"{PARTS}/{posixpath.basename(path)}": text for path, text in changed.items()})
    else:
        raise ImagewrightError(
            f"cannot set the parameters in {MAIN}: it and the files of {PARTS} do not come to the wanted line; write all parameters into the first"
        )
    return [(path, before.get(path), text) for path, text in after.items()]


def edits(planned):
    """Return the [Edit] of what change returned."""
    return [Edit(path, before, after) for path, before, after in planned if before != after]


def warnings(tree):
    """Return what the user has to know of these files ([str])."""
    if not tree.is_file(MAIN) or not tree.exists(RED_HAT):
        return []
    found = [match.start() for match in _COMMENT.finditer(reading.text(tree, MAIN))]
    return [
        f"{MAIN} line {reading.text(tree, MAIN).count(chr(10), 0, start) + 1}: Red Hat's 20-grub.install takes the words of this comment for "
        "kernel parameters; remove it"
        for start in found[:1]
    ]


def is_overruled(tree):
    """Return whether Red Hat's 20-grub.install would make the next kernel's line of /etc/default/grub and the probed root, for that is younger."""
    main, defaults = tree.stat(MAIN), tree.stat(DEFAULTS)
    return main is not None and defaults is not None and main.mtime < defaults.mtime


def _in_order(texts):
    """Return {path: text} in the order in which the files are read."""
    return collections.OrderedDict(sorted(texts.items(), key=lambda item: (item[0] != MAIN, not item[0].startswith(VENDOR_PARTS), item[0])))


def _changed(texts, wanted):
    """Return {path: text} with the Request brought into the line that the files make together: into the first of them, if that does."""
    if _is_right(texts, wanted):
        return texts
    after = collections.OrderedDict(
        (path, _rewritten({path: text}, wanted)[path] if path == MAIN else _without_given(text, wanted)) for path, text in texts.items()
    )
    return after if _is_right(after, wanted) else _rewritten(after, wanted)


def _is_right(texts, wanted):
    return cmdline_changes.is_right(" ".join(token.text for text in texts.values() for token in _tokens(text, False)), wanted)


def _without_given(text, wanted):
    """Return a file's text without what is unwanted, and without what another file will hold as wanted."""
    lines = _by_line(text, _tokens(text, False))
    changes = bls_entry.without_given([token.text for group in lines for token in group], wanted)
    spans = [span for group, part in zip(lines, cmdline_changes.divided(lines, changes)) for span in cmdline_changes.spans(group, part)]
    return cmdline_changes.spliced(text, spans)


def _rewritten(texts, wanted):
    """Return {path: text} with the Request brought into the words of all files as if they were one line."""
    lines = [(path, group) for path, text in texts.items() for group in _by_line(text, _tokens(text, False))]
    changes = cmdline_changes.plan([token.text for _unused, group in lines for token in group], wanted)
    spans = collections.defaultdict(list)
    for (path, group), part in zip(lines, cmdline_changes.divided([group for _unused, group in lines], changes)):
        spans[path] += cmdline_changes.spans(group, part, bls_entry.write_parameter)
    after = collections.OrderedDict((path, cmdline_changes.spliced(text, spans[path])) for path, text in texts.items())
    if changes.additions and not lines:
        text = after[MAIN]
        after[MAIN] = text + ("" if not text or text.endswith("\n") else "\n") + " ".join(map(bls_entry.write_parameter, changes.additions)) + "\n"
    return after


def _tokens(text, with_comments):
    """Return the parameters ([kernel_cmdline.Token]) of a file's text."""
    return kernel_cmdline.tokenize(text if with_comments else _COMMENT.sub(lambda match: " " * len(match.group()), text))


def _by_line(text, tokens):
    """Return [[Token]]: the tokens of each line that has any."""
    groups, end = [], -1
    for token in tokens:
        if not groups or token.start > end:
            groups.append([])
            end = text.find("\n", token.end)
            end = len(text) if end < 0 else end
        groups[-1].append(token)
    return groups
