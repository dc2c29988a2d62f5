# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init's files as they are joined: what ``merge_how`` of one of them makes of all.

A file is laid under those that come after it by name, and by its own ``merge_how``: the usual one leaves what they say. One without ``dict()`` leaves the file
out, ``dict(replace)`` takes its keys from the others, ``dict(recurse_list)+list(append)`` joins its lists to theirs.

PRIVATE: module_utils of this collection are not an interface.
Source: cloudinit/mergers, cloudinit/util.py (mergemanydict, read_conf_with_confd); tried with 22.4.
"""

import collections
import copy
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import yaml_text
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError

_KEYS = ("merge_how", "merge_type")
_KINDS = ("dict", "list", "str")
_OF_LISTS = ("append", "prepend", "replace", "no_replace")
_PREFIX = "m_"  # of the modules that do it
_USUAL = {"dict": (), "list": (), "str": ()}

#: What joined() returns. documents: [(path, Document)], each as it counts; left_out: [(path, line)] of the files that do not count at all.
Joined = collections.namedtuple("Joined", "documents left_out")


def way(path, document):
    """Return {dict, list or str: (option, ...)} of a file; a kind that it leaves out is not there.

    Raises ImagewrightError: cloud-init does not understand it, and ends.
    """
    key = next((name for name in _KEYS if yaml_text.get(document, name) is not None), None)
    if key is None:
        return _USUAL
    said, found = yaml_text.get(document, key), {}
    try:
        listed = _of_text(said) if isinstance(said, str) else [_of_item(item) for item in said]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise _wrong(path, document, key, said) from None
    for name, options in listed:
        kind = name[len(_PREFIX) :] if name.startswith(_PREFIX) else name
        if name and kind not in _KINDS:
            raise _wrong(path, document, key, said)
        if name:
            found.setdefault(kind, tuple(options))
    return found or _USUAL


def joined(found):
    """Return the Joined of the files ([(path, Document)] in the order in which cloud-init reads them), all of whose ways are right."""
    above, left_out = [], []
    for path, document in reversed(found):
        how = way(path, document)
        if "dict" not in how:
            left_out.append((path, yaml_text.line(document, next(name for name in _KEYS if yaml_text.get(document, name) is not None))))
            continue
        if isinstance(document.value, dict) and how != _USUAL:
            above, document = _laid_under(above, document, how)
        above.insert(0, (path, document))
    return Joined(above, left_out[::-1])


def _of_text(text):
    """Return [(kind, [option])] of ``list(append)+dict(recurse_list)``; raise ValueError of what is none."""
    found = []
    for word in (each.strip().lower().replace("-", "_") for each in text.split("+")):
        match = re.match(r"([a-z_][a-z0-9_]*)\((.*?)\)$", word)
        if word and not match:
            raise ValueError(word)
        if word:
            found.append((match.group(1), [option.strip() for option in match.group(2).split(",") if option.strip()]))
    return found


def _of_item(item):
    if isinstance(item, dict):
        return item["name"].replace("-", "_").strip(), list(item["settings"])
    return item[0].strip(), list(item[1:])


def _wrong(path, document, key, said):
    place = f"{path} line {yaml_text.line(document, key)}"
    return ImagewrightError(f"cannot join {place}: {key}: {said!r} is none of cloud-init's, which ends with it; write list(append)+dict(recurse_list)+str()")


def _laid_under(above, document, how):
    """Return (the documents above it as they are now, the document as it is) of one that is not laid under them in the usual way."""
    if "replace" in how["dict"]:
        return [(path, _without(each, set(document.value))) for path, each in above], document
    if "allow_delete" in how["dict"]:
        deleted = {key for key, content in document.value.items() if content is None}
        above, document = [(path, _without(each, deleted)) for path, each in above], _without(document, deleted & _said(above))
    if {"recurse_array", "recurse_list"} & set(how["dict"]) and "list" in how:
        for keys, own in _lists(document.value, ()):
            above = _with_list(above, keys, own, how["list"])
    return above, document


def _said(above):
    return {key for _path, each in above if isinstance(each.value, dict) for key in each.value}


def _without(document, names):
    """Return the Document without keys ({str}) at its top."""
    if not isinstance(document.value, dict):
        return document
    kept = {key: content for key, content in document.value.items() if key not in names}
    return document._replace(value=kept, places={keys: place for keys, place in document.places.items() if keys[0] not in names})


def _lists(value, keys):
    """Return [(path of keys, list)] of the lists in mappings."""
    found = []
    for key, content in value.items():
        if isinstance(content, list):
            found.append((keys + (key,), content))
        elif isinstance(content, dict):
            found += _lists(content, keys + (key,))
    return found


def _with_list(above, keys, own, options):
    """Return the documents above of which the first one that has the list has it joined with one's own."""
    for index in range(len(above) - 1, -1, -1):
        path, document = above[index]
        if keys not in document.places:
            continue
        there = yaml_text.get(document, *keys)
        if not isinstance(there, list):
            return above
        method = next((name for name in _OF_LISTS if name in options), "replace")
        content = {
            "append": there + own,
            "prepend": own + there,
            "replace": own[: len(there)] + there[len(own) :],
            "no_replace": there,
        }[method]
        changed = copy.deepcopy(document.value)
        parent = changed
        for key in keys[:-1]:
            parent = parent[key]
        parent[keys[-1]] = content
        return above[:index] + [(path, document._replace(value=changed))] + above[index + 1 :]
    return above
