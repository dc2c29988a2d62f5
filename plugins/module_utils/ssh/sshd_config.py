# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd_config and its drop-ins: which line takes effect, and how to make one take effect.

The first line of a keyword wins, wherever an Include brings it in. What stands behind ``Match`` is for some connections only,
and wins over the global lines for these; ``Match all`` is for every one.

Source: sshd_config(5) of OpenSSH 8.2 and later, each case tried with ``sshd -T``.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import of_sshd

#: One line. line: int, 1-based; keyword: str in lower case, "" of a line that is none of sshd's; value: str, arguments joined by a blank, quotes resolved;
#: scope: GLOBAL, EVERYONE (behind ``Match all``, or one that is for the visitor wherever that one comes from) or SOME (behind another Match).
SshdSetting = collections.namedtuple("SshdSetting", "path line keyword value scope")

#: Who logs in. name: str, the usual one of a user whom Azure makes; groups: {str} of that user, or None when they are not known.
Visitor = collections.namedtuple("Visitor", "name groups")

#: A list of patterns that has everybody: nobody comes from, or to, another address on Azure; with ``!`` it leaves somebody out.
_OF_ALL = {
    "user": ("*",),
    "group": ("*",),
    "host": ("*",),
    "address": ("*", "0.0.0.0/0"),
    "localaddress": ("*", "0.0.0.0/0"),
    "localport": ("22",),
}
GLOBAL, EVERYONE, SOME = "global", "everyone", "some"

#: What sshd reads; SUSE's sshd reads the vendor's as long as the administrator has none.
PATHS = ("/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config")

#: Relative includes are looked for here.
FOLDER = "/etc/ssh"

#: sshd's default of AuthorizedKeysFile.
KEY_FILES = ".ssh/authorized_keys .ssh/authorized_keys2"

#: As deep as sshd follows includes.
MAX_DEPTH = 16

#: More files, one that is included twice counted twice, than any server has.
MOST_FILES = 1000

_KEYWORDS = """
    AddressFamily AllowAgentForwarding AllowStreamLocalForwarding AllowTcpForwarding AuthorizedKeysCommand AuthorizedKeysCommandUser
    AuthorizedKeysFile AuthorizedPrincipalsCommand AuthorizedPrincipalsCommandUser AuthorizedPrincipalsFile Banner CASignatureAlgorithms
    ChallengeResponseAuthentication ChannelTimeout ChrootDirectory Ciphers ClientAliveCountMax ClientAliveInterval Compression
    DisableForwarding ExposeAuthInfo FingerprintHash ForceCommand GatewayPorts GSSAPIAuthentication GSSAPICleanupCredentials
    GSSAPIStrictAcceptorCheck HostbasedAcceptedAlgorithms HostbasedAuthentication HostbasedUsesNameFromPacketOnly HostKeyAgent
    HostKeyAlgorithms IgnoreRhosts IgnoreUserKnownHosts IPQoS KbdInteractiveAuthentication KerberosAuthentication
    KerberosGetAFSToken KerberosOrLocalPasswd KerberosTicketCleanup KexAlgorithms LoginGraceTime LogLevel MACs MaxAuthTries
    MaxSessions MaxStartups ModuliFile PAMServiceName PasswordAuthentication PermitEmptyPasswords PermitRootLogin PermitTTY
    PermitTunnel PermitUserEnvironment PermitUserRC PerSourceMaxStartups PerSourceNetBlockSize PerSourcePenalties PidFile
    PrintLastLog PrintMotd PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes PubkeyAuthentication PubkeyAuthOptions RDomain RefuseConnection
    RekeyLimit RequiredRSASize RevokedKeys SecurityKeyProvider SshdSessionPath StreamLocalBindMask StreamLocalBindUnlink
    StrictModes SyslogFacility TCPKeepAlive TrustedUserCAKeys UnusedConnectionTimeout UseDNS UsePAM VersionAddendum X11DisplayOffset
    X11Forwarding X11UseLocalhost XAuthLocation"""

