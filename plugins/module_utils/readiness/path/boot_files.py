# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: what commands of the boot write into files leaves the way in as it is.

What is asked of the image is asked once more, of the image with the files as the commands leave them: what fails then, and did not before, they break.

PRIVATE: module_utils of this collection are not an interface.
Source: sed(1), echo(1), tee(1); passwd(5), shadow(5). What a command makes of files that other commands of the boot write is not known.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, units
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands, stream_edits
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import accounts, mounts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.asked_again import ASKED, OF_THE_WAY_IN, failing, with_edits
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

_FSTAB = "/etc/fstab"
#: What R69e tells of, and of what takes it away again.
_TOLD = ("/etc/nologin",)
_ECHO = re.compile(r"((?:/bin/)?echo(?: -[ne]+)?|printf)\s+(.*?)\s*(?:(>>?)|\|\s*(?:sudo\s+)?tee(\s+-a)?(?=\s))\s*(/[^\s;|&<>]+)(?:\s*>\s*/dev/null)?$")
#: Lines of the user of Azure as they are once it is made.
_ACCOUNT = {
    "/etc/passwd": f"{DEFAULT_NAME}:x:1000:1000::/home/{DEFAULT_NAME}:/bin/bash\n",
    "/etc/shadow": f"{DEFAULT_NAME}:!:20000:0:99999:7:::\n",
}


@rule(
    "R69n",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="What commands of the boot write into files leaves the way in as it is",
    fault="A command of the boot writes into a file of the way in what closes it",
    why="A sed -i, or an echo with >>, of a script that stayed enabled is done on every machine of the image, if not once more at each boot: the next start "
    "of sshd, the next mount or the next login has another file than the one that was looked at.",
    cure="Disable the unit (`systemctl disable`), or remove the line.",
    source="sed(1); passwd(5); sshd_config(5); fstab(5)",
    choice="Of sed, substitutions and deleted lines are followed; of other commands echo, printf, tee and cp.",
)
def files_stay_as_they_are(context):
    """Return failed with each command of the boot behind which a rule of the way in fails that holds without it."""
    known, edits, places = context.shared(Units), {}, []
    for run in context.facts(boot_commands.commands):
        for path, text in _written(context, run, edits):
            if OF_THE_WAY_IN.match(path) and path not in _TOLD or path == _FSTAB:
                edits[path] = text
                places.append((path, run))
    skipped = {run.unit for _path, run in places if run.unit and units.can_start(known, run.unit).state == units.SKIPPED}
    places = [(path, run) for path, run in places if run.unit not in skipped]
    return failed_if(_of_accounts(context, edits, places) + _of_rules(context, edits, places)) if places else failed_if([])


def _written(context, run, edits):
    """Return [(path, its text behind a BootCommand)]; edits: {path: text}, what commands before it have written."""
    words = boot_commands.words_of(run.command)
    name = posixpath.basename(words[0]) if words else ""
    if name == "sed":
        found = stream_edits.of_words(words)
        paths = [path for path in found[1] if path in edits or context.tree.is_file(path)] if found else []
        after = [(path, stream_edits.edited(edits.get(path, _text(context, path)), found[0])) for path in paths]
        return [(path, text) for path, text in after if text is not None]
    if name == "cp" and len(words) == 3 and words[1].startswith("/") and context.tree.is_file(words[1]) and not context.tree.is_dir(words[2]):
        return [(words[2], context.text(words[1]))]
    match = _ECHO.match(run.command.strip())
    if match is None or "$" in match.group(2) or "`" in match.group(2):
        return []
    quoted, path = match.group(2).strip(), match.group(5)
    line = quoted[1:-1] if quoted[:1] in ("'", '"') and quoted[-1:] == quoted[:1] and len(quoted) > 1 else quoted
    text = (line.replace("\\n", "\n") if match.group(1).endswith(("printf", "-e")) else line) + ("" if match.group(1) == "printf" else "\n")
    is_added = match.group(3) == ">>" or bool(match.group(4))
    return [(path, (edits.get(path, _text(context, path)) if is_added else "") + text)]


def _text(context, path):
    """Return the text (str) of a file, of accounts with the one of Azure."""
    text = context.text(path)
    return text + _ACCOUNT[path] if path in _ACCOUNT and f"\n{DEFAULT_NAME}:" not in "\n" + text else text


def _of_accounts(context, edits, places):
    """Return the [Evidence] of commands that take the account of the user of Azure, or its shell."""
    found = []
    for path in [each for each in _ACCOUNT if each in edits and context.kind != "specialized"]:
        fields = next((line.split(":") for line in edits[path].split("\n") if line.startswith(DEFAULT_NAME + ":")), [])
        own = _ACCOUNT[path].rstrip("\n").split(":")
        wrong = "the user is gone" if len(fields) != len(own) else ""
        if not wrong and path == "/etc/passwd":
            wrong = "the user has no shell any more" if posixpath.basename(fields[6]) in programs.NO_SHELLS else ""
        elif not wrong:
            wrong = "the user may log in no more" if fields[7] not in ("", "-1") and fields[7].isdigit() and int(fields[7]) < int(own[2]) else ""
        run = [each for target, each in places if target == path][-1]
        found += [Evidence(run.path, run.line, f"{run.text}: {wrong}")] if wrong else []
    return found


def _of_rules(context, edits, places):
    """Return the [Evidence] of the last command that writes into the file by which a rule fails that holds without it."""
    changed = {path: text.replace(_ACCOUNT.get(path, ""), "") if path in _ACCOUNT else text for path, text in edits.items()}
    after = with_edits(context, [Edit(path, context.text(path), text) for path, text in changed.items() if text != context.text(path)])
    found = []
    for asked in ASKED + accounts.RULES + mounts.RULES:
        evidence = failing(asked, after)
        new = [item for item in evidence if item not in failing(asked, context)] if evidence else []
        for item in new[:1]:
            run = ([each for target, each in places if target == item.path] or [each for _target, each in places])[-1]
            found.append(Evidence(run.path, run.line, f"{run.text}: {asked.fault[0].lower()}{asked.fault[1:]} ({item.text or item.path})"))
    return found


RULES = [files_stay_as_they_are]
