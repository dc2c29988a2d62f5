# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules of the guest side share."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - Python 3.6 or later where the module runs
options:
  root:
    description:
      - Root directory of the guest. With another directory than V(/) the module works on the guest that is mounted
        (or unpacked) there, with its other file systems below it; programs of the guest run in a chroot of it, and nothing of
        the machine it runs on is read or changed.
      - No symbolic link below it is followed out of it.
    type: path
    default: /
attributes:
  check_mode:
    support: full
    description: Predicts exactly what a real run does, and changes nothing.
  diff_mode:
    support: full
    description: Shows each file before and after.
  idempotent:
    support: full
    description: A second run changes nothing.
  platform:
    platforms: posix
    support: full
    description: Target OS/families that can be operated against.
"""

    BACKUP = r"""
options:
  backup:
    description: Keep a copy of each file before it is changed, beside it. Their names are returned in RV(backup_files).
    type: bool
    default: false
"""

    INFO = r"""
requirements:
  - Python 3.6 or later where the module runs
options:
  root:
    description:
      - Directory where the guest's root is mounted.
    type: path
    default: /
attributes:
  check_mode:
    support: full
    description: Never changes anything.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: full
    description: Never changes anything.
"""
