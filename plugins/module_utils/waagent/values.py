# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person gives for a key of waagent.conf, as the agent takes it; what it would not take is refused.

PRIVATE: module_utils of this collection are not an interface.
"""

import difflib
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.waagent.keys import INTEGER, KEYS, SWITCH


def file_value(key, value, allow_unknown=False, where="waagent.conf"):
    """Return what to write (str) for a value, None for unset.

    key: str, name of the key.
    value: bool, int, str or None (unset) as a person gave it.
    allow_unknown: bool, take keys that no agent is known to read.
    where: str, what an error names as the place.
    Raises ImagewrightError: no agent reads the key, or it would take its default instead of the value.
    """
    if key not in KEYS:
        _check_unknown(key, allow_unknown, where)
    if value is None:
        return None
    kind = KEYS[key].kind if key in KEYS else None
    if kind == SWITCH or (kind is None and isinstance(value, bool)):
        return _switch(key, value, where)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _refused(where, key, value, f"the key takes {'an integer' if kind == INTEGER else 'text'}", "write it as one")
    text = str(value)
    if kind == INTEGER:
        return _integer(key, text, where)
    return _string(key, text, where)


def means_same(key, one, other):
    """Return whether the agent takes two values (str, None for unset) of a key as one."""
    if one is None or other is None:
        return one is other
    if key in KEYS and KEYS[key].kind == SWITCH:
        return one.lower() == other.lower()
    if key in KEYS and KEYS[key].kind == INTEGER:
        try:
            return int(one) == int(other)
        except ValueError:
            return False
    return one == other


def _check_unknown(key, allow_unknown, where):
    if not key or key != key.strip() or "=" in key or "\n" in key or key.startswith("#"):
        raise ImagewrightError(
            f"cannot set the key {key!r} in {where}: a key is text without '=', '#' in front, blanks around it or line ends; correct its name"
        )
    if allow_unknown:
        return
    similar = {name.lower(): name for name in KEYS}
    near = difflib.get_close_matches(key.lower(), similar, 1, 0.6) or [name for name in similar if name.endswith("." + key.lower())]
    hint = f"did you mean {similar[near[0]]}? " if near else ""
    raise ImagewrightError(
        f"cannot set the key {key!r} in {where}: no agent reads it (keys are case sensitive); {hint}Correct its name, or set allow_unknown: true"
    )


def _switch(key, value, where):
    if isinstance(value, bool):
        return "y" if value else "n"
    # what Jinja makes of a boolean
    words = {"y": "y", "n": "n", "true": "y", "false": "n"}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    default = KEYS[key].default
    raise _refused(
        where, key, value, "the agent knows only y and n here and would silently take its default" + (f" ({default})" if default else ""), "set true or false"
    )


def _integer(key, text, where):
    if not re.match(r"[0-9]+\Z", text):
        default = KEYS[key].default
        raise _refused(where, key, text, "the key takes a whole number" + (f" (default {default})" if default else ""), "write digits only")
    if key == "HttpProxy.Port" and not 0 < int(text) < 65536:
        raise _refused(where, key, text, "a port is between 1 and 65535", "correct it")
    return text


def _string(key, text, where):
    if text != text.strip('" ').strip() or not text:
        raise _refused(where, key, text, "the agent would drop the blanks and double quotes around it, or finds nothing", "write plain text")
    if "#" in text or not text.isprintable():
        raise _refused(where, key, text, "the agent cuts a value at '#' and at the end of the line", "use text without these")
    if text == "None":
        raise _refused(where, key, text, "to the agent this word means that the key is not set", "set null to unset it")
    known = KEYS.get(key)
    if known and known.choices and text not in known.choices:
        raise _refused(where, key, text, "the agent knows only " + ", ".join(known.choices), "set one of these")
    if known and (known.default or "").startswith("/") and not text.startswith("/"):
        raise _refused(where, key, text, "the key takes an absolute path", "begin it with '/'")
    return text


def _refused(where, key, value, cause, fix):
    return ImagewrightError(f"cannot set {key} to {value!r} in {where}: {cause}; {fix}")
