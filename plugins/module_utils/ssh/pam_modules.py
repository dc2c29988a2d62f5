# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which module of PAM turns away a user whom nobody knew when the image was made, and why.

Pure: reads a Tree.

PRIVATE: module_utils of this collection are not an interface.
Source: the manual pages and the sources of Linux-PAM's modules; sshd runs them as root, with the terminal "ssh". What succeeds for such a user, or does
nothing: pam_rootok (sshd is root), pam_securetty (of root alone), pam_selinux without SELinux, pam_faillock with deny=0.
"""

import collections
import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import programs, services
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import pam, pam_access, pam_time

#: Who logs in. groups: {str}, None when they are not known; uid: int, the first that a new user may get.
NewUser = collections.namedtuple("NewUser", "name groups uid")

#: Line that turns the user away. path, line, text: of the file in which it is to be changed.
ModuleRefusal = collections.namedtuple("ModuleRefusal", "path line text cause")

_SHELLS, _USUAL_SHELLS = "/etc/shells", ("/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh")
_GROUPS, _NAMESPACE = "/etc/group", "/etc/security/namespace.conf"
_VENDORS_NAMESPACE = ("/usr/etc/security/namespace.conf", "/usr/lib/security/namespace.conf", "/usr/share/pam/security/namespace.conf")
_MADE_AT_BOOT = ("/run/", "/dev/", "/tmp/", "/var/run/", "/var/tmp/")
_LIMITS = "/etc/security/limits.conf"
_VENDORS_LIMITS = ("/usr/etc/security/limits.conf", "/usr/lib/security/limits.conf", "/usr/share/pam/security/limits.conf")
#: Options without which pam_listfile does not ask.
_LISTFILE = ("item", "sense", "file")
_COMPARED = {
    "eq": int.__eq__,
    "ne": int.__ne__,
    "lt": int.__lt__,
    "le": int.__le__,
    "gt": int.__gt__,
    "ge": int.__ge__,
}
_COMPARED.update({"=": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__})
#: What pam_succeed_if finds of everybody who comes by SSH.
_OF_EVERYBODY = {"tty": {"ssh"}, "shell": set(_USUAL_SHELLS)}
_CONDITION = re.compile(r"\b(user|uid|service|tty|shell)\s+(\S+)\s+(\S+)")


def refusals(tree, service, kinds, user):
    """Return the [ModuleRefusal] of the modules that turn a NewUser away, of the lines of the kinds that are asked in any case and whose failure counts."""
    found = []
    for line in pam.asked(tree, service, kinds):
        name = posixpath.basename(line.module)
        if name in _DIRECTORIES and _refused_by_directory(line):
            found.append(ModuleRefusal(line.path, line.line, line.text, "it does not know a user of this machine alone"))
        elif name in _ASKED and pam.fails(line):
            found += _ASKED[name](tree, line, pam.options(line), user)
    return found


def _of_env(unused_tree, line, unused_options, unused_user):
    return _at(line, "it has no answer to account, and fails") if line.kind == "account" else []


def _of_limits(tree, line, options, unused_user):
    path = options.get("conf", _LIMITS)
    if "conf" not in options and not tree.has_own_root:
        return []
    is_there = any(tree.is_file(each) for each in ((path,) if "conf" in options else (path,) + _VENDORS_LIMITS))
    return [] if is_there or line.kind != "session" else _at(line, f"there is no {path}")


def _of_loginuid(tree, line, options, unused_user):
    if "require_auditd" not in options or services.state(tree, ("auditd",)) == services.ENABLED:
        return []
    return _at(line, "auditd is not enabled, and without it nobody gets a session")


def _of_listfile(tree, line, options, user):
    status = tree.stat(options["file"]) if options.get("file") else None
    if not set(_LISTFILE) <= set(options):
        return [] if options.get("onerr") == "succeed" else _at(line, f"it needs {', '.join(_LISTFILE)}")
    if status is not None and (not stat.S_ISREG(status.mode) or status.mode & stat.S_IWOTH):
        return _at(line, f"{options['file']} is no file, or everybody may write to it")
    path, is_there = options.get("file", ""), tree.is_file(options.get("file", ""))
    if not is_there:
        return [] if options.get("onerr") == "succeed" or not path else _at(line, f"there is no {path}")
    known = [text.strip() for text in tree.read_text(path).split("\n")]
    own = {"user": {user.name}, "group": user.groups and user.groups | {user.name}, "shell": set(_USUAL_SHELLS)}.get(options.get("item"))
    if not own or options.get("sense") not in ("allow", "deny") or "apply" in options:
        return []
    if options["sense"] == "allow":
        return [] if own & set(known) else _at(line, f"{path} does not have the user" + ("" if options["item"] == "user" else f"'s {options['item']}"))
    return _at(line, f"{path} has the user's {options['item']}") if options["item"] != "shell" and own & set(known) else []


def _of_succeed_if(unused_tree, line, unused_options, user):
    words = " ".join(line.arguments)
    for field, sign, value in _CONDITION.findall(words):
        listed, cause = set(value.split(":")), ""
        if field == "user" and sign in ("ingroup", "notingroup") and user.groups is not None:
            is_member = bool(listed & (user.groups | {user.name}))
            cause = "" if is_member == (sign == "ingroup") else "the user is not in the group" if sign == "ingroup" else "the user is in the group"
        elif field == "user" and sign in ("=", "eq", "in"):
            cause = "" if user.name in listed else "the user is another one"
        elif field == "user" and sign in ("!=", "ne", "notin"):
            cause = "it is the user" if user.name in listed else ""
        elif field == "uid" and sign in _COMPARED and value.isdigit():
            cause = "" if _COMPARED[sign](user.uid, int(value[:9])) else f"the number of the user is {user.uid} or above"
        elif field in _OF_EVERYBODY and sign in ("=", "in", "!=", "notin"):
            known, wanted = _OF_EVERYBODY[field], sign in ("=", "in")
            is_right = bool(listed & known) == wanted or not wanted and len(known) > 1
            cause = "" if is_right else f"the {field} of the user is {sorted(known)[0]}"
        elif field == "service" and sign in ("=", "in", "!=", "notin"):
            cause = "" if ("sshd" in listed) == (sign in ("=", "in")) else "the service is sshd"
        if cause:
            return _at(line, cause)
    return []


def _of_exec(tree, line, options, unused_user):
    asked = options.get("type")
    if asked and {"session": "open_session"}.get(line.kind, line.kind) != asked:
        return []
    program = next((word for word in line.arguments if word.startswith("/")), None)
    if program is None:
        return _at(line, "it names no program")
    if program.startswith("/run/"):
        return []
    if posixpath.basename(program) == "false":
        return _at(line, "it always fails")
    if tree.lstat(program) is None:
        return _at(line, f"there is no {program}")
    wrong = programs.why_not(tree, program) if tree.has_own_root else ""
    return _at(line, wrong) if wrong else []


def _of_shells(tree, line, unused_options, unused_user):
    known = set(tree.read_text(_SHELLS).split()) if tree.is_file(_SHELLS) else set(_USUAL_SHELLS)
    return [] if known & set(_USUAL_SHELLS) else _at(line, f"{_SHELLS} has no shell of a new user's")


def _of_localuser(tree, line, options, user):
    path = options.get("file", "/etc/passwd")
    if path in ("/etc/passwd", ""):
        return []
    if not tree.is_file(path):
        return _at(line, f"there is no {path}")
    return [] if re.search(rf"(?m)^{re.escape(user.name)}:", tree.read_text(path)) else _at(line, f"{path} does not have the user")


def _of_nologin(tree, line, options, unused_user):
    path = options.get("file", "")
    return _at(line, f"{path} is there, and as long as it is nobody but root logs in") if path and tree.exists(path) and not path.startswith("/run/") else []


def _of_wheel(tree, line, options, unused_user):
    if "root_only" in options:
        return []
    if "use_uid" not in options:
        return _at(line, "it asks who is logged in on the terminal, and at a login by SSH nobody is")
    wanted = options.get("group")
    rows = [row.split(":") for row in tree.read_text(_GROUPS).split("\n")] if tree.is_file(_GROUPS) else []
    groups = {row[0]: row for row in rows if len(row) > 3}
    group = groups.get(wanted) if wanted else groups.get("wheel") or next((row for row in groups.values() if row[2] == "0"), None)
    has_root = group is not None and (group[2] == "0" or "root" in group[3].split(","))
    if "deny" in options:
        return _at(line, "sshd is root, whom it turns away") if has_root else []
    return [] if has_root else _at(line, f"sshd is root, who is not in the group {wanted or 'wheel'}")


def _of_usertype(unused_tree, line, options, unused_user):
    if "issystem" in options:
        return _at(line, "the user is none of the system")
    return [] if "isregular" in options else _at(line, "it needs isregular or issystem")


def _of_namespace(tree, line, options, user):
    path = next((path for path in (_NAMESPACE,) + _VENDORS_NAMESPACE if tree.is_file(path)), None)
    if path is None:
        return _at(line, f"there is no {_NAMESPACE}")
    found = []
    for number, text in enumerate(tree.read_text(path).split("\n"), 1):
        words = text.partition("#")[0].split()
        if not words:
            continue
        if len(words) < 3:
            if "ignore_config_error" not in options:
                found.append(ModuleRefusal(path, number, text.strip(), "it needs a directory, another one and a method"))
            continue
        cause = _of_instances(tree, words, options, user)
        found += [ModuleRefusal(path, number, text.strip(), cause)] if cause else []
    return found


def _of_instances(tree, words, options, user):
    """Return why (str) a user gets no directory of its own by a line of namespace.conf, "" when nothing is in its way. Tried with Linux-PAM 1.5.2.

    The directory that the instances lie in is made, below one that is there; one that is there has to be root's, and closed to everybody.
    """
    place, prefix, method = words[0], words[1], words[2].partition(":")[0]
    names = set(words[3].lstrip("~").split(",")) if len(words) > 3 else set()
    if "$" in place + prefix or (user.name in names) != (len(words) > 3 and words[3].startswith("~")):
        return ""
    if not tree.exists(place) and not (place.rstrip("/") + "/").startswith(_MADE_AT_BOOT) and "create" not in words[2]:
        return f"there is no directory {place}"
    parent = prefix.rstrip("/") if prefix.endswith("/") else posixpath.dirname(prefix)
    if method in ("tmpfs", "tmpdir") or not parent or parent.startswith(_MADE_AT_BOOT):
        return ""
    status = tree.stat(parent)
    if status is None:
        return "" if tree.is_dir(posixpath.dirname(parent)) else f"there is no directory {posixpath.dirname(parent)}"
    is_closed = not status.mode & 0o777 and (status.uid == 0 or tree.stat("/").uid != 0)
    return "" if is_closed or "ignore_instance_parent_mode" in options else f"{parent} has to be root's, with mode 000 (ignore_instance_parent_mode)"


def _of_access(tree, line, options, user):
    found = pam_access.refused(tree, options.get("accessfile"), user.name, user.groups)
    if found and found.line is None:
        return _at(line, f"{found.path}: {found.cause}")
    return [ModuleRefusal(found.path, found.line, found.text, found.cause)] if found else []


def _of_time(tree, line, options, user):
    return [ModuleRefusal(found.path, found.line, found.text, found.cause) for found in pam_time.refused(tree, options.get("conffile"), user.name)]


_ASKED = {
    "pam_env.so": _of_env,
    "pam_limits.so": _of_limits,
    "pam_loginuid.so": _of_loginuid,
    "pam_listfile.so": _of_listfile,
    "pam_succeed_if.so": _of_succeed_if,
    "pam_exec.so": _of_exec,
    "pam_shells.so": _of_shells,
    "pam_localuser.so": _of_localuser,
    "pam_nologin.so": _of_nologin,
    "pam_wheel.so": _of_wheel,
    "pam_usertype.so": _of_usertype,
    "pam_namespace.so": _of_namespace,
    "pam_access.so": _of_access,
    "pam_time.so": _of_time,
}
#: {module that asks a directory service about accounts: the answers that it gives of a user of this machine alone}. pam_krb5 lets it pass.
_DIRECTORIES = {"pam_sss.so": "ignore_unknown_user", "pam_ldap.so": "ignore_unknown_user", "pam_winbind.so": "unknown_ok"}


def _refused_by_directory(line):
    """Return whether a line of a directory service fails for a user that it does not know."""
    wanted = _DIRECTORIES[posixpath.basename(line.module)]
    return line.kind == "account" and wanted not in line.arguments and pam.action(line, "user_unknown") in ("bad", "die")


def _at(line, cause):
    """Return the [ModuleRefusal] of a PamLine itself."""
    return [ModuleRefusal(line.path, line.line, line.text, cause)]
