# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a VHD can be written, asked while the machine of its image still runs: nothing is written, and no lock is taken.

PRIVATE: module_utils of this collection are not an interface.
"""

import os

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError, from_os_error
from ansible_collections.imagewright.azure.plugins.module_utils.disk import sparse
from ansible_collections.imagewright.azure.plugins.module_utils.vhd import destination, sparse_copy
from ansible_collections.imagewright.azure.plugins.module_utils.vhd.source import open_image


def require_room(src: str, dest: str) -> None:
    """Check that the VHD of the image src can be written to dest, as far as that can be said before src is at rest.

    Raises ImagewrightError: dest is src, its directory is not there or not to be written, dest cannot be replaced, or there is no room for
        the data that src holds now.
    """
    source = open_image(src)
    try:
        status = os.fstat(source)
        found = destination.status_of(dest)
        if found and (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino):
            raise ImagewrightError(f"cannot write {dest}: it is the image itself; give another dest")
        destination.require_writable_directory(dest)
        with destination.replaceable(dest, found):
            if not sparse_copy.can_clone(source, os.path.dirname(dest)):
                destination.require_space(dest, min(status.st_blocks * 512, sparse.data_length(source, status.st_size)))
    except OSError as error:
        raise from_os_error(f"write {dest}", error) from error
    finally:
        os.close(source)
