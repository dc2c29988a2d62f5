# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of each account of a guest, and which of its files go, so that nothing goes with which a kept account logs in.

Pure: reads a Tree and returns what would be done.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts
from ansible_collections.imagewright.azure.plugins.module_utils.generalize.limits import ancestors, holder, limits, on_the_way, place
from ansible_collections.imagewright.azure.plugins.module_utils.generalize.traces import ACCOUNT_HOME, ACCOUNT_KEY, ACCOUNT_MAIL, Trace
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import sshd_config

#: One account. account: accounts.Account; action: str, lock, remove or keep; password: bool, one lets it in; keys: [str], files or links
#: that go (of a kept account: that let it in); shared: [str], keys that let it in and stay, because a kept account uses them.
Login = collections.namedtuple("Login", "account action password keys shared")

#: Mail of an account, as userdel knows it.
MAIL = ("/var/mail", "/var/spool/mail")


def plan(tree, action, keep, foreign, mounted):
    """Return ([Login] of all accounts, the Limits of what may be removed, [path] of the foreign mounts at which it stops).

    action: str, lock, remove or keep; keep: [str], names of accounts to keep; foreign: {path: Mount}; mounted: {path}.
    Raises ImagewrightError: an account to keep is not there, or the keys of one to lock are in a file that holds other things as well.
    """
    found = accounts.accounts(tree)
    for name in keep:
        if name not in {account.name for account in found}:
            raise ImagewrightError(f"cannot keep the account {name!r}: /etc/passwd has no such account; take it out of keep_accounts")
    people = {account.name for account in accounts.of_people(found, _text(tree, "/etc/login.defs"))}
    open_to = set(accounts.with_password(tree.read_text("/etc/passwd"), _text(tree, "/etc/shadow")))
    patterns = sshd_config.authorized_keys_files(tree)
    actions = [_action(account, action, keep, people) for account in found]
    reachable = [_reachable(account, foreign) for account in found]
    keys = [accounts.keys(tree, account, patterns) for account in reachable]
    kept = {way: account.name for account, wanted, paths in zip(found, actions, keys) if wanted == "keep" for path in paths for way in on_the_way(tree, path)}
    bounds = limits(foreign, mounted, kept)
    logins = [
        Login(account, wanted, account.name in open_to, paths, [])
        if wanted == "keep"
        else Login(account, wanted, account.name in open_to, *_own_and_shared(tree, account, paths, bounds))
        for account, wanted, paths in zip(found, actions, keys)
    ]
    stopped = {holder(posixpath.normpath(account.home), foreign) for account, seen in zip(found, reachable) if account != seen}
    stopped |= {holder(key, foreign) for login in logins for key in login.keys if login.action != "keep"} - {None}
    return [login._replace(keys=[key for key in login.keys if login.action == "keep" or not holder(key, foreign)]) for login in logins], bounds, sorted(stopped)


def keys_that_go(logins):
    """Return the Traces ([Trace]) of the keys of accounts that are not kept."""
    return [Trace(key, "delete", ACCOUNT_KEY, login.account.name) for login in logins if login.action != "keep" for key in login.keys]


def homes_that_go(tree, logins):
    """Return ([Trace] of homes and mail of the accounts that are removed, warnings ([str]) of homes that stay).

    As with userdel, a home that is not its account's own stays; so does one in which another account has its home.
    """
    found, warnings = [], []
    others = {tree.resolve(login.account.home): login.account.name for login in logins if login.action != "remove" and accounts.is_home(login.account.home)}
    for login in logins:
        if login.action != "remove":
            continue
        account, home = login.account, tree.resolve(login.account.home)
        status = tree.lstat(home)
        if status is not None and accounts.is_home(account.home):
            needed = next((others[path] for path in others if home in ancestors(path)), None) or others.get(holder(home, others))
            if needed is not None:
                warnings.append(f"the home {account.home} of the removed account {account.name} stays: the account {needed} has its home there")
            elif status.uid != account.uid:
                warnings.append(f"the home {account.home} of the removed account {account.name} stays: it belongs to the user id {status.uid}")
            else:
                found.append(Trace(home, "delete", ACCOUNT_HOME, account.name))
        found += [
            Trace(path, "delete", ACCOUNT_MAIL, account.name)
            for path in [posixpath.join(folder, account.name) for folder in MAIL]
            if tree.lstat(path) is not None and tree.lstat(path).uid == account.uid and not tree.is_dir(path)
        ]
    return found, warnings


def warnings(tree, logins):
    """Return what the person has to know ([str]) of logins that stay possible without a password or a file of the account's own."""
    told = [
        f"the keys in {path} stay, for a kept account uses them; they let in {', '.join(sorted(names))} too"
        for path, names in sorted(_by_shared_file(logins).items())
    ]
    for setting in sshd_config.settings(tree):
        if setting.keyword in ("authorizedkeyscommand", "trustedusercakeys") and setting.value.lower() != "none":
            told.append(
                f"{setting.path} line {setting.line}: {setting.keyword} {setting.value} can let in accounts without a key file of their own; "
                "take it out unless machines of the image are to use it"
            )
    return told


def _by_shared_file(logins):
    found = {}
    for login in logins:
        for path in login.shared:
            found.setdefault(path, set()).add(login.account.name)
    return found


def _action(account, action, keep, people):
    if account.name in keep:
        return "keep"
    return "lock" if action == "remove" and account.name not in people else action


def _reachable(account, foreign):
    """Return the account without a home when that is on a foreign mount, which is not even looked into: it may be a server that is gone."""
    return account._replace(home="/nonexistent") if holder(posixpath.normpath("/" + account.home), foreign) else account


def _own_and_shared(tree, account, paths, bounds):
    """Return ([path] that is removed so that sshd does not find a key, [path] of keys that stay for a kept account)."""
    own, shared = [], []
    for path in paths:
        goes = _what_goes(tree, account, path)
        if holder(goes, bounds.kept) is not None:
            shared.append(path)
            continue
        if not tree.is_symlink(goes) and not _is_in_home(account, path):
            _check_only_keys(tree, path, account)
        own.append(goes)
    return sorted(set(own)), shared


def _what_goes(tree, account, path):
    """Return the file with the keys, or the first link on the way to it that the account could have made: what a link leads to is not the account's."""
    if not _is_in_home(account, path):
        return place(tree, path)
    home = posixpath.normpath(account.home)
    current = tree.resolve(home)
    for part in path[len(home) :].split("/"):
        current = posixpath.join(current, part)
        if tree.is_symlink(current):
            break
    return current


def _is_in_home(account, path):
    return accounts.is_home(account.home) and path.startswith(posixpath.normpath(account.home) + "/")


def _check_only_keys(tree, path, account):
    lines, others = accounts.key_lines(tree, path)
    if others:
        raise ImagewrightError(
            f"cannot take the keys of the account {account.name} out of {path}: sshd_config names it as AuthorizedKeysFile, but beside "
            f"{lines} lines with keys it has {others} others; take the keys out, or name a file of keys alone"
        )


def _text(tree, path):
    return tree.read_text(path) if tree.exists(path) else ""
