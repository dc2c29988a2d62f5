# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces initramfs images so that at every moment each kernel has a whole one: built beside, proved, brought to disk, renamed.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import contextlib
import hashlib
import os
import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import commands, files, work_directory
from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import opened
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import carried, generators
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.verify import check_image

#: An image that was replaced. target: its guest path; kept: guest path of a copy of the old one, None when there was none;
#: made: bool, the copy is of this run.
Replaced = collections.namedtuple("Replaced", "target kept made")

#: Where old images go: outside the names that a boot loader picks up.
BACKUP_DIRECTORY = "/var/lib/imagewright/initrd-backup"

#: Where a generator has from what its image must not carry over.
_WHERE_FROM = {
    carried.RESUME: "look for RESUME= in /etc/initramfs-tools and for the resume module and resume= in /etc/dracut.conf.d",
    carried.BANS: "look for a hook of the generator that brings that file",
    carried.NETWORK_NAMES: "look for what puts that file into the image, a hook or install_items= of dracut",
}

#: A first guess of an image, bytes, where there is none to go by; what is built may be larger than the old by this part.
_FIRST_IMAGE = 64 * 1024 * 1024
_GROWTH = 1.15
#: The work area holds the unpacked content, the image, and sometimes a copy of it: so many times the image.
_UNPACKED = 5

_COPY = 1024 * 1024


def rebuild_all(tree, generator, kernels, modules, backup_dir=None, left_out=()):
    """Write new images with the modules for the kernels ([Kernel]) and return what was replaced ([Replaced]).

    backup_dir: guest path, where the old images stay; None: they are kept until all is done, and no longer.
    left_out: kinds ([str], of carried.KINDS) of what the new ones must not carry over.
    Raises ImagewrightError: an image could not be built, or not proved; then all images are the old ones.
    """
    _check_boot_is_mounted(tree)
    _remove_leftovers(tree, generator, kernels, backup_dir)
    _check_space(tree, generator, kernels, backup_dir)
    replaced = []
    with contextlib.ExitStack() as stack:
        folder = backup_dir or stack.enter_context(work_directory.work_directory(tree, "old-initramfs"))
        try:
            for kernel in kernels:
                # entries may start one kernel with several names of one image
                if tree.resolve(generator.target(tree, kernel)) not in [done.target for done in replaced]:
                    _rebuild(tree, generator, kernel, modules, folder, left_out, replaced)
                _activate(tree, generator, kernel, modules, left_out)
        except BaseException as error:
            lost = _put_all_back(tree, replaced)
            if lost and isinstance(error, ImagewrightError):
                raise ImagewrightError(f"{error}; besides, {'; '.join(lost)}", **error.details) from error
            raise
    return replaced if backup_dir else [done._replace(kept=None) for done in replaced]


def _remove_leftovers(tree, generator, kernels, backup_dir):
    """Remove what killed runs left beside the images and their copies."""
    work_directory.remove_leftovers(tree)
    targets = {tree.resolve(generator.target(tree, kernel)) for kernel in kernels}
    names = tree.listdir(backup_dir) if backup_dir else []
    copies = {posixpath.join(backup_dir, re.sub(r"^\.(.*)\.imagewright-[0-9a-f]+$", r"\1", name)) for name in names if name.startswith(".")}
    for path in targets | copies:
        if tree.is_dir(posixpath.dirname(path)):
            with _os_errors(f"remove what was left beside {path}"), opened(tree.host_path(posixpath.dirname(path))) as folder:
                files.remove_leftovers(folder, posixpath.basename(path))


def remove_old_backups(tree, backup_dir, keep, versions):
    """Remove the backups of images that a newer one has followed, and of kernels that are gone.

    keep: guest paths ([str]). versions: [str], of the kernels that are there.
    Raises ImagewrightError: one cannot be removed.
    """
    kept_versions = {_backup_version(path) for path in keep}
    for name in tree.listdir(backup_dir):
        path = posixpath.join(backup_dir, name)
        version = _backup_version(path)
        if version and path not in keep and (version in kept_versions or version not in versions):
            with _os_errors(f"remove the old image {path}"):
                os.unlink(tree.host_path(path))


