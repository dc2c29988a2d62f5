# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root of a Debian release, made by mmdebstrap and cached, and programs that run in it by systemd-nspawn.

What a program writes outside the directories that are lent to it is gone with it. It shares this machine's network, so that it reaches
the lab's guests, and has what pip and npm are told here: an index, a certificate authority.
"""

import os
from pathlib import Path

from lab import commands, host
from lab.files import cached
from lab.paths import CHECKOUT, cache_dir
from lab.recipe import content_id
from lab.rootfs import APT_OPTIONS

CLIENTS = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/npmrc", str(Path.home() / ".npmrc"))
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
LENT_CERTIFICATES = "/etc/lent-certificates.crt"  # the package ca-certificates writes its own
#: Loop devices that the kernel makes later have no node in a container.
WITH_LOOPS = 'for number in $(seq 0 63); do [ -e /dev/loop$number ] || mknod -m 660 /dev/loop$number b 7 $number; done; exec "$@"'


def made(suite, packages=(), say=print):
    """Return the directory (Path) of a minimal root of a release with these packages, cached and never to be written."""
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", f"--include={','.join(sorted({'ca-certificates', *packages}))}"]
    command += [f"--aptopt={option}" for option in APT_OPTIONS]
    path = cache_dir() / "controller" / f"{suite}-{content_id(command)}"

    def bootstrap(part):
        say(f"mmdebstrap {suite} for a controller ({len(packages)} packages)")
        commands.run([*command, suite, part, f"deb {host.mirror()} {suite} main"], timeout=3600)

    return cached(path, bootstrap)


def arguments(root, argv, cwd=CHECKOUT, lent=(), environment=None, devices=False, settled=False):
    """Return the words (list of str) of a command that runs argv in a root.

    lent: directories of this machine that it may write, under the same names; the checkout is always one
    environment: dict, further variables
    devices: whether it may mount disks and start guests, as root of a machine may
    settled: whether no package is installed there, so that this machine's certificate authorities may take the place of the root's own:
    a program that hands no environment on, as ansible-test, finds them there alone
    """
    authorities = CERTIFICATES if settled else LENT_CERTIFICATES
    binds = [CHECKOUT, cache_dir().resolve(), *lent]
    given = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or value == CERTIFICATES}
    if CERTIFICATES in given.values():
        given["npm_config_cafile"] = CERTIFICATES
    variables = {**{name: value.replace(CERTIFICATES, authorities) for name, value in given.items()}, **(environment or {})}
    on_systemd = Path("/run/systemd/system").is_dir()
    machine = ["--capability=all", "--system-call-filter=@mount @swap", "--bind=/dev/loop-control"]
    allowed = ["--property=DeviceAllow=block-loop rwm", "--property=DeviceAllow=/dev/loop-control rw"]
    return [
        "systemd-nspawn",
        "--quiet",
        "--pipe",
        "--volatile=overlay",
        "--register=no",
        *(() if on_systemd else ("--keep-unit",)),
        "--resolv-conf=replace-host",
        "--timezone=off",
        "--link-journal=no",
        f"--directory={root}",
        *(f"--bind={path}" for path in dict.fromkeys(map(str, binds))),
        *(f"--bind-ro={path}" for path in CLIENTS if Path(path).exists()),
        *((f"--bind-ro={CERTIFICATES}:{authorities}",) if Path(CERTIFICATES).exists() else ()),
        *(f"--setenv={name}={value}" for name, value in variables.items()),
        *(machine if devices else ()),
        *(allowed if devices and on_systemd else ()),
        f"--chdir={cwd}",
        *(("sh", "-c", WITH_LOOPS, "sh") if devices else ()),
        *map(str, argv),
    ]


def run(root, argv, timeout=3600, **options):
    """Return the finished program, its output in `stdout`. options: see arguments()."""
    return commands.finished(arguments(root, argv, **options), timeout)
