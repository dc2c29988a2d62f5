# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only writer of a guest's texts: a module plans edits, apply() carries them out, all of them or none.

PRIVATE: module_utils of this collection are not an interface.
"""

import contextlib
import errno
import io
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, TYPE_CHECKING

from ansible_collections.imagewright.azure.plugins.module_utils.core import files, kept_files, work_directory
from ansible_collections.imagewright.azure.plugins.module_utils.core.descriptors import open_directory
from ansible_collections.imagewright.azure.plugins.module_utils.core.display import printable
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.core.live_tree import LiveTree
from ansible_collections.imagewright.azure.plugins.module_utils.core.tree import Tree

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


class Edit(NamedTuple):
    """One file before and after.

    path: the guest's; before, after: text as Tree.read_text gives it, None where there is no file; mode: permission bits for a new file.
    """

    path: str
    before: Optional[str]
    after: Optional[str]
    mode: int = 0o644


class _StagedFile(NamedTuple):
    """A file at work. path: the guest's; host: where it is on this machine; folder: descriptor of its directory;
    new: None for a removal or a generated file; old: None where there was none.
    """

    path: str
    host: str
    folder: int
    new: Optional[files.Temporary]
    old: Optional[kept_files.Kept]


def read(tree: Tree, path: str) -> Optional[str]:
    """Return the text (str) of the guest's file, or None when there is no such file."""
    return tree.read_text(path) if tree.exists(path) else None


def apply(
    module: "AnsibleModule",
    tree: LiveTree,
    edits: Iterable[Edit],
    backup: bool = False,
    validate: Optional[Callable[[Dict[str, str]], None]] = None,
    activate: Optional[Callable[[], object]] = None,
    generated: Iterable[str] = (),
) -> Dict[str, Any]:
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
    backup_files: List[str] = []
    result: Dict[str, Any] = {"changed": bool(edits or activate), "backup_files": backup_files}
    if getattr(module, "_diff", False):
        result["diff"] = [difference(edit) for edit in edits]
    for edit in edits:
        check_writable(tree, edit.path)
        _check_current(tree, edit)
    if module.check_mode:
        return result
    work_directory.remove_leftovers(tree)
    if not result["changed"]:
        return result
    with contextlib.ExitStack() as stack, _only_made_for_success() as made:
        places = [_stage(tree, edit, stack, made) for edit in edits]
        others = [_keep_generated(tree, path, stack) for path in generated]
        if validate:
            validate({place.path: os.path.join(os.path.dirname(place.host), place.new.name) for place in places if place.new})
        if backup:
            for place in [place for place in places if place.old]:
                backup_files.append(_back_up(place, made))
        _replace_all(module, tree, edits, places, others, activate)
    return result


def difference(edit: Edit) -> Dict[str, str]:
    """Return the entry of Ansible's diff for an edit; control and undecodable bytes are escaped."""
    return {"before_header": edit.path, "after_header": edit.path, "before": _printable(edit.before), "after": _printable(edit.after)}


