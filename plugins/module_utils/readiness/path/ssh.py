# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH: the server takes its configuration, listens, and finds its keys and all else that it needs.

PRIVATE: module_utils of this collection are not an interface.
"""

import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import services, unit_files, unit_reach
from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_places import TMPFILES_FOLDERS
from ansible_collections.imagewright.azure.plugins.module_utils.core.units import STARTS
from ansible_collections.imagewright.azure.plugins.module_utils.generalize import accounts
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import sshd_started
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed, failed_if, not_applicable, passed
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import login
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path.login import NO_SERVER, shown
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.provisioner import WAAGENT, provisioner
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.host_keys import agent_makes_keys, key_makers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SSH
from ansible_collections.imagewright.azure.plugins.module_utils.ssh import server, sshd_access, sshd_command_line, sshd_config, sshd_faults, sshd_keys

_CONF = "/etc/ssh/sshd_config"
#: Port 22 of every address.
_PORT = re.compile(r"(?:(?:0\.0\.0\.0|\[::\]):)?22$")
_SYSUSERS = ("/etc/sysusers.d/*.conf", "/usr/lib/sysusers.d/*.conf", "/usr/local/lib/sysusers.d/*.conf")


@rule(
    "R46d",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="sshd takes its command line and its configuration",
    fault="sshd ends with an option of its command line or a line of its configuration",
    why="With one line that sshd does not know, in any of the files that it includes, or one such option of its unit (SSHD_OPTS, OPTIONS), it ends when it "
    "starts, and nobody can log in.",
    cure="Correct the line, or take it out; `sshd -t` names the first one.",
    source="OpenSSH servconf.c, sshd.c; sshd_config(5); sshd(8)",
)
def configuration(context):
    """Return failed with each line that this sshd ends with, unknown when a file cannot be read."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    line = context.facts(sshd_started.command_line)
    if line.conf is None and sshd_config.main_file(context.tree) is None:
        return failed([Evidence(_CONF, None, "there is no such file, and sshd ends without it")])
    if line.conf is not None and line.conf.text != sshd_command_line.NO_FILE and context.facts(sshd_started.conf_path) is None:
        return failed([Evidence(line.conf.path, line.conf.line, f"-f {line.conf.text}: there is no such file, and sshd ends without it")])
    found = line.faults + sshd_faults.faults(context.facts(sshd_started.settings), context.shared(server.content))
    return failed_if(Evidence(fault.path, fault.line, f"{fault.text}: {fault.cause}") for fault in found)


@rule(
    "R46f",
    step=SSH,
    severity=ERROR,
    fixed_by="",
    title="sshd listens on the address that Azure gives",
    fault="sshd does not listen on the address that Azure gives",
    why="The first card gets its address by DHCP: a server that listens on an address of the old network, or of this machine alone, hears nobody, and one "
    "whose port a socket of systemd has does not start.",
    cure="Take ListenAddress and AddressFamily out, or set ListenAddress 0.0.0.0; disable the socket of another service.",
    source="sshd_config(5)",
)
def listens(context):
    """Return failed with each ListenAddress (or ListenStream= of a socket that is enabled), when none is of every address, and AddressFamily inet6."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    streams = _streams(context)
    if streams is not None:
        fixed = [stream for stream in streams if not stream.value.isdigit() and not sshd_access.is_any(stream.value)]
        return failed_if(
            [Evidence(stream.path, stream.line, f"ListenStream={stream.value}: the address that Azure gives is another one") for stream in fixed]
            if len(fixed) == len(streams)
            else []
        )
    return failed_if([shown(found) for found in sshd_access.not_listening(context.facts(sshd_started.settings))] + _taken(context))


def _taken(context):
    """Return the [Evidence] of sockets of other services that listen on port 22, and do so before the server is started."""
    known, found = context.shared(unit_files.Units), []
    for name in sorted(each for each in known.known(unit_reach.reached) if each.endswith(".socket") and each not in ("ssh.socket", "sshd.socket")):
        streams = [each for each in unit_files.listed(known.readable_settings(known.find(name)) or [], "Socket", "ListenStream") if _PORT.match(each.value)]
        if streams and services.will_start(known, [name]).state == STARTS:
            found += [Evidence(each.path, each.line, f"ListenStream={each.value}: the port is taken when sshd comes") for each in streams]
    return found


@rule(
    "R46l",
    step=SSH,
    severity=WARNING,
    fixed_by="",
    title="sshd listens on port 22",
    fault="sshd listens on other ports than 22 alone",
    why="Azure's portal and command line open port 22 for a new machine, and look for SSH there; any other port has to be opened by hand.",
    cure="Set Port 22, or a second Port; or open the other one in the network security group of each machine.",
    source="Microsoft: network-security-groups-overview; az vm create, --nsg-rule",
)
def on_the_usual_port(context):
    """Return failed with each Port (or ListenStream= of a socket that is enabled) when none is 22."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    streams = _streams(context)
    if streams is None:
        return failed_if(shown(found) for found in sshd_access.other_ports(context.facts(sshd_started.settings)))
    if not streams or any(stream.value.rpartition(":")[2] == "22" for stream in streams):
        return passed()
    return failed([Evidence(stream.path, stream.line, f"ListenStream={stream.value}") for stream in streams])