_ADDING = """
    acceptenv allowgroups allowusers authenticationmethods denygroups denyusers hostcertificate hostkey listenaddress logverbose
    permitlisten permitopen persourcepenaltyexemptlist port setenv subsystem"""

#: {keyword in lower case: as sshd_config(5) writes it} of those of which the first line wins.
KEYWORDS = {name.lower(): name for name in _KEYWORDS.split()}

#: Keywords, in lower case, whose lines add up, so that no line wins.
ADDING = frozenset(_ADDING.split())

_LINE = re.compile(r'\s*"?([A-Za-z][A-Za-z0-9]*)"?(?:\s*=\s*|\s+)(.*)')
_ARGUMENT = re.compile(r'"([^"]*)"|\'([^\']*)\'|(#.*)|(\S+)')


def main_file(tree):
    """Return the path (str) of the file that sshd starts with, or None when there is none."""
    return next((path for path in PATHS if tree.is_file(path)), None)


def effective(tree, keyword, default=None):
    """Return (value, path, line) of the line that takes effect for every connection, (default, None, None) when there is none.

    keyword: str, ``ClientAliveInterval``, in any case.
    """
    return effective_of(settings(tree), keyword, default)


def effective_of(found, keyword, default=None):
    """Return what effective does, of settings ([SshdSetting]) that are read already."""
    found = [setting for setting in found if setting.keyword == keyword.lower()]
    for scope in (EVERYONE, GLOBAL):
        for setting in found:
            if setting.scope == scope:
                return setting.value, setting.path, setting.line
    return default, None, None


def authorized_keys_files(tree):
    """Return the patterns ([str]) of AuthorizedKeysFile by which sshd finds keys, those for some connections alone among them."""
    found = settings(tree)
    values = [effective_of(found, "AuthorizedKeysFile", KEY_FILES)[0]]
    values += [setting.value for setting in found if setting.keyword == "authorizedkeysfile" and setting.scope == SOME]
    return list(dict.fromkeys(word for value in values for word in value.split()))


def host_keys(tree):
    """Return the settings ([SshdSetting]) that name a host key."""
    return [setting for setting in settings(tree) if setting.keyword == "hostkey"]


def settings(tree, path=None, visitor=None):
    """Return the lines ([SshdSetting]) in the order in which sshd reads them, those of included files in their place.

    visitor: Visitor, for whom a Match may be, None for nobody in particular.

    Raises ImagewrightError: files include each other, or are too many.
    """
    path = path or main_file(tree)
    return _settings(tree, path, GLOBAL, (), [], visitor) if path else []


def includes(tree, path, target):
    """Return whether the file includes target (a path that need not exist) outside of any Match."""
    return any(
        _matches(pattern, target)
        for setting in settings(tree, path)
        if setting.keyword == "include" and setting.scope == GLOBAL
        for pattern in _patterns(setting.value)
    )


def with_option(text, keyword, value):
    """Return the text (str) with the option where it takes effect in this file: in place, else before the first ``Match``."""
    lines = text.split("\n")
    written = f"{keyword} {value}"
    commented = re.compile(r"[ \t]*#[ \t]*" + keyword + r"[ \t]+\S+[ \t]*\r?\Z", re.IGNORECASE)
    first_match = next((index for index, line in enumerate(lines) if parsed(line)[0] == "match"), None)
    place = next((index for index, line in enumerate(lines[:first_match]) if parsed(line)[0] == keyword.lower()), None)
    if place is None:
        place = next((index for index, line in enumerate(lines[:first_match]) if commented.match(line)), None)
    if place is not None:
        lines[place] = written + ("\r" if lines[place].endswith("\r") else "")
        return "\n".join(lines)
    ending = "\r" if lines[0].endswith("\r") else ""
    if first_match is not None:
        lines.insert(first_match, written + ending)
    elif lines[-1]:
        lines += [written + ending, ""]
    else:
        lines.insert(len(lines) - 1, written + ending)
    return "\n".join(lines)


