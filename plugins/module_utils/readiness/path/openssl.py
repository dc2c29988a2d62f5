# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSL: the agent makes the certificate with it by which it talks to Azure, and sshd has its algorithms of it.

PRIVATE: module_utils of this collection are not an interface.
"""

import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import openssl_conf, programs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import TWICE, WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import failing_end
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import PROVISIONER, SSH
from ansible_collections.imagewright.azure.plugins.module_utils.waagent import conf, installation

_LIBRARIES = ("/usr/lib*/libcrypto.so.3", "/usr/lib/*-linux-gnu*/libcrypto.so.3", "/lib*/libcrypto.so.3")
_INCLUDES = re.compile(r"^\s*\.include", re.M)
_DEFAULT = "/usr/bin/openssl"


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
    wrong = [] if _names_another(tree) else [Evidence(_DEFAULT, None, text) for text in [_why_not(context)] if text]
    return failed_if(wrong or _of_configuration(context), severity=None if provisioner(tree).who in (WAAGENT, TWICE) else WARNING)


def _names_another(tree):
    """Return whether waagent.conf names a program of its own, which another rule asks for."""
    path = installation.conf_path(tree)
    settings = conf.settings(tree.read_text(path)) if path is not None else []
    return any(setting.key == "OS.OpensslPath" and (setting.value or "").startswith("/") for setting in settings)


def _why_not(context):
    if context.tree.lstat(_DEFAULT) is None:
        return "is not there"
    failing = failing_end(context.lines(_DEFAULT)) if context.tree.is_file(_DEFAULT) and context.tree.read_bytes(_DEFAULT, 2) == b"#!" else None
    return programs.why_not(context.tree, _DEFAULT) or (f"line {failing[0]}: {failing[1]}: it does nothing but fail" if failing else "")


def _of_configuration(context):
    """Return the [Evidence] of a configuration that openssl cannot read, and without which it makes no certificate."""
    path = openssl_conf.path(context.tree)
    if path is None:
        return []
    if not context.tree.is_file(path):
        return [Evidence(path, None, "there is no such file, and `openssl req` ends without it")]
    _sections, wrong = openssl_conf.parse(context.tree.read_text(path))
    return [Evidence(path, wrong[0], f"{wrong[1]}: openssl takes no such line, and ends")] if wrong else []


@rule(
    "R46p",
    step=SSH,
    severity=ERROR,
    title="OpenSSL has its algorithms",
    fault="OpenSSL is set up without its algorithms",
    why="sshd and ssh-keygen read openssl.cnf as well: with another provider than default alone, or asked for those of FIPS that are not there, they have no "
    "random numbers (`PRNG is not seeded`) and end.",
    cure="Activate the provider default beside the others in openssl.cnf (`activate = 1` in its section), or take the setting out.",
    source="config(5) of OpenSSL 3, Provider Configuration; crypto/provider_conf.c; `sshd -t` and ssh-keygen, tried with OpenSSL 3.0",
)
def openssl_has_algorithms(context):
    """Return failed with each line of openssl.cnf that leaves OpenSSL 3 without algorithms."""
    path = openssl_conf.path(context.tree)
    if path is None or not context.tree.is_file(path) or not any(context.tree.glob(pattern) for pattern in _LIBRARIES):
        return not_applicable("there is no openssl.cnf of OpenSSL 3")
    text = context.tree.read_text(path)
    if _INCLUDES.search(text):
        return not_applicable(f"{path} includes other files")
    sections, _wrong = openssl_conf.parse(text)
    return failed_if(Evidence(path, line, text) for line, text in openssl_conf.without_algorithms(sections))


RULES = [certificate_can_be_made, openssl_has_algorithms]
