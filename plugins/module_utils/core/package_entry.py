# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a package says of one of its files.

PRIVATE: module_utils of this collection are not an interface.
"""

from typing import NamedTuple


class PackageEntry(NamedTuple):
    """What a package says of one of its files.

    path: the guest's; digest: hexadecimal, "" when none is known; algorithm: as hashlib names it;
    may_differ: whether it is a configuration file, or one that need not be there.
    """

    package: str
    path: str
    digest: str
    algorithm: str
    may_differ: bool
