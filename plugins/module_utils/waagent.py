# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""waagent.conf as text: read by the agent's own rules, changed in as few bytes as can be.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import difflib
import re

from ansible_collections.imagewright.azure.plugins.module_utils.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.waagent_keys import INTEGER, KEYS, SWITCH

#: A line that the agent reads. number: int, 1-based; key: str; value: str, or None for the word ``None``, which unsets.
Setting = collections.namedtuple("Setting", "number key value")

#: A line that set_values removed because an earlier one sets the same key.
Duplicate = collections.namedtuple("Duplicate", "line key value")

#: Where the agent looks when nothing says otherwise: most systems, Flatcar and CoreOS, Clear Linux.
PATHS = ("/etc/waagent.conf", "/usr/share/oem/waagent.conf", "/usr/share/defaults/waagent/waagent.conf")

#: Units that may name another file; the administrator's come first.
UNITS = ("/etc/systemd/system/wa*agent.service", "/usr/lib/systemd/system/wa*agent.service", "/lib/systemd/system/wa*agent.service")

#: Files with the installed agent's version, newest Python first: packages, installations by hand, Flatcar, the single-file agent 2.0.
VERSION_FILES = tuple(
    f"{prefix}/{packages}/{egg}azurelinuxagent/common/version.py"
    for prefix in ("/usr", "/usr/local", "/usr/share/oem/python")
    for packages in ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python2*/site-packages",
                     "lib/python2*/dist-packages")
    for egg in ("", "WALinuxAgent-*.egg/")) + ("/usr/sbin/waagent",)

#: Who provisions, for agents from 2.2.45 on and for those before: each ignores the keys of the other.
_PROVISIONING_KEYS = ("Provisioning.Agent",)
_OLD_PROVISIONING_KEYS = ("Provisioning.Enabled", "Provisioning.UseCloudInit")
_FIRST_WITH_PROVISIONING_AGENT = (2, 2, 45)

#: What package managers name the packager's newer version of a changed file.
UNMERGED_ENDINGS = (".rpmnew", ".dpkg-dist", ".dpkg-new", ".ucf-dist", ".ucf-new", ".pacnew", ".apk-new")


