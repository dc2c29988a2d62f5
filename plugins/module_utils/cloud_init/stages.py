# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud.cfg: in which of its stages cloud-init runs a module, and how modules come into the first one.

Only block lists with one item a line are understood, which all that is shipped has; the file is never parsed and written as YAML, so
that comments and all else stay as they are.

Source: read_conf_with_confd, Modules._read_modules and form_module_name of cloud-init 18.5 to 25.1.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

#: A list of modules. path, line: where its key is; items: [Item].
Stage = collections.namedtuple("Stage", "path line items")

#: One module. path, line: where it is, line from 1; dash: str, what stands before text; text: str, ``[mounts, always]  # comment``;
#: name: str, ``mounts``.
Item = collections.namedtuple("Item", "path line dash text name")

INIT, CONFIG, FINAL = "cloud_init_modules", "cloud_config_modules", "cloud_final_modules"

#: What the resource disk takes, in the order in which cloud-init has to run it (R42).
RESOURCE_DISK = ("disk_setup", "mounts")

PATH = "/etc/cloud/cloud.cfg"

#: In upstream's list the file systems of further disks come behind these, which enlarge that of the root.
_BEFORE = ("growpart", "resizefs")

_ITEM = re.compile(r"(?P<dash> *- +)(?P<text>\S.*?)\s*\Z")
_SCALAR = r"""(?P<quote>["']?)(?P<name>[A-Za-z0-9_.-]+)(?P=quote)\s*"""

#: ``mounts``, ``[mounts, always]``, ``{frequency: always, name: mounts}``, ``name: mounts``; a comment may follow.
_FORMS = [
    re.compile(form + r"\s*(?:\s#.*)?\Z")
    for form in (_SCALAR, rf"\[\s*{_SCALAR}(?:,[^#]*)?\]", rf"\{{(?:[^#]*,)?\s*name\s*:\s+{_SCALAR}(?:,[^#]*)?\}}", rf"name\s*:\s+{_SCALAR}")
]


def texts(tree, path=PATH):
    """Return [(path, text)] of the files that cloud-init reads: where several have a list, that of the first counts."""
    return [(each, tree.read_text(each)) for each in tree.glob(path + ".d/*.cfg")[::-1] + [path] if tree.is_file(each)]


def stages(read):
    """Return {INIT, CONFIG or FINAL: Stage} of the lists that count.

    read: what texts returns.
    Raises ImagewrightError: a list is not one item a line.
    """
    found = {}
    for path, text in read:
        lines = text.split("\n")
        for key in (INIT, CONFIG, FINAL):
            line = _key_line(path, lines, key)
            if line is not None:
                found.setdefault(key, Stage(path, line, _items(path, lines, line)))
    return found


def is_early(found, names):
    """Return whether the first stage has the modules, once each and in this order, and no later stage has them.

    found: what stages returns; names: [str], ``-`` and ``_`` are equal.
    """
    names = [_canonical(name) for name in names]
    return [(key, item.name) for key, item in _all(found) if item.name in names] == [(INIT, name) for name in names]


def early(read, names):
    """Return ({path: text} of the files that change, [(INIT, CONFIG or FINAL, Item)] that leave their place).

    The first stage then runs the modules, in this order, and no later one does. Those that it runs in this order already stay where
    they are. The others come behind the one before them, the first behind growpart and resizefs. An item keeps what it says besides
    the name, and its comment.
    read: what texts returns; names: [str].
    Raises ImagewrightError: a list is not one item a line, or there is none for the first stage.
    """
    found = stages(read)
    if INIT not in found:
        raise ImagewrightError(
            f"cannot have cloud-init run {', '.join(names)} in its first stage: {read[-1][0]} has no list {INIT}; restore the file from cloud-init's package"
        )
    wanted = {_canonical(name): Item(None, None, "", name, _canonical(name)) for name in names}
    for _key, item in reversed(_all(found)):
        if item.name in wanted:
            wanted[item.name] = item
    order = _ordered(found[INIT].items, wanted)
    gone = [(key, item) for key, item in _all(found) if item.name in wanted and item not in order]
    return _written(read, found[INIT], order, {(item.path, item.line) for _key, item in gone}), gone


