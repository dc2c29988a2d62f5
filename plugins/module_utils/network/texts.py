# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a network's configuration is read: what no real one reaches would only keep us busy.

PRIVATE: module_utils of this collection are not an interface.
"""

from ansible_collections.imagewright.azure.plugins.module_utils.core.errors import ImagewrightError
from ansible_collections.imagewright.azure.plugins.module_utils.core.program_text import of_systemd

#: Bytes of one file; those of a host with hundreds of cards have some ten KiB, the largest file of udev's rules has 200.
MOST = 1024 * 1024


def text_of(tree, path, most=MOST):
    """Return the text (str) of a file of the network's configuration.

    Raises ImagewrightError: as Tree.read_text, or it has more than most bytes.
    """
    status = tree.stat(path)
    if status is not None and status.size > most:
        raise ImagewrightError(f"cannot read {path}: it has more than {most // 1024} KiB, which no configuration of a network has; look whether it is damaged")
    return tree.read_text(path)


def systemd_text_of(tree, path):
    """Return the text (str) of a file of systemd-networkd and udev's .link files, as systemd takes it apart; else as text_of."""
    return of_systemd(text_of(tree, path))
