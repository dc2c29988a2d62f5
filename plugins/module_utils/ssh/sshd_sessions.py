# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sshd's settings leave of a session whose key is right: commands, directories, time, attempts and connections.

Pure: settings in, settings that keep people out out.

PRIVATE: module_utils of this collection are not an interface.
Source: sshd_config(5); do_child and safely_chroot of OpenSSH's session.c.
"""

import fnmatch
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import AccessObstacle
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_config import effective_of, seconds

#: Commands that end a session at once.
_ENDING = programs.NO_SHELLS + ("exit",)
#: Commands that take and give files, and no more.
_FILES_ALONE = ("internal-sftp", "sftp-server", "scponly", "rssh")
#: Commands that say something, unless more follows; where a shell looks for a program, and what it needs none for.
_SAYING, _GOES_ON = ("echo", "printf", "cat", "sleep", "uptime", "date"), re.compile(r"[;&|`]|\$\(|\bexec\b")
_SEARCHED = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/games", "/usr/games", "/snap/bin")
_OF_THE_SHELL = ("cd", "case", "command", "eval", "export", "for", "if", "read", "set", "source", "test", "time", "trap", "ulimit", "umask", "until", "while")
#: The least that a login over a network needs. Source: MaxStartups of sshd_config(5), connections that are not yet authenticated.
_LEAST_GRACE, _LEAST_STARTUPS = 10, 3
#: Seconds in which nobody reads a prompt and writes a command.
_NO_TIME = 5
_CLOSED = "a session in which nothing is written for that time is closed"
#: Bits of an address that part who connects from others on a public address, and the fewest places for those who are punished.
_LEAST_BITS, _LEAST_PUNISHED = 9, 100


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
    value, path, line = effective_of(settings, "ChannelTimeout", "none")
    if 0 < _idle(value, "shell") < _NO_TIME:
        found.append(AccessObstacle(path, line, f"ChannelTimeout {value}", _CLOSED))
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


def _idle(value, kind):
    """Return the seconds (int) after which ChannelTimeout closes a session of a kind (``shell`` or ``command``) that writes nothing, 0 for never.

    The first pattern counts. Source: lookup_timeout of OpenSSH's channels.c; 9.2 and 10.0 take ``session`` for none of them.
    """
    limits = [word.partition("=")[::2] for word in value.split()]
    return next((seconds(limit) or 0 for pattern, limit in limits if fnmatch.fnmatchcase(f"session:{kind}", pattern)), 0)


def shared_fate(settings, punishes):
    """Return the Obstacles of the settings by which what others on the network do, as they do to every public address, is held against the user.

    punishes: bool, this sshd refuses an address for a while from which attempts failed (9.8 and later). Tried with OpenSSH 10.0.
    """
    found, bits = [], _number(effective_of(settings, "PerSourceNetBlockSize", "32:128")[0].partition(":")[0], 32)
    startups = effective_of(settings, "PerSourceMaxStartups", "none")
    if bits < _LEAST_BITS and _number(startups[0], _LEAST_STARTUPS) < _LEAST_STARTUPS:
        found.append(AccessObstacle(*startups[1:], f"PerSourceMaxStartups {startups[0]}", f"all of PerSourceNetBlockSize {bits} have them together"))
    penalties, path, line = effective_of(settings, "PerSourcePenalties", "yes")
    exempt = [setting for setting in settings if setting.keyword == "persourcepenaltyexemptlist"]
    if not punishes or penalties.lower() == "no" or exempt:
        return found
    block, place, number = effective_of(settings, "PerSourceNetBlockSize", "32:128")
    if bits < _LEAST_BITS:
        found.append(AccessObstacle(place, number, f"PerSourceNetBlockSize {block}", "who tries wrong keys has all others refused, too (PerSourcePenalties)"))
    options = dict(word.partition(":")[::2] for word in penalties.lower().split())
    if options.get("overflow") == "deny-all" and 0 < _number(options.get("max-sources4", ""), _LEAST_PUNISHED) < _LEAST_PUNISHED:
        found.append(AccessObstacle(path, line, f"PerSourcePenalties {penalties}", "when so many addresses have tried wrong keys, all are refused"))
    return found


def _number(text, otherwise):
    return int(text[:9]) if text.isdigit() else otherwise


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
    together = [seconds(word.partition("=")[2]) or 0 for word in value.split() if word.startswith("global=")]  # 9.7 and later
    if any(0 < time < _LEAST_GRACE for time in [_idle(value, kind) for kind in ("shell", "command")] + together):
        found.append(AccessObstacle(path, line, f"ChannelTimeout {value}", _CLOSED))
    value, path, line = effective_of(settings, "PermitTTY", "yes")
    if value.lower() == "no":
        found.append(AccessObstacle(path, line, "PermitTTY no", "a session has no terminal: no prompt, and no editor"))
    value, path, line = effective_of(settings, "MaxStartups", "10")
    first, share, most = (value.split(":") + ["100", ""])[:3] if ":" in value else (value, "100", value)
    if first.isdigit() and 0 < int(first[:9]) < _LEAST_STARTUPS and (share == "100" or most.isdigit() and int(most[:9]) < _LEAST_STARTUPS):
        found.append(AccessObstacle(path, line, f"MaxStartups {value}", "others that connect, as they do to every public address, keep the user out"))
    return found
