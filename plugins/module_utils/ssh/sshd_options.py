# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module sshd_options: set options of the SSH server where they take effect.

PRIVATE: module_utils of this collection are not an interface.
"""

import difflib
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd, sshd_config

ARGUMENTS = {
    "options": {"type": "dict", "required": True},
    "drop_in": {"type": "str", "default": "00-azure.conf"},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def plan(tree, options, target):
    """Return (edits [edits.Edit], commented lines [{path, line, text}]) after which the options hold.

    options: {keyword: text}. target: str, path of the file that they go to.
    Raises ImagewrightError: a line that wins is in a file of the vendor's.
    """
    mode = tree.stat(sshd_config.main_file(tree)).mode & 0o777
    texts, commented = {}, []
    for keyword, value in options.items():
        while not _holds(EditedTree(tree, _edits(tree, texts, mode)), keyword, value):
            now, path, line = sshd_config.effective(EditedTree(tree, _edits(tree, texts, mode)), keyword)
            written = sshd_config.with_option(_text(tree, texts, target), keyword, value)
            if written != _text(tree, texts, target):
                texts[target] = written
            elif path is None or path.startswith("/usr/"):
                raise ImagewrightError(
                    f"cannot set {keyword} in {target}: {path} line {line} sets {now!r} before it is read, and belongs to a package; "
                    "copy that file to /etc/ssh and include the drop-ins at its top"
                )
            else:
                commented.append({"path": path, "line": line, "text": _text(tree, texts, path).split("\n")[line - 1].rstrip("\r")})
                texts[path] = sshd_config.without_line(_text(tree, texts, path), line)
    return _edits(tree, texts, mode), commented


def run(module):
    """Return the module's result after setting the options."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    main_file = sshd_config.main_file(tree)
    if main_file is None:
        raise ImagewrightError(f"cannot set options of sshd: there is no {' nor '.join(sshd_config.PATHS)}; install the SSH server first")
    options = {_keyword(name): _value(name, value) for name, value in parameters["options"].items()}
    target = _target(tree, main_file, parameters["drop_in"])
    expected = sshd.effective_options(main_file, options) if tree.is_running_system else None
    planned, commented = plan(tree, options, target)

    def read_back():
        _check(tree, options)
        if expected is not None:
            _check_sshd(sshd.effective_options(sshd_config.main_file(tree)), expected, options)

    before = {keyword: sshd_config.effective(tree, keyword)[0] for keyword in options}
    after = {keyword: sshd_config.effective(EditedTree(tree, planned), keyword)[0] for keyword in options}
    result = edits.apply(module, tree, planned, parameters["backup"], activate=read_back if planned else None)
    result.update(path=target, before=before, after=after, commented=commented)
    return result


def _keyword(name):
    """Return the keyword as sshd_config(5) writes it."""
    if name.lower() in sshd_config.KEYWORDS:
        return sshd_config.KEYWORDS[name.lower()]
    if name.lower() in sshd_config.ADDING:
        raise ImagewrightError(f"cannot set {name} of sshd: its lines add up, so that none takes effect alone; edit sshd_config by a template")
    near = difflib.get_close_matches(name.lower(), list(sshd_config.KEYWORDS), 1)
    hint = f"did you mean {sshd_config.KEYWORDS[near[0]]}? " if near else ""
    raise ImagewrightError(f"cannot set {name!r} of sshd: there is no such keyword; {hint}Correct its name")


def _value(name, value):
    """Return the value as text of the file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None or isinstance(value, (dict, list)) else str(value)
    if not text.strip() or text != text.strip() or "#" in text or not text.isprintable():
        raise ImagewrightError(f"cannot set {name} of sshd to {value!r}: a value is text on one line without '#' and blanks around it; correct it")
    return text


def _target(tree, main_file, drop_in):
    """Return the path of the file that options go to."""
    path = posixpath.join(sshd_config.FOLDER, "sshd_config.d", drop_in)
    if "/" in drop_in or not drop_in.endswith(".conf"):
        raise ImagewrightError(f"cannot write the drop-in {drop_in!r}: sshd reads names that end with .conf; correct its name")
    if sshd_config.includes(tree, main_file, path):
        return path
    if main_file != sshd_config.PATHS[0]:
        raise ImagewrightError(
            f"cannot set options of sshd: {main_file} belongs to a package and does not include {path}; copy it to {sshd_config.PATHS[0]} first"
        )
    return main_file


def _edits(tree, texts, mode):
    """Return the edits that make the texts ({path: text}) the files' content."""
    return [edits.Edit(path, edits.read(tree, path), text, mode) for path, text in texts.items()]


def _text(tree, texts, path):
    return texts[path] if path in texts else edits.read(tree, path) or ""


def _holds(tree, keyword, value):
    now = sshd_config.effective(tree, keyword)[0]
    return now is not None and sshd_config.means_same(now, value)


def _check(tree, options):
    """Raise ImagewrightError unless the options hold in the files."""
    for keyword, value in options.items():
        now, path, line = sshd_config.effective(tree, keyword)
        if now is None or not sshd_config.means_same(now, value):
            raise ImagewrightError(f"cannot set {keyword} of sshd: {path} line {line} sets {now!r} after the change; look for another program that writes it")


def _check_sshd(actual, expected, options):
    """Raise ImagewrightError unless sshd itself reads what was asked."""
    for keyword in options:
        name = keyword.lower()
        if actual.get(name) != expected.get(name):
            raise ImagewrightError(
                f"cannot set {keyword} of sshd: sshd -T reads {actual.get(name)!r} after the change, not {expected.get(name)!r}; "
                "look for a line with it behind `Match all`"
            )
