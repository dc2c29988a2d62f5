#!/usr/bin/python
# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: sudoers_clean
short_description: Take "Defaults targetpw" and "ALL ALL=(ALL) ALL" out of sudoers
version_added: 1.0.0
description:
  - Takes the pair C(Defaults targetpw) and V(ALL ALL=(ALL\) ALL) out of C(/etc/sudoers) and everything that it includes.
    With the pair, sudo asks every user for root's password, which nobody has on Azure.
  - The pair is one change. Without C(targetpw), the other line would let everybody become root with the own password, so the
    module refuses to leave it, or a rule that means the same, behind.
  - The whole sudoers tree as it is to become is checked by C(visudo) before the first file is replaced.
  - Continued lines, C(#include), C(@includedir) and C(#uid) are read as sudo reads them. Of a C(Defaults) line with several
    options only C(targetpw) goes. C(rootpw) and C(runaspw) are treated as C(targetpw); each of the three that a later entry
    turns off is off, and its lines stay. C(Defaults:ALL), C(Defaults@ALL), C(Defaults>ALL) and C(Defaults!ALL) are for everybody, and treated so.
    What is negated, or bound to other users, hosts, runas users or commands, and every other rule, stays.
  - Where sudo reads C(/usr/etc/sudoers) (SUSE, as long as there is no C(/etc/sudoers)), that file is copied to
    C(/etc/sudoers) and cleaned there, as C(visudo) itself would store it.
  - A guest without sudo has nothing to clean, RV(main_file) is null then.
author:
  - imagewright.azure contributors (@imagewright)
options:
  rules:
    description:
      - What is taken out. V(targetpw) is the option in a C(Defaults) line that is for everybody, or C(rootpw) or C(runaspw).
        V(all_all) is V(ALL ALL=(ALL\) ALL).
    type: list
    elements: str
    choices: [targetpw, all_all]
    default: [targetpw, all_all]
  method:
    description:
      - V(comment) puts C(# ) before each line that goes, V(remove) takes it out of the file.
    type: str
    choices: [comment, remove]
    default: comment
  path:
    description:
      - The main sudoers file, a path in the guest. Another one than the default must be there.
    type: path
    default: /etc/sudoers
  follow_includes:
    description:
      - Clean the included files too. With V(false) they are still checked for what they mean together with O(path).
    type: bool
    default: true
  runas_group:
    description:
      - Take V(ALL ALL=(ALL:ALL\) ALL) for V(all_all) too.
    type: bool
    default: false
  validate:
    description:
      - Check the tree by C(visudo) before and after the change. With O(root), by the guest's own C(visudo) when it runs on this machine.
    type: bool
    default: true
  allow_lockout:
    description:
      - Go on although nobody could become root afterwards, neither by another sudo rule, nor by a password or an SSH key of root's.
        Right for an image whose first user gets a sudo rule from the Azure agent or cloud-init.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - imagewright.azure.guest
  - imagewright.azure.guest.backup
seealso:
  - module: imagewright.azure.waagent_conf
"""

EXAMPLES = r"""
- name: Let users of the sudo group use their own password
  imagewright.azure.sudoers_clean:

- name: Clean a mounted image whose first user will come from Azure
  imagewright.azure.sudoers_clean:
    root: /mnt/guest
    allow_lockout: true

- name: Take the lines out for good and keep copies
  imagewright.azure.sudoers_clean:
    method: remove
    runas_group: true
    backup: true

- name: Take only the rule out of one file, with targetpw left on
  imagewright.azure.sudoers_clean:
    path: /etc/sudoers
    follow_includes: false
    rules: [all_all]
"""

RETURN = r"""
main_file:
  description:
    - The file that sudo starts with, O(path) or the vendor's; null where the guest has neither, which is to say no sudo.
  returned: success
  type: str
  sample: /etc/sudoers
matches:
  description: The lines that were taken out (in check mode, would be).
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: File that the line is in.
      type: str
    line:
      description: Line number before the change.
      type: int
    text:
      description: The line without comment.
      type: str
    rule:
      description: V(targetpw) or V(all_all).
      type: str
  sample: [{path: /etc/sudoers, line: 68, text: Defaults targetpw, rule: targetpw}]
created:
  description: The file that the vendor's file was copied to, null when it was not.
  returned: success
  type: str
  sample: /etc/sudoers
backup_files:
  description: Copies of what was changed, when O(backup=true).
  returned: success
  type: list
  elements: str
  sample: [/etc/sudoers.3170.2026-11-22@07:20:11~]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, finish
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_lines, visudo


def plan(tree, matches, rules, method, runas_group, options):
    """Return the edits ([edits.Edit]) that take the matched lines out.

    options: (str, ...), as of sudoers.options_on.
    The files that hold targetpw come last: if we are stopped between two files, no rule is left that targetpw alone kept harmless.
    Raises ImagewrightError: a file belongs to the vendor and cannot be replaced by one of the administrator's.
    """
    planned = []
    for path in dict.fromkeys(match.path for match in matches):
        text = tree.read_text(path)
        after = sudoers.clean(text, rules, method, runas_group, options)
        if path == sudoers.VENDOR_PATH:
            _check_copyable(text)
            planned.append(edits.Edit(sudoers.PATH, None, after, 0o440))
        elif path.startswith("/usr/etc/"):
            line = next(match for match in matches if match.path == path)
            raise ImagewrightError(
                f"cannot clean {path} line {line.line}: packages own what is below /usr/etc; take the file's include out of "
                "/etc/sudoers, or ask its package for a configuration of its own"
            )
        else:
            planned.append(edits.Edit(path, text, after, 0o440))
    with_targetpw = {match.path for match in matches if match.rule == "targetpw"}
    return sorted(planned, key=lambda edit: edit.path in with_targetpw or edit.before is None)


def run(module):
    """Return the module's result after cleaning the tree."""
    parameters = module.params
    tree = LiveTree(parameters["root"])
    path, rules = parameters["path"], tuple(parameters["rules"])
    main_file = sudoers.main_file(tree, path)
    if not tree.exists(main_file):
        return _without_sudo(module, tree, path)
    matches = sudoers.matches(tree, path, rules, parameters["follow_includes"], parameters["runas_group"])
    before = sudoers.entries(tree, path)
    planned = plan(tree, matches, rules, parameters["method"], parameters["runas_group"], sudoers.options_on(before))
    edited = EditedTree(tree, planned)
    after = sudoers.entries(edited, path)
    program = visudo.find(tree) if parameters["validate"] else None
    if program:
        _check_syntax(tree, edited, program, path)
    if planned:
        _check_meaning(before, after)
        if not parameters["allow_lockout"]:
            _check_way_in(tree, matches, after)

    def read_back():
        left = sudoers.matches(tree, path, rules, parameters["follow_includes"], parameters["runas_group"])
        if left:
            raise ImagewrightError(
                f"cannot clean {left[0].path}: line {left[0].line} is there again: {left[0].text!r}; look for another program that writes it"
            )
        if program:
            _check_syntax(tree, tree, program, path)

    result = edits.apply(module, tree, planned, parameters["backup"], activate=read_back if planned else None)
    for warning in _warnings(tree, path, after):
        module.warn(warning)
    result.update(
        main_file=main_file, matches=[match._asdict() for match in matches], created=next((edit.path for edit in planned if edit.before is None), None)
    )
    return result


def _without_sudo(module, tree, path):
    """Return the result for a guest without sudo, in which there is nothing to clean.

    Raises ImagewrightError: the file that is not there is another one than the default.
    """
    if path != sudoers.PATH:
        raise ImagewrightError(
            f"cannot clean {path}: there is no such file; give the path of the main sudoers file, {sudoers.PATH} unless sudo is built for another one"
        )
    if tree.is_file(sudoers.RUST_PATH):
        module.warn(f"sudo-rs reads {sudoers.RUST_PATH}, and there is no {path}; run this module with path: {sudoers.RUST_PATH}")
    elif commands.find("sudo", tree.root):
        module.warn(f"sudo is there without {path} and lets nobody in; install its package again if its users are not in a directory service")
    return {"changed": False, "main_file": None, "matches": [], "created": None, "backup_files": []}


def _check_copyable(text):
    """Raise ImagewrightError when the vendor's file would mean something else at its new place."""
    for line in sudoers_lines.lines(text):
        included = sudoers_lines.include(line)
        if included and not included.path.startswith("/"):
            raise ImagewrightError(
                f"cannot copy {sudoers.VENDOR_PATH} to {sudoers.PATH}: line {line.number} includes {included.path!r}, which would "
                f"be looked for below /etc; create {sudoers.PATH} by hand"
            )


def _check_syntax(tree, edited, program, path):
    """Raise ImagewrightError when visudo rejects the tree as it is, or as it is to become."""
    problem = visudo.problem(tree, program, path)
    if problem:
        raise ImagewrightError(f"cannot clean {path}: visudo rejects sudoers as it is: {problem}; correct it with visudo first")
    problem = visudo.problem(edited, program, path)
    if problem:
        raise ImagewrightError(f"cannot clean {path}: visudo would reject the result: {problem}; take the line out by hand with visudo")


def _check_meaning(before, after):
    """Raise ImagewrightError when everybody could become root who could not before."""
    if not sudoers_access.asks_other_password(before) or sudoers_access.asks_other_password(after):
        return
    for grant in sudoers_access.grants(after):
        if grant.user == "ALL" and grant.password:
            raise ImagewrightError(
                f"cannot take targetpw out: {grant.path} line {grant.line} would then let every user become root with the own "
                "password; take that rule out too (rules: [targetpw, all_all], runas_group: true), or by hand"
            )


def _check_way_in(tree, matches, after):
    """Raise ImagewrightError when nobody could become root any more; matches: the lines that go."""
    if not sudoers_access.ways_to_root(tree, after):
        last = matches[-1]
        raise ImagewrightError(
            f"cannot take out {last.path} line {last.line}: nobody could become root afterwards: no other rule lets a user run "
            "everything, and root has neither a password nor an SSH key; add a rule below /etc/sudoers.d first, or set allow_lockout: true"
        )


def _warnings(tree, path, after):
    """Return what else keeps users from sudo, or lets in too many ([str])."""
    found = []
    other = sudoers_access.asks_other_password(after)
    if other:
        found.append(f"sudo still asks for another account's password: Defaults {other.option} is on in {other.path} line {other.line}")
    found += [
        f"{grant.path} line {grant.line} lets every user become root" + ("" if grant.password else " without a password")
        for grant in sudoers_access.grants(after)
        if grant.user == "ALL" and not other
    ]
    if path == sudoers.PATH and tree.is_file(sudoers.RUST_PATH):
        found.append(f"sudo-rs reads {sudoers.RUST_PATH} instead of {path}; run this module with path: {sudoers.RUST_PATH} too")
    return found


def main():
    """Run the module."""
    finish(
        AnsibleModule(
            argument_spec={
                "rules": {"type": "list", "elements": "str", "choices": list(sudoers.RULES), "default": list(sudoers.RULES)},
                "method": {"type": "str", "choices": ["comment", "remove"], "default": "comment"},
                "path": {"type": "path", "default": sudoers.PATH},
                "follow_includes": {"type": "bool", "default": True},
                "runas_group": {"type": "bool", "default": False},
                "validate": {"type": "bool", "default": True},
                "allow_lockout": {"type": "bool", "default": False},
                "backup": {"type": "bool", "default": False},
                "root": {"type": "path", "default": "/"},
            },
            supports_check_mode=True,
        ),
        run,
    )


if __name__ == "__main__":
    main()
