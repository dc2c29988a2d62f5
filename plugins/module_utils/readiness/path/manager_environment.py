# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: the time, the search path and the privileges that systemd gives every service.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re
import shlex

from ansible_collections.imagewright.azure.plugins.module_utils.core import (
    generators,
    loader_environment,
    python_environment,
    services,
    systemd_version,
    time_span,
    unit_files,
)
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import service_arguments, sshd_started, started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if, not_applicable
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import for_certain
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import server

#: Where programs of the system are; of these one each has to be searched that has the programs of PROGRAMS.
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
#: What an agent and cloud-init start by its name alone.
_PROGRAMS = ("sh", "useradd", "ip", "mount")
#: What shows whether the loader starts what the system, or whoever provisions, consists of.
_OF_SYSTEM, _PYTHONS = ("/bin/sh", "/usr/bin/sh"), ("/usr/bin/python3", "/usr/libexec/platform-python")
#: The units of whoever provisions.
_PROVISIONERS = ("walinuxagent", "waagent", "cloud-init-main", "cloud-init-local", "cloud-init", "cloud-init-network", "cloud-config", "cloud-final")
#: Of these, the agent: what it imports (crypt, distro) warns of its end.
_AGENTS = ("walinuxagent", "waagent")
#: Seconds in which no service has told that it is ready, and in which one on a small machine may not have.
_NOTHING_STARTS, _LITTLE = 0.1, 10
#: What services of the boot do: mount, set addresses, become another user, bind port 22. Source: capabilities(7).
_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_DAC_OVERRIDE")
#: A variable that a script of a shell prints.
_PRINTED = re.compile(r"(?:echo|printf)\s+([\"']?)([A-Za-z_]\w*=[^$`\"'|;&<>]*)\1\s*$")
#: With which bash runs nothing that it is given as an argument, or in a file.
_RUNS_NOTHING = "noexec"
#: Versions of systemd.
_WAITING_FOR_GROUPS = (256, 257)


@rule(
    "R73e",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="systemd gives its services time to start",
    fault="systemd gives its services no time to start",
    why="A service that has not told in DefaultTimeoutStartSec= that it is ready is killed: networkd, sshd and the agent are.",
    cure="Remove the line from system.conf (or the parameter from the command line), or have it in a drop-in of the one service that is meant.",
    source="systemd-system.conf(5), DefaultTimeoutStartSec=; systemd.service(5), TimeoutStartSec=",
    choice="Below ten seconds it is a warning, for a service of a small machine that has much to do may need them; 0 is no limit.",
)
def services_have_time(context):
    """Return failed with the line of a time in which no service starts; a warning where most do."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    setting = unit_files.last(manager_settings.settings(context), "Manager", "DefaultTimeoutStartSec")
    time = None if setting is None or setting.value == "infinity" else time_span.seconds(setting.value)
    if not time or time >= _LITTLE:
        return failed_if([])
    return failed_if([Evidence(setting.path, setting.line, f"{setting.key}={setting.value}")], severity=None if time < _NOTHING_STARTS else WARNING)


@rule(
    "R69l",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    fixed_by="grub_cmdline",
    title="systemd does not wait because of the old control groups",
    fault="systemd waits half a minute because of the old control groups",
    why="systemd 256 and 257 take systemd.unified_cgroup_hierarchy=0 for a mistake: they show a message, wait 30 seconds, and start with version 2.",
    cure="Take the parameter out; SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 beside it has version 1 with these two.",
    source="systemd's NEWS, 256; tried with 257",
    choice="Older ones use version 1 then, and 258 and later know the parameter no more.",
)
def groups_are_unified(context):
    """Return failed with each started line that asks systemd 256 or 257 for the old control groups."""
    if context.shared(systemd_version.version) not in _WAITING_FOR_GROUPS:
        return not_applicable("no systemd that waits for it is there")
    names = ("systemd.unified_cgroup_hierarchy", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE")
    asked = [[started.last(line, name) for name in names] for line in started.started_lines(context)]
    return failed_if(
        old.place._replace(text=f"{old.text}: {old.place.text}")
        for old, forced in asked
        if old is not None and (old.value or "").lower() in unit_files.FALSE and not (forced is not None and (forced.value or "1").lower() in unit_files.TRUE)
    )


@rule(
    "R73f",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="systemd gives its services a search path and the privileges of root",
    fault="systemd takes the search path, or privileges of root, from every service",
    why="The agent and cloud-init start useradd, ip and mount by their names alone, and PYTHONHOME takes Python its own modules; what CapabilityBoundingSet= "
    "of system.conf leaves out, no service gets back, and with NoNewPrivileges= sudo gives nobody root; with a damaged library in LD_LIBRARY_PATH nothing "
    "starts.",
    cure="Remove the line from system.conf or the unit (or the parameter from the command line), or have it in a drop-in of the one service that is meant.",
    source="systemd-system.conf(5), DefaultEnvironment=, CapabilityBoundingSet= and NoNewPrivileges=; capabilities(7); ld.so(8)",
    choice="LD_PRELOAD= of a library that is not there is right: the loader passes over it with a message.",
)
def services_have_their_means(context):
    """Return failed with the line of system.conf, or of a provisioner's unit, that leaves services without programs, capabilities or sudo."""
    if not services.uses_systemd(context.tree):
        return not_applicable("the guest is not started by systemd")
    settings = manager_settings.settings(context)
    for_all = _of_generators(context) + unit_files.listed(settings, "Manager", "DefaultEnvironment")
    found = (
        _without_commands(context.tree, for_all)
        + _of_environment(context.tree, for_all)
        + _not_loaded(context.tree, _OF_SYSTEM, for_all)
        + _of_provisioners(context)
        + _of_server(context)
    )
    found += _without_capabilities(settings)
    privileges = unit_files.last(settings, "Manager", "NoNewPrivileges")
    if privileges is not None and privileges.value.lower() in unit_files.TRUE:
        found.append(Evidence(privileges.path, privileges.line, f"NoNewPrivileges={privileges.value}: sudo gives nobody root"))
    return failed_if(found)


