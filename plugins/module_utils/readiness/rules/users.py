# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, passwords and keys that come with the image.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOTE, WARNING, Evidence, Rule, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config

_GENERALIZED = ("generalized",)
_CURE = "Run the role guest_deprovision, which removes users of the build and locks passwords."


def _accounts(tree):
    return accounts.accounts(tree)


def _password_lines(context):
    """Return [(account name, Evidence)] of accounts that a password lets in; the hash is never shown."""
    found = []
    for path in ("/etc/shadow", "/etc/passwd"):
        for number, line in context.lines(path):
            name, unused, rest = line.partition(":")
            password = rest.partition(":")[0]
            if not rest or line.startswith(("#", "+", "-")) or password.startswith(("!", "*")) or path == "/etc/passwd" and password == "x":
                continue
            found.append((name, password, Evidence(path, number, f"{name}:{'(a hash)' if password else ''}:...")))
    return found


def empty_passwords(context):
    """R48a"""
    return failed_if(place for unused, password, place in _password_lines(context) if not password)


def passwords(context):
    """R48b"""
    return failed_if(place for unused, password, place in _password_lines(context) if password)


def keys(context):
    """R48c"""
    evidence = []
    places = sshd_config.authorized_keys_files(context.tree)
    for account in context.shared(_accounts):
        for path in accounts.keys(context.tree, account, places):
            private = not path.endswith(("authorized_keys", "authorized_keys2"))
            evidence.append(Evidence(path, None, f"{'private key' if private else 'public keys that let in'}, account {account.name}"))
    return failed_if(evidence)


def people(context):
    """R48d"""
    found = accounts.of_people(context.shared(_accounts), context.text("/etc/login.defs"))
    lines = {line.split(":")[0]: number for number, line in context.lines("/etc/passwd")}
    return failed_if(Evidence("/etc/passwd", lines.get(account.name), f"account {account.name}, uid {account.uid}, home {account.home}")
                     for account in found)


RULES = [
    Rule("R48a", "No account has an empty password", WARNING,
         "An account with an empty password is open on the serial console, and over SSH where that permits it.",
         "Lock it: `passwd -l NAME`; `passwd -d` of some guides is what makes it empty.", "Microsoft: certification; disable-provisioning",
         empty_passwords, "guest_deprovision", marketplace=ERROR,
         choice="Microsoft's page on disabling provisioning says `passwd -d root`, which leaves root with an empty password; we lock it."),
    Rule("R48b", "No account has a password", WARNING,
         "A password of the build opens every virtual machine of the image.", _CURE, "Microsoft: create-upload-generic; certification", passwords,
         "guest_deprovision", marketplace=ERROR, kinds=_GENERALIZED),
    Rule("R48c", "No SSH keys of users are in the image", WARNING,
         "A key of the build opens every virtual machine of the image; a private key is in the hands of everybody who has the image.", _CURE,
         "Microsoft: create-upload-generic; certification", keys, "guest_deprovision", marketplace=ERROR, kinds=_GENERALIZED),
    Rule("R48d", "No accounts of people are in the image", NOTE,
         "Accounts of the build are strangers on the virtual machine of somebody else.", _CURE, "Microsoft: create-upload-generic", people,
         "guest_deprovision", marketplace=WARNING, kinds=_GENERALIZED),
]
