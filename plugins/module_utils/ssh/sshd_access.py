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

from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import SOME, effective_of, seconds

#: A setting that keeps people out. cause: str, for a person.
AccessObstacle = collections.namedtuple("AccessObstacle", "path line text cause")

#: Whom Azure's portal and command line make when no name is given; every other name is not known when the image is made.
DEFAULT_NAME = "azureuser"

#: Ways of sshd by which somebody whom the provisioner made can prove who they are.
#: Commands that end a session at once.
_ENDING = ("false", "true", "nologin", "exit")
#: Commands that take and give files, and no more.
_FILES_ALONE = ("internal-sftp", "sftp-server", "scponly", "rssh")
#: Commands that say something, unless more follows; where a shell looks for a program, and what it needs none for.
_SAYING, _GOES_ON = ("echo", "printf", "cat", "sleep", "uptime", "date"), re.compile(r"[;&|`]|\$\(|\bexec\b")
_SEARCHED = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/games", "/usr/games", "/snap/bin")
_OF_THE_SHELL = ("cd", "case", "command", "eval", "export", "for", "if", "read", "set", "source", "test", "time", "trap", "ulimit", "umask", "until", "while")
#: Key algorithms of Azure's keys, and whether they are of RSA. Source: Microsoft, "Supported SSH key formats".
_KINDS = (("rsa-sha2-256", True), ("rsa-sha2-512", True), ("ssh-rsa", True), ("ssh-ed25519", False))
_LARGEST_RSA = 4096  # bits, of keys that people and Azure make
#: What each kind of host key may sign with. Source: sshd_config(5), HostKeyAlgorithms.
_OF_HOST_KEYS = {
    "rsa": ("ssh-rsa", "rsa-sha2-256", "rsa-sha2-512", "ssh-rsa-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com"),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp256-cert-v01@openssh.com"),
    "ed25519": ("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"),
}
#: What a client offers by itself.
_OFFERED = {
    "Ciphers": ("chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"),
    "MACs": (
        *("umac-64-etm@openssh.com", "umac-128-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"),
        *("hmac-sha1-etm@openssh.com", "umac-64@openssh.com", "umac-128@openssh.com", "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"),
    ),
    "KexAlgorithms": (
        *("mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com", "curve25519-sha256", "curve25519-sha256@libssh.org"),
        *("ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512"),
        *("diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1"),
    ),
}
_MADE = re.compile(r"/etc/ssh/ssh_host_[a-z0-9]+_key$")
#: A pattern of AllowUsers for connections of the machine to itself, and one of DenyUsers for all.
_OF_ITSELF, _ANYBODY = re.compile(r"@(?:127\.[0-9.*/]*|::1|localhost)$"), re.compile(r"\??\*+(?:@(?:\*|0\.0\.0\.0/0))?$")
#: The least that a login over a network needs. Source: MaxStartups of sshd_config(5), connections that are not yet authenticated.
_LEAST_GRACE, _LEAST_STARTUPS = 10, 3
_WAYS = ("publickey", "password", "keyboard-interactive")


def kept_out(settings, accounts, groups, is_new):
    """Return the Obstacles of AllowUsers, DenyUsers, AllowGroups and DenyGroups.

    accounts: {str}, names in /etc/passwd. groups: {str}, what the provisioned user is a member of, None when not known.
    is_new: bool, the user who logs in is made on Azure, under a name that nobody knows yet; else it is one of the accounts.
    """
    found = []
    for keyword, names in (("allowusers", accounts), ("allowgroups", groups)):
        lines = _lines(settings, keyword)
        patterns = [pattern.split("@")[0] for setting in lines for pattern in setting.value.split() if not _OF_ITSELF.search(pattern)]
        if lines and names is not None and not _lets_in(patterns, names, is_new if keyword == "allowusers" else False):
            found.append(_obstacle(lines[0], "a user whom Azure makes is not among them" if is_new else "none of them is there"))
    for keyword, names in (("denyusers", ["?*"]), ("denygroups", sorted(groups or ()))):
        for setting in _lines(settings, keyword):
            if any(
                _ANYBODY.match(pattern) or keyword == "denygroups" and any(fnmatch.fnmatchcase(name, pattern) for name in names)
                for pattern in setting.value.split()
            ):
                found.append(_obstacle(setting, "every user whom Azure makes is among them"))
    return found


