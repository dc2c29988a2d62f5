# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML of a guest, netplan's and cloud-init's: read with bounds, every key with its place, and edited without touching the text around.

PyYAML is the one package beside the standard library that guest code may use. It is imported here alone. A module that will read YAML calls
respawn_where_needed first; where no Python of the guest has PyYAML, load raises an error that names the package.

PRIVATE: module_utils of this collection are not an interface.
"""

import copy
import sys
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree


class Document(NamedTuple):
    """A file. value: what it says; places: {path of keys: Span}, e.g. ``("network", "version")``; an item of a list has its number, from 0, in the path."""

    value: Any
    places: "Dict[Keys, Span]"


class Span(NamedTuple):
    """Where a key or an item stands. line: from 1; start, end: characters from the file's start, of the key (or item) and behind its value;
    flow: whether it stands between braces or brackets, or behind the dash of a list: it has no lines of its own then.
    """

    line: int
    start: int
    end: int
    flow: bool


#: The way to a value: keys of mappings, numbers of items of lists.
Key = Any
Keys = Tuple[Key, ...]

#: Bounds of one file; the largest configurations of real systems have some 20 KiB. PyYAML takes 2 s for the most that is read.
MOST_CHARACTERS = 256 * 1024
MOST_NODES = 50000  # with every alias written out, as "billion laughs" would be
MOST_DEPTH = 50

#: Pythons of distributions: Red Hat's own, then everybody's.
_PYTHONS = ("/usr/libexec/platform-python", "/usr/bin/python3", "/usr/local/bin/python3")
#: Where guests have YAML.
_FOLDERS = ("/etc/netplan", "/etc/cloud")
_PACKAGES = "python3-yaml (Debian, Ubuntu), python3-pyyaml (Red Hat), python3-PyYAML (SUSE) or py3-yaml (Alpine)"


def respawn_where_needed(tree: Tree) -> None:
    """Start the running module again with a Python of this machine that has PyYAML, where this one has none but another has; call it first.

    tree: Tree of the guest; one without netplan and cloud-init has no YAML.
    """
    from ansible.module_utils.common import respawn  # pylint: disable=import-outside-toplevel

    if is_there() or not any(tree.is_dir(folder) for folder in _FOLDERS) or respawn.has_respawned():
        return
    found = respawn.probe_interpreters_for_module(list(_PYTHONS), "yaml")
    if found:
        respawn.respawn_module(found)


def is_there() -> bool:
    """Return whether this Python has PyYAML."""
    try:
        import yaml  # pylint: disable=import-outside-toplevel
    except ImportError:
        return False
    return bool(yaml.__version__)


def load(path: str, text: str) -> Document:
    """Return the Document of a YAML text; one that is empty, or comments alone, has the value None.

    path: str, the guest's, for the error; text: str.
    Raises ImagewrightError: it is no YAML, is past the bounds, or PyYAML is missing (its details have ``missing: PyYAML``).
    """
    try:
        import yaml  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise ImagewrightError(
            f"cannot read {path}: it is YAML, and {sys.executable or 'this Python'} has no PyYAML; install {_PACKAGES}", missing="PyYAML"
        ) from None
    if len(text) > MOST_CHARACTERS:
        raise ImagewrightError(f"cannot read {path}: it has more than {MOST_CHARACTERS // 1024} KiB, which no configuration has; look whether it is damaged")

    class Loader(yaml.SafeLoader):
        """Composes no deeper than the bound: PyYAML calls itself for each level."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > MOST_DEPTH:
                raise _past_bounds(path, self.peek_event().start_mark.line + 1, f"it nests deeper than {MOST_DEPTH} levels")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    try:
        loader = Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(None, {})
        _check_size(path, node)
        places: Dict[Keys, Span] = {}
        _place(node, (), False, places)
        return Document(loader.construct_document(node), places)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        cause = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise ImagewrightError(f"cannot read {path}{line}: it is not right YAML: {cause}; correct it") from None
    except (ValueError, OverflowError, TypeError) as error:
        raise ImagewrightError(f"cannot read {path}: it has a value that is none of YAML: {error}; correct it") from None


def get(document: Document, *keys: Key) -> Any:
    """Return the value at the path of keys (and numbers, of items), None where a part of the path is not there."""
    value = document.value
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def line(document: Document, *keys: Key) -> Optional[int]:
    """Return the line (int from 1) of the path of keys, or of its nearest part that has a place; None for an empty file."""
    while keys and keys not in document.places:
        keys = keys[:-1]
    if keys:
        return document.places[keys].line
    return min((place.line for place in document.places.values()), default=None)  # a merge key gives it


