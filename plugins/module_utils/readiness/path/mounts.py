# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System manager: every mount of /etc/fstab and of enabled mount units comes up.

Where one that the start needs fails, local-fs.target fails, and systemd goes to the emergency shell, for which nobody on Azure has a keyboard.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.unit_files import MASKED, MISSING, Units
from ansible_collections.imagewright.azure.plugins.module_utils.core import services, time_span, unit_files
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR, WARNING, Evidence, failed_if
from ansible_collections.imagewright.azure.plugins.module_utils.readiness import mount_drivers
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.path import manager_settings
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import is_written, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import SYSTEM_MANAGER
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import kind_of, named_volume
from ansible_collections.imagewright.azure.plugins.module_utils.storage import fstab, mount_options, mount_refusals
from ansible_collections.imagewright.azure.plugins.module_utils.storage.mount_lines import (
    FSTAB,
    NETWORK_KINDS,
    SHARED_FOLDER_KINDS,
    is_bind,
    is_network,
    is_shared_folder,
    mount_lines,
)

EMERGENCY = "A mount that fails and that the start waits for ends in the emergency shell; nobody on Azure has a keyboard for it."
#: Made again at each start, so that no image shows what will be there.
_MADE_AT_BOOT = ("/run", "/dev", "/proc", "/sys", "/tmp", "/var/run")
SBIN = ("/sbin", "/usr/sbin", "/bin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
#: Where the initramfs of systemd has the root.
_EARLY_ROOT = "/sysroot"
#: Seconds in which no device appears, and in which one may not.
_NONE, _LITTLE = 0.1, 3
#: Kinds that mount(8) cannot mount without the program mount.KIND.
_WITH_HELPER = ("nfs", "nfs4", "cifs", "smb3", "glusterfs", "davfs", "ntfs-3g")


def _evidence(line, text):
    return Evidence(line.path, line.line, f"{text}: {line.text}")


def judged(found):
    """Return failed with the Evidence of [(MountLine, text)]; a warning when the start waits for none of them."""
    severity = ERROR if any(line.required for line, _text in found) else WARNING
    return failed_if([_evidence(line, text) for line, text in sorted(found, key=lambda each: not each[0].required)], severity=severity)


@rule(
    "R70a",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Every mount has options that its file system takes",
    fault="A mount has an option that its file system refuses",
    why="The kernel refuses the whole mount for one option that it does not know, has given up, or cannot have on this file system. " + EMERGENCY,
    cure="Correct the option in /etc/fstab; `mount -fav` does not show it, `mount -a` on an unmounted one does. Lines that end as on Windows: `sed -i "
    "'s/\\r$//' /etc/fstab`.",
    source="mount(8); systemd.mount(5); Linux Documentation/admin-guide/xfs.rst, removed mount options; fs/ext4/super.c; fs/btrfs/super.c",
)
def options_are_known(context):
    """Return failed with each line that has an option which is unknown to a file system whose options are known, or to its driver, or which it refuses."""
    found = []
    for line in context.shared(mount_lines):
        kind = kind_of(context, line.device) if line.kind == "auto" else line.kind
        unknown = mount_options.unknown(kind, line.options) + [
            option for option in mount_options.of_some_kernels(kind, line.options) if not mount_drivers.takes(mount_drivers.driver_of(context, kind), option)
        ]
        told = _as_it_stops(context, line)
        if unknown:
            found.append((told, f"{kind} does not know {', '.join(unknown)}"))
        found += [(told, f"{refusal.option}: {refusal.cause}") for refusal in _refusals(context, line, kind)]
    return judged(found + [(line, f"it ends in a carriage return, and systemd gives {word!r} to mount") for line, word in context.facts(_returned)])


def _returned(context):
    """Return [(MountLine, word (str))] of the lines of /etc/fstab whose last word is the kind or the options and ends in a carriage return, as DOS writes.

    Behind the numbers for dump and fsck it does not matter, nor for / , which mount(8) mounts again: that takes it away.
    Source: systemd-fstab-generator of 252 and 257, run on such lines; glibc misc/mntent_r.c; util-linux libmount/src/tab_parse.c.
    """
    if not services.uses_systemd(context.tree) or not context.tree.is_file(FSTAB):
        return []
    ends = {number: re.split(r"[ \t]+", raw.strip(" \t")) for number, raw in enumerate(context.tree.read_text(FSTAB).split("\n"), 1) if raw.endswith("\r")}
    words = {number: fields[-1] for number, fields in ends.items() if len(fields) in (3, 4)}
    return [(line, words[line.line]) for line in context.shared(mount_lines) if line.path == FSTAB and line.line in words and line.mount_point != "/"]


def _refusals(context, line, kind):
    """Return the [RefusedOption] of a MountLine; the root has the options of its first mount, too, whichever entry starts."""
    features = context.tree.file_system_features(line.mount_point)
    firsts = [mount_drivers.root_flags(started) for started in started_lines(context)] if line.mount_point == "/" else []
    found = [mount_refusals.of_any_mount(kind, first + line.options, features) for first in firsts or [[]]]
    return min(found, key=len)


def _as_it_stops(context, line):
    """Return a MountLine that nothing waits for where it is of a root which the command line has written already: mounting it again may fail then."""
    lines = started_lines(context)
    return line._replace(required=False) if line.mount_point == "/" and lines and all(is_written(started) for started in lines) else line


@rule(
    "R70b",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Every source and place of a mount is there",
    fault="The source or the place of a mount is not there",
    why="A mount of a file that is not there fails, as does one on what is no directory; the directory that is bound elsewhere systemd makes where it can. "
    + EMERGENCY,
    cure="Make what is missing in the guest, or remove the line.",
    source="mount(8); systemd.mount(5); systemd src/core/mount.c, the source of bind mounts",
)
def sources_are_there(context):
    """Return failed with each bind or file mount whose source is not in the tree, and each mount on what is no directory."""
    return judged([(line, text) for line in context.shared(mount_lines) for text in [_wrong_place(context.tree, line)] if text])


def _wrong_place(tree, line):
    """Return what is wrong (str) with the source or the place of a MountLine, None when nothing is."""
    is_bound = is_bind(line)
    device = _in_the_root(line, line.device)
    if _is_of_the_tree(line, device) and not tree.exists(device) and not (is_bound and _makes_source(tree, line)):
        return f"{line.device} is not there"
    place = line.mount_point
    if not place.startswith("/") or _is_made_at_boot(place):
        return None
    for folder in _layers(line):
        if not tree.is_dir(folder):
            return f"{folder} is not there"
    status = tree.stat(place)
    if status is not None and not tree.is_dir(place) and not (is_bound and tree.is_file(device)):
        return f"{place} is no directory"
    return None


def _is_of_the_tree(line, device):
    """Return whether the source of a MountLine is a file or directory of the system, and no server, program's own word, or device."""
    is_word = line.kind.partition(".")[0] in ("fuse", *NETWORK_KINDS, *SHARED_FOLDER_KINDS) or device.startswith("//")
    return device.startswith("/") and not _is_made_at_boot(device) and (is_bind(line) or line.kind != "none" and not is_word)


def _makes_source(tree, line):
    """Return whether systemd makes the directory that a MountLine binds; on a file none can be mounted, and the initramfs may not write the root yet."""
    if not services.uses_systemd(tree) or "x-initrd.mount" in line.options or tree.is_file(line.mount_point):
        return False
    above = posixpath.dirname(line.device)
    while not tree.exists(above):
        above = posixpath.dirname(above)
    return tree.is_dir(above)


def _layers(line):
    """Return the directories ([str]) that an overlay is made of, as far as the tree has what is mounted there."""
    if line.kind != "overlay":
        return []
    values = [option.partition("=")[2] for option in line.options if option.startswith(("lowerdir=", "upperdir=", "workdir="))]
    folders = [_in_the_root(line, folder) for value in values for folder in value.split(":")]
    return [folder for folder in folders if folder.startswith("/") and not _is_made_at_boot(folder)]


def _in_the_root(line, path):
    """Return where a path of a MountLine lies in the root: the initramfs, which makes such a mount, has the root below /sysroot."""
    is_early = "x-initrd.mount" in line.options and path.startswith(_EARLY_ROOT + "/")
    return path[len(_EARLY_ROOT) :] if is_early else path


def _is_made_at_boot(path):
    return any(path == folder or path.startswith(folder + "/") for folder in _MADE_AT_BOOT)


@rule(
    "R70c",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="Every mount has the program that it needs",
    fault="A mount lacks the program that it needs",
    why="NFS, CIFS and file systems of FUSE are mounted by a program of their own. " + EMERGENCY,
    cure="Install the program's package (nfs-common or nfs-utils, cifs-utils, sshfs), or give the line the option nofail where it has none.",
    source="mount(8), external helpers; mount.fuse3(8)",
)
def helpers_are_there(context):
    """Return failed with each line whose kind needs a program that is not in the tree."""
    found = []
    for line in context.shared(mount_lines):
        helper = helper_of(line)
        if helper and not any(context.tree.exists(f"{folder}/{helper}") for folder in SBIN):
            found.append((line, f"{helper} is not there"))
    return judged(found)


def helper_of(line):
    """Return the program (str) that mounts a MountLine, None when the kernel does or another rule speaks of it."""
    if is_shared_folder(line):
        return None
    if line.kind in _WITH_HELPER:
        return f"mount.{'nfs' if line.kind == 'nfs4' else line.kind}"
    if line.kind.startswith("fuse."):
        return line.kind[len("fuse.") :]
    return line.device.partition("#")[0] if line.kind == "fuse" and "#" in line.device else None


@rule(
    "R70d",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="No shared folder of another hypervisor is mounted",
    fault="A shared folder of another hypervisor is mounted",
    why="Folders that VMware, VirtualBox, Parallels or QEMU share are not there on Azure. " + EMERGENCY,
    cure="Remove the line, or give it the option nofail.",
    source="systemd.mount(5)",
)
def no_shared_folders(context):
    """Return failed with each line of a kind that another hypervisor serves, unless the start does not wait for it."""
    return failed_if(_evidence(line, "not there on Azure") for line in context.shared(mount_lines) if is_shared_folder(line) and line.required)


@rule(
    "R70e",
    step=SYSTEM_MANAGER,
    severity=WARNING,
    title="The start does not wait for a network file system",
    fault="The start waits for a network file system",
    why="A server of the old network does not answer on Azure: the start waits for its time limit, and what needs the files does not start.",
    cure="Give the line the options nofail and _netdev, or remove it.",
    source="systemd.mount(5)",
)
def network_file_systems(context):
    """Return failed with each network file system without nofail, noauto or an automount."""
    return failed_if(
        _evidence(line, "comes over the network")
        for line in context.shared(mount_lines)
        if is_network(line) and not {"nofail", "x-systemd.automount"} & set(line.options)
    )


@rule(
    "R70f",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The units that mounts require are there",
    fault="A mount requires a unit that is not there",
    why="x-systemd.requires= of a unit that is not there lets the mount fail. " + EMERGENCY,
    cure="Correct or remove x-systemd.requires= in /etc/fstab.",
    source="systemd.mount(5)",
)
def required_units(context):
    """Return failed with each line that requires a unit which is missing or masked."""
    found = []
    for line in context.shared(mount_lines):
        for option in line.options:
            name = option.partition("=")[2] if option.startswith("x-systemd.requires=") else ""
            device = name if name.startswith("/dev/") else unit_files.path_of(name) if name.endswith(".device") else ""
            if device and (fstab.UNSTABLE.match(device) or named_volume(context, device) is False):
                found.append((line, f"{device} is not there on Azure"))
            if name.endswith((".service", ".target", ".socket", ".mount")) and _is_lacking(context, name):
                found.append((line, f"{name} is not there or masked"))
    return judged(found)


def _is_lacking(context, name):
    unit = context.shared(Units).find(name)
    if unit.state == MASKED:
        return True
    # a mount may come of another line of fstab, and what is not of a service may be made by a generator
    return unit.state == MISSING and not name.endswith(".mount") and not context.tree.exists(f"/etc/init.d/{name.rpartition('.')[0]}")


@rule(
    "R70l",
    step=SYSTEM_MANAGER,
    severity=ERROR,
    title="The device of every mount has time to appear",
    fault="The device of a mount has no time to appear",
    why="udev has to see a disk before it can be mounted: where the time for it is shorter than that, the mount fails. " + EMERGENCY,
    cure="Remove x-systemd.device-timeout= from /etc/fstab, DefaultDeviceTimeoutSec= from system.conf, or systemd.default_device_timeout_sec= from the "
    "command line.",
    source="systemd.mount(5), x-systemd.device-timeout=; systemd-system.conf(5), DefaultDeviceTimeoutSec=",
    choice="Below three seconds it is a warning, for a disk that is attached late may need them; 0 is no limit.",
)
def devices_have_time(context):
    """Return failed with each mount whose device gets no time, by its own option or by systemd's default; the root is there before."""
    default = unit_files.last(manager_settings.settings(context), "Manager", "DefaultDeviceTimeoutSec")
    found = []
    for line in context.shared(mount_lines):
        own = [option.partition("=")[2] for option in line.options if option.startswith(("x-systemd.device-timeout=", "comment=systemd.device-timeout="))]
        text = own[-1] if own else default.value if default is not None else ""
        time = time_span.seconds(text) if text != "infinity" else None
        if time and time < _LITTLE and line.mount_point != "/" and line.device.startswith(("/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=")):
            place = Evidence(default.path, default.line, f"{default.key}={text}, and {line.text}") if not own else _evidence(line, f"it has {text} to appear")
            found.append((place, time < _NONE and line.required))
    found.sort(key=lambda each: not each[1])
    return failed_if([place for place, _stops in found], severity=ERROR if found and found[0][1] else WARNING)


RULES = [options_are_known, sources_are_there, helpers_are_there, no_shared_folders, network_file_systems, required_units, devices_have_time]