def check_writable(tree: LiveTree, path: str) -> None:
    """Check that the guest's path, or the directory where it will be made, can be written. Raises ImagewrightError: it cannot."""
    place = tree.host_path(path)
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.access(place, os.W_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        raise from_os_error(f"write {path}", OSError(errno.EROFS if read_only else errno.EACCES, ""))


def _check_current(tree: LiveTree, edit: Edit) -> None:
    """Raise ImagewrightError when edit is not of the file that is there now."""
    if read(tree, edit.path) != edit.before:
        raise _changed_meanwhile(edit)


def _changed_meanwhile(edit: Edit) -> ImagewrightError:
    return ImagewrightError(f"cannot write {edit.path}: it changed while this task was at work; run the task again")


@contextlib.contextmanager
def _only_made_for_success() -> Iterator[List[str]]:
    """Yield a list for the paths of new directories and copies; they are removed again when what follows raises."""
    made: List[str] = []
    try:
        yield made
    except BaseException:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                (os.unlink if os.path.isfile(path) else os.rmdir)(path)
        raise


def _stage(tree: LiveTree, edit: Edit, stack: contextlib.ExitStack, made: List[str]) -> _StagedFile:
    """Return the _StagedFile of an edit: its new content beside it and its old one kept, both removed when the stack is left."""
    host = tree.host_path(edit.path)
    folder, name = os.path.split(host)
    try:
        descriptor = open_directory(folder, made)
        stack.callback(os.close, descriptor)
        new = None
        if edit.after is not None:
            new = files.stage(descriptor, name, io.BytesIO(_octets(edit.after)), edit.mode)
            stack.callback(files.discard, new)
        else:
            files.remove_leftovers(descriptor, name)  # of a copy that a killed run made of it
        old = kept_files.keep(descriptor, name)
        stack.callback(kept_files.release, old)
        # what is written over is what was read, whatever was put into its place meanwhile
        if (None if old is None else kept_files.content(old)) != (None if edit.before is None else _octets(edit.before)):
            raise _changed_meanwhile(edit)
    except OSError as error:
        raise from_os_error(f"write {edit.path}", error) from error
    return _StagedFile(edit.path, host, descriptor, new, old)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _keep_generated(tree: LiveTree, path: str, stack: contextlib.ExitStack) -> Optional[_StagedFile]:
    """Return the _StagedFile of a file that another program may write in place, with a copy of it; None where not even its directory is."""
    host = tree.host_path(path)
    folder, name = os.path.split(host)
    if not os.path.isdir(folder):
        return None
    try:
        descriptor = open_directory(folder)
        stack.callback(os.close, descriptor)
        old = kept_files.keep(descriptor, name)
        stack.callback(kept_files.release, old)
    except OSError as error:
        raise from_os_error(f"keep a copy of {path}", error) from error
    return _StagedFile(path, host, descriptor, None, old)


def _back_up(place: _StagedFile, made: List[str]) -> str:
    """Return the path (str) of a copy of the old file that stays."""
    try:
        copy = kept_files.back_up(place.folder, place.host)
    except OSError as error:
        raise from_os_error(f"make a backup of {place.path}", error) from error
    made.append(copy)
    return copy


def _replace_all(
    module: "AnsibleModule",
    tree: LiveTree,
    edits: Sequence[Edit],
    places: Sequence[_StagedFile],
    generated: Iterable[Optional[_StagedFile]],
    activate: Optional[Callable[[], object]],
) -> None:
    """Move the new files into place and activate them; put everything back when a step fails or we are interrupted."""
    touched = [place for place in generated if place]
    try:
        # removals last: whoever stops us finds a guest that has the new files besides the old ones, never one that has neither
        for edit, place in sorted(zip(edits, places), key=lambda pair: pair[0].after is None):
            touched.append(place)
            _replace(module, tree, edit, place)
        if activate:
            activate()
    except BaseException as error:
        lost = [f"{place.path} ({problem.strerror})" for place in reversed(touched) for problem in [_put_back(place)] if problem]
        if lost and isinstance(error, ImagewrightError):
            raise ImagewrightError(
                f"{error}; what was written before that could not be put back: {', '.join(lost)}; run the task again once it can be written", **error.details
            ) from error
        raise


def _replace(module: "AnsibleModule", tree: LiveTree, edit: Edit, place: _StagedFile) -> None:
    try:
        if place.new is None:
            os.unlink(os.path.basename(place.host), dir_fd=place.folder)
            os.fsync(place.folder)
        else:
            files.put(place.new)
    except OSError as error:
        raise from_os_error(f"write {edit.path}", error) from error
    if edit.before is None and tree.is_running_system and module.selinux_enabled():
        module.set_context_if_different(place.host, module.selinux_default_context(place.host), False)


def _put_back(place: _StagedFile) -> Optional[OSError]:
    """Put the old file back if another one is there now; return the OSError that prevented it, or None."""
    name = os.path.basename(place.host)
    try:
        if place.old is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=place.folder)
        else:
            kept_files.put_back(place.old)
        os.fsync(place.folder)
    except OSError as error:
        return error
    return None


def _printable(text: Optional[str]) -> str:
    return "" if text is None else printable(text, keep="\t\n")
