# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that run at every boot, or within minutes of it: of services, of timers and paths that start some, of scripts of SysV, of rc.local and
of cron, and of the scripts that they start where an administrator keeps such.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re
import shlex
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import generators, time_span, unit_files, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import Units
from ansible_collections.imagewright.azure.plugins.module_utils.network import card_name, udev_rules
from ansible_collections.imagewright.azure.plugins.module_utils.network.card_commands import from_program
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import python_lines, shell_conditions, shell_text
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import is_by_cloud_init
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.shell_lines import called, chained, commands_of, endless_loop, for_certain

#: A service that the boot starts. settings: [UnitSetting].
BootService = collections.namedtuple("BootService", "unit settings")

#: One command line. path: str; line: int from 1; text: str, the line as it is there; command: str; unit: str, the unit that runs it, or "".
BootCommand = collections.namedtuple("BootCommand", "path line text command unit")

RC_LOCAL = ("/etc/rc.local", "/etc/rc.d/rc.local")
_SCRIPTS = ("/var/lib/cloud/scripts/per-boot/*", "/var/lib/cloud/scripts/per-instance/*", "/var/lib/cloud/scripts/per-once/*")
#: What network managers run once a card is up, by the unit by which they run it. Source: interfaces(5), NetworkManager-dispatcher(8).
_HOOKS = {
    "networking.service": ("/etc/network/if-pre-up.d/*", "/etc/network/if-up.d/*"),
    "NetworkManager.service": ("/etc/NetworkManager/dispatcher.d/*", "/etc/NetworkManager/dispatcher.d/pre-up.d/*"),
    "networkd-dispatcher.service": ("/etc/networkd-dispatcher/configured.d/*", "/etc/networkd-dispatcher/routable.d/*"),
}
#: What dhclient reads, which ifupdown starts. Source: dhclient-script(8).
_READ = ("/etc/dhcp/dhclient-enter-hooks.d/*", "/etc/dhcp/dhclient-exit-hooks.d/*")
_CRON = ("/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/root", "/var/spool/cron/root", "/var/spool/cron/tabs/root")
#: Times that come within ten minutes, whenever a machine is started. Source: systemd.time(7), CALENDAR EVENTS; crontab(5).
_OFTEN = re.compile(r"(minutely|(\*-\*-\*\s+)?\*:(\*|[0*]/([1-9]|10))(:[0-9*/]+)?)$")
_OFTEN_OF_CRON = re.compile(r"(\*|\*/([1-9]|10))(\s+\*){4}\s")
_SHELL, _PYTHON = re.compile(r"(?:ba|da|a)?sh$"), re.compile(r"python[23]?(?:\.\d+)?$")
_BY_PYTHON = re.compile(r"#!\s*(/usr)?(/local)?/bin/(env\s+)?python3?(\.\d+)?\b")
_WANTS = "SYSTEMD_WANTS"
_SHELLS = ("sh", "bash", "dash", "ash")
#: Where packages put no scripts: what lies there somebody wrote for this machine.
_OWN = ("/usr/local/", "/opt/", "/root/", "/etc/", "/srv/", "/home/", "/var/")
#: Seconds: who waits longer gives up.
LONGEST = 600
_ENDLESS = re.compile(r"while\s+(:|true|\[\s*1\s*\]|sleep\s+\S+)\s*;|until\s+false\s*;")
_LARGEST_SCRIPT = 65536  # bytes
_DEEPEST = 3  # scripts that start each other


def services_of_boot(context):
    """Return the [BootService] that the default target, a timer some time after each boot, a path that is there, or the first card, starts.

    What cannot be read is left out.
    """
    known = context.shared(Units)
    reached = known.known(unit_reach.reached_through_services)
    found = []
    for name in sorted(reached | _of_timers(known, reached) | _of_paths(known, reached) | _of_card(context, known)):
        unit = known.find(name)
        settings = known.readable_settings(unit) if unit.name.endswith(".service") else None
        if settings is not None:
            found.append(BootService(unit, settings))
    return found


