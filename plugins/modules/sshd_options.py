#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: sshd_options
short_description: Set options of the SSH server where they take effect
version_added: 1.0.0
description:
  - Sets options of sshd so that they hold for every connection, whatever drop-ins and the main file say already.
    The first line of a keyword wins and a C(Match) ends the global part, so that a line added at the end often does nothing.
  - Where the main file includes C(/etc/ssh/sshd_config.d/*.conf), the options go to a drop-in of their own that is read first.
    Elsewhere they go to the main file, in place or before the first C(Match). A line that would still win is commented.
  - On a running guest with sshd, the values are checked by sshd before anything is written, and what sshd then reads is
    compared with what was asked. With O(root), and without sshd, the module's own reading of the files is compared.
  - The service is not reloaded.
author:
  - imagewright.azure contributors (@imagewright)
options:
  options:
    description:
      - Keywords and values. V(true) and V(false) become C(yes) and C(no).
      - Keywords whose lines add up, such as C(Port) or C(AllowUsers), are refused.
    type: dict
    required: true
  drop_in:
    description:
      - Name of the drop-in. It has to sort before those of others to win over them.
    type: str
    default: 00-azure.conf
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.readiness_info
"""

EXAMPLES = r"""
- name: Keep idle connections open behind Azure's load balancers
  imagewright.azure.sshd_options:
    options:
      ClientAliveInterval: 180

- name: The same in a mounted image
  imagewright.azure.sshd_options:
    root: /mnt/guest
    options:
      ClientAliveInterval: 180
    backup: true
"""

RETURN = r"""
path:
  description: The file that the options are written to when they do not hold yet.
  returned: success
  type: str
  sample: /etc/ssh/sshd_config.d/00-azure.conf
before:
  description: The options asked for as the files set them before, null where sshd took its default.
  returned: success
  type: dict
  sample: {ClientAliveInterval: "0"}
after:
  description: The options asked for as the files set them now.
  returned: success
  type: dict
  sample: {ClientAliveInterval: "180"}
commented:
  description: Lines that would have won and are comments now.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File that the line is in.
      type: str
    line:
      description: Line number.
      type: int
    text:
      description: The line before.
      type: str
  sample: [{path: /etc/ssh/sshd_config.d/00-aaa.conf, line: 1, text: ClientAliveInterval 0}]
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/ssh/sshd_config.3170.2026-11-22@07:20:11~]
"""

import difflib
import posixpath

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd, sshd_config


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


def main():
    """Run the module."""
    finish(
        AnsibleModule(
            argument_spec={
                "options": {"type": "dict", "required": True},
                "drop_in": {"type": "str", "default": "00-azure.conf"},
                "backup": {"type": "bool", "default": False},
                "root": {"type": "path", "default": "/"},
            },
            supports_check_mode=True,
        ),
        run,
    )


if __name__ == "__main__":
    main()