def not_listening(settings):
    """Return the Obstacles of ListenAddress and AddressFamily, when sshd listens on no address that Azure gives by DHCP."""
    family = effective_of(settings, "AddressFamily", "any")
    if family[0].lower() == "inet6":
        return [AccessObstacle(family[1], family[2], "AddressFamily inet6", "Azure's first address is one of IPv4")]
    lines = _lines(settings, "listenaddress")
    # a socket for :: takes no connection of IPv4, for sshd sets IPV6_V6ONLY
    if not lines or any(is_any(setting.value.split()[0]) and setting.value.count(":") < 2 for setting in lines if setting.value):
        return []
    return [_obstacle(setting, "the address that Azure gives is another one") for setting in lines]


def no_way_in(settings):
    """Return the Obstacles of the settings that leave no way to prove who one is, or none with a key."""
    ways = {
        "publickey": _value(settings, "PubkeyAuthentication", "yes"),
        "password": _value(settings, "PasswordAuthentication", "yes"),
        "keyboard-interactive": _first(_value(settings, "KbdInteractiveAuthentication"), _value(settings, "ChallengeResponseAuthentication"), ("yes",)),
    }
    off = [way for way in _WAYS if ways[way][0].lower() in ("no", "false")]
    found = []
    if "publickey" in off:
        found.append(AccessObstacle(ways["publickey"][1], ways["publickey"][2], "PubkeyAuthentication no", "a key of Azure lets nobody in"))
    value, path, line = effective_of(settings, "AuthenticationMethods")
    lists = [[way.split(":")[0] for way in methods.split(",")] for methods in (value or "").split()]
    # a user of Azure has a key or a password, and seldom both; publickey twice asks for two keys
    if value and value.lower() != "any" and not any(set(ways) <= set(_WAYS) - set(off) and not ("publickey" in ways and len(ways) > 1) for ways in lists):
        found.append(AccessObstacle(path, line, f"AuthenticationMethods {value}", "no list of it has only ways that are on, and that a user of Azure has"))
    value, path, line = effective_of(settings, "AuthorizedKeysFile")
    if value and all(
        pattern.lower() == "none" or pattern.startswith("/") and not any(token in pattern for token in ("%h", "%u", "%U")) for pattern in value.split()
    ):
        found.append(AccessObstacle(path, line, f"AuthorizedKeysFile {value}", "a key of Azure, which is in the user's home, is never looked for"))
    return found


def no_session(settings, has_file, runs, is_new):
    """Return the Obstacles of the settings by which nobody gets a session, though the key is right.

    has_file: callable, path -> bool, of the guest; runs: callable, path -> str, why a program does not run, "" when it does; is_new: as of kept_out.
    """
    found = []
    value, path, line = effective_of(settings, "MaxSessions")
    if value == "0":
        found.append(AccessObstacle(path, line, "MaxSessions 0", "no connection may have a session"))
    value, path, line = effective_of(settings, "RefuseConnection")
    if value and value.lower() == "yes":
        found.append(AccessObstacle(path, line, "RefuseConnection yes", "every connection is ended"))
    value, path, line = effective_of(settings, "PerSourceMaxStartups")
    if value == "0":
        found.append(AccessObstacle(path, line, "PerSourceMaxStartups 0", "no address may have a connection"))
    value, path, line = effective_of(settings, "MaxAuthTries")
    if value == "0":
        found.append(AccessObstacle(path, line, "MaxAuthTries 0", "nobody may try"))
    value, path, line = effective_of(settings, "ForceCommand", "none")
    cause = _forced(value, has_file, runs)
    found += [AccessObstacle(path, line, f"ForceCommand {value}", cause)] if cause else []
    value, path, line = effective_of(settings, "ChrootDirectory", "none")
    cause = _locked_in(value, has_file, is_new) if value.lower() != "none" else ""
    return found + ([AccessObstacle(path, line, f"ChrootDirectory {value}", cause)] if cause else [])


