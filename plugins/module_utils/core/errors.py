# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of the collection, and how a module ends.

PRIVATE: module_utils of this collection are not an interface.
"""

import errno
from typing import Any, Callable, Dict, Mapping, TYPE_CHECKING

from ansible_collections.imagewright.azure.plugins.module_utils.core.display import printable, shown

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

#: Keys of a module's result that are there for a person to read; others are values that the next task uses as they are.
_FOR_PEOPLE = ("msg", "diff", "table", "brief", "difference_table", "stderr", "stdout")


class ImagewrightError(Exception):
    """An error that a person can act on.

    message: str, ``cannot <do what> in <where>: <cause>; <what to change>``.
    details: further keys for the module's result, e.g. ``cmd``, ``rc``, ``stderr``.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


def finish(module: "AnsibleModule", run: "Callable[[AnsibleModule], Dict[str, Any]]") -> None:
    """Exit the module with the result of run(module), or fail it with the error that run raised.

    What a person reads of it passes here, messages, warnings, differences and tables: what a guest's names and files hold in control characters is
    escaped. run: callable, AnsibleModule -> dict of results with ``changed``.
    """
    warn = module.warn
    module.warn = lambda text: warn(printable(text))
    try:
        result = run(module)
    except ImagewrightError as error:
        module.fail_json(msg=printable(str(error)), **_for_people(error.details))
    except OSError as error:
        # a disk that fails where nobody expects it is the guest's trouble: one clear error, as for any other
        wrong = from_os_error(f"use {error.filename}" if error.filename else "use the disk", error)
        module.fail_json(msg=printable(str(wrong)), **wrong.details)
    module.exit_json(**_for_people(result))


def _for_people(result: Mapping[str, Any]) -> Dict[str, Any]:
    return {name: shown(value) if name in _FOR_PEOPLE else value for name, value in result.items()}


#: Cause and fix by errno, for what goes wrong on a guest's disk.
_CURES = {
    "EROFS": "the file system is mounted read-only; remount it with `mount -o remount,rw` first",
    "ENOSPC": "no space left on the file system; free some space first",
    "EDQUOT": "the disk quota is used up; free some space first",
    "EACCES": "permission denied; run the task as root (`become: true`)",
    "EPERM": "not permitted; run the task as root (`become: true`) and look for an immutable flag with `lsattr`",
    "EISDIR": "it is a directory where a file is expected",
    "ENOTDIR": "a part of its path is not a directory",
    "ELOOP": "its symbolic links form a loop",
    "EFBIG": "the file system does not take files of this size; use another one (ext4, XFS, Btrfs)",
    "EIO": "the disk reports an input/output error",
}


def from_os_error(doing: str, error: OSError) -> ImagewrightError:
    """Return the ImagewrightError for an OSError.

    doing: str, what failed, e.g. ``write /etc/default/grub``.
    """
    name = errno.errorcode.get(error.errno or 0, "")
    cause = _CURES.get(name, error.strerror or str(error))
    return ImagewrightError(f"cannot {doing}: {cause}", errno=name)
