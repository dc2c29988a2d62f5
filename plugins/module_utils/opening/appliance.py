# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small virtual machine of libguestfs in which an image is opened: what it is made of, and what its shell is told.

It is libguestfs' own appliance, made by it of this machine's kernel and programs, and with Python besides, so that modules run in it: beside the real
block device, as on the guest. The guest is mounted in there alone.

PRIVATE: module_utils of this collection are not an interface.
Source: guestfs(3) (ENVIRONMENT VARIABLES, "debug"), supermin(1).
"""

import contextlib
import os
import shlex
from typing import Dict, List, NamedTuple, Sequence

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.opening.plan import MountPlace

#: Where libguestfs mounts a guest, and the Python of the appliance.
ROOT, PYTHON = "/sysroot", "/usr/bin/python3"
#: Packages that bring it: of Debian, SUSE and Arch, of Red Hat 8, of Red Hat 9 and later; and visudo, for guests that have none. supermin leaves out what
#: this machine has not.
_PACKAGES = ("python3", "python3-base", "python36", "python3-libs", "python", "sudo")
#: A folder of the appliance's own, gone with it.
FOLDER = "/tmp/imagewright"
#: The disk's name in it; which of /dev/sda and /dev/sdb it is, and which the appliance's own, is not certain.
_LABEL = "guest"
_DISK = f"/dev/disk/guestfs/{_LABEL}"
#: That folder, and what libguestfs leaves out: names for who runs there, which visudo asks for.
FURNISHING = f"mkdir -m 700 {FOLDER}; echo root:x:0:0::/root:/bin/sh >> /etc/passwd; echo root:x:0: >> /etc/group"
_LOOK = 60  # seconds
#: How long it may take to start: with the processor's help seconds, but a minute more at the first time, when it is made; without, minutes.
_START_BY_KVM, _START = 120, 900  # seconds


class Attempt(NamedTuple):
    """A try to start it. settings: str, of libguestfs' backend; patience: int, seconds."""

    settings: str
    patience: int


#: Give the guest back: what still runs in there ends, and all is written. Prints what went wrong.
CLOSING = f"""
mounted() {{ awk '$2 == "{ROOT}" || index($2, "{ROOT}/") == 1 {{ print $2 }}' /proc/mounts; }}
sync -f {ROOT} || echo "{ROOT} was not written whole"
try=0
while [ -n "$(mounted)" ] && [ "$try" -lt 50 ]; do
  for place in $(mounted | sort -r); do umount "$place" 2>/dev/null || fuser -k -m "$place" >/dev/null 2>&1; done
  [ -z "$(mounted)" ] || sleep 0.2
  try=$((try + 1))
done
for place in $(mounted); do echo "$place could not be unmounted: it is in use"; done
"""


def is_installed() -> bool:
    """Return whether this machine has guestfish, which starts the appliance."""
    return commands.find("guestfish") is not None


def command(network: bool) -> List[str]:
    """Return the argv ([str]) that starts guestfish, which is then told what to do."""
    return ["guestfish", *(["--network"] if network else [])]


def adding(path: str, kind: str) -> str:
    """Return what guestfish is told to give an image to the appliance. kind: str, QEMU's name of the image's format."""
    quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'add-drive "{quoted}" format:{kind} label:{_LABEL}'


def attempts() -> List[Attempt]:
    """Return how it is started, in this order: a /dev/kvm that is there may hang in a machine that is itself virtual, and then QEMU emulates."""
    own = os.environ.get("LIBGUESTFS_BACKEND_SETTINGS", "")
    emulated = Attempt(":".join(filter(None, [own, "force_tcg"])), _START)
    if "force_" in own:
        return [Attempt(own, _START)]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK) or _read(_emulating()) == _boot():
        return [emulated]
    return [Attempt(own, _START_BY_KVM), emulated]


def remember_emulation() -> None:
    """Write down that the appliance started by emulation alone, so that nobody tries /dev/kvm again until this machine starts anew."""
    with contextlib.suppress(OSError), open(_emulating(), "w", encoding="ascii") as stream:
        stream.write(_boot())


def environment(folder: str) -> Dict[str, str]:
    """Return the variables ({str: str}) for it, once its parts are listed below the cache of this user. folder: str, for what lives as long as it.

    Raises ImagewrightError: libguestfs does not say where its own parts are, or ours cannot be written.
    """
    # guestfish writes its history into its user's home
    home = {"HOME": folder}
    own = commands.run(["guestfish", "get-path"], "ask libguestfs for its appliance", timeout=_LOOK, env=home).stdout.strip()
    parts = next((place for place in own.split(":") if os.path.isdir(os.path.join(place, "supermin.d"))), None)
    if parts is None:
        raise ImagewrightError(f"cannot find the parts of libguestfs' appliance: there is no supermin.d in {own}; install libguestfs as your system has it")
    cache = _cache()
    try:
        os.makedirs(os.path.join(cache, "supermin.d"), mode=0o700, exist_ok=True)
        for name in os.listdir(os.path.join(parts, "supermin.d")):
            with contextlib.suppress(FileExistsError):
                os.symlink(os.path.join(parts, "supermin.d", name), os.path.join(cache, "supermin.d", name))
        _write_packages(os.path.join(cache, "supermin.d", "packages-imagewright"))
    except OSError as error:
        raise from_os_error(f"write {cache}", error) from error
    return {
        **home,
        "LIBGUESTFS_PATH": cache,
        "LIBGUESTFS_CACHEDIR": cache,
        "LIBGUESTFS_TMPDIR": folder,
        "XDG_RUNTIME_DIR": folder,
        "TMPDIR": folder,
        # not by libvirt, whose daemon may be another user's, and may not read the image
        "LIBGUESTFS_BACKEND": "direct",
    }


def mounting(places: Sequence[MountPlace]) -> str:
    """Return the shell's script (str) that mounts a guest; it prints why one cannot be, and else nothing."""
    lines = ["udevadm settle"]
    for place in places:
        target = shlex.quote(ROOT if place.path == "/" else ROOT + place.path)
        options = ",".join(["nosuid", "nodev", *([place.options] if place.options else [])])
        lines += [
            f"test -d {target} || {{ echo the guest mounts a file system at {shlex.quote(place.path)}, and there is no such directory; exit; }}",
            f'mount -t {place.driver} -o {options} "$(readlink -f {shlex.quote(device_of(place))})" {target} 2>&1 || exit',
        ]
    # as on a guest that runs, so that nothing that belongs to one boot gets into the image
    lines.append(f"if test -d {ROOT}/run && ! test -h {ROOT}/run; then mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs {ROOT}/run 2>&1; fi")
    return "\n".join(lines) + "\n"


def device_of(place: MountPlace) -> str:
    """Return the path (str) that the appliance has for what a file system is on."""
    return f"/dev/{place.logical}" if place.logical else f"{_DISK}{place.number or ''}"


def _cache() -> str:
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "imagewright-azure", "appliance")


def _emulating() -> str:
    """Return the path (str) of the file that names the start of this machine since which /dev/kvm is known not to work."""
    return os.path.join(_cache(), "emulating")


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


def _write_packages(path: str) -> None:
    """Write the list, unless it is there; by the time of its directory alone supermin knows that the appliance must be made anew."""
    text = "".join(f"{name}\n" for name in _PACKAGES)
    if _read(path) != text:
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        os.utime(os.path.dirname(path))


def _read(path: str) -> str:
    """Return the first words of a file of our own, "" when it cannot be read."""
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return stream.read(4096)
    except OSError:
        return ""
