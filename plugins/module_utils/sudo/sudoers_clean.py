# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module sudoers_clean: take "Defaults targetpw" and "ALL ALL=(ALL) ALL" out of sudoers.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.edited_tree import EditedTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.sudo import sudoers, sudoers_access, sudoers_lines, visudo

ARGUMENTS = {
    "rules": {"type": "list", "elements": "str", "choices": list(sudoers.RULES), "default": list(sudoers.RULES)},
    "method": {"type": "str", "choices": ["comment", "remove"], "default": "comment"},
    "path": {"type": "path", "default": sudoers.PATH},
    "follow_includes": {"type": "bool", "default": True},
    "runas_group": {"type": "bool", "default": False},
    "validate": {"type": "bool", "default": True},
    "allow_lockout": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


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
                f"cannot take targetpw out: {grant.path} line {grant.line} would then let every user become root with their own "
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