def without(path: str, text: str, unwanted: Iterable[Keys]) -> str:
    """Return the text without the keys, all else as it is to the byte.

    path: str, for the error; unwanted: [tuple], paths of keys. A mapping that has no other key goes with its last one.
    Raises ImagewrightError: a key shares its line with something else (``{a: 1, b: 2}``), or an alias elsewhere refers to it.
    """
    for keys in unwanted:
        document = load(path, text)
        if keys not in document.places:
            if get(document, *keys) is not None:
                raise _not_editable(path, line(document, *keys) or 1, keys, "a merge key (`<<`) gives it")
            continue
        while len(keys) > 1 and len(get(document, *keys[:-1])) == 1:
            keys = keys[:-1]
        expected = copy.deepcopy(document.value)
        parent = expected
        for key in keys[:-1]:
            parent = parent[key]
        del parent[keys[-1]]
        text = _cut(path, text, document.places[keys], keys)
        if load(path, text).value != (expected or None):
            raise _not_editable(path, document.places[keys].line, keys, "other lines refer to it")
    return text


def _check_size(path: str, root: Any) -> None:
    """Raise ImagewrightError when the nodes, every alias written out, are more than the bound, or refer to themselves."""
    sizes: Dict[int, int] = {}
    open_nodes: Set[int] = set()
    waiting = [(root, False)]
    while waiting:
        node, are_children_known = waiting.pop()
        if id(node) in sizes:
            continue
        children = _children(node)
        if are_children_known:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[id(node)] > MOST_NODES:
                raise _past_bounds(path, node.start_mark.line + 1, f"it has more than {MOST_NODES} values")
            continue
        if id(node) in open_nodes:
            raise _past_bounds(path, node.start_mark.line + 1, "it refers to itself")
        open_nodes.add(id(node))
        waiting.append((node, True))
        waiting += [(child, False) for child in children]


def _children(node: Any) -> List[Any]:
    if isinstance(node.value, str):
        return []
    return [each for item in node.value for each in (item if isinstance(item, tuple) else (item,))]


def _place(node: Any, keys: Keys, inside_flow: bool, places: Dict[Keys, Span]) -> int:
    """Fill places with the Span of every key and item below a node; its end is that of its last scalar, without the blank lines behind."""
    if isinstance(node.value, str):
        return node.end_mark.index
    end = node.end_mark.index if not node.value or node.flow_style else node.start_mark.index
    for number, item in enumerate(node.value):
        key, value = item if isinstance(item, tuple) else (None, item)
        name = number if key is None else key.value if isinstance(key.value, str) else None
        start = value.start_mark if key is None else key.start_mark
        below = _place(value, keys + (name,), inside_flow or bool(node.flow_style), places)
        below = max(below, start.index if key is None else key.end_mark.index)
        places[keys + (name,)] = Span(start.line + 1, start.index, below, inside_flow or bool(node.flow_style) or key is None)
        end = max(end, below)
    return end


def _cut(path: str, text: str, place: Span, keys: Keys) -> str:
    """Return the text without the lines from a key to the end of its value."""
    start = text.rfind("\n", 0, place.start) + 1
    end = place.end
    while text[end - 2 : end] == "\n\n":
        end -= 1  # a block of text ends behind the empty lines that follow it
    if text[end - 1 : end] != "\n":
        behind = text.find("\n", end)
        behind = len(text) if behind < 0 else behind + 1
        if text[end:behind].strip(" \t\r\n:") and not text[end:behind].lstrip(" \t:").startswith("#"):
            raise _not_editable(path, place.line, keys, "something else stands behind it in its line")
        end = behind
    if place.flow or text[start : place.start].strip(" \ufeff"):
        raise _not_editable(path, place.line, keys, "it has no line of its own")
    return text[:start] + text[end:]


def _not_editable(path: str, number: int, keys: Keys, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot take {'.'.join(str(key) for key in keys)} out of {path} line {number}: {cause}; take it out by hand")


def _past_bounds(path: str, number: int, cause: str) -> ImagewrightError:
    return ImagewrightError(f"cannot read {path} line {number}: {cause}, which no configuration does; look whether it is damaged")
