# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an initramfs image holds of the drivers that are looked for, read in one pass.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import posixpath
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import MOST_TEXT
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs import archive, module_file, uki
from ansible_collections.imagewright.azure.plugins.module_utils.initramfs.compression import CannotVerify, CorruptImage
from ansible_collections.imagewright.azure.plugins.module_utils.kernel import drivers

#: What one image holds. modules: {name: None when good, else what is wrong with it (str)} of the modules looked for;
#: index: {name: DriverModule} of the image's own modules.dep, None when it has none; built_in: names ({str}) of its modules.builtin;
#: nested: name of a file system inside that holds the rest, or None.
Contents = collections.namedtuple("Contents", "modules index built_in names nested")

#: Modules in an image: in the tree of a kernel, or as in RHEL 5's images without one.
_MODULE_PATH = re.compile(r"^(?:usr/)?lib/(?:modules/(?P<version>[^/]+)/.+/|modules/(?P<flat>[^/]+)/)?[^/]+\.ko(\.gz|\.xz|\.zst)?$")

#: dracut's squash modules put all but the first steps into one file.
NESTED = re.compile(r"(^|/)(squash(fs)?-?root|erofs-root|root)\.(img|squashfs|erofs)$|\.squashfs$|\.erofs$")

#: What starts the user space of an initramfs; an image that is cut off behind the microcode has none of them.
_FIRST_PROGRAMS = ("init", "sbin/init", "linuxrc", "bin/init")


def read_contents(tree, path, version, wanted, originals):
    """Return the Contents of the image at a path of the guest.

    version: str, of the kernel that is booted with it. wanted: names ({str}) of modules.
    originals: {name: path} of the modules on the guest's disk, to compare with.
    Raises CorruptImage, CannotVerify: as archive.list_members; also when nothing in it can be started.
    """
    with tree.open(path) as stream:
        if uki.is_uki(stream):
            stream = uki.section(stream, ".initrd", path)
            if stream is None:
                raise CorruptImage(f"cannot read {path}: this unified kernel image has no section .initrd; build it with an initramfs")
        return _contents(tree, archive.list_members(stream, path, _keeper(version, wanted)), path, version, originals)


def _keeper(version, wanted):
    indexes = {f"{folder}lib/modules/{version}/modules.{kind}" for folder in ("", "usr/") for kind in ("dep", "builtin")}

    def keep(name):
        return name in indexes or drivers.module_name(name) in wanted

    return keep


def _contents(tree, members, path, version, originals):
    found, links, text, names, hard_links = {}, {}, {}, set(), {}
    for member in members:
        names.add(member.name)
        found.pop(member.name, None)
        links.pop(member.name, None)
        if stat.S_ISLNK(member.mode):
            links[member.name] = member.content.decode("utf-8", "surrogateescape")
        elif member.content is not None and not drivers.module_name(member.name):
            if member.size > MOST_TEXT:
                raise CorruptImage(f"cannot read {path}: its {member.name} has more than {MOST_TEXT >> 20} MiB; rebuild the image")
            text[posixpath.basename(member.name)] = member.content.decode("utf-8", "surrogateescape")
        elif member.content is not None:
            if member.links > 1 and not member.size:
                hard_links.setdefault(member.inode, []).append(member.name)
            verdict = _judge(tree, member, path, version, originals)
            for name in [member.name] + (hard_links.pop(member.inode, []) if member.size else []):
                found[name] = verdict
    if not names.intersection(_FIRST_PROGRAMS):
        raise CorruptImage(f"cannot take {path} for an initramfs: it holds no /init, so it is cut off or only microcode; rebuild the image")
    index = drivers.parse_modules_dep(text["modules.dep"], "") if "modules.dep" in text else None
    nested = next((name for name in sorted(names) if NESTED.search(name)), None)
    built_in = {drivers.module_name(line) for line in text.get("modules.builtin", "").splitlines()} - {None}
    return Contents(_by_module(found, links, version), index, built_in, names, nested)


def _judge(tree, member, path, version, originals):
    """Return None when the module in the image is good, else what is wrong with it (str)."""
    if not member.size:
        return "is an empty file"
    name = drivers.module_name(member.name)
    original = None
    if name in originals:
        try:
            original = tree.read_bytes(originals[name], archive.MAX_CONTENT + 1)
        except ImagewrightError as error:
            if error.details.get("errno") != "ENOENT":
                raise CannotVerify(f"cannot verify {path}: its {name} cannot be compared with the one on the disk: {error}") from error
            original = None  # modules.dep names a file that is gone: vermagic decides
        else:
            if len(original) > archive.MAX_CONTENT:
                raise CannotVerify(
                    f"cannot verify {path}: its {name} cannot be compared with {originals[name]}, which has more than "
                    f"{archive.MAX_CONTENT >> 20} MiB, and no module has; install the kernel's package once more"
                )
    try:
        return module_file.difference(member.content, original, version, f"{path}: {member.name}")
    except CannotVerify:
        raise
    except ImagewrightError as error:
        return f"cannot be read: {error}"


def _by_module(found, links, version):
    """Return {module name: verdict} of the files that belong to the kernel's version, symbolic links followed."""
    modules = {}
    for name, verdict in found.items():
        match = _MODULE_PATH.match(name)
        if match and (match.group("version") or match.group("flat") or version) == version:
            _best(modules, name, verdict)
    for name in links:
        match = _MODULE_PATH.match(name)
        if match and match.group("version") == version:
            target = _follow(name, links)
            if target in found:
                _best(modules, name, found[target])
    return modules


def _best(modules, path, verdict):
    name = drivers.module_name(path)
    if name not in modules or verdict is None:
        modules[name] = verdict


def _follow(name, links):
    """Return where the links lead, at most 40 of them."""
    for _count in range(40):
        parts = name.split("/")
        prefix = next(("/".join(parts[:end]) for end in range(1, len(parts) + 1) if "/".join(parts[:end]) in links), None)
        if prefix is None:
            return name
        rest = name[len(prefix) :].lstrip("/")
        name = posixpath.normpath(posixpath.join("/", posixpath.dirname(prefix), links[prefix], rest)).lstrip("/")
    return name