def _of_generators(context):
    """Return the [UnitSetting] of the variables that scripts among the generators of the manager's environment print whatever is the case."""
    found = []
    for path in generators.of_environment(context.tree):
        if re.match(r"#!\s*(/usr)?/bin/(env\s+)?(sh|bash|dash)\b", context.first_line(path)):
            printed = [(number, _PRINTED.match(text)) for number, text in for_certain(context.lines(path))]
            found += [unit_files.UnitSetting("Manager", "echo", shlex.quote(match.group(2).strip()), path, number) for number, match in printed if match]
    return found


def _without_commands(tree, settings):
    """Return the [Evidence] of assignments ([UnitSetting]) with which bash runs nothing, where it is the shell of all scripts."""
    last = [setting for setting in settings if _value_of(setting.value, "SHELLOPTS") is not None][-1:]
    is_bash = any(posixpath.basename(tree.resolve(path)) == "bash" for path in _OF_SYSTEM if tree.is_symlink(path))
    return [
        Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: no shell runs a command")
        for setting in last
        if is_bash and _RUNS_NOTHING in (_value_of(setting.value, "SHELLOPTS") or "").split(":")
    ]


def _of_provisioners(context):
    """Return the [Evidence] of what the units of whoever provisions set themselves, in them and in the files that they name."""
    known, found = context.shared(unit_files.Units), []
    for name in _PROVISIONERS:
        settings = known.readable_settings(known.find(f"{name}.service")) or []
        own = unit_files.listed(settings, "Service", "Environment")
        # what a file sets counts before what Environment= does
        own = own + _of_files(context, settings)
        found += _of_environment(context.tree, own) + _not_loaded(context.tree, _PYTHONS, own) + _without_commands(context.tree, own)
        strict = [setting for setting in own if (_value_of(setting.value, "PYTHONWARNINGS") or "").split("::")[0] == "error"]
        if name in _AGENTS and strict:
            found.append(Evidence(strict[-1].path, strict[-1].line, f"{strict[-1].key}={strict[-1].value}: a warning that the agent's imports give ends it"))
    return found


def _of_files(context, settings):
    """Return the [UnitSetting] of the variables in the files that a unit names."""
    files = [setting.value.lstrip("-") for setting in unit_files.listed(settings, "Service", "EnvironmentFile")]
    known = [(name, value) for path in files for name, value in service_arguments.of_file(context, path).items()]
    return [unit_files.UnitSetting("Service", "EnvironmentFile", shlex.quote(f"{name}={value.text}"), value.path, value.line) for name, value in known]


