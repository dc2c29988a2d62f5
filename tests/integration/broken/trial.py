# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries what the verdict foretells: in the files of a good image with one change, the agent's own code makes the user, and a client logs in.

The files are laid over the disk, nothing of which is written, and the programs run in them with /proc, /dev and /run of their own; nothing is booted. So it
tells of accounts, keys, sshd, PAM, shells and sudo, and not of units, cards and loaders.

PYTHONPATH=tests:.venv/collections .venv/bin/python -m integration.broken.trial "Debian 12" [words of a way]
"""

import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from ansible_collections.imagewright.azure.plugins.module_utils.image import image_tree
from integration.broken import images, judging, ways_lease, ways_limits, ways_login, ways_sessions, ways_variables
from integration.broken.overlay import GONE, DoesNotApply, Layer
from lab import keys, ports
from lab.files import roomy_scratch
from lab.paths import cache_dir

USER = "azureuser"
#: Of these topics each change is tried that is about nothing else.
TOPICS = (ways_login, ways_sessions, ways_limits, ways_lease, ways_variables)
WAYS = {way: change for topic in TOPICS for way, change in topic.WAYS.items()}
CONTROLS = {way: change for topic in TOPICS for way, change in topic.CONTROLS.items()}
#: {what was done: why a trial does not see what it does}
BEYOND = {
    "sshd lets in who is in already": "the client comes from the machine itself",
    "the agent's openssl is not there": "the agent makes its certificate before it reads the DVD",
    "the agent mounts the temporary disk over the system": "there is no such disk",
    "a file of profile.d goes on: '[ -f /var/lib/first-boot-done ] || exit'": "the first boot may make the file",
    "sudoers has a hardening": "root is tried without a terminal",
    "every session's bash ends behind one command": "a trial has one command alone",
    "sudo wants a terminal": "root is tried without a terminal",
    "a search path for every session": "a warning: commands are found by their whole path alone",
    "hosts.deny lets in the machine itself alone": "the client comes from the machine itself",
    "hosts.deny lets another network in": "the client comes from the machine itself",
}
#: What a change has to be about alone for a trial to tell of it.
TOLD = re.compile(
    r"/opt/own/|/etc/(?:pam\.d|security|sudoers\.d|ssh|skel|profile\.d)/|/home(?:/|$)|/usr/lib/x86_64-linux-gnu/security/"
    r"|/etc/(?:passwd|shadow|group|gshadow|subuid|subgid|login\.defs|nsswitch\.conf|sudoers|sudo\.conf|profile|bash\.bashrc|environment|shells|nologin"
    r"|inputrc|hosts\.(?:allow|deny)|\.pwd\.lock|default/useradd|waagent\.conf)[^/]*$|/usr/bin/(?:bash|dash|sudo)$|/usr/sbin/(?:sshd|useradd)$|/var/log/wtmp$"
)
_ROOM = 256 * 1024**2  # bytes that the changes may take
#: Seconds: a login takes less than one, and useradd with a file of three thousand members some.
_LONGEST = 25
_OVF_ENV = """<?xml version="1.0" encoding="utf-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" xmlns:wa="http://schemas.microsoft.com/windowsazure">
<wa:ProvisioningSection><wa:Version>1.0</wa:Version><LinuxProvisioningConfigurationSet xmlns="http://schemas.microsoft.com/windowsazure">
<ConfigurationSetType>LinuxProvisioningConfiguration</ConfigurationSetType><HostName>new</HostName><UserName>{user}</UserName>
<DisableSshPasswordAuthentication>true</DisableSshPasswordAuthentication><SSH><PublicKeys><PublicKey><Fingerprint>0</Fingerprint>
<Path>/home/{user}/.ssh/authorized_keys</Path><Value>{key}</Value></PublicKey></PublicKeys></SSH></LinuxProvisioningConfigurationSet>
</wa:ProvisioningSection><wa:PlatformSettingsSection><wa:Version>1.0</wa:Version><PlatformSettings xmlns="http://schemas.microsoft.com/windowsazure">
<ProvisionGuestAgent>true</ProvisionGuestAgent></PlatformSettings></wa:PlatformSettingsSection></Environment>
"""
#: Runs in the guest's files: what the agent does with the DVD's file, without the host and without the network's restart.
_PROVISION = """
import azurelinuxagent.agent, azurelinuxagent.daemon.main
from azurelinuxagent.common import conf
conf.load_conf_from_file("/etc/waagent.conf")
from azurelinuxagent.common.protocol.ovfenv import OvfEnv
from azurelinuxagent.common.utils import fileutil
from azurelinuxagent.pa.provision.default import ProvisionHandler
fileutil.write_file(conf.get_agent_pid_file_path(), "1")
fileutil.mkdir(conf.get_lib_dir(), mode=0o700)
handler = ProvisionHandler()
handler.osutil.publish_hostname = lambda *unused, **alike: None
handler.provision(OvfEnv(open("/run/ovf-env.xml").read()))
handler.reg_ssh_host_key()
print("provisioned")
"""
_DEVICES = (("null", 1, 3), ("zero", 1, 5), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0))


class Trial(NamedTuple):
    """What came of it. provisioned, session, root (without a terminal), terminal: bool; said: str, the last of what the programs wrote."""

    provisioned: bool
    session: bool
    root: bool
    terminal: bool
    said: str

    def is_good(self):
        """Return whether the user was made, logs in with and without a terminal, and becomes root."""
        return self.provisioned and self.session and self.root and self.terminal


def entries_of(image, change):
    """Return {path: (Status, content)} of a change (callable, of judging.WAYS or CONTROLS) to the files of an image (path), as of a Layer."""
    with image_tree.ImageTree(str(image)) as tree:
        layer = Layer(tree)
        judging.made_good(layer)
        if change is not None:
            change(layer)
        return layer.entries


def is_told(image, change):
    """Return whether a change is about nothing but what a trial tells of."""
    own, good = entries_of(image, change), entries_of(image, None)
    paths = [path for path, entry in own.items() if path not in good or entry is GONE or entry[1] != good[path][1]]
    return bool(paths) and all(TOLD.match(path) or _is_made(own[path]) for path in paths)


def _is_made(entry):
    """Return whether an entry is a directory as it comes with what is in it."""
    return entry is not GONE and entry[0].mode == stat.S_IFDIR | 0o755


def tried(image, change):
    """Return the Trial of an image (path) with a change."""
    scratch = roomy_scratch(cache_dir(), _ROOM) / f"imagewright-trial-{uuid.uuid4().hex[:8]}"
    for name in ("disk", "upper", "work", "root"):
        (scratch / name).mkdir(parents=True)
    root, owner = scratch / "root", scratch.name
    try:
        with contextlib.ExitStack() as stack:
            _mount(stack, scratch / "disk", "-o", f"loop,ro,noload,offset={_offset(image)}", image)
            _mount(stack, root, "-t", "overlay", "-o", f"lowerdir={scratch}/disk,upperdir={scratch}/upper,workdir={scratch}/work", "overlay")
            _lay(root, entries_of(image, change))
            _surround(stack, root)
            stack.callback(ports.release, owner)
            return _log_in(stack, root, ports.reserve(owner))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _offset(image):
    """Return where the largest partition of a disk begins, in bytes."""
    found = json.loads(subprocess.run(["sfdisk", "-J", image], check=True, stdout=subprocess.PIPE).stdout)["partitiontable"]
    return max(found["partitions"], key=lambda part: part["size"])["start"] * found.get("sectorsize", 512)


def _mount(stack, place, *words):
    subprocess.run(["mount", *map(str, words), str(place)], check=True, stdout=subprocess.DEVNULL)
    stack.callback(subprocess.run, ["umount", "--lazy", str(place)], check=False)


def _lay(root, entries):
    """Write the entries of a Layer into the files at root: those that are gone first, then directories, then what is in them."""
    for path in [path for path, entry in entries.items() if entry is GONE]:
        place = Path(f"{root}{path}")
        shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink(missing_ok=True)
    for path, (status, content) in sorted((path, entry) for path, entry in entries.items() if entry is not GONE):
        place = Path(f"{root}{path}")
        if stat.S_ISDIR(status.mode):
            if place.is_symlink() or place.is_file():
                place.unlink()
            place.mkdir(exist_ok=True)
        else:
            place.unlink(missing_ok=True)
            if stat.S_ISLNK(status.mode):
                place.symlink_to(content)
            elif stat.S_ISFIFO(status.mode):
                os.mkfifo(place)
            else:
                place.write_bytes(content or b"")
        os.chown(place, status.uid, status.gid, follow_symlinks=False)
        if not stat.S_ISLNK(status.mode):
            place.chmod(stat.S_IMODE(status.mode))


def _surround(stack, root):
    """Give the files what a machine that runs has: /proc, devices and terminals, an empty /run; and no name server that would not answer."""
    _mount(stack, root / "proc", "-t", "proc", "proc")
    for name in ("run", "dev"):
        _mount(stack, root / name, "-t", "tmpfs", "tmpfs")
    (root / "run/sshd").mkdir(mode=0o755)
    (root / "dev/pts").mkdir()
    _mount(stack, root / "dev/pts", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620,gid=5", "devpts")
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    (root / "dev/fd").symlink_to("/proc/self/fd")
    for name, major, minor in _DEVICES:
        os.mknod(root / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        (root / "dev" / name).chmod(0o666)
    resolver = root / "etc/resolv.conf"
    if not resolver.is_dir() or resolver.is_symlink():
        resolver.unlink(missing_ok=True)
        resolver.write_text("nameserver 127.0.0.1\n", encoding="ascii")
    (root / "run/ovf-env.xml").write_text(_OVF_ENV.format(user=USER, key=keys.public_key()), encoding="utf-8")
    (root / "run/provision.py").write_text(_PROVISION, encoding="utf-8")


def _log_in(stack, root, port):
    inside = ["unshare", "--pid", "--fork", "--mount", "--uts", "--kill-child", "chroot", str(root)]
    made = _run([*inside, "/usr/bin/python3", "-u", "/run/provision.py"])
    provisioned = "provisioned" in made.split()
    server = subprocess.Popen(
        [*inside, "/usr/sbin/sshd", "-D", "-e", "-o", f"Port={port}", "-o", "PidFile=none"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(server.wait)
    stack.callback(server.kill)
    _wait_for(server, port)
    client = ["ssh", "-F", "none", "-i", str(keys.private_key()), "-p", str(port), "-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "LogLevel=ERROR"]
    client += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", f"{USER}@127.0.0.1"]
    plain = _run([*client, "echo in; sudo -n id -u 2>/dev/null"])
    typed = _run([client[0], "-tt", *client[1:]], "echo ty''ped\nexit\n")
    words = plain.split()
    return Trial(provisioned, "in" in words, "0" in words, "typed" in typed.split(), "\n".join(text[-300:] for text in (made, plain, typed)))


def _wait_for(server, port):
    """Wait until a server listens, or has ended."""
    until = time.monotonic() + 5
    while server.poll() is None and time.monotonic() < until and f":{port:04X} " not in Path("/proc/net/tcp").read_text(encoding="ascii"):
        time.sleep(0.02)


def _run(command, typed=""):
    """Return what a command writes (str), of one that does not end what it has written so far."""
    try:
        done = subprocess.run(
            command, input=typed.encode("ascii"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_LONGEST, check=False, start_new_session=True
        )
        return done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode("utf-8", "replace") + "\n(did not end)"


def main(name, *words):
    """Print what came of each way and control with the words in its name that a trial tells of."""
    path = images.build(name)
    for way, change in {"as it is": None, **WAYS, **CONTROLS}.items():
        if change is not None and not all(word in way for word in words):
            continue
        try:
            if change is not None and not is_told(path, change):
                continue
            found = tried(path, change)
        except DoesNotApply:
            continue
        expected = way not in WAYS
        mark = "as said " if found.is_good() == expected else "CONTRARY"
        kept = [field for field in ("provisioned", "session", "root", "terminal") if getattr(found, field)]
        print(f"{mark} {way}: {', '.join(kept)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
