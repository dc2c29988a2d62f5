# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only writer of a guest's files: a module plans edits, apply() carries them out, all of them or none.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections
import contextlib
import errno
import os
import re
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error

#: One file before and after. path: the guest's path; before, after: text (str, as Tree.read_text gives it)
#: or None where there is no file; mode: int, permission bits for a new file.
Edit = collections.namedtuple("Edit", "path before after mode")
Edit.__new__.__defaults__ = (0o644,)

#: What is needed to put a file back as it was: its content (bytes, None: there was none) and its os.stat.
_Snapshot = collections.namedtuple("_Snapshot", "path content status attributes")

#: Name part of a temporary file; the process id tells whether its writer still lives.
_MARK = "imagewright-"


def read(tree, path):
    """Return the text (str) of the guest's file, or None when there is no such file."""
    return tree.read_text(path) if tree.exists(path) else None


def apply(module, tree, edits, backup=False, validate=None, activate=None, generated=()):
    """Write the edits that change something, unless in check mode, and return the result's common keys.

    module: AnsibleModule; its check_mode and diff mode are honoured.
    tree: LiveTree that the edits were planned on.
    edits: [Edit].
    backup: bool, keep a copy of each file beside it.
    validate: callable or None, called before the first file is replaced with {guest path: path of the new
        content on this machine}; raises ImagewrightError to stop everything.
    activate: callable or None, called after the files are replaced, e.g. to regenerate what a boot loader
        reads and to read it back; when it raises, all files are put back. Pass it only when it has work to do.
    generated: [str], guest paths that activate may write; they are put back too.
    Returns {changed, backup_files, diff (in diff mode)}.
    Raises ImagewrightError: a file cannot be written, or what validate or activate raised.
    """
    edits = [edit for edit in edits if edit.before != edit.after]
    result = {"changed": bool(edits or activate), "backup_files": []}
    if getattr(module, "_diff", False):
        result["diff"] = [difference(edit) for edit in edits]
    for edit in edits:
        check_writable(tree, edit.path)
        _check_current(tree, edit)
    if module.check_mode or not result["changed"]:
        return result
    staged = _stage(tree, edits)
    try:
        if validate:
            validate({path: temporary for path, temporary in staged.items() if temporary})
        before = [_snapshot(tree, path) for path in [edit.path for edit in edits] + list(generated)]
        if backup:
            result["backup_files"] = [module.backup_local(snapshot.path) for snapshot in before[:len(edits)]
                                      if snapshot.content is not None]
        _replace_all(module, tree, edits, staged, before, activate)
    finally:
        for temporary in staged.values():
            _remove(temporary)
    return result


def difference(edit):
    """Return the entry of Ansible's diff for an edit; control and undecodable bytes are escaped."""
    return {"before_header": edit.path, "after_header": edit.path,
            "before": _printable(edit.before), "after": _printable(edit.after)}


def write_file(path, content, like=None, mode=0o644):
    """Write content (bytes) to path on this machine: beside it, to disk, then renamed over it.

    like: os.stat_result whose owner and permissions the file gets.
    Raises ImagewrightError: it cannot be written; what was there before is still there then.
    """
    temporary = None
    try:
        temporary = _write_temporary(path, content, like, mode)
        os.rename(temporary, path)
        temporary = None
        fsync_directory(os.path.dirname(path))
    except OSError as error:
        raise from_os_error(f"write {path}", error) from error
    finally:
        _remove(temporary)


