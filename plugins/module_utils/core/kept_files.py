# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an old file is kept while a new one is written: it can be put back, or stays beside it as a backup.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import os
import shutil
import time
from typing import NamedTuple, Optional

from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import is_there, open_regular
from ansible_collections.imagewright.azure.plugins.module_utils.core.file_identity import copy_identity
from ansible_collections.imagewright.azure.plugins.module_utils.core.files import CHUNK, TRIES, Temporary, create, discard, put, temporary_name

#: What a file system says that has no files without a name.
_NO_NAMELESS = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.EISDIR, errno.EINVAL, errno.ENOENT)


class Kept(NamedTuple):
    """An old file at work. folder, old: descriptors of its directory and of itself; target: its name; copy: descriptor of a copy without a name, or None;
    content: where there is no copy.
    """

    folder: int
    target: str
    old: int
    copy: Optional[int]
    content: bytes


def keep(folder: int, name: str) -> Optional[Kept]:
    """Return the Kept by which the file that is there can be put back, whatever is written to it or over it; None when there is none.

    The copy has its space but no name, so that nothing of it is left when we are killed; where a file system has no such files, it is in memory.
    Raises OSError: it cannot be made.
    """
    old = open_regular(folder, name)
    if old is None:
        return None
    copy = None
    try:
        with open(os.dup(old), "rb") as source:
            try:
                copy = os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=folder)
            except OSError as error:
                if error.errno not in _NO_NAMELESS:
                    raise
                return Kept(folder, name, old, None, source.read())
            with open(copy, "wb", closefd=False) as stream:
                shutil.copyfileobj(source, stream, CHUNK)
        copy_identity(old, copy)
    except BaseException:
        release(Kept(folder, name, old, copy, b""))
        raise
    return Kept(folder, name, old, copy, b"")


def put_back(kept: Kept) -> None:
    """Put a kept file back into its place, unless it is there as it was. Raises OSError: it cannot be done."""
    if _is_unchanged(kept):
        return
    temporary = create(kept.folder, kept.target) if kept.copy is None else _nameless(kept, kept.copy)
    try:
        if kept.copy is None:
            with open(temporary.descriptor, "wb", closefd=False) as stream:
                stream.write(kept.content)
            copy_identity(kept.old, temporary.descriptor)
        else:
            os.link(f"/proc/self/fd/{kept.copy}", temporary.name, dst_dir_fd=kept.folder, follow_symlinks=True)
        os.fsync(temporary.descriptor)
        put(temporary)
    finally:
        discard(temporary)


def content(kept: Kept) -> bytes:
    """Return the content (bytes) of a kept file."""
    if kept.copy is None:
        return kept.content
    with open(os.dup(kept.copy), "rb") as stream:
        stream.seek(0)
        return stream.read()


def release(kept: Optional[Kept]) -> None:
    """Forget a kept file."""
    for descriptor in [] if kept is None else [kept.old, kept.copy]:
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def back_up(folder: int, path: str) -> str:
    """Return the path (str) of a new copy of a file beside it, like it; its name tells the time, as Ansible's own do.

    folder: int, descriptor of its directory. Raises OSError: it cannot be made; nothing is left then.
    """
    name = os.path.basename(path)
    when = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime())
    wanted = next(wanted for wanted in (f"{name}.{os.getpid() + number}.{when}~" for number in range(TRIES)) if not is_there(folder, wanted))
    old = open_regular(folder, name)
    if old is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    with open(old, "rb") as source:
        copy = create(folder, name)._replace(target=wanted)
        try:
            with open(copy.descriptor, "wb", closefd=False) as stream:
                shutil.copyfileobj(source, stream, CHUNK)
            copy_identity(source.fileno(), copy.descriptor)
            os.fsync(copy.descriptor)
            put(copy)
        finally:
            discard(copy)
    return os.path.join(os.path.dirname(path), wanted)


def _nameless(kept: Kept, copy: int) -> Temporary:
    return Temporary(kept.folder, temporary_name(kept.target), os.dup(copy), kept.target)


def _is_unchanged(kept: Kept) -> bool:
    now = open_regular(kept.folder, kept.target)
    if now is None:
        return False
    with open(now, "rb") as stream:
        return stream.read() == content(kept)
