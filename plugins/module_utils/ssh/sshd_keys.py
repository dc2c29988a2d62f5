# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether sshd and a client of today agree: on algorithms, on the kinds of Azure's keys, on a host key.

Pure: settings in, settings that keep people out out.

PRIVATE: module_utils of this collection are not an interface.
Source: sshd_config(5); myproposal.h of OpenSSH.
"""

import base64
import fnmatch
import re
import struct

from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import AccessObstacle, lines_of, obstacle_of
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import effective_of

#: Key algorithms of Azure's keys, and whether they are of RSA. Source: Microsoft, "Supported SSH key formats".
_KINDS = (("rsa-sha2-256", True), ("rsa-sha2-512", True), ("ssh-rsa", True), ("ssh-ed25519", False))
#: What servers of today do not take by themselves, nor do clients offer it. Source: the notes of OpenSSH 8.8.
_NOT_USUAL = {"ssh-rsa", "ssh-rsa-cert-v01@openssh.com"}
_SHORTEST_RSA, _LARGEST_RSA = 2048, 4096  # bits, of keys that people and Azure make
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
_KEY_REVOCATION_LIST = b"SSHKRL\n\0"
_LENGTH = struct.Struct(">I")  # of a string in a key
_MADE = re.compile(r"/etc/ssh/ssh_host_[a-z0-9]+_key$")


def no_common_algorithm(settings):
    """Return the Obstacles of the lists of algorithms that have none which a client of today offers by itself.

    Source: myproposal.h of OpenSSH 7.4 to 10.0. A cipher that checks its packets itself needs no code (MACs).
    """
    ciphers, found = _left(effective_of(settings, "Ciphers")[0], _OFFERED["Ciphers"]), []
    without_code = any("gcm" in name or "chacha" in name for name in ciphers)
    for keyword, offered in _OFFERED.items():
        value, path, line = effective_of(settings, keyword)
        if value and not (keyword == "MACs" and without_code) and not _left(value, offered):
            found.append(AccessObstacle(path, line, f"{keyword} {value}", "no client of today offers one of these, and nobody can connect"))
    return found


def _left(value, names):
    """Return those of names ([str]) that a list of algorithms (str, or None) leaves: it says which, or behind - which of the usual ones it takes away."""
    if not value or value[0] in "+^":
        return list(names)
    patterns = value.lstrip("-").split(",")
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns) is (value[0] != "-")]


def no_key(settings, read):
    """Return the Obstacles of the settings by which no key of Azure's kinds, RSA and Ed25519, is taken; who provisions turns passwords off with a key.

    read: callable, path -> bytes of a file of the guest, or None without one.
    """
    found = []
    value, path, line = effective_of(settings, "RevokedKeys", "none")
    content = b"" if value.lower() == "none" else read(value)
    if content is None or not _is_key_list(content):
        cause = "it is not there" if content is None else "it is neither a list of public keys nor one that ssh-keygen -k made"
        found.append(AccessObstacle(path, line, f"RevokedKeys {value}", f"{cause}, and so sshd refuses every key"))
    size, path, line = effective_of(settings, "RequiredRSASize")
    without_rsa = size is not None and size.isdigit() and int(size[:9]) > _LARGEST_RSA
    kinds = [kind for kind, is_rsa in _KINDS if not (is_rsa and without_rsa)]
    for keyword in ("PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes"):
        value, path, line = effective_of(settings, keyword)
        if value and value[0] not in "+^" and not set(_left(value, kinds)) - _NOT_USUAL:
            found.append(AccessObstacle(path, line, f"{keyword} {value}", "no key of RSA or Ed25519, as Azure has them, is taken"))
    return found


def no_usual_key(settings):
    """Return the Obstacles of the settings by which no key of RSA is taken, or none as short as Azure's tools make it, while others are.

    Source: Microsoft, "Supported SSH key formats", and the command az vm create, whose keys have 2048 bits.
    """
    found = []
    for keyword in ("PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes"):
        value, path, line = effective_of(settings, keyword)
        left = set(_left(value, [kind for kind, _is_rsa in _KINDS])) - _NOT_USUAL if value and value[0] not in "+^" else set()
        if left == {"ssh-ed25519"}:
            found.append(AccessObstacle(path, line, f"{keyword} {value}", "no key of RSA is taken"))
    size, path, line = effective_of(settings, "RequiredRSASize")
    if size is not None and size.isdigit() and _SHORTEST_RSA < int(size[:9]) <= _LARGEST_RSA:
        found.append(AccessObstacle(path, line, f"RequiredRSASize {size}", f"a key of RSA with {_SHORTEST_RSA} bits is not taken"))
    return found


def _is_key_list(content):
    """Return whether sshd can read a list of revoked keys (bytes). Source: sshkey_check_revoked and sshkey_in_file of OpenSSH."""
    lines = [line.strip() for line in content.split(b"\n")]
    return content.startswith(_KEY_REVOCATION_LIST) or all(_is_public_key(line) for line in lines if line and not line.startswith(b"#"))


def _is_public_key(line):
    """Return whether a line (bytes) is a public key: its kind, and in base64 strings of which the first says it again. Source: RFC 4253, 6.6."""
    words = line.split(None, 2)
    try:
        octets = base64.b64decode(words[1], validate=True) if len(words) > 1 else b""
    except ValueError:
        return False
    parts = []
    while len(octets) >= _LENGTH.size:
        end = _LENGTH.size + _LENGTH.unpack_from(octets)[0]
        if end > len(octets):
            return False
        parts.append(octets[_LENGTH.size : end])
        octets = octets[end:]
    return not octets and len(parts) > 1 and parts[0] == words[0]


def no_host_key(settings, has_file):
    """Return the Obstacles of HostKey, when no key that it names is there, and none is of those that whoever provisions makes.

    has_file: callable, path -> bool, of the guest.
    """
    lines = lines_of(settings, "hostkey")
    if any(has_file(setting.value) or _MADE.match(setting.value) for setting in lines):
        return []
    return [obstacle_of(setting, "it is not there, and whoever provisions makes /etc/ssh/ssh_host_*_key alone") for setting in lines]


def no_host_key_algorithm(settings):
    """Return the Obstacles of HostKeyAlgorithms, when none of the host keys may be used with them."""
    value, path, line = effective_of(settings, "HostKeyAlgorithms")
    if not value or value[0] in "+^":
        return []
    named = [setting.value for setting in lines_of(settings, "hostkey")] or list(_OF_HOST_KEYS)
    usable = [algorithm for name in named for kind, algorithms in _OF_HOST_KEYS.items() if kind in name for algorithm in algorithms]
    if not usable or set(_left(value, usable)) - (_NOT_USUAL if value[0] == "-" else set()):
        return []
    return [AccessObstacle(path, line, f"HostKeyAlgorithms {value}", "no host key is of these kinds, and nobody can connect")]
