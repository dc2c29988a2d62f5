# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base tarball of a guest: the only step that downloads, cached by content."""

import shlex
from pathlib import Path

from lab import debs, foreign, host
from lab.commands import require_programs, run
from lab.files import cached
from lab.paths import cache_dir
from lab.recipe import Recipe, content_id, late_packages, packages

UPDATE_INITRAMFS_CONF = "/etc/initramfs-tools/update-initramfs.conf"
APT_OPTIONS = (
    'APT::Install-Recommends "false"',
    'Acquire::Languages "none"',
    'Acquire::Check-Valid-Until "false"',
)
DPKG_OPTIONS = (
    "force-unsafe-io",
    "force-confold",  # the held-back update-initramfs.conf is a changed conffile
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
)


def base_tarball(recipe: Recipe, say=print) -> Path:
    """Return the path of the tarball of a root with the recipe's packages, built when it is not cached."""
    require_programs("mmdebstrap", "tar")
    cache = cache_dir()
    foreign.require(recipe.architecture)
    archives = debs.archive(recipe.suite)
    command = bootstrap_command(recipe, archives)
    # The key holds all that decides the content, but not where this machine keeps its cache.
    key = content_id([part.replace(str(cache), "CACHE") for part in command])
    tarball = cache / "base" / f"{recipe.suite}-{key}.tar"

    def bootstrap(part: Path) -> None:
        say(f"mmdebstrap {recipe.suite} (cached from now on as {tarball.name})")
        run([*command, recipe.suite, part, f"deb {host.mirror()} {recipe.suite} main"], env={"INITRD": "No"}, timeout=1800)

    return cached(tarball, bootstrap)


def bootstrap_command(recipe: Recipe, archives: Path) -> list:
    """Return mmdebstrap's arguments up to suite, target and mirror."""
    return [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=apt",
        "--format=tar",
        *_other_architecture(recipe),
        f"--include={','.join(packages(recipe))}",
        *(f"--aptopt={option}" for option in APT_OPTIONS),
        *(f"--dpkgopt={option}" for option in DPKG_OPTIONS),
        "--skip=essential/unlink",
        "--skip=cleanup/apt/cache",
        *_keep_packages(archives),
        *_hold_initramfs(recipe),
        *_install_late(recipe),
        *_install_agent(recipe),
    ]


def _other_architecture(recipe: Recipe) -> list:
    return [] if recipe.architecture == "amd64" else [f"--architectures={recipe.architecture}"]


def _keep_packages(archives: Path) -> list:
    """Return hooks that take .debs from the cache, and put new ones there."""
    kept = shlex.quote(str(archives))
    inside = '"$1"/var/cache/apt/archives'
    return [
        f"--setup-hook=mkdir -p {inside} && find {kept} -name '*.deb' -exec cp --reflink=auto -t {inside} {{}} +",
        f"--customize-hook=cp -nt {kept} {inside}/*.deb; rm -f {inside}/*.deb",
    ]


def _hold_initramfs(recipe: Recipe) -> list:
    """Return hooks that hold back the several runs of update-initramfs: it runs once, later."""
    if recipe.initramfs != "initramfs-tools":
        return []
    conf = f'"$1"{UPDATE_INITRAMFS_CONF}'
    return [
        f"--setup-hook=mkdir -p \"$1\"/etc/initramfs-tools && printf 'update_initramfs=no\\nbackup_initramfs=no\\n' >{conf}",
        f"--customize-hook=sed -i s/^update_initramfs=.*/update_initramfs=yes/ {conf}",
    ]


def _install_agent(recipe: Recipe) -> list:
    """Return a hook that installs the Azure agent from a package that stands beside NetworkManager, as that of other distributions does."""
    if not recipe.agent:
        return []
    script = (
        "cd /tmp && apt-get -qq download waagent && dpkg-deb -R waagent_*.deb agent && "
        "sed -i 's/^Conflicts: .*/Conflicts: walinuxagent/' agent/DEBIAN/control && dpkg-deb -b agent agent.deb && "
        "env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ./agent.deb && rm -r agent agent.deb waagent_*.deb"
    )
    return [f'--customize-hook=chroot "$1" sh -c {shlex.quote(script)}']


def _install_late(recipe: Recipe) -> list:
    late = late_packages(recipe)
    if not late:
        return []
    install = "env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends"
    return [f'--customize-hook=chroot "$1" {install} {" ".join(late)}']
