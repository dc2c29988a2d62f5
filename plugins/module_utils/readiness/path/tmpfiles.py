# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd-tmpfiles does at boot: files that it makes, removes, closes and writes.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import fnmatch
import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core import credentials, time_span, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_places import TMPFILES_FOLDERS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import boot_needs
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh.sshd_access import DEFAULT_NAME

#: Of two files with one name that of the first folder counts; in a guest that runs /run has some.
_FOLDERS = (TMPFILES_FOLDERS[0], "/run/tmpfiles.d") + TMPFILES_FOLDERS[1:]
#: What works the lines off at the boot, and the credential with further ones, which come last.
_SERVICE, _CREDENTIAL = "systemd-tmpfiles-setup.service", "tmpfiles.extra"
_PROGRAMS = ("/usr/bin/systemd-tmpfiles", "/bin/systemd-tmpfiles")
#: systemd removes /run/nologin when the boot is done, and makes it by such a line itself.
_NOLOGIN = "/etc/nologin"
_NEEDED = (
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/ssh/sshd_config",
    "/etc/pam.d/sshd",
    "/etc/sudoers",
    "/etc/waagent.conf",
    "/etc/cloud/cloud.cfg",
    "/etc/fstab",
    "/usr/sbin/sshd",
    "/usr/sbin/waagent",
    "/home",
)
#: What a pattern of homes may mean of the user of Azure, of which the last is no directory.
_OF_USERS = (f"/home/{DEFAULT_NAME}", f"/home/{DEFAULT_NAME}/.ssh", f"/home/{DEFAULT_NAME}/.ssh/authorized_keys")
#: Where everything is needed that lies in it, however old it is; of /home what a login has not read since so long.
_KEPT, _HOMES = ("/", "/etc", "/usr", "/bin", "/lib", "/sbin", "/boot"), ("/home", "/home/*")
_CLEANER = "systemd-tmpfiles-clean.timer"
_KEYS = tuple(f"/etc/ssh/ssh_host_{kind}_key" for kind in ("rsa", "ecdsa", "ed25519"))
_SUDO = ("/usr/bin/sudo", "/bin/sudo")
#: What the kernel does when this is written to /proc/sysrq-trigger. Source: Linux Documentation/admin-guide/sysrq.rst.
_REQUESTS = {"o": "powers the machine off", "b": "restarts the machine", "c": "crashes", "e": "ends all programs", "i": "ends all programs"}
_DAY = 86400  # seconds
#: One line. kind: str, its letter without signs; signs: str; place: str, the path; mode, age, argument: str, - where it has none; source: Evidence
#: without a cause.
_Line = collections.namedtuple("_Line", "kind signs place mode age argument source")
#: Files that count for nothing with the one line that F and f+ leave in them, and those that useradd writes to.
_LONG = tuple(path for path in _NEEDED if path not in ("/etc/ssh/sshd_config", "/etc/waagent.conf", "/etc/cloud/cloud.cfg", "/home"))
_OF_ACCOUNTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/home", "/etc/sudoers.d", "/etc")
#: As chattr writes them: no sign is a plus.
_IMMUTABLE = re.compile(r"[+=]?[A-Za-z]*[ai]")
_OPEN = ("/", "/etc", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/bin", "/lib", "/sbin", "/var", "/home", "/dev", "/run")


@rule(
    "R69h",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Nothing that the login needs is removed or closed at each boot",
    fault="systemd-tmpfiles removes or closes at each boot what the login needs",
    why="The lines are worked off before any service starts: the files that are there in the image are not there when the server reads them.",
    cure="Take the line out, or lay an empty file of the same name into /etc/tmpfiles.d.",
    source="tmpfiles.d(5), systemd-tmpfiles-setup.service(8), pam_nologin(8)",
)
def nothing_is_removed(context):
    """Return failed with each line that makes /etc/nologin, removes what a login needs, or takes a directory from all but its owner."""
    tree = context.tree
    if not any(tree.exists(path) for path in _PROGRAMS):
        return not_applicable("systemd-tmpfiles is not installed")
    found, settled, lines = [], set(), _lines(context)
    forbidding, excepted = _forbidding(context), {line.place for line in lines if line.kind in ("x", "X")}
    cleans = context.shared(Units).find(_CLEANER).state == unit_files.THERE
    for line in lines:
        cause = _cause(line.kind, line.place, line.mode) or _written(line) or _made(line, forbidding) or _replaced(tree, line) or _kept_as_it_is(line)
        cause = cause or (_aged(line) if cleans and not any(_is_below(place, line.place) for place in excepted) else "")
        if (line.kind, line.place) not in settled and cause:
            found.append(line.source._replace(text=f"{line.source.text}: {cause}"))
        settled.add((line.kind, line.place))
    return failed_if(found)


def _lines(context):
    """Return the [_Line] of all files, in the order in which they count."""
    found = []
    handed = credentials.handed(context.shared(Units), _SERVICE)
    for path in _files(context.tree) + [handed[name] for name in (_CREDENTIAL,) if name in handed]:
        for number, text in context.lines(path):
            words = text.split(None, 6)
            if len(words) < 2 or words[0].startswith("#"):
                continue
            kind, place = words[0].rstrip("!+-=~^$?"), posixpath.normpath(words[1].strip("\"'"))
            words += ["-"] * (7 - len(words))
            found.append(_Line(kind, words[0][len(kind) :], place, words[2], words[5], words[6].strip(), Evidence(path, number, text.strip())))
    return found


def _forbidding(context):
    """Return {path: name of the unit} of what must not be there for a server, an agent or a network manager to start."""
    known, found = context.shared(Units), {}
    for name in sorted(each for each in context.facts(boot_needs.needed_units) if each.endswith(".service") and not each.startswith("cloud-")):
        for setting in unit_files.listed(known.readable_settings(known.find(name)) or [], "Unit", "ConditionPathExists"):
            if setting.value.startswith("!/"):
                found[setting.value[1:]] = name
    return found


def _made(line, forbidding):
    """Return which unit does not start for what a line makes (str), "" when none."""
    name = forbidding.get(line.place) if line.kind in ("f", "F", "C", "L", "d", "D", "p", "v", "q", "Q") else None
    return f"{name} does not start while it is there" if name else ""


def _replaced(tree, line):
    """Return what a line lays in the place of what a login needs (str), "" when nothing."""
    if line.place not in _NEEDED:
        return ""
    if line.kind in ("p", "c", "b") and "+" in line.signs:
        return "it is no file any more"
    if line.kind == "L" and "+" in line.signs:
        target = line.argument if line.argument not in ("", "-") else f"/usr/share/factory{line.place}"
        target = posixpath.normpath(posixpath.join(posixpath.dirname(line.place), target))
        gone = target == "/dev/null" or not tree.exists(target) and not target.startswith(("/run/", "/tmp/"))
        return f"it is a link to {target}, which is not there" if gone and "%" not in target else ""
    is_written = line.kind == "F" or line.kind == "f" and "+" in line.signs
    return "nothing of it is left but this line" if is_written and line.place in _LONG else ""


def _kept_as_it_is(line):
    """Return what a line of file attributes keeps useradd from (str), "" when nothing."""
    if line.kind not in ("h", "H") or line.argument.startswith("-") or not _IMMUTABLE.match(line.argument):
        return ""
    held = [path for path in _OF_ACCOUNTS if path == line.place or line.kind == "H" and _is_below(path, line.place)]
    return f"nobody can write to {held[0]} any more, and no user is made" if held else ""


def _written(line):
    """Return what a line that writes to a file of the kernel does (str), "" when nothing."""
    if line.kind not in ("w", "f", "F"):
        return ""
    if line.place == "/proc/sysrq-trigger" and line.argument[:1] in _REQUESTS:
        return f"the kernel {_REQUESTS[line.argument[:1]]}"
    if line.place == "/proc/sys/kernel/modules_disabled" and line.argument == "1":
        return "no module is loaded any more, that of the provisioning DVD neither"
    return ""


def _aged(line):
    """Return what a line has removed once it is old (str), "" when nothing: systemd-tmpfiles-clean.timer comes a quarter of an hour after the boot."""
    # before the span may stand which times count
    span = time_span.seconds(line.age.rpartition(":")[2]) if line.kind in ("d", "D", "e", "v", "q", "Q") else None
    if span is not None and line.place in _KEPT:
        return "what is older is removed"
    # keys and programs of an image are older than a day, and what a login reads is read once a day
    return "keys that are older are removed" if span is not None and span < _DAY and line.place in _HOMES else ""


def _files(tree):
    """Return the paths ([str]) in the order in which they are read: by their names, whatever their folder."""
    by_name = {}
    for folder in _FOLDERS:
        for path in tree.glob(folder + "/*.conf"):
            by_name.setdefault(posixpath.basename(path), path)
    return [path for _name, path in sorted(by_name.items())]


def _cause(kind, place, mode):
    """Return what a line does to the login (str), "" when nothing. kind: str, its letter without signs; mode: str, - where it has none."""
    if kind in ("f", "F", "C", "L") and place == _NOLOGIN:
        return "nobody but root may log in while this file is there"
    removed = [path for path in _NEEDED if kind == "r" and path == place or kind in ("R", "D") and (path + "/").startswith(place.rstrip("/") + "/")]
    if removed:
        return f"{removed[0]} is removed"
    if kind in ("r", "R") and any(fnmatch.fnmatchcase(path, place) for path in (_OF_USERS if kind == "R" else _OF_USERS[-1:])):
        return "the keys of every user are removed"
    plain = int(mode, 8) if re.match(r"[0-7]{3,4}$", mode) else None
    if kind in ("z", "Z", "m") and plain is not None:
        if not plain & 0o4000 and any(_covers(kind, place, path) for path in _SUDO):
            return "sudo is not setuid any more"
        if plain & 0o006 and all(_covers(kind, place, path) for path in _KEYS):
            return "sshd takes no host key that others may read"
    digits = re.match(r"[~:]*([0-7]{3,4})$", mode)
    if kind in ("d", "D", "z", "Z", "m", "v", "q", "Q") and place in _OPEN and digits and not int(digits.group(1), 8) & 0o001:
        return "nobody but its owner reaches what lies in it"
    return ""


def _covers(kind, place, path):
    """Return whether a line is about a path: by its pattern, or with all that is below its place."""
    return fnmatch.fnmatchcase(path, place) or kind == "Z" and _is_below(path, place)


def _is_below(path, place):
    return (path + "/").startswith(place.rstrip("*/") + "/")


RULES = [nothing_is_removed]