def _forced(command, has_file, runs):
    """Return why a command (str) of ForceCommand, which the user's shell runs, is no session, "" when it may be one."""
    words = command.split()
    words = words[1:] if words[:1] == ["exec"] else words
    if not words or words[0].lower() == "none":
        return ""
    name = words[0].rpartition("/")[2]
    if name in _ENDING:
        return "it ends every session at once"
    if name in _FILES_ALONE or name in _SAYING and not _GOES_ON.search(command):
        return "it gives nobody a shell"
    if words[0].startswith("/"):
        return runs(words[0])
    is_name = re.fullmatch(r"[a-z0-9][a-z0-9._-]*", words[0]) and words[0] not in _OF_THE_SHELL + _SAYING
    return "there is no such program" if is_name and not any(has_file(f"{folder}/{name}") for folder in _SEARCHED) else ""


def _locked_in(folder, has_file, is_new):
    """Return why nobody gets a session in a directory of ChrootDirectory, "" when somebody may. Source: safely_chroot of OpenSSH's session.c."""
    plain = folder.replace("%%", "")
    if "%h" in plain or plain.rstrip("/") == "/home/%u":
        return "a home is its user's, and sshd goes into no directory that is not root's alone"
    if is_new and ("%u" in plain or "%U" in plain):
        return "nobody makes it for a user whom Azure makes"
    return "" if "%" in plain or has_file(f"{folder.rstrip('/')}/bin/sh") else "there is no shell in it"


def no_common_algorithm(settings):
    """Return the Obstacles of the lists of algorithms that have none which a client of today offers by itself.

    Source: myproposal.h of OpenSSH 7.4 to 10.0. A cipher that checks its packets itself needs no code (MACs).
    """
    found = []
    alone = [
        pattern for pattern in (effective_of(settings, "Ciphers")[0] or _OFFERED["Ciphers"][0]).split(",") if pattern.lstrip("+^").startswith(("chacha", "aes"))
    ]
    with_code = all("gcm" not in pattern and "chacha" not in pattern and "*" not in pattern for pattern in alone)
    for keyword, offered in _OFFERED.items():
        value, path, line = effective_of(settings, keyword)
        if not value or value[0] in "+^-" or keyword == "MACs" and not with_code:
            continue
        if not any(fnmatch.fnmatchcase(name, pattern) for name in offered for pattern in value.split(",")):
            found.append(AccessObstacle(path, line, f"{keyword} {value}", "no client of today offers one of these, and nobody can connect"))
    return found


def from_some_places(settings):
    """Return the Obstacles of AllowUsers when every user that it names may come from some addresses alone."""
    lines = _lines(settings, "allowusers")
    patterns = [pattern for setting in lines for pattern in setting.value.split() if not pattern.startswith("!")]
    if not patterns or any(pattern.partition("@")[2] in ("", "*", "0.0.0.0/0") for pattern in patterns):
        return []
    return [_obstacle(setting, "who comes from another address is turned away, whatever the network of Azure lets through") for setting in lines]


def impatient(settings):
    """Return the Obstacles of the settings that leave little time, few attempts or few connections to who logs in over a network."""
    found = []
    value, path, line = effective_of(settings, "LoginGraceTime", "120")
    if 0 < (seconds(value) or 0) < _LEAST_GRACE:
        found.append(AccessObstacle(path, line, f"LoginGraceTime {value}", "who has not logged in by then is cut off"))
    value, path, line = effective_of(settings, "MaxAuthTries")
    if value == "1":
        found.append(AccessObstacle(path, line, "MaxAuthTries 1", "a client that offers another key first is cut off"))
    value, path, line = effective_of(settings, "ChannelTimeout", "none")
    for kind, _equals, limit in [word.partition("=") for word in value.split()]:
        if kind in ("session", "session:*", "session:shell", "*", "global") and 0 < (seconds(limit) or 0) < _LEAST_GRACE:
            found.append(AccessObstacle(path, line, f"ChannelTimeout {value}", "a session in which nothing is written for that time is closed"))
    value, path, line = effective_of(settings, "MaxStartups", "10")
    first, share, most = (value.split(":") + ["100", ""])[:3] if ":" in value else (value, "100", value)
    if first.isdigit() and 0 < int(first[:9]) < _LEAST_STARTUPS and (share == "100" or most.isdigit() and int(most[:9]) < _LEAST_STARTUPS):
        found.append(AccessObstacle(path, line, f"MaxStartups {value}", "others that connect, as they do to every public address, keep the user out"))
    return found