def settings(text):
    """Return the lines ([Setting]) that the agent reads, in order.

    Source: ConfigurationProvider.load in azurelinuxagent/common/conf.py.
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#") or "=" not in line:
            continue
        key, _unused, rest = line.partition("=")
        value = rest.split("#")[0].strip("\" ").strip()
        found.append(Setting(number, key.strip(), None if value == "None" else value))
    return found


def parse(text):
    """Return {key: value} as the agent reads the file: the last line of a key wins, a value None is unset."""
    return {setting.key: setting.value for setting in settings(text)}


def place(path, text, key):
    """Return where a key is to be set, for an error: the path, and the line that the agent reads now, if there is one."""
    numbers = [setting.number for setting in settings(text) if setting.key == key]
    return f"{path} line {numbers[-1]}" if numbers else path


def file_value(key, value, allow_unknown=False, where="waagent.conf"):
    """Return what to write (str) for a value, None for unset.

    key: str, name of the key.
    value: bool, int, str or None (unset) as a person gave it.
    allow_unknown: bool, take keys that no agent is known to read.
    where: str, what an error names as the place.
    Raises ImagewrightError: no agent reads the key, or it would take its default instead of the value.
    """
    if key not in KEYS:
        _check_unknown(key, allow_unknown, where)
    if value is None:
        return None
    kind = KEYS[key].kind if key in KEYS else None
    if kind == SWITCH or (kind is None and isinstance(value, bool)):
        return _switch(key, value, where)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _refused(where, key, value, f"the key takes {'an integer' if kind == INTEGER else 'text'}", "write it as one")
    text = str(value)
    if kind == INTEGER:
        return _integer(key, text, where)
    return _string(key, text, where)


def means_same(key, one, other):
    """Return whether the agent takes two values (str, None for unset) of a key as one."""
    if one is None or other is None:
        return one is other
    if key in KEYS and KEYS[key].kind == SWITCH:
        return one.lower() == other.lower()
    if key in KEYS and KEYS[key].kind == INTEGER:
        try:
            return int(one) == int(other)
        except ValueError:
            return False
    return one == other


def set_values(text, wanted):
    """Return (new text, [Duplicate]): the keys have the wanted values, everything else is as it was.

    wanted: {key: str as file_value gives it, or None to comment the key out}.
    The first line that sets a key is changed in place, later ones are removed; a key that is only there as a
    comment is uncommented in place; any other is added at the end.
    """
    duplicates = _later_lines(text, [key for key, value in wanted.items() if value is not None])
    removed = {duplicate.line for duplicate in duplicates}
    lines = [line for number, line in enumerate(text.split("\n"), 1) if number not in removed]
    for key, value in wanted.items():
        present = [setting for setting in settings("\n".join(lines)) if setting.key == key]
        if value is None:
            _comment_out(lines, present)
        elif present:
            _set(lines, present[0], value)
        else:
            _uncomment_or_add(lines, key, value)
    return "\n".join(lines), duplicates


def find_path(tree):
    """Return the path (str) of the configuration that the guest's agent reads, or None when there is none.

    Source: get_agent_conf_file_path of azurelinuxagent/common/osutil/{default,coreos,clearlinux}.py.
    """
    for pattern in UNITS:
        for unit in [path for path in tree.glob(pattern) if tree.is_file(path)]:
            match = re.search(r"^ExecStart=.*-configuration-path[:=](\S+)", tree.read_text(unit), re.MULTILINE)
            if match and tree.is_file(match.group(1).strip("\"'")):
                return match.group(1).strip("\"'")
    for path in PATHS:
        if tree.is_file(path):
            return path
    return None


def agent_version(tree):
    """Return the version (str) of the agent that the guest's packages installed, or None when none is found.

    The agent that it may have updated itself to, below /var/lib/waagent, leaves provisioning to this one.
    """
    for pattern in VERSION_FILES:
        for path in [path for path in reversed(tree.glob(pattern)) if tree.is_file(path)]:
            match = re.search(r"^(?:AGENT_VERSION|GuestAgentVersion) *= *['\"](?:WALinuxAgent-)?([0-9][0-9.]*)", tree.read_text(path),
                              re.MULTILINE)
            if match:
                return match.group(1)
    return None


def provisioning_keys(version):
    """Return the keys ([str]) by which the agent of this version (str or None) knows who provisions."""
    numbers = _numbers(version)
    return _OLD_PROVISIONING_KEYS if numbers and numbers < _FIRST_WITH_PROVISIONING_AGENT else _PROVISIONING_KEYS


def provisioning_agent(values, version):
    """Return what Provisioning.Agent means to the agent (str), in lower case, None when the file does not say.

    values: {key: value}, as parse gives it; version: str or None, of the installed agent. Agents before 2.2.45 take it from
    Provisioning.Enabled and Provisioning.UseCloudInit, and provision themselves when neither is set.
    Source: azurelinuxagent/pa/provision/__init__.py of 2.2.44 and 2.2.45.
    """
    if provisioning_keys(version) == _PROVISIONING_KEYS:
        return (values.get("Provisioning.Agent") or "").lower() or None
    if (values.get("Provisioning.UseCloudInit") or "n").lower() == "y":
        return "cloud-init"
    return "disabled" if (values.get("Provisioning.Enabled") or "y").lower() == "n" else "waagent"


def unmerged(tree, path):
    """Return the paths ([str]) of newer versions of the file that the package manager left beside it."""
    return [path + ending for ending in UNMERGED_ENDINGS if tree.is_file(path + ending)]


def notes(wanted, text, version):
    """Return warnings ([str]): settings that this agent ignores, or that have no effect as the file now stands.

    wanted: {key: value}, as set_values takes it.
    text: str, the file after the change.
    version: str or None, of the installed agent.
    """
    found = []
    for name in [name for name in wanted if name in KEYS]:
        if name in _PROVISIONING_KEYS + _OLD_PROVISIONING_KEYS and set(_PROVISIONING_KEYS + _OLD_PROVISIONING_KEYS) <= set(wanted):
            # every agent finds its own
            continue
        key = KEYS[name]
        # what is not set has no effect anyway
        reason = _ignored(key, version) if wanted[name] is not None else None
        if reason:
            found.append(f"{name}: {reason}" + (f"; {key.note}" if key.note else ""))
        elif name == "Extensions.WaitForCloudInitTimeout":
            found.append(f"{name}: {key.note}")
    values = parse(text)
    if "ResourceDisk.EnableSwap" in wanted and (values.get("ResourceDisk.EnableSwap") or "").lower() == "y":
        if (values.get("ResourceDisk.Format") or "n").lower() != "y":
            found.append("ResourceDisk.EnableSwap=y has no effect: the agent makes swap only with ResourceDisk.Format=y")
        elif not re.match(r"0*[1-9]", values.get("ResourceDisk.SwapSizeMB") or ""):
            found.append("ResourceDisk.EnableSwap=y has no effect: the agent makes swap only with ResourceDisk.SwapSizeMB above 0")
    return found


def _ignored(key, version):
    """Return why the agent of this version ignores the key (str), or None when it reads it or that is not known."""
    numbers = _numbers(version)
    if not numbers:
        return f"agents later than {_dotted(key.until)} ignore it" if key.until else None
    if key.until and numbers[:len(key.until)] > key.until:
        return f"the installed agent {version} ignores it, as all do after {_dotted(key.until)}"
    if key.since and numbers < key.since:
        return f"the installed agent {version} ignores it, as all do before {_dotted(key.since)}"
    return None


def _numbers(version):
    return tuple(int(part) for part in re.findall("[0-9]+", version or ""))


def _dotted(numbers):
    return ".".join(str(number) for number in numbers)


def _later_lines(text, keys):
    """Return the lines ([Duplicate]) that set one of the keys again."""
    seen, found = set(), []
    for setting in settings(text):
        if setting.key in seen and setting.key in keys:
            found.append(Duplicate(*setting))
        seen.add(setting.key)
    return found


def _check_unknown(key, allow_unknown, where):
    if not key or key != key.strip() or "=" in key or "\n" in key or key.startswith("#"):
        raise ImagewrightError(f"cannot set the key {key!r} in {where}: a key is text without '=', '#' in front, blanks around it "
                               "or line ends; correct its name")
    if allow_unknown:
        return
    similar = {name.lower(): name for name in KEYS}
    near = difflib.get_close_matches(key.lower(), similar, 1, 0.6) or [name for name in similar if name.endswith("." + key.lower())]
    hint = f"did you mean {similar[near[0]]}? " if near else ""
    raise ImagewrightError(f"cannot set the key {key!r} in {where}: no agent reads it (keys are case sensitive); "
                           f"{hint}Correct its name, or set allow_unknown: true")


def _switch(key, value, where):
    if isinstance(value, bool):
        return "y" if value else "n"
    # what Jinja makes of a boolean
    words = {"y": "y", "n": "n", "true": "y", "false": "n"}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    default = KEYS[key].default
    raise _refused(where, key, value, "the agent knows only y and n here and would silently take its default"
                   + (f" ({default})" if default else ""), "set true or false")


def _integer(key, text, where):
    if not re.match(r"[0-9]+\Z", text):
        default = KEYS[key].default
        raise _refused(where, key, text, "the key takes a whole number" + (f" (default {default})" if default else ""), "write digits only")
    if key == "HttpProxy.Port" and not 0 < int(text) < 65536:
        raise _refused(where, key, text, "a port is between 1 and 65535", "correct it")
    return text


def _string(key, text, where):
    if text != text.strip("\" ").strip() or not text:
        raise _refused(where, key, text, "the agent would drop the blanks and double quotes around it, or finds nothing", "write plain text")
    if "#" in text or not text.isprintable():
        raise _refused(where, key, text, "the agent cuts a value at '#' and at the end of the line", "use text without these")
    if text == "None":
        raise _refused(where, key, text, "to the agent this word means that the key is not set", "set null to unset it")
    known = KEYS.get(key)
    if known and known.choices and text not in known.choices:
        raise _refused(where, key, text, "the agent knows only " + ", ".join(known.choices), "set one of these")
    if known and (known.default or "").startswith("/") and not text.startswith("/"):
        raise _refused(where, key, text, "the key takes an absolute path", "begin it with '/'")
    return text


def _refused(where, key, value, cause, cure):
    return ImagewrightError(f"cannot set {key} to {value!r} in {where}: {cause}; {cure}")


def _set(lines, setting, value):
    """Give the line the value, unless the agent already reads it there."""
    if means_same(setting.key, setting.value, value):
        return
    line = lines[setting.number - 1]
    carriage_return = "\r" if line.endswith("\r") else ""
    comment = line.partition("=")[2].partition("#")[2].rstrip("\r")
    lines[setting.number - 1] = f"{setting.key}={value}{carriage_return}"
    if comment.strip():
        # the agent's README rules comments behind a value out (R45): it keeps its text on a line of its own
        lines.insert(setting.number - 1, f"#{comment}{carriage_return}")


def _comment_out(lines, present):
    for setting in present:
        if setting.value is not None:
            lines[setting.number - 1] = "# " + lines[setting.number - 1]


def _uncomment_or_add(lines, key, value):
    commented = re.compile(r"[ \t]*#[# \t]*" + re.escape(key) + r"[ \t]*=[ \t]*[^\s#]*[ \t]*(#[^\r]*)?(\r?)\Z")
    for index, line in enumerate(lines):
        match = commented.match(line)
        if match:
            lines[index] = f"{key}={value}{match.group(2)}"
            if match.group(1):
                lines.insert(index, match.group(1) + match.group(2))
            return
    carriage_return = "\r" if len(lines) > 1 and lines[0].endswith("\r") else ""
    if lines[-1] != "":
        lines[-1] += carriage_return
        lines.append("")
    lines.insert(len(lines) - 1, f"{key}={value}{carriage_return}")