def _streams(context):
    """Return the settings ([UnitSetting]) of where the socket of the SSH server listens, None when no socket is enabled."""
    units = context.shared(unit_files.Units)
    sockets = [name for name in ("ssh.socket", "sshd.socket") if services.will_start(units, [name]).state == STARTS]
    return unit_files.listed(units.settings(units.find(sockets[0])), "Socket", "ListenStream") if sockets else None


@rule(
    "R46k",
    step=SSH,
    severity=ERROR,
    kinds=("specialized", "generalized"),
    fixed_by="",
    title="sshd has its host keys, or somebody makes them",
    fault="sshd has no host key, and nothing makes one",
    why="Without a host key the server ends at once. A new machine gets its keys from whoever provisions it, under the usual names; nobody makes those of a "
    "machine that moves as it is.",
    cure="Make them: `ssh-keygen -A`; take HostKey out; set Provisioning.RegenerateSshHostKeyPair=y (waagent_conf).",
    source="OpenSSH sshd.c",
)
def has_host_keys(context):
    """Return passed with the host keys that are there, or with what makes them at boot."""
    if server.program(context.tree) is None:
        return not_applicable(NO_SERVER)
    unusable = sshd_keys.no_host_key_algorithm(context.facts(sshd_started.settings))
    if unusable:
        return failed([shown(found) for found in unusable])
    if context.kind == "generalized":
        return _of_new_machine(context)
    named = [setting.value for setting in context.facts(sshd_started.settings) if setting.keyword == "hostkey" and context.tree.is_file(setting.value)]
    found = named or context.tree.glob("/etc/ssh/ssh_host_*_key")
    makers = key_makers(context.tree)
    if found or makers:
        return passed(evidence=[Evidence(path, None, "") for path in (found or makers)[:1]])
    return failed([Evidence("/etc/ssh", None, "there is no ssh_host_*_key")])


def _of_new_machine(context):
    """Return failed with the lines of HostKey that nobody makes keys for, and with what keeps whoever provisions from making any."""
    tree = context.tree
    wrong = sshd_keys.no_host_key(context.facts(sshd_started.settings), tree.is_file)
    if wrong:
        return failed([shown(found) for found in wrong])
    if tree.glob("/etc/ssh/ssh_host_*_key") or key_makers(tree) or provisioner(tree).who != WAAGENT:
        return passed()
    makes_keys, place = agent_makes_keys(tree)
    # a configuration that does not speak of it is R49g's
    return passed() if makes_keys or place.line is None else failed([place._replace(text=f"{place.text}: and there is no key")])


@rule(
    "R46i",
    step=SSH,
    severity=ERROR,
    fixed_by="guest_ssh",
    title="sshd finds its account, its directory and its helper programs",
    fault="sshd does not find what it needs on the disk",
    why="It ends at once without the account that it runs as before a login, and 9.8 and later end each connection without sshd-session.",
    cure="Install the package of the server again.",
    source="OpenSSH sshd.c, pathnames.h",
)
def has_its_own(context):
    """Return failed when the account sshd, its directory or a helper program is not there; only a real program tells what it needs."""
    tree, content = context.tree, context.shared(server.content)
    if not content:
        return not_applicable(NO_SERVER if server.program(tree) is None else "the server is no program of this processor's kind")
    found = []
    if tree.is_file("/etc/passwd") and not _has_account(tree):
        found.append(Evidence("/etc/passwd", None, f"there is no account {server.ACCOUNT}, and systemd-sysusers does not make it at the next boot"))
    found += _of_directory(context, content)
    if not any(setting.keyword in ("sshdsessionpath", "sshdauthpath") for setting in context.facts(sshd_started.settings)):
        missing = [(path, "it is not there" if not tree.is_file(path) else _not_run(tree, path)) for path in server.helpers(content)]
        found += [Evidence(path, None, f"sshd starts it for each connection, and {cause}") for path, cause in missing if cause]
    return failed_if(found + _of_other_helpers(context))


