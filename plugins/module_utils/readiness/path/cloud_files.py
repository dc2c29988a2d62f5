# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: the files that cloud-init writes on every machine of the image leave the way in as it is, and its own state has a place.

What is asked of the image is asked once more, of the image with those files: what fails then, and did not before, they break.

PRIVATE: module_utils of this collection are not an interface.
Source: cloudinit/config/cc_write_files.py, cc_set_passwords.py, cc_snap.py; cloudinit/helpers.py, Paths.
"""

import base64
import binascii
import collections
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.cloud_init import config
from ansible_collections.imagewright.azure.plugins.module_utils.core.edits import Edit
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable, unknown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import taken_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.asked_again import ASKED, OF_THE_WAY_IN, failing, with_edits
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.cloud_commands import commands_of_list, written_by_commands
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOT_CLOUD_INIT, is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import mount_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER

#: A file that cloud-init writes. append: bool; mode: int; path, line, text: where it says so.
WrittenFile = collections.namedtuple("WrittenFile", "target content append mode path line text")

_WITH_DEFAULTS = ("/etc/ssh/sshd_config", "/etc/sudoers", "/etc/nsswitch.conf")
_STATE = "/var/lib/cloud"
_LOG = "/var/log/cloud-init.log"  # unless def_log_file says another
_SUDO = "/etc/sudoers.d/90-cloud-init-users"
_NO_PLACE = ("/proc", "/sys", "/dev/null")


@rule(
    "R42r",
    step=PROVISIONER,
    severity=ERROR,
    title="The files that cloud-init writes leave the way in as it is",
    fault="A file that cloud-init writes closes the way in",
    why="write_files of the build writes on every machine made of the image, and so does a command of bootcmd or runcmd with > or >>; a password of the "
    "build makes the user of Azure change it before anything else.",
    cure="Take the file, or the command, out of /etc/cloud/cloud.cfg.d; set chpasswd: {expire: false}; take paths out of system_info; "
    "remove a directory that is in the place of a file.",
    source="cloudinit/config/cc_write_files.py, cc_set_passwords.py; cloudinit/helpers.py",
)
def files_leave_the_way_in(context):
    """Return failed with each file that is written after which a rule of the way in fails that holds without it; unknown when nothing here reads YAML."""
    if not is_by_cloud_init(context.tree):
        return not_applicable(NOT_CLOUD_INIT)
    documents, faults = context.shared(config.documents)
    if faults:
        return unknown(faults[0].message)
    files = [file for file in _of_write_files(documents) + _of_commands(documents) if OF_THE_WAY_IN.match(posixpath.normpath(file.target))]
    return failed_if(_broken(context, files) + _of_password(documents) + _of_state(context, documents) + _of_own_files(context, documents))


def _of_write_files(documents):
    """Return the [WrittenFile] of the list write_files; without those whose content is packed."""
    listed = config.value(documents, "write_files")
    found = []
    for item in listed.value if listed is not None and isinstance(listed.value, list) else []:
        target = item.get("path") if isinstance(item, dict) else None
        content = _content(item) if isinstance(target, str) and target.startswith("/") else None
        if content is not None:
            text = f"write_files: {target}"
            found.append(WrittenFile(target, content, item.get("append") is True, _mode(item.get("permissions")), listed.path, listed.line, text))
    return found


def _content(item):
    """Return the text (str) of an item, None for one that is packed, or comes from elsewhere."""
    content, encoding = item.get("content", ""), str(item.get("encoding", "text/plain")).lower()
    if "source" in item or "gz" in encoding or not isinstance(content, str):
        return None
    if encoding not in ("b64", "base64"):
        return content
    try:
        return base64.b64decode(content).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None


def _mode(permissions):
    return int(str(permissions), 8) if re.fullmatch(r"0?o?[0-7]{3,4}", str(permissions)) and not isinstance(permissions, int) else 0o644


def _of_commands(documents):
    """Return the [WrittenFile] of the commands that write a line, or leave one of the files empty without which programs have their defaults."""
    return [
        WrittenFile(path, "", False, 0o644, run.path, run.line, run.text)
        for key in ("bootcmd", "runcmd")
        for run in commands_of_list(documents, key)
        for path in taken_files.emptied(run.command, boot_commands.words_of(run.command), _WITH_DEFAULTS)
    ] + [
        WrittenFile(target, content, append, 0o644, run.path, run.line, run.text)
        for key in ("bootcmd", "runcmd")
        for run, target, content, append in written_by_commands(documents, key)
    ]


def _broken(context, files):
    """Return the [Evidence] of each file with which a rule fails that holds without it."""
    found, before = [], {}
    for file in files:
        after = with_edits(context, [_edit(context, file)])
        for asked in ASKED:
            evidence = failing(asked, after)
            if not evidence:
                continue
            if asked.id not in before:
                before[asked.id] = failing(asked, context)
            new = [item for item in evidence if item not in before[asked.id]]
            if new:
                found.append(Evidence(file.path, file.line, f"{file.text}: {asked.fault[0].lower()}{asked.fault[1:]} ({new[0].text or new[0].path})"))
                break
    return found


def _edit(context, file):
    before = context.text(file.target)
    return Edit(file.target, before, before + file.content if file.append else file.content, mode=file.mode)


def _of_password(documents):
    """Return the [Evidence] of a password that the default user has to change when it comes in first, whatever its key."""
    password, expire = config.said(documents, "password"), config.value(documents, "chpasswd", "expire")
    # null is the text None
    if password is None or password.value == "" or expire is not None and expire.value is False:
        return []
    # with its null the module ends before, and where it lists users they alone get theirs
    own = config.said(documents, "chpasswd")
    listed = [config.value(documents, "chpasswd", key) for key in ("users", "list")]
    if own is not None and own.value is None or any(each is not None and each.value for each in listed):
        return []
    text = "the user of Azure gets it, has to change it before anything else, and does not know it (chpasswd: expire)"
    return [Evidence(password.path, password.line, f"password: {text}")]


def _of_state(context, documents):
    """Return the [Evidence] of a directory for cloud-init's state that cannot be made."""
    place = config.value(documents, "system_info", "paths", "cloud_dir")
    path = place.value if place is not None and isinstance(place.value, str) else ""
    if not path.startswith("/"):
        mounted = tuple(line.mount_point.rstrip("/") + "/" for line in context.shared(mount_lines) if line.mount_point != "/")
        is_elsewhere = context.tree.resolve(_STATE).startswith(mounted)
        is_lost = context.tree.lstat(_STATE) is not None and not context.tree.is_dir(_STATE) and not is_elsewhere
        return [Evidence(_STATE, None, "is no directory: cloud-init keeps its state there")] if is_lost else []
    above = path.rstrip("/")
    while above and context.tree.lstat(above) is None:
        above = posixpath.dirname(above).rstrip("/")
    is_there = not above or context.tree.is_dir(above)
    if is_there and not any(path == top or path.startswith(top + "/") for top in _NO_PLACE):
        return []
    return [Evidence(place.path, place.line, f"cloud_dir: {path}: nobody makes a directory there")]


def _of_own_files(context, documents):
    """Return the [Evidence] of directories in the place of files that cloud-init writes, with which it ends. Source: cloudinit/stages.py; tried with 22.4."""
    log = config.said(documents, "def_log_file")
    said = _LOG if log is None else log.value
    places = [said] if isinstance(said, str) and said.startswith("/") else []
    # the link to the instance that it knows is made anew
    found = [path for path in places + [_SUDO] if context.tree.is_dir(path)] + [
        path for path in (_STATE + "/instance",) if context.tree.is_dir(path) and not context.tree.is_symlink(path)
    ]
    return [Evidence(path, None, "is a directory, where cloud-init writes a file, or a link: it ends with it") for path in found]


RULES = [files_leave_the_way_in]
