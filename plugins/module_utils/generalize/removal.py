# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes files and directories away, inside a tree and never through a symbolic link out of it.

PRIVATE: module_utils of this collection are not an interface.
"""

import os
import posixpath
import shutil
import stat

from ansible_collections.imagewright.azure.plugins.module_utils.core import edits
from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import from_os_error


def remove(tree, path):
    """Remove the file, the link itself, or the directory with all in it; one that is gone already is no error.

    Raises ImagewrightError: it cannot be removed.
    """
    host = _place(tree, path)
    try:
        if stat.S_ISDIR(os.lstat(host).st_mode):
            shutil.rmtree(host)
        else:
            os.unlink(host)
    except FileNotFoundError:
        return
    except OSError as error:
        raise from_os_error(f"remove {path}", error) from error


def empty(tree, path):
    """Write no bytes to the file, in place: a program that has it open goes on writing to the same file.

    Raises ImagewrightError: it cannot be written.
    """
    try:
        os.truncate(_place(tree, path), 0)
    except OSError as error:
        raise from_os_error(f"empty {path}", error) from error


def symlink(tree, path, target):
    """Write a symbolic link where nothing is.

    Raises ImagewrightError: it cannot be written.
    """
    try:
        os.symlink(target, _place(tree, path))
        edits.fsync_directory(os.path.dirname(_place(tree, path)))
    except OSError as error:
        raise from_os_error(f"write the link {path}", error) from error


def _place(tree, path):
    """Return where the path itself is on this machine: its directory resolved inside the tree, its own link not followed."""
    return posixpath.join(tree.host_path(posixpath.dirname(path)), posixpath.basename(path))
