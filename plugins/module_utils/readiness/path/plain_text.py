# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: it takes the files that it reads for UTF-8, and writes into sshd's configuration what sshd understands.

PRIVATE: module_utils of this collection are not an interface.
"""

import codecs
import re

from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import NOBODY, TWICE, WAAGENT, is_by_cloud_init, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

_SSHD, _SUDOERS, _RELEASE = "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/os-release"
_MOST = 1024 * 1024  # bytes of a file that is looked at
_INTERVAL = "OS.SshClientAliveInterval"
#: A time of sshd_config(5).
_TIME = re.compile(r"(\d+[smhdwSMHDW]?)+$")


@rule(
    "R85",
    step=PROVISIONER,
    severity=ERROR,
    title="What whoever provisions reads is UTF-8",
    fault="A file that whoever provisions reads is not UTF-8",
    why="The agent and cloud-init end with a byte that is none of UTF-8, as of a comment in Latin-1: sshd and sudo take no notice of it, but no user is made, "
    "or none with a key.",
    cure="Write the file as UTF-8 (`iconv -f latin1 -t utf-8`), or take the line out.",
    source="azurelinuxagent/common/utils/fileutil.py, read_file; cloudinit/util.py, decode_binary; tried with 2.7.3 and 22.4",
    choice="Files of cloud.cfg(.d) are R42j's.",
)
def files_are_text(context):
    """Return failed with the line of each file that has a byte which is none of UTF-8; a warning for waagent.conf where cloud-init makes the user."""
    tree, who = context.tree, provisioner(context.tree).who
    if who == NOBODY:
        return not_applicable("nobody provisions this guest")
    own = installation.conf_path(tree)
    by_agent = who in (WAAGENT, TWICE)
    found = [place for path in (_SSHD, _RELEASE) + ((_SUDOERS,) if is_by_cloud_init(tree) else ()) for place in _strange(tree, path)]
    of_agent = _strange(tree, own) if own and installation.program(tree) is not None else []
    return failed_if(found + of_agent, severity=None if found or by_agent else WARNING)


@rule(
    "R45d",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="waagent_conf",
    title="The agent writes a time into sshd's configuration that sshd takes",
    fault="The agent writes a time into sshd's configuration that sshd refuses",
    why="The agent sets ClientAliveInterval as OS.SshClientAliveInterval says, whatever that is: with what is no time sshd does not start any more.",
    cure="Set OS.SshClientAliveInterval=180 (waagent_conf).",
    source="azurelinuxagent/common/osutil/default.py, conf_sshd; sshd_config(5)",
)
def interval_is_a_time(context):
    """Return failed with the line of waagent.conf whose value is no time of sshd's, where the agent provisions."""
    tree = context.tree
    path = installation.conf_path(tree)
    if path is None or provisioner(tree).who not in (WAAGENT, TWICE) or context.kind == "specialized":
        return not_applicable("the agent does not change sshd's configuration")
    settings = [setting for setting in conf.settings(tree.read_text(path)) if setting.key == _INTERVAL and setting.value is not None]
    return failed_if(Evidence(path, each.number, f"{_INTERVAL}={each.value}: it is no time of sshd's") for each in settings[-1:] if not _TIME.match(each.value))


def _strange(tree, path):
    """Return the [Evidence] of the first line of a file that is none of UTF-8."""
    octets = tree.read_bytes(path, _MOST) if tree.is_file(path) else b""
    try:
        # a letter that is cut off at the end is no fault
        codecs.getincrementaldecoder("utf-8")().decode(octets, len(octets) < _MOST)
    except UnicodeDecodeError as error:
        line = octets.rfind(b"\n", 0, error.start) + 1
        text = octets[line:].partition(b"\n")[0].decode("utf-8", "replace").strip()
        return [Evidence(path, octets.count(b"\n", 0, error.start) + 1, f"{text[:80]}: it is not UTF-8")]
    return []


RULES = [files_are_text, interval_is_a_time]