def commands(context):
    """Return the [BootCommand] of the boot, each file's in its order."""
    found = _of_services(context) + _of_sysv(context) + _of_rc_local(context) + _of_cron(context) + _of_cloud_init(context) + _of_hooks(context)
    waiting, seen = list(found), set()
    for _depth in range(_DEEPEST):
        inner = [each for run in waiting if (run.command, run.unit) not in seen for each in _of_script(context, run)]
        seen.update((run.command, run.unit) for run in waiting)
        found, waiting = found + inner, inner
    return found


def words_of(command):
    """Return the words ([str]) of a command line (str) from its program on, as a shell takes them apart; [] of what is none."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return []
    return [word.rstrip(";") for word in from_program(words)]


def never_ends(command):
    """Return whether a command line (str) runs until somebody ends it, as a server, or longer than anybody waits for it."""
    words = words_of(command)
    if re.match(r"(?:/usr)?(?:/bin/)?timeout\s", command):
        return False
    name, rest = posixpath.basename(words[0]) if words else "", words[1:]
    if name == "sleep":
        return bool(rest) and (rest[0] in ("infinity", "inf") or (time_span.seconds(rest[0]) or 0) > LONGEST)
    if name == "sshd" and "-D" in rest or "waagent" in command and {"-daemon", "--daemon"} & set(rest):
        return True
    return name == "tail" and bool({"-f", "-F", "--follow"} & set(rest)) or name in _SHELLS and bool(_ENDLESS.search(" ".join(rest)))


def waits_in_script(context, path):
    """Return the [(number, text)] of a shell script at which it stays until somebody ends it: a command that never ends, or a loop.

    A line that is put into the background, or hangs on a condition, is none.
    """
    status = context.tree.stat(path)
    if status is None or not stat.S_ISREG(status.mode) or status.size > _LARGEST_SCRIPT or not status.mode & stat.S_IXUSR:
        return []
    lines = context.lines(path)
    if not re.match(r"#!\s*(/usr)?(/local)?/bin/(env\s+)?(sh|bash|dash|ash)\b", context.first_line(path)):
        return []
    found = [(number, text) for number, text in for_certain(lines) if "&" not in text and "|" not in text and never_ends(text)]
    loop = endless_loop(lines)
    return found[:1] or ([loop] if loop is not None else [])


def parts_of(command):
    """Return the command lines ([str]) that a command line runs whatever is the case: itself, or those that a shell gets with -c."""
    words = words_of(command)
    if not words or posixpath.basename(words[0]) not in _SHELLS or not set(words[1:3]) & {"-c", "-ec", "-lc", "-xc", "-exc"}:
        return [command]
    inner = shell_text.one_line(next((word for before, word in zip(words[1:], words[2:]) if before.startswith("-") and before.endswith("c")), ""))
    if re.search(r"\b(if|while|until|for|case)\b|\|\|", inner) or "&&" in inner and re.search(r"\b(exit|exec|return)\b", inner):
        return []
    return [each for part in re.split(r"(?<!\\);|\n", inner) if part.strip() for each in chained(part)]


def _parts_of_line(line):
    """Return the command lines ([str]) that a line of a script runs whatever is the case."""
    return [part.strip() for own in commands_of(line) for each in chained(own) for part in parts_of(each)]


def _of_timers(known, reached):
    """Return the names ({str}) of the units that enabled timers start a time after each boot, or every few minutes."""
    found = set()
    for name in sorted(each for each in reached if each.endswith(".timer")):
        settings = known.readable_settings(known.find(name))
        after_boot = settings and any(unit_files.listed(settings, "Timer", key) for key in ("OnBootSec", "OnStartupSec", "OnActiveSec"))
        often = [setting for setting in unit_files.listed(settings or [], "Timer", "OnCalendar") if _OFTEN.match(setting.value)]
        if after_boot or often:
            started = unit_files.last(settings, "Timer", "Unit")
            found.add(started.value if started is not None and started.value else name[: -len("timer")] + "service")
    return found


def _of_paths(known, reached):
    """Return the names ({str}) of the units that enabled path units start at once, for what they wait for is there. Source: systemd.path(5)."""
    found = set()
    for name in sorted(each for each in reached if each.endswith(".path")):
        settings = known.readable_settings(known.find(name)) or []
        there = [setting for key in ("PathExists", "PathExistsGlob") for setting in unit_files.listed(settings, "Path", key) if known.tree.glob(setting.value)]
        there += [setting for setting in unit_files.listed(settings, "Path", "DirectoryNotEmpty") if known.tree.listdir(setting.value)]
        if there:
            started = unit_files.last(settings, "Path", "Unit")
            found.add(started.value if started is not None and started.value else name[: -len("path")] + "service")
    return found


def _of_card(context, known):
    """Return the names ({str}) of the units that are started when the first card is there: by a link, or by a rule of udev. Source: systemd.device(5)."""
    card, _place = context.shared(card_name.first_card)
    device = f"sys-subsystem-net-devices-{card.name}.device"
    found = {pull.unit for pull in known.pulls() if pull.parent == device}
    for _path, text in udev_rules.files(context.tree):
        for each in udev_rules.rules(text) if _WANTS in text else []:
            wanted = [value for key, operator, value in each.tokens if key == f"ENV{{{_WANTS}}}" and operator in ("=", "+=", ":=")]
            named = [word for value in wanted for word in value.split() if word.endswith(".service") and not re.search(r"[$%]", word)]
            if named and any(key == "SUBSYSTEM" and value == "net" for key, _operator, value in each.tokens) and udev_rules.holds(each, card):
                found.update(named)
    return found


def _of_services(context):
    return [
        BootCommand(setting.path, setting.line, f"{setting.key}={setting.value}", part.strip(), service.unit.name)
        for service in context.facts(services_of_boot)
        for key in _keys_of(service.settings)
        for setting in unit_files.listed(service.settings, "Service", key)
        for part in parts_of(setting.value.lstrip("@-:+!|"))
    ]


def _keys_of(settings):
    """Return the keys ([str]) of the commands that a service runs when it is started, and when it has ended at once."""
    kind, stays = (unit_files.last(settings, "Service", key) for key in ("Type", "RemainAfterExit"))
    ends = kind is not None and kind.value == "oneshot" and not (stays is not None and stays.value.lower() in unit_files.TRUE)
    return ["ExecStartPre", "ExecStart", "ExecStartPost"] + (["ExecStopPost"] if ends else [])


def _of_script(context, run):
    """Return the [BootCommand] of the script of a shell, or of Python, that a BootCommand starts, those that no condition guards."""
    words = words_of(run.command)
    is_read = words[:1] in (["."], ["source"])
    words = ["sh"] + words[1:2] if is_read else words
    by_shell, by_python = (bool(words) and bool(re.match(each, posixpath.basename(words[0]))) for each in (_SHELL, _PYTHON))
    if by_shell or by_python:
        words = [word for word in words[1:] if not word.startswith("-")]
    status = context.tree.stat(words[0]) if words and words[0].startswith(_OWN) else None
    if status is None or not stat.S_ISREG(status.mode) or status.size > _LARGEST_SCRIPT:
        return []
    lines = context.lines(words[0])
    if by_python or not by_shell and _BY_PYTHON.match(context.first_line(words[0])):
        found = python_lines.commands("\n".join(text for _number, text in lines))
        return [BootCommand(words[0], number, lines[number - 1][1].strip(), part, run.unit) for number, command in found for part in _parts_of_line(command)]
    if not by_shell and not re.match(r"#!\s*(/usr)?(/local)?/bin/(env\s+)?(sh|bash|dash|ash)\b", context.first_line(words[0])):
        return []
    return _of_lines(context, words[0], lines, called, run.unit)


def _of_lines(context, path, lines, taken, unit):
    """Return the [BootCommand] of the lines ([(number, text)]) of a script; taken: callable, lines -> those that are run whatever is the case."""
    texts = dict(lines)
    found = taken(_met(context.tree, shell_text.written_out(lines)))
    return [BootCommand(path, number, texts[number].strip(), part, unit) for number, text in found for part in _parts_of_line(text)]


def _met(tree, lines):
    """Return the lines with the commands behind each condition that the image tells to hold in its place."""
    found = []
    for number, text in shell_conditions.joined(lines):
        each = shell_conditions.condition(text.strip())
        met = each is not None and shell_conditions.result_for_root(each.test, tree) is (not each.is_or)
        if not met:
            found.append((number, text))
        for command in each.commands if met else []:
            found.append((next((own for own, line in lines if own >= number and line.strip().rstrip(";") == command), number), command))
    return found


def _of_sysv(context):
    """Return the commands of the scripts of init.d that a runlevel starts and no unit replaces: those that no condition guards, and of ``start``.

    Source: systemd-sysv-generator(8).
    """
    tree, known, found = context.tree, context.shared(Units), []
    if generators.obstacle(tree, "systemd-sysv-generator") is not None:
        return found
    names = {re.sub(r"^S\d\d", "", posixpath.basename(path)) for path in tree.glob("/etc/rc[2345].d/S[0-9][0-9]*")}
    for name in sorted(names):
        path, status = f"/etc/init.d/{name}", tree.stat(f"/etc/init.d/{name}")
        if status is None or not stat.S_ISREG(status.mode) or not status.mode & stat.S_IXUSR or status.size > _LARGEST_SCRIPT:
            continue
        if known.find(re.sub(r"\.sh$", "", name) + ".service").state != unit_files.MISSING:
            continue
        lines = context.lines(path)
        found += _of_lines(context, path, lines, lambda each: for_certain(each) + _of_start(each), "")
    return found


def _of_start(lines):
    """Return [(number, command)] of the branch ``start)`` of a script of SysV, where its ``case`` asks for the first word alone."""
    found, inside = [], False
    texts = [(number, text.strip()) for number, text in lines]
    opened = [position for position, (_number, text) in enumerate(texts) if re.match(r"""case\s+["']?\$\{?1\}?["']?\s+in$""", text)]
    first = texts[opened[0]][0] if opened else 0
    for number, text in texts[opened[0] + 1 :] if len(opened) == 1 else []:
        if inside and text.startswith(";;"):
            break
        if inside:
            found.append((number, text))
        inside = inside or text in ("start)", "(start)")
    # a line before it may have ended the script
    return for_certain(found) if not re.search(r"\b(exit|exec)\b", " ".join(text.partition("#")[0] for number, text in texts if number < first)) else []


def _of_rc_local(context):
    """Return the commands of rc.local that no condition guards; systemd runs it when it may be executed."""
    found = []
    for path in RC_LOCAL:
        status = context.tree.stat(path)
        if status is None or not stat.S_ISREG(status.mode) or not status.mode & stat.S_IXUSR:
            continue
        found += _of_lines(context, path, context.lines(path), called, "")
    return found


def _of_cloud_init(context):
    """Return the commands of the scripts that cloud-init runs at each start, or at the first. Source: cloudinit/config/cc_scripts_per_boot.py and its like."""
    if not is_by_cloud_init(context.tree):
        return []
    runs = [BootCommand(path, None, path, path, "") for pattern in _SCRIPTS for path in context.tree.glob(pattern)]
    executable = [run for run in runs for status in [context.tree.stat(run.path)] if status is not None and status.mode & stat.S_IXUSR]
    return [inner for run in executable for inner in _of_script(context, run)]


def _of_hooks(context):
    """Return the commands of the scripts that a network manager of the boot runs when the first card is up, those that no condition guards."""
    tree, reached, found = context.tree, context.shared(Units).known(unit_reach.reached_through_services), []
    for unit, patterns in _HOOKS.items():
        for path in [path for pattern in patterns if unit in reached for path in tree.glob(pattern)]:
            status = tree.stat(path)
            if status is not None and stat.S_ISREG(status.mode) and status.mode & stat.S_IXUSR:
                found += _of_script(context, BootCommand(path, None, path, path, ""))
    for path in [path for pattern in _READ if "networking.service" in reached for path in tree.glob(pattern)]:
        found += _of_script(context, BootCommand(path, None, path, f". {path}", ""))
    return found


def _of_cron(context):
    """Return the commands of cron's @reboot, and of what it runs every few minutes; in the files of the system, the user stands before the command."""
    found = []
    for path in [path for pattern in _CRON for path in (context.tree.glob(pattern) if "*" in pattern else [pattern])]:
        for number, text in context.lines(path):
            words = text.split()
            times = 1 if words[:1] == ["@reboot"] else 5 if _OFTEN_OF_CRON.match(text.strip()) else 0
            if times:
                command = " ".join(words[times:] if path.startswith("/var/spool/") else words[times + 1 :])
                found += [BootCommand(path, number, text.strip(), part.strip(), "") for part in parts_of(command)]
    return found
