# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom sshd lets in, by its own settings: accounts that it does not name, addresses that it listens on, ways to prove who one is.

Pure: settings in, settings that keep people out out.

PRIVATE: module_utils of this collection are not an interface.
Source: sshd_config(5); match_user of match.c.
"""

import collections
import fnmatch
import ipaddress
import re

from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import KEY_FILES, PATHS, SOME, effective_of

#: A setting that keeps people out. cause: str, for a person.
AccessObstacle = collections.namedtuple("AccessObstacle", "path line text cause")

#: Whom Azure's portal and command line make when no name is given; every other name is not known when the image is made.
DEFAULT_NAME = "azureuser"

#: A pattern of AllowUsers for connections of the machine to itself, and one of DenyUsers for all.
_OF_ITSELF, _ANYBODY = re.compile(r"@(?:127\.[0-9.*/]*|::1|localhost)$"), re.compile(r"\??\*+(?:@(?:\*|0\.0\.0\.0/0))?$")
#: Ways of sshd by which somebody whom the provisioner made can prove who they are.
_WAYS = ("publickey", "password", "keyboard-interactive")
#: Where keys are written to that nobody wants elsewhere, from a user's home.
_KEYS = ".ssh/authorized_keys"


def kept_out(settings, accounts, groups, is_new):
    """Return the Obstacles of AllowUsers, DenyUsers, AllowGroups and DenyGroups.

    accounts: {str}, names in /etc/passwd. groups: {str}, what the provisioned user is a member of, None when not known.
    is_new: bool, the user who logs in is made on Azure, under a name that nobody knows yet; else it is one of the accounts.
    """
    found = []
    for keyword, names in (("allowusers", accounts), ("allowgroups", groups)):
        lines = lines_of(settings, keyword)
        patterns = [pattern.split("@")[0] for setting in lines for pattern in setting.value.split() if not _OF_ITSELF.search(pattern)]
        if lines and names is not None and not _lets_in(patterns, names, is_new if keyword == "allowusers" else False):
            found.append(obstacle_of(lines[0], "a user whom Azure makes is not among them" if is_new else "none of them is there"))
    # a user whom Azure makes has a group of the same name
    own = [DEFAULT_NAME] if is_new else []
    for keyword, names in (("denyusers", own), ("denygroups", own + sorted(groups or ()))):
        for setting in lines_of(settings, keyword):
            if any(_ANYBODY.match(pattern) or any(fnmatch.fnmatchcase(name, pattern) for name in names) for pattern in setting.value.split()):
                found.append(obstacle_of(setting, "every user whom Azure makes, or its usual one, is among them"))
    return found


def not_listening(settings):
    """Return the Obstacles of ListenAddress and AddressFamily, when sshd listens on no address that Azure gives by DHCP."""
    family = effective_of(settings, "AddressFamily", "any")
    if family[0].lower() == "inet6":
        return [AccessObstacle(family[1], family[2], "AddressFamily inet6", "Azure's first address is one of IPv4")]
    lines = lines_of(settings, "listenaddress")
    # a socket for :: takes no connection of IPv4, for sshd sets IPV6_V6ONLY
    if not lines or any(is_any(setting.value.split()[0]) and setting.value.count(":") < 2 for setting in lines if setting.value):
        return []
    return [obstacle_of(setting, "the address that Azure gives is another one") for setting in lines]


def no_way_in(settings, is_new):
    """Return the Obstacles of the settings that leave no way to prove who one is, or none with a key; is_new: as of kept_out."""
    ways = {
        "publickey": effective_of(settings, "PubkeyAuthentication", "yes"),
        "password": effective_of(settings, "PasswordAuthentication", "yes"),
        "keyboard-interactive": _first(
            effective_of(settings, "KbdInteractiveAuthentication"), effective_of(settings, "ChallengeResponseAuthentication"), ("yes",)
        ),
    }
    off = [way for way in _WAYS if ways[way][0].lower() in ("no", "false")]
    found = []
    if "publickey" in off:
        found.append(AccessObstacle(ways["publickey"][1], ways["publickey"][2], "PubkeyAuthentication no", "a key of Azure lets nobody in"))
    value, path, line = effective_of(settings, "AuthenticationMethods")
    lists = [[way.split(":")[0] for way in methods.split(",")] for methods in (value or "").split()]
    # a user of Azure has a key, and who provisions turns passwords off then, so that sshd does not even start; publickey twice asks for two keys
    own = {"publickey"} if is_new else set(_WAYS)
    if value and value.lower() != "any" and not any(set(ways) <= own - set(off) and not ("publickey" in ways and len(ways) > 1) for ways in lists):
        found.append(AccessObstacle(path, line, f"AuthenticationMethods {value}", "no list of it has only ways that are on, and that a user of Azure has"))
    value, path, line = effective_of(settings, "AuthorizedKeysFile")
    if value and all(
        pattern.lower() == "none" or pattern.startswith("/") and not any(token in pattern for token in ("%h", "%u", "%U")) for pattern in value.split()
    ):
        found.append(AccessObstacle(path, line, f"AuthorizedKeysFile {value}", "a key of Azure, which is in the user's home, is never looked for"))
    return found


def from_some_places(settings):
    """Return the Obstacles of AllowUsers when every user that it names may come from some addresses alone."""
    lines = lines_of(settings, "allowusers")
    patterns = [pattern for setting in lines for pattern in setting.value.split() if not pattern.startswith("!")]
    if not patterns or any(pattern.partition("@")[2] in ("", "*", "0.0.0.0/0") for pattern in patterns):
        return []
    return [obstacle_of(setting, "who comes from another address is turned away, whatever the network of Azure lets through") for setting in lines]


def other_ports(settings):
    """Return the Obstacles of Port and ListenAddress, when sshd listens on other ports than 22 alone."""
    ports = lines_of(settings, "port")
    own = {"22" if setting.value.lower() == "ssh" else setting.value for setting in ports} or {"22"}
    addresses = [setting.value.split()[0] for setting in lines_of(settings, "listenaddress") if setting.value]
    if any(map(is_any, addresses)):  # on another address nobody comes
        addresses = [address for address in addresses if is_any(address)]
    named = [match.group(1) for address in addresses for match in [re.match(r"(?:\[.*\]|[^:]*):(\d+)$", address)] if match]
    listening = set(named) | (own if len(named) < len(addresses) or not addresses else set())
    return [] if "22" in listening else [obstacle_of(setting, "") for setting in ports or lines_of(settings, "listenaddress")]


def not_read(settings, by_cloud_init):
    """Return the obstacles ([AccessObstacle]) of AuthorizedKeysFile when sshd does not look where the user's key is written; [] when a command tells it keys.

    by_cloud_init: bool, whether cloud-init writes it; it looks into sshd_config alone, and takes the last line, whoever it is for. The agent never looks.
    Source: extract_authorized_keys of cloud-init's cloudinit/ssh_util.py.
    """
    value, path, line = effective_of(settings, "AuthorizedKeysFile", KEY_FILES)
    if effective_of(settings, "AuthorizedKeysCommand", "none")[0].lower() != "none":
        return []
    lines = [setting for setting in settings if setting.keyword == "authorizedkeysfile" and setting.path == PATHS[0]] if by_cloud_init else []
    written = _written_to(lines[-1].value) if lines else _KEYS
    if written in [_of_home(pattern) for pattern in value.split()]:
        return []
    shown = "~/" + written if not written.startswith("/") else written
    if path is None:  # it is a line for others that sends cloud-init there
        return [obstacle_of(lines[-1], f"cloud-init takes this line, and writes the user's keys to {shown}, where sshd does not look")]
    who = "cloud-init" if by_cloud_init else "the agent"
    return [AccessObstacle(path, line, f"AuthorizedKeysFile {value}", f"{who} writes the user's keys to {shown}, where sshd does not look")]


def _written_to(value):
    """Return the path (str, as of _of_home) to which cloud-init writes keys by an AuthorizedKeysFile: the first that is of one user."""
    own = [pattern for pattern in value.split() if "%u" in pattern or not pattern.startswith("/") or "%h" in pattern]
    return _of_home(own[0]) if own else _KEYS


def _of_home(pattern):
    """Return a pattern of AuthorizedKeysFile as a path (str) from the home of a new user, or from / where it lies elsewhere."""
    return re.sub(r"^(?:%h/+|/home/%u/+)?(?:\./+)*", "", pattern)


def _lets_in(patterns, names, is_new):
    """Return whether patterns let in one of the names, or (is_new) an account that is still to come."""
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        if any(sign in pattern for sign in "*?") and (is_new or any(fnmatch.fnmatchcase(name, pattern) for name in names)):
            return True
        if pattern == DEFAULT_NAME if is_new else pattern in names:
            return True
    return False


def lines_of(settings, keyword):
    """Return the settings ([Setting]) of a keyword whose lines add up, without those behind a Match for some."""
    return [setting for setting in settings if setting.keyword == keyword and setting.scope != SOME]


def _first(*answers):
    return next(answer for answer in answers if answer[0] is not None)


def is_any(value):
    """Return whether a ListenAddress is every address: ``0.0.0.0``, ``::``, ``*``, with a port or without; a name is not known."""
    host = value[1:].partition("]")[0] if value.startswith("[") else value.rpartition(":")[0] if value.count(":") == 1 else value
    if host == "*":
        return True
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def obstacle_of(setting, cause):
    """Return the AccessObstacle of a Setting. cause: str, for a person."""
    return AccessObstacle(setting.path, setting.line, f"{setting.keyword} {setting.value}", cause)
