# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a package says of one of its files.

PRIVATE: module_utils of this collection are not an interface.
"""

import collections

#: package: str; path: str, guest's; digest: str, hexadecimal, "" when none is known; algorithm: str, as hashlib names it;
#: may_differ: whether it is a configuration file, or one that need not be there.
Entry = collections.namedtuple("Entry", "package path digest algorithm may_differ")