def temporary_name(path):
    """Return where a new content of path is written before it is renamed over it: beside it, under the name of this process."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{_MARK}{os.getpid()}")


def move_into_place(temporary, path):
    """Rename a file that another program wrote over path, which is there, with path's owner and permissions; to disk first.

    Raises ImagewrightError: it cannot be done; what was there before is still there then.
    """
    try:
        descriptor = os.open(temporary, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as stream:
            _make_like(stream, temporary, os.stat(path), 0o644, path)
        os.rename(temporary, path)
        _remove_leftovers(*os.path.split(path))
        fsync_directory(os.path.dirname(path))
    except OSError as error:
        raise from_os_error(f"write {path}", error) from error


def fsync_directory(path):
    """Bring the names in a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_writable(tree, path):
    """Check that the guest's path, or the directory where it will be made, can be written. Raises ImagewrightError: it cannot."""
    place = tree.host_path(path)
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.access(place, os.W_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        raise from_os_error(f"write {path}", OSError(errno.EROFS if read_only else errno.EACCES, ""))


def _check_current(tree, edit):
    """Raise ImagewrightError when edit is not of the file that is there now."""
    if read(tree, edit.path) != edit.before:
        raise ImagewrightError(f"cannot write {edit.path}: it changed while this task was at work; run the task again")


def _stage(tree, edits):
    """Return {guest path: temporary file beside it with the new content, None for a removal}."""
    staged = {}
    try:
        for edit in edits:
            path = tree.host_path(edit.path)
            if edit.after is None:
                staged[edit.path] = None
                continue
            os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
            like = os.stat(path) if os.path.exists(path) else None
            staged[edit.path] = _write_temporary(path, edit.after.encode("utf-8", "surrogateescape"), like, edit.mode)
    except OSError as error:
        for temporary in staged.values():
            _remove(temporary)
        raise from_os_error(f"write {edit.path}", error) from error
    return staged


def _replace_all(module, tree, edits, staged, before, activate):
    """Move the staged files into place and activate them; put everything back when a step fails or we are interrupted."""
    try:
        for edit in edits:
            _replace(module, tree, edit, staged[edit.path])
            staged[edit.path] = None
        if activate:
            activate()
    except BaseException:
        for snapshot in reversed(before):
            _restore(snapshot)
        raise


def _replace(module, tree, edit, temporary):
    path = tree.host_path(edit.path)
    try:
        if temporary is None:
            os.unlink(path)
        else:
            os.rename(temporary, path)
        fsync_directory(os.path.dirname(path))
    except OSError as error:
        raise from_os_error(f"write {edit.path}", error) from error
    if edit.before is None and tree.is_running_system and module.selinux_enabled():
        module.set_context_if_different(path, module.selinux_default_context(path), False)


def _snapshot(tree, path):
    host = tree.host_path(path)
    try:
        with open(host, "rb") as stream:
            return _Snapshot(host, stream.read(), os.stat(host), _extended_attributes(host))
    except FileNotFoundError:
        return _Snapshot(host, None, None, {})
    except OSError as error:
        raise from_os_error(f"read {path}", error) from error


def _restore(snapshot):
    try:
        with open(snapshot.path, "rb") as stream:
            now = stream.read()
    except OSError:
        now = None
    if now == snapshot.content:
        return
    if snapshot.content is None:
        os.unlink(snapshot.path)
        return
    write_file(snapshot.path, snapshot.content, snapshot.status)
    _set_extended_attributes(snapshot.path, snapshot.attributes)


def _write_temporary(path, content, like, mode):
    """Return the path of a new file beside path, on disk, with the owner, permissions and attributes of like."""
    folder, name = os.path.split(path)
    _remove_leftovers(folder, name)
    temporary = temporary_name(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            _make_like(stream, temporary, like, mode, path)
    except BaseException:
        _remove(temporary)
        raise
    return temporary


def _make_like(stream, temporary, like, mode, path):
    """Give an open file the owner, permissions and attributes that path has, and bring it to disk."""
    if like is not None:
        now = os.fstat(stream.fileno())
        if (like.st_uid, like.st_gid) != (now.st_uid, now.st_gid):
            os.fchown(stream.fileno(), like.st_uid, like.st_gid)
    os.fchmod(stream.fileno(), mode if like is None else stat.S_IMODE(like.st_mode))
    if like is not None and os.path.exists(path):
        _set_extended_attributes(temporary, _extended_attributes(path))
    os.fsync(stream.fileno())


def _remove_leftovers(folder, name):
    """Remove the temporary files that killed runs left beside the file, and those that grub-mkconfig made of their names."""
    leftover = re.compile(re.escape(f".{name}.{_MARK}") + r"(\d+)(?:\.new)?\Z")
    for entry in os.listdir(folder):
        match = leftover.match(entry)
        if match:
            try:
                os.kill(int(match.group(1)), 0)
            except ProcessLookupError:
                _remove(os.path.join(folder, entry))
            except PermissionError:
                pass


def _extended_attributes(path):
    """Return {name: value} of the extended attributes: SELinux label, access control lists, capabilities."""
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError:
        return {}


def _set_extended_attributes(path, attributes):
    for name, value in attributes.items():
        try:
            os.setxattr(path, name, value)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EACCES):
                raise


def _remove(path):
    if path is not None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _printable(text):
    return "" if text is None else text.encode("utf-8", "backslashreplace").decode("utf-8")