def _not_run(tree, path):
    """Return that a program may not be run (str), "" when root may; a tree of files may have lost its modes."""
    return "" if not tree.has_own_root or tree.stat(path).mode & 0o111 else "it may not be run"


def _of_other_helpers(context):
    """Return the [Evidence] of the settings that name another helper program, which is not there."""
    named = [sshd_config.effective_of(context.facts(sshd_started.settings), keyword) for keyword in ("SshdSessionPath", "SshdAuthPath")]
    return [
        Evidence(path, line, f"{value}: sshd starts it for each connection, and it is not there")
        for value, path, line in named
        if value and value.startswith("/") and not context.tree.is_file(value)
    ]


def _of_directory(context, content):
    """Return the [Evidence] of the directory into which sshd goes before a login, when it is not there, nobody makes it, or others may write to it."""
    tree, folder = context.tree, server.empty_directory(content)
    if folder is None:
        return _not_made(context) if server.AT_BOOT.encode("ascii") + b"\0" in content else []
    status = tree.stat(folder)
    if status is None or not stat.S_ISDIR(status.mode):
        return [] if _makes(context, folder) else [Evidence(folder, None, "the directory into which sshd goes is not there")]
    # only a disk has the guest's own modes and owners
    wrong = context.disk is not None and (status.uid != 0 or status.mode & 0o022)
    return [Evidence(folder, None, f"mode {stat.S_IMODE(status.mode):04o}, user id {status.uid}: sshd goes into no directory of others")] if wrong else []


def _not_made(context):
    """Return the [Evidence] of a service of sshd that does not make its directory below /run, or gives it a mode with which others may write to it."""
    unit = sshd_started.unit(context)
    if unit is None:
        return []
    settings = context.shared(unit_files.Units).settings(unit)
    own = server.AT_BOOT.rpartition("/")[2] in unit_files.words(settings, "Service", "RuntimeDirectory")
    mode = unit_files.last(settings, "Service", "RuntimeDirectoryMode")
    if own and mode is not None and re.fullmatch(r"[0-7]{3,4}", mode.value) and int(mode.value, 8) & 0o022:
        # systemd gives it to a directory that is there, too
        return [Evidence(mode.path, mode.line, f"RuntimeDirectoryMode={mode.value}: sshd goes into no directory of others")]
    by_command = any(setting.section == "Service" and setting.key.startswith("Exec") and server.AT_BOOT in setting.value for setting in settings)
    if own or by_command or _makes(context, server.AT_BOOT):
        return []
    place = next((setting for setting in reversed(settings) if setting.key == "RuntimeDirectory"), None)
    text = f"there is no {server.AT_BOOT} when sshd starts"
    return [Evidence(place.path, place.line, f"RuntimeDirectory={place.value}: {text}") if place else Evidence(unit.path, None, text)]


def _makes(context, folder):
    """Return whether systemd-tmpfiles makes a directory."""
    paths = [path for folder in TMPFILES_FOLDERS for path in context.tree.glob(f"{folder}/*.conf")]
    return bool(context.find(paths, lambda text: text.split()[1:2] == [folder] and text.split()[0][:1] in "dDvqQ"))


def _has_account(tree):
    if any(account.name == server.ACCOUNT for account in accounts.known_accounts(tree)):
        return True
    # systemd-sysusers runs when /usr is newer than what it did last (ConditionNeedsUpdate=/etc)
    done, system = tree.stat("/etc/.updated"), tree.stat("/usr")
    will_run = done is None or system is None or system.mtime > done.mtime
    places = [path for pattern in _SYSUSERS for path in tree.glob(pattern)] if will_run else []
    places += [path for path in ("/usr/lib/passwd",) if tree.is_file(path)]
    return any(re.search(r"(?m)^(?:u!?[ \t]+)?sshd(?:[ \t:]|$)", tree.read_text(path)) for path in places)


RULES = [configuration, listens, on_the_usual_port, has_host_keys, has_its_own] + login.RULES
