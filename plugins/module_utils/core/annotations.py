# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of types that functions of several packages share.

PRIVATE: module_utils of this collection are not an interface.
"""

import io
from typing import IO, Union

#: What is read: binary, seekable. A file of this machine, a window on a disk, or a library's stream.
Stream = Union[IO[bytes], io.RawIOBase, io.BufferedIOBase]
