# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new content takes over from the file whose place it takes: owner, permissions, SELinux label, access control list, remarks.

PRIVATE: module_utils of this collection are not an interface.
"""

import errno
import os
import stat
from typing import Dict

#: Attributes that are bound to the content of a file, so that a new content must not have them.
_OF_THE_CONTENT = ("security.ima", "security.evm", "security.capability")
_ACCESS_LIST = "system.posix_acl_access"


def copy_identity(old: int, new: int) -> None:
    """Give an open file (new: int) owner, permissions and attributes of another one (old: int, descriptor)."""
    wanted, now = os.fstat(old), os.fstat(new)
    if (wanted.st_uid, wanted.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(new, wanted.st_uid, wanted.st_gid)
    attributes = _extended_attributes(old)
    if _ACCESS_LIST in _extended_attributes(new) and _ACCESS_LIST not in attributes:
        os.removexattr(new, _ACCESS_LIST)  # the directory's default, which the file did not have
    for name, value in attributes.items():
        try:
            os.setxattr(new, name, value)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EACCES):
                raise
    # last: a change of owner takes set-user-ID away; FAT has one mode for all its files
    if stat.S_IMODE(os.fstat(new).st_mode) != stat.S_IMODE(wanted.st_mode):
        os.fchmod(new, stat.S_IMODE(wanted.st_mode))


def _extended_attributes(descriptor: int) -> Dict[str, bytes]:
    """Return {name: value} of an open file's extended attributes that a new content may have: SELinux label, access control list, remarks."""
    try:
        return {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor) if name not in _OF_THE_CONTENT}
    except OSError:
        return {}