def backup_path(tree, kernel_version, image, backup_dir):
    """Return the guest path of the backup of an image: named after its kernel and its content."""
    digest = hashlib.sha256()
    with tree.open(image) as stream:
        for chunk in iter(lambda: stream.read(_COPY), b""):
            digest.update(chunk)
    return f"{backup_dir.rstrip('/')}/{kernel_version}-{digest.hexdigest()[:16]}.img"


def _backup_version(path):
    match = re.match(r"(.+)-[0-9a-f]{16}\.img$", posixpath.basename(path))
    return match.group(1) if match else None


def _rebuild(tree, generator, kernel, modules, backup_dir, left_out, replaced):
    """Build, prove and put in place one image, and append the Replaced before that step; until then the old image is untouched."""
    target = tree.resolve(generator.target(tree, kernel))
    with work_directory.work_directory(tree, "initramfs") as work:
        output = posixpath.join(work, posixpath.basename(target))
        _build(tree, generator, kernel, output, target, modules, work)
        _check_left_out(tree, f"rebuild {target} for kernel {kernel.version}", output, left_out, modules)
        replaced.append(_keep(tree, kernel.version, target, backup_dir))
        with _os_errors(f"replace {target}"), tree.open(output) as new:
            os.makedirs(tree.host_path(posixpath.dirname(target)), 0o755, exist_ok=True)
            _write(tree.host_path(target), new, stat.S_IMODE(os.fstat(new.fileno()).st_mode))


def _build(tree, generator, kernel, output, target, modules, work):
    """Have the generator write the kernel's image to output and prove that the modules are in it."""
    doing = f"rebuild {target} for kernel {kernel.version}"
    argv = generator.build(tree, kernel, output, modules, work)
    completed = commands.run(argv, doing, root=tree.root, env={"TMPDIR": work})
    words = {"cmd": completed.argv, "rc": completed.rc, "stdout": completed.stdout, "stderr": completed.stderr}
    if not tree.is_file(output):
        raise ImagewrightError(f"cannot {doing}: {argv[0]} ended without an error but wrote no image{_last_lines(completed)}", **words)
    try:
        verdict = check_image(tree, kernel._replace(image=output), modules)
    except ImagewrightError as error:
        raise ImagewrightError(f"cannot {doing}: the new image does not stand the test: {error}{_last_lines(completed)}", **words) from error
    if verdict.missing:  # a driver that the kernel has not is told before
        hindered = generators.obstacles(generator, tree, modules)
        fix = f"; take them out of {' and '.join(hindered)}" if hindered else ""
        lacking = ", ".join(verdict.missing)
        raise ImagewrightError(
            f"cannot {doing}: {argv[0]} ended without an error, but its image lacks {lacking}: {verdict.reason}{fix}{_last_lines(completed)}", **words
        )


def _check_left_out(tree, doing, image, left_out, modules):
    """Raise ImagewrightError when an image still carries over what it must not."""
    items = carried.carried(tree, image, left_out, modules) if left_out else []
    if items:
        raise ImagewrightError(f"cannot {doing}: the new image still has {carried.sentence(items)}; {_WHERE_FROM[items[0].kind]}")


def _last_lines(completed):
    lines = [line.strip() for line in (completed.stdout + "\n" + completed.stderr).splitlines() if line.strip()]
    return f" (the generator's last words: {' | '.join(lines[-3:])})" if lines else ""


def _activate(tree, generator, kernel, modules, left_out):
    """Run what the distribution runs after an image was replaced, then prove what is booted, if that is another file."""
    target = generator.target(tree, kernel)
    for argv in generators.after(generator, tree, kernel, target):
        commands.run(argv, f"run the hooks for the new {target}", root=tree.root)
    if kernel.image is None or tree.resolve(kernel.image) == tree.resolve(target):
        return
    verdict = check_image(tree, kernel, modules)
    if verdict.missing:
        raise ImagewrightError(
            f"cannot prove the initramfs of kernel {kernel.version}: {target} was rebuilt, but the boot entry "
            f"loads {kernel.image}, which lacks {', '.join(verdict.missing)}: {verdict.reason}; "
            "make that a copy of it, or correct the entry"
        )
    _check_left_out(tree, f"prove the initramfs of kernel {kernel.version} that its boot entry loads, {kernel.image}", kernel.image, left_out, modules)


