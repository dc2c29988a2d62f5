# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, passwords and keys that come with the image.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, NOTE, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import IDENTITY
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config

_GENERALIZED = ("generalized",)
_CURE = "Run the role guest_deprovision, which removes users of the build and locks passwords."


def _accounts(tree):
    return accounts.known_accounts(tree)


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


@rule(
    "R48a",
    step=IDENTITY,
    severity=WARNING,
    marketplace=ERROR,
    fixed_by="guest_deprovision",
    title="No account has an empty password",
    fault="An account has an empty password",
    why="An account with an empty password is open on the serial console, and over SSH where that permits it.",
    cure="Lock it: `passwd -l NAME`; `passwd -d` of some guides is what makes it empty.",
    source="Microsoft: certification; disable-provisioning",
    choice="Microsoft's page on disabling provisioning says `passwd -d root`, which leaves root with an empty password; we lock it.",
)
def empty_passwords(context):
    """Return failed with each line of /etc/shadow and /etc/passwd whose password is empty."""
    return failed_if(place for unused, password, place in _password_lines(context) if not password)


@rule(
    "R48b",
    step=IDENTITY,
    severity=WARNING,
    marketplace=ERROR,
    kinds=_GENERALIZED,
    fixed_by="guest_deprovision",
    title="No account has a password",
    fault="An account has a password",
    why="A password of the build opens every virtual machine of the image.",
    cure=_CURE,
    source="Microsoft: create-upload-generic; certification",
)
def passwords(context):
    """Return failed with each line of /etc/shadow and /etc/passwd that has a hash; the hash is not shown."""
    return failed_if(place for unused, password, place in _password_lines(context) if password)


@rule(
    "R48c",
    step=IDENTITY,
    severity=WARNING,
    marketplace=ERROR,
    kinds=_GENERALIZED,
    fixed_by="guest_deprovision",
    title="No SSH keys of users are in the image",
    fault="SSH keys of users are in the image",
    why="A key of the build opens every virtual machine of the image; a private key is in the hands of everybody who has the image.",
    cure=_CURE,
    source="Microsoft: create-upload-generic; certification",
)
def keys(context):
    """Return failed with each file of keys that lets into an account, and each private key."""
    evidence = []
    places = sshd_config.authorized_keys_files(context.tree)
    for account in context.shared(_accounts):
        for path in accounts.keys(context.tree, account, places):
            private = not path.endswith(("authorized_keys", "authorized_keys2"))
            evidence.append(Evidence(path, None, f"{'private key' if private else 'public keys that let in'}, account {account.name}"))
    return failed_if(evidence)


@rule(
    "R48d",
    step=IDENTITY,
    severity=NOTE,
    marketplace=WARNING,
    kinds=_GENERALIZED,
    fixed_by="guest_deprovision",
    title="No accounts of people are in the image",
    fault="Accounts of people are in the image",
    why="Accounts of the build are strangers on the virtual machine of somebody else.",
    cure=_CURE,
    source="Microsoft: create-upload-generic",
)
def people(context):
    """Return failed with each account whose uid is one of a person's."""
    found = accounts.of_people(context.shared(_accounts), context.text("/etc/login.defs"))
    lines = {line.split(":")[0]: number for number, line in context.lines("/etc/passwd")}
    return failed_if(Evidence("/etc/passwd", lines.get(account.name), f"account {account.name}, uid {account.uid}, home {account.home}") for account in found)


RULES = [empty_passwords, passwords, keys, people]
