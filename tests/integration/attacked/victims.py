# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an attack must not reach: files outside the guest, or outside the task."""

import os


class Victim:
    """A directory with what an attack would change or delete.

    folder: pathlib.Path, which is made.
    """

    NAMES = ("authorized_keys", "known_hosts", "x", "history", ".bash_history", "sudoers", "more", "a.conf", "waagent.conf", "initrd.img")

    def __init__(self, folder):
        self.folder = folder
        (folder / "below").mkdir(parents=True)
        for name in self.NAMES:
            (folder / name).write_text("mine\n")
            (folder / "below" / name).write_text("mine\n")
        self._before = self._state()

    def _state(self):
        return {
            path: (path.lstat().st_mode, path.lstat().st_uid, path.read_bytes() if path.is_file() else None)
            for path in [self.folder, *sorted(self.folder.rglob("*"))]
        }

    def assert_untouched(self):
        """Assert that nothing in the directory has changed, gone or come."""
        assert self._state() == self._before


def guest_of(case, folder):
    """Return the place (pathlib.Path) of a case's guest below a folder."""
    place = folder / "place"
    for name in ("guest", "tmp"):
        os.makedirs(place / name)
    case.build(place)
    return place