def no_key(settings, has_file):
    """Return the Obstacles of the settings by which no key of Azure's kinds, RSA and Ed25519, is taken; [] where a password is.

    has_file: callable, path -> bool, of the guest.
    """
    if _value(settings, "PasswordAuthentication", "yes")[0].lower() != "no":
        return []
    found = []
    value, path, line = effective_of(settings, "RevokedKeys", "none")
    if value.lower() != "none" and not has_file(value):
        found.append(AccessObstacle(path, line, f"RevokedKeys {value}", "it is not there, and so sshd refuses every key"))
    size, path, line = effective_of(settings, "RequiredRSASize")
    without_rsa = size is not None and size.isdigit() and int(size[:9]) > _LARGEST_RSA
    kinds = [(kind, is_rsa) for kind, is_rsa in _KINDS if not (is_rsa and without_rsa)]
    for keyword in ("PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes"):
        value, path, line = effective_of(settings, keyword)
        if value and value[0] not in "+^-" and not any(fnmatch.fnmatchcase(kind, pattern) for pattern in value.split(",") for kind, _is_rsa in kinds):
            found.append(AccessObstacle(path, line, f"{keyword} {value}", "no key of RSA or Ed25519, as Azure has them, is taken"))
    return found


def no_host_key(settings, has_file):
    """Return the Obstacles of HostKey, when no key that it names is there, and none is of those that whoever provisions makes.

    has_file: callable, path -> bool, of the guest.
    """
    lines = _lines(settings, "hostkey")
    if any(has_file(setting.value) or _MADE.match(setting.value) for setting in lines):
        return []
    return [_obstacle(setting, "it is not there, and whoever provisions makes /etc/ssh/ssh_host_*_key alone") for setting in lines]


def no_host_key_algorithm(settings):
    """Return the Obstacles of HostKeyAlgorithms, when none of the host keys may be used with them."""
    value, path, line = effective_of(settings, "HostKeyAlgorithms")
    if not value or value[0] in "+^-":
        return []
    named = [setting.value for setting in _lines(settings, "hostkey")] or list(_OF_HOST_KEYS)
    usable = [algorithm for name in named for kind, algorithms in _OF_HOST_KEYS.items() if kind in name for algorithm in algorithms]
    if not usable or any(fnmatch.fnmatchcase(algorithm, pattern) for pattern in value.split(",") for algorithm in usable):
        return []
    return [AccessObstacle(path, line, f"HostKeyAlgorithms {value}", "no host key is of these kinds, and nobody can connect")]


def other_ports(settings):
    """Return the Obstacles of Port and ListenAddress, when sshd listens on other ports than 22 alone."""
    ports = _lines(settings, "port")
    own = {"22" if setting.value.lower() == "ssh" else setting.value for setting in ports} or {"22"}
    addresses = [setting.value.split()[0] for setting in _lines(settings, "listenaddress") if setting.value]
    if any(map(is_any, addresses)):  # on another address nobody comes
        addresses = [address for address in addresses if is_any(address)]
    named = [match.group(1) for address in addresses for match in [re.match(r"(?:\[.*\]|[^:]*):(\d+)$", address)] if match]
    listening = set(named) | (own if len(named) < len(addresses) or not addresses else set())
    return [] if "22" in listening else [_obstacle(setting, "") for setting in ports or _lines(settings, "listenaddress")]


def not_read(settings):
    """Return the obstacles ([AccessObstacle]) of AuthorizedKeysFile when sshd does not look into ~/.ssh/authorized_keys; [] when a command tells it keys."""
    value, path, line = effective_of(settings, "AuthorizedKeysFile")
    if value is None or _value(settings, "AuthorizedKeysCommand", "none")[0].lower() != "none":
        return []
    if any(re.fullmatch(r"(?:%h/|/home/%u/|(?:\./)*)\.ssh/authorized_keys", pattern) for pattern in value.split()):
        return []
    return [AccessObstacle(path, line, f"AuthorizedKeysFile {value}", "the agent writes the user's keys to ~/.ssh/authorized_keys, where sshd does not look")]


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


def _lines(settings, keyword):
    """Return the settings ([Setting]) of a keyword whose lines add up, without those behind a Match for some."""
    return [setting for setting in settings if setting.keyword == keyword and setting.scope != SOME]


def _value(settings, keyword, default=None):
    return effective_of(settings, keyword, default)


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


def _obstacle(setting, cause):
    return AccessObstacle(setting.path, setting.line, f"{setting.keyword} {setting.value}", cause)