def _all(found):
    """Return [(INIT, CONFIG or FINAL, Item)] in the order in which cloud-init runs them."""
    return [(key, item) for key in (INIT, CONFIG, FINAL) if key in found for item in found[key].items]


def _ordered(items, wanted):
    """Return the items of the first stage as they shall be; those that come in have the line None.

    wanted: {name: Item}, the first item of that name in any list.
    """
    kept, last = set(), 0
    for item in wanted.values():
        if item in items and item.line > last:
            kept.add(item.name)
            last = item.line
    order = [item for item in items if item.name not in wanted or (item.name in kept and item == wanted[item.name])]
    names = list(wanted)
    for number, name in enumerate(names):
        if name in kept:
            continue
        present = [item.name for item in order]
        later = [present.index(each) for each in names[number:] if each in kept]
        if number:
            place = present.index(names[number - 1]) + 1
        elif later:
            place = later[0]
        else:
            place = max([index + 1 for index, each in enumerate(present) if each in _BEFORE], default=0)
        order.insert(place, wanted[name]._replace(line=None))
    return order


def _written(read, init, order, gone):
    """Return {path: text} without the lines that are gone, and with the first stage in its order.

    gone: {(path, line)}.
    """
    dash = next((item.dash for item in init.items), next((item.dash for item in order if item.dash), " - "))
    added, line = {}, init.items[0].line - 1 if init.items else init.line
    for item in order:
        if item.line is None:
            added.setdefault(line, []).append(dash + item.text)
        else:
            line = item.line
    after = {}
    for path, text in read:
        lines = []
        for number, content in enumerate(text.split("\n"), 1):
            if (path, number) not in gone:
                lines.append(content)
            if path == init.path:
                ending = "\r" if text.split("\n")[init.line - 1].endswith("\r") else ""
                lines += [new + ending for new in added.get(number, [])]
        if "\n".join(lines) != text:
            after[path] = "\n".join(lines)
    return after


def _key_line(path, lines, key):
    """Return the number (int, from 1) of the line that begins the list, None when there is no such list."""
    found = None
    begins = re.compile(rf"""(["']?){key}\1\s*:\s*(?:\s#.*)?\Z""")
    mentions = re.compile(rf"""(?:\A|[\s,{{])["']?{key}["']?\s*:""")
    for number, line in enumerate(lines, 1):
        if begins.match(line) and found is None:
            found = number
        elif not line.lstrip().startswith("#") and mentions.search(re.sub(r"\s#.*", "", line)):
            cause = f"{key} begins here a second time" if begins.match(line) else f"{key} is not a list with one item a line: {line.strip()!r}"
            raise _unclear(path, number, cause, f"write it once, as the line `{key}:`, and one line `- name` for each module")
    return found


def _items(path, lines, key_line):
    """Return the items ([Item]) of the list whose key is in the line."""
    items = []
    for number, line in enumerate(lines[key_line:], key_line + 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ITEM.match(line)
        if not match and line[0] not in " \t" and not re.match(r"-\s*\Z", line):
            break
        name = next((found for found in (form.match(match.group("text")) for form in _FORMS) if found), None) if match else None
        if not name:
            raise _unclear(path, number, f"this is not an item of one line: {line.strip()!r}", "write it in one line, `- name` or `- [name, frequency]`")
        item = Item(path, number, match.group("dash"), match.group("text"), _canonical(name.group("name")))
        if items and item.dash.index("-") != items[0].dash.index("-"):
            raise _unclear(
                path, number, f"this item is indented otherwise than the first one of its list, in line {items[0].line}: {line.rstrip()!r}", "indent both alike"
            )
        items.append(item)
    return items


def _canonical(name):
    """Return the name (str) that cloud-init looks for: ``mounts`` for ``cc_mounts`` and ``mounts.py``, ``disk_setup`` for ``disk-setup``."""
    name = name.strip().replace("-", "_")
    name = name[: -len(".py")] if name.lower().endswith(".py") else name
    return name[len("cc_") :] if name.startswith("cc_") else name


def _unclear(path, line, cause, fix):
    return ImagewrightError(f"cannot read the lists of cloud-init's modules in {path} line {line}: {cause}; {fix}")