def _of_server(context):
    """Return the [Evidence] of what the unit of sshd sets, in itself and in the files that it names, with which sshd does not start."""
    unit, program = sshd_started.unit(context), server.program(context.tree)
    known = service_arguments.variables(context, context.shared(unit_files.Units).settings(unit)) if unit and program else {}
    named = [(name, known[name]) for name in loader_environment.NAMES if name in known]
    causes = [(name, value, loader_environment.why_not(context.tree, program, {name: value.text})) for name, value in named]
    return [Evidence(value.path, value.line, f"{name}={value.text}: {cause}") for name, value, cause in causes if cause]


def _not_loaded(tree, programs, settings):
    """Return the [Evidence] of assignments ([UnitSetting]) with which the first of some programs that is there does not start."""
    program = next((path for path in programs if tree.is_file(path)), None)
    last = {name: (value, setting) for setting in settings for name, value in _assignments(setting.value) if name in loader_environment.NAMES}
    causes = [(setting, loader_environment.why_not(tree, program, {name: value})) for name, (value, setting) in last.items() if program]
    return [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {cause}") for setting, cause in causes if cause]


def _of_environment(tree, settings):
    """Return the [Evidence] of a search path without programs, and of a place without Python's own modules, in assignments ([UnitSetting])."""
    found = []
    for setting in [each for each in settings if _value_of(each.value, "PATH") is not None][-1:]:
        lost = not_found(tree, _value_of(setting.value, "PATH"), _PROGRAMS)
        found += [Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {', '.join(lost)} cannot be found")] if lost else []
    for setting in [each for each in settings if _value_of(each.value, "PYTHONHOME") is not None][-1:]:
        home = _value_of(setting.value, "PYTHONHOME").partition(":")[0]
        if home.startswith("/") and not any(tree.glob(f"{home}/{folder}/python*/os.py") for folder in ("lib", "lib64")):
            found.append(Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: Python's own modules are not there, and it ends at once"))
    for setting in [each for each in settings if _value_of(each.value, "PYTHONPLATLIBDIR") is not None][-1:]:
        folder = _value_of(setting.value, "PYTHONPLATLIBDIR")
        if folder and tree.glob("/usr/lib*/python3*/os.py") and not tree.glob(f"/usr/{folder}/python3*/os.py"):
            found.append(Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: Python's own modules are not there, and it ends at once"))
    return found + _ends_python(tree, settings)


def _ends_python(tree, settings):
    """Return the [Evidence] of the last assignment of each variable with which Python ends as it starts."""
    found = {}
    minors = [re.search(r"/python3\.(\d+)/", path) for path in tree.glob("/usr/lib*/python3.*/os.py")]
    minor = min((int(match.group(1)) for match in minors if match), default=0)
    for setting in settings:
        for name, value in _assignments(setting.value):
            cause = python_environment.why_it_ends(name, value, minor)
            found[name] = Evidence(setting.path, setting.line, f"{setting.key}={setting.value}: {cause}, and ends") if cause else None
    return [place for place in found.values() if place]


def _without_capabilities(settings):
    """Return the [Evidence] of what bounds the capabilities of all to less than services of the boot need; sets are joined, and taken away with ``~``."""
    kept, last = None, None
    for setting in [each for each in settings if (each.section, each.key) == ("Manager", "CapabilityBoundingSet")]:
        words = {word.upper() for word in setting.value.lstrip("~").split()}
        if not setting.value:
            kept = set()
        elif setting.value == "~":
            kept = None
        elif setting.value.startswith("~"):
            kept = (set(_CAPABILITIES) if kept is None else kept) - words
        else:
            kept = words if kept is None else kept | words
        last = setting
    lacks = [name for name in _CAPABILITIES if name not in kept] if kept is not None else []
    return [Evidence(last.path, last.line, f"CapabilityBoundingSet={last.value}: without {', '.join(lacks)}")] if lacks else []


def _assignments(value):
    """Return [(name, value)] of a list of assignments (str), none of what cannot be parted."""
    try:
        return [(word.partition("=")[0], word.partition("=")[2]) for word in shlex.split(value) if "=" in word]
    except ValueError:
        return []


def _value_of(value, name):
    """Return what a list of assignments sets a name to (str), None when it does not."""
    return next((each for own, each in reversed(_assignments(value)) if own == name), None)


def not_found(tree, path, programs):
    """Return the programs ([str]) that the system has and a search path (str or None) does not lead to."""
    if path is None or "$" in path:
        return []
    there = [name for name in programs if any(tree.exists(f"{folder}/{name}") for folder in _FOLDERS)]
    return [name for name in there if not any(folder.startswith("/") and tree.exists(f"{folder}/{name}") for folder in path.split(":"))]


RULES = [services_have_time, groups_are_unified, services_have_their_means]