def _keep(tree, version, target, backup_dir):
    """Return the Replaced of an image that is about to be, with a copy of it on disk that only its owner can read."""
    if not tree.is_file(target):
        return Replaced(target, None, False)
    path = backup_path(tree, version, target, backup_dir)
    if tree.exists(path):
        return Replaced(target, path, False)
    host = tree.host_path(path)
    with _os_errors(f"keep a copy of {target}"), tree.open(target) as old:
        os.makedirs(os.path.dirname(host), 0o700, exist_ok=True)
        try:
            _write(host, old, 0o600)
        except OSError:
            _remove(host)  # it may be there when its directory could not be brought to disk
            raise
    return Replaced(target, path, True)


def _put_all_back(tree, replaced):
    """Put all old images back, last one first, and remove this run's copies of them; return what could not be done ([str])."""
    lost = []
    for done in reversed(replaced):
        try:
            _put_back(tree, done)
            if done.made:
                _remove(tree.host_path(done.kept))
        except (ImagewrightError, OSError) as error:
            lost.append(str(error))
    return lost


def _put_back(tree, replaced):
    """Put the old image back into place, or remove the new one where there was none."""
    host = tree.host_path(replaced.target)
    with _os_errors(f"put the old {replaced.target} back"):
        if replaced.kept is None:
            _remove(host)
        else:
            with tree.open(replaced.kept) as old:
                _write(host, old, 0o600)


def _write(path, source, mode):
    """Write a file with the content of an open one, with the owner, permissions and label of the file that is there, else with mode."""
    with opened(os.path.dirname(path)) as folder:
        temporary = files.stage(folder, os.path.basename(path), source, mode)
        try:
            files.put(temporary)
        finally:
            files.discard(temporary)


@contextlib.contextmanager
def _os_errors(doing):
    try:
        yield
    except OSError as error:
        raise from_os_error(doing, error) from error


def _check_boot_is_mounted(tree):
    """Raise ImagewrightError when fstab has a file system for /boot that is not mounted: images would land under it."""
    if not tree.is_file("/etc/fstab"):
        return
    for number, line in enumerate(tree.read_text("/etc/fstab").splitlines(), 1):
        fields = line.split()
        of_boot = len(fields) > 2 and not fields[0].startswith("#") and fields[1].rstrip("/") == "/boot"
        if of_boot and os.stat(tree.host_path("/boot")).st_dev == os.stat(tree.root).st_dev:
            raise ImagewrightError(
                f"cannot rebuild the initramfs in /boot: /etc/fstab line {number} mounts {fields[0]} there, but it is not mounted; mount it first"
            )


def _check_space(tree, generator, kernels, backup_dir):
    """Raise ImagewrightError when a file system has not the space that the rebuild takes."""
    needed = {}

    def need(path, octets):
        host = tree.host_path(path)
        while not os.path.exists(host):
            host = os.path.dirname(host)
        device = os.stat(host).st_dev
        needed[device] = (needed.get(device, (path, 0))[0], needed.get(device, (path, 0))[1] + octets)

    largest, work = {}, next(place for place in (*work_directory.LASTING, "/") if tree.is_dir(place))
    for kernel in kernels:
        target = generator.target(tree, kernel)
        status = tree.stat(target)
        expected = int(_GROWTH * status.size) if status else _expected_size(tree, kernels)
        folder = posixpath.dirname(target)
        largest[folder] = max(largest.get(folder, 0), expected)
        if status and not (backup_dir and tree.exists(backup_path(tree, kernel.version, target, backup_dir))):
            need(backup_dir or work, status.size)
    for folder, octets in largest.items():
        need(folder, octets)
    need(work, _UNPACKED * max(largest.values()))
    for path, octets in needed.values():
        status = tree.statvfs(path)
        free = status.f_bavail * status.f_frsize
        if free < octets:
            raise ImagewrightError(
                f"cannot rebuild the initramfs: the file system of {path} has {free >> 20} MiB free, "
                f"about {(octets >> 20) + 1} MiB are needed; free some space there, e.g. remove old kernels"
            )


def _expected_size(tree, kernels):
    sizes = [tree.stat(kernel.image).size for kernel in kernels if kernel.image and tree.is_file(kernel.image)]
    return max(sizes) if sizes else _FIRST_IMAGE


def _remove(host):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(host)