def without_line(text, number):
    """Return the text (str) with one line (int, 1-based) as a comment."""
    lines = text.split("\n")
    lines[number - 1] = "# " + lines[number - 1]
    return "\n".join(lines)


def means_same(one, other):
    """Return whether sshd takes two values as one: case apart, and ``3m`` is 180."""
    return one.lower() == other.lower() or (seconds(one) is not None and seconds(one) == seconds(other))


def _settings(tree, path, scope, including, read, visitor):
    """Return the Settings of a file and of those that it includes; read: [str], grows by each path that is read."""
    read.append(path)
    if len(read) > MOST_FILES:
        raise ImagewrightError(f"cannot read {path}: sshd's files include each other, or more than {MOST_FILES}; look whether they are damaged")
    if len(including) > MAX_DEPTH or path in including:
        raise ImagewrightError(f"cannot read {path}: {including[-1]} includes it, and it includes that again; remove one of the includes")
    found, outer = [], scope
    for number, line in enumerate(of_sshd(tree.read_text(path)).split("\n"), 1):
        keyword, value = parsed(line)
        if keyword == "match":
            scope = EVERYONE if _is_for_all(value, visitor) and outer != SOME else SOME
        if keyword is not None:
            found.append(SshdSetting(path, number, keyword, value, scope))
        elif line.strip() and not line.lstrip().startswith("#"):
            found.append(SshdSetting(path, number, "", line.strip(), scope))
        if keyword == "include":
            # a Match of an included file ends with that file
            for name in [name for pattern in _patterns(value) for name in tree.glob(pattern) if tree.is_file(name)]:
                found += _settings(tree, name, scope, including + (path,), read, visitor)
    return found


def _is_for_all(value, visitor):
    """Return whether a Match (str, its criteria) is for every connection, or (Visitor) for each of somebody's."""
    words = re.sub(r"\s*=\s*", " ", value).split()
    if [word.lower() for word in words] == ["all"]:
        return True
    lists = [(name.lower(), patterns.split(",")) for name, patterns in zip(words[::2], words[1::2])]
    return bool(lists) and all(_is_for(visitor, name, patterns) for name, patterns in lists)


def _is_for(visitor, name, patterns):
    """Return whether one criterion (str, in lower case) of a Match is met, by its patterns ([str]): one of them has to match, and none that begins with !."""
    own = {"user": visitor and {visitor.name}, "group": visitor and visitor.groups}.get(name)
    if own:
        kept = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        taken = [pattern for pattern in patterns if not pattern.startswith("!")]
        return not any(fnmatch.fnmatchcase(each, pattern) for each in own for pattern in kept) and any(
            fnmatch.fnmatchcase(each, pattern) for each in own for pattern in taken
        )
    return "!" not in "".join(patterns) and bool(set(patterns) & set(_OF_ALL.get(name, ())))


def parsed(line):
    """Return (keyword in lower case, value) of a line, (None, "") of a blank one or a comment."""
    match = _LINE.match(line)
    if not match:
        return None, ""
    words = []
    for double, single, comment, plain in _ARGUMENT.findall(match.group(2)):
        if comment:
            break
        words.append(double or single or plain)
    return match.group(1).lower(), " ".join(words)


def _patterns(value):
    return [posixpath.join(FOLDER, word) for word in value.split()]


def _matches(pattern, path):
    """Return whether a pattern of an Include matches a path, part by part as the shell does."""
    patterns, parts = posixpath.normpath(pattern).split("/"), path.split("/")
    return len(patterns) == len(parts) and all(map(fnmatch.fnmatchcase, parts, patterns))


def seconds(value):
    """Return a time of sshd such as ``1h30m`` in seconds (int), None for another value. Source: "TIME FORMATS" of sshd_config(5)."""
    if not re.match(r"([0-9]+[smhdw]?)+\Z", value, re.IGNORECASE):
        return None
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    return sum(int(number) * units[unit.lower()] for number, unit in re.findall(r"([0-9]+)([smhdw]?)", value, re.IGNORECASE))
