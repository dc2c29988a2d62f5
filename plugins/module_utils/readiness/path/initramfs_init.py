# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initramfs: what its /init reads and calls is in it, and the root that it mounts is the one of this disk.

PRIVATE: module_utils of this collection are not an interface.
"""

import posixpath
import re

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.disk import device_names
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.findings import ERROR
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.initramfs_images import FIX, REBUILD, UDEV, generator, judged, starts_systemd
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rule import rule
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.rules.root_argument import changes
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.started import last, started_lines
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.steps import INITRAMFS
from ansible_collections.imagewright.azure.plugins.module_utils.readiness.volumes import named_volume


_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/klibc/bin", "/usr/lib/initrd/bin")
#: Files that a script reads at its outer level, where nothing asks before whether they are there.
_SOURCED = re.compile(r"""^(?:\.|source)\s+["']?(/[^\s"'$;|&]+)["']?\s*(?:#.*)?$""", re.MULTILINE)
#: Where only a running system has files.
_MADE_LATER = ("/dev/", "/proc/", "/run/", "/sys/", "/tmp/")
#: Programs that no script gets to the root without, as far as it calls them: what mounts, reads /proc/cmdline and hands over.
_CALLED = re.compile(
    r"(?:^|[;&|(`!]|\b(?:exec|then|do|else|if|while|until)\b)[ \t]*(?:/(?:usr/)?s?bin/)?(mount|cat|run-init|switch_root)(?=[ \t])", re.MULTILINE
)
_TAGS = ("UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=")
_LOOKED_FOR = re.compile(r"=\$\(command -v (switch_root)\)")
_RUN_SCRIPTS = re.compile(r"^\s*run_scripts\s+(/scripts/[\w-]+)", re.MULTILINE)
_HOOKS = ("/usr/lib/dracut/hooks/mount", "/lib/dracut/hooks/mount", "/var/lib/dracut/hooks/mount")
_SYSTEM_UNITS = ("/usr/lib/systemd/system", "/lib/systemd/system")
#: The units of systemd through which the way to the root leads, and what each does.
_UNITS_ON_THE_WAY = (
    ("systemd-udevd.service", "loads the drivers and gives the disk its names"),
    ("systemd-udev-trigger.service", "has udev look at the devices that are there"),
    ("initrd.target", "pulls in all that leads to the root"),
    ("initrd-root-fs.target", "waits for the root"),
    ("initrd-parse-etc.service", "goes on when the root is mounted"),
    ("initrd-cleanup.service", "ends what runs before the root"),
    ("initrd-switch-root.target", "hands over to the root"),
    ("initrd-switch-root.service", "hands over to the root"),
)
#: Rules of udev without which the root's device is none for systemd, and what stands before the roots for which that counts.
_RULES_OF_UDEV = (
    ("99-systemd.rules", "systemd gets to know of a disk", _TAGS + ("/dev/",)),
    ("60-persistent-storage.rules", "a disk gets its names by UUID and label", _TAGS),
)
_UDEV_RULES = ("/usr/lib/udev/rules.d", "/lib/udev/rules.d", "/etc/udev/rules.d")

_SETTING = re.compile(r"""^\s*(?:export\s+)?(ROOT|BOOT)=(?:"([^"]*)"|'([^']*)'|([^\s;#]*))""", re.MULTILINE)


@rule(
    "R65e",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by=FIX,
    title="What the /init of every initramfs reads and calls is in it",
    fault="What the /init of an initramfs reads or calls is not in it",
    why="The shell ends at a script that it cannot read, and the kernel panics with it; without mount, or what hands over to the root, the boot goes no "
    "further.",
    cure=REBUILD,
    source="init and scripts/functions of initramfs-tools; init.sh of dracut's base and its modules systemd and rootfs-block; init of mkinitcpio; "
    "dash(1), special built-ins; systemd bootup(7), Bootup in the initrd",
)
def has_what_it_calls(context):
    """Return failed with each image that lacks a script or a program of its /init, or, where that is systemd, what mounts the root and leaves for it."""

    roots = [root.value or "" for line in started_lines(context) for root in [last(line, "root")] if root is not None]

    def judge(image):
        if starts_systemd(image.files):
            return _lacking_for_systemd(image.files, roots)
        text = _script(image.files, "/init")
        return _lacking_scripts(image.files, text) + _lacking_programs(image.files, text) + _lacking_for_names(image.files, roots)

    return judged(context, judge)


def _script(files, path):
    """Return the text (str) of a shell script of an image, "" when it is none, or one that is not kept."""
    text = _text_of(files, path)
    return text if text.startswith("#!") else ""


def _lacking_scripts(files, text):
    wanted = [path for path in _SOURCED.findall(text) if not path.startswith(_MADE_LATER)]
    wanted += ["/scripts/local"] if re.search(r"/scripts/\$\{?BOOT\b", text) else []
    folders = _RUN_SCRIPTS.findall(text)
    # a directory that is not there is passed over
    wanted += [f"{folder}/ORDER" for folder in folders if files.is_dir(folder) and files.listdir(folder)]
    found = [f"/init reads {path}, which is not in it" for path in dict.fromkeys(wanted) if not files.exists(path)]
    if folders and any(files.exists(path) for path in UDEV) and not any(_starts_udev(files, folder) for folder in folders):
        found.append("udev is in it, and no script starts it (scripts/init-top/udev)")
    if "$hookdir/mount/" in text and not any(files.listdir(folder) for folder in _HOOKS if files.is_dir(folder)):
        found.append("it has no script that mounts the root (lib/dracut/hooks/mount)")
    return found


def _starts_udev(files, folder):
    """Return whether the scripts of a directory start udev; that of init-bottom ends it."""
    if posixpath.basename(folder) == "init-bottom" or not files.exists(f"{folder}/udev"):
        return False
    order = _text_of(files, f"{folder}/ORDER")
    return f"{folder}/udev" in order or "/scripts/" not in order


def _text_of(files, path):
    try:
        return files.read_text(path) if files.is_file(path) else ""
    except ImagewrightError:
        return ""


def _lacking_programs(files, text):
    shell = posixpath.basename(files.resolve("/bin/sh"))
    if shell.startswith(("busybox", "toybox")) or "busybox" in text and any(files.exists(f"{folder}/busybox") for folder in _PATH):
        return []  # they are in the shell itself, or /init makes the links
    return [
        f"/init calls {name}, which is not in it"
        for name in dict.fromkeys(_CALLED.findall(text) + _LOOKED_FOR.findall(text))
        if not any(files.lstat(f"{folder}/{name}") for folder in _PATH)
    ]


def _lacking_for_names(files, roots):
    """Return what looks the root's name up ([str]): a script of initramfs-tools calls blkid for a root= (of roots, [str]) that is no path."""
    asks = re.search(r"\bblkid -l -t\b", _text_of(files, "/scripts/functions")) and any(root.startswith(_TAGS) for root in roots)
    return ["scripts/functions calls blkid, which is not in it"] if asks and not any(files.lstat(f"{folder}/blkid") for folder in _PATH) else []


def _lacking_for_systemd(files, roots):
    """Return what systemd needs ([str]) to mount the root (of roots, [str]) and to leave for it; only of images that have any of its units."""
    if not any(files.is_dir(folder) for folder in _SYSTEM_UNITS):
        return []
    found = [f"systemd calls {name}, which is not in it" for name in ("mount", "systemctl") if not any(files.lstat(f"{folder}/{name}") for folder in _PATH)]
    for name, does in _UNITS_ON_THE_WAY:
        if not any(files.lstat(f"{folder}/{name}") for folder in _SYSTEM_UNITS + ("/etc/systemd/system",)):
            found.append(f"{name}, which {does}, is not in it")
    if not files.exists("/etc/initrd-release"):
        found.append("etc/initrd-release, by which systemd knows that it is to hand over to a root, is not in it")
    for name, does, wanted in _RULES_OF_UDEV:
        if any(root.startswith(wanted) for root in roots) and not any(files.lstat(f"{folder}/{name}") for folder in _UDEV_RULES):
            found.append(f"{name}, by which {does}, is not in it")
    mounts = [f"{folder}/sysroot.mount" for folder in _SYSTEM_UNITS + ("/etc/systemd/system",)]
    mounts += [f"{posixpath.dirname(folder)}/system-generators/systemd-fstab-generator" for folder in _SYSTEM_UNITS]
    if not any(files.exists(path) for path in mounts) and not any(files.listdir(folder) for folder in _HOOKS if files.is_dir(folder)):
        found.append("nothing mounts the root: neither systemd-fstab-generator nor a script of dracut (lib/dracut/hooks/mount) is in it")
    return found


@rule(
    "R65f",
    step=INITRAMFS,
    severity=ERROR,
    fixed_by="guest_boot",
    title="No initramfs has a root of another disk in its own settings",
    fault="An initramfs has a root of another disk in its own settings",
    why="initramfs-tools reads conf/param.conf after the kernel's command line: ROOT= in it wins over root=. ROOT= and BOOT= of its other files count "
    "where the command line says nothing.",
    cure="Remove the setting from /etc/initramfs-tools and from the hook or script that writes it, and build the image again.",
    source="init and scripts/functions of initramfs-tools; initramfs.conf(5)",
)
def mounts_this_root(context):
    """Return failed with each ROOT= of an image of initramfs-tools that is not on this disk, and each BOOT= that takes the root from the network."""
    lines = started_lines(context)

    def judge(image):
        if generator(image.files) != "initramfs-tools":
            return []
        files = ["/conf/initramfs.conf"] + [f"/conf/conf.d/{name}" for name in sorted(image.files.listdir("/conf/conf.d"))]
        found, settings = [], _settings(image.files, files, lines)
        settings.update(_settings(image.files, ["/conf/param.conf"], None))
        for name, (value, path) in settings.items():
            problem = _network(value) if name == "BOOT" else _not_here(context, lines, value)
            found += [f"{path[1:]}: {name}={value}: {problem}"] if problem else []
        return found

    return judged(context, judge)


def _settings(files, paths, lines):
    """Return {name: (value, path)} of what the files of an image set; what every one of the started lines (None: not asked) sets itself is left out."""
    found = {}
    for path in paths:
        try:
            text = files.read_text(path) if files.is_file(path) else ""
        except ImagewrightError:
            continue
        found.update({match.group(1): (next(filter(None, match.groups()[1:]), ""), path) for match in _SETTING.finditer(text)})
    return {
        name: setting
        for name, setting in found.items()
        if setting[0] and "$" not in setting[0] and (lines is None or any(last(line, name.lower()) is None for line in lines))
    }


def _network(value):
    return "the root is taken from the network" if value in ("nfs", "iscsi") else ""


def _not_here(context, lines, value):
    """Return why a root (str) is not the one of this disk, "" when nothing says so."""
    if changes(value):
        return "this name is the build machine's"
    if named_volume(context, value) is False:
        return "there is no such volume on this disk"
    kind, name = device_names.parse(value)
    roots = [device_names.parse(last(line, "root").value or "") for line in lines if last(line, "root") is not None]
    if context.disk is None and kind and any(root[0] == kind and root[1] != name for root in roots):
        return "root= names another one"
    return ""


RULES = [has_what_it_calls, mounts_this_root]
