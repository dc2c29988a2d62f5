# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioner: the openssl with which the agent makes the certificate that it talks to Azure with.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import TWICE, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

_DEFAULT = "/usr/bin/openssl"
#: Where openssl looks for its configuration, as it is built: Debian's, Red Hat's, all others'.
_FOLDERS = ("/usr/lib/ssl", "/etc/pki/tls", "/etc/ssl")


@rule(
    "R45c",
    step=PROVISIONER,
    severity=ERROR,
    fixed_by="guest_agent",
    title="The agent's openssl can make its certificate",
    fault="The agent's openssl cannot make its certificate",
    why="When it starts, the agent has `openssl req` make the certificate by which Azure sends the machine's own. Without it the agent reads no goal state: "
    "it provisions nothing, and never reports ready.",
    cure="Install openssl again, or correct its openssl.cnf.",
    source="WALinuxAgent common/protocol/wire.py (detect), common/utils/cryptutil.py; config(5) of OpenSSL; tried with openssl 3.0 and 3.5",
)
def certificate_can_be_made(context):
    """Return failed when openssl is not there or does not run, or with the line at which its configuration ends it; a warning where cloud-init provisions."""
    tree = context.tree
    if installation.program(tree) is None:
        return not_applicable("the agent is not installed")
    if not tree.has_own_root:
        return not_applicable("openssl and its files are not in every tree of files")
    wrong = [] if _names_another(tree) else [Evidence(_DEFAULT, None, text) for text in [_why_not(tree)] if text]
    return failed_if(wrong or _of_configuration(context), severity=None if provisioner(tree).who in (WAAGENT, TWICE) else WARNING)


def _names_another(tree):
    """Return whether waagent.conf names a program of its own, which another rule asks for."""
    path = installation.conf_path(tree)
    settings = conf.settings(tree.read_text(path)) if path is not None else []
    return any(setting.key == "OS.OpensslPath" and (setting.value or "").startswith("/") for setting in settings)


def _why_not(tree):
    return programs.why_not(tree, _DEFAULT) if tree.lstat(_DEFAULT) is not None else "is not there"


def _of_configuration(context):
    """Return the [Evidence] of a configuration that openssl cannot read, and without which it makes no certificate."""
    folder = next((path for path in _FOLDERS if context.tree.is_dir(path)), None)
    if folder is None:
        return []
    path = f"{folder}/openssl.cnf"
    if not context.tree.is_file(path):
        return [Evidence(path, None, "there is no such file, and `openssl req` ends without it")]
    continued = False
    for number, text in context.lines(path):
        line = text.partition("#")[0].strip().lstrip("\ufeff")
        is_whole, continued = not continued, text.rstrip().endswith("\\")
        if not is_whole or not line or line.startswith(".") or "=" in line and not line.startswith("["):
            continue
        if not (line.startswith("[") and "]" in line):
            return [Evidence(path, number, f"{line}: openssl takes no such line, and ends")]
    return []


RULES = [certificate_can_be_made]
